"""Who writes to nobody, and that reads of nothing are as many as reads of something."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from auth.viewer import Role, Viewer
from connectors.messages import ParticipantSide
from connectors.vocabulary import ClassId, Page, PersonId, SchoolId, StudentId
from gateway.context import Info
from gateway.recipients import RecipientCategory, allowed_owners, guardians_of, own_mailbox, recipients

SCHOOL, OWN, MATE = SchoolId("sch_1"), StudentId("stu_own"), StudentId("stu_mate")


class Directory:
    """Names of reads instead of reads."""

    def __getattr__(self, name: str) -> str:
        return name


def info_of(role: Role, answers: dict[str, Any], commands: list[str], **more: Any) -> Info:
    """What a viewer asks with: reads are answered by their names, and noted in *commands* where they are commands."""

    async def check(read: str, keys: Iterable[Any], **_: Any) -> list[Any]:
        wanted = list(keys)
        commands.extend([read] if wanted else [])
        nothing: Any = Page([], has_next=False) if read == "people_in" else []
        return [answers.get(read, {}).get(key, nothing) for key in wanted]

    viewer = Viewer(role=role, person_id=PersonId("per_one"), **more)
    connectors = SimpleNamespace(directory=Directory())
    own = SimpleNamespace(viewer=viewer, today="2026-11-18", connectors=connectors, check=check)
    own.today_at = lambda _: own.today
    return cast("Info", own)


@pytest.mark.parametrize("category", RecipientCategory)
async def test_an_analyst_writes_to_nobody_and_has_no_mailbox(category: RecipientCategory) -> None:
    commands: list[str] = []
    info = info_of(Role.ANALYST, {}, commands)
    found = await recipients(category, info)
    assert (found.people, found.schools, found.students, found.staff_of, commands) == ((), None, None, None, [])
    assert own_mailbox(info) == ""
    assert own_mailbox(info_of(Role.ADMINISTRATOR, {}, [])) != ""


@pytest.mark.parametrize("students", [[], [MATE]])
async def test_guardians_take_as_many_commands_whether_there_are_any(students: list[StudentId]) -> None:
    right = {"school_id": SCHOOL, "data_access": True, "valid_from": None, "valid_to": None}
    of_mate = [{**right, "person_id": "per_parent", "student_id": MATE}]
    commands: list[str] = []
    answers = {"guardianships_of_students": {MATE: of_mate}, "people_by_ids": {"per_parent": {"_id": "per_parent"}}}
    found = await guardians_of(students, info_of(Role.CLASS_TEACHER, answers, commands))
    assert found == {student: ["per_parent"] for student in students}
    assert commands == ["guardianships_of_students", "people_by_ids"]


async def test_a_right_of_a_person_who_is_missing_hides_nobody_else() -> None:
    dates = {"school_id": SCHOOL, "starts_on": None, "ends_on": None, "valid_from": None, "valid_to": None}
    held = [{**dates, "data_access": True, "person_id": one} for one in ("per_missing", "per_known")]
    answers = {
        "guardianships_at": {SCHOOL: held},
        "assignments_of_classes": {"cls_1": held},
        "people_by_ids": {"per_known": {"_id": "per_known"}},
    }
    at_school: dict[str, Any] = {"school_ids": (SCHOOL,), "zones": {SCHOOL: "Europe/Moscow"}}
    of_class = {**at_school, "class_ids": frozenset({ClassId("cls_1")}), "student_ids": frozenset({OWN})}
    for role, category, more in (
        (Role.ADMINISTRATOR, RecipientCategory.GUARDIANS, at_school),
        (Role.PARENT, RecipientCategory.TEACHERS, of_class),
    ):
        assert (await recipients(category, info_of(role, answers, [], **more))).people == ("per_known",)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.PARENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR])
async def test_it_takes_as_many_commands_to_reach_nobody_as_somebody(role: Role) -> None:
    more: dict[str, Any] = {"school_ids": (SCHOOL,), "zones": {SCHOOL: "Europe/Moscow"}}
    if role is not Role.ADMINISTRATOR:
        more |= {"student_ids": frozenset({OWN}), "class_ids": frozenset({ClassId("cls_1")})}
        more |= {"student_id": OWN} if role is Role.STUDENT else {}
        more |= {"subjects": {OWN: frozenset()}} if role is Role.TEACHER else {}
    right = {"school_id": SCHOOL, "data_access": True, "valid_from": None, "valid_to": None, "person_id": "per_parent"}
    post = {"school_id": SCHOOL, "starts_on": None, "ends_on": None, "person_id": "per_teacher"}
    everybody = {
        "students_in_classes": {"cls_1": [{"_id": "per_mate", "student_id": MATE, "school_id": SCHOOL}]},
        "guardianships_of_students": {key: [{**right, "student_id": key}] for key in (OWN, MATE)},
        "guardianships_of_people": {"per_parent": [{**right, "student_id": OWN}]},
        "groups_of_classes": {"cls_1": [{"_id": "grp_1"}]},
        "assignments_of_groups": {"grp_1": [post]},
        "people_by_ids": {key: {"_id": key} for key in ("per_parent", "per_teacher")},
    }
    seen = []
    for answers, wanted in (({}, []), ({}, ["per_parent"]), (everybody, ["per_parent", "per_teacher"])):
        commands: list[str] = []
        pairs = [(PersonId(one), ParticipantSide.PARENT) for one in wanted]
        await allowed_owners(pairs, info_of(role, answers, commands, **more))
        seen.append(sorted(commands))
    assert seen[0] == seen[1] == seen[2]
