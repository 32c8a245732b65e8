"""The few shapes of read that connectors are made of: each takes many keys and costs one command."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeVar

from connectors.mongo.filters import Document, Order, Where, beyond, projection, with_columns
from connectors.vocabulary import COUNT, Columns, Page, Paging

T = TypeVar("T")
Deadline = float
"""A moment of the running event loop's clock (`loop.time()`), in seconds."""


BRANCHES: Final = 100
"""Up to this many pages are read as short scans of an index, united; more are cut from lists that are read whole."""


_BRANCH: Final = "_branch"


class ReadShapes(ABC):
    """The shapes of read, made of `find` and `aggregate`."""

    @abstractmethod
    async def find(
        self,
        collection: str,
        where: Where,
        *,
        columns: Columns,
        deadline: Deadline,
        order: Order = (),
        limit: int = 0,
    ) -> list[Document]:
        """Return the documents that match, in *order*, with *columns* only (all of them when it is empty)."""

    @abstractmethod
    async def aggregate(self, collection: str, pipeline: Sequence[Where], *, deadline: Deadline) -> list[Document]:
        """Return what the *pipeline* yields."""

    async def by_ids(
        self, collection: str, ids: Sequence[str], *, columns: Columns, deadline: Deadline, key: str = "_id"
    ) -> dict[Any, Any]:
        """The document of each id; ids that have none are left out."""
        found = await self.find(
            collection, {key: {"$in": list(ids)}}, columns=with_columns(columns, key), deadline=deadline
        )
        return {document[key]: document for document in found}

    async def many_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        is_list: bool = False,
        where: Where | None = None,
        order: Order,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """All documents of each key, in *order*; a key that has none has an empty list.

        Where the documents hold a list of keys (*is_list*), a document belongs to each of them.
        """
        match = {key: {"$in": list(keys)}, **(where or {})}
        wanted = with_columns(columns, key)
        found = await self.find(collection, match, columns=wanted, deadline=deadline, order=order)
        if is_list:
            return {k: [document for document in found if k in document[key]] for k in keys}
        group = in_runs if order and order[0][0] == key else grouped
        return group(found, key, keys)

    async def page_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        order: Order,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """A `Page` for each key: its first documents in *order* behind the place where the last page ended."""
        if paging == COUNT:
            counts = await self.count_by(collection, key, keys, where=where, deadline=deadline)
            return {k: Page([], has_next=count > 0, total=count) for k, count in counts.items()}
        first, after = paging.first, paging.after
        if after is not None and len(after) != len(order):
            return {k: Page([], False) for k in keys}
        if len(keys) <= BRANCHES:
            wheres = {k: {key: k, **(where or {})} for k in keys}
            return await self.pages_of(
                collection, wheres, order=order, paging=paging, columns=columns, deadline=deadline
            )
        wanted = with_columns(columns, key, *(name for name, _ in order))
        match = {"$and": [{key: {"$in": list(keys)}}, where or {}, *beyond(order, paging)]}
        rows = await self.aggregate(
            collection,
            [
                {"$match": match},
                *([{"$project": projection(wanted)}] if wanted else []),
                {
                    "$group": {
                        "_id": f"${key}",
                        "top": {"$topN": {"n": paging.limit, "sortBy": dict(order), "output": "$$ROOT"}},
                    }
                },
            ],
            deadline=deadline,
        )
        found = [document for row in rows for document in row["top"]]
        return {k: _page(documents, first) for k, documents in in_runs(found, key, keys).items()}

    async def pages_of(
        self,
        collection: str,
        wheres: Mapping[T, Where],
        *,
        order: Order,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
        stages: Mapping[T, Sequence[Document]] | None = None,
    ) -> dict[T, Page]:
        """A `Page` for each condition: as `page_by`, where the keys differ in more than one value.

        *stages* are further stages for each key that drop documents, by what other collections have of them.
        """
        dropping = [(stages or {}).get(key, ()) for key in wheres]
        if paging == COUNT:
            branches: list[list[Where]] = [
                [{"$match": where}, *drop, {"$count": "count"}]
                for where, drop in zip(wheres.values(), dropping, strict=True)
            ]
            counted = await self._united(collection, branches, deadline)
            totals = [found[0]["count"] if found else 0 for found in counted]
            return {k: Page([], has_next=t > 0, total=t) for k, t in zip(wheres, totals, strict=True)}
        first, after = paging.first, paging.after
        if after is not None and len(after) != len(order):
            return {k: Page([], has_next=False) for k in wheres}
        limits = beyond(order, paging)
        matches = [{"$and": [w, *limits]} if limits else w for w in wheres.values()]
        wanted = with_columns(columns, *(name for name, _ in order))
        limit = paging.limit
        if len(matches) == 1 and not any(dropping):
            [match] = matches
            lists = [await self.find(collection, match, columns=wanted, deadline=deadline, order=order, limit=limit)]
        else:
            shown = [{"$project": projection(wanted)}] if wanted else []
            branches = [
                [{"$match": match}, {"$sort": dict(order)}, *drop, {"$limit": limit}, *shown]
                for match, drop in zip(matches, dropping, strict=True)
            ]
            lists = await self._united(collection, branches, deadline)
        return {k: _page(found, first) for k, found in zip(wheres, lists, strict=True)}

    async def _united(
        self, collection: str, branches: Sequence[Sequence[Where]], deadline: Deadline
    ) -> list[list[Document]]:
        """The documents of all *pipelines*, found by one command."""
        marked = [[*branch, {"$set": {_BRANCH: number}}] for number, branch in enumerate(branches)]
        rest = [{"$unionWith": {"coll": collection, "pipeline": branch}} for branch in marked[1:]]
        found: list[list[Document]] = [[] for _ in branches]
        for document in await self.aggregate(collection, [*marked[0], *rest], deadline=deadline):
            found[document.pop(_BRANCH)].append(document)
        return found

    async def pairs_by(
        self,
        collection: str,
        names: tuple[str, str],
        pairs: Sequence[tuple[str, str]],
        *,
        where: Where | None = None,
        order: Order,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """All documents of each pair of values of the keys *names*, in *order*."""
        first, second = names
        match = {
            first: {"$in": list(dict.fromkeys(pair[0] for pair in pairs))},
            second: {"$in": list(dict.fromkeys(pair[1] for pair in pairs))},
            **(where or {}),
        }
        wanted = with_columns(columns, first, second)
        found = await self.find(collection, match, columns=wanted, deadline=deadline, order=order)
        groups: dict[tuple[str, str], list[Document]] = {pair: [] for pair in pairs}
        for document in found:
            group = groups.get((document[first], document[second]))
            if group is not None:
                group.append(document)
        return groups

    async def count_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        deadline: Deadline,
    ) -> dict[Any, int]:
        """How many documents each key has."""
        pipeline = [
            {"$match": {key: {"$in": list(keys)}, **(where or {})}},
            {"$group": {"_id": f"${key}", "count": {"$sum": 1}}},
        ]
        counts = {row["_id"]: row["count"] for row in await self.aggregate(collection, pipeline, deadline=deadline)}
        return {k: counts.get(k, 0) for k in keys}


def grouped(documents: Iterable[Document], key: str, keys: Iterable[Any]) -> dict[Any, list[Document]]:
    """The documents of each key, in the order they came."""
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document[key]].append(document)
    return {k: groups.get(k, []) for k in keys}


def in_runs(documents: Iterable[Document], key: str, keys: Iterable[Any]) -> dict[Any, list[Document]]:
    """Group documents that are sorted by key, in half the time that `grouped` takes."""
    groups = {k: list(run) for k, run in groupby(documents, itemgetter(key))}
    return {k: groups.get(k, []) for k in keys}


def _page(documents: list[Document], first: int) -> Page:
    """The page of documents of which one more may have been read, to look on."""
    return Page(documents[:first], has_next=True) if len(documents) > first else Page(documents, has_next=False)
