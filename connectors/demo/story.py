"""Collects the people whom the demo shows: named people of every role, and why each is interesting."""

from collections.abc import Iterator, Sequence
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
from connectors.demo.schedule import Occurrence
from connectors.directory import Person
from connectors.vocabulary import ClassId, PersonId, StudentId


class StoryPerson(NamedTuple):
    """A person to sign in as; *student_ids* are students they may read: themselves, their children, some they teach."""

    role: str
    name: str
    person_id: PersonId
    student_ids: tuple[StudentId, ...]
    class_id: ClassId | None
    note: str
    note_ru: str


class _Note(NamedTuple):
    note: str
    note_ru: str


_PARENTS: Final = (
    (
        *(STAFF_CHILD, MOTHER),
        _Note(
            "a teacher of this school who is a parent in it, too: signs in as one of both",
            "учитель этой школы и мать ученика: входит в одной из двух ролей",
        ),
    ),
    (
        *(DIVORCED, FATHER),
        _Note(
            "divorced, lives elsewhere, may see everything", "родители в разводе, живёт отдельно, доступ к данным есть"
        ),
    ),
    (
        *(DIVORCED, MOTHER),
        _Note("divorced, the child lives with this parent", "родители в разводе, ребёнок живёт с этим родителем"),
    ),
    (
        *(MID_YEAR, GRANDMOTHER),
        _Note("guardian since a date within this year", "опекун с даты внутри этого учебного года"),
    ),
    (
        *(MID_YEAR, MOTHER),
        _Note(
            "the right ended within this year: sees no child any more",
            "право закончилось в этом учебном году: не видит ни одного ребёнка",
        ),
    ),
    (
        *(ENDED, FATHER),
        _Note("the guardianship has ended: sees no child any more", "право закончилось: не видит ни одного ребёнка"),
    ),
    (
        *(BARRED, FATHER),
        _Note(
            "a guardian without access to data: sees no child",
            "родитель без доступа к данным: не видит ни одного ребёнка",
        ),
    ),
)


