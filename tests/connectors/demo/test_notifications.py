from collections import defaultdict
from typing import Any

from tests.connectors.demo.generated import Generated


def inboxes_of(demo: Generated) -> dict[tuple[str, str], list[Any]]:
    """The notifications of each person in each role."""
    found = defaultdict(list)
    for one in demo["notifications.notifications"]:
        found[one["person_id"], one["role"]].append(one)
    return found


def test_families_that_the_demo_shows_find_something_new(demo: Generated) -> None:
    inboxes = inboxes_of(demo)
    for person in demo.summary.story:
        own = inboxes[person.person_id, person.role]
        if person.role == "STUDENT" or (person.role == "PARENT" and person.student_ids):
            assert {one["is_read"] for one in own} == {True, False}, person.name
            assert {"MARK", "ANNOUNCEMENT"} <= {one["kind"] for one in own}, person.name
        elif person.role != "PARENT":
            assert own == []


def test_no_student_is_notified_of_a_remark_and_nobody_without_the_right(demo: Generated) -> None:
    remarks = {one["_id"] for one in demo["diary.remarks"]}
    rights = defaultdict(set)
    for one in demo["directory.guardianships"]:
        if one["data_access"] and (one["valid_from"] or "") <= "2026-11-18" <= (one["valid_to"] or "9"):
            rights[one["person_id"]].add(one["student_id"])
    told_of_remarks = set()
    for one in demo["notifications.notifications"]:
        if one["cause_id"] in remarks:
            told_of_remarks.add(one["role"])
        if one["role"] == "PARENT" and one["student_id"]:
            assert one["student_id"] in rights[one["person_id"]]
    assert told_of_remarks == {"PARENT"}
