"""A bounded store of documents, in which no person can push out those of others."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

NEW_SHARE: Final = 0.2
"""The share of the store for entries that were used once; the others are safe from them."""
PERSON_SHARE: Final = 0.1
"""The share of the store for entries that only one person uses."""


@dataclass(slots=True, eq=False)
class _Entry(Generic[K, T]):
    key: K
    value: T
    person: str
    """Who alone has used the entry; empty: several people, or nobody in particular."""
    length: int
    segment: "_Segment[K, T]"


class _Segment(Generic[K, T]):
    """Entries in the order of their last use."""

    def __init__(self, size: float, characters: float) -> None:
        self.entries: OrderedDict[K, _Entry[K, T]] = OrderedDict()
        self._size = max(1, size)
        self._characters_left = characters

    @property
    def is_full(self) -> bool:
        return len(self.entries) > self._size or self._characters_left < 0

    def add(self, entry: _Entry[K, T]) -> None:
        self.entries[entry.key] = entry
        self._characters_left -= entry.length
        entry.segment = self

    def remove(self, entry: _Entry[K, T]) -> None:
        del self.entries[entry.key]
        self._characters_left += entry.length

    def oldest(self) -> _Entry[K, T]:
        return next(iter(self.entries.values()))


class DocumentStore(Generic[K, T]):
    """At most *size* entries with *characters* of text together.

    A new entry stays among the new ones until its second use. Of those that one person alone uses there are at most a
    tenth of all; that person's oldest make room.
    """

    def __init__(self, size: int, characters: int, *, on_removed: Callable[[T], object] = id) -> None:
        self._new: _Segment[K, T] = _Segment(size * NEW_SHARE, characters * NEW_SHARE)
        self._used: _Segment[K, T] = _Segment(size * (1 - NEW_SHARE), characters * (1 - NEW_SHARE))
        self._on_removed = on_removed
        self._most = max(1, size * PERSON_SHARE)
        self._most_characters = characters * PERSON_SHARE
        self._counts: Counter[str] = Counter()
        self._characters: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._new.entries) + len(self._used.entries)

    def get(self, key: K, person: str) -> T | None:
        """The entry of *key*; None where there is none.

        From its second use on, an entry is no longer evicted by entries that were used only once.
        """
        entry = self._used.entries.get(key)
        if entry is not None:
            self._used.entries.move_to_end(key)
        else:
            entry = self._new.entries.get(key)
            if entry is None:
                return None
            self._new.remove(entry)
            self._used.add(entry)
            self._trim(self._used, keep=entry)
        if entry.person and entry.person != person:
            self._disown(entry)
        return entry.value

    def put(self, key: K, value: T, person: str, *, length: int) -> T:
        """Store *value*, whose text has *length* characters, unless *key* has an entry; returns the stored value."""
        stored = self.get(key, person)
        if stored is not None:
            return stored
        entry = _Entry(key, value, person, length, self._new)
        self._new.add(entry)
        if person:
            self._counts[person] += 1
            self._characters[person] += entry.length
            self._trim_person(entry)
        self._trim(self._new, keep=entry)
        return value

    def _trim(self, segment: _Segment[K, T], keep: _Entry[K, T]) -> None:
        while segment.is_full and (oldest := segment.oldest()) is not keep:
            self._remove(oldest)

    def _trim_person(self, newest: _Entry[K, T]) -> None:
        person = newest.person
        while self._counts[person] > self._most or self._characters[person] > self._most_characters:
            own = (
                entry
                for segment in (self._new, self._used)
                for entry in segment.entries.values()
                if entry.person == person and entry is not newest
            )
            oldest = next(own, None)
            if oldest is None:
                return
            self._remove(oldest)

    def _remove(self, entry: _Entry[K, T]) -> None:
        entry.segment.remove(entry)
        self._disown(entry)
        self._on_removed(entry.value)

    def _disown(self, entry: _Entry[K, T]) -> None:
        if entry.person:
            self._counts[entry.person] -= 1
            self._characters[entry.person] -= entry.length
            if not self._counts[entry.person]:
                del self._counts[entry.person], self._characters[entry.person]
            entry.person = ""
