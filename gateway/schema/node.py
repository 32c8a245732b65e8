"""The Relay interface that every object with an id implements, and the documents that are behind no collection."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, TypedDict

import strawberry

from connectors.vocabulary import kind_of
from gateway.context import Info
from gateway.errors import NotFound
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


@cache
def node_types() -> dict[str, Any]:
    """Each type with an id, by its name; complete once all modules of the schema are imported."""
    return {node.__name__: node for node in _subclasses_of(Node)}


def _subclasses_of(base: Any) -> list[Any]:
    """The subclasses of *base* and theirs, at every depth."""
    return [part for own in base.__subclasses__() for part in (own, *_subclasses_of(own))]


async def nodes_by_ids(ids: Sequence[str | None], info: Info) -> list[Any]:
    """Any objects by their ids; one that the viewer may not read is `NotFound`, like one that does not exist.

    One look-up for each type that the ids name.
    """
    found: list[Any] = [None if own is None else NotFound() for own in ids]
    places: dict[str, list[int]] = defaultdict(list)
    for place, own in enumerate(ids):
        kind = None if own is None else kind_of(own)
        if kind in node_types() and _is_visible(node_types()[kind], info):
            places[kind].append(place)
    for kind, own_places in places.items():
        objects = await node_types()[kind].__found_by__([ids[place] for place in own_places], info)
        for place, one in zip(own_places, objects, strict=True):
            found[place] = one if isinstance(one, NotFound) else {**one, "__typename": kind}
    return found


def _is_visible(of_type: Any, info: Info) -> bool:
    roles = of_type.__visible_to__
    return roles is None or info.viewer.role in roles
