"""Sets final grades: teachers those of periods that are open, administrators those of periods that are closed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from auth.viewer import Role
from connectors.directory import AcademicYear, AverageKind, Person, audience_of, school_year_on
from connectors.grades import FinalGrade, FinalGradeKind, GradeScale, Journal, MarkFilter
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Days, PeriodId, StudentId, SubjectId, mint, version_of
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.grades.marking import NO_STUDENT, STUDENT, Pupil
from gateway.resolvers.grades.report_card import WEIGHED, average_of
from gateway.resolvers.grades.stored_marks import changed_mark
from gateway.resolvers.grades.terms import applicable_periods
from gateway.resolvers.grades.values import SCALE, checked_value, possible_scales, scale_of
from gateway.resolvers.grades.windows import Windows, some_school, windows_of
from gateway.teaching import Teaching, teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_SUBJECT: Final = Text("There is no such subject.", "Нет такого предмета.")
_NO_PERIOD: Final = Text("There is no such attestation period.", "Нет такого аттестационного периода.")
_NO_YEAR: Final = Text("There is no such academic year.", "Нет такого учебного года.")
_WHAT: Final = Text("Say what the grade sums up.", "Укажите, за что эта отметка.")
_EITHER: Final = Text(
    "A grade of a period sums up nothing else.", "Отметка за период не может быть отметкой за что-то другое."
)
_NOT_BEGUN: Final = Text("The period has not begun yet.", "Этот период ещё не начался.")
_CLOSED: Final = Text("The period is closed.", "Этот период закрыт.")
_OPEN: Final = Text(
    "Until the period is closed, its grades are set by the teacher.",
    "Пока период не закрыт, отметки за него выставляет учитель.",
)
_FILLED: Final = Text(
    "There is such a grade already: look at it again.", "Такая отметка уже есть: посмотрите на неё снова."
)
_COLUMNS: Final = frozenset({"_id", "value", "numeric_value", "computed_average", "version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFinalGrade:
    """A final grade (итоговая отметка) of a student in a subject."""

    student_id: StudentId
    """The student who gets the grade."""

    subject_id: SubjectId
    """The subject of the grade."""

    value: str
    """The grade, as a scale of the school writes it."""

    period_id: PeriodId | None = None
    """The attestation period that the grade sums up; null for a grade of another kind."""

    kind: FinalGradeKind | None = None
    """The kind of the grade, where it is of no attestation period."""

    academic_year: str | None = None
    """The academic year, such as 2026/27, of a grade of no period; the current one without it."""

    version: int | Absent | None = ABSENT
    """The version of the grade that was seen (`FinalGrade.version`); null overwrites any; without it, none was seen."""


class _Span(NamedTuple):
    """The period or the year that a final grade sums up."""

    kind: FinalGradeKind
    period_id: PeriodId | None
    academic_year: str
    days: Days


class _Known(NamedTuple):
    """The student, and the rules of their school for the grade."""

    pupil: Pupil | None
    own: Teaching
    windows: Windows
    has_subject: bool
    scales: Sequence[GradeScale]
    years: Sequence[AcademicYear]


async def set_final_grade(input: SetFinalGrade, info: Info, transaction: Transaction) -> Outcome:
    """Set the final grade of a student; the average at this moment is kept beside it, and never becomes it (F78)."""
    problems = Problems()
    known = await _known(input, info)
    span = _span(input, known, problems)
    pupil = _graded(input, span, known, info, problems)
    value = None
    if candidates := possible_scales(None, _ANY_WORK, known.scales, problems):
        value = checked_value(input.value, scale_of(input.value, candidates), problems, "value")
    before: Any = None
    ids: dict[str, Any] = {}
    if pupil is not None and span is not None:
        before = await transaction.find_one("final_grades", _key(input, span), columns=_COLUMNS)
        ids = {"student_id": input.student_id, **({"final_grade_id": before["_id"]} if before else {})}
    if before is not None:
        if value is not None and before["value"] == value.value and not problems.found:
            return Outcome(ids, is_new=False)
        if input.version is ABSENT:
            problems.add(UserErrorCode.CONFLICT, _FILLED, "version", limit=version_of(before))
        else:
            problems.is_stale(input.version, before)
    problems.in_order_of(input)
    problems.check(**ids)
    if pupil is None or span is None or value is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    average = await _average(input, span, known.windows.average_kind, transaction)
    content = {"value": value.value, "numeric_value": value.numeric_value, "computed_average": average}
    return await _set(input, span, pupil.person, before, content, info, transaction)


async def _known(input: SetFinalGrade, info: Info) -> _Known:
    directory, grades = info.connectors.directory, info.connectors.grades
    own, [person] = await asyncio.gather(
        teaching(info), info.read(directory.students_by_ids, [input.student_id], columns=STUDENT)
    )
    is_own = bool(person) and not person.get("merged_to")
    is_own = is_own and info.viewer.may_read_student(input.student_id, person.get("school_id"))
    school = person["school_id"] if is_own else some_school(info)
    windows, [subject], [scales], [years] = await asyncio.gather(
        windows_of(school, info),
        info.read(directory.subjects_by_ids, [input.subject_id], columns=frozenset({"school_id"})),
        info.read(grades.scales_of, [school], columns=SCALE),
        info.read(directory.years_of, [school], columns=frozenset({"name", "starts_on", "ends_on"})),
    )
    return _Known(
        Pupil(person, audience_of(person)) if is_own else None,
        own,
        windows,
        subject is not None and subject["school_id"] == school,
        scales or (),
        years or (),
    )


def _graded(input: SetFinalGrade, span: _Span | None, known: _Known, info: Info, problems: Problems) -> Pupil | None:
    """The student, where the viewer sets their final grades in the subject; notes what speaks against it."""
    pupil = known.pupil
    if pupil is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, "studentId")
        return None
    if not known.has_subject or not _may_grade(pupil, input, span, known, info):
        problems.add(UserErrorCode.NOT_FOUND, _NO_SUBJECT, "subjectId")
        return None
    if span is not None and span.period_id is not None and not _is_applied(span, pupil, input.subject_id, known):
        problems.add(UserErrorCode.NOT_FOUND, _NO_PERIOD, "periodId")
    elif span is not None:
        _check_window(span, known.windows, info, problems)
    return pupil


_ANY_WORK: Final[Any] = {}
"""A final grade is of no work that would have a scale."""


def _span(input: SetFinalGrade, known: _Known, problems: Problems) -> _Span | None:
    """The period or the year that the grade sums up; None where the input says none, or one that the school has not."""
    if input.period_id is not None:
        period = next((own for own in known.windows.periods if own["_id"] == input.period_id), None)
        if input.kind not in {None, FinalGradeKind.PERIOD}:
            problems.add(UserErrorCode.INVALID_INPUT, _EITHER, "kind")
        if period is None:
            problems.add(UserErrorCode.NOT_FOUND, _NO_PERIOD, "periodId")
            return None
        days = Days(period["starts_on"], period["ends_on"])
        return _Span(FinalGradeKind.PERIOD, input.period_id, period["academic_year"], days)
    if input.kind in {None, FinalGradeKind.PERIOD}:
        problems.add(UserErrorCode.REQUIRED, _WHAT, "kind" if input.kind is None else "periodId")
        return None
    current = known.windows.year
    if input.academic_year in {None, current.name}:
        return _Span(FinalGradeKind(input.kind), None, current.name, current.days)
    year = next((own for own in known.years if own["name"] == input.academic_year), None)
    if year is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_YEAR, "academicYear")
        return None
    return _Span(FinalGradeKind(input.kind), None, year["name"], school_year_on(known.years, year["starts_on"]).days)


def _may_grade(pupil: Pupil, input: SetFinalGrade, span: _Span | None, known: _Known, info: Info) -> bool:
    """Whether the viewer sets final grades of the student in the subject."""
    if info.viewer.role is Role.ADMINISTRATOR:
        return True
    today = known.windows.today
    day = today if span is None else max(span.days.first, min(today, span.days.last))
    return known.own.of_student(pupil.audience, input.subject_id, day)


def _is_applied(span: _Span, pupil: Pupil, subject_id: SubjectId, known: _Known) -> bool:
    """Whether the period is one of the subject, the class and the groups of the student at its end."""
    place = pupil.place(subject_id, span.days.last)
    own = applicable_periods(known.windows.periods, place.class_id, place.groups)
    return any(one["_id"] == span.period_id and one["subject_id"] in {None, subject_id} for one in own)


def _check_window(span: _Span, windows: Windows, info: Info, problems: Problems) -> None:
    """Note a problem where it is not the viewer's time to set the grade."""
    path = "periodId" if span.period_id else "academicYear"
    last = windows.closes_on(span.days)
    if windows.today < span.days.first:
        retry_at = windows.start_of(span.days.first)
        problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_BEGUN, path, retry_at=retry_at)
    elif info.viewer.role is Role.ADMINISTRATOR and windows.today <= last:
        problems.add(UserErrorCode.WINDOW_CLOSED, _OPEN, path, retry_at=windows.start_after(last))
    elif info.viewer.role is not Role.ADMINISTRATOR and windows.today > last:
        problems.add(UserErrorCode.WINDOW_CLOSED, _CLOSED, path)


