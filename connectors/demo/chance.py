"""Chance that can be repeated: a source of randomness for every name of a thing."""

from bisect import bisect
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def chance(*key: object) -> Random:
    """The randomness that belongs to *key* alone, whatever was drawn before and elsewhere."""
    digest = blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest))


class Weighted(Generic[T]):
    """Values drawn with the frequencies they were given."""

    def __init__(self, *pairs: tuple[T, float]) -> None:
        self._values: Sequence[T] = [value for value, _ in pairs]
        self._bounds = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> T:
        """One value."""
        return self._values[bisect(self._bounds, rng.random() * self._bounds[-1], hi=len(self._values) - 1)]
