"""Generates portfolios: achievements with the points of the school's scoring tables."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from connectors.demo import phrases
from connectors.demo.chance import Weighted
from connectors.demo.families import Student
from connectors.demo.files import attached
from connectors.demo.plan import SchoolPlan
from connectors.demo.register import Register
from connectors.portfolio import (
    Achievement,
    AchievementKind,
    AchievementRound,
    AchievementStatus,
    AchievementType,
    ScoringTable,
)
from connectors.vocabulary import AchievementId, AchievementTypeId, ClassId, PersonId

ROUNDS, POINTS = AchievementKind.ROUNDS, AchievementKind.POINTS


class Section(NamedTuple):
    """A section of the portfolio with its titles, rounds and points."""

    name: str
    kind: AchievementKind
    area: str
    titles: tuple[str, ...]
    rounds: tuple[str, ...] = ()
    by_place: tuple[int, ...] = ()
    participation: int = 0
    presence: int = 0
    defence: int = 0


SECTIONS: Final = (
    Section(
        "Олимпиады",
        ROUNDS,
        "Наука",
        phrases.OLYMPIADS,
        ("Школьный этап", "Муниципальный этап", "Региональный этап"),
        (10, 8, 6),
        2,
    ),
    Section("Конкурсы", ROUNDS, "Творчество", phrases.CONTESTS, ("Отборочный тур", "Финал"), (8, 6, 4), 1),
    Section("Исследовательские работы", ROUNDS, "Наука", phrases.RESEARCH, ("Школа", "Город"), (12, 9, 6), 3),
    Section("Спорт", ROUNDS, "Спорт", phrases.SPORTS, ("Первенство школы", "Первенство города"), (8, 6, 4), 1),
    Section("Дополнительное образование", POINTS, "Творчество", phrases.LESSONS_OUTSIDE, presence=5, defence=5),
    Section("Элективные курсы", POINTS, "Учёба", phrases.ELECTIVES, presence=4, defence=6),
    Section("Волонтёрство", POINTS, "Общественная жизнь", phrases.VOLUNTEERING, presence=3, defence=2),
)
_HOW_MANY: Final = Weighted((0, 3), (1, 3), (2, 2), (3, 1), (4, 1))
_FAVOURED: Final = 4
_STATUS: Final = Weighted(
    (AchievementStatus.CONFIRMED, 7), (AchievementStatus.UNCONFIRMED, 2), (AchievementStatus.REJECTED, 1)
)
_SINCE: Final = timedelta(days=500)
_UNDATED, _ATTACHED, _PLACED = 0.15, 0.5, 0.4


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The documents that are made once for a school, by collection; those made class by class are not among them."""
    return {
        "achievement_types": [_type(plan, section) for section in SECTIONS],
        "scoring_tables": [_table(plan, section) for section in SECTIONS],
    }


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The achievements of the students of one class."""
    return {"achievements": [one for student in register.own for one in _achievements(register, student)]}


def _type_id(plan: SchoolPlan, section: Section) -> AchievementTypeId:
    return AchievementTypeId(plan.mint("AchievementType", section.name))


def _type(plan: SchoolPlan, section: Section) -> AchievementType:
    return {
        "_id": _type_id(plan, section),
        "school_id": plan.school_id,
        "name": section.name,
        "kind": section.kind,
        "area": section.area,
    }


def _table(plan: SchoolPlan, section: Section) -> ScoringTable:
    return {
        "_id": plan.mint("AchievementType", section.name, "points"),
        "school_id": plan.school_id,
        "type_id": _type_id(plan, section),
        "points_by_place": list(section.by_place),
        "points_for_participation": section.participation,
        "max_presence_points": section.presence,
        "max_defence_points": section.defence,
    }


def _achievements(register: Register, student: Student) -> Iterator[Achievement]:
    plan = register.plan
    rng = plan.chance("portfolio", student.student_id)
    for number in range(_FAVOURED if student.is_shown else _HOW_MANY.draw(rng)):
        yield _achievement(register, student, rng, number)


def _achievement(register: Register, student: Student, rng: Random, number: int) -> Achievement:
    plan, one = register.plan, register.one
    section = rng.choice(SECTIONS)
    status = _STATUS.draw(rng)
    day = _day(plan, student, rng)
    rounds = list(_rounds(section, rng))
    presence = rng.randint(1, section.presence) if section.kind is POINTS else None
    defence = rng.randint(0, section.defence) if section.kind is POINTS else None
    subject = rng.choice(one.loads).discipline.name.lower()
    leader = one.leader.person_id
    return {
        "_id": AchievementId(plan.mint("Achievement", student.student_id, number)),
        "school_id": plan.school_id,
        "student_id": student.student_id,
        "class_id": _class_on(student, day, one.class_id),
        "type_id": _type_id(plan, section),
        "title": rng.choice(section.titles).format(subject=subject),
        "achieved_on": None if rng.random() < _UNDATED else day,
        "sort_on": day,
        "rounds": rounds,
        "points": sum(one["points"] for one in rounds) + (presence or 0) + (defence or 0),
        "presence_points": presence,
        "defence_points": defence,
        "status": status,
        "added_by_id": _added_by(plan, student, rng, leader, status),
        "confirmed_by_id": leader if status is AchievementStatus.CONFIRMED else None,
        "attachments": [attached(rng, "Диплом", "diploma", "pdf", plan.files)] if rng.random() < _ATTACHED else [],
    }


def _day(plan: SchoolPlan, student: Student, rng: Random) -> str:
    first = max(date.fromisoformat(student.enrolments[0]["starts_on"]), plan.today - _SINCE)
    return (first + timedelta(days=rng.randint(0, max(0, (plan.today - first).days)))).isoformat()


def _class_on(student: Student, day: str, today: ClassId) -> ClassId:
    """The class of the student on that *day*."""
    for enrolment in student.enrolments:
        if enrolment["starts_on"] <= day and (enrolment["ends_on"] is None or day <= enrolment["ends_on"]):
            return enrolment["class_id"]
    return today


def _rounds(section: Section, rng: Random) -> Iterator[AchievementRound]:
    """The rounds in which the student took part; only a student with a place goes on to the next one."""
    for name in section.rounds:
        place = rng.choice((1, 2, 3)) if rng.random() < _PLACED else None
        points = section.participation if place is None else section.by_place[place - 1]
        yield {"name": name, "place": place, "participated": True, "points": points}
        if place is None:
            return


def _added_by(plan: SchoolPlan, student: Student, rng: Random, leader: PersonId, status: AchievementStatus) -> PersonId:
    """The person who added the achievement: the student, a parent, or the class teacher, who needs no confirmation."""
    guardians = [guardian.person_id for guardian in student.family.guardians if guardian.may_see_on(plan.today_iso)]
    writers = [student.person_id, *guardians]
    return rng.choice([*writers, leader] if status is AchievementStatus.CONFIRMED else writers)
