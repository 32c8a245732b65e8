"""Generates families: the students of a class, their parents, and what each parent may read."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from connectors.demo.chance import Weighted, chance
from connectors.demo.names import Name, Sex, adult, child, family_name
from connectors.demo.plan import (
    BARRED,
    DIVORCED,
    ENDED,
    MID_YEAR,
    MOVED,
    NEWCOMER,
    SIBLINGS,
    SPLIT,
    STAFF_CHILD,
    ClassPlan,
    SchoolPlan,
    Teacher,
)
from connectors.demo.planning import joining_day, school_id
from connectors.directory import Enrolment, Membership
from connectors.vocabulary import PersonId, SchoolId, StudentId, mint

ALWAYS: Final = "0000-00-00"
EVER: Final = "9999-99-99"
SCHOOL_AGE_FROM: Final = 6
"""How many years before first grade a child is born, in the twelve months that begin in March."""

NINE_GRADES: Final = 9
MOTHER, FATHER, GRANDMOTHER = "мать", "отец", "бабушка, опекун"
_CHANGED_AGO: Final = timedelta(days=45)
"""How long ago the rights changed that change within the year."""


class Form(StrEnum):
    """The form of a family, and what each parent may read."""

    TOGETHER = "together"
    MOTHER_ALONE = "mother alone"
    FATHER_ALONE = "father alone"
    DIVORCED = "divorced, the father may see everything"
    ENDED = "divorced, the father's rights have ended"
    BARRED = "divorced, the father has no access to data"
    MID_YEAR = "the grandmother became guardian in the course of the year"


_FORMS: Final = Weighted(
    (Form.TOGETHER, 0.68),
    (Form.MOTHER_ALONE, 0.15),
    (Form.FATHER_ALONE, 0.02),
    (Form.DIVORCED, 0.1),
    (Form.ENDED, 0.02),
    (Form.BARRED, 0.02),
    (Form.MID_YEAR, 0.01),
)
_APART: Final = frozenset({Form.DIVORCED, Form.ENDED, Form.BARRED})
_STORY_FORMS: Final = {
    SPLIT: Form.TOGETHER,
    STAFF_CHILD: Form.TOGETHER,
    DIVORCED: Form.DIVORCED,
    ENDED: Form.ENDED,
    BARRED: Form.BARRED,
    MID_YEAR: Form.MID_YEAR,
}


@dataclass(frozen=True, slots=True)
class Guardian:
    """An adult with their right over the children of one family."""

    person_id: PersonId
    name: Name
    relation: str
    lives_with: bool
    data_access: bool = True
    valid_from: str | None = None
    valid_to: str | None = None
    is_staff: bool = False

    def may_see_on(self, day: str) -> bool:
        """Whether the adult may read the children's data on *day*."""
        return self.data_access and (self.valid_from or ALWAYS) <= day <= (self.valid_to or EVER)


@dataclass(frozen=True, slots=True)
class Family:
    """A family with the *schools* of its children; *is_first* in the class that writes the documents of the parents."""

    name: str  # masculine
    father: str  # the given name
    guardians: tuple[Guardian, ...]
    schools: tuple[SchoolId, ...]
    is_first: bool


@dataclass(slots=True, eq=False)
class Student:
    """A student who is in a class from the day *first* to the day *last*."""

    place: int
    person_id: PersonId
    student_id: StudentId
    name: Name
    born: str
    family: Family
    skill: float  # the mark that the student tends to
    diligence: float  # 0..1
    half: int
    first: str = ALWAYS
    last: str = EVER
    has_left: bool = False  # belongs to another class by now
    is_shown: bool = False  # somebody the demo shows: something of everything
    enrolments: list[Enrolment] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    skills: dict[str, float] = field(default_factory=dict)  # by discipline


def students_of(plan: SchoolPlan, one: ClassPlan) -> list[Student]:
    """All students who are, or were within the year, in the class."""
    students = [_student(plan, one, place) for place in range(one.size)]
    for move in plan.moves:
        if move.old == one.index:
            guest = _student(plan, plan.classes[move.new], move.place)
            guest.first, guest.last = ALWAYS, (move.on - timedelta(days=1)).isoformat()
            guest.has_left, guest.place = True, len(students)
            students.append(guest)
    return students


def _student(plan: SchoolPlan, one: ClassPlan, place: int) -> Student:
    rng = plan.chance("student", one.name, place)
    sex = rng.choice((Sex.MALE, Sex.FEMALE))
    family = _family(plan, one, place)
    name = child(rng, sex, family.name, family.father)
    student = Student(
        place=place,
        person_id=PersonId(plan.mint("Person", one.name, place)),
        student_id=StudentId(plan.mint("Student", one.name, place)),
        name=name,
        born=_born(plan, one, rng).isoformat(),
        family=family,
        skill=min(4.9, max(2.6, rng.gauss(3.95, 0.5))),
        diligence=min(1.0, max(0.05, rng.gauss(0.65, 0.25))),
        half=place % 2,
        is_shown=_is_shown(plan, one, place),
    )
    student.skills = {load.discipline.name: student.skill + rng.gauss(0, 0.25) for load in one.loads}
    _enrol(plan, one, student, rng)
    return student


def _is_shown(plan: SchoolPlan, one: ClassPlan, place: int) -> bool:
    if one.is_story:
        return place <= MOVED
    story = plan.story_class
    moved = place == MOVED and one.class_id in story.parallel
    return moved or (place in SIBLINGS and one.siblings == story.index)


