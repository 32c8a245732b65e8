from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from auth.cache import Today
from auth.errors import RoleNotHeld, UserNotFound
from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors.vocabulary import Day, PersonId, StudentId
from tests.auth.conftest import World

PERM, MOSCOW = "Asia/Yekaterinburg", "Europe/Moscow"
YESTERDAY, TODAY, TOMORROW = "2026-11-19", "2026-11-20", "2026-11-21"
PAST, NOW = {"starts_on": "2025-09-01", "ends_on": YESTERDAY}, {"starts_on": "2026-09-01", "ends_on": None}

Sign = Callable[..., Any]
Roles = Callable[[PersonId], Awaitable[list[Role]]]


@pytest.fixture
def sign_in(world: World, today: Today, soon: Callable[[], float]) -> Sign:
    """The viewer that a person is in a role."""
    viewers = Viewers(world.directory, None)

    async def viewer(person: PersonId, role: Role, today: Today = today) -> Viewer:
        await world.known_as(person, person)
        world.commands.sent.clear()
        return await viewers.viewer(world.claims(role, person), today=today, deadline=soon())

    return viewer


# STUDENT


async def test_a_student_reads_himself_where_he_learns_today(world: World, sign_in: Sign) -> None:
    school, old, new, group = await world.school(), world.class_id(), world.class_id(), world.group_id()
    await world.student(school, enrolments=[{"class_id": new, **NOW}])  # a classmate
    student_id = world.name("Student")
    me = await world.person(
        Role.STUDENT,
        student_id=student_id,
        school_id=school,
        enrolments=[{"class_id": old, **PAST}, {"class_id": new, **NOW}],
        memberships=[{"group_id": group, **NOW}, {"group_id": world.group_id(), **PAST}],
    )
    viewer = await sign_in(me, Role.STUDENT)
    assert viewer == Viewer(
        role=Role.STUDENT,
        person_id=me,
        school_ids=(school,),
        zones={school: PERM},
        class_ids=frozenset({new}),
        group_ids=frozenset({group}),
        student_ids=frozenset({student_id}),
        student_id=student_id,
    )


async def test_a_student_is_not_found_when_he_has_no_student_id(world: World, sign_in: Sign) -> None:
    me = await world.person(Role.STUDENT)
    with pytest.raises(UserNotFound):
        await sign_in(me, Role.STUDENT)


async def test_a_student_reads_himself_when_he_has_left_every_class(world: World, sign_in: Sign) -> None:
    school, student_id = await world.school(), world.name("Student")
    left = [{"class_id": world.class_id(), **PAST}]
    me = await world.person(Role.STUDENT, student_id=student_id, school_id=school, enrolments=left)
    viewer = await sign_in(me, Role.STUDENT)
    assert (viewer.student_ids, viewer.class_ids) == ({student_id}, frozenset())


# PARENT


async def test_a_parent_reads_his_children_where_they_learn(world: World, sign_in: Sign) -> None:
    school, college = await world.school(PERM), await world.school(MOSCOW)
    first, second = world.class_id(), world.class_id()
    anna = await world.student(school, enrolments=[{"class_id": first, **NOW}])
    boris = await world.student(college, enrolments=[{"class_id": second, **NOW}, {"class_id": first, **PAST}])
    await world.student(school, enrolments=[{"class_id": first, **NOW}])  # a classmate
    me = await world.person(Role.PARENT, school_ids=[school, college])
    await world.guardianship(me, anna, school)
    await world.guardianship(me, boris, college)
    viewer = await sign_in(me, Role.PARENT)
    assert viewer.student_ids == {anna, boris}
    assert viewer.class_ids == {first, second}
    assert viewer.zones == {school: PERM, college: MOSCOW}
    assert viewer.subjects_of(anna) is None


