"""Ids, days and pages: the vocabulary that every connector shares.

Every `_id` is a string that begins with the prefix of its type (`per_`, `mrk_`, ...). The stored id is therefore the
public id of the graph: nothing encodes or decodes it on the way, and the prefix alone says which type it names.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, NewType

AchievementId = NewType("AchievementId", str)
AchievementTypeId = NewType("AchievementTypeId", str)
AnnouncementId = NewType("AnnouncementId", str)
ClassId = NewType("ClassId", str)
ConversationId = NewType("ConversationId", str)
CourseId = NewType("CourseId", str)
Day = NewType("Day", str)
FileId = NewType("FileId", str)
GradeScaleId = NewType("GradeScaleId", str)
GroupId = NewType("GroupId", str)
HomeworkId = NewType("HomeworkId", str)
LessonId = NewType("LessonId", str)
MarkId = NewType("MarkId", str)
MessageId = NewType("MessageId", str)
PeriodId = NewType("PeriodId", str)
PersonId = NewType("PersonId", str)
PublicId = NewType("PublicId", str)
SchoolId = NewType("SchoolId", str)
ServiceId = NewType("ServiceId", str)
StudentId = NewType("StudentId", str)
SubjectId = NewType("SubjectId", str)
TestId = NewType("TestId", str)
TimeOfDay = NewType("TimeOfDay", str)
WorkId = NewType("WorkId", str)
WorkKindId = NewType("WorkKindId", str)

PREFIXES: Final[Mapping[str, str]] = {
    "AbsenceNotice": "abn",
    "AcademicYear": "yr",
    "Achievement": "ach",
    "Account": "acc",
    "AchievementType": "act",
    "Acknowledgement": "ack",
    "Announcement": "ann",
    "AttendanceRecord": "att",
    "AttestationDebt": "dbt",
    "AttestationPeriod": "apd",
    "AuditEvent": "aud",
    "BellSchedule": "bel",
    "CalendarFeed": "fed",
    "CalendarPeriod": "cal",
    "Class": "cls",
    "Consent": "cns",
    "Conversation": "cnv",
    "CourseChoice": "chc",
    "CoursePeriod": "cpd",
    "Curriculum": "cur",
    "EmailConfirmation": "emc",
    "Export": "xpt",
    "ExportPiece": "xpp",
    "ExternalId": "ext",
    "File": "fil",
    "FinalGrade": "fin",
    "GradeReview": "grv",
    "GradeScale": "scl",
    "Group": "grp",
    "Guardianship": "gua",
    "Holiday": "hol",
    "Homework": "hw",
    "IntegrityFinding": "itf",
    "IntegrityRun": "itr",
    "Invitation": "inv",
    "Lesson": "les",
    "LoggedQuestion": "qst",
    "Mark": "mrk",
    "Message": "msg",
    "MessageReport": "mrp",
    "ModuleCourse": "crs",
    "Notification": "ntf",
    "NotificationLetter": "ntl",
    "Person": "per",
    "QueryKey": "qky",
    "Remark": "rem",
    "School": "sch",
    "SchoolEvent": "evt",
    "Service": "srv",
    "ServiceInvoice": "sin",
    "ServiceSubscription": "ssb",
    "StaffAssignment": "stf",
    "Student": "stu",
    "Subject": "sub",
    "Submission": "sbm",
    "TeacherComment": "com",
    "Test": "tst",
    "TestAssignment": "tas",
    "TestAttempt": "tat",
    "TestOption": "top",
    "TestQuestion": "tqu",
    "Work": "wrk",
    "WorkKind": "wkd",
    "WorkProgramme": "prg",
}
"""The prefix of each type's ids."""

TYPES: Final[Mapping[str, str]] = {prefix: name for name, prefix in PREFIXES.items()}


def mint(kind: str, *key: object) -> str:
    """The id of the *kind* object that *key* names in its source: the same key gives the same id, always.

    80 bits of BLAKE2b over the kind and the parts of the key, so that an import can be repeated and no id can be
    guessed from another.
    """
    digest = hashlib.blake2b("\x1f".join([kind, *map(str, key)]).encode(), digest_size=10).digest()
    return f"{PREFIXES[kind]}_{base64.b32encode(digest).decode().lower()}"


def kind_of(public_id: str) -> str | None:
    """The name of the type whose id this is; None when the prefix is no known one."""
    return TYPES.get(public_id.partition("_")[0])


def of_student(shared_id: str, student: StudentId) -> str:
    """The id of a student's own view of a shared object, such as a lesson, homework or a test."""
    return f"{shared_id}.{student}"


def as_of_student(shared: Mapping[str, Any], student: StudentId, key: str) -> Any:
    """A shared document as that of one student: `_id` is the student's own id, the shared id stands under *key*."""
    shared_id = shared["_id"]
    return {**shared, "_id": f"{shared_id}.{student}", key: shared_id, "student_id": student}


def shared_and_student(public_id: str) -> tuple[str, StudentId] | None:
    """The two parts of an id made by `of_student`; None for any other id."""
    shared, dot, student = public_id.partition(".")
    return (shared, StudentId(student)) if dot and kind_of(student) == "Student" else None


def version_of(document: Mapping[str, Any]) -> int:
    """How often a document was changed since it was made; 0 for one that an import wrote and nobody changed."""
    return int(document.get("version", 0))


class Days(NamedTuple):
    """A closed range of school days, ISO strings."""

    first: str
    last: str

    def __contains__(self, day: object) -> bool:
        return isinstance(day, str) and self.first <= day <= self.last


def spanning(ranges: Iterable[Days]) -> Days:
    """The range from the earliest to the latest day of at least one range."""
    firsts, lasts = zip(*ranges, strict=True)
    return Days(min(firsts), max(lasts))


class Paging(NamedTuple):
    """How much of a list is wanted: *first* objects, behind the place that *after* holds the sort values of."""

    first: int
    after: tuple[Any, ...] | None
    looks_on: bool = True
    """Whether the page says if more follow."""
    is_before: bool = False
    """Whether the objects wanted are those up to the place, itself included, instead of those behind it."""

    @property
    def limit(self) -> int:
        """How many objects to read: *first*, and one more where it is to be known if more follow."""
        return self.first + self.looks_on


COUNT: Final = Paging(0, None)
"""Not a page at all: only how many there are."""


class Page(NamedTuple):
    """A slice of a longer list; *total* only where the paging was `COUNT`."""

    nodes: list[Any]
    has_next: bool
    """False where the paging did not look on."""
    total: int | None = None


def before(paging: Paging) -> Paging:
    """The paging that finds one object, if there is any, before the page that *paging* asks for."""
    return Paging(1, paging.after, looks_on=False, is_before=True)


Columns = frozenset[str]
"""Names of the document keys a caller needs; they become the projection."""
