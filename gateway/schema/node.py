"""The Relay interface that every object with an id implements, and the documents that are behind no collection."""

from typing import TypedDict

import strawberry

from gateway.schema.fields import view_of


class RootDocument(TypedDict):
    """The root of an operation: it has no keys."""


class NodeDocument(TypedDict):
    """Anything with an id."""

    _id: str


@view_of(NodeDocument, interface=True)
class Node:
    """An object with an id of its own: `node` finds it by the id."""

    id: strawberry.ID
    """The id of the object: opaque, stable, unique in the whole graph; `node` finds the object by it."""
