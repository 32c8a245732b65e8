"""The operation as a tree of object types and fields, in which every selection set is merged once.

Columns, cache policy, cost, introspection and plan are folds over it. Nodes are made when they are first reached, and
places that select the same of the same type are one node, since fragments can spread a field exponentially often.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
)

from gateway.engine.prepare.collect_fields import DENIED, FieldCollector, FieldGroup, Guard, Sources

_DENIED_FIELD: Final = GraphQLField(GraphQLString)


class SelectedField:
    """One response key that is selected of an object type at one place; it never changes."""

    __slots__ = (
        "condition",
        "definition",
        "group",
        "is_fixed",
        "key",
        "members",
        "name",
        "nodes",
        "parent",
        "returns",
        "tree",
    )

    def __init__(
        self, tree: "OperationTree", parent: GraphQLObjectType, group: FieldGroup, definition: GraphQLField
    ) -> None:
        self.tree = tree
        self.parent = parent
        self.group = group
        self.definition = definition
        self.key = group.key
        """The response key."""
        self.name = group.name
        """The field's name in the schema."""
        self.condition = group.condition
        """The condition under which the key is in the answer at all."""
        self.returns = definition.type
        self.nodes = [part.node for part in group.parts]
        """All nodes that may be merged into the key."""
        self.is_fixed = all(part.condition is True for part in group.parts)
        """Whether every request includes all nodes."""
        self.members = () if self.nodes[0].selection_set is None else tree.members(definition.type)
        """The object types that the field may return; none where it returns scalars or enums."""

    def at(self, named: GraphQLObjectType) -> "SelectedType":
        """The selection set of the field on an object type that it may return."""
        parts = self.group.parts
        if len(parts) == 1:
            return self.tree.select(named, [(parts[0].node.selection_set, True)])
        return self.tree.select(named, [(part.node.selection_set, part.condition) for part in parts])

    @property
    def below(self) -> Iterator["SelectedType"]:
        """The selection sets of all object types that the field may return."""
        return map(self.at, self.members)


@dataclass(frozen=True, eq=False)
class SelectedType:
    """The fields that are selected of one object type at one place."""

    named: GraphQLObjectType
    fields: Sequence[SelectedField]
    guards: Sequence[Guard]
    reorders: bool
    """Whether the order of keys depends on the variables."""


class OperationTree:
    """The tree of one operation; *schema* defines its fields."""

    def __init__(
        self,
        schema: GraphQLSchema,
        node: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.schema = schema
        self.node = node
        self._collector = FieldCollector(schema, fragments)
        self.directives = self._collector.directives
        self._selected: dict[Any, SelectedType] = {}

    @property
    def root(self) -> SelectedType | None:
        """The selection set of the operation itself; None where the schema has no such root."""
        named = self.schema.get_root_type(self.node.operation)
        return self.select(named, [(self.node.selection_set, True)]) if named else None

    def select(self, named: GraphQLObjectType, sources: Sources) -> SelectedType:
        """The merged selection sets *sources* on *named*; raises `RecursionError` where fragments nest too deeply."""
        key = (named.name, *((id(node), condition) for node, condition in sources))
        found = self._selected.get(key)
        if found is None:
            collected = self._collector.collect(named, sources)
            fields = [self._field(named, group) for group in collected.groups]
            known = [field for field in fields if field is not None]
            found = SelectedType(named, known, collected.guards, collected.reorders)
            self._selected[key] = found
        return found

    def free(self) -> None:
        """Forget the nodes, which hold the tree: without this cycle they are freed with their last user."""
        self._selected.clear()

    def members(self, returns: GraphQLOutputType) -> Sequence[GraphQLObjectType]:
        """The object types that a value of this type may have."""
        named: Any = get_named_type(returns)
        if isinstance(named, GraphQLObjectType):
            return [named]
        return self.schema.get_possible_types(named) if is_abstract_type(named) else []

    def walk(self) -> Iterator[SelectedType]:
        """Every selection set of the operation, each once."""
        root = self.root
        waiting = [root] if root else []
        seen = set(waiting)
        while waiting:
            selected = waiting.pop()
            yield selected
            for field in selected.fields:
                new = [one for one in field.below if one not in seen]
                seen.update(new)
                waiting += new

    def _field(self, parent: GraphQLObjectType, group: FieldGroup) -> SelectedField | None:
        definition = _DENIED_FIELD if group.name == DENIED else self.schema.get_field(parent, group.name)
        return None if definition is None else SelectedField(self, parent, group, definition)
