"""Reads of the directory."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from connectors.declarations import BY_ID, Connector, Read, by_ids, equal_to_arguments, many
from connectors.directory.consents import ConsentRules
from connectors.directory.documents import (
    ACADEMIC_YEARS,
    CLASSES,
    CONSENTS,
    EMAIL_CONFIRMATIONS,
    EXTERNAL_IDS,
    GROUPS,
    GUARDIANSHIPS,
    INVITATIONS,
    NAMES,
    PEOPLE,
    REGISTRATIONS,
    SCHOOLS,
    STAFF_ASSIGNMENTS,
    SUBJECTS,
    AcademicYear,
    Class,
    Consent,
    EmailConfirmation,
    Group,
    Guardianship,
    Person,
    Registration,
    School,
    StaffAssignment,
    Subject,
    in_force,
)
from connectors.directory.imports import PIECES, RUNS, STATES
from connectors.directory.merges import MAX_MERGES, survivor_among
from connectors.directory.people_filter import PeopleFilter, search_conditions
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.leases import LEASES
from connectors.mongo import Deadline, Order, with_columns, without_none
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import ClassId, Columns, Day, GroupId, Page, Paging, PersonId, SchoolId, StudentId, SubjectId

_BY_NAME: Final[Order] = [("sort_name", ASCENDING), ("_id", ASCENDING)]
_BY_GIVING: Final[Order] = [("given_at", ASCENDING), ("_id", ASCENDING)]
_REPRESENTATIVES_FIRST: Final[Order] = [
    ("is_legal_representative", DESCENDING),
    ("relation", ASCENDING),
    ("valid_from", ASCENDING),
    ("_id", ASCENDING),
]


class Directory(Connector):
    """Reads of the directory."""

    collections = (
        SCHOOLS,
        ACADEMIC_YEARS,
        PEOPLE,
        GUARDIANSHIPS,
        CLASSES,
        GROUPS,
        SUBJECTS,
        STAFF_ASSIGNMENTS,
        EXTERNAL_IDS,
        REGISTRATIONS,
        INVITATIONS,
        EMAIL_CONFIRMATIONS,
        CONSENTS,
        RUNS,
        STATES,
        PIECES,
        LEASES,
        SNAPSHOTS,
        FACTS,
        KEYS,
    )

    confirmation_key: bytes = b""
    """The secret key from which the codes of letters follow; empty where there is none."""
    sends_letters: bool = False
    """Whether people get letters by which they confirm their addresses."""
    consent_rules: ConsentRules = ConsentRules()
    """The texts to which families consent."""

    # What auth reads: who a viewer is, and whom they may read.

    async def people_known_as(
        self, subjects: Sequence[str], *, issuer: str, deadline: Deadline
    ) -> Mapping[str, list[PersonId]]:
        """The people whom *issuer* knows under each of the *subjects*: normally one, none is an empty list."""
        found = await self.source.find(
            EXTERNAL_IDS.name,
            {"issuer": issuer, "subject": {"$in": list(subjects)}},
            columns=frozenset({"subject", "person_id"}),
            deadline=deadline,
        )
        known: dict[str, list[PersonId]] = {subject: [] for subject in subjects}
        for name in found:
            known[name["subject"]].append(name["person_id"])
        return known

    people_by_ids: Read[PersonId, Person] = by_ids(PEOPLE, cached=NAMES)
    """The person of each id, merged ones too: following `merged_to` is left to the caller."""

    students_by_ids: Read[StudentId, Person] = by_ids(PEOPLE, key="student_id")
    """The person behind each student id, merged ones too: following `merged_to` is left to the caller."""

    async def survivors_by_ids(
        self, keys: Sequence[PersonId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[PersonId, Person]:
        """The person of each id, or whom they were merged into, by one command however many merges lead there.

        It is for ids that a client names: the number of commands must not tell who was merged.
        """
        return await self._survivors("_id", keys, columns, deadline)

    async def survivors_of_students(
        self, keys: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, Person]:
        """The person behind each student id, or whom they were merged into, as `survivors_by_ids` finds them."""
        return await self._survivors("student_id", keys, columns, deadline)

    async def _survivors(self, key: str, keys: Sequence[Any], columns: Columns, deadline: Deadline) -> dict[Any, Any]:
        shown = columns | {"_id", "merged_to", key}
        merges = {
            "from": PEOPLE.name,
            "startWith": "$merged_to",
            "connectFromField": "merged_to",
            "connectToField": "_id",
            "maxDepth": MAX_MERGES - 1,
            "as": "into",
        }
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {key: {"$in": sorted(set(keys))}}},
            {"$graphLookup": merges},
            {"$project": {**dict.fromkeys(shown, 1), **{f"into.{column}": 1 for column in shown}}},
        ]
        rows = await self.source.aggregate(PEOPLE.name, pipeline, deadline=deadline)
        return {row[key]: survivor_among(row, row.pop("into")) for row in rows}

    students_at: Read[SchoolId, list[Person]] = many(
        PEOPLE, by="school_id", where=lambda _: {"student_id": {"$exists": True}, "merged_to": None}
    )
    """The students of each school today, in no order."""

    schools_by_ids: Read[SchoolId, School] = by_ids(SCHOOLS, cached=True)
    """The school of each id."""

    guardianships_of_people: Read[PersonId, list[Guardianship]] = many(GUARDIANSHIPS, by="person_id", order=BY_ID)
    """All guardianships each person holds or held; which are in force is for the caller to say."""

    assignments_of_people: Read[PersonId, list[StaffAssignment]] = many(
        STAFF_ASSIGNMENTS, by="person_id", order=BY_ID, where=equal_to_arguments("kind")
    )
    """All assignments of one *kind* each person holds or held; which are in force is for the caller to say."""

    every_assignment_of_people: Read[PersonId, list[StaffAssignment]] = many(
        STAFF_ASSIGNMENTS, by="person_id", order=BY_ID
    )
    """All assignments of every kind that each person holds or held."""

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

    async def members_of(
        self, places: Sequence[tuple[ClassId | GroupId, bool]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[ClassId | GroupId, bool], list[Person]]:
        """The people who are or ever were in each class or study group, ordered by name.

        A place is an id with whether it is that of a study group.
        """
        classes = [own for own, is_group in places if not is_group]
        groups = [own for own, is_group in places if is_group]
        found = await self.source.find(
            PEOPLE.name,
            {
                "merged_to": None,
                "$or": [{"enrolments.class_id": {"$in": classes}}, {"memberships.group_id": {"$in": groups}}],
            },
            columns=with_columns(columns, "enrolments", "memberships", "sort_name"),
            deadline=deadline,
            order=_BY_NAME,
        )
        members: dict[tuple[ClassId | GroupId, bool], list[Any]] = {place: [] for place in places}
        for person in found:
            own = {(span["class_id"], False) for span in person.get("enrolments", ())}
            own |= {(span["group_id"], True) for span in person.get("memberships", ())}
            for place in own & members.keys():
                members[place].append(person)
        return members

    async def _members(
        self, place: str, key: str, keys: Sequence[Any], *, on: Day, columns: Columns, deadline: Deadline
    ) -> Mapping[Any, list[Any]]:
        if not keys:
            return {}
        ongoing = [{"ends_on": None}, {"ends_on": {"$gte": on}}]
        span = {key: {"$in": list(keys)}, "starts_on": {"$lte": on}, "$or": ongoing}
        found = await self.source.find(
            PEOPLE.name,
            {place: {"$elemMatch": span}, "merged_to": None},
            columns=with_columns(columns, place),
            deadline=deadline,
        )
        members: dict[Any, list[Any]] = {k: [] for k in keys}
        for student in found:
            for k in {s[key] for s in student[place] if in_force(s["starts_on"], s["ends_on"], on)} & members.keys():
                members[k].append(student)
        return members

    consents_of_people: Read[PersonId, list[Consent]] = many(
        CONSENTS, by="person_id", order=_BY_GIVING, where=lambda _: {"withdrawn_at": None}
    )
    """The consents in force for each person, in the order in which they were given."""

    consents_of_students: Read[StudentId, list[Consent]] = many(
        CONSENTS, by="student_id", order=_BY_GIVING, where=lambda _: {"withdrawn_at": None}
    )
    """The consents in force for each student, in the order in which they were given."""

    # What the graph asks.

    years_of: Read[SchoolId, list[AcademicYear]] = many(
        ACADEMIC_YEARS,
        by="school_id",
        order=[("starts_on", DESCENDING), ("_id", ASCENDING)],
        needs=("starts_on", "ends_on", "name"),
        cached=True,
    )
    """The academic years of each school, the latest first."""

    classes_by_ids: Read[ClassId, Class] = by_ids(CLASSES, cached=True)
    """The class of each id."""

    async def classes_in(
        self,
        school_sets: Sequence[tuple[SchoolId, ...]],
        *,
        grade_level: int | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[SchoolId, ...], Page]:
        """The classes of each set of schools, by grade level and letter."""
        wheres = {
            own: {"school_id": {"$in": list(own)}, **without_none(grade_level=grade_level)} for own in school_sets
        }
        return await self.source.pages_of(
            CLASSES.name,
            wheres,
            order=_BY_NAME,
            paging=paging,
            columns=with_columns(columns, "school_id"),
            deadline=deadline,
        )

    groups_by_ids: Read[GroupId, Group] = by_ids(GROUPS, cached=True)
    """The study group of each id."""

    groups_of_classes: Read[ClassId, list[Group]] = many(GROUPS, by="class_ids", order=BY_ID, cached=True)
    """The study groups that students of each class may be in."""

    subjects_of: Read[SchoolId, list[Subject]] = many(SUBJECTS, by="school_id", cached=True)
    """The subjects of each school, in no order."""

    subjects_by_ids: Read[SubjectId, Subject] = by_ids(SUBJECTS, cached=True)
    """The subject of each id."""

    async def people_in(
        self,
        filters: Sequence[PeopleFilter],
        *,
        search: str | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[PeopleFilter, Page]:
        """The people whom each filter lets through and whose names begin with the words of *search*, by name."""
        names = search_conditions(search)
        wheres = {own: {"$and": [own.condition(), *names]} if names else own.condition() for own in filters}
        return await self.source.pages_of(
            "people", wheres, order=_BY_NAME, paging=paging, columns=columns, deadline=deadline
        )

    guardianships_at: Read[SchoolId, list[Guardianship]] = many(GUARDIANSHIPS, by="school_id", order=BY_ID)
    """All guardianships of the students of each school; which are in force is for the caller to say."""

    guardianships_of_students: Read[StudentId, list[Guardianship]] = many(
        GUARDIANSHIPS, by="student_id", order=_REPRESENTATIVES_FIRST
    )
    """All guardianships over each student, past and future ones too: legal representatives first, then by relation."""

    registrations_by_numbers: Read[str, Registration] = by_ids(REGISTRATIONS)
    """The pending registration under each number."""

    email_confirmations_of: Read[PersonId, EmailConfirmation] = by_ids(EMAIL_CONFIRMATIONS, key="person_id")
    """The address that each person has yet to confirm, expired ones too."""

    email_confirmations_by_ids: Read[str, EmailConfirmation] = by_ids(EMAIL_CONFIRMATIONS)
    """Each request to confirm an address, expired ones too."""

    assignments_of_classes: Read[ClassId, list[StaffAssignment]] = many(STAFF_ASSIGNMENTS, by="class_id", order=BY_ID)
    """Who teaches or leads each class as a whole."""

    assignments_of_groups: Read[GroupId, list[StaffAssignment]] = many(STAFF_ASSIGNMENTS, by="group_id", order=BY_ID)
    """Who teaches each study group."""
