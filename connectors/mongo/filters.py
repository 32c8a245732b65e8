"""Conditions, projections and orders: the parts of a read that MongoDB is sent."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from connectors.vocabulary import Columns, Days, Paging

Document = dict[str, Any]


Where = Mapping[str, Any]


Order = Sequence[tuple[str, int]]
"""Sort keys with their directions, the last one unique."""


ALL: Final[Columns] = frozenset()
"""No projection: whole documents."""


NOTHING: Final[Document] = {"_id": None}
"""A condition that no document meets."""


def in_days(name: str, days: Days | None) -> Document:
    """The condition that the school day under *name* is one of *days*."""
    return {} if days is None else {name: {"$gte": days.first, "$lte": days.last}}


def without_none(**conditions: Any) -> Document:
    """The conditions whose value is not None."""
    return {name: value for name, value in conditions.items() if value is not None}


@lru_cache(maxsize=1_000)
def projection(columns: Columns) -> Mapping[str, int]:
    """The projection that brings *columns* and nothing else."""
    wanted = dict.fromkeys(sorted(columns), 1)
    return wanted if "_id" in columns else {"_id": 0, **wanted}


@lru_cache(maxsize=10_000)
def with_columns(columns: Columns, *more: str) -> Columns:
    """*columns* and *more*; everything stays everything."""
    return columns | frozenset(more) if columns else columns


def after_cursor(order: Order, values: Sequence[Any]) -> dict[str, Any]:
    """The condition of coming after the document that has *values* in *order*; null stands in ascending keys only."""
    alternatives = []
    for position, (name, direction) in enumerate(order):
        equal = {order[i][0]: values[i] for i in range(position)}
        value = values[position]
        if value is not None:
            alternatives.append({**equal, name: {"$gt" if direction > 0 else "$lt": value}})
        elif direction > 0:
            alternatives.append({**equal, name: {"$ne": None}})  # null comes first, and $gt passes over other types
    if not alternatives:
        return NOTHING
    (name, direction), value = order[0], values[0]
    # Said again of the leading key alone, which an index can be entered by.
    reached = {} if value is None else {name: {"$gte" if direction > 0 else "$lte": value}}
    return {**reached, "$or": alternatives}


def beyond(order: Order, paging: Paging) -> list[Document]:
    """The conditions that keep a page to its side of the place where *paging* begins; none without a place."""
    if paging.after is None:
        return []
    later = after_cursor(order, paging.after)
    return [{"$nor": [later]} if paging.is_before else later]
