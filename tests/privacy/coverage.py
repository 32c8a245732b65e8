"""Which fields of the graph a campaign has compared in each role, and which of them ever had a value."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    parse,
)
from graphql.error import GraphQLSyntaxError

from tests.privacy.gateways import Observed, Request
from tests.privacy.questions import paths, schema_of


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that a document asks for: the key of its value, its coordinate, and the fields beneath."""

    key: str
    coordinate: str
    beneath: tuple["_Field", ...]

    def coordinates(self) -> Iterator[str]:
        """Its coordinate, and those beneath."""
        yield self.coordinate
        for own in self.beneath:
            yield from own.coordinates()


@dataclass(slots=True)
class Coverage:
    """The fields that were compared in each role."""

    fields: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Those that were not null in an answer."""
    sent: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """How often each mutation was sent, by role."""
    changes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """How often each mutation was carried out, by role."""
    problems: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The codes of the problems for which mutations were not carried out, by the mutation."""

    def note(self, role: str, request: Request, observed: Observed) -> None:
        """Take the fields of a request whose answers were compared."""
        answers = observed.answer if observed.is_json else None
        for place, text in enumerate(request.documents):
            fields = fields_of(text)
            coordinates = {own for one in fields for own in one.coordinates()}
            self.fields[role] |= coordinates
            is_new = request.is_write or not coordinates <= self.values[role]
            self.sent[role].update(own.coordinate for own in fields if own.coordinate.startswith("Mutation."))
            one = answers[place] if isinstance(answers, list) and place < len(answers) else answers
            if is_new and isinstance(one, dict) and isinstance(one.get("data"), dict):
                self._note_values(role, fields, one["data"])

    def _note_values(self, role: str, fields: tuple[_Field, ...], value: Mapping[str, Any]) -> None:
        for one in fields:
            found = value.get(one.key)
            if found is None:
                continue
            self.values[role].add(one.coordinate)
            if one.coordinate.startswith("Mutation."):
                problems = [found.get(own.key) for own in one.beneath if own.coordinate.endswith(".userErrors")]
                self.changes[role].update([one.coordinate] if [] in problems else ())
                codes = {own.get("code", "?") for some in problems for own in some or ()}
                self.problems[one.coordinate].update(codes)
            for own in found if isinstance(found, list) else [found]:
                if one.beneath and isinstance(own, dict):
                    self._note_values(role, one.beneath, own)

    def report(self) -> Iterator[str]:
        """What was reached, and what was not, role by role."""
        for role in sorted(self.fields):
            every = reachable(role)
            changes = {own for own in every if own.startswith("Mutation.")}
            compared, valued, successes = (
                every & self.fields[role],
                every & self.values[role],
                changes & self.changes[role].keys(),
            )
            yield (
                f"{role}: {len(compared)} of {len(every)} fields asked for, {len(valued)} with a value;"
                f" {len(successes)} of {len(changes)} mutations carried out"
            )
            counts = [(own, self.sent[role][own], self.changes[role][own]) for own in sorted(changes)]
            yield "  sent, carried out: " + ", ".join(f"{own.partition('.')[2]} {a}, {b}" for own, a, b in counts)
            for named, missing in (
                ("never asked for", every - compared),
                ("never with a value", compared - valued),
                ("never carried out", changes - successes),
            ):
                if missing:
                    yield f"  {named}: {' '.join(sorted(missing))}"


@cache
def reachable(role: str) -> frozenset[str]:
    """The coordinates of all fields that a role can ask for."""
    schema = schema_of(role)
    roots = filter(None, [schema.query_type, schema.mutation_type])
    owners = {name for root in roots for name in paths(schema, root)}
    return frozenset(f"{owner}.{name}" for owner in owners for name in schema.type_map[owner].fields)  # type: ignore[attr-defined] # of object types


@cache
def fields_of(text: str) -> tuple[_Field, ...]:
    """The fields of a document; none where it cannot be parsed."""
    try:
        document = parse(text, no_location=True)
    except GraphQLSyntaxError:
        return ()
    schema = schema_of(None)
    roots = {OperationType.QUERY: schema.query_type, OperationType.MUTATION: schema.mutation_type}
    return tuple(
        own
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode) and (root := roots.get(one.operation)) is not None
        for own in _selected(one.selection_set, root, schema, document)
    )


def _selected(selection: Any, owner: Any, schema: GraphQLSchema, document: DocumentNode) -> Iterator[_Field]:
    for one in selection.selections:
        if isinstance(one, FieldNode):
            name = one.name.value
            if isinstance(owner, GraphQLObjectType) and name in owner.fields:
                of = get_named_type(owner.fields[name].type)
                beneath = tuple(_selected(one.selection_set, of, schema, document)) if one.selection_set else ()
                yield _Field(one.alias.value if one.alias else name, f"{owner}.{name}", beneath)
            continue
        inner: Any = one
        if isinstance(one, FragmentSpreadNode):
            [inner] = [own for own in document.definitions if getattr(own, "name", None) == one.name]
        condition = inner.type_condition
        of = schema.type_map.get(condition.name.value) if condition else owner
        yield from _selected(inner.selection_set, of, schema, document)
