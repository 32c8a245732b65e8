"""Free text of inputs: stored as people see it, and refused where they could not."""

import unicodedata
from typing import Final

import pytest

from auth.viewer import Role
from gateway.free_text import checked_text
from gateway.writing import Problems
from tests.gateway.writing.acting import Acting

MOST: Final = 10


def checked(sent: str) -> tuple[str, list[tuple[str, list[str] | None]]]:
    """The text as it is stored, and the code and the field of each problem."""
    problems = Problems()
    text = checked_text(sent, problems, "reason", most=MOST)
    return text, [(error["code"], error["field"]) for error in problems.found]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("  Болеет \n", "Болеет"),
        ("Врач\r\nв 10", "Врач\nв 10"),
        ("а\rб\tв", "а\nб\tв"),
        ("и\N{COMBINING BREVE}од", "йод"),
        ("👩\u200d👧", "👩\u200d👧"),  # the joiner makes one picture of two
        ("…", "…"),
        ("ы" * MOST, "ы" * MOST),
        (unicodedata.normalize("NFD", "ᾂ" * MOST), "ᾂ" * MOST),  # four characters each, as it is sent
    ],
)
def test_text_is_stored_stripped_and_composed(sent: str, stored: str) -> None:
    assert checked(sent) == (stored, [])


@pytest.mark.parametrize("sent", ["", " \n\t", "\u200b\u00ad", "\u2060 \ufeff", "\u3164", "\u2800", "\u0301", "\ufe0f"])
def test_text_that_nobody_sees_is_required(sent: str) -> None:
    assert checked(sent)[1] == [("REQUIRED", ["reason"])]


@pytest.mark.parametrize(
    "character",
    ["\0", "\x1b", "\x7f", "\x9b", "\ud800", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))],
)
def test_control_characters_and_marks_of_direction_are_refused(character: str) -> None:
    assert checked(f"а{character}б")[1] == [("INVALID_INPUT", ["reason"])]
    assert checked(character)[1] == [("INVALID_INPUT", ["reason"])]


@pytest.mark.parametrize("sent", ["ы" * (MOST + 1), "а" + "\u0301" * 100_000, "\u200b" * (MOST + 1)])
def test_text_longer_than_the_limit_is_too_long(sent: str) -> None:
    assert checked(sent)[1] == [("TOO_LONG", ["reason"])]


@pytest.mark.parametrize(
    ("reason", "code"), [("\u200b\u00ad", "REQUIRED"), ("а\0б", "INVALID_INPUT"), ("а\u202eб", "INVALID_INPUT")]
)
async def test_a_reason_that_cannot_be_read_is_not_stored(acts: Acting, reason: str, code: str) -> None:
    values = {"studentId": acts.id("Student", "ivan"), "absence": {"days": ["2026-12-01"]}, "reason": reason}
    found = await acts.codes("olga", Role.PARENT, "submitAbsenceNotice", values, Idempotency_Key="1")
    assert found == [(code, ["reason"])]
    assert await acts.found("diary.facts") == []
