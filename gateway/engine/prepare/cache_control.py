"""How long the answer to an operation may be kept: the shortest time among the fields it selects.

A field says so itself, or the type of what it returns does; a scalar lasts as long as the object it stands in. An
object that nobody speaks for is not to be kept, nor is anything beside it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from gateway.engine.declarations import CacheControl, declared, type_cache
from gateway.engine.prepare.operation import Operation

_NOT_AT_ALL: Final = CacheControl(0, is_private=True)


def cache_policy(operation: Operation) -> CacheControl | None:
    """How long clients may keep the answer to *operation*; None: not at all."""
    full = operation.view.full
    walk = _Walk(full, operation.fragments)
    hints = list(walk.hints(full.get_root_type(operation.node.operation), operation.node.selection_set))
    age = min((hint.max_age for hint in hints), default=0)
    return CacheControl(age, any(hint.is_private for hint in hints)) if age > 0 else None


class _Walk:
    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._seen: set[tuple[str, str]] = set()

    def hints(self, parent: GraphQLNamedType | None, selections: SelectionSetNode | None) -> Iterator[CacheControl]:
        """What is said of every field that may be selected, whatever @skip and @include make of it."""
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                yield from self._field(parent, selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                yield from self.hints(inner, selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._spread(parent, selection.name.value)

    def _spread(self, parent: GraphQLNamedType | None, name: str) -> Iterator[CacheControl]:
        place = (name, parent.name if parent else "")
        if place not in self._seen:
            self._seen.add(place)
            fragment = self._fragments[name]
            yield from self.hints(self._schema.get_type(fragment.type_condition.name.value), fragment.selection_set)

    def _field(self, parent: GraphQLNamedType | None, node: FieldNode) -> Iterator[CacheControl]:
        name = node.name.value
        if name == "__typename":
            return
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name not in parent.fields:
            yield _NOT_AT_ALL  # introspection: what it shows depends on the role
            return
        owners = self._schema.get_possible_types(parent) if isinstance(parent, GraphQLInterfaceType) else [parent]
        for owner in owners:
            declaration = declared(owner.fields[name])
            own = declaration.cache if declaration else None
            named = get_named_type(owner.fields[name].type)
            of_type = type_cache(named)
            if own is not None:
                yield CacheControl(own.max_age, own.is_private or bool(of_type and of_type.is_private))
            elif is_composite_type(named):
                yield of_type or _NOT_AT_ALL
            yield from self.hints(named, node.selection_set)
