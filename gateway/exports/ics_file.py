"""Calendar files (iCalendar, RFC 5545) of rows that have a time: each row with a beginning is an event."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import BinaryIO, Final

from icalendar import Calendar, Event

from gateway.exports.columns import Column, Kind
from gateway.exports.rows import Cell
from gateway.languages import Text
from gateway.operations.errors import Refused

_TIMES: Final = (Kind.INSTANT, Kind.DAY)
_NO_TIMES: Final = Text(
    "A calendar needs a time: select a field of the list that is a DateTime or a Date.",
    "Календарю нужно время: выберите в списке поле типа DateTime или Date.",
)


class IcsFile:
    """Writes rows to a file as events.

    An event begins at the first instant of its row, or on its first day where it has no instant, and ends at the next
    instant; the other values are its title and description. Raises `Refused` where no column is a time.
    """

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        deepest = max((column.level for column in columns), default=0)
        times = [
            place
            for kind in _TIMES
            for place, column in enumerate(columns)
            if column.kind is kind and column.level == deepest
        ]
        if not times:
            raise Refused(HTTPStatus.BAD_REQUEST, _NO_TIMES, code="EXPORT_WITHOUT_TIMES")
        self._file = file
        self._begins = times[0]
        is_end = len(times) > 1 and columns[times[1]].kind is Kind.INSTANT
        self._ends = times[1] if is_end else None
        self._ids = [place for place, column in enumerate(columns) if column.title.split(".")[-1] == "id"]
        self._texts = [
            (place, column.title)
            for place, column in enumerate(columns)
            if place not in {self._begins, self._ends, *self._ids}
        ]
        self._calendar = Calendar()
        self._calendar.add("prodid", "-//school-gateway//RU")
        self._calendar.add("version", "2.0")

    def write(self, rows: Iterable[Sequence[Cell]], _data: object = None) -> None:
        """Add rows; one without a beginning is no event."""
        for row in rows:
            if row[self._begins] is not None:
                self._calendar.add_component(self._event(row))

    def _event(self, row: Sequence[Cell]) -> Event:
        begins = _time(str(row[self._begins]))
        end = None if self._ends is None or row[self._ends] is None else _time(str(row[self._ends]))
        shown = [(title, str(row[place])) for place, title in self._texts if row[place] not in {None, ""}]
        event = Event()
        name = [row[place] for place in self._ids] or list(row)
        event.add("uid", f"{hashlib.sha256(repr(name).encode()).hexdigest()[:32]}@school-gateway")
        event.add("dtstamp", datetime(2000, 1, 1, tzinfo=UTC))  # equal rows make equal files
        event.add("dtstart", begins)
        event.add("dtend", end or (begins if isinstance(begins, datetime) else begins + timedelta(days=1)))
        event.add("summary", shown[0][1] if shown else "–")
        if shown[1:]:
            event.add("description", "\n".join(f"{title}: {text}" for title, text in shown[1:]))
        return event

    def close(self) -> None:
        """Write the calendar."""
        self._file.write(self._calendar.to_ical())


def _time(text: str) -> date:
    """An instant in UTC, or a day."""
    return date.fromisoformat(text) if "T" not in text else datetime.fromisoformat(text).astimezone(UTC)
