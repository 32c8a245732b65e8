"""Every field of the schema as one query of a role, and what its answer must be by the table."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from tests.gateway.schema.table import READERS, STATISTICS, readers_of_type

Composite = GraphQLObjectType | GraphQLInterfaceType
ROOTS: Final = (
    "viewer",
    "school",
    "student",
    "class",
    "classes",
    "people",
    "staff",
    "students",
    "auditEvents",
    "refusedMutations",
    "integrityFindings",
    "analytics",
    "announcements",
    "banners",
    "consents",
    "conversations",
    "messageRecipients",
    "messageReports",
    "notifications",
)
ARGUMENTS: Final = {
    ("Query", "messageRecipients"): "(category: TEACHERS)",
    ("Analytics", "marks"): "(groupBy: [CLASS, SUBJECT, TERM])",
    ("Analytics", "attendance"): "(groupBy: [CLASS, TERM])",
    ("Analytics", "points"): "(groupBy: [CLASS, TERM])",
    ("Analytics", "families"): "(groupBy: [CLASS, TERM])",
    **{(f"{statistic}Aggregate", "comparedTo"): "(level: SCHOOL)" for statistic in STATISTICS},
}
"""The arguments of fields that need some."""


@dataclass(slots=True)
class Selection:
    """A selection set on *parent* within a query that is being made."""

    parent: Composite
    path: tuple[str, ...]
    parts: list["Part"] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """A field of it (or, *condition* set, an inline fragment under an alias of `node`)."""

    key: str
    text: str
    owner: str
    field_name: str
    inner: Selection | None = None
    condition: str | None = None


@dataclass(slots=True)
class Walk:
    """A query that asks for every field a role can come to, and for every one it is denied on the way there."""

    role: str
    root: Selection
    selected: set[tuple[str, str]] = field(default_factory=set)
    denied: list[tuple[tuple[str, ...], frozenset[str]]] = field(default_factory=list)
    waiting: deque[tuple[Selection, Composite]] = field(default_factory=deque)
    expanded: set[str] = field(default_factory=lambda: {"Query"})

    @property
    def text(self) -> str:
        return _text(self.root)

    def values(self, data: Mapping[str, Any]) -> dict[tuple[str, str], list[Any]]:
        """What the answer has for each (type, field) that was asked for."""
        found: dict[tuple[str, str], list[Any]] = {}
        _collect(self.root, data, found)
        return found


def walk(schema: GraphQLSchema, role: str, student: str, class_id: str, nodes: Mapping[str, str]) -> Walk:
    """Ask for all fields of each type once, where it is met first; objects with ids by their ids in *nodes*."""
    query = schema.query_type
    assert query is not None
    walked = Walk(role, Selection(query, ()))
    waiting = walked.waiting
    for name, own_id in nodes.items():
        _node(walked, schema, name, own_id)
    arguments = {"student": f'(id: "{student}")', "class": f'(id: "{class_id}")'}
    for name in ROOTS:
        _field(walked, walked.root, query, name, arguments.get(name, ""))
    while waiting:
        selection, named = waiting.popleft()
        for name in named.fields:
            _field(walked, selection, named, name)
    return walked


def _node(walked: Walk, schema: GraphQLSchema, name: str, own_id: str) -> None:
    key = f"node{name}"
    text = f'{key}: node(id: "{own_id}")'
    named = schema.get_type(name)
    assert isinstance(named, GraphQLObjectType)
    inner = Selection(named, (key,))
    walked.root.parts.append(Part(key, text, "Query", "node", inner, condition=name))
    walked.selected.add(("Query", "node"))
    if walked.role in readers_of_type(name):
        walked.expanded.add(name)
        walked.waiting.append((inner, named))
    else:
        inner.parts.append(Part("id", "id", name, "id"))
        walked.selected |= {(name, own) for own in named.fields}
        walked.denied.append(((key, f"... on {name}"), readers_of_type(name)))


def _field(walked: Walk, selection: Selection, named: Composite, name: str, arguments: str = "") -> None:
    definition = named.fields[name]
    returned = get_named_type(definition.type)
    path = (*selection.path, name)
    walked.selected.add((named.name, name))
    part = Part(name, name + (arguments or ARGUMENTS.get((named.name, name), "")), named.name, name)
    selection.parts.append(part)
    if not is_leaf_type(returned):
        assert isinstance(returned, Composite)
        part.inner = Selection(returned, path)
    if walked.role not in READERS[named.name, name]:
        walked.denied.append((path, READERS[named.name, name]))
    elif part.inner is not None and returned.name not in walked.expanded:
        assert isinstance(returned, Composite)
        walked.expanded.add(returned.name)
        walked.waiting.append((part.inner, returned))


def _text(selection: Selection) -> str:
    return "{" + " ".join(_part(part) for part in selection.parts) + "}" if selection.parts else "{__typename}"


def _part(part: Part) -> str:
    if part.inner is None:
        return part.text
    inner = _text(part.inner)
    return f"{part.text} {{... on {part.condition} {inner}}}" if part.condition else f"{part.text} {inner}"


def _collect(selection: Selection, value: Any, found: dict[tuple[str, str], list[Any]]) -> None:
    for single in _flat(value):
        for part in selection.parts:
            if part.key in single:
                found.setdefault((part.owner, part.field_name), []).append(single[part.key])
                if part.inner is not None:
                    _collect(part.inner, single[part.key], found)


def _flat(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for single in value:
            yield from _flat(single)
    elif value is not None:
        yield value


def objects(schema: GraphQLSchema) -> Iterator[Composite]:
    """The object and interface types of a schema that are its own."""
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__"):
            yield named
