"""The columns that an operation needs of documents, and the other things a batch resolver may ask about its field."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import FieldNode, GraphQLOutputType, get_named_type

from gateway.engine.declarations import declaration_of
from gateway.engine.prepare.operation_tree import OperationTree, SelectedType

_AT_LEAST: Final = frozenset({"_id"})
_OF_PAGES: Final = frozenset({"nodes", "edges", "node"})
_EDGES_DEEP: Final = 2
"""The levels of `edges { node }`."""


def columns_of(tree: OperationTree) -> Mapping[str, frozenset[str]]:
    """The columns needed of the documents behind each type, wherever they stand in the operation."""
    needs: dict[str, set[str]] = defaultdict(set)
    for selected in tree.walk():
        for field in selected.fields:
            declaration = declaration_of(field.definition)
            if declaration is not None:
                needs[selected.named.name] |= declaration.answer.needs
    return {name: frozenset(columns) for name, columns in needs.items()}


class FieldCall:
    """The parts of an operation that the batch resolver of one field may ask about.

    *returns* is the field's type and *nodes* are those that the request includes. The columns of a connection are those
    of its nodes.
    """

    __slots__ = ("_all_columns", "_nodes", "_returns", "_selected", "_selected_of", "_tree", "columns")

    def __init__(
        self,
        tree: OperationTree,
        all_columns: Mapping[str, frozenset[str]],
        returns: GraphQLOutputType,
        nodes: Sequence[FieldNode],
    ) -> None:
        self._tree = tree
        self._all_columns = all_columns
        self._returns = returns
        self._nodes = nodes
        self._selected: frozenset[str] | None = None
        self._selected_of: dict[str, frozenset[str]] = {}
        named = get_named_type(returns)
        fields: Mapping[str, Any] = getattr(named, "fields", {})
        is_connection = "nodes" in fields and "pageInfo" in fields
        self.columns = self.columns_of(get_named_type(fields["nodes"].type).name if is_connection else named.name)

    def columns_of(self, type_name: str) -> frozenset[str]:
        """The columns that the operation needs of the documents behind *type_name*."""
        return self._all_columns.get(type_name) or _AT_LEAST

    def selects(self, field_name: str) -> bool:
        """Whether the field's own selection names *field_name* (its GraphQL name)."""
        if self._selected is None:
            self._selected = frozenset(field.name for selected in self._below() for field in selected.fields)
        return field_name in self._selected

    def selected_of(self, type_name: str) -> frozenset[str]:
        """The types and fields that are selected of objects of *type_name* and below them: `{"Mark", "Mark.value"}`.

        The objects are those that the field returns, or that stand in the connection that it returns. Further objects
        of the type below them are left out.
        """
        found = self._selected_of.get(type_name)
        if found is None:
            found = self._selected_of[type_name] = frozenset(self._reached(type_name))
        return found

    def _below(self) -> list[SelectedType]:
        sources = [(node.selection_set, True) for node in self._nodes]
        return [self._tree.select(named, sources) for named in self._tree.members(self._returns)]

    def _reached(self, type_name: str) -> Iterator[str]:
        own = self._below()
        for _ in range(_EDGES_DEEP):
            own += [below for one in own for field in one.fields if field.name in _OF_PAGES for below in field.below]
        waiting = [one for one in own if one.named.name == type_name]
        seen = set(waiting)
        while waiting:
            selected = waiting.pop()
            yield selected.named.name
            if (nodes := selected.named.fields.get("nodes")) is not None:
                yield get_named_type(nodes.type).name  # the count of a list tells of its nodes
            for field in selected.fields:
                yield f"{selected.named.name}.{field.name}"
                further = [one for one in field.below if one.named.name != type_name and one not in seen]
                seen.update(further)
                waiting += further
