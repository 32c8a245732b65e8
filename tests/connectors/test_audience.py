"""Whom something is for, from the first day to the last of a class or a group; and which subjects may be read."""

from connectors.audience import Audience, Span, SubjectsOf, audience_condition, of_subjects
from connectors.mongo.filters import NOTHING
from connectors.vocabulary import StudentId, SubjectId

ONE, TWO, THREE = StudentId("stu_1"), StudentId("stu_2"), StudentId("stu_3")
MATH, ENGLISH = SubjectId("sub_math"), SubjectId("sub_eng")


def audience(*classes: Span, groups: tuple[Span, ...] = ()) -> Audience:
    return Audience(ONE, classes, groups)


def test_a_class_is_attended_from_its_first_to_its_last_day() -> None:
    own = audience(Span("7a", "2026-09-01", "2026-11-01"), Span("7b", "2026-11-02", None))
    held = {
        "2026-08-31": [],
        "2026-09-01": ["7a"],
        "2026-11-01": ["7a"],
        "2026-11-02": ["7b"],
        "2027-05-31": ["7b"],
    }
    for day, classes in held.items():
        assert [one for one in ("7a", "7b", "7c") if own.includes([one], None, day)] == classes
    assert own.includes(["7c", "7a"], None, "2026-09-01")
    assert not own.includes([], None, "2026-09-01")


def test_what_is_held_for_a_group_is_for_its_members_alone() -> None:
    own = audience(Span("7a", "2026-09-01", None), groups=(Span("eng1", "2026-09-02", "2026-09-03"),))
    days = ("2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04")
    assert [own.includes(["7a"], "eng1", day) for day in days] == [False, True, True, False]
    assert not own.includes(["7a"], "eng2", "2026-09-02")


def test_a_teacher_reads_of_each_student_the_subjects_taught_to_them() -> None:
    both, one = frozenset({MATH, ENGLISH}), frozenset({MATH})
    only = SubjectsOf({ONE: both, TWO: one})
    assert (only.every, only.of(ONE), only.of(TWO), only.of(THREE)) == (both, both, one, frozenset())
    assert of_subjects(None, [ONE, TWO]) == {}
    assert of_subjects(only, []) == {"student_id": None}
    assert of_subjects(only, [ONE, TWO, THREE]) == {
        "$or": [
            {"student_id": {"$in": [ONE]}, "subject_id": {"$in": [ENGLISH, MATH]}},
            {"student_id": {"$in": [TWO]}, "subject_id": {"$in": [MATH]}},
            {"student_id": {"$in": [THREE]}, "subject_id": {"$in": []}},
        ]
    }


def test_the_condition_names_only_what_somebody_belongs_to() -> None:
    span, group = Span("7a", "2026-09-01", None), Span("eng1", "2026-09-01", None)
    of_class, of_group = {"class_ids": {"$in": ["7a"]}, "group_id": None}, {"group_id": {"$in": ["eng1"]}}
    assert audience_condition([audience(span), audience(groups=(group,))]) == {"$or": [of_class, of_group]}
    assert audience_condition([audience(span)]) == {"$or": [of_class]}
    assert audience_condition([audience(groups=(group,))]) == {"$or": [of_group]}
    assert audience_condition([audience()]) == NOTHING
