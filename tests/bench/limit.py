"""The four answers written by hand: what one would write instead of a GraphQL server, as fast as Python goes.

The same token check and the same viewers, then as few MongoDB commands as the answer needs, each with the very columns
that it shows, those that do not depend on each other at once; dictionaries that orjson prints. No GraphQL anywhere.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from inspect import isawaitable
from typing import Any, Final

import orjson
from aiohttp import web
from pymongo.monitoring import CommandListener

from auth.scope import Viewers
from auth.tokens import TokenVerifier
from auth.viewer import Viewer
from connectors import redis as redis_
from connectors.assembly import Connectors
from connectors.mongo.run_command import read_all
from connectors.mongo.thread_pool import ThreadPool
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import Day
from gateway.app import open_clients, token_rules
from gateway.context import Clock, zone
from gateway.schema.arguments import cursor
from gateway.settings import Settings
from tests.bench.limit_writes import WRITES

Row = dict[str, Any]
Answer = Callable[["Limit", Viewer, Mapping[str, Any]], Awaitable[Row]]

BATCH: Final = 10_000
THREADS: Final = 6
HEADERS: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}


@dataclass(slots=True)
class Limit:
    """The databases, and who may ask."""

    connectors: Connectors
    databases: Mapping[str, Any]
    verifier: TokenVerifier
    viewers: Viewers
    clock: Clock
    timeout_s: float
    threads: ThreadPool | None = None
    """Where plain commands are sent by motor; None: all is read through the driver's cursors."""
    by_name: dict[tuple[str, str], Any] = field(default_factory=dict)

    def endpoint(self, answer: Answer, *, is_fresh: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler that sends what *answer* gives; for a change the viewer is read afresh."""

        async def handle(request: web.Request) -> web.Response:
            loop = asyncio.get_running_loop()
            variables = orjson.loads(await request.read())
            claims = await self.verifier.claims(request.headers["Authorization"][7:])
            deadline = loop.time() + self.timeout_s
            viewer = await self.viewers.viewer(claims, today=self.today_in, deadline=deadline, is_fresh=is_fresh)
            async with asyncio.timeout(self.timeout_s):
                data = await answer(self, viewer, variables)
            body = orjson.dumps({"data": data}, option=orjson.OPT_OMIT_MICROSECONDS)
            return web.Response(body=body, content_type="application/json", charset="utf-8", headers=HEADERS)

        return handle

    def today_in(self, zone_name: str) -> Day:
        """The day it is now in a time zone."""
        return Day(self.clock.now().astimezone(zone(zone_name)).date().isoformat())

    def today(self, viewer: Viewer) -> str:
        """The day it is now at the viewer's school."""
        return self.today_in(next(iter(viewer.zones.values())))

    def collection(self, database: str, name: str) -> Any:
        """The driver's collection, made once."""
        by_name = self.by_name.get((database, name))
        if by_name is None:
            by_name = self.by_name[database, name] = self.databases[database][name]
        return by_name

    async def find(self, database: str, collection: str, where: Row, columns: str, **options: Any) -> list[Row]:
        """The documents that match, with these columns."""
        shown = {"_id": 0, **dict.fromkeys(columns.split(), 1)}
        if self.threads is not None:
            command = {"find": collection, "filter": where, "projection": shown, "batchSize": BATCH, **options}
            if "sort" in options:
                command["sort"] = dict(options["sort"])
            return await read_all(self.databases[database], command, self.threads)
        cursor = self.collection(database, collection).find(where, shown, batch_size=BATCH, **options)
        found: list[Row] = await cursor.to_list(length=None)
        return found

    async def aggregate(self, database: str, collection: str, stages: Sequence[Row]) -> list[Row]:
        """What the stages yield."""
        if self.threads is not None:
            command = {"aggregate": collection, "pipeline": list(stages), "cursor": {"batchSize": BATCH}}
            return await read_all(self.databases[database], command, self.threads)
        cursor = await aggregated(self.collection(database, collection), stages, batchSize=BATCH)
        found: list[Row] = await cursor.to_list(length=None)
        return found

    async def named(self, collection: str, ids: Iterable[Any], columns: str) -> dict[Any, Row]:
        """The documents of the directory with these ids."""
        found = await self.find("directory", collection, {"_id": {"$in": list(ids)}}, f"_id {columns}")
        return {row["_id"]: row for row in found}


async def aggregated(collection: Any, pipeline: Sequence[Row], **options: Any) -> Any:
    """A cursor over what the *pipeline* yields, of either driver: motor's is there at once, PyMongo's is awaited."""
    cursor = collection.aggregate(list(pipeline), **options)
    return await cursor if isawaitable(cursor) else cursor


def create_limit(settings: Settings, listeners: Sequence[CommandListener], *, commands: bool) -> web.Application:
    """The hand-written endpoints as an application, which read by plain *commands* or by the driver's cursors."""
    clients = open_clients(settings, listeners)
    connectors = clients.connectors
    uri = settings.redis.uri
    redis = redis_.connect(uri.get_secret_value()) if uri else None
    limit = Limit(
        connectors,
        connectors.databases,
        TokenVerifier(token_rules(settings.auth)),
        Viewers(connectors.directory, BestEffort(redis) if redis else None, ttl_s=settings.auth.scope_ttl_s),
        Clock(settings.today),
        settings.mongo.timeout_s,
        ThreadPool("limit", few=THREADS, most=THREADS) if commands else None,
    )
    app = web.Application()

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        yield
        await clients.__aexit__()
        if redis is not None:
            await redis.aclose()

    app.cleanup_ctx.append(parts)
    app.add_routes([web.post(f"/{name}", limit.endpoint(answer)) for name, answer in ANSWERS.items()])
    app.add_routes([web.post(f"/{name}", limit.endpoint(change, is_fresh=True)) for name, change in WRITES.items()])
    return app


def _in_force(first: str, last: str | None, day: str) -> bool:
    return first <= day and (last is None or day <= last)


def _week(day: str) -> list[str]:
    at_lesson = date.fromisoformat(day)
    monday = at_lesson - timedelta(days=at_lesson.weekday())
    return [(monday + timedelta(days=n)).isoformat() for n in range(7)]


def _audience(students: Iterable[Row]) -> Row:
    classes = {e["class_id"] for own in students for e in own["enrolments"]}
    groups = {m["group_id"] for own in students for m in own["memberships"]}
    return {"$or": [{"class_ids": {"$in": list(classes)}, "group_id": None}, {"group_id": {"$in": list(groups)}}]}


def _attends(student: Row) -> Callable[[Row], bool]:
    """Whether a lesson is one of the student's."""
    classes = [(e["class_id"], e["starts_on"], e["ends_on"]) for e in student["enrolments"]]
    groups = [(m["group_id"], m["starts_on"], m["ends_on"]) for m in student["memberships"]]

    def attends(lesson: Row) -> bool:
        group, day = lesson["group_id"], lesson["date"]
        if group is None:
            held_for = lesson["class_ids"]
            return any(own in held_for and _in_force(first, last, day) for own, first, last in classes)
        return any(own == group and _in_force(first, last, day) for own, first, last in groups)

    return attends


def _at_lessons(marks: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    at: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for mark in marks:
        at[mark["student_id"], mark["lesson_id"]].append(mark)
    return at


def _homework(found: Iterable[Row]) -> dict[str, list[Row]]:
    due: dict[str, list[Row]] = defaultdict(list)
    for task in found:
        if task["kind"] == "HOMEWORK":
            due[task["lesson_id"]].append(task)
    return due


def _theirs(tasks: Iterable[Row], student: str) -> list[Row]:
    return [task for task in tasks if task["student_ids"] is None or student in task["student_ids"]]


# ── the week of one student ──

_LESSON: Final = "_id class_ids group_id date number starts_at ends_at room status topic subject_id teacher_ids"
_IN_TIME: Final = [("date", 1), ("number", 1), ("_id", 1)]
_BY_ID: Final = [("_id", 1)]


async def week(limit: Limit, viewer: Viewer, variables: Mapping[str, Any]) -> Row:
    """Answer week.graphql."""
    student_id = variables["student"]
    if student_id not in viewer.student_ids:
        raise web.HTTPNotFound
    columns = "student_id display_name school_id enrolments memberships"
    [student] = await limit.find("directory", "people", {"student_id": student_id}, columns)
    days = _week(variables["week"])
    first, last = days[0], days[-1]
    where = {**_audience([student]), "date": {"$gte": first, "$lte": last}}
    span = {"school_id": student["school_id"], "starts_on": {"$lte": last}, "ends_on": {"$gte": first}}
    lessons, holidays = await asyncio.gather(
        limit.find("schedule", "lessons", where, _LESSON, sort=_IN_TIME),
        limit.find("schedule", "holidays", span, "name starts_on ends_on kind", sort=[("starts_on", 1), ("_id", 1)]),
    )
    attends = _attends(student)
    lessons = [lesson for lesson in lessons if attends(lesson)]
    ids = [lesson["_id"] for lesson in lessons]
    subjects, teachers, tasks, marks = await asyncio.gather(
        limit.named("subjects", {lesson["subject_id"] for lesson in lessons}, "name"),
        limit.named("people", {teacher for lesson in lessons for teacher in lesson["teacher_ids"]}, "display_name"),
        limit.find(
            "diary",
            "homework",
            {"lesson_id": {"$in": ids}},
            "_id kind lesson_id student_ids text due_on attachments.name attachments.url",
            sort=_BY_ID,
        ),
        limit.find(
            "grades",
            "marks",
            {"student_id": student_id, "lesson_id": {"$in": ids}},
            "_id student_id lesson_id value weight is_point comment",
            sort=_BY_ID,
        ),
    )
    due, at_lesson = _homework(tasks), _at_lessons(marks)
    local = zone(viewer.zones[student["school_id"]])
    by_day: dict[str, list[Row]] = defaultdict(list)
    for lesson in lessons:
        lesson_id, subject = lesson["_id"], subjects.get(lesson["subject_id"])
        by_day[lesson["date"]].append(
            {
                "id": f"{lesson_id}.{student_id}",
                "number": lesson["number"],
                "startsAt": lesson["starts_at"].astimezone(local),
                "endsAt": lesson["ends_at"].astimezone(local),
                "room": lesson["room"],
                "status": lesson["status"],
                "topic": lesson["topic"],
                "subject": subject and {"id": subject["_id"], "name": subject["name"]},
                "teachers": [{"displayName": teachers[own]["display_name"]} for own in lesson["teacher_ids"]],
                "homework": [
                    {
                        "id": f"{task['_id']}.{student_id}",
                        "text": task["text"],
                        "dueOn": task["due_on"],
                        "attachments": task["attachments"],
                    }
                    for task in _theirs(due[lesson_id], student_id)
                ],
                "marks": [
                    {
                        "id": mark["_id"],
                        "value": mark["value"],
                        "weight": mark["weight"],
                        "isPoint": mark["is_point"],
                        "comment": mark["comment"],
                    }
                    for mark in at_lesson[student_id, lesson_id]
                ],
            }
        )
    return {
        "student": {
            "id": student_id,
            "displayName": student["display_name"],
            "diary": {
                "startsOn": first,
                "endsOn": last,
                "days": [
                    {"date": day, "holiday": _holiday(day, holidays), "lessons": by_day.get(day, ())} for day in days
                ],
            },
        }
    }


def _holiday(day: str, holidays: Iterable[Row]) -> str | None:
    named = [h for h in holidays if h["starts_on"] <= day <= h["ends_on"]]
    public = [h for h in named if h["kind"] == "PUBLIC_HOLIDAY"]
    chosen = public or named
    return chosen[0]["name"] if chosen else None


# ── the journal of a class ──


async def journal(limit: Limit, viewer: Viewer, variables: Mapping[str, Any]) -> Row:
    """Answer journal.graphql."""
    class_id, days, today = variables["class"], variables["days"], limit.today(viewer)
    ongoing = [{"ends_on": None}, {"ends_on": {"$gte": today}}]
    enrolled = {"$elemMatch": {"class_id": class_id, "starts_on": {"$lte": today}, "$or": ongoing}}
    learning = {"student_id": {"$in": list(viewer.student_ids)}, "enrolments": enrolled, "merged_to": None}
    [school_class], students = await asyncio.gather(
        limit.find("directory", "classes", {"_id": class_id, "school_id": {"$in": list(viewer.school_ids)}}, "name"),
        limit.find(
            "directory",
            "people",
            learning,
            "student_id display_name",
            sort=[("sort_name", 1), ("_id", 1)],
            limit=30,
        ),
    )
    within = {"$gte": days["first"], "$lte": days["last"]}
    shown = "value numeric_value weight is_point given_on comment subject_id given_by_id"
    learners = [own["student_id"] for own in students]
    found = await limit.aggregate(
        "grades", "marks", _latest("marks", learners, "given_on", 40, shown, {"given_on": within})
    )
    marks = _by_student(found)
    subject_ids = {mark["subject_id"] for top in marks.values() for mark in top}
    teacher_ids = {mark["given_by_id"] for top in marks.values() for mark in top} - {None}
    subjects, teachers = await asyncio.gather(
        limit.named("subjects", subject_ids, "name"), limit.named("people", teacher_ids, "display_name")
    )
    subject = {key: {"id": key, "name": own["name"]} for key, own in subjects.items()}
    teacher = {key: {"id": key, "displayName": own["display_name"]} for key, own in teachers.items()}
    return {
        "class": {
            "id": class_id,
            "name": school_class["name"],
            "students": {
                "nodes": [
                    {
                        "id": own["student_id"],
                        "displayName": own["display_name"],
                        "marks": {
                            "nodes": [
                                {
                                    "id": mark["_id"],
                                    "value": mark["value"],
                                    "numericValue": None if (n := mark["numeric_value"]) is None else str(n),
                                    "weight": mark["weight"],
                                    "isPoint": mark["is_point"],
                                    "givenOn": mark["given_on"],
                                    "comment": mark["comment"],
                                    "subject": subject.get(mark["subject_id"]),
                                    "givenBy": teacher.get(mark["given_by_id"]),
                                }
                                for mark in marks.get(own["student_id"], ())
                            ]
                        },
                    }
                    for own in students
                ]
            },
        }
    }


# ── averages ──


@dataclass(slots=True)
class _Sum:
    """The marks of one student in one subject, summed up."""

    at_lesson: int = 0
    counted: int = 0
    total: float = 0
    weighted: float = 0
    weights: int = 0


def _average(total: float, count: int) -> str | None:
    """Half up, two places; exact where marks are whole numbers."""
    if not count:
        return None
    cents = int((200 * total + count) // (2 * count))
    return f"{cents // 100}.{cents % 100:02}"


_PERIOD: Final = "_id name subject_id class_ids school_id starts_on ends_on"


class _Periods:
    """The attestation period of each school, class and subject that *today* lies in, or the latest one begun."""

    def __init__(self, found: Iterable[Row], today: str) -> None:
        self.of: dict[tuple[str, str | None, str | None], Row] = {}
        for period in found:
            for class_id in period["class_ids"] or (None,):
                key = period["school_id"], class_id, period["subject_id"]
                if period["starts_on"] <= today:
                    by_name = self.of.get(key)
                    if by_name is None or period["ends_on"] >= today or by_name["ends_on"] < today:
                        self.of[key] = period

    def period(self, school: str, class_id: str | None, subject: str) -> Row | None:
        keys = ((school, None, subject), (school, class_id, None), (school, None, None))
        return next((self.of[key] for key in keys if key in self.of), None)

    @property
    def first(self) -> str:
        return str(min(period["starts_on"] for period in self.of.values()))

    @property
    def last(self) -> str:
        return str(max(period["ends_on"] for period in self.of.values()))


_Plan = tuple[Sequence[str], frozenset[str]]
"""The subjects of a class in the order of the curriculum, and those taught to study groups that a student is not in."""


async def _plans(limit: Limit, students: Sequence[Row], classes: Mapping[str, str | None]) -> dict[str, _Plan]:
    """The plan of each student."""
    ids = list(set(classes.values()))
    curricula, groups = await asyncio.gather(
        limit.find("curriculum", "curricula", {"class_ids": {"$in": ids}}, "class_ids items.subject_id"),
        limit.find("directory", "groups", {"class_ids": {"$in": ids}}, "_id subject_id class_ids"),
    )
    orders = {own: [item["subject_id"] for item in c["items"]] for c in curricula for own in c["class_ids"]}
    plans: dict[str, _Plan] = {}
    for student in students:
        class_id = classes[student["student_id"]]
        own = {membership["group_id"] for membership in student["memberships"]}
        of_class = [group for group in groups if class_id in group["class_ids"]]
        others = {group["subject_id"] for group in of_class} - {g["subject_id"] for g in of_class if g["_id"] in own}
        plans[student["student_id"]] = orders.get(class_id or "", []), frozenset(others)
    return plans


def _in_order(sums: Mapping[str, _Sum], plan: _Plan, subjects: Mapping[str, Row]) -> list[tuple[str, _Sum]]:
    """The rows of a report card: those of the curriculum, with or without marks, then the others by the alphabet."""
    order, not_theirs = plan
    beside = sorted((key for key in sums if key not in order), key=lambda key: subjects[key]["name"].casefold())
    return [(key, sums.get(key) or _Sum()) for key in (*order, *beside) if key in sums or key not in not_theirs]


def _summed(
    students: Mapping[str, tuple[str, str | None]], marks: Iterable[Row], periods: _Periods
) -> dict[str, dict[str, _Sum]]:
    """The marks of each student and subject in its period; *students* are their schools and classes."""
    sums: dict[str, dict[str, _Sum]] = {own: {} for own in students}
    spans: dict[tuple[str, str | None, str], tuple[str, str]] = {}
    for mark in marks:
        own, subject = mark["student_id"], mark["subject_id"]
        key = *students[own], subject
        span = spans.get(key)
        if span is None:
            period = periods.period(*key)
            span = spans[key] = (period["starts_on"], period["ends_on"]) if period else ("", "~")
        if not span[0] <= mark["given_on"] <= span[1]:
            continue
        of_student = sums[own]
        summed = of_student.get(subject)
        if summed is None:
            summed = of_student[subject] = _Sum()
        summed.at_lesson += 1
        value = mark["numeric_value"]
        if value is not None and mark["counts_towards_average"]:
            weight = mark["weight"]
            summed.counted += 1
            summed.total += value
            summed.weighted += value * weight
            summed.weights += weight
    return sums


_MAIN: Final = {"journal": {"$ne": "EXTENDED"}}
_WEIGHED: Final = "student_id subject_id given_on numeric_value weight counts_towards_average"
_PERIODS_IN_TIME: Final = [("starts_on", 1), ("ordinal", 1), ("_id", 1)]


# ── a parent's start screen ──


async def start(limit: Limit, viewer: Viewer, variables: Mapping[str, Any]) -> Row:
    """Answer start.graphql."""
    children_ids, days, today = list(viewer.student_ids), _week(variables["week"]), limit.today(viewer)
    at_school = {"school_id": {"$in": list(viewer.school_ids)}}
    students = {"student_id": {"$in": children_ids}}
    people, schools, found_periods, last_marks, remarks = await asyncio.gather(
        limit.find(
            "directory",
            "people",
            {"$or": [{"_id": viewer.person_id}, students]},
            "_id student_id display_name sort_name school_id enrolments memberships",
        ),
        limit.find("directory", "schools", {"_id": {"$in": list(viewer.school_ids)}}, "_id average_kind"),
        limit.find("grades", "attestation_periods", at_school, _PERIOD, sort=_PERIODS_IN_TIME),
        limit.aggregate("grades", "marks", _latest("marks", children_ids, "given_on", 10, "value weight subject_id")),
        limit.aggregate(
            "diary", "remarks", _latest("remarks", children_ids, "made_on", 5, "text subject_id author_id")
        ),
    )
    me = next(person for person in people if person["_id"] == viewer.person_id)
    children = [person for person in people if person.get("student_id") in viewer.student_ids]
    children.sort(key=lambda child: (child["sort_name"], child["student_id"]))
    periods = _Periods(found_periods, today)
    class_ids = {child["student_id"]: _class_on(child, today) for child in children}
    where = {**_audience(children), "date": {"$gte": days[0], "$lte": days[-1]}}
    in_periods = {**students, **_MAIN, "given_on": {"$gte": periods.first, "$lte": periods.last}}
    classes, lessons, marks, plans = await asyncio.gather(
        limit.named("classes", class_ids.values(), "name"),
        limit.find(
            "schedule",
            "lessons",
            where,
            "_id class_ids group_id date number starts_at subject_id",
            sort=_IN_TIME,
        ),
        limit.find("grades", "marks", in_periods, _WEIGHED),
        _plans(limit, children, class_ids),
    )
    attended = {}
    for child in children:
        attends = _attends(child)
        attended[child["student_id"]] = [lesson for lesson in lessons if attends(lesson)]
    lesson_ids = list({lesson["_id"] for own in attended.values() for lesson in own})
    latest, said = _by_student(last_marks), _by_student(remarks)
    kinds = {school["_id"]: school["average_kind"] for school in schools}
    places = {child["student_id"]: (child["school_id"], class_ids[child["student_id"]]) for child in children}
    sums = _summed(places, marks, periods)
    subject_ids = {subject for own in (*sums.values(), *(order for order, _ in plans.values())) for subject in own}
    subject_ids.update(row["subject_id"] for top in (*latest.values(), *said.values()) for row in top)
    subject_ids.update(lesson["subject_id"] for own in attended.values() for lesson in own)
    authors_ids = {row["author_id"] for top in said.values() for row in top} - {None}
    subjects, authors, tasks, at_lessons = await asyncio.gather(
        limit.named("subjects", subject_ids - {None}, "name"),
        limit.named("people", authors_ids, "display_name"),
        limit.find(
            "diary",
            "homework",
            {"lesson_id": {"$in": lesson_ids}},
            "kind lesson_id student_ids text",
            sort=_BY_ID,
        ),
        limit.find(
            "grades",
            "marks",
            {**students, "lesson_id": {"$in": lesson_ids}},
            "student_id lesson_id value weight",
            sort=_BY_ID,
        ),
    )
    due, at_lesson = _homework(tasks), _at_lessons(at_lessons)
    subject = {key: {"name": own["name"]} for key, own in subjects.items()}
    shown = []
    for child in children:
        own = child["student_id"]
        local = zone(viewer.zones[child["school_id"]])
        by_day: dict[str, list[Row]] = defaultdict(list)
        for lesson in attended[own]:
            by_day[lesson["date"]].append(
                {
                    "number": lesson["number"],
                    "startsAt": lesson["starts_at"].astimezone(local),
                    "subject": subject.get(lesson["subject_id"]),
                    "homework": [{"text": task["text"]} for task in _theirs(due[lesson["_id"]], own)],
                    "marks": [
                        {"value": mark["value"], "weight": mark["weight"]} for mark in at_lesson[own, lesson["_id"]]
                    ],
                }
            )
        school_class = classes.get(class_ids[own])
        shown.append(
            {
                "id": own,
                "displayName": child["display_name"],
                "class": school_class and {"name": school_class["name"]},
                "diary": {"days": [{"date": day, "lessons": by_day.get(day, ())} for day in days]},
                "marks": {
                    "nodes": [
                        {
                            "id": mark["_id"],
                            "value": mark["value"],
                            "weight": mark["weight"],
                            "givenOn": mark["given_on"],
                            "subject": subject.get(mark["subject_id"]),
                        }
                        for mark in latest.get(own, ())
                    ]
                },
                "performance": [
                    {
                        "subject": subject[key],
                        "average": _average(s.weighted, s.weights)
                        if kinds[child["school_id"]] == "WEIGHTED"
                        else _average(s.total, s.counted),
                        "markCount": s.at_lesson,
                    }
                    for key, s in _in_order(sums[own], plans[own], subjects)
                ],
                "remarks": {
                    "nodes": [
                        {
                            "id": remark["_id"],
                            "madeOn": remark["made_on"],
                            "text": remark["text"],
                            "subject": subject.get(remark["subject_id"]),
                            "author": remark["author_id"]
                            and {"displayName": authors[remark["author_id"]]["display_name"]},
                        }
                        for remark in said.get(own, ())
                    ]
                },
            }
        )
    return {"viewer": {"person": {"displayName": me["display_name"]}, "children": shown}}


def _latest(
    coll: str, students: Sequence[str], day: str, count: int, columns: str, where: Row | None = None
) -> list[Row]:
    """The stages for the latest *count* documents of each student: as many scans of the index, each as short."""
    shown = dict.fromkeys(("_id", "student_id", day, *columns.split()), 1)
    rest: list[Row] = [{"$sort": {day: -1, "_id": -1}}, {"$limit": count}, {"$project": shown}]
    first, *others = ([{"$match": {"student_id": own, **(where or {})}}, *rest] for own in students)
    return [*first, *({"$unionWith": {"coll": coll, "pipeline": branch}} for branch in others)]


def _by_student(found: Iterable[Row]) -> dict[str, list[Row]]:
    own: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        own[row["student_id"]].append(row)
    return own


def _class_on(student: Row, day: str) -> str | None:
    own = [e for e in student["enrolments"] if _in_force(e["starts_on"], e["ends_on"], day)]
    own.sort(key=lambda enrolment: not enrolment["is_primary"])
    return own[0]["class_id"] if own else None


# ── a page of a hundred students with their averages ──


async def page(limit: Limit, viewer: Viewer, _: Mapping[str, Any]) -> Row:
    """Answer page.graphql."""
    today = limit.today(viewer)
    at_school = {"school_id": {"$in": list(viewer.school_ids)}}
    students, schools, found_periods = await asyncio.gather(
        limit.find(
            "directory",
            "people",
            {**at_school, "student_id": {"$exists": True}, "merged_to": None},
            "_id student_id display_name sort_name school_id enrolments memberships",
            sort=[("sort_name", 1), ("_id", 1)],
            limit=101,
        ),
        limit.find("directory", "schools", {"_id": {"$in": list(viewer.school_ids)}}, "_id average_kind"),
        limit.find("grades", "attestation_periods", at_school, _PERIOD, sort=_PERIODS_IN_TIME),
    )
    has_next, students = len(students) > 100, students[:100]
    periods = _Periods(found_periods, today)
    ids = [own["student_id"] for own in students]
    where = {"student_id": {"$in": ids}, **_MAIN, "given_on": {"$gte": periods.first, "$lte": periods.last}}
    class_ids = {own["student_id"]: _class_on(own, today) for own in students}
    marks, classes, plans = await asyncio.gather(
        limit.find("grades", "marks", where, _WEIGHED),
        limit.named("classes", set(class_ids.values()), "name"),
        _plans(limit, students, class_ids),
    )
    places = {own["student_id"]: (own["school_id"], class_ids[own["student_id"]]) for own in students}
    sums = _summed(places, marks, periods)
    shown = {key for own in (*sums.values(), *(order for order, _ in plans.values())) for key in own}
    subjects = await limit.named("subjects", shown, "name")
    subject = {key: {"id": key, "name": own["name"]} for key, own in subjects.items()}
    kinds = {school["_id"]: school["average_kind"] for school in schools}
    nodes = []
    for own in students:
        school, class_id = places[own["student_id"]]
        weighted = kinds[school] == "WEIGHTED"
        rows = []
        for key, summed in _in_order(sums[own["student_id"]], plans[own["student_id"]], subjects):
            period = periods.period(school, class_id, key)
            simple = _average(summed.total, summed.counted)
            by_weight = _average(summed.weighted, summed.weights)
            rows.append(
                {
                    "subject": subject[key],
                    "period": period and {"name": period["name"]},
                    "average": by_weight if weighted else simple,
                    "simpleAverage": simple,
                    "weightedAverage": by_weight,
                    "markCount": summed.at_lesson,
                }
            )
        school_class = classes.get(class_id)
        nodes.append(
            {
                "id": own["student_id"],
                "displayName": own["display_name"],
                "class": school_class and {"name": school_class["name"]},
                "performance": rows,
            }
        )
    end = cursor((students[-1]["sort_name"], students[-1]["_id"])) if students else None
    return {"students": {"nodes": nodes, "pageInfo": {"hasNextPage": has_next, "endCursor": end}}}


ANSWERS: Final[Mapping[str, Answer]] = {"week": week, "journal": journal, "start": start, "page": page}
"""The endpoint of each query."""
