"""The values of variables for one viewer: visible and hidden things alike, and what there is not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, is_required_input_field

from connectors.vocabulary import TYPES, mint
from gateway.exports.saved_queries import load
from tests.privacy.low import Low
from tests.privacy.questions import Question
from tests.privacy.worlds import Change, Mutation, World

IDS: Final[Mapping[str, str]] = {
    "Query.student.id": "Student",
    "Query.class.id": "Class",
    "Query.assignedHomework.id": "Homework",
    "Query.file.id": "File",
    "student": "Student",
    "actor": "Person",
    "adminIds": "Person",
    "addRecipientIds": "Recipient",
    "attachmentIds": "File",
    "attemptId": "TestAttempt",
    "courseId": "ModuleCourse",
    "eventId": "SchoolEvent",
    "feedId": "CalendarFeed",
    "keptPersonId": "Person",
    "keyId": "QueryKey",
    "kindId": "WorkKind",
    "mergedPersonId": "Person",
    "noticeId": "AbsenceNotice",
    "optionIds": "TestOption",
    "originalTeacherId": "Person",
    "questionId": "TestQuestion",
    "recipientIds": "Recipient",
    "removePersonIds": "Person",
    "reviewId": "GradeReview",
    "scaleId": "GradeScale",
    "senderId": "Person",
    "teacherId": "Person",
    "teacherIds": "Person",
    "typeId": "AchievementType",
    "ChooseModuleCourseInput.periodId": "CoursePeriod",
    "FormCourseGroupInput.periodId": "CoursePeriod",
    "OfferedCourse.choices.periodId": "CoursePeriod",
    "periodId": "AttestationPeriod",
}
"""Which ids an argument or an input field takes, where its name does not say so."""

OF_STUDENT: Final = {"Lesson", "Homework", "ModuleCourse", "Test"}
"""The types whose objects are shared, and whose ids name the student too; staff have them without."""

_WITH_PARTS: Final = ("assessments.tests", "curriculum.module_courses")
"""Collections whose documents have parts with ids of their own."""
_EXPORTED: Final = "{ viewer { student { marks { nodes { id value } } } } students { nodes { id displayName } } }"
_TEXTS: Final[Mapping[str, Sequence[str]]] = {
    "value": ("5", "4", "3", "2", "н/а"),
    "newValue": ("5", "2"),
    "document": (_EXPORTED, "{ viewer { role } }"),
    "variables": ("{}",),
    "query": sorted(load(None)),
    "sha256": ("0" * 64, "a1" * 32),
    "name": ("Реферат.pdf", "отчёт.txt"),
    "title": ("Ремонт", "Ведомость"),
    "email": ("somebody@example.test", "nobody"),
    "phone": ("+7 342 200-00-00", "1"),
}
"""Texts of which an input takes only some, by the name of its field."""


def kind_of(coordinate: str) -> str | None:
    """The kind of the ids that an argument or an input field takes; None for any."""
    last = coordinate.rpartition(".")[2]
    found = IDS.get(coordinate) or IDS.get(last)
    if found is None and last.endswith(("Id", "Ids")):
        name = last.removesuffix("s").removesuffix("Id")
        return name[:1].upper() + name[1:]
    return found


_DAYS: Final = (-2, 0, -9, 1, 5, -44, 2)
"""The days that are asked for, counted from today."""


def last_week(today: date) -> str:
    """The Monday of the last week that has ended."""
    return (today - timedelta(days=today.weekday() + 7)).isoformat()


def _moved(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


class Values:
    """The values of variables for one viewer: visible and hidden things alike, and what there is not."""

    def __init__(self, worlds: Iterable[World], low: Low, random: Random, mutations_: Iterable[Mutation] = ()) -> None:
        self._random = random
        self._today = low.today
        self._visible: dict[str, list[str]] = {}
        self._hidden: dict[str, list[str]] = {}
        self.cursors: list[str] = ["W10", "no cursor"]
        self.files: list[str] = []
        """The addresses of files that answers have named."""
        self._named_by_answers: dict[str, list[str]] = {}
        """The ids that answers have named, by their kind, as the graph writes them."""
        self._words = ["", "а", "иванов", "и"]
        self._years: Sequence[str] = sorted(
            {"2025/26", *(one["name"] for one in low.world["directory.academic_years"].values())}
        )
        for world in worlds:
            for place, documents in world.documents.items():
                for own, one in documents.items():
                    self._note(place, own, one, is_seen=low.part(place, one) is not None, low=low)
        self._mine = sorted(low.students)
        self._filled = 0.0
        """How often a field of an input is there that need not be."""
        self._bare = 0.1 if low.role in {"STUDENT", "PARENT"} else 0.7
        """How often the id of a shared object goes without that of a student."""
        self._differing: dict[str, list[str]] = {}
        self._only_in_one: list[str] = []
        """The students whom one of the worlds does not have."""
        for change in (change for mutation in mutations_ for change in mutation[:4]):
            self._note_difference(change, low.world)
        for ids in (*self._visible.values(), *self._hidden.values()):
            ids.sort()

    def _note(self, place: str, own: str, one: Mapping[str, Any], *, is_seen: bool, low: Low) -> None:
        kind = TYPES.get(own.partition("_")[0])
        into = self._visible if is_seen else self._hidden
        if kind is not None and ":" not in own:
            into.setdefault(kind, []).append(own)
        for part in _parts(one) if place in _WITH_PARTS else ():
            if (kind_of_part := TYPES.get(part.partition("_")[0])) is not None:
                into.setdefault(kind_of_part, []).append(part)
        if place == "directory.people":
            if "student_id" in one:
                mine = one["student_id"] in low.students
                (self._visible if mine else self._hidden).setdefault("Student", []).append(one["student_id"])
            if not is_seen and len(self._words) < 40:
                self._words.append(str(one["family_name"]).lower())

    def _note_difference(self, change: Change, world: World) -> None:
        """Take the id of a document that differs between the worlds, and that of its student."""
        one = change.after or change.before or {}
        kind = TYPES.get(change.id.partition("_")[0], "")
        if (
            change.place == "directory.people"
            and "student_id" in one
            and (change.before is None or change.after is None)
        ):
            self._only_in_one.append(one["student_id"])
        students = [*(one.get("student_ids") or ()), *filter(None, [one.get("student_id")])]
        if kind in OF_STUDENT and not students:
            classes = {*(one.get("class_ids") or ())}
            people = [person for person in world["directory.people"].values() if "student_id" in person]
            learning = [p["student_id"] for p in people if any(e["class_id"] in classes for e in p["enrolments"])]
            students += learning
        self._differing.setdefault("Student", []).extend(students[:3])
        if "test_id" in one:
            self._differing.setdefault("Test", []).extend(f"{one['test_id']}.{student}" for student in students)
        own = [f"{change.id}.{student}" for student in students] if kind in OF_STUDENT else [change.id]
        self._differing.setdefault(kind, []).extend(own)

    def of(self, question: Question) -> dict[str, Any]:
        """A value for each variable of a document."""
        self._filled = self._random.choice((0.1, 0.3, 0.7))
        found = {name: self._value(coordinate, of) for name, (coordinate, of) in question.variables.items()}
        return {name: one for name, one in found.items() if one is not None}

    def _value(self, coordinate: str, of: Any) -> Any:
        if isinstance(of, str):
            return self._named(coordinate, of)
        if isinstance(of, GraphQLNonNull):
            return self._value(coordinate, of.of_type)
        if isinstance(of, GraphQLList):
            return [self._value(coordinate, of.of_type) for _ in range(self._random.choice((1, 1, 2)))]
        if isinstance(of, GraphQLEnumType):
            return self._random.choice(list(of.values))
        if isinstance(of, GraphQLInputObjectType):
            return self._input(of)
        return self._named(coordinate, of.name)

    def _input(self, of: GraphQLInputObjectType) -> dict[str, Any]:
        names = [self._random.choice(list(of.fields))] if of.is_one_of else list(of.fields)
        found = {}
        for name in names:
            one = of.fields[name].type
            if of.is_one_of or is_required_input_field(of.fields[name]) or self._random.random() < self._filled:
                found[name] = self._value(f"{of.name}.{name}", one)
        if of.name == "Days":
            found = dict(zip(("first", "last"), sorted((found.get("first", ""), found.get("last", ""))), strict=True))
        return found

    def _named(self, coordinate: str, name: str) -> Any:
        """A value of a scalar, or of an input that a document names by its name alone."""
        last, scalar = coordinate.rpartition(".")[2], name.strip("[]!")
        if scalar == "ID":
            own = self.id(kind_of(coordinate))
            return [own] if name.startswith("[") else own
        if scalar == "String":
            return self._string(last)
        if scalar == "Int" and last == "first":
            return self._random.choice((1, 2, 3, 5, 20, 100))
        day = date.fromisoformat(self._today)
        today = {"first": self._today, "last": self._today}
        year = {"first": _moved(day, -78), "last": _moved(day, 13)}
        choices: Mapping[str, Sequence[Any]] = {
            "Int": (0, 1, 1, 2, 7),
            "Date": [_moved(day, days) for days in _DAYS],
            "DateTime": [f"{_moved(day, days)}T09:15:00Z" for days in _DAYS],
            "LocalTime": ("08:30", "13:15"),
            "Days": (year, today),
            "Boolean": (True, True, False),
            "Decimal": ("3", "4.5", "2"),
        }
        return self._random.choice(choices[scalar]) if scalar in choices else None

    def _string(self, name: str) -> str:
        match name:
            case "after":
                return self._random.choice(self.cursors[-20:])
            case "academicYear":
                return self._random.choice(self._years)
            case "search" | "word":
                return self._random.choice(self._words)
            case _:
                return self._random.choice(_TEXTS.get(name, ("болезнь", "врач", "соревнования")))

    def id(self, kind: str | None) -> str:
        """An id of a kind, or of any."""
        random = self._random
        if kind == "Student" and self._only_in_one and random.random() < 0.15:
            return random.choice(self._only_in_one)
        if kind is not None and random.random() < 0.3 and (named := self._named_by_answers.get(kind)):
            return random.choice(named[-30:])
        if kind == "Recipient":
            return f"{self.id('Person')}.{random.choice(('STUDENT', 'PARENT', 'STAFF'))}"
        if random.random() < 0.4:
            differing = self._differing if kind is None else {kind: self._differing.get(kind, [])}
            if found := [own for own in differing.values() if own]:
                return random.choice(random.choice(found))
        return self._of_worlds(kind or random.choice(sorted(self._visible.keys() | self._hidden.keys())))

    def _of_worlds(self, kind: str) -> str:
        """The id of something that the viewer sees, or does not see, or that there is not."""
        random = self._random
        chance = random.random()
        pools = (self._visible, self._hidden) if chance < 0.55 else (self._hidden, self._visible)
        ids = next((pool[kind] for pool in pools if pool.get(kind)), None)
        if ids is None or chance > 0.95:
            return mint(kind, "nothing") if kind in TYPES.values() else "nothing"
        own = random.choice(ids)
        if kind not in OF_STUDENT or random.random() < self._bare:
            return own
        students = (
            self._mine if self._mine and random.random() < 0.75 else self._hidden.get("Student") or ["stu_nobody"]
        )
        return f"{own}.{random.choice(students)}"

    def learn(self, answer: Any) -> None:
        """Take the cursors and ids of an answer for later questions, and the addresses of files."""
        if isinstance(answer, list):
            for one in answer[:20]:
                self.learn(one)
        elif isinstance(answer, dict):
            for key, one in answer.items():
                if key in {"cursor", "endCursor", "startCursor"} and isinstance(one, str):
                    self.cursors.append(one)
                elif key == "id" and isinstance(one, str):
                    kind = TYPES.get(one.partition("_")[0], "")
                    is_recipient = kind == "Person" and "." in one
                    self._named_by_answers.setdefault("Recipient" if is_recipient else kind, []).append(one)
                elif key == "url" and isinstance(one, str) and one.startswith("/files/"):
                    self.files.append(one)
                elif isinstance(one, dict | list):
                    self.learn(one)


def _parts(value: Any) -> Iterator[str]:
    """The ids of the parts of a document."""
    if isinstance(value, Mapping):
        for one in value.values():
            if isinstance(one, Mapping | list):
                yield from _parts(one)
        yield value["_id"] if isinstance(value.get("_id"), str) else ""
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)
