"""Contested identities of a table: one code or one СНИЛС that stands beside the names of several people."""

from typing import Final

from connectors.imports.staging import Staging
from connectors.imports.tables.cells import FullName, full_name_of
from connectors.imports.tables.identities import fits

PEOPLE: Final = ("staff", "students", "guardians")
"""The tables of people; each has codes of its own."""

Claim = tuple[str, str, str]
"""The table, the column and the value of what identifies a person."""


def contested(staging: Staging) -> set[Claim]:
    """The codes and СНИЛС of each table that several people have there: nobody knows whose they are."""
    found: set[Claim] = set()
    for sheet in PEOPLE:
        first: dict[Claim, tuple[FullName, str]] = {}
        for row in staging.rows(sheet):
            name, snils = full_name_of(row.values), _digits(row.values.get("snils", ""))
            for column in ("code", "snils"):
                value = row.values.get(column, "") if column == "code" else snils
                if not value or name is None:
                    continue
                claim = sheet, column, value
                known, known_snils = first.setdefault(claim, (name, snils))
                if not fits(known, name) or (snils and known_snils and snils != known_snils):
                    found.add(claim)
                elif snils:
                    first[claim] = known, snils
    return found


def _digits(text: str) -> str:
    digits = "".join(filter(str.isdigit, text.removesuffix(".0")))
    return digits.zfill(11) if digits else ""
