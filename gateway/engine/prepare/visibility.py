"""The part of the schema that a role may see."""

from functools import cached_property
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

from gateway.engine.declarations import declaration_of, type_roles
from gateway.engine.prepare.schema_sizes import SchemaSizes

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class View:
    """The schema as one role sees it."""

    def __init__(self, full: GraphQLSchema, role: str, *, introspects: bool = True) -> None:
        self.full = full
        self.role = role
        self.introspects = introspects
        """Whether the role may ask for `__schema` and `__type`."""
        self.hidden_types: dict[str, frozenset[str]] = {}
        self.hidden_fields: dict[tuple[str, str], frozenset[str]] = {}
        self._find_hidden()
        self.schema = _visible_schema(self)

    @classmethod
    def whole(cls, schema: GraphQLSchema) -> "View":
        """The view of someone who may see everything."""
        view = cls.__new__(cls)
        view.full = view.schema = schema
        view.role = ""
        view.introspects = True
        view.hidden_types = {}
        view.hidden_fields = {}
        return view

    def shows(self, type_name: str, field_name: str) -> bool:
        """Whether this role may read a field of the full schema; KeyError for a field that the schema does not have."""
        self.full.type_map[type_name].fields[field_name]  # type: ignore[attr-defined] # of a composite type
        return type_name not in self.hidden_types and (type_name, field_name) not in self.hidden_fields

    @cached_property
    def sizes(self) -> SchemaSizes:
        """The sizes of the schema that the role sees."""
        return SchemaSizes(self.schema)

    def denied(self, parent: Composite, name: str) -> frozenset[str] | None:
        """The roles that may read the field *name* where the role of this view may not; None where it may."""
        return self.hidden_fields.get((parent.name, name))

    def _find_hidden(self) -> None:
        composites = [
            t for t in self.full.type_map.values() if isinstance(t, Composite) and not t.name.startswith("__")
        ]
        for named in composites:
            roles = type_roles(named)
            if roles is not None and self.role not in roles:
                self.hidden_types[named.name] = roles
        for named in composites:
            if isinstance(named, GraphQLObjectType):
                self._hide_fields(named, self._own_rule)
        for named in composites:
            if isinstance(named, GraphQLInterfaceType):
                self._hide_fields(named, self._rule_of_members)

    def _hide_fields(self, named: GraphQLObjectType | GraphQLInterfaceType, rule: Any) -> None:
        for name, definition in named.fields.items():
            roles = rule(named, name, definition)
            if roles is not None:
                self.hidden_fields[named.name, name] = roles

    def _own_rule(self, named: GraphQLNamedType, name: str, definition: GraphQLField) -> frozenset[str] | None:
        """The roles that may read a field, where this one may not, by its own rule or its type's; None where it may."""
        declaration = declaration_of(definition)
        if declaration and declaration.visible_to is not None:
            if isinstance(definition.type, GraphQLNonNull):
                message = f"{named.name}.{name} is restricted to roles, therefore it must be nullable"
                raise TypeError(message)
            if self.role not in declaration.visible_to:
                return declaration.visible_to
        return self.hidden_types.get(get_named_type(definition.type).name)

    def _rule_of_members(
        self, interface: GraphQLInterfaceType, name: str, definition: GraphQLField
    ) -> frozenset[str] | None:
        # A selection on an interface needs the rights of every member this role can reach through it.
        roles = self._own_rule(interface, name, definition)
        for member in self.full.get_possible_types(interface):
            if roles is None and member.name not in self.hidden_types:
                roles = self.hidden_fields.get((member.name, name))
        return roles


def _visible_schema(view: View) -> GraphQLSchema:
    """The full schema without what *view* hides, and without the types that only hidden fields reach."""
    copies: dict[str, Composite] = {}

    def output(wrapped: Any) -> Any:
        if isinstance(wrapped, GraphQLNonNull):
            return GraphQLNonNull(output(wrapped.of_type))
        if isinstance(wrapped, GraphQLList):
            return GraphQLList(output(wrapped.of_type))
        return copies.get(wrapped.name, wrapped)

    def fields(named: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        return {
            name: GraphQLField(**{**definition.to_kwargs(), "type_": output(definition.type)})
            for name, definition in named.fields.items()
            if (named.name, name) not in view.hidden_fields
        }

    for name, named in view.full.type_map.items():
        if name.startswith("__") or name in view.hidden_types or not is_composite_type(named):
            continue
        kwargs: Any = named.to_kwargs()
        if isinstance(named, GraphQLUnionType):
            kwargs["types"] = lambda union=named: [copies[t.name] for t in union.types if t.name in copies]
        else:
            kwargs["fields"] = lambda own=named: fields(own)
            kwargs["interfaces"] = lambda own=named: [copies[i.name] for i in own.interfaces if i.name in copies]
        copies[name] = type(named)(**kwargs)

    def root(named: GraphQLObjectType | None) -> GraphQLObjectType | None:
        """The copy of a root; None where the role may see no field of it."""
        if named is None or all((named.name, name) in view.hidden_fields for name in named.fields):
            return None
        return cast("GraphQLObjectType", copies.get(named.name))

    members = [copy for copy in copies.values() if isinstance(copy, GraphQLObjectType) and copy.interfaces]
    full = view.full
    return GraphQLSchema(
        query=root(full.query_type),
        mutation=root(full.mutation_type),
        subscription=root(full.subscription_type),
        types=members,
        directives=full.directives,
        description=full.description,
        extensions=full.extensions,
    )
