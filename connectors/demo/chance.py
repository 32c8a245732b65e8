"""Reproducible randomness: every name has its own seeded generator."""

from bisect import bisect
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def chance(*key: object) -> Random:
    """The random generator of *key*; what it draws depends on the key alone, not on other draws."""
    digest = blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest))


class Weighted(Generic[T]):
    """Values with the frequencies at which they are drawn."""

    def __init__(self, *pairs: tuple[T, float]) -> None:
        self._values: Sequence[T] = [value for value, _ in pairs]
        self._bounds = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> T:
        """One value."""
        return self._values[bisect(self._bounds, rng.random() * self._bounds[-1], hi=len(self._values) - 1)]
