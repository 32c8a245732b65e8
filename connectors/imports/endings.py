"""Ends links that give access and that a source no longer names; they get an end date and are never deleted.

Guardianships and assignments are documents; enrolments, places in groups and posts are spans inside of a person. Both
carry the `source` that wrote them: links of another source, or entered by hand, are left alone. A link that is not
named any more was in force for the last time on the day before the import.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from connectors.directory import in_force
from connectors.imports.errors import ImportFailed
from connectors.imports.summary import Ended

Span = dict[str, Any]


class EndingRules(NamedTuple):
    """How many links of one kind may end before the import stops, unless it is allowed to end them."""

    number: int = 20
    """How many links of one kind may end in any case, whatever their share."""
    share: float = 0.05
    """This share of the links in force may end, where that is more."""
    allowed: int | None = None
    """How many links of all kinds may end, whatever the two above say; None: nothing was allowed."""

    def check(self, ended: Mapping[str, Ended]) -> None:
        """Let the import go on, if it may end all this.

        Raises:
            EndingRefused: it would end more than is allowed.
        """
        total = sum(kind.count for kind in ended.values())
        if self.allowed is not None and total <= self.allowed:
            return
        beyond = {name: kind for name, kind in ended.items() if kind.count > self._limit(kind)}
        if beyond or (self.allowed is not None and total > self.allowed):
            raise EndingRefused(total, beyond or ended)

    def _limit(self, kind: Ended) -> float:
        return max(self.number, self.share * kind.in_force)


class EndingRefused(ImportFailed):
    """The import stopped, before it wrote anything, because it would end too many links."""

    def __init__(self, total: int, ended: Mapping[str, Ended]) -> None:
        kinds = "; ".join(
            f"{kind.count:,} of {kind.in_force:,} {name} ({', '.join(kind.examples[:3])}{', …' * (kind.count > 3)})"  # noqa: PLR2004 - a few names say which
            for name, kind in sorted(ended.items())
        )
        super().__init__(
            f"The files no longer name {kinds}. Nothing was written. "
            f"If the files are complete, allow the import to end {total:,} links."
        )
        self.total = total


def last_day_before(day: str) -> str:
    """The last day on which a link was in force that is over on *day*."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def is_in_force(span: Mapping[str, Any], day: str, *, first: str = "starts_on", last: str = "ends_on") -> bool:
    """Whether a link is not over on *day*, be it that it has yet to begin."""
    return in_force(None, span[last], day) and (span[first] is None or span[last] is None or span[first] <= span[last])


def joined(
    standing: Sequence[Span],
    named: Sequence[Span],
    *,
    place: Sequence[str],
    source: str,
    day: str,
    is_covered: Callable[[Span], bool],
) -> tuple[list[Span], list[Span]]:
    """The spans that are to stand, in time, and those of them that end because *source* names them no more.

    Of the *standing* spans, those of another source stay; so do those that were over before *day*, and those that the
    files do not cover. A span that overlaps one *named* for the same place was corrected: the named one replaces it.
    """
    stay: list[Span] = []
    ended: list[Span] = []
    for span in standing:
        if span.get("source") != source:
            stay.append(span)
        elif not any(corrects(other, span, place) for other in named):
            if is_covered(span) and is_in_force(span, day):
                ended.append({**span, "ends_on": last_day_before(day)})
            else:
                stay.append(span)
    return sorted([*named, *stay, *ended], key=lambda span: _order(span, place)), ended


def corrects(named: Span, standing: Span, place: Sequence[str]) -> bool:
    """Whether a span that is named stands for one that is there: both begin on one day, or overlap."""
    if any(named[key] != standing[key] for key in place):
        return False
    if named["starts_on"] == standing["starts_on"]:
        return True
    return _begin(named) <= _end(standing) and _begin(standing) <= _end(named)


def _order(span: Span, place: Sequence[str]) -> tuple[str, ...]:
    return _begin(span), *(str(span[key]) for key in place), _end(span), str(span.get("source"))


_OPEN: Final = "~"


def _begin(span: Span) -> str:
    return span["starts_on"] or ""


def _end(span: Span) -> str:
    return span["ends_on"] or _OPEN
