"""Plans the selection sets of an operation: for each field how it is resolved, and how its values are completed."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from graphql import (
    GraphQLAbstractType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution import default_type_resolver

from gateway.engine.declarations import Batch, declaration_of
from gateway.engine.plan import abstract_types
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.complete_value import (
    AbstractCompleter,
    LeafCompleter,
    ListCompleter,
    ObjectCompleter,
    ValueCompleter,
)
from gateway.engine.plan.nulls import NullPropagation
from gateway.engine.plan.planned_fields import (
    BatchField,
    ConstantField,
    DocumentField,
    IntrospectionField,
    PlannedField,
    ReferenceField,
    ResolverField,
)
from gateway.engine.prepare.collect_fields import DENIED, Guard
from gateway.engine.prepare.operation_tree import SelectedField

MANY_MEMBERS: Final = 12
"""An abstract type with more members than this has each compiled when it first occurs."""


class Selection:
    """The selection set on one object type at one place of the plan; `Builder.build` fills in its fields."""

    def __init__(
        self,
        owner: PlannedField | None,
        named: GraphQLObjectType,
        completer: ObjectCompleter | None,
        nulls: NullPropagation,
    ) -> None:
        self.owner = owner
        """The field that returns the objects; None at the root."""
        self.named = named
        self.completer = completer
        self.nulls = nulls
        self.guards: Sequence[Guard] = ()
        self.reorders = False
        self.fields: list[PlannedField] = []
        self.children: list[Selection] = []
        self.tracks_paths = False
        self.lazy = False

    def pass_paths_up(self) -> None:
        """Have the owners of the children track paths where the children need them."""
        for child in self.children:
            if child.tracks_paths and child.owner is not None:
                child.owner.tracks_paths = True


MakeLater = Callable[[Selection], None]


class Builder:
    """Plans the fields of selections. *make_later* defers one: it is compiled when execution first reaches it."""

    def __init__(self, compile_input: CompileInput, make_later: MakeLater) -> None:
        self._input = compile_input
        self._make_later = make_later
        self.fields: list[PlannedField] = []
        """All that were ever planned, and in `completers` those of their values and objects."""
        self.completers: list[ValueCompleter] = []

    @cached_property
    def declares_everything(self) -> bool:
        """Whether every field of the schema declares its answer, so that no resolver asks for paths."""
        return all(_declares(named) for named in _object_types(self._input.schema))

    def build(self, selection: Selection) -> None:
        """Plan the selection's fields and the selections below them."""
        owner = selection.owner
        selected = self._input.root if owner is None else owner.field.at(selection.named)
        selection.guards, selection.reorders = selected.guards, selected.reorders
        for field in selected.fields:
            planned = self._planned(field)
            if not isinstance(planned, ConstantField | IntrospectionField):
                planned.completer = self._completer(planned, field.returns, selection, selection.nulls)
            selection.fields.append(planned)
            self.fields.append(planned)

    def _planned(self, field: SelectedField) -> PlannedField:
        if field.name == DENIED:
            return ConstantField(self._input, field)
        if field.name == abstract_types.TYPENAME:
            constant = ConstantField(self._input, field)
            constant.value = field.parent.name
            return constant
        if field.name.startswith("__"):
            return IntrospectionField(self._input, field)
        declaration = declaration_of(field.definition)
        if declaration is None:
            return ResolverField(self._input, field)
        answer = declaration.answer
        if not isinstance(answer, Batch):
            return DocumentField(self._input, field)
        return (BatchField if answer.reference is None else ReferenceField)(self._input, field)

    def _completer(
        self,
        planned: PlannedField,
        returns: GraphQLOutputType,
        selection: Selection,
        above: NullPropagation,
        *,
        repeats: bool = True,
    ) -> ValueCompleter:
        nullable = not isinstance(returns, GraphQLNonNull)
        inner: Any = returns.of_type if isinstance(returns, GraphQLNonNull) else returns
        nulls = above.below(nullable=nullable, propagates=self._input.propagates_nulls)
        if isinstance(inner, GraphQLList):
            items = self._completer(planned, inner.of_type, selection, nulls, repeats=False)
            return ListCompleter(planned.field, items, nulls, awaits=isinstance(planned, ResolverField))
        if is_leaf_type(inner):
            leaf: GraphQLLeafType = inner
            self.completers.append(LeafCompleter(planned.field, leaf, nulls))
            return self.completers[-1]
        if is_abstract_type(inner):
            return self._abstract(planned, inner, selection, nulls)
        completer = self._object(planned, inner, selection, nulls)
        completer.repeats = repeats
        return completer

    def _object(
        self, planned: PlannedField, named: GraphQLObjectType, selection: Selection, nulls: NullPropagation
    ) -> ObjectCompleter:
        completer = ObjectCompleter(planned.field, named, nulls)
        self.completers.append(completer)
        if abstract_types.has_own_check(named):
            planned.tracks_paths = True
        selection.children.append(Selection(planned, named, completer, nulls))
        return completer

    def _abstract(
        self, planned: PlannedField, named: GraphQLAbstractType, selection: Selection, nulls: NullPropagation
    ) -> AbstractCompleter:
        possible = self._input.schema.get_possible_types(named)
        has_resolver = abstract_types.has_own_resolver(named)
        if has_resolver or any(abstract_types.has_own_check(member) for member in possible):
            planned.tracks_paths = True
        members: dict[str, ObjectCompleter] = {}
        if len(possible) <= MANY_MEMBERS:
            members = {member.name: self._object(planned, member, selection, nulls) for member in possible}

        def member(name: str) -> ObjectCompleter:
            found = members.get(name)
            if found is None:
                late = Selection(planned, selection.named, None, nulls)
                object_type: Any = self._input.schema.get_type(name)
                found = members[name] = self._object(planned, object_type, late, nulls)
                self._make_later(late.children[0])
            return found

        if not members and not self.declares_everything:
            planned.tracks_paths = True
        by_caller = named.resolve_type is None and self._input.type_resolver is not default_type_resolver
        return AbstractCompleter(planned.field, named, member, nulls, has_resolver=has_resolver or by_caller)


def _object_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """The object types of the schema, those of introspection left out."""
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType) and not name.startswith("__"):
            yield named


def _declares(named: GraphQLObjectType) -> bool:
    return not abstract_types.has_own_check(named) and all(declaration_of(field) for field in named.fields.values())
