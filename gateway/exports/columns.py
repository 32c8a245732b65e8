"""The table that an operation describes: its rows are the entries of the deepest list, its columns the selected leaves.

Columns follow from the document and the schema alone, so that they are the same for every answer: for an empty list,
and for a viewer who may not read some of them. `nodes`, `edges` and `node` of a connection have no part in titles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from gateway.engine.prepare.operation_tree import OperationTree, SelectedField

_PAGE_INFO: Final = "PageInfo"
_PLUMBING: Final = frozenset({"nodes", "edges", "node"})


class Kind(Enum):
    """How the cells of a column are written."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"


_KINDS: Final = {
    "Int": Kind.NUMBER,
    "Float": Kind.NUMBER,
    "Decimal": Kind.NUMBER,
    "Boolean": Kind.BOOLEAN,
    "Date": Kind.DAY,
    "DateTime": Kind.INSTANT,
}
"""The scalars that are not written as texts."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    kind: Kind
    level: int
    """How many of the table's lists its values stand in."""
    path: tuple[str, ...]
    """The response keys that lead to the value from the entry of its list, or from `data` at level 0."""


@dataclass(frozen=True, slots=True)
class NestedList:
    """One of the lists whose entries make the rows; each stands inside an entry of the one before."""

    path: tuple[str, ...]
    """The response keys that lead to the list from the entry of the list before, or from `data`."""
    connection: tuple[FieldNode, ...]
    """The nodes of the document that select the connection; none where the list is no page."""
    connection_path: tuple[str, ...]
    """The response keys that lead to the connection."""

    @property
    def name(self) -> str:
        """The name of the list in titles."""
        return next((key for key in reversed(self.path) if key not in _PLUMBING), "")


@dataclass(frozen=True, slots=True)
class Table:
    """The lists and columns of one operation."""

    lists: Sequence[NestedList]
    columns: Sequence[Column]

    @classmethod
    def of(cls, tree: OperationTree) -> "Table":
        """The table of an operation; without a list it has one row."""
        root = tree.root
        fields = list(root.fields) if root else []
        lists = _deepest(fields, ())
        return cls(lists, _titled(list(_columns(fields, lists, 0, ())), lists))


def _fields_of(field: SelectedField) -> list[SelectedField]:
    """The selected fields of a field's objects; of several types with one response key, the first."""
    found: dict[str, SelectedField] = {}
    for selected in field.below:
        for one in selected.fields:
            found.setdefault(one.key, one)
    return list(found.values())


def _is_list(field: SelectedField) -> bool:
    return is_list_type(get_nullable_type(field.returns))


def _is_page(field: SelectedField) -> bool:
    return "after" in field.definition.args


def _is_leaf(field: SelectedField) -> bool:
    return isinstance(get_named_type(field.returns), GraphQLScalarType | GraphQLEnumType)


def _shown(fields: Sequence[SelectedField], *, of_page: bool = False) -> Iterator[SelectedField]:
    for field in fields:
        is_value = field.name != "__typename" and get_named_type(field.returns).name != _PAGE_INFO
        if is_value and (not of_page or field.name in _PLUMBING):
            yield field


def _deepest(
    fields: Sequence[SelectedField], path: tuple[str, ...], page: SelectedField | None = None
) -> list[NestedList]:
    """The longest chain of lists below *fields*, of equally long ones the first; *path* leads to them."""
    best: list[NestedList] = []
    for field in _shown(fields):
        if _is_leaf(field):
            continue
        here = (*path, field.key)
        if _is_list(field):
            nodes = tuple(page.nodes) if page else ()
            own = NestedList(here, nodes, path if page else ())
            chain = [own, *_deepest(_fields_of(field), ())]
        else:
            chain = _deepest(_fields_of(field), here, field if _is_page(field) else None)
        if len(chain) > len(best):
            best = chain
    return best


def _columns(
    fields: Sequence[SelectedField],
    lists: Sequence[NestedList],
    level: int,
    path: tuple[str, ...],
    *,
    of_page: bool = False,
) -> Iterator[Column]:
    """The columns below *fields*: those of this level's objects, and, in its place, those of the list below."""
    below = lists[level].path if level < len(lists) else None
    for field in _shown(fields, of_page=of_page):
        here = (*path, field.key)
        if here == below:
            yield from _columns(_fields_of(field), lists, level + 1, ())
        elif _is_leaf(field) or _is_list(field):
            yield Column("", _kind(field), level, here)
        elif _is_page(field):
            leads_on = below is not None and below[: len(here)] == here
            if leads_on:
                yield from _columns(_fields_of(field), lists, level, here, of_page=True)
            else:
                yield Column("", Kind.TEXT, level, here)
        else:
            yield from _columns(_fields_of(field), lists, level, here)


def _kind(field: SelectedField) -> Kind:
    if _is_list(field):
        return Kind.TEXT
    named: Any = get_named_type(field.returns)
    return _KINDS.get(named.name, Kind.TEXT)


def _titled(columns: Sequence[Column], lists: Sequence[NestedList]) -> list[Column]:
    """The columns with their titles: the path, behind the name of the list where it is not the deepest one."""
    titled, seen = [], set[str]()
    for column in columns:
        title = ".".join(key for key in column.path if key not in _PLUMBING)
        level = column.level
        if 0 < level < len(lists):
            title = f"{lists[level - 1].name}.{title}"
        while title in seen:
            level -= 1
            title = f"{lists[level].name if 0 <= level < len(lists) else '_'}.{title}"
        seen.add(title)
        titled.append(Column(title, column.kind, column.level, column.path))
    return titled
