"""Generates works with weights, marks, and points («точки»: no mark is given yet) in every state."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple, TypedDict

from connectors.demo import phrases
from connectors.demo.bells import moved_to_waking_hours
from connectors.demo.chance import Weighted
from connectors.demo.disciplines import SENIOR_LEVEL
from connectors.demo.families import Student
from connectors.demo.final_grades import FAILED, HIGHEST, LOWEST, PASSED, MarkSums, debts_of, final_grades_of
from connectors.demo.plan import ZONE, SchoolPlan
from connectors.demo.register import Register
from connectors.demo.schedule import Occurrence
from connectors.directory import SchoolKind
from connectors.grades import (
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    GradeReview,
    GradeReviewState,
    GradeScale,
    Journal,
    Mark,
    MarkChange,
    Work,
    WorkKind,
)
from connectors.vocabulary import ClassId, GradeScaleId, MarkId, SubjectId, WorkId, WorkKindId, mint

DOT: Final = "•"
"""«Точка»: the value of a mark while an answer is awaited (F72)."""

FIVE, PASS_FAIL = "Пятибалльная", "Зачёт/незачёт"


class Kind(NamedTuple):
    code: str
    name: str
    weight: int
    share: float  # of the students present who get a mark
    counts: bool = True


ANSWER = Kind("ОТВ", "Ответ на уроке", 1, 0.22)
HOMEWORK = Kind("ДЗ", "Домашняя работа", 1, 0.35)
NOTEBOOK = Kind("ЖДЗ", "Журнал домашних заданий", 1, 0.5, counts=False)
INDEPENDENT = Kind("СР", "Самостоятельная работа", 2, 0.85)
PRACTICE = Kind("ПР", "Практическая работа", 2, 0.85)
PROJECT = Kind("ПРО", "Проект", 3, 0.85)
CHECK = Kind("ПРВ", "Проверочная работа", 3, 0.85)
CONTROL = Kind("КР", "Контрольная работа", 4, 0.95)
EXAM = Kind("ЭКЗ", "Экзамен", 5, 1.0)
KINDS: Final = (ANSWER, HOMEWORK, NOTEBOOK, INDEPENDENT, PRACTICE, PROJECT, CHECK, CONTROL, EXAM)

_ORDINARY: Final = Weighted((ANSWER, 56), (INDEPENDENT, 14), (PRACTICE, 12), (CHECK, 8), (PROJECT, 4), (NOTEBOOK, 6))
_MARKED, _SECOND = 0.58, 0.18
_COMMENTED, _CHANGED, _UNPREPARED, _DOTTED, _ANSWERED = 0.07, 0.015, 0.012, 0.6, 0.65
_DOT_LASTS: Final = timedelta(days=14)
_OLD_DOT: Final = timedelta(days=5)
_EXAMS_FROM: Final = (10, 5)
_EXAM_LEVELS: Final = (9, 11)
_EXAM_NAMES: Final = frozenset({"Русский язык", "Алгебра", "Алгебра и начала математического анализа"})


class _Value(TypedDict):
    """The columns of a mark that hold its value."""

    value: str
    numeric_value: int | None
    is_point: bool
    point_valid_until: str | None
    counts_towards_average: bool
    comment: str | None
    history: list[MarkChange]


_VALUE: Final[_Value] = {
    "value": DOT,
    "numeric_value": None,
    "is_point": False,
    "point_valid_until": None,
    "counts_towards_average": False,
    "comment": None,
    "history": [],
}


class _Task(NamedTuple):
    """A work that marks are given for, and the lesson at which they are given."""

    occurrence: Occurrence
    work: Work
    kind: Kind


@dataclass(slots=True)
class _Journal:
    """The works and marks of one class, collected while they are generated."""

    register: Register
    works: list[Work] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    tasks: list[_Task] = field(default_factory=list)
    marked: set[tuple[str, int]] = field(default_factory=set)
    examined: set[SubjectId] = field(default_factory=set)
    sums: dict[tuple[int, SubjectId, str], MarkSums] = field(default_factory=lambda: defaultdict(MarkSums))


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The documents that are made once for a school, by collection; those made class by class are not among them."""
    return {
        "work_kinds": [_work_kind(plan, kind) for kind in KINDS],
        "grade_scales": list(_scales(plan)),
        "attestation_periods": list(_periods(plan)),
    }


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The documents of one class, by collection."""
    finals: list[FinalGrade] = []
    debts: list[AttestationDebt] = []
    journal = _Journal(register)
    if register.one.is_marked:
        for occurrence in register.occurrences:
            if occurrence.takes_place and occurrence.load.discipline.is_graded:
                _mark_lesson(journal, occurrence)
        for student in register.own:
            if student.is_shown:
                _show_dots(journal, student)
        for student in register.students:
            owed = debts_of(register, student)
            debts.extend(owed)
            finals.extend(final_grades_of(register, student, journal.sums, owed))
    return {
        "works": journal.works,
        "marks": journal.marks,
        "grade_reviews": list(_reviews(journal)),
        "final_grades": finals,
        "attestation_debts": debts,
    }


def scale_id(plan: SchoolPlan, name: str) -> GradeScaleId:
    """The id of a scale of the school."""
    return GradeScaleId(plan.mint("GradeScale", name))


def _kind_id(plan: SchoolPlan, kind: Kind) -> WorkKindId:
    return WorkKindId(plan.mint("WorkKind", kind.code))


def _mark_lesson(journal: _Journal, occurrence: Occurrence) -> None:
    register = journal.register
    plan = register.plan
    rng = plan.chance("works", occurrence.lesson["_id"])
    kinds = _kinds(journal, rng, occurrence)
    for kind in kinds:
        work = _work(plan, kind, occurrence)
        if occurrence.is_written_here:
            journal.works.append(work)
        if occurrence.is_held:
            task = _Task(occurrence, work, kind)
            journal.tasks.append(task)
            _give_marks(journal, plan.chance("marks", work["_id"], register.one.name), task)


def _kinds(journal: _Journal, rng: Random, occurrence: Occurrence) -> list[Kind]:
    """The kinds of work that are marked at the lesson; a future lesson has only its control work."""
    if occurrence.lesson["is_control_work"]:
        return [EXAM if _is_exam(journal, occurrence) else CONTROL]
    if not occurrence.is_held:
        return []
    drawn = [_ORDINARY.draw(rng)] if rng.random() < _MARKED else []
    return [*drawn, HOMEWORK] if rng.random() < _SECOND else drawn


def _is_exam(journal: _Journal, occurrence: Occurrence) -> bool:
    one, day = journal.register.one, occurrence.day.day
    load = occurrence.load
    if one.speciality is None:
        has_exam = one.level in _EXAM_LEVELS and load.discipline.name in _EXAM_NAMES
    else:
        has_exam = one.level > 1 and load is one.loads[-1]
    if not has_exam or (day.month, day.day) < _EXAMS_FROM or load.subject_id in journal.examined:
        return False
    journal.examined.add(load.subject_id)
    return True


def _work(plan: SchoolPlan, kind: Kind, occurrence: Occurrence) -> Work:
    lesson = occurrence.lesson
    return {
        "_id": WorkId(mint("Work", lesson["_id"], kind.code)),
        "school_id": plan.school_id,
        "class_ids": lesson["class_ids"],
        "group_id": lesson["group_id"],
        "subject_id": occurrence.load.subject_id,
        "title": f"{kind.name}: {occurrence.topic}",
        "kind_id": _kind_id(plan, kind),
        "planned_on": lesson["date"],
        "is_control_work": kind in {CONTROL, EXAM},
        "max_score": None if occurrence.load.discipline.pass_fail else HIGHEST,
    }


def _give_marks(journal: _Journal, rng: Random, task: _Task) -> None:
    register, lesson, kind = journal.register, task.occurrence.lesson, task.kind
    for student in register.members(task.occurrence):
        if register.absences.at(lesson["date"], lesson["number"], student):
            if kind.share > HOMEWORK.share and kind.counts and rng.random() < _DOTTED:
                _dot(journal, rng, task, student)
        elif rng.random() < kind.share:
            if rng.random() < _UNPREPARED:
                _dot(journal, rng, task, student)
            else:
                _give(journal, rng, task, student)


def _give(journal: _Journal, rng: Random, task: _Task, student: Student) -> None:
    """A mark with a value; sometimes with an earlier value in its history."""
    number = _number(rng, student, task.occurrence)
    history: list[MarkChange] = []
    if rng.random() < _CHANGED:
        history.append(_change(journal, rng, task.occurrence, str(max(LOWEST, number - 1)), str(number)))
    comment = rng.choice(phrases.MARK_COMMENTS) if rng.random() < _COMMENTED else None
    if task.occurrence.load.discipline.pass_fail:
        value = PASSED if number > LOWEST else FAILED
        _add(journal, task, student, {**_VALUE, "value": value, "comment": comment})
    else:
        _add(journal, task, student, {**_number_value(task, number), "comment": comment, "history": history})


def _dot(journal: _Journal, rng: Random, task: _Task, student: Student, *, is_answered: bool | None = None) -> None:
    """A point: open, overdue, or answered and replaced by a mark. With *is_answered* None, chance decides."""
    if task.occurrence.load.discipline.pass_fail:
        return
    until = task.occurrence.day.day + _DOT_LASTS
    if is_answered is None:
        is_answered = until < journal.register.plan.today and rng.random() < _ANSWERED
    if is_answered:
        number = _number(rng, student, task.occurrence)
        history = [_change(journal, rng, task.occurrence, DOT, str(number))]
        _add(journal, task, student, {**_number_value(task, number), "history": history})
    else:
        comment = rng.choice(phrases.DOT_COMMENTS)
        dot: _Value = {**_VALUE, "is_point": True, "point_valid_until": until.isoformat(), "comment": comment}
        _add(journal, task, student, dot)


def _number(rng: Random, student: Student, occurrence: Occurrence) -> int:
    skill = student.skills.get(occurrence.load.discipline.name, student.skill)
    return min(HIGHEST, max(LOWEST, round(rng.gauss(skill, 0.65))))


def _number_value(task: _Task, number: int) -> _Value:
    return {**_VALUE, "value": str(number), "numeric_value": number, "counts_towards_average": task.kind.counts}


def _change(journal: _Journal, rng: Random, occurrence: Occurrence, old: str, new: str) -> MarkChange:
    changed_at = occurrence.lesson["ends_at"] + timedelta(minutes=rng.randint(30, 9 * 1440))
    return {
        "changed_at": min(
            max(moved_to_waking_hours(changed_at, ZONE), occurrence.lesson["ends_at"]), journal.register.plan.now
        ),
        "changed_by_id": occurrence.teacher.person_id,
        "old_value": old,
        "new_value": new,
    }


def _add(journal: _Journal, task: _Task, student: Student, value: _Value) -> None:
    register, work, lesson, load = journal.register, task.work, task.occurrence.lesson, task.occurrence.load
    plan = register.plan
    journal.marked.add((work["_id"], student.place))
    journal.marks.append(
        {
            "_id": MarkId(mint("Mark", work["_id"], student.student_id)),
            "school_id": plan.school_id,
            "student_id": student.student_id,
            "class_id": register.one.class_id,
            "subject_id": load.subject_id,
            "work_id": work["_id"],
            "kind_id": work["kind_id"],
            "lesson_id": lesson["_id"],
            "scale_id": scale_id(plan, PASS_FAIL if load.discipline.pass_fail else FIVE),
            "weight": task.kind.weight,
            "is_exam": task.kind is EXAM,
            "given_on": lesson["date"],
            "given_by_id": task.occurrence.teacher.person_id,
            "journal": Journal.EXTENDED if lesson["is_extended"] else Journal.MAIN,
            "version": 0,
            **value,
        }
    )
    if value["counts_towards_average"] and value["numeric_value"] is not None:
        for period in plan.periods.of(load.subject_id, plan.year.name, register.one.level):
            if period.first <= lesson["date"] <= period.last:
                journal.sums[student.place, load.subject_id, period.period_id].add(
                    value["numeric_value"], task.kind.weight
                )


def _show_dots(journal: _Journal, student: Student) -> None:
    """A point in each state (open, overdue, answered) for a student whom the demo shows."""
    register = journal.register
    today = register.plan.today
    rng = register.plan.chance("dots", student.student_id)
    free = [
        task
        for task in journal.tasks
        if (task.work["_id"], student.place) not in journal.marked
        and student in register.present(task.occurrence)
        and not task.occurrence.load.discipline.pass_fail
    ]
    open_ones = [task for task in free if task.occurrence.day.day + _OLD_DOT > today]
    overdue = [task for task in free if task.occurrence.day.day + _DOT_LASTS < today]
    for tasks, is_answered in ((open_ones, False), (overdue[-9:-4], False), (overdue[-4:], True)):
        if tasks:
            _dot(journal, rng, rng.choice(tasks), student, is_answered=is_answered)


def _reviews(journal: _Journal) -> Iterator[GradeReview]:
    """A request to review the latest mark of each student whom the demo shows."""
    plan = journal.register.plan
    for student in journal.register.own:
        latest = [mark for mark in journal.marks if mark["student_id"] == student.student_id and not mark["is_point"]]
        if not student.is_shown or not latest:
            continue
        mark = latest[-1]
        yield {
            "_id": plan.mint("GradeReview", mark["_id"]),
            "school_id": plan.school_id,
            "student_id": student.student_id,
            "subject_id": mark["subject_id"],
            "mark_id": mark["_id"],
            "reason": phrases.REVIEW_REASON,
            "state": GradeReviewState.OPEN,
            "requested_by_id": student.person_id,
            "requested_at": plan.now,
            "answer": None,
            "answered_by_id": None,
            "answered_at": None,
            "old_value": None,
            "new_value": None,
            "version": 1,
        }


def _work_kind(plan: SchoolPlan, kind: Kind) -> WorkKind:
    return {
        "_id": _kind_id(plan, kind),
        "school_id": plan.school_id,
        "name": kind.name,
        "abbreviation": kind.code,
        "weight": kind.weight,
        "counts_towards_average": kind.counts,
    }


def _scales(plan: SchoolPlan) -> Iterator[GradeScale]:
    yield {
        "_id": scale_id(plan, FIVE),
        "school_id": plan.school_id,
        "name": FIVE,
        "min_value": LOWEST,
        "max_value": HIGHEST,
        "values": [
            {"value": str(number), "numeric_value": number, "is_passing": number > LOWEST}
            for number in range(HIGHEST, LOWEST - 1, -1)
        ],
    }
    if plan.kind is SchoolKind.COLLEGE:
        yield {
            "_id": scale_id(plan, PASS_FAIL),
            "school_id": plan.school_id,
            "name": PASS_FAIL,
            "min_value": None,
            "max_value": None,
            "values": [
                {"value": PASSED, "numeric_value": None, "is_passing": True},
                {"value": FAILED, "numeric_value": None, "is_passing": False},
            ],
        }


def _periods(plan: SchoolPlan) -> Iterator[AttestationPeriod]:
    for period in plan.periods.all:
        seniors = _seniors_in(plan, period.academic_year) if period.is_senior else []
        if period.is_senior and not seniors:
            continue
        yield {
            "_id": period.period_id,
            "school_id": plan.school_id,
            "academic_year": period.academic_year,
            "name": period.name,
            "kind": period.kind,
            "ordinal": period.ordinal,
            "subject_id": period.subject_id,
            "class_ids": seniors,
            "group_id": None,
            "starts_on": period.first,
            "ends_on": period.last,
        }


def _seniors_in(plan: SchoolPlan, academic_year: str) -> list[ClassId]:
    """The senior classes of an academic year, this one or the last."""
    ago = academic_year != plan.year.name
    return [one.class_id for one in plan.classes if one.speciality is None and one.level - ago >= SENIOR_LEVEL]
