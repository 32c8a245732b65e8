"""The days that tables of marks and lessons speak of."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.imports.roster.roster import Roster
from connectors.imports.withdrawals import DAYS, LESSONS

_Key = tuple[str, ...]


class SpanCoverage:
    """Says for which days a table names everything: from its first to its last row of a class.

    Marks and works are of a class and a subject. So a table of one week's marks leaves those of other weeks alone.
    """

    def __init__(self, roster: Roster) -> None:
        self._students = {roster.ids.student(key) for key, person in roster.people.items() if person.is_student}
        self._spans: dict[_Key, tuple[str, str]] = {}

    def note(self, name: str, document: Mapping[str, Any]) -> None:
        """Extend the days of the document's classes to its own."""
        day = document[DAYS[name]]
        for key in _keys(name, document):
            first, last = self._spans.get(key, (day, day))
            self._spans[key] = min(first, day), max(last, day)

    def covers(self, name: str, document: Mapping[str, Any]) -> bool:
        """Whether the day of a document is among those of all its classes, and its student is named."""
        day, student = document[DAYS[name]], document.get("student_id")
        spans = [self._spans.get(key) for key in _keys(name, document)]
        is_spanned = all(span is not None and span[0] <= day <= span[1] for span in spans)
        return is_spanned and (student is None or student in self._students)


def _keys(name: str, document: Mapping[str, Any]) -> Iterator[_Key]:
    classes = [document["class_id"]] if "class_id" in document else document["class_ids"]
    for one in classes:
        yield (name, one) if name == LESSONS else (name, one, document["subject_id"])
