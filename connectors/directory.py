"""Directory: schools, years, people, guardianships, classes, groups, subjects, who teaches what, and sign-in names."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, NotRequired, TypedDict, cast

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.ids import (
    Audience,
    ClassId,
    Columns,
    Day,
    GroupId,
    Page,
    Paging,
    PersonId,
    SchoolId,
    Span,
    StudentId,
    SubjectId,
)
from connectors.mongo import Deadline, Order, Source, given, with_columns
from connectors.shared import shared


class SchoolKind(StrEnum):
    SCHOOL = "SCHOOL"
    COLLEGE = "COLLEGE"


class AverageKind(StrEnum):
    """Which average a school shows as its own: plain, or with the weights of the works (trap T1)."""

    SIMPLE = "SIMPLE"
    WEIGHTED = "WEIGHTED"


class AssignmentKind(StrEnum):
    TEACHER = "TEACHER"
    CLASS_TEACHER = "CLASS_TEACHER"


class School(TypedDict):
    _id: SchoolId
    name: str
    short_name: str | None
    time_zone: str  # IANA, "Asia/Yekaterinburg"
    kind: SchoolKind
    average_kind: AverageKind


class AcademicYear(TypedDict):
    _id: str
    school_id: SchoolId
    name: str  # "2026/27"
    starts_on: str
    ends_on: str


class Enrolment(TypedDict):
    """A student's place in a class; *ends_on* None while it lasts."""

    class_id: ClassId
    starts_on: str
    ends_on: str | None
    is_primary: bool


class Membership(TypedDict):
    """A student's place in a study group; *ends_on* None while it lasts."""

    group_id: GroupId
    starts_on: str
    ends_on: str | None


class Person(TypedDict):
    """Anyone known to the school. A student is a person with a `student_id`; his enrolments are kept inside him."""

    _id: PersonId
    display_name: str
    family_name: str
    given_name: str
    patronymic: str | None
    sort_name: str  # see `sort_name`
    name_tokens: list[str]  # see `name_tokens`
    birth_date: NotRequired[str | None]
    email: NotRequired[str | None]
    phone: NotRequired[str | None]
    roles: list[str]  # names of auth.viewer.Role
    school_ids: list[SchoolId]  # a parent's are those of his children
    merged_to: NotRequired[PersonId]  # a duplicate that was merged: follow the pointer (trap T20)
    # students only
    student_id: NotRequired[StudentId]
    school_id: NotRequired[SchoolId]  # the school of today
    enrolments: NotRequired[list[Enrolment]]
    memberships: NotRequired[list[Membership]]


class Guardianship(TypedDict):
    """An adult's right over one student: dated, revocable, per child (trap T11)."""

    _id: str
    school_id: SchoolId
    person_id: PersonId
    student_id: StudentId
    relation: str | None
    is_legal_representative: bool
    lives_with: bool | None
    data_access: bool
    valid_from: str | None
    valid_to: str | None


class Class(TypedDict):
    _id: ClassId
    school_id: SchoolId
    name: str
    sort_name: str
    grade_level: int | None


class Group(TypedDict):
    """A study group: part of a class, or students of several classes (trap T14)."""

    _id: GroupId
    school_id: SchoolId
    name: str
    subject_id: SubjectId | None
    class_ids: list[ClassId]


class Subject(TypedDict):
    _id: SubjectId
    school_id: SchoolId
    name: str
    short_name: str | None


class StaffAssignment(TypedDict):
    """Who teaches which subject to which class or group, or leads which class."""

    _id: str
    school_id: SchoolId
    person_id: PersonId
    kind: AssignmentKind
    class_id: ClassId | None
    group_id: GroupId | None
    subject_id: SubjectId | None
    starts_on: str | None
    ends_on: str | None


class ExternalId(TypedDict):
    """The name under which an identity provider knows a person. Two people under one name are an error of their own."""

    _id: str
    issuer: str
    subject: str
    person_id: PersonId


