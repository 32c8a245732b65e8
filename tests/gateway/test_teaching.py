"""For which classes, groups, lessons and students a member of staff may write."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from auth.viewer import Role, Viewer
from connectors.audience import Audience, Span, SubjectsOf
from connectors.directory import AssignmentKind, StaffAssignment
from connectors.schedule import Lesson
from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, StudentId, SubjectId
from gateway.context import Info
from gateway.teaching import (
    Teaching,
    admit_substitute,
    is_readable,
    made_test,
    readable,
    shared_lesson_id,
    taught_lessons,
    teaches,
)
from gateway.teaching import teaching as own_teaching

SCHOOL, A, B = SchoolId("sch_1"), ClassId("cls_a"), ClassId("cls_b")
FIRST, SECOND = GroupId("grp_1"), GroupId("grp_2")
MATH, ENGLISH = SubjectId("sub_math"), SubjectId("sub_eng")
DAY = "2026-11-16"


def assignment(subject: SubjectId, class_id: ClassId | None = None, group: GroupId | None = None) -> StaffAssignment:
    return StaffAssignment(
        _id="stf_1",
        school_id=SCHOOL,
        person_id=PersonId("per_t"),
        kind=AssignmentKind.TEACHER,
        class_id=class_id,
        group_id=group,
        subject_id=subject,
        starts_on="2026-11-02",
        ends_on="2026-11-30",
    )


def teaching(*assignments: StaffAssignment, **more: Any) -> Teaching:
    return Teaching(PersonId("per_t"), (SCHOOL,), assignments=assignments, **{"may_substitute": True, **more})


def lesson(**changes: Any) -> Lesson:
    stored = {"_id": "les_1", "school_id": SCHOOL, "class_ids": [A], "group_id": None, "date": DAY, "subject_id": MATH}
    return {**stored, "substitution": None, **changes}  # type: ignore[typeddict-item]


def substitution(by: str) -> dict[str, Any]:
    return {"instead_of_subject_id": None, "original_teacher_id": None, "substitute_teacher_id": by}


def student(*classes: ClassId, groups: tuple[GroupId, ...] = ()) -> Audience:
    spans = tuple(Span(one, "2026-11-10", None) for one in classes)
    return Audience(StudentId("stu_1"), spans, tuple(Span(one, "2026-11-10", None) for one in groups))


def test_a_teacher_writes_for_the_class_in_the_subject_on_the_days_of_the_assignment() -> None:
    own = teaching(assignment(MATH, A))
    assert own.of_lesson(lesson())
    assert not own.of_lesson(lesson(subject_id=ENGLISH))
    assert not own.of_lesson(lesson(subject_id=None))
    assert not own.of_lesson(lesson(class_ids=[B]))
    assert not own.of_lesson(lesson(class_ids=[]))
    assert not own.of_lesson(lesson(date="2026-11-01"))
    assert not own.of_lesson(lesson(date="2026-12-01"))


def test_a_lesson_of_several_classes_needs_every_one_of_them() -> None:
    joint = lesson(class_ids=[A, B])
    assert not teaching(assignment(MATH, A)).of_lesson(joint)
    assert teaching(assignment(MATH, A), assignment(MATH, B)).of_lesson(joint)


def test_a_group_is_written_for_by_its_own_teacher_and_by_the_teacher_of_all_its_classes() -> None:
    english = lesson(subject_id=ENGLISH, group_id=FIRST)
    assert teaching(assignment(ENGLISH, group=FIRST)).of_lesson(english)
    assert not teaching(assignment(ENGLISH, group=SECOND)).of_lesson(english)
    assert teaching(assignment(ENGLISH, A)).of_lesson(english)
    assert not teaching(assignment(ENGLISH, group=FIRST)).of_lesson(lesson(subject_id=ENGLISH))
    names_the_class_too = teaching(assignment(ENGLISH, A, FIRST))
    assert names_the_class_too.of_lesson(english)
    assert not names_the_class_too.of_lesson(lesson(subject_id=ENGLISH))
    assert not names_the_class_too.of_lesson(lesson(subject_id=ENGLISH, group_id=SECOND))


def test_a_substitute_writes_at_the_lesson_and_nowhere_else() -> None:
    own = teaching()
    taken = lesson(substitution=substitution("per_t"))
    assert own.of_lesson(taken)
    assert own.student_at(student(A), taken)
    assert not own.student_at(student(B), taken)
    assert not own.of_place([A], None, MATH, DAY)
    assert not own.of_student(student(A), MATH, DAY)
    assert not own.of_lesson(lesson(substitution=substitution("per_other")))
    assert not own.of_lesson(lesson(substitution=substitution("per_t"), school_id="sch_2"))
    assert not teaching(may_substitute=False).of_lesson(taken)


def test_a_student_is_written_for_on_the_days_of_their_own_membership() -> None:
    own = teaching(assignment(MATH, A), assignment(ENGLISH, A, FIRST))
    assert own.of_student(student(A), MATH, DAY)
    assert own.student_at(student(A), lesson())
    assert not own.student_at(student(A), lesson(subject_id=ENGLISH))
    assert not own.student_at(student(B), lesson())
    assert not own.of_student(student(A), MATH, "2026-11-09")
    assert not own.of_student(student(B), MATH, DAY)
    assert not own.of_student(student(A), ENGLISH, DAY)
    assert own.of_student(student(A, groups=(FIRST,)), ENGLISH, DAY)


def test_a_class_teacher_writes_only_for_the_class_that_they_lead() -> None:
    own = teaching(assignment(MATH, A), assignment(MATH, B), class_ids=frozenset({A}), may_substitute=False)
    assert own.of_lesson(lesson())
    assert not own.of_lesson(lesson(class_ids=[B]))
    assert own.of_student(student(A), MATH, DAY)
    assert not own.of_student(student(B), MATH, DAY)
    group_of_another_class = lesson(class_ids=[], group_id=FIRST)
    assert teaching(assignment(MATH, group=FIRST)).of_lesson(group_of_another_class)
    leads_a = teaching(assignment(MATH, group=FIRST), class_ids=frozenset({A}), may_substitute=False)
    assert leads_a.of_lesson(lesson(group_id=FIRST))
    assert not leads_a.of_lesson(group_of_another_class)
    leads_nothing_taught = teaching(class_ids=frozenset({A}), may_substitute=False)
    assert not leads_nothing_taught.of_lesson(lesson())


def test_a_lesson_is_named_by_its_own_id_or_by_that_of_a_student() -> None:
    assert shared_lesson_id("les_1") == shared_lesson_id("les_1.stu_1") == "les_1"


# ── who asks ──

OWN, OTHER = StudentId("stu_own"), StudentId("stu_other")


def info_of(role: Role, answers: dict[str, Any] | None = None, **more: Any) -> Info:
    """What a member of staff of the school asks with; *answers* are what reads find."""
    own: dict[str, Any] = {"school_ids": (SCHOOL,), "zones": {SCHOOL: "Europe/Moscow"}}
    if role is not Role.ADMINISTRATOR:
        own |= {"student_ids": frozenset({OWN}), "class_ids": frozenset({A})}
    subjects = {OWN: frozenset({MATH})} if role is Role.TEACHER else None

    async def check(read: str, keys: list[Any], **_: Any) -> list[Any]:
        assert answers is not None, "this role reads nothing"
        return [None if key is None else answers[read].get(key) for key in keys]

    places = SimpleNamespace(assignments_of_people="assignments", stored_lessons="lessons")
    viewer = Viewer(role=role, person_id=PersonId("per_t"), subjects=subjects, **{**own, **more})
    info = SimpleNamespace(viewer=viewer, check=check, today_at=lambda _: DAY, substituted={})
    info.connectors = SimpleNamespace(directory=places, schedule=places)
    info.subjects = None if subjects is None else SubjectsOf(subjects)
    return cast("Info", info)


def person(**more: Any) -> Any:
    enrolled = [{"class_id": A, "starts_on": "2026-11-10", "ends_on": None}]
    return {"student_id": OWN, "school_id": SCHOOL, "enrolments": enrolled, **more}


async def test_the_assignments_of_today_at_the_own_schools_decide() -> None:
    without_subject: Any = {**assignment(MATH, A), "subject_id": None}
    elsewhere: Any = {**assignment(MATH, A), "school_id": "sch_2"}
    ended: Any = {**assignment(MATH, A), "ends_on": "2026-11-15"}
    held = {"assignments": {"per_t": [assignment(MATH, A), without_subject, elsewhere, ended]}}
    teacher = await own_teaching(info_of(Role.TEACHER, held))
    assert teacher == Teaching(PersonId("per_t"), (SCHOOL,), None, True, [assignment(MATH, A)])
    leader = await own_teaching(info_of(Role.CLASS_TEACHER, held))
    assert (leader.class_ids, leader.may_substitute) == (frozenset({A}), False)
    assert (await own_teaching(info_of(Role.TEACHER, {"assignments": {}}))).assignments == []
    administrator = await own_teaching(info_of(Role.ADMINISTRATOR))
    assert administrator == Teaching(PersonId("per_t"), ())


def test_a_test_is_of_whoever_made_it_and_teaches_its_subject_at_its_school() -> None:
    own, info = teaching(assignment(MATH, A)), info_of(Role.TEACHER)
    own_test = {"author_id": "per_t", "school_id": SCHOOL, "subject_id": MATH}
    assert made_test(own_test, own, info)
    assert not made_test(None, own, info)
    for change in ({"author_id": "per_other"}, {"school_id": "sch_2"}, {"subject_id": ENGLISH}):
        assert not made_test({**own_test, **change}, own, info)


def test_a_student_is_taught_who_is_there_and_may_be_read() -> None:
    own, info = teaching(assignment(MATH, A)), info_of(Role.TEACHER)
    assert teaches(person(), MATH, own, DAY, info)
    assert not teaches(None, MATH, own, DAY, info)
    assert not teaches(person(merged_to="per_other"), MATH, own, DAY, info)
    assert not teaches(person(student_id=OTHER), MATH, own, DAY, info)
    assert not teaches(person(), ENGLISH, own, DAY, info)


async def test_lessons_are_those_of_ids_that_the_viewer_teaches() -> None:
    of_another: Any = lesson(_id="les_2", class_ids=[B])
    info = info_of(Role.TEACHER, {"lessons": {"les_1": lesson(), "les_2": of_another}})
    ids = ["les_1", "les_1.stu_other", "les_2", "les_nothing", None]
    found = await taught_lessons(ids, teaching(assignment(MATH, A)), info)
    assert found == [lesson(), lesson(), None, None, None]


@pytest.mark.parametrize("role", [Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR])
def test_a_substitute_reads_records_of_the_lesson_in_its_subject_alone(role: Role) -> None:
    info = info_of(role)
    taken = lesson(subject_id=ENGLISH, substitution=substitution("per_t"))
    assert admit_substitute(taken, info) == (role is Role.TEACHER)
    assert not admit_substitute(lesson(_id="les_2", substitution=substitution("per_other")), info)
    assert info.substituted == ({"les_1": ENGLISH} if role is Role.TEACHER else {})


def test_a_teacher_reads_records_of_the_subjects_taught_to_the_student() -> None:
    info = info_of(Role.TEACHER)
    records: list[dict[str, Any]] = [
        {"subject_id": MATH, "lesson_id": None},
        {"subject_id": ENGLISH, "lesson_id": "les_1"},
        {"subject_id": MATH, "lesson_id": "les_1"},
        {"subject_id": ENGLISH},
    ]
    assert readable(records, OWN, info) == [records[0], records[2]]
    assert readable(records, OTHER, info) == []
    admit_substitute(lesson(subject_id=ENGLISH, substitution=substitution("per_t")), info)
    assert readable(records, OWN, info) == records[:3]
    assert readable(records, OTHER, info) == [records[1]]
    leader = info_of(Role.CLASS_TEACHER)
    assert readable(records, OWN, leader) == records
    assert all(is_readable(one, OTHER, leader) for one in records)