@pytest.mark.parametrize(
    ("right", "holds"),
    [
        ({}, True),
        ({"valid_from": TODAY}, True),
        ({"valid_to": TODAY}, True),
        ({"valid_from": "2020-01-01", "valid_to": "2030-01-01"}, True),
        ({"valid_to": YESTERDAY}, False),
        ({"valid_from": TOMORROW}, False),
        ({"data_access": False}, False),
        ({"data_access": None}, False),
        ({"data_access": False, "valid_from": "2020-01-01", "valid_to": "2030-01-01"}, False),
    ],
    ids=str,
)
async def test_a_parent_reads_a_child_while_the_guardianship_holds(
    world: World, sign_in: Sign, right: dict[str, Any], *, holds: bool
) -> None:
    school = await world.school()
    child = await world.student(school, enrolments=[{"class_id": world.class_id(), **NOW}])
    me = await world.person(Role.PARENT, school_ids=[school])
    await world.guardianship(me, child, school, **right)
    viewer = await sign_in(me, Role.PARENT)
    assert viewer.may_read_student(child, school) is holds
    assert bool(viewer.class_ids) is bool(viewer.school_ids) is holds


async def test_a_parent_without_a_child_costs_the_same_whatever_became_of_the_child(
    world: World, sign_in: Sign
) -> None:
    school = await world.school()
    child, gone = await world.student(school), world.name("Student")
    sent = []
    rights: list[tuple[StudentId, dict[str, Any]] | None] = [
        None,
        (child, {"valid_to": YESTERDAY}),
        (child, {"valid_from": TOMORROW}),
        (child, {"data_access": False}),
        (gone, {"valid_to": YESTERDAY}),
    ]
    for right in rights:
        me = await world.person(Role.PARENT, school_ids=[school])
        if right is not None:
            await world.guardianship(me, right[0], school, **right[1])
        assert not (await sign_in(me, Role.PARENT)).student_ids
        sent.append(len(world.commands.sent))
    assert sent == [sent[0]] * len(sent)


async def test_a_parent_reads_one_child_when_custody_of_the_other_ended(world: World, sign_in: Sign) -> None:
    school = await world.school()
    anna, boris = await world.student(school), await world.student(school)
    mother, father = await world.person(Role.PARENT), await world.person(Role.PARENT)
    await world.guardianship(mother, anna, school)
    await world.guardianship(mother, boris, school)
    await world.guardianship(father, anna, school)
    await world.guardianship(father, boris, school, valid_to=YESTERDAY)
    assert (await sign_in(mother, Role.PARENT)).student_ids == {anna, boris}
    assert (await sign_in(father, Role.PARENT)).student_ids == {anna}


async def test_a_parent_reads_a_child_when_custody_returned_under_a_new_guardianship(
    world: World, sign_in: Sign
) -> None:
    school = await world.school()
    child, me = await world.student(school), await world.person(Role.PARENT)
    await world.guardianship(me, child, school, valid_to="2025-01-31")
    await world.guardianship(me, child, school, valid_from="2026-09-01")
    assert (await sign_in(me, Role.PARENT)).student_ids == {child}


async def test_a_guardianship_ends_at_midnight_of_the_childs_school(world: World, sign_in: Sign) -> None:
    perm, moscow = await world.school(PERM), await world.school(MOSCOW)
    here, there, me = await world.student(perm), await world.student(moscow), await world.person(Role.PARENT)
    await world.guardianship(me, here, perm, valid_to=TODAY)
    await world.guardianship(me, there, moscow, valid_to=TODAY)
    past_midnight_in_perm: Today = lambda zone: Day(TOMORROW if zone == PERM else TODAY)  # noqa: E731 - typed so
    assert (await sign_in(me, Role.PARENT, past_midnight_in_perm)).student_ids == {there}


async def test_a_parent_reads_the_survivor_when_a_child_was_merged(world: World, sign_in: Sign) -> None:
    school, place = await world.school(), world.class_id()
    student_id = world.name("Student")
    survivor = await world.person(
        Role.STUDENT, student_id=student_id, school_id=school, enrolments=[{"class_id": place, **NOW}]
    )
    duplicate, me = await world.student(school, merged_to=survivor), await world.person(Role.PARENT)
    await world.guardianship(me, duplicate, school)
    viewer = await sign_in(me, Role.PARENT)
    assert (viewer.student_ids, viewer.class_ids) == ({student_id}, {place})


async def test_a_parent_reads_nobody_when_the_records_lead_nowhere(world: World, sign_in: Sign) -> None:
    school, unknown = await world.school(), world.name("School")
    me = await world.person(Role.PARENT, school_ids=[school])
    await world.guardianship(me, world.name("Student"), school)
    await world.guardianship(me, await world.student(unknown), unknown)
    await world.guardianship(me, await world.student(school, merged_to=world.name("Person")), school)
    viewer = await sign_in(me, Role.PARENT)
    assert (viewer.student_ids, viewer.school_ids) == (frozenset(), ())


