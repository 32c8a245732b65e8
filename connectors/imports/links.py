"""Links that give access: those that stand are compared with those that a source's files name, and end if they are not.

A format's package says what the files name (`NamedLinks`); everything else is the same for all of them.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from pymongo import UpdateOne

from connectors.directory.merges import MAX_MERGES
from connectors.imports.endings import EndingRules, Span, corrects, is_in_force, joined, last_day_before
from connectors.imports.summary import NAMED_ENDINGS, DocumentConflict, Ended, Summary
from connectors.mongo import Database, Document
from connectors.snapshots import SNAPSHOTS, id_of
from connectors.vocabulary import Day

GUARDIANSHIPS: Final = "guardianships"
ENROLMENTS: Final = "enrolments"
PLACES: Final = "places in groups"
POSTS: Final = "posts"
ASSIGNMENTS: Final = "assignments"
SCHOOLS: Final = "schools of staff"
ACCOUNTS: Final = "accounts"
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
    """The issuer, by which links in the directory are known as this source's."""
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

    def accounts(self) -> Iterable[str]:
        """The ids of all sign-in names; none where the format names no accounts, and says so in `names_all`."""
        return ()


class DirectoryLinks:
    """The links in the directory, of which those end that the source no longer names."""

    def __init__(self, directory: Database, named: NamedLinks, summary: Summary) -> None:
        self._directory = directory
        self._named = named
        self._summary = summary
        self._names: dict[str, str] = {}
        """The names of the schools that the files describe, and of the classes and groups that stand there."""
        self._merged: dict[str, list[str]] = {}
        """The records that were merged into each person."""
        self._over: dict[str, list[str]] = defaultdict(list)
        self._absent: dict[str, UpdateOne] = {}
        self._ended: dict[str, Ended] = defaultdict(Ended)

    async def end(
        self, rules: EndingRules, *, withdrawn: Mapping[str, Ended] | None = None, is_dry: bool = False
    ) -> None:
        """End what the files no longer name, and say so in the summary; *is_dry* says so and ends nothing.

        *withdrawn* is what else would be removed, by its kind: the rules are for all of it.

        Raises:
            EndingRefused: that is more than *rules* allow; nothing was written.
        """
        await self._find_places()
        await self._find_merged()
        await self._compare_people()
        await self._compare(GUARDIANSHIPS, "guardianships", self._named.guardianships(), "valid_from", "valid_to")
        await self._compare(ASSIGNMENTS, "staff_assignments", self._named.assignments(), "starts_on", "ends_on")
        await self._compare_accounts()
        ended = {kind: found for kind, found in {**self._ended, **(withdrawn or {})}.items() if found.count}
        rules.check(ended)
        self._summary.ended = ended
        if not is_dry:
            await self._write()

    def merge_person(self, here: Document, source: Document, base: Mapping[str, Any] | None) -> Document:
        """The links of the person that is to stand: with what others entered, what ended, what the files leave open.

        *base* is what the source said last: spans, roles and schools that were changed here since then stay.
        """
        named = self._with_merged(here, source) or source
        links: dict[str, Any] = dict(self._joined(here, named, base or {})[0])
        for kind in _SPANS:
            there = [span for span in here.get(kind.key) or () if span.get("source") == self._named.source]
            for span, stored in _contradicting(base or {}, there, named.get(kind.key) or (), kind):
                self._summary.add_conflict(DocumentConflict("directory.people", here["_id"], kind.key, stored, span))
        own = source.get("posts", [])
        others = [post for post in links.get("posts", []) if post not in own and is_in_force(post, self._named.day)]
        roles = list(dict.fromkeys([*source["roles"], *(post["role"] for post in others)]))
        school_ids = list(dict.fromkeys([*source["school_ids"], *(post["school_id"] for post in others)]))
        dated = {post["role"] for post in here.get("posts") or ()}
        links["roles"] = _changed_here((base or {}).get("roles"), here["roles"], roles, without=dated)
        staff = here["school_ids"] if here.get("posts") else ()
        links["school_ids"] = _changed_here(
            (base or {}).get("school_ids"), here["school_ids"], school_ids, without=staff
        )
        if "school_id" in here and "school_id" not in source and not self._named.names_all(ENROLMENTS):
            links |= {key: here[key] for key in ("school_id", "school_ids")}
        return links

    def _joined(
        self, here: Mapping[str, Any], named: Mapping[str, Any], base: Mapping[str, Any]
    ) -> tuple[dict[str, list[Span]], list[tuple[_SpanKind, Span]]]:
        spans: dict[str, list[Span]] = {}
        over: list[tuple[_SpanKind, Span]] = []
        for kind in _SPANS:
            if kind.key in here or kind.key in named:
                there, delivered = here.get(kind.key) or [], named.get(kind.key) or []
                before = base.get(kind.key) or []
                own = [span for span in there if span.get("source") == self._named.source]
                changed_here = _changed_spans(before, own, delivered, kind.place)
                there = [_lesser(span, changed_here, before, kind.place) if span in own else span for span in there]
                spans[kind.key], ended = joined(
                    there,
                    [span for span in delivered if span not in changed_here],
                    place=kind.place,
                    source=self._named.source,
                    day=self._named.day,
                    is_covered=partial(self._is_covered, kind, changed_here),
                )
                over += ((kind, span) for span in ended)
        return spans, over

    def _with_merged(
        self, here: Mapping[str, Any], named: Mapping[str, Sequence[Any]] | None
    ) -> Mapping[str, Any] | None:
        """The spans that the files name of a person, with those of the records that were merged into that person."""
        others = [self._named.spans_of(one) for one in self._merged.get(here["_id"], ())]
        for other in filter(None, others):
            own: Mapping[str, Sequence[Any]] = named or {}
            spans = {
                kind.key: [
                    *own.get(kind.key, ()),
                    *(_shortened(span, here.get(kind.key) or (), kind.place) for span in other.get(kind.key, ())),
                ]
                for kind in _SPANS
                if kind.key in own or other.get(kind.key)
            }
            named = {**own, **spans}
        return named

    def _is_covered(self, kind: _SpanKind, changed_here: Sequence[Span], span: Span) -> bool:
        if any(corrects(other, span, kind.place) for other in changed_here):
            return False
        kinds = [kind.kind, ASSIGNMENTS] if span.get("role") in _TAUGHT else [kind.kind]
        return span[kind.place[-1]] in self._names and all(map(self._named.names_all, kinds))

    async def _find_merged(self) -> None:
        merged = self._directory["people"].find({"merged_to": {"$exists": True}}, {"merged_to": 1})
        into = {person["_id"]: person["merged_to"] async for person in merged}
        for record in into:
            person = record
            for _ in range(MAX_MERGES):
                person = into.get(person, person)
            self._merged.setdefault(person, []).append(record)

    async def _find_places(self) -> None:
        self._names.update(self._named.schools)
        for collection in ("classes", "groups"):
            found = self._directory[collection].find({"school_id": {"$in": list(self._named.schools)}}, {"name": 1})
            self._names.update({place["_id"]: place["name"] async for place in found})

    async def _compare_people(self) -> None:
        own = [{f"{kind.key}.source": self._named.source} for kind in _SPANS]
        columns = {"display_name": 1, "roles": 1, "school_ids": 1, **{kind.key: 1 for kind in _SPANS}}
        async for person in self._directory["people"].find({"$or": own}, columns):
            named = self._with_merged(person, self._named.spans_of(person["_id"]))
            self._count_in_force(person)
            spans, over = self._joined(person, named or {}, {})
            for kind, span in over:
                places = [str(self._names.get(span[part], span[part])) for part in kind.place]
                self._end(kind.kind, f"{person['display_name']} – {', '.join(places)}")
            if named is not None and self._named.names_all(SCHOOLS):
                self._end_schools(person, [*spans.get("posts", []), *(span for _, span in over)])
            if over and self._named.spans_of(person["_id"]) is None:
                ended = {"$set": self._ended_person(person, spans)}
                self._absent[person["_id"]] = UpdateOne({"_id": person["_id"]}, ended)

    def _end_schools(self, person: Mapping[str, Any], posts: Sequence[Span]) -> None:
        """Note the schools that a member of staff loses, but those of *posts* that stand or end now."""
        if "posts" not in person:
            return
        schools = self._named.schools.keys() & person["school_ids"]
        self._ended[SCHOOLS].in_force += len(schools)
        others = {post.get("school_id") for post in posts if is_in_force(post, last_day_before(self._named.day))}
        records = [person["_id"], *self._merged.get(person["_id"], ())]
        named = {school for one in records for school in self._named.schools_of_staff(one)}
        for school in sorted(schools.difference(named, others)):
            self._end(SCHOOLS, f"{person['display_name']} – {self._names[school]}")

    def _count_in_force(self, person: Mapping[str, Any]) -> None:
        for kind in _SPANS:
            self._ended[kind.kind].in_force += sum(
                span.get("source") == self._named.source
                and self._is_covered(kind, (), span)
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
        over = await self._not_renewed(collection, over, last)
        self._over[collection] = [link["_id"] for link in over]
        names = await self._names_of(over[:NAMED_ENDINGS])
        for link in over:
            of = str(link.get("student_id") or link.get("group_id") or link.get("class_id"))
            self._end(kind, f"{names.get(link['person_id'], link['person_id'])} – {names.get(of, of)}")

    async def _not_renewed(self, collection: str, over: Sequence[Document], last: str) -> list[Document]:
        """Those of the links that did not end already for the source, and were then renewed here."""
        wanted = [id_of(collection, link["_id"]) for link in over]
        found = self._directory[SNAPSHOTS.name].find({"_id": {"$in": wanted}, f"document.{last}": {"$ne": None}})
        ended = {one["document"]["_id"]: one["document"][last] async for one in found}
        return [link for link in over if ended.get(link["_id"], self._named.day) >= self._named.day]

    async def _compare_accounts(self) -> None:
        """Note the sign-in names that the files no longer name, of people at the schools that they describe."""
        if not self._named.names_all(ACCOUNTS):
            return
        ids = set(self._named.accounts())
        accounts = self._directory["external_ids"].find({"source": self._named.source})
        over: dict[str, list[str]] = defaultdict(list)
        async for account in accounts:
            if account["_id"] not in ids:
                over[account["person_id"]].append(account["_id"])
        where = {"_id": {"$in": list(over)}, "school_ids": {"$in": list(self._named.schools)}}
        self._ended[ACCOUNTS].in_force = len(ids) + len(over)
        async for person in self._directory["people"].find(where, {"display_name": 1}):
            self._over["external_ids"] += over[person["_id"]]
            self._end(ACCOUNTS, person["display_name"])

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
                day = last_day_before(self._named.day)
                await self._directory[collection].update_many({"_id": {"$in": ids}}, {"$set": {last: day}})
                await self._snapshots(collection, ids, {"$set": {f"document.{last}": day}})
                self._summary.changed[f"directory.{collection}"] += len(ids)
        accounts = self._over["external_ids"]
        if accounts:  # a sign-in name has no dates: whoever may no longer use it must not sign in
            # The snapshots first: an account without one was not deleted here, and comes back when it is named again.
            of_accounts = [id_of("external_ids", account) for account in accounts]
            await self._directory[SNAPSHOTS.name].delete_many({"_id": {"$in": of_accounts}})
            await self._directory["external_ids"].delete_many({"_id": {"$in": accounts}})
            self._summary.changed["directory.external_ids"] += len(accounts)
        if self._absent:
            await self._directory["people"].bulk_write(list(self._absent.values()), ordered=False)
            self._summary.changed["directory.people"] += len(self._absent)
            links = {f"document.{key}": "" for key in ("roles", *(kind.key for kind in _SPANS))}
            await self._snapshots("people", list(self._absent), {"$unset": links})

    async def _snapshots(self, collection: str, ids: Sequence[str], update: Document) -> None:
        """Let the snapshots say that the source ended these links: if it names them again, they hold again."""
        of_links = {"_id": {"$in": [id_of(collection, one) for one in ids]}}
        await self._directory[SNAPSHOTS.name].update_many(of_links, update)


def _changed_spans(
    before: Sequence[Span], there: Sequence[Span], delivered: Sequence[Span], place: Sequence[str]
) -> list[Span]:
    """Those of the spans *delivered* that were changed or removed here: what stands *there* of them stays.

    *before* is what the source said last. A span that begins after the one that was ended here is a new one.
    """
    changed = [span for span in before if span not in there]
    stand = [span for span in there if span not in before]
    return [
        span
        for span in delivered
        if span not in there
        and any(
            corrects(span, old, place)
            and (span["starts_on"] == old["starts_on"] or any(corrects(span, here, place) for here in stand))
            for old in changed
        )
        and not any(
            span["starts_on"] == other["starts_on"] and corrects(span, other, place)
            for other in there
            if other in before
        )
    ]


def _contradicting(
    base: Mapping[str, Any], there: Sequence[Span], delivered: Sequence[Span], kind: _SpanKind
) -> list[tuple[Span, Span | None]]:
    """The spans that the source changed after they were changed here, each with what stands here."""
    before = base.get(kind.key) or []
    changed = [span for span in _changed_spans(before, there, delivered, kind.place) if span not in before]
    found = []
    for span in changed:
        same = [one for one in there if corrects(span, one, kind.place)]
        same.sort(key=lambda one: one["starts_on"] != span["starts_on"])
        found.append((span, next(iter(same), None)))
    return found


def _lesser(span: Span, changed_here: Sequence[Span], before: Sequence[Span], place: Sequence[str]) -> Span:
    """A span that was changed here, with the end that the source moved to an earlier day."""
    moved = [one for one in changed_here if one not in before]
    return span if span in before else _shortened(span, moved, place)


def _shortened(span: Span, others: Iterable[Span], place: Sequence[str]) -> Span:
    """A span with the earliest end that it and those of the same place and first day have."""
    keys = (*place, "starts_on")
    ends = [span["ends_on"], *(one["ends_on"] for one in others if all(one[key] == span[key] for key in keys))]
    return {**span, "ends_on": min(filter(None, ends), default=None)}


def _changed_here(
    base: Sequence[str] | None, here: Sequence[str], wanted: Sequence[str], *, without: Collection[str]
) -> list[str]:
    """The values of the source, without those removed here, with those added here but for *without*."""
    if base is None:
        return list(wanted)
    stay = [one for one in wanted if one in here or one not in base]
    return [*stay, *(one for one in here if one not in base and one not in stay and one not in without)]
