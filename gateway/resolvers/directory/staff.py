"""The rights of staff: who holds which role where, and how administrators give and end it (F137)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors.directory import PeopleFilter, Person, Post, held_posts, in_force
from connectors.directory.posts import DATED, STAFF_ROLES
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, Paging, PersonId, PublicId, SchoolId
from gateway.context import Connection, Info
from gateway.languages import Text
from gateway.resolvers.directory.people import for_administrators
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_PERSON: Final = Text("There is no such person at your schools.", "В ваших школах нет такого человека.")
_NO_SCHOOL: Final = Text("This is not a school of yours.", "Это не ваша школа.")
_WHICH_SCHOOL: Final = Text("Say at which of your schools.", "Укажите, в какой из ваших школ.")
_NO_STAFF_ROLE: Final = Text(
    "Administrators give the roles TEACHER, CLASS_TEACHER and ADMINISTRATOR; the others follow from other records.",
    "Администратор назначает роли TEACHER, CLASS_TEACHER и ADMINISTRATOR; остальные следуют из других записей.",
)
_STUDENT: Final = Text("A student does not work at a school.", "Ученик не может быть сотрудником.")
_REVERSED: Final = Text("The last day is before the first.", "Последний день раньше первого.")
_PAST: Final = Text("What has been cannot be changed.", "Прошедшее изменить нельзя.")
_HELD: Final = Text(
    "The person holds this role at this school in a part of this time already.",
    "У этого человека уже есть эта роль в этой школе в часть указанного срока.",
)
_NOT_HELD: Final = Text(
    "The person does not hold this role at this school then.",
    "У этого человека нет этой роли в этой школе в это время.",
)
_LAST: Final = Text(
    "The school would have no administrator afterwards: give the role to somebody else first.",
    "В школе не останется администратора: сначала назначьте другого.",
)

_COLUMNS: Final = frozenset({"_id", "roles", "posts", "school_ids", "student_id"})
_LAST_DAY: Final = "9999-12-31"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """A role that a member of staff is given at a school."""

    person_id: PublicId
    """Who is given the role (`Person.id`): anybody of the viewer's schools but a student."""

    role: Role
    """The role: TEACHER, CLASS_TEACHER or ADMINISTRATOR."""

    school_id: SchoolId | None = None
    """The school; where the viewer has one, it may be left out."""

    starts_on: Day | None = None
    """The first day of the role; today where it is left out."""

    ends_on: Day | None = None
    """The last day of the role; without it the role has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRole:
    """A role that a member of staff is to lose at a school."""

    person_id: PublicId
    """Whose role ends (`Person.id`)."""

    role: Role
    """The role: TEACHER, CLASS_TEACHER or ADMINISTRATOR."""

    school_id: SchoolId | None = None
    """The school; where the viewer has one, it may be left out."""

    ends_on: Day | None = None
    """The last day of the role; where it is left out, the role ends at once."""


class HeldRole(TypedDict):
    """A role that a member of staff holds, held or will hold at a school."""

    role: Role
    school_id: SchoolId
    starts_on: Day | None
    ends_on: Day | None
    is_in_force: bool


async def staff(roots: Sequence[object], info: Info, search: str | None = None, *, page: Paging) -> list[Connection]:
    """Who holds, held or will hold a role of staff at the viewer's schools, by name."""
    known = PeopleFilter(on=info.today, schools=info.viewer.school_ids, only_staff=True)
    read = info.connectors.directory.people_in
    return await info.page(read, [known] * len(roots), page, order=("sort_name", "_id"), search=search)


async def held_roles(people: Sequence[Person], info: Info) -> list[list[HeldRole]]:
    """For each person the roles of staff at the viewer's schools: those in force first, then the latest."""
    found = await for_administrators(people, info)
    return [_shown(person, info) if person else [] for person in found]


def _shown(person: Mapping[str, Any], info: Info) -> list[HeldRole]:
    own = [
        HeldRole(
            role=Role(post["role"]),
            school_id=post["school_id"],
            starts_on=_day(post["starts_on"]),
            ends_on=_day(post["ends_on"]),
            is_in_force=in_force(post["starts_on"], post["ends_on"], info.today_at(post["school_id"])),
        )
        for post in held_posts(person)
        if post["school_id"] in info.viewer.school_ids and post["role"] in DATED
    ]
    own.sort(key=lambda held: list(Role).index(held["role"]))
    own.sort(key=lambda held: (held["is_in_force"], held["ends_on"] or _LAST_DAY), reverse=True)
    return own


def _day(text: str | None) -> Day | None:
    return None if text is None else Day(text)


