"""Generates final grades of this and the last year, and attestation debts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from connectors.demo.disciplines import UNMARKED_LEVEL, Discipline, taught
from connectors.demo.families import ALWAYS, Student
from connectors.demo.periods import Period
from connectors.demo.register import Register
from connectors.directory import SchoolKind
from connectors.grades import AttestationDebt, DebtState, FinalGrade, FinalGradeKind, Number
from connectors.vocabulary import PeriodId, SubjectId, mint

NOT_ATTESTED: Final = "н/а"
PASSED, FAILED = "зачёт", "незачёт"
LOWEST, HIGHEST = 2, 5
_DEBT_IN_COLLEGE, _DEBT_IN_SCHOOL = 0.12, 0.01
_LEAVING_LEVEL: Final = 9
_LEAVING_EXAMS: Final = frozenset({"Русский язык", "Алгебра", "Обществознание", "Информатика"})
_EXAMS_A_YEAR: Final = 3

Debts = Mapping[SubjectId, AttestationDebt]


@dataclass(slots=True)
class MarkSums:
    """The sums that averages are computed from, plain and weighted."""

    count: int = 0
    values: int = 0
    weights: int = 0
    weighted: int = 0

    def add(self, value: int, weight: int) -> None:
        """Add one mark."""
        self.count += 1
        self.values += value
        self.weights += weight
        self.weighted += value * weight

    def average(self, kind: SchoolKind) -> Number:
        """The average that the school shows: weighted in a school, plain in a college."""
        top, bottom = (self.weighted, self.weights) if kind is SchoolKind.SCHOOL else (self.values, self.count)
        return rounded(Decimal(top) / bottom)


def rounded(value: Decimal) -> Number:
    """The value rounded half up to two places; whole numbers are ints."""
    value = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(value) if value == value.to_integral_value() else float(value)


def debts_of(register: Register, student: Student) -> list[AttestationDebt]:
    """The student's attestation debts of last year, open and closed."""
    plan, one = register.plan, register.one
    last_year = _last_year(register, student)
    rng = plan.chance("debts", student.student_id)
    is_college = plan.kind is SchoolKind.COLLEGE
    share = _DEBT_IN_COLLEGE if is_college else _DEBT_IN_SCHOOL
    is_shown = is_college and student.is_shown and one.is_story
    if student.has_left or not last_year or (rng.random() > share and not is_shown):
        return []
    names = [discipline for discipline in last_year if discipline.has_tests]
    states = (DebtState.OPEN, DebtState.RESIT_PLANNED, DebtState.CLOSED)
    return [
        _debt(register, student, discipline, states[(student.place + number) % len(states)], rng)
        for number, discipline in enumerate(rng.sample(names, rng.randint(1, 2)))
    ]


def _debt(
    register: Register, student: Student, discipline: Discipline, state: DebtState, rng: Random
) -> AttestationDebt:
    plan = register.plan
    subject_id = plan.subjects[discipline.name]
    resits = {
        DebtState.RESIT_PLANNED: plan.today + timedelta(days=rng.randint(5, 25)),
        DebtState.CLOSED: plan.year.first + timedelta(days=rng.randint(5, 20)),
    }
    return {
        "_id": plan.mint("AttestationDebt", student.student_id, subject_id),
        "school_id": plan.school_id,
        "student_id": student.student_id,
        "subject_id": subject_id,
        "period_id": plan.periods.of(subject_id, plan.last_year.name, register.one.level - 1)[-1].period_id,
        "since": plan.last_year.terms[-1].last.isoformat(),
        "resit_on": resits[state].isoformat() if state in resits else None,
        "state": state,
    }


def final_grades_of(
    register: Register,
    student: Student,
    sums: Mapping[tuple[int, SubjectId, str], MarkSums],
    debts: list[AttestationDebt],
) -> Iterator[FinalGrade]:
    """The grades of the periods that ended while the student was in the class.

    Students who belong to the class also have those of last year.
    """
    plan = register.plan
    rng = plan.chance("finals", student.student_id)
    for load in register.one.loads:
        if not load.discipline.is_graded:
            continue
        for period in plan.periods.of(load.subject_id, plan.year.name, register.one.level):
            if period.last < plan.today_iso and student.first <= period.last <= student.last:
                found = sums.get((student.place, load.subject_id, period.period_id))
                average = found.average(plan.kind) if found else None
                if period.first < plan.window.first:  # marks before the window are not shown, but were given
                    average = _typical_average(rng, student, load.discipline)
                kind = FinalGradeKind.PERIOD
                yield _grade(register, student, load.discipline, kind=kind, average=average, period=period)
    if not student.has_left:
        yield from _of_last_year(register, student, rng, {debt["subject_id"]: debt for debt in debts})


