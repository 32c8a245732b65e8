from collections import Counter, defaultdict
from typing import Any

from tests.connectors.demo.generated import Generated

TODAY = "2026-11-18"


def guardianships(demo: Generated) -> dict[str, list[Any]]:
    rights = defaultdict(list)
    for right in demo["directory.guardianships"]:
        rights[right["student_id"]].append(right)
    return rights


def test_students_are_as_many_as_asked_in_a_school_and_a_college(demo: Generated) -> None:
    assert Counter(student["school_id"] for student in demo.students.values()) == {demo.school: 300, demo.college: 300}
    assert [demo.schools[one]["kind"] for one in (demo.school, demo.college)] == ["SCHOOL", "COLLEGE"]


def test_the_school_weighs_its_average_and_the_college_does_not(demo: Generated) -> None:
    assert demo.schools[demo.school]["average_kind"] == "WEIGHTED"
    assert demo.schools[demo.college]["average_kind"] == "SIMPLE"
    assert {one["time_zone"] for one in demo.schools.values()} == {"Asia/Yekaterinburg"}


def test_classes_go_from_first_to_eleventh_grade_and_groups_from_first_to_fourth_course(demo: Generated) -> None:
    levels = defaultdict(set)
    for one in demo["directory.classes"]:
        levels[one["school_id"]].add(one["grade_level"])
    names = {one["name"] for one in demo["directory.classes"]}

    assert levels[demo.school] == set(range(1, 12))
    assert levels[demo.college] == set(range(1, 5))
    assert {"5А", "7Б", "ИС-24-1", "ИС-24-2"} < names


def test_classes_are_sorted_by_grade_and_not_by_letters(demo: Generated) -> None:
    own = [one for one in demo["directory.classes"] if one["school_id"] == demo.school]
    own.sort(key=lambda one: one["sort_name"])
    assert [one["name"] for one in own][-3:] == ["9А", "10А", "11А"]


def test_families_have_every_form(demo: Generated) -> None:
    rights = guardianships(demo)
    everything = [right for rows in rights.values() for right in rows]

    assert sum(len(rows) == 2 for rows in rights.values()) > 400
    assert sum(len(rows) == 1 for rows in rights.values()) > 50
    assert any(not right["lives_with"] and right["data_access"] for right in everything)
    assert any((right["valid_to"] or "9") < TODAY for right in everything)
    assert any(not right["data_access"] for right in everything)
    assert any("2026-09-01" < (right["valid_from"] or "") <= TODAY for right in everything)
    assert len(rights) == len(demo.students)


def test_siblings_share_parents_family_name_and_patronymic(demo: Generated) -> None:
    children: dict[str, set[str]] = defaultdict(set)
    for right in demo["directory.guardianships"]:
        children[right["person_id"]].add(right["student_id"])
    families = [tuple(map(demo.students.__getitem__, ids)) for ids in children.values() if len(ids) == 2]

    assert len(families) >= 3
    assert any(one["school_id"] != other["school_id"] for one, other in families)
    for one, other in families:
        assert one["family_name"].rstrip("аяй")[:4] == other["family_name"].rstrip("аяй")[:4]
        assert one["patronymic"][:4] == other["patronymic"][:4]


def test_a_parent_of_two_schools_belongs_to_both(demo: Generated) -> None:
    parent = demo.story("PARENT", "one in the college")
    person = next(one for one in demo["directory.people"] if one["_id"] == parent.person_id)
    assert set(person["school_ids"]) == {demo.school, demo.college}
    assert {demo.students[student]["school_id"] for student in parent.student_ids} == {demo.school, demo.college}


def test_people_have_every_role_and_some_have_two(demo: Generated) -> None:
    roles = Counter(tuple(person["roles"]) for person in demo["directory.people"])

    assert roles["ANALYST",] == 1
    assert roles["ADMINISTRATOR",] >= 2
    assert roles["TEACHER", "CLASS_TEACHER"] >= 20
    assert any(set(pair) >= {"TEACHER", "PARENT"} for pair in roles)


def test_every_class_has_a_class_teacher_who_leads_no_other(demo: Generated) -> None:
    leading = [a for a in demo["directory.staff_assignments"] if a["kind"] == "CLASS_TEACHER"]
    assert {a["class_id"] for a in leading} == set(demo.classes)
    assert len({a["person_id"] for a in leading}) == len(leading)


def test_everybody_may_sign_in_under_a_name_of_his_own(demo: Generated) -> None:
    known = Counter(row["subject"] for row in demo["directory.external_ids"])
    people = {row["person_id"] for row in demo["directory.external_ids"]}

    assert people == {person["_id"] for person in demo["directory.people"]}
    assert {subject: count for subject, count in known.items() if count > 1} == {"ambiguous-0": 2, "ambiguous-1": 2}
    assert {row["issuer"] for row in demo["directory.external_ids"]} == {"urn:school-gateway:demo"}


def test_a_person_entered_twice_points_to_the_one_he_was_merged_into(demo: Generated) -> None:
    people = {person["_id"]: person for person in demo["directory.people"]}
    merged = [person for person in people.values() if "merged_to" in person]

    assert len(merged) == 2
    assert all(people[person["merged_to"]]["display_name"] == person["display_name"] for person in merged)


def test_names_have_yo_and_hyphens_and_are_sorted_without(demo: Generated) -> None:
    people = demo["directory.people"]
    assert any("ё" in person["family_name"] for person in people)
    assert any("-" in person["family_name"] for person in people)
    assert not any("ё" in person["sort_name"] for person in people)


def test_students_are_of_the_age_of_their_class(demo: Generated) -> None:
    for student in demo.students.values():
        one = demo.classes[student["enrolments"][-1]["class_id"]]
        grade = one["grade_level"] + (9 if one["school_id"] == demo.college else 0)
        assert 5 + grade <= 2026 - int(student["birth_date"][:4]) <= 7 + grade


def test_a_newcomer_has_nothing_from_before_he_came(demo: Generated) -> None:
    student = demo.story("STUDENT", "came in the course").student_ids[0]
    (enrolment,) = demo.students[student]["enrolments"]
    marks = demo.of_student("grades.marks", student)

    assert "2026-09-01" < enrolment["starts_on"] <= TODAY
    assert marks
    assert min(mark["given_on"] for mark in marks) >= enrolment["starts_on"]
    assert not demo.of_student("grades.final_grades", student)
