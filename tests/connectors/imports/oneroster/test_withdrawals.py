"""Marks and works that the source takes back leave the families' view; what was changed here stays."""

from datetime import date

import pytest

from connectors.imports.endings import EndingRefused, EndingRules
from tests.connectors.imports.oneroster.delivery import Delivery


def mark_of(delivery: Delivery) -> str:
    return delivery.ids.of("Mark", "li", "stu")


async def marks(delivery: Delivery) -> list[str]:
    found = await delivery.connectors.databases["grades"]["marks"].find({}).to_list(None)
    return [one["value"] for one in found]


def change(delivery: Delivery, **values: str) -> None:
    delivery.rows["results"]["r1"] = {**delivery.rows["results"]["r1"], **values}


@pytest.mark.parametrize(
    "changed", [{"status": "tobedeleted"}, {"scoreStatus": "submitted"}, {"scoreStatus": "exempt"}]
)
async def test_a_mark_that_the_source_takes_back_is_removed_with_a_fact(
    delivery: Delivery, changed: dict[str, str]
) -> None:
    await delivery.run()
    before = dict(delivery.rows["results"]["r1"])
    change(delivery, **changed)
    dry = await delivery.run(is_dry=True)
    assert dry.ended["marks"].examples == ["Иванова-Петрова Анна Сергеевна – 4, 2026-10-02"]
    assert await marks(delivery) == ["4"]
    summary = await delivery.run()
    assert summary.is_balanced
    assert (summary.ended["marks"].count, summary.ended["marks"].in_force) == (1, 1)
    assert await marks(delivery) == []
    [fact] = (await delivery.everything())["grades.facts"]
    assert (fact["action"], fact["object_id"]) == ("removeMark", mark_of(delivery))
    assert fact["student_id"] == delivery.ids.student("stu")
    assert {one["field"]: (one["before"], one["after"]) for one in fact["changes"]}["value"] == ("4", None)
    work = await delivery.one("grades.works", delivery.ids.of("Work", "li"))
    [history] = work["removed_marks"][delivery.ids.student("stu")]
    assert (history["old_value"], history["new_value"]) == ("4", None)
    again = await delivery.run()
    assert not again.changed
    assert not again.ended
    delivery.rows["results"]["r1"] = before
    await delivery.run()
    assert await marks(delivery) == ["4"]


async def test_a_mark_whose_value_the_source_changes_keeps_the_old_one_in_its_history(delivery: Delivery) -> None:
    await delivery.run()
    change(delivery, score="3")
    await delivery.run()
    mark = await delivery.one("grades.marks", mark_of(delivery))
    [entry] = mark["history"]
    assert (mark["value"], entry["old_value"], entry["new_value"]) == ("3", "4", "3")
    assert entry["changed_by_id"] is None
    assert not (await delivery.run()).changed
    change(delivery, comment="Переписано")
    await delivery.run()
    assert len((await delivery.one("grades.marks", mark_of(delivery)))["history"]) == 1, "the value is as it was"
    change(delivery, score="5")
    await delivery.run()
    mark = await delivery.one("grades.marks", mark_of(delivery))
    assert [(one["old_value"], one["new_value"]) for one in mark["history"]] == [("4", "3"), ("3", "5")]
    change(delivery, status="tobedeleted")
    await delivery.run()
    assert await marks(delivery) == [], "what imports themselves changed is no change that somebody made here"
    work = await delivery.one("grades.works", delivery.ids.of("Work", "li"))
    history = work["removed_marks"][delivery.ids.student("stu")]
    assert [(one["old_value"], one["new_value"]) for one in history] == [("4", "3"), ("3", "5"), ("5", None)]


async def test_a_work_goes_with_its_last_mark(delivery: Delivery) -> None:
    await delivery.run()
    del delivery.rows["results"]["r1"]
    delivery.add("lineItems", "li", status="tobedeleted")
    delivery.add("lineItems", "other", title="Степени", classSourcedId="alg7a", dueDate="2026-10-05")
    summary = await delivery.run()
    assert {kind: found.count for kind, found in summary.ended.items()} == {"marks": 1, "works": 1}
    assert [work["title"] for work in (await delivery.everything())["grades.works"]] == ["Степени"]


async def test_a_mark_that_was_changed_here_stays_and_is_counted(delivery: Delivery) -> None:
    await delivery.run()
    grades = delivery.connectors.databases["grades"]
    await grades["marks"].update_one({}, {"$set": {"value": "5", "numeric_value": 5}, "$inc": {"version": 1}})
    change(delivery, status="tobedeleted")
    summary = await delivery.run()
    assert "marks" not in summary.ended
    assert summary.findings["marks that are no longer named, and stay because they were changed here"] == 1
    assert await marks(delivery) == ["5"]


async def test_a_result_with_a_mistake_leaves_the_mark_that_stands(delivery: Delivery) -> None:
    await delivery.run()
    change(delivery, score="40")
    summary = await delivery.run()
    assert "marks" not in summary.ended
    assert await marks(delivery) == ["4"]


async def test_marks_stay_where_the_files_speak_of_another_year_or_no_longer_of_the_student(delivery: Delivery) -> None:
    await delivery.run()
    rows = {file: dict(rows) for file, rows in delivery.rows.items()}
    delivery.rows["results"] = {}
    for key, row in delivery.rows["academicSessions"].items():
        later = {day: f"{int(row[day][:4]) + 1}{row[day][4:]}" for day in ("startDate", "endDate")}
        delivery.rows["academicSessions"][key] = {**row, **later, "schoolYear": "2028"}
    await delivery.run(today=date(2027, 9, 2))
    assert await marks(delivery) == ["4"]
    delivery.rows = rows
    for file in ("users", "roles", "demographics"):
        if file in delivery.rows:
            delivery.rows[file] = {key: row for key, row in delivery.rows[file].items() if not key.endswith("stu")}
    await delivery.run()
    assert await marks(delivery) == ["4"]


async def test_an_import_that_would_remove_too_many_marks_stops_before_it_writes(delivery: Delivery) -> None:
    await delivery.run()
    before = await delivery.everything()
    change(delivery, status="tobedeleted")
    with pytest.raises(EndingRefused, match=r"no longer name 1 of 1 marks"):
        await delivery.run(endings=EndingRules(number=0, share=0.5))
    assert await delivery.everything() == before