# TEACHER


async def test_a_teacher_reads_whom_he_teaches_in_the_subjects_he_teaches(world: World, sign_in: Sign) -> None:
    school, seven, group = await world.school(), world.class_id(), world.group_id()
    maths, physics = world.subject_id(), world.subject_id()
    both = await world.student(
        school, enrolments=[{"class_id": seven, **NOW}], memberships=[{"group_id": group, **NOW}]
    )
    classmate = await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    member = await world.student(school, memberships=[{"group_id": group, **NOW}])
    stranger = await world.student(school, enrolments=[{"class_id": world.class_id(), **NOW}])
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven, subject_id=maths)
    await world.assignment(me, school, group_id=group, subject_id=physics)
    viewer = await sign_in(me, Role.TEACHER)
    assert viewer.subjects == {both: {maths, physics}, classmate: {maths}, member: {physics}}
    assert not viewer.may_read_student(stranger, school)
    assert (viewer.class_ids, viewer.group_ids, viewer.school_ids) == ({seven}, {group}, (school,))


async def test_a_teacher_of_a_group_reads_its_members_alone_when_the_class_is_named_too(
    world: World, sign_in: Sign
) -> None:
    school, seven, english = await world.school(), world.class_id(), world.group_id()
    places = {"enrolments": [{"class_id": seven, **NOW}]}
    member = await world.student(school, **places, memberships=[{"group_id": english, **NOW}])
    await world.student(school, **places)
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven, group_id=english, subject_id=world.subject_id())
    viewer = await sign_in(me, Role.TEACHER)
    assert viewer.student_ids == {member}
    assert viewer.is_own_class(seven)


@pytest.mark.parametrize("dates", [{"ends_on": YESTERDAY}, {"starts_on": TOMORROW}], ids=str)
async def test_a_teacher_reads_nobody_when_he_does_not_teach_today(
    world: World, sign_in: Sign, dates: dict[str, str]
) -> None:
    school, seven = await world.school(), world.class_id()
    await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven, subject_id=world.subject_id(), **dates)
    viewer = await sign_in(me, Role.TEACHER)
    assert (viewer.student_ids, viewer.class_ids, viewer.subjects) == (frozenset(), frozenset(), {})


@pytest.mark.parametrize(
    "dates",
    [PAST, {"starts_on": TOMORROW, "ends_on": None}, {"starts_on": None, "ends_on": None}],
    ids=["left", "yet to come", "undated"],
)
async def test_a_teacher_does_not_read_a_student_who_is_not_there_today(
    world: World, sign_in: Sign, dates: dict[str, Any]
) -> None:
    school, seven, group, other = await world.school(), world.class_id(), world.group_id(), world.class_id()
    await world.student(school, enrolments=[{"class_id": seven, **dates}, {"class_id": other, **NOW}])
    await world.student(school, memberships=[{"group_id": group, **dates}])
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven, subject_id=world.subject_id())
    await world.assignment(me, school, group_id=group, subject_id=world.subject_id())
    assert (await sign_in(me, Role.TEACHER)).student_ids == frozenset()


async def test_a_teacher_reads_no_subject_when_the_assignment_names_none(world: World, sign_in: Sign) -> None:
    school, seven = await world.school(), world.class_id()
    student = await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven)
    assert (await sign_in(me, Role.TEACHER)).subjects == {student: frozenset()}


async def test_a_teacher_of_two_schools_has_the_day_of_each(world: World, sign_in: Sign) -> None:
    perm, moscow, seven, eight = (
        await world.school(PERM),
        await world.school(MOSCOW),
        world.class_id(),
        world.class_id(),
    )
    until_today = {"starts_on": "2026-09-01", "ends_on": TODAY}
    await world.student(perm, enrolments=[{"class_id": seven, **until_today}])
    there = await world.student(moscow, enrolments=[{"class_id": eight, **until_today}])
    me = await world.person(Role.TEACHER, school_ids=[perm])
    await world.assignment(me, perm, class_id=seven)
    await world.assignment(me, moscow, class_id=eight)
    past_midnight_in_perm: Today = lambda zone: Day(TOMORROW if zone == PERM else TODAY)  # noqa: E731 - typed so
    viewer = await sign_in(me, Role.TEACHER, past_midnight_in_perm)
    assert viewer.student_ids == {there}
    assert viewer.school_ids == (perm, moscow)


