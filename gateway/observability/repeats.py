"""Bounds how often one cause is logged: what is beyond the bound is counted, and the count is logged."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import structlog

from gateway.observability.redaction import Event, class_of

WINDOW_S: Final = 10.0
REQUEST: Final = "request"
"""The event of which every request has one line, and which is therefore never suppressed."""
CHECKPOINT: Final = "audit checkpoint"
"""The event that gives away how far the audit of a school reached; none may be missing either."""
SUPPRESSED: Final = "repeated lines were suppressed"
MAX_CAUSES: Final = 1_000
"""The most causes that are counted separately in a window; further ones are counted together."""

Cause = tuple[str, str, str]


class RepeatLimit:
    """Lets *lines* lines of each cause pass in ten seconds; when these are over, the rest is logged as a number.

    A cause is an event together with the source, the code, or the class of the exception it is about.
    """

    def __init__(self, lines: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = lines
        self._clock = clock
        self._ends = 0.0
        self._seen: Counter[Cause] = Counter()

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """Pass *event* on, or raise structlog's `DropEvent`."""
        if self._clock() >= self._ends:
            self.report()
        if event["event"] in {REQUEST, CHECKPOINT, SUPPRESSED}:
            return event
        cause = _cause(event)
        if cause not in self._seen and len(self._seen) >= MAX_CAUSES:
            cause = ("other", "", "")
        self._seen[cause] += 1
        if self._seen[cause] > self._lines:
            raise structlog.DropEvent
        return event

    def report(self) -> None:
        """Begin a new window, and log how many lines of which causes were suppressed in the last one."""
        seen, self._seen = self._seen, Counter()
        self._ends = self._clock() + WINDOW_S
        for (event, about, exception), count in seen.items():
            if count > self._lines:
                structlog.get_logger(__name__).warning(
                    SUPPRESSED, of=event, about=about, exception_type=exception, count=count - self._lines
                )


def _cause(event: Event) -> Cause:
    about = event.get("connector") or event.get("code") or event.get("at") or ""
    return str(event["event"]), str(about), _exception(event.get("exc_info"))


def _exception(exc_info: Any) -> str:
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return class_of(error) if isinstance(error, BaseException) else ""