def _of_last_year(register: Register, student: Student, rng: Random, debts: Debts) -> Iterator[FinalGrade]:
    plan = register.plan
    exams = 0
    for discipline in _last_year(register, student):
        subject_id = plan.subjects[discipline.name]
        debt = debts.get(subject_id)
        periods = plan.periods.of(subject_id, plan.last_year.name, register.one.level - 1)
        averages = [_typical_average(rng, student, discipline) for _ in periods]
        if debt:
            averages[-1] = LOWEST + (debt["state"] is DebtState.CLOSED)
        for period, average in zip(periods, averages, strict=True):
            yield _grade(register, student, discipline, kind=FinalGradeKind.PERIOD, average=average, period=period)
        year = averages[-1] if debt else rounded(Decimal(str(sum(averages))) / len(averages))
        yield _grade(register, student, discipline, kind=FinalGradeKind.YEAR, average=year)
        if _ends_with_exam(register, discipline, exams):
            exams += 1
            average = averages[-1] if debt else _typical_average(rng, student, discipline)
            yield _grade(
                register,
                student,
                discipline,
                kind=FinalGradeKind.EXAM,
                average=average,
                period=periods[-1],
                is_computed=False,
            )
        if plan.kind is SchoolKind.SCHOOL and register.one.level - 1 == _LEAVING_LEVEL:
            kind = FinalGradeKind.FINAL
            yield _grade(register, student, discipline, kind=kind, average=year, is_computed=False)


def _last_year(register: Register, student: Student) -> list[Discipline]:
    """The disciplines in which the student was graded last year; none for students who came later."""
    plan, one = register.plan, register.one
    is_new = student.first != ALWAYS and len(student.enrolments) == 1
    level = one.level - 1
    if is_new or (plan.kind is SchoolKind.SCHOOL and level <= UNMARKED_LEVEL):
        return []
    return [row.discipline for row in taught(plan.kind, one.speciality, level) if row.discipline.is_graded]


def _ends_with_exam(register: Register, discipline: Discipline, exams: int) -> bool:
    if register.plan.kind is SchoolKind.COLLEGE:
        return discipline.has_tests and not discipline.pass_fail and exams < _EXAMS_A_YEAR
    return register.one.level - 1 == _LEAVING_LEVEL and discipline.name in _LEAVING_EXAMS


def _typical_average(rng: Random, student: Student, discipline: Discipline) -> Number:
    skill = student.skills.get(discipline.name, student.skill)
    average = min(float(HIGHEST), max(LOWEST + 0.6, rng.gauss(skill, 0.3)))
    return rounded(Decimal(str(average)))


def _grade(
    register: Register,
    student: Student,
    discipline: Discipline,
    *,
    kind: FinalGradeKind,
    average: Number | None,
    period: Period | None = None,
    is_computed: bool = True,
) -> FinalGrade:
    plan = register.plan
    subject_id = plan.subjects[discipline.name]
    value, number = _value(discipline, average)
    period_id: PeriodId | None = period.period_id if period else None
    # A discipline that ended last year was taught by somebody: the demo takes a teacher of the class.
    teachers = {load.discipline.name: load.teachers[0].person_id for load in register.one.loads}
    given_by = teachers.get(discipline.name) or next(iter(teachers.values()), None)
    grade: FinalGrade = {
        "_id": mint("FinalGrade", student.student_id, subject_id, kind, period_id),
        "school_id": plan.school_id,
        "student_id": student.student_id,
        "subject_id": subject_id,
        "period_id": period_id,
        "academic_year": period.academic_year if period else plan.last_year.name,
        "kind": kind,
        "value": value,
        "numeric_value": number,
        "computed_average": average if is_computed and number is not None else None,
    }
    if given_by is not None:
        grade["given_by_id"] = given_by
    return grade


def _value(discipline: Discipline, average: Number | None) -> tuple[str, int | None]:
    """The grade that a teacher gives for an *average*: the nearest whole number; «н/а» without an average."""
    if discipline.pass_fail:
        return PASSED if average is None or average > LOWEST else FAILED, None
    if average is None:
        return NOT_ATTESTED, None
    number = int(Decimal(str(average)).quantize(Decimal(1), ROUND_HALF_UP))
    return str(number), number
