"""The root of the graph, and the schema made of all its parts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryType
from strawberry.utils.str_converters import to_camel_case

from connectors.vocabulary import PublicId
from gateway.context import Info
from gateway.events import EventSource
from gateway.schema.actions import IDEMPOTENT
from gateway.schema.assembled import parts
from gateway.schema.events import event_sources
from gateway.schema.fields import batch, view_of
from gateway.schema.node import Node, RootDocument, node_types, nodes_by_ids
from gateway.schema.scalars import SCALARS
from gateway.schema.terms import described_in_russian

NODES: Final[Mapping[type, Callable[..., Any]]] = {node: node.__found_by__ for node in node_types().values()}
"""How each type with an id is found by its id, within the viewer's rights."""


async def node(roots: Sequence[object], info: Info, id: PublicId) -> list[Any]:
    """Find any object by its id; an object that the viewer may not read is `NotFound`, like one that does not exist."""
    return await nodes_by_ids([id], info) * len(roots)


@view_of(RootDocument)
class Query(*parts("Query")):  # type: ignore[misc] # the parts are found by name
    """The root of every query."""

    node: Node | None = batch(node, after="viewer")
    """Any object by its id. An object that the viewer may not read is not found, like one that does not exist."""


class _Names(NameConverter):
    """Names connections after the word that clients know: a `CommentConnection` has `TeacherComment`s."""

    def get_name_from_type(self, type_: StrawberryType | type) -> str:
        name = super().get_name_from_type(type_)
        return {"TeacherComment": "Comment", "AttendanceRecord": "Attendance"}.get(name, name)


@view_of(RootDocument)
class Mutation(*parts("Mutation")):  # type: ignore[misc] # likewise
    """The root of every mutation. Its fields run one after the other, each in a transaction of its own."""


@view_of(RootDocument)
class Subscription(*parts("Subscription")):  # type: ignore[misc] # likewise
    """The root of every subscription: a field sends the changed object as it is now, within the viewer's rights of now.

    What was deleted, or may not be read any more, is not sent.
    """


def sources_of_events() -> Mapping[str, EventSource]:
    """The source of each field of `Subscription`, by the field's name in the graph."""
    return {to_camel_case(name): source for name, source in event_sources(Subscription).items()}


def build() -> strawberry.Schema:
    """The whole schema; the engine derives from it what each role sees."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(NODES),
        config=StrawberryConfig(name_converter=_Names(), scalar_map=SCALARS),
    )
    schema._schema.directives = (*schema._schema.directives, IDEMPOTENT)
    described_in_russian(schema._schema)
    for named in schema._schema.type_map.values():
        if isinstance(named, GraphQLObjectType):
            named.is_type_of = None  # documents carry no class; a type is known by the field that returned it
        elif isinstance(named, GraphQLInterfaceType):
            named.resolve_type = lambda document, *_: document["__typename"]
    return schema


def graphql_schema() -> GraphQLSchema:
    """The whole schema as an object of graphql-core."""
    return build()._schema