async def test_the_number_of_commands_is_the_same_when_a_teacher_has_more_students(world: World, sign_in: Sign) -> None:
    school, counts = await world.school(), []
    for size in (1, 40):
        me = await world.person(Role.TEACHER, school_ids=[school])
        for _ in range(size // 4 + 1):
            seven, group = world.class_id(), world.group_id()
            await world.assignment(me, school, class_id=seven, subject_id=world.subject_id())
            await world.assignment(me, school, group_id=group, subject_id=world.subject_id())
            for _ in range(4):
                await world.student(
                    school, enrolments=[{"class_id": seven, **NOW}], memberships=[{"group_id": group, **NOW}]
                )
        await sign_in(me, Role.TEACHER)
        counts.append(sorted(world.commands.sent))
    assert counts[0] == counts[1] == ["external_ids", "people", "people", "people", "schools", "staff_assignments"]


# CLASS_TEACHER, ADMINISTRATOR, ANALYST


async def test_a_class_teacher_reads_his_class_in_all_subjects(world: World, sign_in: Sign) -> None:
    school, seven, eight = await world.school(), world.class_id(), world.class_id()
    mine = await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    taught = await world.student(school, enrolments=[{"class_id": eight, **NOW}])
    me = await world.person(Role.CLASS_TEACHER, Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, "CLASS_TEACHER", class_id=seven)
    await world.assignment(me, school, "TEACHER", class_id=eight, subject_id=world.subject_id())
    viewer = await sign_in(me, Role.CLASS_TEACHER)
    assert (viewer.student_ids, viewer.class_ids, viewer.subjects_of(mine)) == ({mine}, {seven}, None)
    assert not viewer.may_read_student(taught, school)


async def test_the_old_class_teacher_loses_and_the_new_one_gains_a_student_who_transfers(
    world: World, sign_in: Sign
) -> None:
    school, old, new = await world.school(), world.class_id(), world.class_id()
    moved = [
        {"class_id": old, "starts_on": "2026-09-01", "ends_on": YESTERDAY},
        {"class_id": new, "starts_on": TODAY, "ends_on": None},
    ]
    student = await world.student(school, enrolments=moved)
    before, after = await world.person(Role.CLASS_TEACHER), await world.person(Role.CLASS_TEACHER)
    await world.assignment(before, school, "CLASS_TEACHER", class_id=old)
    await world.assignment(after, school, "CLASS_TEACHER", class_id=new)
    a_day_ago: Today = lambda _: Day(YESTERDAY)  # noqa: E731 - typed so
    assert (await sign_in(before, Role.CLASS_TEACHER, a_day_ago)).student_ids == {student}
    assert (await sign_in(after, Role.CLASS_TEACHER, a_day_ago)).student_ids == frozenset()
    assert (await sign_in(before, Role.CLASS_TEACHER)).student_ids == frozenset()
    assert (await sign_in(after, Role.CLASS_TEACHER)).student_ids == {student}


async def test_rights_are_never_united_when_a_teacher_is_a_parent_too(world: World, sign_in: Sign) -> None:
    school, seven = await world.school(), world.class_id()
    pupil = await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    child = await world.student(school, enrolments=[{"class_id": world.class_id(), **NOW}])
    me = await world.person(Role.TEACHER, Role.PARENT, school_ids=[school])
    await world.assignment(me, school, class_id=seven, subject_id=world.subject_id())
    await world.guardianship(me, child, school)
    assert (await sign_in(me, Role.TEACHER)).student_ids == {pupil}
    assert (await sign_in(me, Role.PARENT)).student_ids == {child}


async def test_a_merged_duplicate_is_in_no_class(world: World, sign_in: Sign) -> None:
    school, seven = await world.school(), world.class_id()
    survivor = await world.person(Role.STUDENT)
    await world.student(school, enrolments=[{"class_id": seven, **NOW}], merged_to=survivor)
    me = await world.person(Role.CLASS_TEACHER)
    await world.assignment(me, school, "CLASS_TEACHER", class_id=seven)
    assert (await sign_in(me, Role.CLASS_TEACHER)).student_ids == frozenset()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST])
