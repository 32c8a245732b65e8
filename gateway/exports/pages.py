"""All pages of an operation's lists: the document asks where each page ends, and runs again from there.

The outermost list goes on page after page. A list inside an entry that goes on beyond its page is read by the same
document once more, from its cursor on, and what the other entries show then is left out.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    NamedTypeNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

from gateway.exports.columns import NestedList, Table
from gateway.exports.rows import value_at

PAGE: Final = "exportPage"
"""The response key under which a page says where it ends."""
AFTER: Final = "exportAfter"
"""The variable that a page begins after; its number is that of the list."""

Data = dict[str, Any]
Again = Callable[[Mapping[str, Any]], Awaitable[Data]]
"""Reads an object anew, with these variables beside those of before."""


class ChangedMeanwhileError(Exception):
    """The entries of a list are others than a moment ago, so that one of them cannot be read on."""


@dataclass(frozen=True, slots=True)
class PagedDocument:
    """A document whose pages can be asked for from any cursor on."""

    text: str
    variables: tuple[str | None, ...]
    """The variable of each list that holds its cursor; None where the list is no page."""
    begins_after: Mapping[str, Any]
    """The cursors of the document itself, by their variables: the export begins there."""

    @classmethod
    def of(cls, document: DocumentNode, operation: OperationDefinitionNode, table: Table) -> "PagedDocument":
        """The document, with a cursor variable and the fields of paging at each list that is read in pages."""
        cursors = [_argument(one.connection[0], "after") if one.connection else None for one in table.lists]
        named = [cursor.name.value if isinstance(cursor, VariableNode) else None for cursor in cursors]
        variables: list[str | None] = []
        for level, one in enumerate(table.lists):
            own = named[level] or f"{AFTER}{level}"
            # A variable that two lists share cannot move one of them alone.
            variables.append(own if one.connection and own not in variables else None)
        rewriter = _Rewriter(
            {_place(node): variables[level] for level, one in enumerate(table.lists) for node in one.connection},
            _place(operation),
            [own for own, written in zip(variables, named, strict=True) if own and own != written],
        )
        begins = {
            own: cursor.value
            for own, cursor in zip(variables, cursors, strict=True)
            if own and isinstance(cursor, StringValueNode)
        }
        return cls(print_ast(visit(document, rewriter)), tuple(variables), begins)

    @property
    def outermost(self) -> str | None:
        """The variable of the outermost list; None where it is no page."""
        return self.variables[0] if self.variables else None


def _argument(field: FieldNode, name: str) -> Node | None:
    return next((one.value for one in field.arguments or () if one.name.value == name), None)


class _Rewriter(Visitor):
    """Adds to each page of a document its end and the variable of its cursor, and to the operation these variables."""

    def __init__(self, pages: Mapping[int | None, str | None], operation: int | None, variables: list[str]) -> None:
        super().__init__()
        self._pages = pages
        self._operation = operation
        self._variables = variables

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if _place(node) not in self._pages or node.selection_set is None:
            return None
        arguments = tuple(node.arguments or ())
        if (variable := self._pages[_place(node)]) is not None:
            arguments = tuple(one for one in arguments if one.name.value != "after")
            arguments = (*arguments, ArgumentNode(name=_name("after"), value=VariableNode(name=_name(variable))))
        page = FieldNode(
            alias=_name(PAGE),
            name=_name("pageInfo"),
            arguments=(),
            directives=(),
            selection_set=SelectionSetNode(selections=(_leaf("hasNextPage"), _leaf("endCursor"))),
        )
        selections = (*node.selection_set.selections, page)
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=arguments,
            directives=node.directives,
            selection_set=SelectionSetNode(selections=selections),
        )

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> OperationDefinitionNode | None:
        if _place(node) != self._operation:
            return None
        added = [
            VariableDefinitionNode(
                variable=VariableNode(name=_name(name)),
                type=NamedTypeNode(name=_name("String")),
                default_value=None,
                directives=(),
            )
            for name in self._variables
        ]
        return OperationDefinitionNode(
            operation=node.operation,
            name=node.name,
            variable_definitions=(*(node.variable_definitions or ()), *added),
            directives=node.directives,
            selection_set=node.selection_set,
        )


def _place(node: Node) -> int | None:
    """Where a node stands in the text: pruning copies nodes, and leaves them their places."""
    return node.loc.start if node.loc else None


def _name(text: str) -> NameNode:
    return NameNode(value=text)


def _leaf(name: str) -> FieldNode:
    return FieldNode(alias=None, name=_name(name), arguments=(), directives=(), selection_set=None)


def next_cursor(table: Table, data: Mapping[str, Any]) -> str | None:
    """Where the next page of the outermost list begins; None where this was the last one."""
    info = _page_of(data, table.lists[0].connection_path)
    return info["endCursor"] if info and info["hasNextPage"] else None


async def read_whole(table: Table, document: PagedDocument, data: Data, again: Again, most: int) -> None:
    """Read the lists inside the entries of *data* to their ends, each to *most* entries; *again* reads *data* anew."""
    await _read_whole(table, document, data, 0, again, most)


async def _read_whole(table: Table, document: PagedDocument, entry: Data, level: int, again: Again, most: int) -> None:
    if not any(one.connection for one in table.lists[max(level, 1) :]):
        return
    own, variable = table.lists[level], document.variables[level]
    entries = value_at(entry, own.path) or []
    page = _page_of(entry, own.connection_path) if level else None
    parts: list[tuple[list[Data], Mapping[str, Any]]] = [(list(entries), {})]
    while page and page["hasNextPage"] and variable and len(entries) <= most:
        further = {variable: page["endCursor"]}
        other = await again(further)
        found = value_at(other, own.path) or []
        if _shown(table, other, level) != _shown(table, entry, level):
            raise ChangedMeanwhileError
        parts.append((found, further))
        entries += found
        page.update(_page_of(other, own.connection_path) or {"hasNextPage": False})
    for part, leads_there in parts:
        for place, inner in enumerate(part):
            await _read_whole(table, document, inner, level + 1, _of_entry(again, own, place, leads_there), most)


def _of_entry(again: Again, own: NestedList, place: int, further: Mapping[str, Any]) -> Again:
    """Reads the entry at a *place* of a list anew, on the page that *further* leads to."""

    async def read(more: Mapping[str, Any]) -> Data:
        entries = value_at(await again({**further, **more}), own.path) or []
        if place >= len(entries):
            raise ChangedMeanwhileError
        found: Data = entries[place]
        return found

    return read


def _shown(table: Table, entry: Data, level: int) -> list[Any]:
    """The values of an entry beside its lists: by them it is known again."""
    return [value_at(entry, column.path) for column in table.columns if column.level == level]


def cut_list(table: Table, data: Mapping[str, Any]) -> str | None:
    """The name of a list inside that has more entries than its page shows; None where all are there."""
    for level in range(1, len(table.lists)):
        if table.lists[level].connection and _is_cut(table, data, 0, level):
            return table.lists[level].name
    return None


def _is_cut(table: Table, entry: Any, level: int, sought: int) -> bool:
    if level == sought:
        info = _page_of(entry, table.lists[level].connection_path)
        return bool(info and info["hasNextPage"])
    entries = value_at(entry, table.lists[level].path)
    return any(_is_cut(table, one, level + 1, sought) for one in entries or ())


def _page_of(entry: Any, path: tuple[str, ...]) -> Data | None:
    page = value_at(entry, (*path, PAGE))
    return page if isinstance(page, dict) else None
