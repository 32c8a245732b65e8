"""What one request carries: its viewer, the connectors, its reads, its moment."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from auth.viewer import Viewer
from connectors.assembly import Connectors
from connectors.ids import Day, SchoolId
from gateway.engine.fields import Call
from gateway.engine.reads import Read, Reads

DEFAULT_ZONE = "Europe/Moscow"
"""For a viewer without a school: the country's reference time."""


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is. A data set may stand around a day of its own: then every day is that *today*."""

    today: date | None = None

    def now(self) -> datetime:
        """This moment, aware UTC, moved to the day that stands for today."""
        now = datetime.now(UTC)
        return now if self.today is None else now + timedelta(days=(self.today - now.date()).days)


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request: who asks, of whom, by when."""

    viewer: Viewer
    connectors: Connectors
    reads: Reads
    request_id: str
    clock: Clock = field(default_factory=Clock)

    def info(self, call: Call) -> "Info":
        """What the resolver of one field sees."""
        return Info(self, call)


class Info:
    """What a batch resolver may know: the viewer, the connectors, the moment, and what is asked of it."""

    __slots__ = ("_call", "_context", "columns", "connectors", "viewer")

    def __init__(self, context: RequestContext, call: Call) -> None:
        self._context = context
        self._call = call
        self.viewer = context.viewer
        self.connectors = context.connectors
        self.columns = call.columns
        """The columns that the selection needs of what this resolver answers with."""

    def columns_of(self, type_name: str) -> frozenset[str]:
        """The columns that the operation needs of the documents behind a type that this resolver also reads."""
        return self._call.columns_of(type_name)

    def selects(self, field_name: str) -> bool:
        """Whether the selection names this field."""
        return self._call.selects(field_name)

    async def read(
        self, read: Read, keys: Iterable[Any], *, columns: frozenset[str] | None = None, **arguments: Hashable
    ) -> list[Any]:
        """One value per key, through the request's loaders; columns default to those of the selection."""
        return await self._context.reads.read(
            read, keys, columns=self.columns if columns is None else columns, **arguments
        )

    @property
    def now(self) -> datetime:
        """This moment, aware UTC."""
        return self._context.clock.now()

    @property
    def today(self) -> Day:
        """The school day it is in the viewer's zone."""
        return Day(self.now.astimezone(self.zone).date().isoformat())

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the viewer's (first) school."""
        names: Mapping[SchoolId, str] = self.viewer.zones
        return zone(next(iter(names.values()), DEFAULT_ZONE))

    def zone_of(self, school: SchoolId | None) -> ZoneInfo:
        """The zone of a school of the viewer's; for any other the viewer's own."""
        name = self.viewer.zones.get(school) if school else None
        return zone(name) if name else self.zone
