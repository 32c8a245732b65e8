from typing import Any

import pytest

from auth.viewer import Role, Viewer
from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, StudentId, SubjectId

ME, SCHOOL, OTHER = PersonId("per_me"), SchoolId("sch_1"), SchoolId("sch_2")
ANNA, BORIS = StudentId("stu_anna"), StudentId("stu_boris")
MATHS = SubjectId("sub_maths")

PARENT = Viewer(
    role=Role.PARENT,
    person_id=ME,
    school_ids=(SCHOOL,),
    zones={SCHOOL: "Asia/Yekaterinburg"},
    class_ids=frozenset({ClassId("cls_7a")}),
    group_ids=frozenset({GroupId("grp_english")}),
    student_ids=frozenset({ANNA}),
)
STUDENT = Viewer(role=Role.STUDENT, person_id=ME, student_ids=frozenset({ANNA}), student_id=ANNA)
TEACHER = Viewer(role=Role.TEACHER, person_id=ME, student_ids=frozenset({ANNA}), subjects={ANNA: frozenset({MATHS})})
CLASS_TEACHER = Viewer(role=Role.CLASS_TEACHER, person_id=ME, student_ids=frozenset({ANNA}))
ADMINISTRATOR = Viewer(
    role=Role.ADMINISTRATOR, person_id=ME, school_ids=(SCHOOL,), zones={SCHOOL: "Asia/Yekaterinburg"}
)
ANALYST = Viewer(role=Role.ANALYST, person_id=ME, school_ids=(SCHOOL,), zones={SCHOOL: "Asia/Yekaterinburg"})
EVERYONE = [STUDENT, PARENT, TEACHER, CLASS_TEACHER, ADMINISTRATOR, ANALYST]


@pytest.mark.parametrize("viewer", [STUDENT, PARENT, TEACHER, CLASS_TEACHER], ids=lambda v: v.role)
def test_only_the_listed_students_may_be_read_when_the_role_is_bound_to_them(viewer: Viewer) -> None:
    assert viewer.may_read_student(ANNA, OTHER)
    assert not viewer.may_read_student(BORIS, SCHOOL)
    assert viewer.subjects_of(BORIS) == frozenset()


def test_the_students_of_his_schools_may_be_read_when_he_is_administrator() -> None:
    assert ADMINISTRATOR.may_read_student(BORIS, SCHOOL)
    assert not ADMINISTRATOR.may_read_student(BORIS, OTHER)
    assert not ADMINISTRATOR.may_read_student(BORIS, None)
    assert ADMINISTRATOR.subjects_of(BORIS) is None


def test_no_student_may_be_read_when_he_is_analyst() -> None:
    assert not ANALYST.may_read_student(ANNA, SCHOOL)
    assert ANALYST.subjects_of(ANNA) == frozenset()


def test_a_teacher_reads_his_own_subjects_alone() -> None:
    assert TEACHER.subjects_of(ANNA) == frozenset({MATHS})
    assert PARENT.subjects_of(ANNA) is None


def test_a_class_is_own_when_it_is_listed() -> None:
    assert PARENT.is_own_class(ClassId("cls_7a"))
    assert not PARENT.is_own_class(ClassId("cls_7b"))


@pytest.mark.parametrize("viewer", EVERYONE, ids=lambda v: v.role)
def test_a_viewer_is_the_same_when_he_was_json_in_between(viewer: Viewer) -> None:
    assert Viewer.from_json(viewer.to_json()) == viewer


@pytest.mark.parametrize(
    "changes",
    [
        {"role": Role.TEACHER},
        {"role": Role.ADMINISTRATOR},
        {"role": Role.ANALYST},
        {"role": Role.STUDENT},
        {"role": Role.STUDENT, "student_id": BORIS},
        {"role": Role.TEACHER, "subjects": {}},
        {"role": Role.TEACHER, "subjects": {ANNA: frozenset(), BORIS: frozenset()}},
        {"subjects": {ANNA: frozenset()}},
        {"student_id": ANNA},
        {"school_ids": (SCHOOL,)},
        {"zones": {SCHOOL: "Asia/Yekaterinburg"}},
    ],
    ids=str,
)
def test_a_viewer_is_refused_when_no_role_allows_him(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Viewer(**{"role": Role.PARENT, "person_id": ME, "student_ids": frozenset({ANNA}), **changes})


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"{}",
        b"\xff\x00",
        b"[" * 100_000,
        PARENT.to_json()[:-1],
        PARENT.to_json().replace(b"PARENT", b"TEACHER"),
        PARENT.to_json().replace(b"PARENT", b"ADMINISTRATOR"),
        PARENT.to_json().replace(b"PARENT", b"DIRECTOR"),
        PARENT.to_json().replace(b'["stu_anna"]', b'"stu_anna"'),
        PARENT.to_json().replace(b'["stu_anna"]', b"[1]"),
        PARENT.to_json().replace(b'"per_me"', b"null"),
        TEACHER.to_json().replace(b'"subjects":{"stu_anna":["sub_maths"]}', b'"subjects":null'),
    ],
    ids=lambda text: repr(text[:30]),
)
def test_json_is_refused_when_it_is_no_viewer(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Viewer.from_json(text)
