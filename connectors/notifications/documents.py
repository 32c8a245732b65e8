"""Notifications: what happened that a student or a parent is told of, who has read it, and who wants to be told what.

A notification says what kind of thing happened and names the object; it holds no value and no text of it, so that
whoever opens it sees what they may see then.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection
from connectors.mongo import Order
from connectors.vocabulary import Day, PersonId, SchoolId, StudentId


class NotificationKind(StrEnum):
    """The kinds of events that people are notified of."""

    MARK = "MARK"
    """A mark was given, or changed."""

    FINAL_GRADE = "FINAL_GRADE"
    """A final grade was set, or changed."""

    ATTENDANCE = "ATTENDANCE"
    """The student was absent, or late."""

    # Teachers' remarks are of this kind too: not even the name of another one may tell students of them.
    COMMENT = "COMMENT"
    """A teacher wrote about the student."""

    # Tests are of this kind too, of which parents are not to know.
    HOMEWORK = "HOMEWORK"
    """Homework or other work was set, or changed."""

    LESSON_CHANGE = "LESSON_CHANGE"
    """A lesson was moved, cancelled, substituted or otherwise changed."""

    ANNOUNCEMENT = "ANNOUNCEMENT"
    """An announcement was published."""

    ABSENCE_NOTICE = "ABSENCE_NOTICE"
    """A notice of absence was confirmed or rejected; parents alone are told."""

    CONTROL_WORK = "CONTROL_WORK"
    """A control work is near."""

    ABSENCES = "ABSENCES"
    """The student was absent without a valid reason more often within a month than the school tolerates; parents alone
    are told."""


class NotificationChannel(StrEnum):
    """The ways by which people are notified."""

    INBOX = "INBOX"
    """The list `notifications`."""

    EMAIL = "EMAIL"
    """A letter to the e-mail address of the profile: it says of which kinds there is something new, and no more."""


class LetterLanguage(StrEnum):
    """The languages of letters."""

    RU = "RU"
    """Russian."""

    EN = "EN"
    """English."""


class Notification(TypedDict):
    """A notification of one person in one role: one of each cause and student, however often it changes."""

    _id: str  # see `notification_id`
    school_id: SchoolId
    owner: str  # see `inbox_owner`
    person_id: PersonId
    role: str  # a name of auth.viewer.Role
    kind: NotificationKind
    at: datetime  # when it last happened
    cause_id: str  # the document that was changed; once it is gone, so is the notification
    object_id: str | None  # the public id of the object that clients show
    right_id: str  # the student, class, study group or school by which the person may read it
    student_id: StudentId | None
    is_read: bool
    expires_at: datetime
    letter_due_at: NotRequired[datetime]  # when a letter is to be written about it; absent: about it none waits


class QuietHours(TypedDict):
    """The hours in which no letter is sent, by the clocks of the person's time zone; they may go over midnight."""

    starts_at: str  # "21:00"
    ends_at: str


class DigestFrequency(StrEnum):
    """How often a digest is sent."""

    DAILY = "DAILY"
    """On every day, about one day: that day, or the day before where the digest is sent before 15:00."""

    WEEKLY = "WEEKLY"
    """On one day of the week, about the seven days until then."""


class Digest(TypedDict):
    """When a person gets digests."""

    frequency: DigestFrequency
    weekday: int | None  # 1 is Monday; None for daily ones
    at: str  # "18:00", by the clocks of the time zone
    time_zone: str  # IANA


class NotificationSettings(TypedDict):
    """By which channels a person in one role is told of which events; kinds that are missing have the defaults."""

    _id: str  # see `inbox_owner`
    person_id: PersonId
    role: str
    channels: NotRequired[dict[str, list[NotificationChannel]]]  # by the name of the kind
    quiet_hours: NotRequired[QuietHours | None]  # None: there are none; absent: `DEFAULT_QUIET_HOURS`
    language: NotRequired[LetterLanguage]  # absent: the default language of the gateway
    time_zone: NotRequired[str | None]  # IANA; None or absent: that of the person's school
    digest: NotRequired[Digest]
    digest_due_at: NotRequired[datetime]  # when the next digest is due; absent where there is none


class LetterState(StrEnum):
    """How far a letter is."""

    WAITING = "WAITING"
    SENT = "SENT"
    DROPPED = "DROPPED"  # there was nothing left to tell, or nobody to tell it to
    DEAD = "DEAD"  # it could not be delivered


class DigestDays(TypedDict):
    """The first and the last of the days that a digest is about."""

    first: Day
    last: Day


class NotificationLetter(TypedDict):
    """A letter to one person about several notifications, or a digest."""

    _id: str  # its Message-ID, too
    owner: str
    person_id: PersonId
    role: str
    notification_ids: list[str]
    digest_days: NotRequired[DigestDays]  # of a digest alone, which is about days and no notifications
    state: LetterState
    due_at: datetime  # when it is to be sent, or tried again
    attempts: int  # to send it, that failed
    leased_until: datetime | None  # until when it belongs to the process that sends it
    failure: str | None  # why it is dead
    expires_at: datetime


DEFAULT_CHANNELS: Final = (NotificationChannel.INBOX,)
"""The channels of every kind for a person who has chosen nothing."""

DEFAULT_QUIET_HOURS: Final = QuietHours(starts_at="21:00", ends_at="07:00")

LATEST: Final[Order] = [("at", DESCENDING), ("_id", DESCENDING)]

NOTIFICATIONS: Final = Collection(
    "notifications",
    Notification,
    indexes=[
        IndexModel([("owner", ASCENDING), *LATEST]),
        IndexModel([("owner", ASCENDING), *LATEST], name="unread", partialFilterExpression={"is_read": False}),
        IndexModel([("cause_id", ASCENDING)]),
        IndexModel(
            [("letter_due_at", ASCENDING), ("owner", ASCENDING)],
            partialFilterExpression={"letter_due_at": {"$type": "date"}},
        ),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)
SETTINGS: Final = Collection(
    "settings",
    NotificationSettings,
    indexes=[
        IndexModel([("digest_due_at", ASCENDING)], partialFilterExpression={"digest_due_at": {"$type": "date"}}),
    ],
)
LETTERS: Final = Collection(
    "letters",
    NotificationLetter,
    indexes=[
        IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)


def inbox_owner(person: PersonId, role: str) -> str:
    """The owner of an inbox: a person in one role, for a teacher may be a parent too."""
    return f"{person}.{role}"


def channels_of(settings: NotificationSettings | None, kind: NotificationKind) -> Sequence[NotificationChannel]:
    """The channels by which the person wants to be told of events of a kind."""
    chosen = {} if settings is None else settings.get("channels", {})
    return chosen.get(kind, DEFAULT_CHANNELS)


def quiet_hours_of(settings: NotificationSettings | None) -> QuietHours | None:
    """The hours in which the person gets no letters; None where there are none."""
    return DEFAULT_QUIET_HOURS if settings is None else settings.get("quiet_hours", DEFAULT_QUIET_HOURS)


def wants_letters(settings: NotificationSettings | None) -> bool:
    """Whether the person wants any letters at all."""
    has_digest = settings is not None and "digest" in settings
    return has_digest or any(NotificationChannel.EMAIL in channels_of(settings, kind) for kind in NotificationKind)
