"""The documents of the integrity checks: findings, and runs (F132 to F134)."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection
from connectors.mongo import Order
from connectors.vocabulary import PersonId, SchoolId


class IntegrityRule(StrEnum):
    """A rule that the data of a school are checked by."""

    ACCOUNT_SHARED = "ACCOUNT_SHARED"
    """One account of an identity provider is linked to several people, who cannot sign in by it."""

    CLASS_WITHOUT_TEACHER = "CLASS_WITHOUT_TEACHER"
    """A class that has students today has no class teacher."""

    DATES_REVERSED = "DATES_REVERSED"
    """Something ends before it begins, and is therefore never in force."""

    EMAIL_SHARED = "EMAIL_SHARED"
    """The e-mail address of a student is that of another student or of a parent."""

    ENROLMENTS_OVERLAP = "ENROLMENTS_OVERLAP"
    """A student has two main classes on one day."""

    FIELD_MISSING = "FIELD_MISSING"
    """A mandatory field is empty."""

    MARK_OUTSIDE_ENROLMENT = "MARK_OUTSIDE_ENROLMENT"
    """A mark is of a day on which the student was in no class."""

    MARK_OUT_OF_SCALE = "MARK_OUT_OF_SCALE"
    """The value of a mark is not on its scale."""

    MARK_REPEATED = "MARK_REPEATED"
    """A student has several marks of one kind in one subject on one day, of one lesson."""

    PARENT_WITHOUT_CHILD = "PARENT_WITHOUT_CHILD"
    """A parent has no child at the school today."""

    PERSON_TWICE = "PERSON_TWICE"
    """Two records have the same name and birth date, or the same СНИЛС."""

    REFERENCE_LOST = "REFERENCE_LOST"
    """Documents name another one that does not exist."""

    STUDENT_WITHOUT_CLASS = "STUDENT_WITHOUT_CLASS"
    """A student of the school is in no class and never was."""

    STUDENT_WITHOUT_GUARDIAN = "STUDENT_WITHOUT_GUARDIAN"
    """Nobody is responsible today for a student who is not of age."""


class IntegritySeverity(StrEnum):
    """How bad a finding is."""

    ERROR = "ERROR"
    """The data contradict themselves: somebody is shown something wrong, or nothing."""

    WARNING = "WARNING"
    """The data are probably wrong or incomplete; there may be a reason."""


class FindingState(StrEnum):
    """The state of a finding."""

    OPEN = "OPEN"
    """An administrator has to look at it."""

    ACCEPTED = "ACCEPTED"
    """An administrator has accepted it as it is, with a reason."""

    FIXED = "FIXED"
    """The last check no longer found it."""


class CheckState(StrEnum):
    """How far a run of the checks is."""

    WAITING = "WAITING"
    """Queued, and not started yet."""

    RUNNING = "RUNNING"
    """Running now."""

    DONE = "DONE"
    """Ended; the findings are up to date."""

    FAILED = "FAILED"
    """Broken off, for example because a database did not answer; what was found before is stored."""


class IntegrityFinding(TypedDict):
    """A violation of a rule.

    Its object may not exist, so that its ids are plain strings here: `doctor` must not count them as lost references.
    """

    _id: str
    school_id: SchoolId
    rule: IntegrityRule
    severity: IntegritySeverity
    state: FindingState
    object_id: str
    person_id: str | None  # whom the finding is about
    student_id: str | None  # the student whom the finding is about
    details: dict[str, str]  # what the sentence of the rule names; an accepted finding with others is open again
    first_seen_at: datetime
    last_seen_at: datetime
    fixed_at: datetime | None
    accepted_at: datetime | None
    accepted_by_id: PersonId | None
    reason: str | None
    version: int


class CheckRun(TypedDict):
    """A run of the checks over one school."""

    _id: str
    school_id: SchoolId
    state: CheckState
    is_unfinished: NotRequired[bool]  # true until it ends, and absent then
    requested_at: datetime
    requested_by_id: PersonId | None  # None: the daily job
    started_at: datetime | None
    ended_at: datetime | None
    open_count: int | None  # findings that were open when it ended
    fixed_count: int | None  # findings that were no longer found


IN_ORDER: Final[Order] = [("severity", ASCENDING), ("first_seen_at", DESCENDING), ("_id", ASCENDING)]
FINDINGS: Final = Collection(
    "findings",
    IntegrityFinding,
    indexes=[
        IndexModel([("school_id", ASCENDING), ("state", ASCENDING), *IN_ORDER]),
        IndexModel([("school_id", ASCENDING), *IN_ORDER]),
    ],
)
CHECK_RUNS: Final = Collection(
    "runs",
    CheckRun,
    indexes=[
        IndexModel([("school_id", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel(
            [("school_id", ASCENDING)],
            name="one_unfinished",
            unique=True,
            partialFilterExpression={"is_unfinished": True},
        ),
    ],
)