async def grant_role(input: GrantRole, info: Info, transaction: Transaction) -> Outcome:
    """Give somebody of the viewer's schools a role there, from a day that has not passed."""
    problems = Problems()
    ids = {"person_id": input.person_id}
    person = await _person(input.person_id, info, transaction, problems)
    if person is not None and "student_id" in person:
        problems.add(UserErrorCode.NOT_ALLOWED, _STUDENT, "personId")
    _check_role(input.role, problems)
    school = _school(input.school_id, info, problems)
    first = input.starts_on or (info.today_at(school) if school else "")
    if school and first < info.today_at(school):
        problems.add(UserErrorCode.OUT_OF_RANGE, _PAST, "startsOn", limit=info.today_at(school))
    if input.ends_on is not None and input.ends_on < first:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "endsOn")
    problems.check()
    if person is None or school is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    posts = held_posts(person)
    if any(_overlaps(post, first, input.ends_on) for post in _of(posts, input.role, school)):
        problems.add(UserErrorCode.OVERLAPS, _HELD)
    problems.check()
    post = Post(role=input.role, school_id=school, starts_on=first, ends_on=input.ends_on)
    roles = list(dict.fromkeys([*person["roles"], input.role.value]))
    change = {"$set": {"posts": [*posts, post], "roles": roles}}
    await transaction.update("people", {"_id": person["_id"]}, change)
    after = {"role": input.role.value, "starts_on": first, "ends_on": input.ends_on}
    return Outcome(ids, [fact(info, "grantRole", person["_id"], school, after=after)])


async def end_role(input: EndRole, info: Info, transaction: Transaction) -> Outcome:
    """End somebody's role at a school of the viewer, at once or on a day to come; the last administrator stays."""
    problems = Problems()
    ids = {"person_id": input.person_id}
    person = await _person(input.person_id, info, transaction, problems)
    _check_role(input.role, problems)
    school = _school(input.school_id, info, problems)
    yesterday = _before(info.today_at(school)) if school else ""
    last = input.ends_on or yesterday
    if last < yesterday:
        problems.add(UserErrorCode.OUT_OF_RANGE, _PAST, "endsOn", limit=yesterday)
    problems.check()
    if person is None or school is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    posts = held_posts(person)
    ending = [post for post in _of(posts, input.role, school) if post["ends_on"] is None or post["ends_on"] > last]
    if not ending:
        problems.reject(UserErrorCode.NOT_FOUND, _NOT_HELD, "role")
    if input.role is Role.ADMINISTRATOR and not await _has_another(school, person["_id"], last, transaction):
        problems.reject(UserErrorCode.NOT_ALLOWED, _LAST, "personId")
    others = [post for post in posts if post not in ending]
    # A post that would begin later never begins. The others count as entered by hand from now on.
    cut = [
        Post(role=post["role"], school_id=school, starts_on=post["starts_on"], ends_on=last)
        for post in ending
        if post["starts_on"] is None or post["starts_on"] <= last
    ]
    change: dict[str, Any] = {"posts": [*others, *cut]}
    if not any(post["role"] == input.role for post in change["posts"]):  # else it would hold without a date
        change["roles"] = [role for role in person["roles"] if role != input.role]
    await transaction.update("people", {"_id": person["_id"]}, {"$set": change})
    before = {"role": input.role.value, "ends_on": ending[-1]["ends_on"]}
    done = fact(info, "endRole", person["_id"], school, before=before, after={"role": None, "ends_on": last})
    return Outcome(ids, [done])


async def _person(person: PublicId, info: Info, transaction: Transaction, problems: Problems) -> Any | None:
    """Somebody of the viewer's schools, as they are in the transaction."""
    where = {"_id": person, "merged_to": None, "school_ids": {"$in": list(info.viewer.school_ids)}}
    found = await transaction.find_one("people", where, columns=_COLUMNS)
    if found is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_PERSON, "personId")
    return found


def _check_role(role: Role, problems: Problems) -> None:
    if role not in STAFF_ROLES:
        problems.add(UserErrorCode.NOT_ALLOWED, _NO_STAFF_ROLE, "role")


def _school(sent: SchoolId | None, info: Info, problems: Problems) -> SchoolId | None:
    own = info.viewer.school_ids
    if sent is None and len(own) == 1:
        return own[0]
    if sent in own:
        return sent
    code, message = (UserErrorCode.REQUIRED, _WHICH_SCHOOL) if sent is None else (UserErrorCode.NOT_FOUND, _NO_SCHOOL)
    problems.add(code, message, "schoolId")
    return None


async def _has_another(school: SchoolId, person: PersonId, last: Day | str, transaction: Transaction) -> bool:
    """Whether somebody else is an administrator of *school* on the day after *last*.

    Of two administrators who end each other's role at once, the later one sees the other's change.
    """
    await transaction.update("rights_locks", {"_id": school}, {"$inc": {"changes": 1}}, upsert=True)
    where = {"roles": Role.ADMINISTRATOR.value, "school_ids": school, "_id": {"$ne": person}, "merged_to": None}
    others = await transaction.find("people", where, columns=_COLUMNS)
    following = _after(last)
    return any(
        in_force(post["starts_on"], post["ends_on"], following)
        for other in others
        for post in _of(held_posts(other), Role.ADMINISTRATOR, school)
    )


def _of(posts: Iterable[Post], role: Role, school: SchoolId) -> list[Post]:
    return [post for post in posts if post["role"] == role and post["school_id"] == school]


def _overlaps(post: Post, first: str, last: str | None) -> bool:
    begins_before_end = last is None or post["starts_on"] is None or post["starts_on"] <= last
    return begins_before_end and (post["ends_on"] is None or post["ends_on"] >= first)


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
