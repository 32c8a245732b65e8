"""The present state of what was changed: reads of one run of the job, each for many keys at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from connectors.assembly import Connectors
from connectors.directory import Guardianship, in_force
from connectors.vocabulary import ClassId, Day, GroupId, PersonId, SchoolId, StudentId

_RIGHT: Final = frozenset({"person_id", "student_id", "data_access", "valid_from", "valid_to"})


class Place(NamedTuple):
    """For whom something is on a day: for whole classes, or for one study group."""

    class_ids: tuple[ClassId, ...]
    group_id: GroupId | None
    day: Day


class Family(NamedTuple):
    """A student as they are known today, and the parents who may read their data today."""

    student_id: StudentId
    person_id: PersonId
    parent_ids: tuple[PersonId, ...]


@dataclass(slots=True)
class Present:
    """Reads of the connectors, all until *deadline*."""

    connectors: Connectors
    deadline: float
    today_in: Callable[[str], Day]
    """Today's date in the time zone with an IANA name."""
    _zones: dict[SchoolId, str] = field(default_factory=dict)

    async def by_ids(self, read: Any, ids: Collection[str], *columns: str) -> dict[str, Any]:
        """The document of each id that has one."""
        if not ids:
            return {}
        found: dict[str, Any] = await read(sorted(ids), columns=frozenset(columns), deadline=self.deadline)
        return found

    async def today_at(self, schools: Iterable[SchoolId]) -> dict[SchoolId, Day]:
        """Today's date at each school; schools that do not exist are left out."""
        wanted = set(schools)
        found = await self.by_ids(self.connectors.directory.schools_by_ids, wanted - self._zones.keys(), "time_zone")
        self._zones.update({SchoolId(own): school["time_zone"] for own, school in found.items()})
        return {own: self.today_in(self._zones[own]) for own in wanted if own in self._zones}

    async def members(self, places: Sequence[Place]) -> list[set[StudentId]]:
        """The students of each place on its day (trap T13); two reads for each day."""
        directory, columns = self.connectors.directory, frozenset({"student_id"})
        by_day: dict[Day, list[Place]] = defaultdict(list)
        for place in places:
            by_day[place.day].append(place)
        found: dict[tuple[str, Day], set[StudentId]] = {}
        for day, own in by_day.items():
            groups = sorted({place.group_id for place in own if place.group_id is not None})
            classes = sorted({one for place in own if place.group_id is None for one in place.class_ids})
            reads: list[tuple[Any, list[Any]]] = [
                (directory.students_in_groups, groups),
                (directory.students_in_classes, classes),
            ]
            for read, ids in reads:
                if ids:
                    members = await read(ids, on=day, columns=columns, deadline=self.deadline)
                    found.update({(key, day): {one["student_id"] for one in those} for key, those in members.items()})
        return [set().union(*(found.get((one, place.day), set()) for one in _ids_of(place))) for place in places]

    async def families(self, students: Collection[StudentId]) -> dict[StudentId, Family]:
        """The family of each student; of one who was merged, that of the remaining person. No unknown students."""
        if not students:
            return {}
        directory = self.connectors.directory
        people = await directory.survivors_of_students(
            sorted(students), columns=frozenset({"_id", "student_id", "school_id"}), deadline=self.deadline
        )
        known = {old: one for old, one in people.items() if one.get("student_id") and not one.get("merged_to")}
        current = sorted({person["student_id"] for person in known.values()})
        held = await directory.guardianships_of_students(current, columns=_RIGHT, deadline=self.deadline)
        days = await self.today_at(person["school_id"] for person in known.values() if person.get("school_id"))
        return {
            old: Family(
                person["student_id"],
                person["_id"],
                _parents(held[person["student_id"]], days.get(person.get("school_id", SchoolId("")))),
            )
            for old, person in known.items()
        }


def _ids_of(place: Place) -> Sequence[str]:
    return place.class_ids if place.group_id is None else (place.group_id,)


def _parents(held: Sequence[Guardianship], day: Day | None) -> tuple[PersonId, ...]:
    """Those of the guardians who may read the student's data on *day* (trap T11)."""
    if day is None:
        return ()
    rights = [own for own in held if own["data_access"] and in_force(own["valid_from"], own["valid_to"], day)]
    return tuple(dict.fromkeys(own["person_id"] for own in rights))
