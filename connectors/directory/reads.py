"""Reads of the directory."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from pymongo import ASCENDING, DESCENDING

from connectors.directory.circles import Circle, searched
from connectors.directory.documents import (
    NAMES,
    AcademicYear,
    AssignmentKind,
    Class,
    Group,
    Guardianship,
    Person,
    School,
    StaffAssignment,
    Subject,
    in_force,
)
from connectors.ids import (
    ClassId,
    Columns,
    Day,
    GroupId,
    Page,
    Paging,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
)
from connectors.mongo import Deadline, Order, Source, given, with_columns
from connectors.shared import shared

_BY_ID: Final[Order] = [("_id", ASCENDING)]


_BY_NAME: Final[Order] = [("sort_name", ASCENDING), ("_id", ASCENDING)]


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
    async def subjects_of(
        self, schools: Sequence[SchoolId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[Subject]]:
        """The subjects of each school, in no order."""
        return await self.source.many_by("subjects", "school_id", schools, order=(), columns=columns, deadline=deadline)

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
        names = searched(search)
        wheres = {circle: {"$and": [circle.condition(), *names]} if names else circle.condition() for circle in circles}
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
