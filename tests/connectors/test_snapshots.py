from typing import Any

import pytest

from connectors.snapshots import Conflict, merged

Document = dict[str, Any]


def names(family: str, first: str) -> Document:
    """A name with what follows from it."""
    return {
        "display_name": f"{family} {first}",
        "family_name": family,
        "given_name": first,
        "sort_name": f"{family} {first}".casefold(),
        "name_tokens": sorted([family.casefold(), first.casefold()]),
    }


BEFORE, CORRECTED = names("Петрова", "Наталья"), names("Петрова", "Наталия")


def mark(value: str, number: int | None) -> Document:
    return {"value": value, "numeric_value": number}


@pytest.mark.parametrize(
    ("base", "source", "here", "stands"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
        ({}, {}, {"b": 1}, {"b": 1}),
        ({}, {"b": 1}, {}, {"b": 1}),
        ({"b": 1}, {}, {"b": 1}, {}),
        ({"b": 1}, {}, {"b": 2}, {"b": 2}),
        ({"b": 1}, {"b": 1}, {}, {}),
        ({"a": None}, {"a": "x"}, {"a": None}, {"a": "x"}),
        (
            BEFORE,
            CORRECTED,
            names("Сидорова", "Наталья"),
            names("Сидорова", "Наталья"),
        ),
        (
            BEFORE,
            CORRECTED,
            BEFORE,
            CORRECTED,
        ),
        (mark("4", 4), mark("5", 5), mark("н", None), mark("н", None)),
        ({"_id": "p"}, {"_id": "p"}, {"_id": "p", "version": 3}, {"_id": "p", "version": 3}),
    ],
)
def test_a_field_is_taken_from_the_side_that_changed_it(
    base: Document, source: Document, here: Document, stands: Document
) -> None:
    document, _ = merged(base, source, here)
    assert document == stands


@pytest.mark.parametrize(
    ("base", "source", "here", "conflicts"),
    [
        ({"a": 1}, {"a": 2}, {"a": 3}, [Conflict("a", 3, 2)]),
        ({"b": 1}, {}, {"b": 2}, [Conflict("b", 2, None)]),
        ({"b": 1}, {"b": 2}, {}, [Conflict("b", None, 2)]),
        (mark("4", 4), mark("5", 5), mark("н", None), [Conflict("value", "н", "5")]),
        (
            BEFORE,
            CORRECTED,
            names("Сидорова", "Наталья"),
            [Conflict("display_name", "Сидорова Наталья", "Петрова Наталия")],
        ),
        (
            {"value": "4", "scale_id": "s1"},
            {"value": "4", "scale_id": "s2"},
            {"value": "4", "scale_id": "s3"},
            [Conflict("scale_id", "s3", "s2")],
        ),
        ({"a": 1}, {"a": 2}, {"a": 2}, []),
        ({"a": 1}, {"a": 1}, {"a": 3}, []),
    ],
)
def test_a_field_that_both_sides_changed_is_named(
    base: Document, source: Document, here: Document, conflicts: list[Conflict]
) -> None:
    assert merged(base, source, here)[1] == conflicts
