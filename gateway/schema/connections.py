"""Relay connections: pages of a list, with cursors that stay valid while rows are added."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypedDict, TypeVar

from connectors.vocabulary import COUNT, before
from gateway.context import Connection as ConnectionDocument
from gateway.context import Info
from gateway.schema.arguments import cursor
from gateway.schema.fields import batch, value, view_of

NodeType = TypeVar("NodeType")

_ID: Final = frozenset({"_id"})


class EdgeDocument(TypedDict):
    """A node with its place."""

    cursor: str
    node: Any


class PageDocument(TypedDict):
    """Where a page lies in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def _cursor(connection: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    return cursor(tuple(_sortable(node[key]) for key in connection["order"]))


def _sortable(place: Any) -> Any:
    return "@" + place.isoformat() if isinstance(place, datetime) else place


def edges(connection: Mapping[str, Any]) -> list[EdgeDocument]:
    """The nodes of the page with their cursors."""
    return [EdgeDocument(cursor=_cursor(connection, node), node=node) for node in connection["nodes"]]


async def page_infos(connections: Sequence[Mapping[str, Any]], info: Info) -> list[PageDocument]:
    """Where the page lies in the list."""
    if not info.selects("hasPreviousPage"):
        return [_page_info(connection, has_previous=False) for connection in connections]
    previous = await asyncio.gather(*(_has_previous(connection, info) for connection in connections))
    return [_page_info(own, has_previous=has) for own, has in zip(connections, previous, strict=True)]


async def _has_previous(connection: Mapping[str, Any], info: Info) -> bool:
    """Whether the list has anything up to the cursor: a cursor alone does not say so, for the list may be empty."""
    if connection["paging"].after is None:
        return False
    if "has_previous" in connection:
        return bool(connection["has_previous"])
    read, key, arguments = connection["counted"]
    [page] = await info.read(read, [key], columns=_ID, paging=before(connection["paging"]), **arguments)
    return bool(page.nodes)


def _page_info(connection: Mapping[str, Any], *, has_previous: bool) -> PageDocument:
    nodes = connection["nodes"]
    return PageDocument(
        has_next_page=connection["has_next"],
        has_previous_page=has_previous,
        start_cursor=_cursor(connection, nodes[0]) if nodes else None,
        end_cursor=_cursor(connection, nodes[-1]) if nodes else None,
    )


async def total_count(connections: Sequence[Mapping[str, Any]], info: Info) -> list[int | None]:
    """How many there are in the whole list."""
    return await asyncio.gather(*(_total(connection, info) for connection in connections))


async def _total(connection: Mapping[str, Any], info: Info) -> int | None:
    if "total" in connection:
        return int(connection["total"])
    read, key, arguments = connection["counted"]
    [page] = await info.read(read, [key], columns=_ID, paging=COUNT, **arguments)
    total: int | None = page.total
    return total


@view_of(PageDocument)
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool
    """Whether more of the list follows this page."""

    has_previous_page: bool
    """Whether the page begins after the beginning of the list."""

    start_cursor: str | None
    """The cursor of the first entry of the page; null for an empty page."""

    end_cursor: str | None
    """The cursor of the last entry of the page: send it as `after` to get the next page."""


@view_of(EdgeDocument)
class Edge(Generic[NodeType]):
    """An entry of a list with its place in the list."""

    cursor: str
    """The place of the entry in the list, opaque: as `after` it continues behind the entry."""

    node: NodeType
    """The entry itself."""


@view_of(ConnectionDocument)
class Connection(Generic[NodeType]):
    """A page of a list."""

    edges: list[Edge[NodeType]] = value(edges, "nodes")
    """The entries of the page, each with its cursor."""

    nodes: list[NodeType]
    """The entries of the page without their cursors."""

    page_info: PageInfo = batch(page_infos)
    """Where the page lies in the list."""

    total_count: int | None = batch(total_count, cost=2)
    """How many entries the whole list has."""
