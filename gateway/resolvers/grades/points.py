"""Sets points («точки»): marks that stand for an answer that is awaited until a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.grades import Mark
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, PublicId, StudentId, version_of
from gateway.coming_days import PAST
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.grades.marking import NO_STUDENT, NO_WORK, Occasion, Pupil, occasion_of
from gateway.resolvers.grades.stored_marks import (
    Content,
    change_mark_there,
    checked_comment,
    fact_of_new,
    marks_there,
    new_mark,
    scales_and_kind,
)
from gateway.resolvers.grades.values import POINT, Value, possible_scales
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode

_FILLED: Final = Text(
    "There is a mark in this place: look at it again.", "На этом месте уже стоит отметка: посмотрите на неё снова."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPoint:
    """A point («точка») in the place of a mark, and until when the answer that it awaits may be given."""

    work_id: PublicId
    """The work that an answer is awaited for (`Work.id`)."""

    student_id: StudentId
    """The student whose answer is awaited."""

    valid_until: Day
    """The last day on which the answer may be given; today or later, within the school year."""

    comment: str | None = None
    """The answer that is awaited; without it the comment of a point that is there stays."""

    lesson_id: PublicId | None = None
    """The lesson at which a new point is set (`Lesson.id` or `TimetableLesson.id`)."""

    given_on: Day | None = None
    """The day of a new point of no lesson; today without it."""

    version: int | Absent | None = ABSENT
    """The version of the mark or point in this place that was seen (`Mark.version`); null overwrites any; without it,
    the place was seen empty."""


async def set_point(input: SetPoint, info: Info, transaction: Transaction) -> Outcome:
    """Set a point for a student and a work, or change the one that is there; a mark there becomes a point (F72)."""
    problems = Problems()
    students = [input.student_id]
    occasion = await occasion_of(input.work_id, input.lesson_id, input.given_on, students, info, transaction, problems)
    existing = (await marks_there(input.work_id, students, transaction)).get(input.student_id)
    if occasion is not None and existing is not None and occasion.hides([existing]):
        problems.add(UserErrorCode.NOT_FOUND, NO_WORK, "workId")
        occasion = None
    scale, kind = await _scale_and_kind(occasion, info, problems)
    comment = checked_comment(input.comment, info, problems, "comment")
    pupil = occasion.pupils[0] if occasion else None
    ids: dict[str, Any] = {}
    if occasion is not None and pupil is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, "studentId")
    elif occasion is not None and pupil is not None:
        ids = occasion.ids(input.student_id)
        _check_validity(input.valid_until, occasion, problems)
        if existing is not None:
            ids["mark_id"] = existing["_id"]
            if _is_there(existing, input.valid_until, comment):
                return Outcome(ids, is_new=False)
            _check_existing(input, existing, occasion, pupil, problems)
    problems.in_order_of(input)
    problems.check(**ids)
    if occasion is None or pupil is None or scale is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    changed: dict[str, Any] = {
        "value": POINT,
        "numeric_value": None,
        "is_point": True,
        "point_valid_until": input.valid_until,
        "counts_towards_average": False,
    }
    if existing is not None:
        changed |= {} if comment is None else {"comment": comment}
        return Outcome(ids, [await change_mark_there("setPoint", existing, changed, info, transaction)])
    point: Any = {**new_mark(occasion, pupil, Content(Value(POINT, None, scale), None, comment), kind, info), **changed}
    await transaction.insert("marks", [point])
    return Outcome({**ids, "mark_id": point["_id"]}, [fact_of_new("setPoint", point, info)])


async def _scale_and_kind(occasion: Occasion | None, info: Info, problems: Problems) -> tuple[Any, Any]:
    """The id of the scale on which the answer will be marked, and the kind of the work."""
    work = occasion.work if occasion else None
    scales, kind = await scales_and_kind(work, info)
    own = possible_scales(None, work, scales, problems) if work else ()
    return own[0]["_id"] if own else None, kind


def _check_validity(until: Day, occasion: Occasion, problems: Problems) -> None:
    windows = occasion.windows
    if until < windows.today:
        problems.add(UserErrorCode.OUT_OF_RANGE, PAST, "validUntil", limit=windows.today)
    else:
        windows.check_year(until, problems, "validUntil")


def _is_there(stored: Mapping[str, Any], until: Day, comment: str | None) -> bool:
    return stored["is_point"] and stored["point_valid_until"] == until and comment in {None, stored["comment"]}


def _check_existing(input: SetPoint, stored: Mark, occasion: Occasion, pupil: Pupil, problems: Problems) -> None:
    """Note what speaks against changing the mark that is there."""
    if input.version is ABSENT:
        problems.add(UserErrorCode.CONFLICT, _FILLED, "version", limit=version_of(stored))
        return
    day = stored["given_on"]
    problems.is_stale(input.version, stored)
    occasion.windows.check_day(day, [pupil.place(stored["subject_id"], day)], problems, "workId")
