"""The selection sets of an operation at every place where they stand, before code is written for them."""

from collections.abc import Callable, Iterator
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
    is_abstract_type,
    is_leaf_type,
)

from gateway.engine.declarations import Batch, declared
from gateway.engine.plan import abstract_types
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.complete_value import (
    AbstractCompleter,
    LeafCompleter,
    ListCompleter,
    ObjectCompleter,
    ValueCompleter,
)
from gateway.engine.plan.planned_fields import (
    Batched,
    Constant,
    IntrospectionField,
    Plain,
    PlannedField,
    ReferenceField,
    Resolved,
)
from gateway.engine.plan.rounds import NullPropagation
from gateway.engine.prepare.collect_fields import Collected, Group, Sources
from gateway.engine.prepare.pruning import DENIED

MANY_MEMBERS: Final = 12
"""An abstract type with more members than this has each compiled when it first occurs."""


class Selection:
    """What is asked of one object type at one place. Its fields are known once it is collected."""

    def __init__(
        self,
        named: GraphQLObjectType,
        sources: Sources,
        completer: ObjectCompleter | None,
        nulls: NullPropagation,
    ) -> None:
        self.named = named
        self.sources = sources
        self.completer = completer
        self.nulls = nulls
        self.collected = Collected((), ())
        self.fields: list[PlannedField] = []
        self.children: list[Selection] = []
        self.tracks_paths = False
        self.lazy = False


Make = Callable[[Selection], None]


class Builder:
    """Finds the fields of selections. *make_later* has a selection compiled when it is reached."""

    def __init__(self, target: CompileInput, make_later: Make) -> None:
        self._target = target
        self._make_later = make_later
        self.fields: list[PlannedField] = []
        """All that were ever found, and in `completers` those of their values and objects."""
        self.completers: list[ValueCompleter] = []

    @cached_property
    def declares_everything(self) -> bool:
        """Whether every field of the schema declares its answer, so that no resolver asks for paths."""
        return all(_declares(named) for named in _own_types(self._target.schema))

    def build(self, selection: Selection, collected: Collected) -> None:
        """Find the selection's fields and the selections below them."""
        selection.collected = collected
        for group in collected.groups:
            field = self._spot(selection.named, group)
            if field is not None:
                self._give_shape(field, selection)
                selection.fields.append(field)
                self.fields.append(field)

    def _spot(self, parent: GraphQLObjectType, group: Group) -> PlannedField | None:
        target = self._target
        if group.name == DENIED:
            return Constant(target, parent, group, GraphQLField(GraphQLString))
        definition = target.schema.get_field(parent, group.name)
        if definition is None:
            return None
        if group.name == abstract_types.TYPENAME:
            constant = Constant(target, parent, group, definition)
            constant.value = parent.name
            return constant
        if group.name.startswith("__"):
            return IntrospectionField(target, parent, group, definition)
        declaration = declared(definition)
        if declaration is None:
            return Resolved(target, parent, group, definition)
        answer = declaration.answer
        kind = Plain if not isinstance(answer, Batch) else Batched if answer.linked is None else ReferenceField
        return kind(target, parent, group, definition)

    def _give_shape(self, field: PlannedField, selection: Selection) -> None:
        if not isinstance(field, Constant | IntrospectionField):
            field.completer = self._shape(field, field.returns, selection, selection.nulls)

    def _shape(
        self,
        field: PlannedField,
        returns: GraphQLOutputType,
        selection: Selection,
        above: NullPropagation,
        *,
        repeats: bool = True,
    ) -> ValueCompleter:
        nullable = not isinstance(returns, GraphQLNonNull)
        inner: Any = returns.of_type if isinstance(returns, GraphQLNonNull) else returns
        nulls = above.below(nullable=nullable, propagates=self._target.propagates)
        if isinstance(inner, GraphQLList):
            items = self._shape(field, inner.of_type, selection, nulls, repeats=False)
            return ListCompleter(field, items, nulls, awaits=isinstance(field, Resolved))
        if is_leaf_type(inner):
            leaf: GraphQLLeafType = inner
            self.completers.append(LeafCompleter(field, leaf, nulls))
            return self.completers[-1]
        if is_abstract_type(inner):
            return self._abstract(field, inner, selection, nulls)
        completer = self._object(field, inner, selection, nulls)
        completer.repeats = repeats
        return completer

    def _object(
        self, field: PlannedField, named: GraphQLObjectType, selection: Selection, nulls: NullPropagation
    ) -> ObjectCompleter:
        completer = ObjectCompleter(field, named, nulls)
        self.completers.append(completer)
        if abstract_types.has_own_check(named):
            field.tracks_paths = True
        selection.children.append(Selection(named, _sources(field), completer, nulls))
        return completer

    def _abstract(
        self, field: PlannedField, named: GraphQLAbstractType, selection: Selection, nulls: NullPropagation
    ) -> AbstractCompleter:
        possible = self._target.schema.get_possible_types(named)
        if abstract_types.has_own_resolver(named) or any(abstract_types.has_own_check(member) for member in possible):
            field.tracks_paths = True
        members: dict[str, ObjectCompleter] = {}
        if len(possible) <= MANY_MEMBERS:
            members = {member.name: self._object(field, member, selection, nulls) for member in possible}

        def member(name: str) -> ObjectCompleter:
            found = members.get(name)
            if found is None:
                late = Selection(selection.named, (), None, nulls)
                object_type: Any = self._target.schema.get_type(name)
                found = members[name] = self._object(field, object_type, late, nulls)
                self._make_later(late.children[0])
            return found

        if not members and not self.declares_everything:
            field.tracks_paths = True
        return AbstractCompleter(field, named, member, nulls)


def _sources(field: PlannedField) -> Sources:
    parts = field.group.parts
    if len(parts) == 1:
        return [(parts[0].node.selection_set, True)]
    return [(part.node.selection_set, part.condition) for part in parts]


def _own_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType) and not name.startswith("__"):
            yield named


def _declares(named: GraphQLObjectType) -> bool:
    return not abstract_types.has_own_check(named) and all(declared(field) for field in named.fields.values())
