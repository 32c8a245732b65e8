"""Who still belongs to a group conversation: who is near to whom, and by which right of which day.

At the school `a` it is 18 November 2026, at `b` already the 19th; at `b` families write to each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from auth.viewer import Role
from gateway.context import DEFAULT_ZONE, Info
from gateway.membership import no_longer_members

SCHOOLS: Final[Mapping[str, Any]] = {
    "a": {"_id": "a", "time_zone": "Asia/Yekaterinburg"},
    "b": {"_id": "b", "time_zone": "Asia/Kamchatka", "families_write_to_each_other": True},
}
TODAY: Final = {"Asia/Yekaterinburg": "2026-11-18", "Asia/Kamchatka": "2026-11-19", DEFAULT_ZONE: "2026-11-18"}


def dated(first: str | None = None, last: str | None = None, **more: Any) -> dict[str, Any]:
    return {"starts_on": first, "ends_on": last, **more}


def pupil(school: str | None, *classes: dict[str, Any], groups: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A student; one without classes, or without groups, has no such column."""
    columns = {"enrolments": list(classes), "memberships": list(groups)}
    return {"roles": [Role.STUDENT], "school_ids": [], "school_id": school} | {k: v for k, v in columns.items() if v}


def staff(role: Role, *schools: str, **more: Any) -> dict[str, Any]:
    return {"roles": [role], "school_ids": list(schools), **more}


def parent() -> dict[str, Any]:
    return {"roles": [Role.PARENT], "school_ids": []}


def learns(class_id: str, first: str | None = None, last: str | None = None) -> dict[str, Any]:
    return dated(first, last, class_id=class_id)


def joined(group_id: str, first: str | None = None, last: str | None = None) -> dict[str, Any]:
    return dated(first, last, group_id=group_id)


STUDENTS: Final[Mapping[str, dict[str, Any]]] = {
    "ivan": pupil("a", learns("7a"), groups=[joined("english")]),
    "petr": pupil("a", learns("7a")),
    "vera": pupil("a", learns("7b")),
    "grisha": pupil("a", groups=[joined("english")]),
    "maria": pupil("b", learns("i21")),
    "lev": pupil("b", learns("i21", "2026-11-19")),
    "mila": pupil("b", learns("i22")),
    "moved": pupil("a", learns("7a", None, "2026-11-17"), groups=[joined("english", None, "2026-11-17")]),
    "left": pupil(None, learns("7a")),
}
POST: Final = {"role": Role.TEACHER, "school_id": "a"}
PEOPLE: Final[Mapping[str, dict[str, Any]]] = {
    **{key: {**one, "student_id": f"stu_{key}"} for key, one in STUDENTS.items()},
    **{
        key: parent()
        for key in ("olga", "igor", "pavel", "granny", "banned", "vasily", "marina", "lidia", "mikhail", "far", "alone")
    },
    "olga-once": {**parent(), "merged_to": "olga"},
    "smirnov": staff(Role.TEACHER, "a"),
    "anglin": staff(Role.TEACHER, "a"),
    "rusova": staff(Role.CLASS_TEACHER, "a"),
    "college": staff(Role.TEACHER, "b"),
    "ended": staff(Role.TEACHER, posts=[dated(None, "2026-11-17", **POST)]),
    "admin": staff(Role.ADMINISTRATOR, "a"),
    "analyst": staff(Role.ANALYST, "a"),
}
RIGHTS: Final = {
    "olga": ["ivan", "nobody"],
    "olga-once": ["ivan"],
    "igor": ["ivan"],
    "pavel": ["petr"],
    "vasily": ["vera"],
    "marina": ["maria"],
    "lidia": ["lev"],
    "mikhail": ["mila"],
    "far": ["left"],
}
ASSIGNMENTS: Final = {
    "smirnov": [
        dated(school_id="a", class_id="7a", group_id=None),
        dated(None, "2026-11-17", school_id="a", class_id="7b", group_id=None),
        dated(school_id="b", class_id="i21", group_id=None),  # at a school where no post is held
    ],
    "anglin": [dated(school_id="a", class_id=None, group_id="english")],
    "rusova": [dated(school_id="a", class_id="7b", group_id="of no record")],
}


def right(person: str, student: str, **changes: Any) -> dict[str, Any]:
    of_right = {"data_access": True, "valid_from": None, "valid_to": None, **changes}
    return {"person_id": person, "student_id": f"stu_{student}", **of_right}


class Directory:
    """The reads of the directory, each as the values of its keys."""

    people_by_ids: Final = {key: {"_id": key, **one} for key, one in PEOPLE.items()}
    survivors_of_students: Final = {f"stu_{key}": {"_id": key, **PEOPLE[key]} for key in STUDENTS}
    guardianships_of_people: Final = {
        **{person: [right(person, student) for student in own] for person, own in RIGHTS.items()},
        "granny": [right("granny", "ivan", valid_to="2026-11-17")],
        "banned": [right("banned", "ivan", data_access=False)],
    }
    every_assignment_of_people: Final = {
        person: [{"person_id": person, **one} for one in own] for person, own in ASSIGNMENTS.items()
    }
    groups_by_ids: Final = {"english": {"_id": "english", "class_ids": ["7a", "7c"]}}
    schools_by_ids: Final = SCHOOLS


