"""The selection sets of an operation at every place where they stand, before code is written for them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
)

from gateway.engine import abstract as abstracts
from gateway.engine.completion import AbstractShape, LeafShape, ListShape, ObjectShape, Shape
from gateway.engine.fields import Batch, declared
from gateway.engine.merging import Collected, Condition, Group
from gateway.engine.pruning import DENIED
from gateway.engine.spots import Batched, Constant, Introspected, Linking, Plain, Resolved, Spot
from gateway.engine.target import Target
from gateway.engine.waves import Standing

MANY_MEMBERS: Final = 12
"""An abstract type with more members than this has each compiled when it first occurs."""

Sources = Sequence[tuple[SelectionSetNode | None, Condition]]


class Selection:
    """What is asked of one object type at one place. Its spots are known once it is collected."""

    def __init__(
        self, named: GraphQLObjectType, sources: Sources, shape: ObjectShape | None, standing: Standing
    ) -> None:
        self.named = named
        self.sources = sources
        self.shape = shape
        self.standing = standing
        self.collected = Collected((), ())
        self.spots: list[Spot] = []
        self.children: list[Selection] = []
        self.tracks_paths = False
        self.lazy = False


Make = Callable[[Selection], None]


class Builder:
    """Finds the spots of selections. *make_later* has a selection compiled when it is reached."""

    def __init__(self, target: Target, make_later: Make) -> None:
        self._target = target
        self._make_later = make_later
        self.spots: list[Spot] = []
        """All that were ever found, and in `shapes` those of their values and objects."""
        self.shapes: list[Shape] = []

    @cached_property
    def declares_everything(self) -> bool:
        """Whether every field of the schema declares its answer, so that no resolver asks for paths."""
        return all(_declares(named) for named in _own_types(self._target.schema))

    def build(self, selection: Selection, collected: Collected) -> None:
        """Find the selection's spots and the selections below them."""
        selection.collected = collected
        for group in collected.groups:
            spot = self._spot(selection.named, group)
            if spot is not None:
                self._give_shape(spot, selection)
                selection.spots.append(spot)
                self.spots.append(spot)

    def _spot(self, parent: GraphQLObjectType, group: Group) -> Spot | None:
        target = self._target
        if group.name == DENIED:
            return Constant(target, parent, group, GraphQLField(GraphQLString))
        definition = target.schema.get_field(parent, group.name)
        if definition is None:
            return None
        if group.name == abstracts.TYPENAME:
            constant = Constant(target, parent, group, definition)
            constant.value = parent.name
            return constant
        if group.name.startswith("__"):
            return Introspected(target, parent, group, definition)
        declaration = declared(definition)
        if declaration is None:
            return Resolved(target, parent, group, definition)
        answer = declaration.answer
        kind = Plain if not isinstance(answer, Batch) else Batched if answer.linked is None else Linking
        return kind(target, parent, group, definition)

    def _give_shape(self, spot: Spot, selection: Selection) -> None:
        if not isinstance(spot, Constant | Introspected):
            spot.shape = self._shape(spot, spot.returns, selection, selection.standing)

    def _shape(
        self, spot: Spot, returns: GraphQLOutputType, selection: Selection, above: Standing, *, repeats: bool = True
    ) -> Shape:
        nullable = not isinstance(returns, GraphQLNonNull)
        inner: Any = returns.of_type if isinstance(returns, GraphQLNonNull) else returns
        standing = above.below(nullable=nullable, propagates=self._target.propagates)
        if isinstance(inner, GraphQLList):
            items = self._shape(spot, inner.of_type, selection, standing, repeats=False)
            return ListShape(spot, items, standing, awaits=isinstance(spot, Resolved))
        if is_leaf_type(inner):
            leaf: GraphQLLeafType = inner
            self.shapes.append(LeafShape(spot, leaf, standing))
            return self.shapes[-1]
        if is_abstract_type(inner):
            return self._abstract(spot, inner, selection, standing)
        shape = self._object(spot, inner, selection, standing)
        shape.repeats = repeats
        return shape

    def _object(self, spot: Spot, named: GraphQLObjectType, selection: Selection, standing: Standing) -> ObjectShape:
        shape = ObjectShape(spot, named, standing)
        self.shapes.append(shape)
        if abstracts.has_own_check(named):
            spot.tracks_paths = True
        selection.children.append(Selection(named, _sources(spot), shape, standing))
        return shape

    def _abstract(
        self, spot: Spot, named: GraphQLAbstractType, selection: Selection, standing: Standing
    ) -> AbstractShape:
        possible = self._target.schema.get_possible_types(named)
        if abstracts.has_own_resolver(named) or any(abstracts.has_own_check(member) for member in possible):
            spot.tracks_paths = True
        members: dict[str, ObjectShape] = {}
        if len(possible) <= MANY_MEMBERS:
            members = {member.name: self._object(spot, member, selection, standing) for member in possible}

        def member(name: str) -> ObjectShape:
            found = members.get(name)
            if found is None:
                late = Selection(selection.named, (), None, standing)
                object_type: Any = self._target.schema.get_type(name)
                found = members[name] = self._object(spot, object_type, late, standing)
                self._make_later(late.children[0])
            return found

        if not members and not self.declares_everything:
            spot.tracks_paths = True
        return AbstractShape(spot, named, member, standing)


def _sources(spot: Spot) -> Sources:
    parts = spot.group.parts
    if len(parts) == 1:
        return [(parts[0].node.selection_set, True)]
    return [(part.node.selection_set, part.condition) for part in parts]


def _own_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType) and not name.startswith("__"):
            yield named


def _declares(named: GraphQLObjectType) -> bool:
    return not abstracts.has_own_check(named) and all(declared(field) for field in named.fields.values())
