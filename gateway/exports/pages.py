"""All pages of an operation's list: the document asks for the page's end, and runs again from there."""

from collections.abc import Mapping
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

from gateway.exports.columns import Table
from gateway.exports.rows import value_at

PAGE: Final = "exportPage"
"""The response key under which a page says where it ends."""
AFTER: Final = "exportAfter"
"""The variable that a page begins after."""


@dataclass(frozen=True, slots=True)
class PagedDocument:
    """A document whose outermost page can be asked for from any cursor on."""

    text: str
    variable: str | None
    """The variable that holds the cursor; None where the outermost list is no page."""
    begins_after: Any
    """The cursor of the document itself: the export begins there."""

    @classmethod
    def of(cls, document: DocumentNode, operation: OperationDefinitionNode, table: Table) -> "PagedDocument":
        """The document with what the export asks besides; without lists that are pages it stays as it is."""
        pages = [found.connection for found in table.lists if found.connection]
        if not pages:
            return cls(print_ast(document), None, None)
        first = pages[0] if table.lists[0].connection else ()
        cursor = _argument(first[0], "after") if first else None
        variable = cursor.name.value if isinstance(cursor, VariableNode) else AFTER if first else None
        rewriter = _Rewriter(
            {_place(node) for nodes in pages for node in nodes},
            {_place(node) for node in first},
            _place(operation) if first and not isinstance(cursor, VariableNode) else None,
            variable or "",
        )
        text = print_ast(visit(document, rewriter))
        return cls(text, variable, cursor.value if isinstance(cursor, StringValueNode) else None)


def _argument(field: FieldNode, name: str) -> Node | None:
    return next((one.value for one in field.arguments or () if one.name.value == name), None)


class _Rewriter(Visitor):
    """Adds to a document: the page's end to every page, and the variable of the cursor to the outermost one."""

    def __init__(self, pages: set[int | None], first: set[int | None], operation: int | None, variable: str) -> None:
        super().__init__()
        self._pages = pages
        self._first = first
        self._operation = operation
        self._variable = variable

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if _place(node) not in self._pages or node.selection_set is None:
            return None
        arguments = tuple(node.arguments or ())
        if _place(node) in self._first:
            arguments = tuple(one for one in arguments if one.name.value != "after")
            arguments = (*arguments, ArgumentNode(name=_name("after"), value=VariableNode(name=_name(self._variable))))
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
        variable = VariableDefinitionNode(
            variable=VariableNode(name=_name(self._variable)),
            type=NamedTypeNode(name=_name("String")),
            default_value=None,
            directives=(),
        )
        return OperationDefinitionNode(
            operation=node.operation,
            name=node.name,
            variable_definitions=(*(node.variable_definitions or ()), variable),
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


def cut_list(table: Table, data: Mapping[str, Any] | None, *, outermost: bool) -> str | None:
    """The name of a list inside that has more entries than its page shows; None where all are there."""
    first = 0 if outermost else 1
    for level in range(first, len(table.lists)):
        if table.lists[level].connection and _is_cut(table, data, 0, level):
            return table.lists[level].name
    return None


def _is_cut(table: Table, entry: Any, level: int, sought: int) -> bool:
    if level == sought:
        info = _page_of(entry, table.lists[level].connection_path)
        return bool(info and info["hasNextPage"])
    entries = value_at(entry, table.lists[level].path)
    return any(_is_cut(table, one, level + 1, sought) for one in entries or ())


def _page_of(entry: Any, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    page = value_at(entry, (*path, PAGE))
    return page if isinstance(page, Mapping) else None