_STUDENTS: Final = {"student_id": {"$exists": True}}

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "schools": [],
    "academic_years": [IndexModel([("school_id", ASCENDING), ("starts_on", ASCENDING)])],
    "people": [
        IndexModel([("student_id", ASCENDING)], unique=True, partialFilterExpression=_STUDENTS),
        IndexModel(
            [("school_id", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)], partialFilterExpression=_STUDENTS
        ),
        IndexModel([("enrolments.class_id", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("memberships.group_id", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("school_ids", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("name_tokens", ASCENDING)]),
    ],
    "guardianships": [
        IndexModel([("person_id", ASCENDING), ("student_id", ASCENDING)]),
        IndexModel([("student_id", ASCENDING)]),
    ],
    "classes": [IndexModel([("school_id", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)])],
    "groups": [IndexModel([("class_ids", ASCENDING)]), IndexModel([("school_id", ASCENDING)])],
    "subjects": [IndexModel([("school_id", ASCENDING), ("name", ASCENDING)])],
    "staff_assignments": [
        IndexModel([("person_id", ASCENDING)]),
        IndexModel([("class_id", ASCENDING)]),
        IndexModel([("group_id", ASCENDING)]),
    ],
    "external_ids": [
        IndexModel([("issuer", ASCENDING), ("subject", ASCENDING)]),
        IndexModel([("person_id", ASCENDING)]),
    ],
}


def sort_name(*names: str | None) -> str:
    """The key that people and classes are ordered by: family, given, patronymic; lower case, ё as е."""
    return " ".join(name for name in names if name).lower().replace("ё", "е")


def name_tokens(*names: str | None) -> list[str]:
    """The words a search matches the beginning of."""
    return sorted(set(sort_name(*names).replace("-", " ").split()))


NAMES: Final[Columns] = frozenset(
    {"_id", "display_name", "family_name", "given_name", "patronymic", "sort_name", "merged_to"}
)
"""What of a person is kept for everybody; nothing else that stands beside it ever is."""

_BY_ID: Final[Order] = [("_id", ASCENDING)]
_BY_NAME: Final[Order] = [("sort_name", ASCENDING), ("_id", ASCENDING)]


class Circle(NamedTuple):
    """A set of people, described: all of some schools, or named ones; students only where it says so.

    *classes* and *groups* narrow to who is in one of them on the day *on*; *students* to those students.
    """

    on: str
    schools: tuple[SchoolId, ...] | None = None
    people: tuple[PersonId, ...] | None = None
    students: tuple[StudentId, ...] | None = None
    classes: tuple[ClassId, ...] | None = None
    groups: tuple[GroupId, ...] | None = None
    only_students: bool = False

    def condition(self) -> dict[str, Any]:
        """The circle as a filter of `people`."""
        where: dict[str, Any] = {"merged_to": {"$exists": False}}
        if self.schools is not None:
            where["school_id" if self.only_students else "school_ids"] = {"$in": list(self.schools)}
        if self.people is not None:
            where["_id"] = {"$in": list(self.people)}
        if self.students is not None:
            where["student_id"] = {"$in": list(self.students)}
        elif self.only_students:
            where["student_id"] = {"$exists": True}
        if self.classes is not None:
            where["enrolments"] = _there("class_id", self.classes, self.on)
        if self.groups is not None:
            where["memberships"] = _there("group_id", self.groups, self.on)
        return where


def _there(key: str, ids: Sequence[str], day: str) -> dict[str, Any]:
    ends = [{"ends_on": None}, {"ends_on": {"$gte": day}}]
    return {"$elemMatch": {key: {"$in": list(ids)}, "starts_on": {"$lte": day}, "$or": ends}}


MAX_WORD: Final = 100
"""Characters of a word that are compared: no name is longer, and a pattern must not be."""


def searched(search: str | None) -> dict[str, Any]:
    """The condition that a person's names begin with the words of *search*, in any order."""
    words = [word[:MAX_WORD] for word in name_tokens((search or "").replace("\0", " "))[:5]]  # no pattern holds a NUL
    return {"$and": [{"name_tokens": {"$regex": "^" + re.escape(word)}} for word in words]} if words else {}


class Directory:
    """Reads of the directory."""

    def __init__(self, source: Source) -> None:
        self.source = source

    # Who a viewer is, and whom he may read: what auth asks.

    async def people_known_as(
        self, subjects: Sequence[str], *, issuer: str, deadline: Deadline
    ) -> Mapping[str, list[PersonId]]:
        """The people whom *issuer* knows under each of the *subjects*: normally one, none is an empty list."""
        found = await self.source.find(
            "external_ids",
            {"issuer": issuer, "subject": {"$in": list(subjects)}},
            columns=frozenset({"subject", "person_id"}),
            deadline=deadline,
        )
        known: dict[str, list[PersonId]] = {subject: [] for subject in subjects}
        for name in found:
            known[name["subject"]].append(name["person_id"])
        return known

    @shared("people", columns=NAMES)
    async def people_by_ids(
        self, ids: Sequence[PersonId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[PersonId, Person]:
        """The person of each id, merged ones too: following `merged_to` is left to the caller."""
        return cast(
            "Mapping[PersonId, Person]",
            await self.source.by_ids("people", ids, columns=columns, deadline=deadline),
        )

    async def students_by_ids(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, Person]:
        """The person behind each student id, merged ones too: following `merged_to` is left to the caller."""
        return cast(
            "Mapping[StudentId, Person]",
            await self.source.by_ids("people", students, columns=columns, deadline=deadline, key="student_id"),
        )

    @shared("schools")
    async def schools_by_ids(
        self, ids: Sequence[SchoolId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, School]:
        """The school of each id."""
        return cast(
            "Mapping[SchoolId, School]",
            await self.source.by_ids("schools", ids, columns=columns, deadline=deadline),
        )

    async def guardianships_of_people(
        self, people: Sequence[PersonId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[PersonId, list[Guardianship]]:
        """All guardianships each person holds or held; which are in force is for the caller to say."""
        return cast(
            "Mapping[PersonId, list[Guardianship]]",
            await self.source.many_by(
                "guardianships", "person_id", people, order=_BY_ID, columns=columns, deadline=deadline
            ),
        )

    async def assignments_of_people(
        self, people: Sequence[PersonId], *, kind: AssignmentKind, columns: Columns, deadline: Deadline
    ) -> Mapping[PersonId, list[StaffAssignment]]:
        """All assignments of one *kind* each person holds or held; which are in force is for the caller to say."""
        where = {"kind": kind}
        return cast(
            "Mapping[PersonId, list[StaffAssignment]]",
            await self.source.many_by(
                "staff_assignments", "person_id", people, where=where, order=_BY_ID, columns=columns, deadline=deadline
            ),
        )

    async def students_in_classes(
        self, classes: Sequence[ClassId], *, on: Day, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, list[Person]]:
        """The students enrolled in each class on the day *on*, in no order."""
        return await self._members("enrolments", "class_id", classes, on=on, columns=columns, deadline=deadline)

    async def students_in_groups(
        self, groups: Sequence[GroupId], *, on: Day, columns: Columns, deadline: Deadline
    ) -> Mapping[GroupId, list[Person]]:
        """The members of each study group on the day *on*, in no order."""
        return await self._members("memberships", "group_id", groups, on=on, columns=columns, deadline=deadline)

    async def _members(
        self, place: str, key: str, keys: Sequence[Any], *, on: Day, columns: Columns, deadline: Deadline
    ) -> Mapping[Any, list[Any]]:
        ongoing = [{"ends_on": None}, {"ends_on": {"$gte": on}}]
        span = {key: {"$in": list(keys)}, "starts_on": {"$lte": on}, "$or": ongoing}
        found = await self.source.find(
            "people",
            {place: {"$elemMatch": span}, "merged_to": None},
            columns=with_columns(columns, place),
            deadline=deadline,
        )
        members: dict[Any, list[Any]] = {k: [] for k in keys}
        for student in found:
            for k in {s[key] for s in student[place] if in_force(s["starts_on"], s["ends_on"], on)} & members.keys():
                members[k].append(student)
        return members

    # What the graph asks.

    @shared("academic_years")
    async def years_of(
        self, schools: Sequence[SchoolId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[AcademicYear]]:
        """The academic years of each school, the latest first."""
        return await self.source.many_by(
            "academic_years",
            "school_id",
            schools,
            order=[("starts_on", DESCENDING), ("_id", ASCENDING)],
            columns=with_columns(columns, "starts_on", "ends_on", "name"),
            deadline=deadline,
        )

    @shared("classes")
    async def classes_by_ids(
        self, ids: Sequence[ClassId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, Class]:
        """The class of each id."""
        return await self.source.by_ids("classes", ids, columns=columns, deadline=deadline)

    async def classes_in(
        self,
        circles: Sequence[tuple[SchoolId, ...]],
        *,
        grade_level: int | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[SchoolId, ...], Page]:
        """The classes of each set of schools, by grade level and letter."""
        wheres = {own: {"school_id": {"$in": list(own)}, **given(grade_level=grade_level)} for own in circles}
        return await self.source.pages_of(
            "classes",
            wheres,
            order=_BY_NAME,
            paging=paging,
            columns=with_columns(columns, "school_id"),
            deadline=deadline,
        )

    @shared("groups")
    async def groups_by_ids(
        self, ids: Sequence[GroupId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[GroupId, Group]:
        """The study group of each id."""
        return await self.source.by_ids("groups", ids, columns=columns, deadline=deadline)

    @shared("groups")
    async def groups_of_classes(
        self, classes: Sequence[ClassId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, list[Group]]:
        """The study groups that students of each class may be in."""
        found: list[Any] = await self.source.find(
            "groups",
            {"class_ids": {"$in": list(classes)}},
            columns=with_columns(columns, "class_ids"),
            deadline=deadline,
            order=_BY_ID,
        )
        return {own: [group for group in found if own in group["class_ids"]] for own in classes}

    @shared("subjects")
    async def subjects_by_ids(
        self, ids: Sequence[SubjectId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SubjectId, Subject]:
        """The subject of each id."""
        return await self.source.by_ids("subjects", ids, columns=columns, deadline=deadline)

    async def people_in(
        self,
        circles: Sequence[Circle],
        *,
        search: str | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Circle, Page]:
        """The people of each circle whose names begin with the words of *search*, by name."""
        wheres = {circle: {**circle.condition(), **searched(search)} for circle in circles}
        return await self.source.pages_of(
            "people", wheres, order=_BY_NAME, paging=paging, columns=columns, deadline=deadline
        )

    async def guardianships_of_students(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, list[Guardianship]]:
        """All guardianships over each student, past and future ones too."""
        return await self.source.many_by(
            "guardianships", "student_id", students, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def assignments_of_classes(
        self, classes: Sequence[ClassId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, list[StaffAssignment]]:
        """Who teaches or leads each class as a whole."""
        return await self.source.many_by(
            "staff_assignments", "class_id", classes, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def assignments_of_groups(
        self, groups: Sequence[GroupId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[GroupId, list[StaffAssignment]]:
        """Who teaches each study group."""
        return await self.source.many_by(
            "staff_assignments", "group_id", groups, order=_BY_ID, columns=columns, deadline=deadline
        )


def audience_of(student: Person) -> Audience:
    """Whose lessons a student attends, with dates; needs the columns `AUDIENCE`."""
    return Audience(
        student["student_id"],
        tuple(Span(e["class_id"], e["starts_on"], e["ends_on"]) for e in student.get("enrolments", [])),
        tuple(Span(m["group_id"], m["starts_on"], m["ends_on"]) for m in student.get("memberships", [])),
    )


AUDIENCE: Final = ("student_id", "enrolments", "memberships")
"""The columns `audience_of` needs."""


def class_on(student: Person, day: str) -> ClassId | None:
    """The class a student is in on *day*: the primary one where he is in several."""
    own = [e for e in student.get("enrolments", []) if in_force(e["starts_on"], e["ends_on"], day)]
    own.sort(key=lambda enrolment: not enrolment["is_primary"])
    return own[0]["class_id"] if own else None


def in_force(first: str | None, last: str | None, day: str) -> bool:
    """Whether *day* lies between *first* and *last*, both inclusive; None is an open end."""
    return (first is None or first <= day) and (last is None or day <= last)
