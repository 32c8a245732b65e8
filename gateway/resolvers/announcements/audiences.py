"""The audience of an announcement, and the other parts of one that are checked alike when it is made and changed."""

from dataclasses import dataclass
from typing import Any, Final

from auth.viewer import Role
from connectors.announcements import audience_keys
from connectors.vocabulary import ClassId, Day, Days, GroupId, SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

_NO_SCHOOL: Final = Text("There is no such school.", "Нет такой школы.")
_NO_CLASS: Final = Text("There is no such class.", "Нет такого класса.")
_NO_GROUP: Final = Text("There is no such group.", "Нет такой группы.")
_NO_EVENT: Final = Text("There is no such event.", "Нет такого события.")
NOBODY: Final = Text("Say whom the announcement is for.", "Укажите, для кого объявление.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_ANALYSTS: Final = Text("Analysts read no announcements.", "Аналитики не читают объявлений.")
_WHOLE: Final = Text(
    "An administrator announces to the whole school.", "Объявления для всей школы публикует администратор."
)
_PAST: Final = Text("This day is over.", "Этот день уже прошёл.")
_REVERSED: Final = Text("The last day is before the first.", "Последний день раньше первого.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementAudience:
    """The people whom an announcement is for: one of these."""

    is_one_of = True

    school_id: SchoolId | None = None
    """The whole school; for administrators alone."""

    class_ids: tuple[ClassId, ...] | None = None
    """Classes of one school; for a class teacher those that they lead."""

    group_ids: tuple[GroupId, ...] | None = None
    """Study groups of one school; for a class teacher those of the classes that they lead."""


@dataclass(slots=True)
class Audience:
    """The places of an audience: with the school, and the classes whose teachers read what is announced there."""

    school_id: SchoolId
    class_ids: list[ClassId]
    group_ids: list[GroupId]
    led: list[ClassId]

    @property
    def is_school(self) -> bool:
        """Whether the whole school is meant."""
        return not self.class_ids and not self.group_ids

    def keys(self, roles: list[str]) -> list[str]:
        """The keys of the readers: those of the roles, and the teachers who lead the classes."""
        places = [*self.class_ids, *self.group_ids] or [self.school_id]
        return list(dict.fromkeys([*audience_keys(places, roles), *audience_keys(self.led, [Role.CLASS_TEACHER])]))


async def checked_audience(
    sent: AnnouncementAudience, info: Info, problems: Problems, *, within: SchoolId | None = None
) -> Audience | None:
    """The audience that the viewer names, where they may announce to all of it; *within* is its school where given."""
    if sent.school_id is not None:
        if sent.school_id not in info.viewer.school_ids or within not in {None, sent.school_id}:
            problems.add(UserErrorCode.NOT_FOUND, _NO_SCHOOL, "audience", "schoolId")
        elif info.viewer.role is not Role.ADMINISTRATOR:
            problems.add(UserErrorCode.NOT_ALLOWED, _WHOLE, "audience", "schoolId")
        else:
            return Audience(sent.school_id, [], [], [])
        return None
    is_group = sent.class_ids is None
    name, message = ("groupIds", _NO_GROUP) if is_group else ("classIds", _NO_CLASS)
    ids: list[Any] = list(dict.fromkeys((sent.group_ids if is_group else sent.class_ids) or ()))
    most = info.writing.rules.announcement_places
    if not ids:
        problems.add(UserErrorCode.REQUIRED, NOBODY, "audience", name)
        return None
    if len(ids) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "audience", name, limit=most)
        return None
    directory = info.connectors.directory
    read = directory.groups_by_ids if is_group else directory.classes_by_ids
    found = await info.check(read, ids, columns=frozenset({"_id", "school_id", "class_ids"}))
    school = within
    led: list[ClassId] = []
    is_whole = True
    for place, one in enumerate(found):
        classes = [] if one is None else one["class_ids"] if is_group else [one["_id"]]
        if one is None or not _may_announce(one["school_id"], classes, info) or school not in {None, one["school_id"]}:
            problems.add(UserErrorCode.NOT_FOUND, message, "audience", name, place)
            is_whole = False
        else:
            school = one["school_id"]
            led += classes
    if not is_whole or school is None:
        return None
    return Audience(school, [] if is_group else ids, ids if is_group else [], list(dict.fromkeys(led)))


def _may_announce(school: SchoolId, classes: list[ClassId], info: Info) -> bool:
    """Whether the viewer may announce to classes of a school, or to a group of them."""
    viewer = info.viewer
    is_led = viewer.role is Role.ADMINISTRATOR or (bool(classes) and viewer.class_ids.issuperset(classes))
    return school in viewer.school_ids and is_led


def stored_audience(stored: Any) -> Audience:
    """The audience of a stored announcement."""
    suffix = f":{Role.CLASS_TEACHER}"
    led = [key.removesuffix(suffix) for key in stored["audience"] if key.startswith("cls_") and key.endswith(suffix)]
    return Audience(stored["school_id"], stored["class_ids"], stored["group_ids"], led)


def checked_roles(sent: tuple[Role, ...], problems: Problems) -> list[str]:
    """The roles that an announcement is for, in the order of `Role`; there must be one, and analysts are none."""
    roles = [role.value for role in Role if role in sent]
    if not roles:
        problems.add(UserErrorCode.REQUIRED, NOBODY, "roles")
    if Role.ANALYST in sent:
        problems.add(UserErrorCode.INVALID_INPUT, _ANALYSTS, "roles", sent.index(Role.ANALYST))
    return roles


def check_valid_until(day: Day | None, school: SchoolId | None, info: Info, problems: Problems) -> None:
    """Note a problem where an announcement would be over before it is published."""
    today = info.today_at(school)
    if day is not None and day < today:
        problems.add(UserErrorCode.OUT_OF_RANGE, _PAST, "validUntil", limit=today)


def check_days(days: Days | None, problems: Problems) -> None:
    """Note a problem where the last day comes before the first."""
    if days is not None and days.last < days.first:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "days", "last")


async def check_event(event_id: str | None, school: SchoolId | None, info: Info, problems: Problems) -> None:
    """Note a problem where the school has no such event."""
    if event_id is None or school is None:
        return
    read = info.connectors.schedule.events_of
    [events] = await info.check(read, [school], columns=frozenset({"_id"}), days=None)
    if not any(event["_id"] == event_id for event in events or ()):
        problems.add(UserErrorCode.NOT_FOUND, _NO_EVENT, "eventId")