async def test_staff_without_students_have_their_schools(world: World, sign_in: Sign, role: Role) -> None:
    school, unknown = await world.school(), world.name("School")
    await world.school()
    student = await world.student(school)
    me = await world.person(role, school_ids=[school, unknown])
    viewer = await sign_in(me, role)
    assert (viewer.school_ids, viewer.student_ids) == ((school,), frozenset())
    assert viewer.may_read_student(student, school) is (role is Role.ADMINISTRATOR)
    assert not viewer.may_read_student(student, unknown)


async def test_an_analyst_is_let_in_when_he_is_of_no_school(world: World, sign_in: Sign) -> None:
    viewer = await sign_in(await world.person(Role.ANALYST), Role.ANALYST)
    assert (viewer.school_ids, viewer.zones) == ((), {})


# Posts


ENDED = {"starts_on": None, "ends_on": YESTERDAY}
TO_COME = {"starts_on": TOMORROW, "ends_on": None}
LAST_DAY = {"starts_on": "2026-09-01", "ends_on": TODAY}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST, Role.TEACHER, Role.CLASS_TEACHER])
@pytest.mark.parametrize("dates", [ENDED, TO_COME], ids=str)
async def test_a_role_is_not_held_when_no_post_of_it_is_in_force(
    world: World, sign_in: Sign, role: Role, dates: dict[str, Any]
) -> None:
    school, seven = await world.school(), world.class_id()
    await world.student(school, enrolments=[{"class_id": seven, **NOW}])
    me = await world.person(role, school_ids=[school], posts=[{"role": role, "school_id": school, **dates}])
    await world.assignment(me, school, "CLASS_TEACHER" if role is Role.CLASS_TEACHER else "TEACHER", class_id=seven)
    with pytest.raises(RoleNotHeld):
        await sign_in(me, role)


async def test_an_administrator_acts_where_a_post_of_administrators_is_in_force(world: World, sign_in: Sign) -> None:
    here, there, taught = await world.school(), await world.school(), await world.school()
    posts = [
        {"role": "ADMINISTRATOR", "school_id": here, **LAST_DAY},
        {"role": "ADMINISTRATOR", "school_id": there, **ENDED},
        {"role": "TEACHER", "school_id": taught, **NOW},
    ]
    me = await world.person(Role.ADMINISTRATOR, Role.TEACHER, school_ids=[here, there, taught], posts=posts)
    assert (await sign_in(me, Role.ADMINISTRATOR)).school_ids == (here,)


async def test_a_post_ends_at_midnight_of_its_own_school(world: World, sign_in: Sign) -> None:
    east, west = await world.school(PERM), await world.school(MOSCOW)
    posts = [{"role": "ADMINISTRATOR", "school_id": school, **LAST_DAY} for school in (east, west)]
    me = await world.person(Role.ADMINISTRATOR, school_ids=[east, west], posts=posts)
    after_midnight_in_perm: Today = lambda zone: Day(TOMORROW if zone == PERM else TODAY)  # noqa: E731 - one case
    assert (await sign_in(me, Role.ADMINISTRATOR, after_midnight_in_perm)).school_ids == (west,)


@pytest.mark.parametrize("kind", ["TEACHER", "CLASS_TEACHER"])
async def test_an_assignment_ends_with_the_post_at_its_school(world: World, sign_in: Sign, kind: str) -> None:
    left, here = await world.school(), await world.school()
    of_left, of_here = world.class_id(), world.class_id()
    await world.student(left, enrolments=[{"class_id": of_left, **NOW}])
    pupil = await world.student(here, enrolments=[{"class_id": of_here, **NOW}])
    posts = [{"role": "TEACHER", "school_id": left, **ENDED}, {"role": "TEACHER", "school_id": here, **NOW}]
    me = await world.person(Role(kind), school_ids=[left, here], posts=posts)
    await world.assignment(me, left, kind, class_id=of_left)
    await world.assignment(me, here, kind, class_id=of_here)
    viewer = await sign_in(me, Role(kind))
    assert (viewer.school_ids, viewer.class_ids, viewer.student_ids) == ((here,), {of_here}, {pupil})


