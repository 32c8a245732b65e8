"""Duplicates of people: whom each was merged into."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

MAX_MERGES: Final = 8
"""The longest chain of `merged_to` pointers that is followed."""


async def survivors(people: Sequence[Any], read: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]) -> list[Any]:
    """For each of *people* the person to whom the `merged_to` pointers lead: themselves if not merged (trap T20).

    *read* finds people by their ids, in the order of the ids, which may be None. Where a chain is broken, circular or
    longer than `MAX_MERGES`, the answer is a person who still has a pointer.
    """
    last = list(people)
    for _ in range(MAX_MERGES):
        into = [person.get("merged_to") if person else None for person in last]
        if not any(into):
            break
        last = [target or person for person, target in zip(last, await read(into), strict=True)]
    return last


def survivor_among(person: Any, others: Iterable[Any]) -> Any:
    """The person to whom the `merged_to` pointers of *person* lead among *others*, as `survivors` finds them."""
    by_id = {one["_id"]: one for one in others}
    for _ in range(MAX_MERGES):
        into = by_id.get(person.get("merged_to"))
        if into is None:
            break
        person = into
    return person