class Story:
    """Collects the people of the story while the schools are generated."""

    def __init__(self) -> None:
        self._split: dict[PersonId, StoryPerson] = {}
        self._siblings: dict[PersonId, StoryPerson] = {}
        self._others: list[StoryPerson] = []

    @property
    def people(self) -> tuple[StoryPerson, ...]:
        """All people of the story, parents of several children first."""
        return (*self._siblings.values(), *self._split.values(), *self._others)

    def add_analyst(self, person: Person) -> None:
        """Add the analyst, who sees aggregates but no person."""
        note = _Note("sees aggregates, no person", "видит сводные показатели, но ни одного человека")
        entry = StoryPerson("ANALYST", person["display_name"], person["_id"], (), None, *note)
        self._others.append(entry)

    def add_class(self, plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> None:
        """Take in whoever of the class belongs to the story."""
        story = plan.story_class
        if one is story:
            self._others.extend(_staff(plan, students))
            self._others.extend(_students(one, students))
            self._others.extend(_parents(plan, one, students))
            note = _Note("a child in the school and one in the college", "один ребёнок в школе, другой в колледже")
            self._join(self._split, one, students[SPLIT : SPLIT + 1], note)
        if one is story or one.index == story.siblings:
            note = _Note("two children in different classes of one school", "двое детей в разных классах одной школы")
            self._join(self._siblings, one, students[:1], note)
        self._others.extend(_moved(plan, one, students))

    def add_substitute(self, plan: SchoolPlan, one: ClassPlan, lessons: Sequence[Occurrence]) -> None:
        """Take in a teacher who stands in at a lesson of the story's class, today or as near to it as there is one."""
        if one is not plan.story_class:
            return
        own = {teacher.person_id for load in one.loads for teacher in load.teachers}
        found = [
            occurrence
            for occurrence in lessons
            if (change := occurrence.lesson["substitution"])
            and change["substitute_teacher_id"]
            and change["substitute_teacher_id"] not in own
        ]
        if found:
            occurrence = min(found, key=lambda one: (abs(one.day.day - plan.today), one.lesson["starts_at"]))
            teacher, number, day = occurrence.teacher, occurrence.lesson["number"], occurrence.day.day
            note = _Note(
                f"stands in for a colleague in {one.name} on {day}, lesson {number}: sees that lesson",
                f"заменяет коллегу в {one.name} {day:%d.%m.%Y}, урок {number}: видит этот урок",
            )
            self._others.append(
                StoryPerson("TEACHER", teacher.name.display, teacher.person_id, (), one.class_id, *note)
            )

    def _join(self, into: dict[PersonId, StoryPerson], one: ClassPlan, children: list[Student], note: _Note) -> None:
        for child in children:
            for guardian in child.family.guardians:
                known = into.get(guardian.person_id)
                ids = (*known.student_ids, child.student_id) if known else (child.student_id,)
                into[guardian.person_id] = _parent(guardian, ids, known.class_id if known else one.class_id, note)


def _staff(plan: SchoolPlan, students: list[Student]) -> Iterator[StoryPerson]:
    one = plan.story_class
    own = tuple(student.student_id for student in students if not student.has_left)
    leader = one.leader
    note = _Note(f"leads {one.name} and teaches in it", f"классный руководитель {one.name}, преподаёт в нём")
    yield StoryPerson("CLASS_TEACHER", leader.name.display, leader.person_id, own, one.class_id, *note)
    teachers = [teacher for load in one.loads if load.groups == (None,) for teacher in load.teachers]
    teacher = next((teacher for teacher in teachers if teacher is not leader), leader)
    note = _Note(
        f"teaches in {one.name}, which is led by somebody else",
        f"преподаёт в {one.name}, но не руководит им",
    )
    yield StoryPerson("TEACHER", teacher.name.display, teacher.person_id, own, one.class_id, *note)
    mother = next((teacher for teacher in plan.teachers if teacher.is_parent), None)
    if mother:
        note = _Note(
            "a teacher who is a parent in the same school: the rights of both roles are never united",
            "учитель, чей ребёнок учится в той же школе: права двух ролей не складываются",
        )
        yield StoryPerson("TEACHER", mother.name.display, mother.person_id, (), None, *note)
    director, name = administrator(plan, ADMINISTRATORS[0])
    note = _Note("sees everybody of the school", "видит всех учеников школы")
    yield StoryPerson("ADMINISTRATOR", name.display, director, own, one.class_id, *note)


def _students(one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    notes = {
        0: _Note(
            "has dots, homework, an open test; remarks that only the parents see",
            "есть точки, задания, открытый тест; замечания видят только родители",
        ),
        SPLIT: _Note("has a brother or sister in the other school", "брат или сестра учится в колледже или в школе"),
        NEWCOMER: _Note("came in the course of the year", "пришёл в класс в течение учебного года"),
    }
    for place, note in notes.items():
        if place < one.size:
            yield _student(students[place], one, note)


def _moved(plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    for move in plan.moves:
        if move.new == one.index:
            old = plan.classes[move.old].name
            note = _Note(
                f"came from {old} in the course of the year; the marks there stay",
                f"переведён из {old} в течение года; прежние оценки остались",
            )
            yield _student(students[MOVED], one, note)


def _student(student: Student, one: ClassPlan, note: _Note) -> StoryPerson:
    return StoryPerson("STUDENT", student.name.display, student.person_id, (student.student_id,), one.class_id, *note)


def _parents(plan: SchoolPlan, one: ClassPlan, students: list[Student]) -> Iterator[StoryPerson]:
    for place, relation, note in _PARENTS:
        for guardian in students[place].family.guardians if place < one.size else ():
            if guardian.relation == relation:
                ids = (students[place].student_id,) if guardian.may_see_on(plan.today_iso) else ()
                yield _parent(guardian, ids, one.class_id, note)


def _parent(guardian: Guardian, ids: tuple[StudentId, ...], class_id: ClassId | None, note: _Note) -> StoryPerson:
    return StoryPerson("PARENT", guardian.name.display, guardian.person_id, ids, class_id, *note)