async def test_a_role_of_which_no_post_is_recorded_is_undated(world: World, sign_in: Sign) -> None:
    school = await world.school()
    posts = [{"role": "TEACHER", "school_id": school, **ENDED}]
    me = await world.person(Role.TEACHER, Role.ADMINISTRATOR, school_ids=[school], posts=posts)
    assert (await sign_in(me, Role.ADMINISTRATOR)).school_ids == (school,)


# The roles among which a person chooses


@pytest.fixture
def roles_of(world: World, today: Today, soon: Callable[[], float]) -> Roles:
    """The roles that a person may act in."""
    viewers = Viewers(world.directory, None)

    async def roles(person: PersonId) -> list[Role]:
        await world.known_as(person, person)
        claims = world.claims(Role.PARENT, person)
        found, name, held = await viewers.roles(claims.issuer, claims.subject, today=today, deadline=soon())
        assert (found, name) == (person, "Анна")
        return held

    return roles


async def test_a_person_chooses_among_all_roles_of_which_no_post_is_recorded(world: World, roles_of: Roles) -> None:
    me = await world.person(Role.TEACHER, Role.PARENT, display_name="Анна")
    assert await roles_of(me) == [Role.PARENT, Role.TEACHER]


async def test_a_role_whose_posts_have_all_ended_is_not_chosen(world: World, roles_of: Roles) -> None:
    school, other = await world.school(), await world.school()
    posts = [
        {"role": "TEACHER", "school_id": school, **ENDED},
        {"role": "ADMINISTRATOR", "school_id": school, **ENDED},
        {"role": "ADMINISTRATOR", "school_id": other, **LAST_DAY},
    ]
    me = await world.person(Role.PARENT, Role.TEACHER, Role.ADMINISTRATOR, display_name="Анна", posts=posts)
    assert await roles_of(me) == [Role.PARENT, Role.ADMINISTRATOR]


@pytest.mark.parametrize(("columns", "roles"), [({}, [Role.PARENT]), ({"student_id": "stu_me"}, list(Role)[:2])])
async def test_the_role_of_a_student_is_chosen_by_whoever_has_a_student_id(
    world: World, roles_of: Roles, columns: dict[str, str], roles: list[Role]
) -> None:
    assert await roles_of(await world.person(Role.STUDENT, Role.PARENT, display_name="Анна", **columns)) == roles


# What records lack, or have too much of


async def test_a_student_without_places_signs_in(world: World, sign_in: Sign) -> None:
    student_id = world.name("Student")
    me = await world.person(Role.STUDENT, student_id=student_id)
    viewer = await sign_in(me, Role.STUDENT)
    assert (viewer.student_ids, viewer.school_ids, viewer.class_ids) == ({student_id}, (), frozenset())


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_guardianship_over_a_student_who_became_no_student_gives_no_right(
    world: World, sign_in: Sign, *, is_there: bool
) -> None:
    school, child = await world.school(), StudentId(world.name("Student"))
    into = await world.person(Role.TEACHER, school_id=school, school_ids=[school]) if is_there else world.name("Person")
    await world.person(Role.STUDENT, student_id=child, school_id=school, merged_to=into)
    me = await world.person(Role.PARENT, school_ids=[school])
    await world.guardianship(me, child, school)
    assert (await sign_in(me, Role.PARENT)).student_ids == frozenset()


async def test_a_teacher_is_at_no_school_where_the_assignment_has_ended(world: World, sign_in: Sign) -> None:
    school, other, maths = await world.school(), await world.school(), world.subject_id()
    seven, eight = world.class_id(), world.class_id()
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, class_id=seven, subject_id=maths)
    await world.assignment(me, other, class_id=eight, subject_id=maths, ends_on=YESTERDAY)
    assert (await sign_in(me, Role.TEACHER)).school_ids == (school,)


async def test_a_member_of_a_group_who_is_no_student_is_not_read(world: World, sign_in: Sign) -> None:
    school, group = await world.school(), world.group_id()
    anna = await world.student(school, memberships=[{"group_id": group, **NOW}])
    await world.person(Role.STUDENT, memberships=[{"group_id": group, **NOW}])
    me = await world.person(Role.TEACHER, school_ids=[school])
    await world.assignment(me, school, group_id=group, subject_id=world.subject_id())
    assert (await sign_in(me, Role.TEACHER)).student_ids == {anna}
