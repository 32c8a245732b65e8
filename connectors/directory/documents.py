"""The documents of the directory, their collections, and what follows from one document."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, IndexModel
from pymongo.collation import Collation, CollationStrength

from connectors.audience import Audience, Span
from connectors.declarations import Collection
from connectors.vocabulary import ClassId, Columns, GroupId, PersonId, SchoolId, StudentId, SubjectId


class SchoolKind(StrEnum):
    """The kind of a school."""

    SCHOOL = "SCHOOL"
    """A school (школа)."""

    COLLEGE = "COLLEGE"
    """A college (колледж)."""


class AverageKind(StrEnum):
    """Which average a school shows as its own (средний балл)."""

    SIMPLE = "SIMPLE"
    """The sum of the marks divided by their number."""

    WEIGHTED = "WEIGHTED"
    """Each mark counts with its weight (средневзвешенный балл)."""


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
    asks_for_ticks: NotRequired[bool]  # see `asks_for_ticks`
    acknowledges_from: NotRequired[int]  # see `acknowledges_from`
    marks_within_days: NotRequired[int]  # see `marks_within_days`
    periods_close_after_days: NotRequired[int]  # see `periods_close_after_days`
    families_write_to_each_other: NotRequired[bool]  # parents and students of different families, see F117
    region: NotRequired[str | None]  # "Пермский край"
    municipality: NotRequired[str | None]  # "Пермский муниципальный округ"


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
    source: NotRequired[str]  # the issuer whose import wrote it; absent: entered by hand


class Membership(TypedDict):
    """A student's place in a study group; *ends_on* None while it lasts."""

    group_id: GroupId
    starts_on: str
    ends_on: str | None
    source: NotRequired[str]  # the issuer whose import wrote it; absent: entered by hand


class Post(TypedDict):
    """A role that a member of staff holds at one school, from and to a day inclusive; None is an open end."""

    role: str  # a name of auth.viewer.Role
    school_id: SchoolId
    starts_on: str | None
    ends_on: str | None
    source: NotRequired[str]  # the issuer whose import wrote it; absent: entered by hand


class Person(TypedDict):
    """A person known to the school. A student is a person with a `student_id`, and holds their own enrolments."""

    _id: PersonId
    display_name: str
    family_name: str
    given_name: str
    patronymic: str | None
    sort_name: str  # see `names.sort_name`
    name_tokens: list[str]  # see `names.name_tokens`
    birth_date: NotRequired[str | None]
    email: NotRequired[str | None]
    unconfirmed_email: NotRequired[str]  # an address that the person entered and nobody has confirmed
    phone: NotRequired[str | None]
    snils: NotRequired[str | None]  # eleven digits; by it a provider's account is recognised, and nobody reads it
    roles: list[str]  # names of auth.viewer.Role; of those that `posts` names, the dates are there
    posts: NotRequired[list[Post]]  # absent: the roles hold undated, at all of `school_ids`
    school_ids: list[SchoolId]  # a parent's are those of their children
    merged_to: NotRequired[PersonId]  # a duplicate that was merged: follow the pointer (trap T20)
    version: NotRequired[int]  # how often the person's own data were changed here
    erased_at: NotRequired[datetime]  # when name and details were erased; an import does not bring them back
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
    source: NotRequired[str]  # the issuer whose import wrote it; absent: entered by hand


class FormerName(TypedDict):
    """A name that a class had until the day *ends_on*, inclusive: 6А until 31 August."""

    name: str
    ends_on: str


class Class(TypedDict):
    _id: ClassId
    school_id: SchoolId
    name: str
    former_names: NotRequired[list[FormerName]]  # the oldest first
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
    source: NotRequired[str]  # the issuer whose import wrote it; absent: entered by hand


class ExternalId(TypedDict):
    """A sign-in name by which an identity provider knows a person. Signing in is refused where two people share it."""

    _id: str
    issuer: str
    subject: str
    person_id: PersonId
    linked_at: NotRequired[datetime]  # absent: an import wrote it
    linked_by_id: NotRequired[PersonId]  # who entered a registration number; absent: nobody had to
    evidence: NotRequired[str]  # a name of Evidence
    source: NotRequired[str]  # the issuer whose import wrote it and may take it away; absent: nobody takes it away


