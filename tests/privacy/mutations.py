"""Makes a second world that a viewer cannot tell from the first: it differs in what `Low` does not show them alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from connectors.assembly import SUBSYSTEMS
from connectors.vocabulary import TYPES
from tests.privacy.low import Low
from tests.privacy.worlds import Change, Document, Mutation, World, new_id

TRIED: Final = 12
"""How many random mutations are tried to get one that is hidden: most changes are visible to an administrator."""
_MANY: Final = 25
"""Documents that are added at once: more than a page holds, so that its end and its count would move."""

_FRAMING: Final = frozenset(
    {"directory.people", "directory.guardianships", "directory.staff_assignments", "directory.classes"}
    | {"directory.schools", "directory.groups", "schedule.lessons", "grades.marks", "portfolio.achievements"}
    | {"curriculum.course_choices", "curriculum.module_courses"}
)
"""Where rights and sums come from: a change there has `Low` made anew."""

_UNIQUE: Final[Mapping[str, Sequence[tuple[str, ...]]]] = {
    f"{name}.{collection.name}": [
        tuple(index.document["key"]) for index in collection.indexes if index.document.get("unique")
    ]
    for name, connector in SUBSYSTEMS.items()
    for collection in connector.collections
}
"""Keys that no two documents may share."""

_FIXED: Final = frozenset({"_id", "time_zone", "name_tokens", "sort_name"})
_NEAR: Final = 0.6
"""The share of mutations that are tried on what is about students whom the viewer may read, or about classmates."""
_TELLING: Final = (
    "directory.guardianships",
    "directory.people",
    "grades.marks",
    "messages.messages",
    "portfolio.achievements",
)
_TELLS: Final = 0.2
"""The share of mutations that are tried on these: of them follow sums that are told of others, and who exists."""


class Mutations:
    """Mutations of one world that its viewer must not notice, by one generator of random numbers."""

    def __init__(self, world: World, low: Low, random: Random) -> None:
        self._base = world
        self._low = low
        self._random = random
        self._places = sorted(place for place, own in world.documents.items() if own)
        self._telling = [place for place in _TELLING if world.documents.get(place)]
        people = [own for own in world.documents["directory.people"].values() if "student_id" in own]
        self._students = sorted(own["student_id"] for own in people)
        self._classmates = sorted(
            own["student_id"]
            for own in people
            if not low.classes_ever.isdisjoint(one["class_id"] for one in own.get("enrolments") or ())
        )
        self._near = self._of_viewer()
        self._number = 0

    def _of_viewer(self) -> Mapping[str, list[str]]:
        """What is about the viewer's students or their classmates, or of the viewer's classes or conversations."""
        near: dict[str, list[str]] = {}
        classes, students = self._low.classes_ever, {*self._low.students, *self._classmates}
        rows = self._base["messages.participants"].values()
        talks = {one["conversation_id"] for one in rows if one["owner"] == self._low.mailbox}
        for place in self._places:
            for own, one in sorted(self._base[place].items()):
                of = {one.get("class_id"), *(one.get("class_ids") or ())}
                is_said = one.get("conversation_id") in talks
                if is_said or one.get("student_id") in students or not classes.isdisjoint(of):
                    near.setdefault(place, []).append(own)
        return near

    def some(self, wanted: int) -> tuple[World, list[Mutation]]:
        """Another world, and *wanted* mutations or fewer that lead to it."""
        other = self._base.copy()
        low = self._low
        found: list[Mutation] = []
        kinds: Sequence[Callable[[World, str], Mutation | None]] = (
            self._changed,
            self._changed,
            self._changed,
            self._removed,
            self._added,
            self._added,
            self._renamed,
            self._many,
        )
        touched: set[tuple[str, str]] = set()
        for _ in range(wanted * TRIED):
            if len(found) >= wanted:
                break
            places = self._telling if self._random.random() < _TELLS else self._places
            mutation = self._random.choice(kinds)(other, self._random.choice(places))
            if mutation is None or not is_possible(mutation, other):
                continue
            if not touched.isdisjoint(here := {(change.place, change.id) for change in mutation}):
                continue  # so that each mutation can be taken back without the others
            other.apply(mutation)
            new = low.beside(other) if any(change.place in _FRAMING for change in mutation) else low
            if is_hidden(mutation, self._low, new):
                low = new
                found.append(mutation)
                touched |= here
            else:
                other.apply([change.inverse for change in reversed(mutation)])
        return other, found

    # ── the kinds ──

    def _one(self, world: World, place: str) -> Document | None:
        near = [own for own in self._near.get(place, ()) if own in world[place]]
        if near and self._random.random() < _NEAR:
            return world[place][self._random.choice(near)]
        own = world[place]
        return own[self._random.choice(list(own))] if own else None

    def _changed(self, world: World, place: str) -> Mutation | None:
        one = self._one(world, place)
        if one is None:
            return None
        keys = sorted(one.keys() - _FIXED)
        changed = dict(one)
        for key in self._random.sample(keys, min(len(keys), self._random.choice((1, 1, 2)))):
            changed[key] = self._value(world, place, key, one[key])
        return (Change(place, one["_id"], one, changed),) if changed != one else None

    def _removed(self, world: World, place: str) -> Mutation | None:
        one = self._one(world, place)
        return None if one is None else (Change(place, one["_id"], one, None),)

    def _added(self, world: World, place: str) -> Mutation | None:
        one = self._one(world, place)
        return None if one is None else (self._clone(world, place, one),)

    def _many(self, world: World, place: str) -> Mutation | None:
        one = self._one(world, place)
        if one is None or place in {"directory.schools", "directory.people"}:
            return None
        return tuple(self._clone(world, place, one) for _ in range(_MANY))

    def _renamed(self, world: World, place: str) -> Mutation | None:
        one = self._one(world, place)
        if one is None or "_id" not in one:
            return None
        other = {**one, "_id": self._id(one["_id"])}
        return Change(place, one["_id"], one, None), Change(place, other["_id"], None, other)

    def _clone(self, world: World, place: str, one: Document) -> Change:
        new = {**one, "_id": self._id(one["_id"])}
        for key in ("student_id", "person_id"):
            if key in new and place != "directory.people" and self._random.random() < 0.3:
                new[key] = self._value(world, place, key, new[key])
        if place == "directory.people" and "student_id" in new:
            new["student_id"] = new_id("Student", self._number)
        for key in ("work_id", "test_id", "homework_id"):
            if key in new and any(key in keys for keys in _UNIQUE.get(place, ())):
                new[key] = self._id(new[key])
        if place == "directory.external_ids":
            new["subject"] = f"{new['subject']}:{self._number}"
        return Change(place, new["_id"], None, new)

    def _id(self, like: str) -> str:
        self._number += 1
        kind = TYPES.get(like.partition("_")[0])
        return new_id(kind, self._number) if kind is not None else f"{like}{self._number}"

    def _value(self, world: World, place: str, key: str, old: Any) -> Any:
        """Another value: as often as not that of another document, so that ids lead somewhere."""
        if key == "student_id" and place != "directory.people" and self._random.random() < 0.5:
            near = self._classmates if self._random.random() < 0.7 else ()
            return self._random.choice(near or self._students)
        if self._random.random() < 0.6:
            others = world[place]
            return others[self._random.choice(list(others))].get(key, old)
        random = self._random
        if isinstance(old, bool | int | float):
            return not old if isinstance(old, bool) else old + random.choice((-1, 1, 3))
        if isinstance(old, datetime):
            return old + timedelta(minutes=random.choice((-90, 1, 1441)))
        if old is None and key.endswith(("_on", "_to", "_from")):
            return (self._base.today - timedelta(days=random.choice((1, 30)))).isoformat()
        return self._text(key, old) if isinstance(old, str) else old

    def _text(self, key: str, old: str) -> str:
        if _is_day(old):
            moved = date.fromisoformat(old) + timedelta(days=self._random.choice((-30, -7, -1, 1, 7, 400)))
            return moved.isoformat()
        is_free = " " in old or key in {"text", "title", "topic", "reason", "comment", "email", "phone"}
        return f"{old} {self._random.choice(('тайна', 'secret', 'й' * 300))}" if is_free else old


def is_hidden(mutation: Mutation, before: Low, after: Low) -> bool:
    """Whether a viewer sees the same of both worlds, of which the second has this mutation."""
    if before.frame != after.frame:
        return False
    return all(before.part(c.place, c.before) == after.part(c.place, c.after) for c in mutation)


def is_possible(mutation: Mutation, world: World) -> bool:
    """Whether no unique index would refuse the mutation."""
    for change in mutation:
        after = change.after
        for keys in _UNIQUE.get(change.place, ()):
            if after is None or not any(key in after for key in keys):
                continue
            value = [after.get(key) for key in keys]
            gone = {c.id for c in mutation}
            for own, one in world[change.place].items():
                if own not in gone and [one.get(key) for key in keys] == value:
                    return False
            if sum(c.after is not None and [c.after.get(key) for key in keys] == value for c in mutation) > 1:
                return False
    return True


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"
