"""Values of cells as clerks write them, or Excel does: names in one column, classes like «7 «А»», dates as numbers."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from connectors.imports import values
from connectors.imports.errors import Unusable
from connectors.imports.tables.problems import CellProblem, Rule
from connectors.imports.tables.sheets import SHEETS
from connectors.vocabulary import Day

_RUSSIAN_DATE: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:\s+0?0:00(?::00)?)?\s*(?:г\.?)?", re.ASCII)
_ISO_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_SERIAL: Final = re.compile(r"\d{5}(?:\.0)?", re.ASCII)
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::00)?", re.ASCII)
_CLASS: Final = re.compile(r"(\d{1,2})[\s\-«»\"'“”„().]*([A-ZА-ЯЁ]?)[\s«»\"'“”„().]*(?:КЛАСС)?")
_LATIN: Final = str.maketrans("ABCEHKMOPTX", "АВСЕНКМОРТХ")
"""Latin letters that look like Cyrillic ones."""

_LAST_GRADE: Final = 12
_YES: Final = frozenset({"", "да", "есть", "+", "1", "yes", "true"})
_NO: Final = frozenset({"нет", "-", "0", "no", "false"})
_WEEKDAYS: Final = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_SHORTEST_WEEKDAY: Final = 2

_LONGEST: Final = 1_000
"""Characters of a cell; no value is longer."""

MORE: Final = "more cells than headings"
"""Stands among the columns of a row that has more cells than its table has headings."""


class FullName(NamedTuple):
    """The parts of a person's name."""

    family_name: str
    given_name: str
    patronymic: str | None


class Cells:
    """The cells of a row by the names of their columns."""

    def __init__(self, sheet: str, own: Mapping[str, str]) -> None:
        self._own = own
        self._headings = {column.name: column.headings[0] for column in SHEETS[sheet].columns}
        if MORE in own:
            raise CellProblem(Rule.CELLS, sheet)
        for name, value in own.items():
            if len(value) > _LONGEST:
                raise self.problem(Rule.LONG, name)
        for column in SHEETS[sheet].columns:
            if column.is_required and column.name not in own:
                raise CellProblem(Rule.REQUIRED, column.headings[0])

    def text(self, column: str) -> str | None:
        """The text of a cell; None where it is empty."""
        return self._own.get(column)

    def need(self, column: str) -> str:
        """The text of a cell that must not be empty."""
        found = self._own.get(column)
        if found is None:
            raise self.problem(Rule.REQUIRED, column)
        return found

    def problem(self, rule: Rule, column: str) -> CellProblem:
        """The error that a cell breaks a rule."""
        return CellProblem(rule, self._headings.get(column, column), self._own.get(column, ""))

    def full_name(self) -> FullName:
        """The name of the person whom the row is about, in one column or in three."""
        return full_name_of(self._own) or self.name_in("name")

    def name_in(self, column: str) -> FullName:
        """The name in one column: family name, first name, and the rest is the patronymic."""
        found = full_name_of({"name": self.need(column)})
        if found is None:
            raise self.problem(Rule.NAME, column)
        return found

    def day(self, column: str) -> Day | None:
        """The day in a cell: 01.09.2026, 2026-09-01, or the number that Excel has for it."""
        found = self._own.get(column)
        if found is None:
            return None
        try:
            return values.day(_iso(found), column)
        except (Unusable, ValueError):
            raise self.problem(Rule.DATE, column) from None

    def span(self) -> tuple[Day | None, Day | None]:
        """The days from and to which something holds, either of which may be open."""
        first, last = self.day("from"), self.day("to")
        if first and last and last < first:
            raise self.problem(Rule.SPAN, "to")
        return first, last

    def time(self, column: str) -> str:
        """The time of day in a cell, such as 08:30."""
        found = _TIME.fullmatch(self.need(column))
        if found is None:
            raise self.problem(Rule.TIME, column)
        return f"{int(found[1]):02}:{found[2]}"

    def whole(self, column: str) -> int:
        """The small number in a cell."""
        found = self.need(column).removesuffix(".0")
        if not (found.isascii() and found.isdigit() and len(found) <= len("99")):
            raise self.problem(Rule.NUMBER, column)
        return int(found)

    def class_name(self, column: str = "class") -> str | None:
        """The name of the class in a cell, as 7А for «7 «А»», 7-а and 7A; None where it is empty."""
        found = self._own.get(column)
        return None if found is None else self._class(column, found)

    def class_names(self, column: str) -> list[str]:
        """The names of the classes in a cell with commas."""
        found = self._own.get(column, "")
        return [self._class(column, part) for part in re.split(r"[,;]", found) if part.strip()]

    def _class(self, column: str, text: str) -> str:
        found = _CLASS.fullmatch(text.strip().upper().translate(_LATIN))
        if found is None or not 1 <= int(found[1]) <= _LAST_GRADE:
            raise self.problem(Rule.CLASS_NAME, column)
        return f"{int(found[1])}{found[2]}"

    def snils(self) -> str | None:
        """The digits of the СНИЛС, if there is one."""
        found = self._own.get("snils")
        if found is None:
            return None
        try:
            return values.snils(found.removesuffix(".0").zfill(11) if found[0].isdigit() else found, "snils")
        except Unusable:
            raise self.problem(Rule.SNILS, "snils") from None

    def has_access(self) -> bool:
        """Whether the cell `access` says yes; an empty one does."""
        found = self._own.get("access", "").casefold()
        if found not in _YES | _NO:
            raise self.problem(Rule.CHOICE, "access")
        return found in _YES

    def weekday(self) -> int:
        """The day of the week in a cell, Monday 0, also where it is cut short to two letters or more."""
        found = self.need("weekday").casefold().strip(". ")
        short = {"пн": "по", "вт": "вт", "ср": "ср", "чт": "че", "пт": "пя", "сб": "су", "вс": "во"}
        found = short.get(found, found)
        for number, name in enumerate(_WEEKDAYS):
            if len(found) >= _SHORTEST_WEEKDAY and name.startswith(found):
                return number
        raise self.problem(Rule.CHOICE, "weekday")


def full_name_of(own: Mapping[str, str]) -> FullName | None:
    """The name of the person whom a row is about; None where no family name and first name can be read."""
    if "family" in own and "given" in own:
        return FullName(own["family"], own["given"], own.get("patronymic"))
    parts = own.get("name", "").split()
    if len(parts) < len(("family", "given")):
        return None
    return FullName(parts[0], parts[1], " ".join(parts[2:]) or None)


def _iso(text: str) -> str:
    if (russian := _RUSSIAN_DATE.fullmatch(text)) is not None:
        return f"{russian[3]}-{int(russian[2]):02}-{int(russian[1]):02}"
    if (iso := _ISO_DATE.fullmatch(text)) is not None:
        return iso[1]
    if _SERIAL.fullmatch(text):
        return (_EXCEL_EPOCH + timedelta(days=int(text[:5]))).isoformat()
    return text
