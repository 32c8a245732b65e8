"""The statistics: what each counts, by which dimensions, and how its values are numbered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ALL: Final = -1
"""In the coordinates of a cell: all values of the dimension together."""
UNKNOWN: Final = 0
"""In the coordinates of a cell: the records that have no value of the dimension."""

COORDINATES: Final = (
    "municipality", "school", "grade", "class", "subject", "kind", "year", "term", "month", "week",
)  # fmt: skip
"""The whole numbers that say what a cell is about. `ALL` stands for all values of a dimension."""


class Statistic(StrEnum):
    """The records that a statistic counts."""

    MARKS = "marks"
    ATTENDANCE = "attendance"
    FAMILIES = "families"
    POINTS = "points"


_PLACES: Final = (
    (),
    ("municipality",),
    ("municipality", "school"),
    ("grade",),
    ("municipality", "grade"),
    ("municipality", "school", "grade"),
    ("municipality", "school", "grade", "class"),
)
_ABOVE_CLASSES: Final = _PLACES[:-1]
_WITHOUT_GRADES: Final = _PLACES[:3]
_YEAR, _TERM, _MONTH = ("year",), ("year", "term"), ("year", "term", "month")
_WEEK: Final = ("year", "term", "week")
PIECE_OF_WEEK: Final = frozenset({*_MONTH, "week"})
"""The part of a week that lies in one month: not published, but what weeks and months would tell together."""

Dimensions = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """How a statistic is counted."""

    values: tuple[str, ...]
    """The possible values of a record; records and cells number these by their places."""
    details: Mapping[str, tuple[tuple[Dimensions, ...], tuple[Dimensions, ...]]] = field(default_factory=dict)
    """The dimensions beside place and time, each with its times and places. No cell is of two details at once."""
    is_sensitive: bool = False
    """Whether the records tell of health, and a cell therefore needs more students."""

    @property
    def tables(self) -> list[tuple[Dimensions, tuple[Dimensions, ...]]]:
        """The tables of cells: for each combination of detail and time, the places that it is counted for."""
        found: list[tuple[Dimensions, tuple[Dimensions, ...]]] = [(time, _PLACES) for time in (_YEAR, _TERM, _MONTH)]
        for detail, (times, places) in self.details.items():
            found += [((detail, *time), places) for time in times]
        return [*found, (_WEEK, _WITHOUT_GRADES), (tuple(sorted(PIECE_OF_WEEK)), _WITHOUT_GRADES)]

    def is_published(self, by: frozenset[str]) -> bool:
        """Whether the cells that tell apart exactly the dimensions *by* are published."""
        return not by >= PIECE_OF_WEEK and any(
            by == frozenset({*rest, *place}) for rest, places in self.tables for place in places
        )


DESIGNS: Final = {
    Statistic.MARKS: Design(
        ("5", "4", "3", "2", "1", "pass", "fail", "other"),
        {"subject": ((_YEAR, _TERM, _MONTH), _PLACES), "kind": ((_YEAR, _TERM), _ABOVE_CLASSES)},
    ),
    Statistic.ATTENDANCE: Design(
        ("PRESENT", "LATE", "ABSENT", "ILLNESS", "FAMILY", "EVENT", "OTHER"),
        {"subject": ((_YEAR, _TERM), _ABOVE_CLASSES)},
        is_sensitive=True,
    ),
    Statistic.FAMILIES: Design(("ACKNOWLEDGED", "NOT_ACKNOWLEDGED")),
    Statistic.POINTS: Design(("OPEN", "OVERDUE"), {"subject": ((_YEAR, _TERM), _ABOVE_CLASSES)}),
}