class Reading:
    """Answers reads from `Directory`, and notes which of them were made."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    async def check(self, read: Mapping[str, Any], keys: Iterable[str], *, columns: frozenset[str]) -> list[Any]:
        wanted = list(keys)
        assert columns
        assert wanted, "a read of no ids is no command, which tells that there was nothing to ask for"
        assert all(isinstance(key, str) for key in wanted)
        self.commands.append(next(name for name, own in vars(Directory).items() if own is read))
        return [read.get(key) for key in wanted]

    def info(self) -> Info:
        connectors = SimpleNamespace(directory=Directory)
        own = SimpleNamespace(connectors=connectors, check=self.check, today_in=TODAY.__getitem__)
        return cast("Info", own)


def side_of(who: str) -> str:
    roles = PEOPLE.get(who, parent())["roles"]
    return {Role.STUDENT: "STUDENT", Role.PARENT: "PARENT"}.get(roles[0], "STAFF")


def rows(running: Sequence[str], *others: str, school: str = "a") -> list[dict[str, Any]]:
    """The rows of a group that the first run."""
    shared = {"conversation_id": "cnv", "school_id": school, "admin_ids": list(running)}
    everybody = [*running, *others]
    return [
        {"_id": who, "owner": f"{who}.{side_of(who)}", "person_id": who, "side": side_of(who), **shared}
        | {"member_ids": everybody}
        for who in everybody
    ]


async def gone(running: str, *others: str, school: str = "a") -> set[str]:
    return await no_longer_members(rows(running.split(), *others, school=school), Reading().info())


@pytest.mark.parametrize(
    ("running", "near", "far"),
    [
        ("smirnov", "anglin rusova admin ivan petr olga pavel", "college ended analyst vera vasily maria marina"),
        ("anglin", "ivan petr grisha olga pavel", "vera vasily maria"),  # the group is of 7А
        ("rusova", "vera vasily", "ivan olga"),
        (
            "admin",
            "ivan vera grisha olga vasily smirnov",
            "maria marina college analyst moved left granny banned alone",
        ),
        ("ivan", "petr olga igor smirnov anglin grisha admin", "vera pavel vasily rusova maria"),
        ("olga", "ivan igor pavel smirnov anglin admin", "petr grisha vasily vera granny banned far alone olga-once"),
        ("pavel", "petr olga igor smirnov anglin", "ivan vasily"),
        ("vera", "vasily rusova admin", "ivan smirnov olga"),
        ("marina", "maria lev lidia", "mila mikhail ivan olga admin"),  # different families write to each other there
        ("maria", "marina lidia lev", "mila mikhail"),
    ],
)
async def test_who_is_near_to_one_who_runs_a_group(running: str, near: str, far: str) -> None:
    for other in (near + " " + far).split():
        expected = {other} if other in far.split() else set()
        assert (other, await gone(running, other)) == (other, expected)
    assert await gone(running, *near.split(), *far.split()) == set(far.split())


async def test_the_day_of_each_school_decides() -> None:
    # Lev learns there from the 19th on, which at his school is today.
    assert await gone("maria", "lev", school="unknown") == set()
    assert await gone("college", "lev") == {"lev"}  # who works there does not teach the class


async def test_of_several_who_run_a_group_one_who_is_near_suffices() -> None:
    assert await gone("olga marina", "pavel", "lidia", "vasily") == {"vasily"}


async def test_where_nobody_who_runs_it_belongs_anywhere_the_first_who_does_runs_it() -> None:
    assert await gone("granny", "alone", "olga", "vasily", "pavel") == {"granny", "alone", "vasily"}
    assert await gone("olga-once", "nobody at all", "vasily", "olga") == {"olga-once", "nobody at all", "olga"}
    assert await gone("granny", "alone") == {"granny", "alone"}


async def test_each_group_is_judged_for_itself() -> None:
    other = [{**one, "_id": f"second {one['_id']}", "conversation_id": "second"} for one in rows(["vasily"], "olga")]
    assert await no_longer_members([*rows(["olga"], "pavel"), *other], Reading().info()) == {"second olga"}


async def test_the_reads_are_the_same_whoever_takes_part() -> None:
    commands = []
    for taking_part in ([], rows(["olga"], "pavel"), rows(["alone"]), rows(["smirnov"]), rows(["nobody at all"])):
        reading = Reading()
        await no_longer_members(taking_part, reading.info())
        commands.append(reading.commands)
    assert commands == commands[:1] * len(commands)