class Evidence(StrEnum):
    """By what an account of an identity provider was linked to a person."""

    SNILS = "SNILS"
    """The provider confirms the СНИЛС, which one person alone has."""

    NAME_BIRTH_DATE_EMAIL = "NAME_BIRTH_DATE_EMAIL"
    """The provider confirms full name, birth date and e-mail address, which together one person alone has."""

    REGISTRATION_NUMBER = "REGISTRATION_NUMBER"
    """A class teacher entered the number that the screen had shown to the person."""

    INVITATION_CODE = "INVITATION_CODE"
    """The person entered a code that the school had issued for a student, or for a parent of one."""


class InvitationAudience(StrEnum):
    """For whom an invitation code is."""

    PARENT = "PARENT"
    """One more adult, who becomes a parent of the student here."""

    STUDENT = "STUDENT"
    """The student, whose account it becomes by which the code is entered."""


class Registration(TypedDict):
    """An account that the school does not know yet, under the number that its owner tells the class teacher (F14)."""

    _id: str  # the registration number
    issuer: str
    subject: str
    display_name: str | None  # as the provider says
    birth_date: str | None  # likewise
    expires_at: datetime


class Invitation(TypedDict):
    """The code by which a student, or one more adult as a parent of the student, comes in here (F16, F22).

    A used one is deleted.
    """

    _id: str
    code_hash: str  # see `invitation_codes.hash_of`
    school_id: SchoolId
    student_id: StudentId
    audience: str  # a name of InvitationAudience
    relation: str | None  # of a parent; None for a student
    is_legal_representative: bool
    expires_at: datetime


class EmailConfirmation(TypedDict):
    """An e-mail address that a person wants to have, until they enter the code of the letter (F24); one a person."""

    _id: str
    person_id: PersonId
    email: str
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None  # None: the letter waits
    is_refused: bool  # whether the mail server will never take the letter


class Consent(TypedDict):
    """A consent to one version of a text, for a student or for a parent (F13, F30).

    A withdrawn one stays, as the proof of what was allowed until then.
    """

    _id: str
    person_id: PersonId  # for whom
    student_id: NotRequired[StudentId]  # the same person, if it is a student
    text: str  # its name in the settings
    version: str
    given_by_id: PersonId
    given_at: datetime
    withdrawn_by_id: PersonId | None
    withdrawn_at: datetime | None  # None: the consent is in force


_STUDENTS: Final = {"student_id": {"$exists": True}}


_BY_NAME: Final = [("sort_name", ASCENDING), ("_id", ASCENDING)]

IGNORES_CASE: Final = Collation("en", strength=CollationStrength.SECONDARY)
"""Compares e-mail addresses: whether letters are capital makes no difference."""

