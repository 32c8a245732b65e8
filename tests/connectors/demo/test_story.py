from typing import Any

from tests.connectors.demo.generated import Generated

WEEK = ("2026-11-16", "2026-11-22")
ROLES = {"STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR", "ANALYST"}


def within(rows: list[Any], key: str) -> list[Any]:
    return [row for row in rows if WEEK[0] <= row[key] <= WEEK[1]]


def test_the_story_has_people_of_every_role(demo: Generated) -> None:
    people = {person["_id"]: person for person in demo["directory.people"]}

    assert {one.role for one in demo.summary.story} == ROLES
    for one in demo.summary.story:
        assert one.role in people[one.person_id]["roles"]
        assert one.name == people[one.person_id]["display_name"]


def test_parents_may_read_exactly_the_children_the_story_names(demo: Generated) -> None:
    for one in demo.summary.story:
        if one.role == "PARENT":
            rights = [right for right in demo["directory.guardianships"] if right["person_id"] == one.person_id]
            readable = {
                right["student_id"]
                for right in rights
                if right["data_access"] and (right["valid_from"] or "") <= "2026-11-18" <= (right["valid_to"] or "9")
            }
            assert set(one.student_ids) == readable


def test_there_are_three_families_of_several_children(demo: Generated) -> None:
    families = {frozenset(one.student_ids) for one in demo.summary.story if len(one.student_ids) == 2}
    assert len(families) == 3


def test_students_of_the_story_have_a_week_worth_showing(demo: Generated) -> None:
    tests = {test["_id"]: test for test in demo["assessments.tests"]}
    shown = [s for one in demo.summary.story if one.role == "PARENT" for s in one.student_ids]
    for student in dict.fromkeys(shown):
        audience = demo.audiences[student]
        week = within(demo["schedule.lessons"], "date")
        lessons = [x for x in week if audience.includes(x["class_ids"], x["group_id"], x["date"])]
        homework = {task["lesson_id"] for task in within(demo["diary.homework"], "date")}
        attempted = {row["test_id"] for row in demo.of_student("assessments.attempts", student)}
        assigned = [tests[row["test_id"]] for row in demo.of_student("assessments.assignments", student)]

        assert len(lessons) >= 15
        assert sum(lesson["_id"] in homework for lesson in lessons) >= 8
        assert within(demo.of_student("diary.remarks", student), "made_on")
        assert within(demo.of_student("grades.marks", student), "given_on")
        assert any(mark["is_point"] for mark in demo.of_student("grades.marks", student))
        assert any(
            test["opens_at"].date().isoformat() <= "2026-11-18" <= test["closes_at"].date().isoformat()
            and test["_id"] not in attempted
            for test in assigned
        )


def test_the_merged_and_the_ambiguous_are_not_in_the_story(demo: Generated) -> None:
    merged = {person["_id"] for person in demo["directory.people"] if "merged_to" in person}
    assert not merged & {one.person_id for one in demo.summary.story}


def test_the_story_tells_of_everybody_whose_rights_are_unusual(demo: Generated) -> None:
    notes = {(one.role, one.note.split(" on ")[0]) for one in demo.summary.story}
    for role, words in (
        ("PARENT", "without access to data"),
        ("PARENT", "guardianship has ended"),
        ("PARENT", "divorced, lives elsewhere"),
        ("PARENT", "divorced, the child lives with"),
        ("STUDENT", "came from 7А"),
        ("TEACHER", "stands in for a colleague in 7А"),
    ):
        assert any(role == one and words in note for one, note in notes), words
    assert all(one.note_ru for one in demo.summary.story)


def test_the_substitute_stands_in_today_and_does_not_teach_the_class(demo: Generated) -> None:
    one = demo.story("TEACHER", "stands in for a colleague in 7А")
    lessons = [x for x in demo["schedule.lessons"] if x["class_ids"] == [one.class_id]]
    own_lessons = [x for x in lessons if one.person_id in x["teacher_ids"]]
    assert own_lessons
    assert all(x["substitution"]["substitute_teacher_id"] == one.person_id for x in own_lessons)
    assert any(x["date"] == "2026-11-18" for x in own_lessons)
