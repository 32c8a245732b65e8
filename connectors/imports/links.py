"""Links that give access: those that stand are compared with those that a source's files name, and end if they are not.

A format's package says what the files name (`NamedLinks`); everything else is the same for all of them.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from pymongo import UpdateOne

from connectors.imports.endings import EndingRules, Span, is_in_force, joined, last_day_before
from connectors.imports.summary import NAMED_ENDINGS, Ended, Summary
from connectors.mongo import Database, Document
from connectors.vocabulary import Day

GUARDIANSHIPS: Final = "guardianships"
ENROLMENTS: Final = "enrolments"
PLACES: Final = "places in groups"
POSTS: Final = "posts"
ASSIGNMENTS: Final = "assignments"
SCHOOLS: Final = "schools of staff"
"""The kinds of link, as the summary calls them."""


class _SpanKind(NamedTuple):
    """Spans inside of a person: the person's key, and the keys of a span that say where the person is."""

    kind: str
    key: str
    place: tuple[str, ...]


_SPANS: Final = (
    _SpanKind(ENROLMENTS, "enrolments", ("class_id",)),
    _SpanKind(PLACES, "memberships", ("group_id",)),
    _SpanKind(POSTS, "posts", ("role", "school_id")),
)

_TAUGHT: Final = frozenset({"TEACHER", "CLASS_TEACHER"})
"""The roles that assignments give, also: such a post is over only where the assignments are known, too."""


class NamedLinks(ABC):
    """The links that the files of one source name."""

    source: str
    """The issuer, by which standing links are known as this source's."""
    day: Day
    """The day on which a link that is not named is over."""
    schools: Mapping[str, str]
    """The schools that the files describe, with their names: links at other schools are left alone."""

    @abstractmethod
    def names_all(self, kind: str) -> bool:
        """Whether the files name all links of a kind: a file that is absent says nothing."""

    @abstractmethod
    def spans_of(self, person_id: str) -> Mapping[str, Sequence[Any]] | None:
        """The spans of a person, by the person's keys; None where the files do not name the person."""

    @abstractmethod
    def schools_of_staff(self, person_id: str) -> Iterable[str]:
        """The ids of all schools with which the files link a member of staff, in whatever way and at whatever time."""

    @abstractmethod
    def guardianships(self) -> Iterable[str]:
        """The ids of all guardianships."""

    @abstractmethod
    def assignments(self) -> Iterable[str]:
        """The ids of all staff assignments."""


