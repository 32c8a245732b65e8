"""The root of the graph, and the schema made of all its parts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryType

from connectors.vocabulary import PublicId, kind_of
from gateway.context import Info
from gateway.errors import NotFound
from gateway.schema.actions import IDEMPOTENT
from gateway.schema.assembled import parts
from gateway.schema.fields import batch, view_of
from gateway.schema.node import Node, RootDocument
from gateway.schema.scalars import SCALARS
from gateway.schema.terms import described_in_russian


def _below(base: Any) -> list[Any]:
    """All types over *base*."""
    return [part for own in base.__subclasses__() for part in (own, *_below(own))]


NODES: Final[Mapping[type, Callable[..., Any]]] = {node: node.__found_by__ for node in _below(Node)}
"""How each type with an id is found by its id, within the viewer's rights."""

_BY_NAME: Final = {node.__name__: (node, find) for node, find in NODES.items()}


async def node(roots: Sequence[object], info: Info, id: PublicId) -> list[Any]:
    """Find any object by its id; an object that the viewer may not read is `NotFound`, like one that does not exist."""
    kind = kind_of(id)
    if kind not in _BY_NAME:
        return [NotFound()] * len(roots)
    of_type, find = _BY_NAME[kind]
    roles = getattr(of_type, "__visible_to__", None)
    if roles is not None and info.viewer.role not in roles:
        return [NotFound()] * len(roots)
    [found] = await find([id], info)
    return [found if isinstance(found, NotFound) else {**found, "__typename": kind}] * len(roots)


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


def build() -> strawberry.Schema:
    """The whole schema; the engine derives from it what each role sees."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
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