def _born(plan: SchoolPlan, one: ClassPlan, rng: Random) -> date:
    grade = one.level + (NINE_GRADES if one.speciality else 0)
    return date(plan.year.year - SCHOOL_AGE_FROM - grade, 3, 1) + timedelta(days=rng.randrange(365))


def _enrol(plan: SchoolPlan, one: ClassPlan, student: Student, rng: Random) -> None:
    starts_on = one.since
    move = next((m for m in plan.moves if m.new == one.index and m.place == student.place), None)
    joined = joining_day(plan) if one.is_story and student.place == NEWCOMER else None
    half = student.half
    if move:
        old = plan.classes[move.old]
        last = (move.on - timedelta(days=1)).isoformat()
        student.enrolments.append(Enrolment(class_id=old.class_id, starts_on=old.since, ends_on=last, is_primary=True))
        if old.halves:
            student.memberships.append(Membership(group_id=old.halves[half], starts_on=old.since, ends_on=last))
        joined = move.on
    if joined:
        starts_on = student.first = joined.isoformat()
    student.enrolments.append(Enrolment(class_id=one.class_id, starts_on=starts_on, ends_on=None, is_primary=True))
    if one.halves:
        student.memberships.append(Membership(group_id=one.halves[half], starts_on=starts_on, ends_on=None))
    for group in one.shared_groups:
        if rng.random() < group.share or student.is_shown:
            began = max(starts_on, plan.year.first.isoformat())
            student.memberships.append(Membership(group_id=group.group_id, starts_on=began, ends_on=None))


def _family(plan: SchoolPlan, one: ClassPlan, place: int) -> Family:
    """The family of the student at *place* in the register; siblings get the same family."""
    own = plan.school_id
    if place in SIBLINGS:
        first = one.index if one.siblings is None else min(one.index, one.siblings)
        twins = one.siblings is None
        key = ("siblings", 0 if twins else place)
        is_first = place == 0 if twins else one.index == first
        rng = plan.chance("family", first, *key)
        return _make(plan, rng, plan.mint("Person", "family", first, *key), Form.TOGETHER, (own,), is_first=is_first)
    if one.is_story and place == SPLIT:
        return _split(plan)
    form = _STORY_FORMS.get(place) if one.is_story else None
    rng = plan.chance("family", one.name, place)
    drawn = _FORMS.draw(rng)
    mother = None
    if one.is_story and place == STAFF_CHILD:
        mother = next((teacher for teacher in plan.teachers if teacher.is_parent), None)
    key_id = plan.mint("Person", "family", one.name, place)
    return _make(plan, rng, key_id, form or drawn, (own,), is_first=True, mother=mother)


def _split(plan: SchoolPlan) -> Family:
    """A family with one child in a school and one in the next college, if there is one."""
    school = plan.index - plan.index % 2
    college = school + 1
    ids = [school_id(plan.seed, school)]
    if college < plan.schools:
        ids.append(school_id(plan.seed, college))
    rng = chance(plan.seed, "split", school)
    key_id = mint("Person", "demo", plan.seed, "split", school)
    return _make(plan, rng, key_id, Form.TOGETHER, tuple(ids), is_first=plan.index == school)


def _make(
    plan: SchoolPlan,
    rng: Random,
    key_id: str,
    form: Form,
    schools: tuple[SchoolId, ...],
    *,
    is_first: bool,
    mother: Teacher | None = None,
) -> Family:
    name = mother.name.root if mother else family_name(rng)
    father_name = adult(rng, Sex.MALE, name)
    mother_name = mother.name if mother else adult(rng, Sex.FEMALE, name)
    if form in _APART and rng.choice((True, False)):  # back to her own name
        mother_name = adult(rng, Sex.FEMALE)
    father = Guardian(PersonId(mint("Person", key_id, "father")), father_name, FATHER, lives_with=form not in _APART)
    mother_id = mother.person_id if mother else PersonId(mint("Person", key_id, "mother"))
    mother_of = Guardian(mother_id, mother_name, MOTHER, lives_with=True, is_staff=mother is not None)
    grandmother_id = PersonId(mint("Person", key_id, "grandmother"))
    grandmother = Guardian(grandmother_id, adult(rng, Sex.FEMALE, name), GRANDMOTHER, lives_with=True)
    guardians = _guardians(plan, form, mother_of, father, grandmother)
    return Family(name, father_name.given_name, guardians, schools, is_first)


def _guardians(
    plan: SchoolPlan, form: Form, mother: Guardian, father: Guardian, grandmother: Guardian
) -> tuple[Guardian, ...]:
    """The present and past guardians in a family of that *form*, each with their right."""
    began = plan.today - _CHANGED_AGO
    ended = (began - timedelta(days=1)).isoformat()
    return {
        Form.TOGETHER: (mother, father),
        Form.MOTHER_ALONE: (mother,),
        Form.FATHER_ALONE: (father,),
        Form.DIVORCED: (mother, father),
        Form.ENDED: (mother, replace(father, valid_to=ended)),
        Form.BARRED: (mother, replace(father, data_access=False)),
        Form.MID_YEAR: (replace(mother, valid_to=ended), replace(grandmother, valid_from=began.isoformat())),
    }[form]