class StandingLinks:
    """The links in the directory, of which those end that the source no longer names."""

    def __init__(self, directory: Database, named: NamedLinks, summary: Summary) -> None:
        self._directory = directory
        self._named = named
        self._summary = summary
        self._names: dict[str, str] = {}
        """The names of the schools that the files describe, and of the classes and groups that stand there."""
        self._over: dict[str, list[str]] = defaultdict(list)
        self._absent: list[UpdateOne] = []
        self._ended: dict[str, Ended] = defaultdict(Ended)

    async def end(self, rules: EndingRules) -> None:
        """End what the files no longer name, and say so in the summary.

        Raises:
            EndingRefused: that is more than *rules* allow; nothing was written.
        """
        await self._find_places()
        await self._compare_people()
        await self._compare(GUARDIANSHIPS, "guardianships", self._named.guardianships(), "valid_from", "valid_to")
        await self._compare(ASSIGNMENTS, "staff_assignments", self._named.assignments(), "starts_on", "ends_on")
        ended = {kind: found for kind, found in self._ended.items() if found.count}
        rules.check(ended)
        self._summary.ended = ended
        await self._write()

    def merge_person(self, standing: Document | None, source: Document) -> Document:
        """The person that is to stand: also with what others entered, what ended, and what the files leave open."""
        if standing is None:
            return source
        merged = {**source, **self._joined(standing, source)[0]}
        own = source.get("posts", [])
        others = [post for post in merged.get("posts", []) if post not in own and is_in_force(post, self._named.day)]
        merged["roles"] = list(dict.fromkeys([*source["roles"], *(post["role"] for post in others)]))
        merged["school_ids"] = list(dict.fromkeys([*source["school_ids"], *(post["school_id"] for post in others)]))
        if "school_id" in standing and "school_id" not in source and not self._named.names_all(ENROLMENTS):
            merged |= {key: standing[key] for key in ("school_id", "school_ids")}
        return merged

    def _joined(
        self, standing: Mapping[str, Any], named: Mapping[str, Any]
    ) -> tuple[dict[str, list[Span]], list[tuple[_SpanKind, Span]]]:
        spans: dict[str, list[Span]] = {}
        over: list[tuple[_SpanKind, Span]] = []
        for kind in _SPANS:
            if kind.key in standing or kind.key in named:
                spans[kind.key], ended = joined(
                    standing.get(kind.key) or [],
                    named.get(kind.key) or [],
                    place=kind.place,
                    source=self._named.source,
                    day=self._named.day,
                    is_covered=partial(self._is_covered, kind),
                )
                over += ((kind, span) for span in ended)
        return spans, over

    def _is_covered(self, kind: _SpanKind, span: Mapping[str, Any]) -> bool:
        kinds = [kind.kind, ASSIGNMENTS] if span.get("role") in _TAUGHT else [kind.kind]
        return span[kind.place[-1]] in self._names and all(map(self._named.names_all, kinds))

    async def _find_places(self) -> None:
        self._names.update(self._named.schools)
        for collection in ("classes", "groups"):
            found = self._directory[collection].find({"school_id": {"$in": list(self._named.schools)}}, {"name": 1})
            self._names.update({place["_id"]: place["name"] async for place in found})

    async def _compare_people(self) -> None:
        own = [{f"{kind.key}.source": self._named.source} for kind in _SPANS]
        columns = {"display_name": 1, "roles": 1, "school_ids": 1, **{kind.key: 1 for kind in _SPANS}}
        async for person in self._directory["people"].find({"$or": own}, columns):
            named = self._named.spans_of(person["_id"])
            self._count_in_force(person)
            spans, over = self._joined(person, named or {})
            for kind, span in over:
                places = [str(self._names.get(span[part], span[part])) for part in kind.place]
                self._end(kind.kind, f"{person['display_name']} – {', '.join(places)}")
            if named is not None and self._named.names_all(SCHOOLS):
                self._end_schools(person, [*spans.get("posts", []), *(span for _, span in over)])
            if over and named is None:
                self._absent.append(UpdateOne({"_id": person["_id"]}, {"$set": self._ended_person(person, spans)}))

    def _end_schools(self, person: Mapping[str, Any], posts: Sequence[Span]) -> None:
        """Note the schools that a member of staff loses, but those of *posts* that stand or end now."""
        if "posts" not in person:
            return
        standing = self._named.schools.keys() & person["school_ids"]
        self._ended[SCHOOLS].in_force += len(standing)
        others = {post.get("school_id") for post in posts if is_in_force(post, last_day_before(self._named.day))}
        for school in sorted(standing.difference(self._named.schools_of_staff(person["_id"]), others)):
            self._end(SCHOOLS, f"{person['display_name']} – {self._names[school]}")

    def _count_in_force(self, person: Mapping[str, Any]) -> None:
        for kind in _SPANS:
            self._ended[kind.kind].in_force += sum(
                span.get("source") == self._named.source
                and self._is_covered(kind, span)
                and is_in_force(span, self._named.day)
                for span in person.get(kind.key) or []
            )

    def _ended_person(self, person: Mapping[str, Any], spans: Mapping[str, list[Span]]) -> dict[str, Any]:
        """The changes to a person whom the files do not name: spans that ended, and roles that go with their posts."""
        posts = spans.get("posts", [])
        lost = {p["role"] for p in posts} - {p["role"] for p in posts if is_in_force(p, self._named.day)}
        return {**spans, "roles": [role for role in person["roles"] if role not in lost]}

    async def _compare(self, kind: str, collection: str, named: Iterable[str], first: str, last: str) -> None:
        if not self._named.names_all(kind):
            return
        ids, over = set(named), []
        own = {"source": self._named.source, "school_id": {"$in": list(self._named.schools)}}
        async for link in self._directory[collection].find(own):
            if is_in_force(link, self._named.day, first=first, last=last):
                self._ended[kind].in_force += 1
                if link["_id"] not in ids:
                    over.append(link)
        self._over[collection] = [link["_id"] for link in over]
        names = await self._names_of(over[:NAMED_ENDINGS])
        for link in over:
            of = str(link.get("student_id") or link.get("group_id") or link.get("class_id"))
            self._end(kind, f"{names.get(link['person_id'], link['person_id'])} – {names.get(of, of)}")

    async def _names_of(self, links: Sequence[Document]) -> dict[str, str]:
        """The names of the people, groups and classes that *links* name."""
        people = [link["person_id"] for link in links]
        students = [link["student_id"] for link in links if "student_id" in link]
        where = {"$or": [{"_id": {"$in": people}}, {"student_id": {"$in": students}}]}
        names = dict(self._names)
        async for person in self._directory["people"].find(where, {"display_name": 1, "student_id": 1}):
            names[person["_id"]] = names[person.get("student_id", "")] = person["display_name"]
        return names

    def _end(self, kind: str, link: str) -> None:
        ended = self._ended[kind]
        ended.count += 1
        if len(ended.examples) < NAMED_ENDINGS:
            ended.examples.append(link)

    async def _write(self) -> None:
        for collection, last in (("guardianships", "valid_to"), ("staff_assignments", "ends_on")):
            ids = self._over[collection]
            if ids:
                end = {"$set": {last: last_day_before(self._named.day)}}
                await self._directory[collection].update_many({"_id": {"$in": ids}}, end)
                self._summary.changed[f"directory.{collection}"] += len(ids)
        if self._absent:
            await self._directory["people"].bulk_write(self._absent, ordered=False)
            self._summary.changed["directory.people"] += len(self._absent)
