"""The Relay interface that every object with an id implements."""

from typing import TypedDict

import strawberry

from gateway.schema.fields import view_of


class NodeDocument(TypedDict):
    """Anything with an id."""

    _id: str


@view_of(NodeDocument, interface=True)
class Node:
    """An object with a global, opaque, stable, typed id: it works in `node` and wherever an argument asks for it."""

    id: strawberry.ID
