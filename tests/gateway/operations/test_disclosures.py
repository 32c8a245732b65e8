"""The readings that wait to be written."""

from datetime import timedelta
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from auth.viewer import Role, Viewer
from connectors.audit.disclosures import DisclosureKey, Reading
from connectors.vocabulary import Day, PersonId, StudentId
from gateway.operations import disclosures
from gateway.operations.disclosures import BULK_ROWS, DisclosureBuffer

DAY: Final = Day("2026-11-18")
TEACHER: Final = Viewer(role=Role.TEACHER, person_id=PersonId("per_1"), subjects={})
MARKS: Final = frozenset({"MARKS"})
DEBTS: Final = frozenset({"DEBTS"})


@pytest.fixture
def bulks(monkeypatch: pytest.MonkeyPatch) -> list[dict[DisclosureKey, Reading]]:
    """What is written, writing by writing."""
    found: list[dict[DisclosureKey, Reading]] = []

    async def add(_: Any, readings: Any, __: Any) -> None:
        found.append(dict(readings))

    monkeypatch.setattr(disclosures, "add", add)
    return found


def waiting(most: int = 10) -> DisclosureBuffer:
    return DisclosureBuffer(None, keep=timedelta(days=1), most=most)  # type: ignore[arg-type] # nothing is sent there


async def test_readings_of_one_student_become_one_row(bulks: list[dict[DisclosureKey, Reading]]) -> None:
    own = waiting()
    for kinds in (MARKS, MARKS, DEBTS):
        own.record(TEACHER, DAY, {kinds: {StudentId("stu_a")}})
    await own.flush()
    [bulk] = bulks
    key = DisclosureKey(DAY, "stu_a", "per_1", "TEACHER")
    assert bulk == {key: Reading(MARKS | DEBTS, MARKS, 3, 2)}  # the student does not know of debts
    await own.flush()
    assert len(bulks) == 1


async def test_a_request_of_several_kinds_counts_once(bulks: list[dict[DisclosureKey, Reading]]) -> None:
    own = waiting()
    own.record(TEACHER, DAY, {MARKS: {StudentId("stu_a")}, DEBTS: {StudentId("stu_a")}})
    await own.flush()
    [reading] = bulks[0].values()
    assert (reading.requests, reading.own_requests) == (1, 1)


async def test_rows_beyond_the_bound_are_dropped_and_the_log_says_so(bulks: list[dict[DisclosureKey, Reading]]) -> None:
    own = waiting(most=2)
    own.record(TEACHER, DAY, {MARKS: {StudentId(f"stu_{number}") for number in range(5)}})
    with capture_logs() as logs:
        await own.flush()
    assert len(bulks[0]) == 2
    assert [(line["event"], line["readings"]) for line in logs] == [("disclosures lost", 3)]


async def test_the_list_of_a_whole_school_is_written_in_turns(bulks: list[dict[DisclosureKey, Reading]]) -> None:
    own = waiting(most=10 * BULK_ROWS)
    own.record(TEACHER, DAY, {MARKS: {StudentId(f"stu_{number}") for number in range(2 * BULK_ROWS + 1)}})
    await own.flush()
    assert [len(bulk) for bulk in bulks] == [BULK_ROWS, BULK_ROWS, 1]
