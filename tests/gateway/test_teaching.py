"""For which classes, groups, lessons and students a member of staff may write."""

from typing import Any

from connectors.audience import Audience, Span
from connectors.directory import AssignmentKind, StaffAssignment
from connectors.schedule import Lesson
from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, StudentId, SubjectId
from gateway.teaching import Teaching, shared_lesson_id

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
