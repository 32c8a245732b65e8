"""The conversations of the demo: nobody takes part in one who has no right to."""

from connectors.directory import in_force
from tests.connectors.demo.generated import Generated

TODAY = "2026-11-18"


def test_no_guardian_without_access_gets_a_letter_about_a_child(demo: Generated) -> None:
    led: dict[str, set[str]] = {}
    for one in demo["directory.staff_assignments"]:
        if one["kind"] == "CLASS_TEACHER" and in_force(one["starts_on"], one["ends_on"], TODAY):
            led.setdefault(one["person_id"], set()).add(one["class_id"])
    readable: dict[str, set[str]] = {}
    barred = set()
    for right in demo["directory.guardianships"]:
        if right["data_access"] and in_force(right["valid_from"], right["valid_to"], TODAY):
            readable.setdefault(right["person_id"], set()).add(right["student_id"])
        else:
            barred.add(right["person_id"])

    def classes(students: set[str]) -> set[str]:
        spans = [span for student in students for span in demo.students[student]["enrolments"]]
        return {span["class_id"] for span in spans if in_force(span["starts_on"], span["ends_on"], TODAY)}

    rows = demo["messages.participants"]
    leaders = {row["conversation_id"]: led[row["person_id"]] for row in rows if row["side"] == "STAFF"}
    people = {person["_id"]: person for person in demo["directory.people"]}
    for row in rows:
        if row["side"] == "PARENT":
            assert classes(readable.get(row["person_id"], set())) & leaders[row["conversation_id"]]
        elif row["side"] == "STUDENT":
            assert classes({people[row["person_id"]]["student_id"]}) & leaders[row["conversation_id"]]
    parents = {row["person_id"] for row in rows if row["side"] == "PARENT"}
    assert parents
    assert barred - readable.keys()
    assert not parents & (barred - readable.keys())
