"""The links that give access, as the files name them; and which of those that stand they no longer name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from pymongo import UpdateOne

from connectors.imports.edfi import people, posts
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.deliveries import is_complete
from connectors.imports.edfi.keys import PersonKey
from connectors.imports.endings import EndingRules, Span, is_in_force, joined, last_day_before
from connectors.imports.summary import NAMED_ENDINGS, Ended
from connectors.mongo import Database, Document


class _SpanKind(NamedTuple):
    """Spans inside of a person: the person's key, and the keys of a span that say where the person is."""

    kind: str
    key: str
    place: tuple[str, ...]


SPANS: Final = (
    _SpanKind("enrolments", "enrolments", ("class_id",)),
    _SpanKind("places in groups", "memberships", ("group_id",)),
    _SpanKind("posts", "posts", ("role", "school_id")),
)


class Links:
    """Compares the links of one source that stand with those that its files name."""

    def __init__(self, context: Context, directory: Database) -> None:
        self._context = context
        self._directory = directory
        self._source = context.options.issuer
        self._day = context.day
        self._schools = [context.ids.school(uid) for uid in context.survey.schools]
        self._names: dict[str, str] = {}
        """The names of the schools that the files describe, and of their classes and groups that stand."""
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
        await self._compare("guardianships", "guardianships", set(self._guardianships()), "valid_from", "valid_to")
        await self._compare("assignments", "staff_assignments", set(self._assignments()), "starts_on", "ends_on")
        ended = {kind: found for kind, found in self._ended.items() if found.count}
        rules.check(ended)
        self._context.summary.ended = ended
        await self._write()

    def merge_person(self, standing: Document | None, named: Document) -> Document:
        """The person that is to stand: also with what others entered, what ended, and what the files leave open."""
        if standing is None:
            return named
        merged = {**named, **self._joined(standing, named)[0]}
        others = [
            post
            for post in merged.get("posts", [])
            if post not in named.get("posts", []) and is_in_force(post, self._day)
        ]
        merged["roles"] = list(dict.fromkeys([*named["roles"], *(post["role"] for post in others)]))
        merged["school_ids"] = list(dict.fromkeys([*named["school_ids"], *(post["school_id"] for post in others)]))
        if "school_id" in standing and "school_id" not in named and not is_complete(self._context.survey, "enrolments"):
            merged |= {key: standing[key] for key in ("school_id", "school_ids")}
        return merged

    def _joined(
        self, standing: Mapping[str, Any], named: Mapping[str, Any]
    ) -> tuple[dict[str, list[Span]], list[tuple[_SpanKind, Span]]]:
        spans: dict[str, list[Span]] = {}
        every: list[tuple[_SpanKind, Span]] = []
        for kind in SPANS:
            if kind.key in standing or kind.key in named:
                spans[kind.key], ended = joined(
                    standing.get(kind.key) or [],
                    named.get(kind.key) or [],
                    place=kind.place,
                    source=self._source,
                    day=self._day,
                    is_covered=partial(self._is_covered, kind),
                )
                every += ((kind, span) for span in ended)
        return spans, every

    def _is_covered(self, kind: _SpanKind, span: Mapping[str, Any]) -> bool:
        kinds = [kind.kind] if span.get("role") in {None, "ADMINISTRATOR"} else [kind.kind, "assignments"]
        return span[kind.place[-1]] in self._names and all(is_complete(self._context.survey, own) for own in kinds)

    async def _find_places(self) -> None:
        schools = self._context.survey.schools
        self._names = {self._context.ids.school(uid): school.name for uid, school in schools.items()}
        for collection in ("classes", "groups"):
            found = self._directory[collection].find({"school_id": {"$in": self._schools}}, {"name": 1})
            self._names.update({place["_id"]: place["name"] async for place in found})

    async def _compare_people(self) -> None:
        named = self._people_named()
        own = [{f"{kind.key}.source": self._source} for kind in SPANS]
        columns = {"display_name": 1, "roles": 1, **{kind.key: 1 for kind in SPANS}}
        async for person in self._directory["people"].find({"$or": own}, columns):
            keys = named.get(person["_id"], [])
            spans, ended = self._joined(person, self._spans_named(keys))
            for kind in SPANS:
                self._ended[kind.kind].in_force += sum(
                    span.get("source") == self._source and self._is_covered(kind, span) and is_in_force(span, self._day)
                    for span in person.get(kind.key) or []
                )
            for kind, span in ended:
                places = [str(self._names.get(span[part], span[part])) for part in kind.place]
                self._end(kind.kind, f"{person['display_name']} – {', '.join(places)}")
            if ended and not keys:
                self._absent.append(UpdateOne({"_id": person["_id"]}, {"$set": self._ended_person(person, spans)}))

    def _ended_person(self, person: Mapping[str, Any], spans: Mapping[str, list[Span]]) -> dict[str, Any]:
        """The changes to a person whom the files do not name: spans that ended, and roles that go with their posts."""
        in_force = {post["role"] for post in spans.get("posts", []) if is_in_force(post, self._day)}
        lost = {post["role"] for post in spans.get("posts", [])} - in_force
        return {**spans, "roles": [role for role in person["roles"] if role not in lost]}

    def _people_named(self) -> dict[str, list[PersonKey]]:
        named: dict[str, list[PersonKey]] = defaultdict(list)
        survey, ids = self._context.survey, self._context.ids
        for kind, uids in (("student", survey.births), ("staff", survey.staff)):
            for uid in uids:
                named[ids.person(PersonKey(kind, uid))].append(PersonKey(kind, uid))
        return named

    def _spans_named(self, keys: Iterable[PersonKey]) -> dict[str, list[Any]]:
        spans: dict[str, list[Any]] = {kind.key: [] for kind in SPANS}
        for key in keys:
            if key.kind == "student":
                spans["enrolments"] += people.enrolments(self._context, key.uid)
                spans["memberships"] += people.memberships(self._context, key.uid)
            spans["posts"] += posts.posts_of(self._context, key)
        return spans

    def _guardianships(self) -> Iterator[str]:
        for contact, students in self._context.survey.children.items():
            yield from (people.guardianship_id(self._context, contact, student) for student in students)

    def _assignments(self) -> Iterator[str]:
        survey = self._context.survey
        for section in survey.sections:
            ordinals: dict[str, int] = defaultdict(int)
            for teaching in survey.teachings_of(section):
                if teaching.staff in survey.staff:
                    yield posts.teaching_id(self._context, teaching.staff, section, ordinals[teaching.staff])
                    ordinals[teaching.staff] += 1
        for (school, grade), lead in self._context.class_teachers.items():
            yield posts.class_teacher_id(self._context, school, grade, lead.staff)

    async def _compare(self, kind: str, collection: str, named: set[str], first: str, last: str) -> None:
        if not is_complete(self._context.survey, kind):
            return
        over: list[Document] = []
        async for link in self._directory[collection].find(
            {"source": self._source, "school_id": {"$in": self._schools}}
        ):
            if is_in_force(link, self._day, first=first, last=last):
                self._ended[kind].in_force += 1
                if link["_id"] not in named:
                    over.append(link)
        self._over[collection] = [link["_id"] for link in over]
        names = await self._names_of(over[:NAMED_ENDINGS])
        for link in over:
            of = str(link.get("student_id") or link.get("group_id") or link.get("class_id"))
            self._end(kind, f"{names.get(link['person_id'], link['person_id'])} – {names.get(of, of)}")

    async def _names_of(self, links: Sequence[Document]) -> dict[str, str]:
        """The names of the people, groups and classes that *links* name."""
        people_ids = [link["person_id"] for link in links]
        students = [link["student_id"] for link in links if "student_id" in link]
        where = {"$or": [{"_id": {"$in": people_ids}}, {"student_id": {"$in": students}}]}
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
        changed = self._context.summary.changed
        over = {"guardianships": "valid_to", "staff_assignments": "ends_on"}
        for collection, last in over.items():
            ids = self._over[collection]
            if ids:
                end = {"$set": {last: last_day_before(self._day)}}
                await self._directory[collection].update_many({"_id": {"$in": ids}}, end)
                changed[f"directory.{collection}"] += len(ids)
        if self._absent:
            await self._directory["people"].bulk_write(self._absent, ordered=False)
            changed["directory.people"] += len(self._absent)