def _key(input: SetFinalGrade, span: _Span) -> dict[str, Any]:
    """The columns that tell a final grade from every other one."""
    of_what = {"period_id": span.period_id} if span.period_id else {"academic_year": span.academic_year}
    return {"student_id": input.student_id, "subject_id": input.subject_id, "kind": span.kind, **of_what}


async def _average(input: SetFinalGrade, span: _Span, kind: AverageKind, transaction: Transaction) -> float | None:
    """The average of the marks of the period or the year at this moment, of the kind that the school uses."""
    if span.kind not in {FinalGradeKind.PERIOD, FinalGradeKind.YEAR}:
        return None
    marks = MarkFilter(days=span.days, subject_id=input.subject_id, journal=Journal.MAIN).condition()
    found: list[Any] = await transaction.find("marks", {"student_id": input.student_id, **marks}, columns=WEIGHED)
    average = average_of(found, kind)
    return None if average is None else float(average)


async def _set(
    input: SetFinalGrade,
    span: _Span,
    student: Person,
    before: Mapping[str, Any] | None,
    content: Mapping[str, Any],
    info: Info,
    transaction: Transaction,
) -> Outcome:
    person = info.viewer.person_id
    key = _key(input, span)
    grade_id = before["_id"] if before else mint("FinalGrade", *key.values())
    if before is None:
        grade: Any = FinalGrade(
            _id=grade_id,
            school_id=student["school_id"],
            student_id=input.student_id,
            subject_id=input.subject_id,
            period_id=span.period_id,
            academic_year=span.academic_year,
            kind=span.kind,
            value=content["value"],
            numeric_value=content["numeric_value"],
            computed_average=content["computed_average"],
            history=[],
            given_by_id=person,
            version=1,
        )
        await transaction.insert("final_grades", [grade])
    else:
        changed = changed_mark(before["value"], content["value"], info)
        change = {"$set": {**content, "given_by_id": person}, "$push": {"history": changed}, "$inc": {"version": 1}}
        await transaction.update("final_grades", {"_id": grade_id}, change)
    of_what = {"kind": span.kind, "period_id": span.period_id, "academic_year": span.academic_year}
    done = fact(
        info,
        "setFinalGrade",
        grade_id,
        student["school_id"],
        student_id=input.student_id,
        before=before and {name: before.get(name) for name in content},
        after={**content, **({} if before else {"subject_id": input.subject_id, **of_what})},
    )
    return Outcome({"student_id": input.student_id, "final_grade_id": grade_id}, [done])
