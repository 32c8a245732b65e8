"""Enters the results of a test in the journal, as a control work with marks: the marks are seen, the test is not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from connectors.assessments import AttemptState
from connectors.directory import audience_of, class_on
from connectors.grades import Work
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, GradeScaleId, PublicId, StudentId, WorkId, WorkKindId, mint
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.grades.marking import STUDENT, Occasion, Pupil
from gateway.resolvers.grades.stored_marks import Content, fact_of_new, new_mark
from gateway.resolvers.grades.values import SCALE, Value, checked_value, possible_scales
from gateway.resolvers.grades.windows import some_school, windows_of
from gateway.teaching import made_test, teaches, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_TEST: Final = Text("There is no such test of yours.", "У вас нет такого теста.")
_NO_KIND: Final = Text("There is no such kind of work.", "Нет такого вида работы.")
_OPEN: Final = Text("The test is still open.", "Тест ещё открыт.")
_UNCHECKED: Final = Text("Some attempts are not checked yet: {limit}.", "Есть непроверенные попытки: {limit}.")
_NOBODY: Final = Text("No attempt at the test has points yet.", "Ни у одной попытки ещё нет баллов.")
_TAKEN: Final = Text("The test stands in the journal already.", "Этот тест уже внесён в журнал.")
_NO_VALUES: Final = Text("Say which marks there are for how many points.", "Укажите, за сколько баллов какая отметка.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_TWICE: Final = Text("Two marks begin at these points.", "С этих баллов начинаются две отметки.")
_POINTS: Final = Text("From 0 to {limit} points.", "От 0 до {limit} баллов.")

_TEST: Final = frozenset({"_id", "school_id", "title", "subject_id", "author_id", "closes_at", "max_score"})
_ATTEMPT: Final = frozenset({"student_id", "state", "score"})
_KIND: Final = frozenset({"school_id", "weight", "counts_towards_average"})
_MOST_VALUES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFrom:
    """The mark for a number of points and more."""

    value: str
    """The mark, as the scale writes it."""

    min_score: Decimal
    """The least number of points for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishTestToJournal:
    """A test whose results are entered in the journal."""

    test_id: PublicId
    """The id of the test, as `createTest` answered it."""

    title: str | None = None
    """The name of the control work; null: that of the test."""

    given_on: Day | None = None
    """The day of the marks; today without it."""

    kind_id: WorkKindId | None = None
    """The kind of the work (`School.workKinds`), whose weight the marks have."""

    scale_id: GradeScaleId | None = None
    """The scale of the marks; without it the one that the school usually marks on."""

    marks: tuple[MarkFrom, ...]
    """The marks for points, such as 5 from 18 points on; a student with fewer points than all of them gets no mark."""


