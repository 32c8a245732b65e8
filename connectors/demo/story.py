"""Whom to show: named people of every role, and why each is worth signing in as."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from connectors.demo.directory import ADMINISTRATORS, administrator
from connectors.demo.families import FATHER, GRANDMOTHER, MOTHER, Guardian, Student
from connectors.demo.plan import (
    BARRED,
    DIVORCED,
    ENDED,
    MID_YEAR,
    MOVED,
    NEWCOMER,
    SPLIT,
    STAFF_CHILD,
    ClassPlan,
    SchoolPlan,
)
from connectors.directory import Person
from connectors.ids import ClassId, PersonId, StudentId


class StoryPerson(NamedTuple):
    """Somebody to sign in as; *student_ids* are the students he may read: himself, his children, some he teaches."""

    role: str
    name: str
    person_id: PersonId
    student_ids: tuple[StudentId, ...]
    class_id: ClassId | None
    note: str


_PARENTS: Final = (
    (STAFF_CHILD, MOTHER, "a teacher of this school who is a parent in it, too: signs in as one of both"),
    (DIVORCED, FATHER, "divorced, lives elsewhere, may see everything"),
    (DIVORCED, MOTHER, "divorced, the child lives with her"),
    (MID_YEAR, GRANDMOTHER, "guardian since a date within this year"),
    (MID_YEAR, MOTHER, "her guardianship ended within this year: sees no child any more"),
    (ENDED, FATHER, "his guardianship has ended: sees no child any more"),
    (BARRED, FATHER, "a guardian without access to data: sees no child"),
)


class Story:
    """Collects the people of the story while the schools are built."""

    def __init__(self) -> None:
        self._split: dict[PersonId, StoryPerson] = {}
        self._siblings: dict[PersonId, StoryPerson] = {}
        self._others: list[StoryPerson] = []

    @property
    def people(self) -> tuple[StoryPerson, ...]:
        """Everybody, parents of several children first."""
        return (*self._siblings.values(), *self._split.values(), *self._others)

    def tell_of_analyst(self, person: Person) -> None:
        """Take in the one who sees no person."""
        entry = StoryPerson("ANALYST", person["display_name"], person["_id"], (), None, "sees aggregates, no person")
        self._others.append(entry)

    def tell_of_class(self, plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> None:
        """Take in whoever of the class belongs to the story."""
        story = plan.story_class
        if one is story:
            self._others.extend(_staff(plan, students))
            self._others.extend(_students(one, students))
            self._others.extend(_parents(plan, one, students))
            self._join(self._split, one, students[SPLIT : SPLIT + 1], "a child in the school and one in the college")
        if one is story or one.index == story.siblings:
            self._join(self._siblings, one, students[:1], "two children in different classes of one school")
        self._others.extend(_moved(plan, one, students))

    def _join(self, into: dict[PersonId, StoryPerson], one: ClassPlan, children: list[Student], note: str) -> None:
        for child in children:
            for guardian in child.family.guardians:
                known = into.get(guardian.person_id)
                ids = (*known.student_ids, child.student_id) if known else (child.student_id,)
                into[guardian.person_id] = _parent(guardian, ids, known.class_id if known else one.class_id, note)


def _staff(plan: SchoolPlan, students: list[Student]) -> Iterator[StoryPerson]:
    one = plan.story_class
    own = tuple(student.student_id for student in students if not student.is_guest)
    leader = one.leader
    note = f"leads {one.name} and teaches in it"
    yield StoryPerson("CLASS_TEACHER", leader.name.display, leader.person_id, own, one.class_id, note)
    teachers = [teacher for load in one.loads if load.groups == (None,) for teacher in load.teachers]
    teacher = next((teacher for teacher in teachers if teacher is not leader), leader)
    note = f"teaches in {one.name}, which is led by somebody else"
    yield StoryPerson("TEACHER", teacher.name.display, teacher.person_id, own, one.class_id, note)
    mother = next((teacher for teacher in plan.teachers if teacher.is_parent), None)
    if mother:
        note = "a teacher who is a parent in the same school: her rights as one and the other are never united"
        yield StoryPerson("TEACHER", mother.name.display, mother.person_id, (), None, note)
    director, name = administrator(plan, ADMINISTRATORS[0])
    yield StoryPerson("ADMINISTRATOR", name.display, director, own, one.class_id, "sees everybody of the school")


def _students(one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    notes = {
        0: "has dots, homework, an open test; remarks that only the parents see",
        SPLIT: "has a brother or sister in the other school",
        NEWCOMER: "came in the course of the year",
    }
    for place, note in notes.items():
        if place < one.size:
            yield _student(students[place], one, note)


def _moved(plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    for move in plan.moves:
        if move.new == one.index:
            old = plan.classes[move.old].name
            yield _student(students[MOVED], one, f"came from {old} in the course of the year; the marks there stay")


def _student(student: Student, one: ClassPlan, note: str) -> StoryPerson:
    return StoryPerson("STUDENT", student.name.display, student.person_id, (student.student_id,), one.class_id, note)


def _parents(plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    for place, relation, note in _PARENTS:
        for guardian in students[place].family.guardians if place < one.size else ():
            if guardian.relation == relation:
                ids = (students[place].student_id,) if guardian.may_see_on(plan.today_iso) else ()
                yield _parent(guardian, ids, one.class_id, note)


def _parent(guardian: Guardian, ids: tuple[StudentId, ...], class_id: ClassId | None, note: str) -> StoryPerson:
    return StoryPerson("PARENT", guardian.name.display, guardian.person_id, ids, class_id, note)
