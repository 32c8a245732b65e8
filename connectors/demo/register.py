"""The register of a class: its students, its lessons, and who was present."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from connectors.demo.absences import Absences
from connectors.demo.families import ALWAYS, EVER, Student
from connectors.demo.plan import ClassPlan, SchoolPlan
from connectors.demo.schedule import Occurrence
from connectors.vocabulary import GroupId

RECENT_DAYS: Final = 3


@dataclass(slots=True)
class Register:
    plan: SchoolPlan
    one: ClassPlan
    students: list[Student]
    occurrences: list[Occurrence]  # those of the class and of its groups, in order of time
    absences: Absences
    taken: Counter[str]  # the places in module courses that are taken, in the whole school
    _members: dict[GroupId | None, list[Student]] = field(default_factory=dict)
    _is_dated: bool = False

    def __post_init__(self) -> None:
        self._is_dated = any((s.first, s.last) != (ALWAYS, EVER) for s in self.students)
        self._members[None] = self.students
        for half, group_id in enumerate(self.one.halves):
            self._members[group_id] = [s for s in self.students if s.half == half]
        for group in self.one.shared_groups:
            ids = {s.place for s in self.students for m in s.memberships if m["group_id"] == group.group_id}
            self._members[group.group_id] = [s for s in self.students if s.place in ids and not s.has_left]

    @property
    def own(self) -> list[Student]:
        """The students who belong to the class today."""
        return [student for student in self.students if not student.has_left]

    def members(self, occurrence: Occurrence) -> list[Student]:
        """The students of this class whom the lesson is for."""
        members = self._members[occurrence.lesson["group_id"]]
        if not self._is_dated:
            return members
        day = occurrence.lesson["date"]
        return [student for student in members if student.first <= day <= student.last]

    def present(self, occurrence: Occurrence) -> list[Student]:
        """The members of the lesson who were present."""
        day, number = occurrence.lesson["date"], occurrence.lesson["number"]
        return [student for student in self.members(occurrence) if not self.absences.at(day, number, student)]

    def recent(self, student: Student) -> list[Occurrence]:
        """The lessons that the student attended on the last days with lessons."""
        held = [one for one in self.occurrences if one.is_held and one.load.discipline.is_graded]
        days = sorted({one.lesson["date"] for one in held})[-RECENT_DAYS:]
        return [one for one in held if one.lesson["date"] in days and student in self.present(one)]