async def publish_test_to_journal(input: PublishTestToJournal, info: Info, transaction: Transaction) -> Outcome:
    """Make a control work of a closed test, with a mark for the best attempt of each student (F96, trap T21)."""
    problems = Problems()
    assessments, grades = info.connectors.assessments, info.connectors.grades
    own, [found], [attempts] = await asyncio.gather(
        teaching(info),
        info.check(assessments.tests_by_ids, [input.test_id], columns=_TEST),
        info.check(assessments.all_attempts_at, [input.test_id], columns=_ATTEMPT),
    )
    test: Any = found if made_test(found, own, info) else None
    school = test["school_id"] if test else some_school(info)
    best = _best(attempts or ()) if test else {}
    [kind], [scales], windows, people = await asyncio.gather(
        info.read(grades.kinds_by_ids, [input.kind_id], columns=_KIND),
        info.read(grades.scales_of, [school], columns=SCALE),
        windows_of(school, info),
        info.read(info.connectors.directory.students_by_ids, sorted(best), columns=STUDENT),
    )
    there: Any = await transaction.find_one("works", {"test_id": input.test_id}, columns=frozenset({"_id"}))
    if test is None:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_TEST, "testId")
    ids = {"work_id": there["_id"]} if there else {}
    if there is not None:
        problems.add(UserErrorCode.TAKEN, _TAKEN, "testId")
    elif info.now <= test["closes_at"]:
        problems.add(
            UserErrorCode.WINDOW_CLOSED, _OPEN, "testId", retry_at=test["closes_at"].astimezone(info.zone_of(school))
        )
    else:
        _check_attempts(attempts or (), best, problems)
    title = test["title"]
    if input.title is not None:
        title = checked_text(input.title, problems, "title", most=info.writing.rules.work_title_characters)
    day = input.given_on or windows.today
    pupils = [
        Pupil(person, audience_of(person))
        for person in people
        if teaches(person, test["subject_id"], own, str(windows.today), info)
    ]
    windows.check_day(day, [pupil.place(test["subject_id"], day) for pupil in pupils], problems, "givenOn")
    if input.kind_id is not None and (kind is None or kind["school_id"] != school):
        problems.add(UserErrorCode.NOT_FOUND, _NO_KIND, "kindId")
    possible = possible_scales(input.scale_id, Work(scale_id=None), scales or (), problems)  # type: ignore[typeddict-item] # of no scale yet
    values = _values(input.marks, possible[0], test["max_score"], problems) if possible else []
    problems.in_order_of(input)
    problems.check(**ids)
    work = Work(
        _id=WorkId(mint("Work", uuid4().hex)),
        school_id=school,
        class_ids=sorted({own_class for pupil in pupils if (own_class := class_on(pupil.person, day))}),
        group_id=None,
        subject_id=test["subject_id"],
        title=title,
        kind_id=input.kind_id,
        planned_on=day,
        is_control_work=True,
        max_score=test["max_score"],
        scale_id=possible[0]["_id"],
        lesson_id=None,
        created_by_id=info.viewer.person_id,
        test_id=test["_id"],
    )
    occasion = Occasion(work, None, day, windows, pupils, own, is_substituted=False)
    marks = [
        new_mark(occasion, pupil, Content(value, None, None), kind, info)
        for pupil in pupils
        if (value := _value_for(best[pupil.student_id], values)) is not None
    ]
    await transaction.insert("works", [work])
    if marks:
        await transaction.insert("marks", marks)
    # Without the test: administrators read the audit of works, and no test.
    after = {"class_ids": work["class_ids"], "subject_id": work["subject_id"], "planned_on": day}
    done = fact(info, "publishTestToJournal", work["_id"], school, after=after)
    facts = [done, *(fact_of_new("publishTestToJournal", mark, info) for mark in marks)]
    return Outcome({"work_id": work["_id"], "mark_ids": [mark["_id"] for mark in marks]}, facts)


def _best(attempts: Sequence[Mapping[str, Any]]) -> dict[StudentId, Decimal]:
    """The greatest score of each student with a checked attempt."""
    best: dict[StudentId, Decimal] = {}
    for attempt in attempts:
        if attempt["state"] == AttemptState.CHECKED and attempt["score"] is not None:
            score = Decimal(str(attempt["score"]))
            best[attempt["student_id"]] = max(score, best.get(attempt["student_id"], score))
    return best


def _check_attempts(
    attempts: Sequence[Mapping[str, Any]], best: Mapping[StudentId, Decimal], problems: Problems
) -> None:
    waiting = sum(attempt["state"] == AttemptState.SUBMITTED for attempt in attempts)
    if waiting:
        problems.add(UserErrorCode.NOT_ALLOWED, _UNCHECKED.format(limit=waiting), "testId", limit=waiting)
    elif not best:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOBODY, "testId")


def _values(sent: Sequence[MarkFrom], scale: Any, most: float, problems: Problems) -> list[tuple[Decimal, Value]]:
    """The marks by the points from which they are given, the best first; notes their problems."""
    if not sent or len(sent) > _MOST_VALUES:
        code, text = (
            (UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=_MOST_VALUES))
            if sent
            else (UserErrorCode.REQUIRED, _NO_VALUES)
        )
        problems.add(code, text, "marks", limit=_MOST_VALUES if sent else None)
        return []
    found: dict[Decimal, Value] = {}
    for place, one in enumerate(sent):
        value = checked_value(one.value, scale, problems, "marks", place, "value")
        if not 0 <= one.min_score <= Decimal(str(most)):
            limit = 0 if one.min_score < 0 else most
            problems.add(
                UserErrorCode.OUT_OF_RANGE, _POINTS.format(limit=most), "marks", place, "minScore", limit=limit
            )
        elif one.min_score in found:
            problems.add(UserErrorCode.TAKEN, _TWICE, "marks", place, "minScore")
        elif value is not None:
            found[one.min_score] = value
    return sorted(found.items(), key=lambda pair: -pair[0])


def _value_for(score: Decimal, values: Sequence[tuple[Decimal, Value]]) -> Value | None:
    return next((value for least, value in values if score >= least), None)