SCHOOLS: Final = Collection("schools", School)
ACADEMIC_YEARS: Final = Collection(
    "academic_years", AcademicYear, indexes=[IndexModel([("school_id", ASCENDING), ("starts_on", ASCENDING)])]
)
PEOPLE: Final = Collection(
    "people",
    Person,
    indexes=[
        IndexModel([("student_id", ASCENDING)], unique=True, partialFilterExpression=_STUDENTS),
        IndexModel([("school_id", ASCENDING), *_BY_NAME], partialFilterExpression=_STUDENTS),
        IndexModel([("enrolments.class_id", ASCENDING), *_BY_NAME]),
        IndexModel([("memberships.group_id", ASCENDING), *_BY_NAME]),
        IndexModel([("school_ids", ASCENDING), *_BY_NAME]),
        IndexModel([("name_tokens", ASCENDING)]),
        IndexModel([("snils", ASCENDING)], partialFilterExpression={"snils": {"$type": "string"}}),
        IndexModel(
            [("email", ASCENDING)], collation=IGNORES_CASE, partialFilterExpression={"email": {"$type": "string"}}
        ),
    ],
    alternate_key="student_id",
)
GUARDIANSHIPS: Final = Collection(
    "guardianships",
    Guardianship,
    indexes=[
        IndexModel([("person_id", ASCENDING), ("student_id", ASCENDING)]),
        IndexModel([("student_id", ASCENDING)]),
        IndexModel([("school_id", ASCENDING)]),
    ],
)
CLASSES: Final = Collection("classes", Class, indexes=[IndexModel([("school_id", ASCENDING), *_BY_NAME])])
GROUPS: Final = Collection(
    "groups", Group, indexes=[IndexModel([("class_ids", ASCENDING)]), IndexModel([("school_id", ASCENDING)])]
)
SUBJECTS: Final = Collection("subjects", Subject, indexes=[IndexModel([("school_id", ASCENDING), ("name", ASCENDING)])])
STAFF_ASSIGNMENTS: Final = Collection(
    "staff_assignments",
    StaffAssignment,
    indexes=[
        IndexModel([("person_id", ASCENDING)]),
        IndexModel([("class_id", ASCENDING)]),
        IndexModel([("group_id", ASCENDING)]),
        IndexModel([("school_id", ASCENDING)]),
    ],
)
EXTERNAL_IDS: Final = Collection(
    "external_ids",
    ExternalId,
    indexes=[IndexModel([("issuer", ASCENDING), ("subject", ASCENDING)]), IndexModel([("person_id", ASCENDING)])],
)
REGISTRATIONS: Final = Collection(
    "registrations",
    Registration,
    indexes=[
        IndexModel([("issuer", ASCENDING), ("subject", ASCENDING)], unique=True),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)
INVITATIONS: Final = Collection(
    "invitations",
    Invitation,
    indexes=[
        IndexModel([("code_hash", ASCENDING)], unique=True),
        IndexModel([("student_id", ASCENDING), ("audience", ASCENDING)], unique=True),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)


EMAIL_CONFIRMATIONS: Final = Collection(
    "email_confirmations",
    EmailConfirmation,
    indexes=[
        IndexModel([("person_id", ASCENDING)], unique=True),
        IndexModel([("sent_at", ASCENDING), ("requested_at", ASCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)


CONSENTS: Final = Collection(
    "consents",
    Consent,
    indexes=[
        IndexModel([("person_id", ASCENDING)]),
        IndexModel([("student_id", ASCENDING)], partialFilterExpression=_STUDENTS),
    ],
)


NAMES: Final[Columns] = frozenset(
    {"_id", "display_name", "family_name", "given_name", "patronymic", "sort_name", "merged_to"}
)
"""The columns of a person that the shared cache may hold, since everybody may see them; it never holds others."""


def acknowledges_from(school: School) -> int:
    """The ISO weekday from which parents may acknowledge the diary of the running week; 8: only once it is over.

    Friday where the school says nothing, as the Moscow and Karelian diaries have it (F51).
    """
    return school.get("acknowledges_from", 5)


def asks_for_ticks(school: School) -> bool:
    """Whether homework neither ticked off nor handed in by its day is late at the school; by default it is not."""
    return bool(school.get("asks_for_ticks"))


def marks_within_days(school: School) -> int | None:
    """For how many days after its own day a mark may be entered or changed; None until its period closes (T22)."""
    return school.get("marks_within_days")


def periods_close_after_days(school: School) -> int:
    """How many days after its end an attestation period closes: from then on its marks stay as they are.

    A week where the school says nothing: reports are written in that time.
    """
    return school.get("periods_close_after_days", 7)


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
    """The class a student is in on *day*: the primary one where there are several; None where there is none."""
    own = [e for e in student.get("enrolments", []) if in_force(e["starts_on"], e["ends_on"], day)]
    own.sort(key=lambda enrolment: not enrolment["is_primary"])
    return own[0]["class_id"] if own else None


def posts_of(person: Person, role: str) -> list[Post]:
    """The posts on which a role of a member of staff depends; none where the role holds undated.

    A class teacher for whom no such post is recorded depends on the posts of a teacher.
    """
    own = [post for post in person.get("posts") or () if post["role"] == role]
    return posts_of(person, "TEACHER") if not own and role == "CLASS_TEACHER" else own


def in_force(first: str | None, last: str | None, day: str) -> bool:
    """Whether *day* lies between *first* and *last*, both inclusive; None is an open end."""
    return (first is None or first <= day) and (last is None or day <= last)
