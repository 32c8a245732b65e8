"""The columns that an operation needs of documents, and the other things a batch resolver may ask about its field."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import FieldNode, GraphQLOutputType, get_named_type

from gateway.engine.declarations import declaration_of
from gateway.engine.prepare.operation_tree import OperationTree

_AT_LEAST: Final = frozenset({"_id"})


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

    __slots__ = ("_all_columns", "_nodes", "_returns", "_selected", "_tree", "columns")

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
            sources = [(node.selection_set, True) for node in self._nodes]
            below = [self._tree.select(named, sources) for named in self._tree.members(self._returns)]
            self._selected = frozenset(field.name for selected in below for field in selected.fields)
        return field_name in self._selected
