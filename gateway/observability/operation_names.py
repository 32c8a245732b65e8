"""Which names of operations logs, metrics and traces tell apart: those that are known, and those that are used often.

A client chooses the names of its operations freely. Each that is told apart takes memory here and in Prometheus, and
may say something about a person; all others are therefore `other`.
"""

from collections.abc import Iterable
from typing import Final

OTHER: Final = "other"
MAX_LENGTH: Final = 64
_MOST_COUNTED: Final = 1_000
"""How far a name is counted, so that one which is no longer used gives up its place in time."""


class OperationNames:
    """Counts the uses of at most *size* names; one that has been used *uses* times is told apart.

    A name that finds no place takes one use from each of the others, and those that have none left go (the algorithm
    of Misra and Gries). Every name that makes up more than one of *size* uses keeps a place, and no flood of names that
    are used once can take it. The *known* names, those of trusted documents, need none.
    """

    def __init__(self, size: int, *, uses: int, known: Iterable[str] = ()) -> None:
        self._size = size
        self._uses = uses
        self._known = frozenset(known)
        self._counts: dict[str, int] = {}

    def used(self, name: str) -> str:
        """Count a use of *name*. Returns the name, or `other` while it is used too seldom to be reported."""
        if name not in self._known and 0 < len(name) <= MAX_LENGTH:
            self._count(name)
        return self.label(name)

    def label(self, name: str) -> str:
        """The reported name: *name*, or `other` where it is used too seldom; empty for an operation without a name."""
        if not name or name in self._known or self._counts.get(name, 0) >= self._uses:
            return name
        return OTHER

    def _count(self, name: str) -> None:
        counts = self._counts
        count = counts.get(name)
        if count is not None:
            counts[name] = min(count + 1, _MOST_COUNTED)
        elif len(counts) < self._size:
            counts[name] = 1
        else:
            self._counts = {other: left - 1 for other, left in counts.items() if left > 1}
