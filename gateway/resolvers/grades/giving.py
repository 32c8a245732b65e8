"""Gives marks: one, or those of a whole class at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from connectors.grades import GradeScale, Mark, Number
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, GradeScaleId, PublicId, StudentId
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.grades.marking import NO_STUDENT, NO_WORK, Occasion, occasion_of
from gateway.resolvers.grades.stored_marks import (
    Content,
    checked_comment,
    fact_of_new,
    marks_there,
    new_mark,
    scales_and_kind,
)
from gateway.resolvers.grades.values import checked_value, checked_weight, possible_scales, scale_of
from gateway.writing import Outcome, Problems, UserErrorCode

_TAKEN: Final = Text(
    "The student has a mark for this work: change that one.", "У ученика уже есть отметка за эту работу: измените её."
)
_TWICE: Final = Text("The student stands in the list already.", "Этот ученик уже есть в списке.")
_NO_ROWS: Final = Text("Enter at least one mark.", "Укажите хотя бы одну отметку.")
_TOO_MANY: Final = Text("These are too many marks: at most {limit}.", "Слишком много отметок: не более {limit}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveMark:
    """One mark of one student for one work."""

    work_id: PublicId
    """The work that the mark is for (`Work.id`)."""

    student_id: StudentId
    """The student who gets the mark."""

    value: str
    """The value, as the scale writes it."""

    weight: int | None = None
    """The weight, 1 to 5; that of the kind of work without it."""

    comment: str | None = None
    """A comment on the mark, for the student and the parents."""

    lesson_id: PublicId | None = None
    """The lesson at which the mark is given (`Lesson.id` or `TimetableLesson.id`)."""

    given_on: Day | None = None
    """The day of a mark of no lesson; today without it."""

    scale_id: GradeScaleId | None = None
    """The scale of the mark; without it that of the work, or else the one that the school usually marks on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRow:
    """The mark of one student, among those of a work that are given at once."""

    student_id: StudentId
    """The student who gets the mark."""

    value: str
    """The value, as the scale writes it."""

    weight: int | None = None
    """The weight, 1 to 5; that of the kind of work without it."""

    comment: str | None = None
    """A comment on the mark, for the student and the parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveMarks:
    """The marks of many students for one work: all of them are given, or none is."""

    work_id: PublicId
    """The work that the marks are for (`Work.id`)."""

    marks: tuple[MarkRow, ...]
    """The marks, each of another student."""

    lesson_id: PublicId | None = None
    """The lesson at which the marks are given (`TimetableLesson.id`)."""

    given_on: Day | None = None
    """The day of marks of no lesson; today without it."""

    scale_id: GradeScaleId | None = None
    """The scale of the marks; without it that of the work, or else the one that the school usually marks on."""


async def give_mark(input: GiveMark, info: Info, transaction: Transaction) -> Outcome:
    """Give a student a mark for a work: one for each student and work (F84, F132, trap T5)."""
    row = MarkRow(student_id=input.student_id, value=input.value, weight=input.weight, comment=input.comment)
    return await _give(input, [row], "giveMark", info, transaction)


async def give_marks(input: GiveMarks, info: Info, transaction: Transaction) -> Outcome:
    """Give many students their marks for a work, all of them or none."""
    most = info.writing.rules.marks_at_once
    problems = Problems()
    if not input.marks:
        problems.add(UserErrorCode.REQUIRED, _NO_ROWS, "marks")
    elif len(input.marks) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "marks", limit=most)
    problems.check()
    return await _give(input, input.marks, "giveMarks", info, transaction)


async def _give(
    input: GiveMark | GiveMarks, rows: Sequence[MarkRow], action: str, info: Info, transaction: Transaction
) -> Outcome:
    problems = Problems()
    students = [row.student_id for row in rows]
    occasion = await occasion_of(input.work_id, input.lesson_id, input.given_on, students, info, transaction, problems)
    existing = await marks_there(input.work_id, students, transaction)
    if occasion is not None and occasion.hides(existing.values()):
        problems.add(UserErrorCode.NOT_FOUND, NO_WORK, "workId")
        occasion = None
    rules = await _rules(input.scale_id, occasion, info, problems)
    new: list[Mark] = []
    there: dict[str, str] = {}
    for place, row in enumerate(rows):
        path = () if isinstance(input, GiveMark) else ("marks", place)
        checked = _checked(row, rules, info, problems, path)
        pupil = occasion.pupils[place] if occasion else None
        if occasion is not None and pupil is None:
            problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, *path, "studentId")
        elif row.student_id in students[:place]:
            problems.add(UserErrorCode.INVALID_INPUT, _TWICE, *path, "studentId")
        elif occasion is not None and pupil is not None and checked is not None:
            mark = new_mark(occasion, pupil, checked, rules.kind, info)
            other = existing.get(row.student_id)
            if other is None:
                new.append(mark)
                continue
            there[row.student_id] = other["_id"]
            if not _is_same(other, mark):
                problems.add(UserErrorCode.TAKEN, _TAKEN, *path, "studentId")
    problems.in_order_of(input)
    problems.check(**_ids(input, occasion, students, there))
    ids = _ids(input, occasion, students, there | {mark["student_id"]: mark["_id"] for mark in new})
    if not new:
        return Outcome(ids, is_new=False)
    await transaction.insert("marks", new)
    return Outcome(ids, [fact_of_new(action, mark, info) for mark in new])


class _Rules(NamedTuple):
    """The scales, the kind of work and the most points by which marks are checked."""

    scales: Sequence[GradeScale]
    kind: Mapping[str, Any] | None
    most: Number | None


async def _rules(sent: GradeScaleId | None, occasion: Occasion | None, info: Info, problems: Problems) -> _Rules:
    work = occasion.work if occasion else None
    scales, kind = await scales_and_kind(work, info)
    if work is None:
        return _Rules((), None, None)
    return _Rules(possible_scales(sent, work, scales, problems), kind, work["max_score"])


def _checked(
    row: MarkRow, rules: _Rules, info: Info, problems: Problems, path: tuple[str | int, ...]
) -> Content | None:
    """The value, weight and comment of a row as they are stored; None where there is a problem with one of them."""
    before = len(problems.found)
    value = None
    if rules.scales:
        scale = scale_of(row.value, rules.scales)
        value = checked_value(row.value, scale, problems, *path, "value", most=rules.most)
    checked_weight(row.weight, problems, *path, "weight")
    comment = checked_comment(row.comment, info, problems, *path, "comment")
    if value is None or len(problems.found) > before:
        return None
    return Content(value, row.weight, comment)


def _is_same(stored: Mark, mark: Mark) -> bool:
    """Whether the mark that is there is what the viewer gives: it was sent before, and the answer did not arrive."""
    columns = ("value", "weight", "comment", "lesson_id", "is_point", "given_on", "given_by_id")
    return all(stored[column] == mark[column] for column in columns)  # type: ignore[literal-required] # its own keys


def _ids(
    input: GiveMark | GiveMarks, occasion: Occasion | None, students: Sequence[StudentId], marks: Mapping[str, str]
) -> dict[str, Any]:
    """The ids of the payload: those of the marks that are there now, in the order of the rows, and what they are of."""
    if occasion is None:
        return {}
    with_marks = [student for student in students if student in marks]
    if isinstance(input, GiveMarks):
        own = [marks[student] for student in with_marks]
        readable = [] if occasion.is_substituted else with_marks
        return {"mark_ids": own, "student_ids": readable, "work_id": occasion.work["_id"]}
    if occasion.pupils[0] is None:
        return {}
    own_id = marks.get(input.student_id)
    return {**occasion.ids(input.student_id), **({"mark_id": own_id} if own_id else {})}
