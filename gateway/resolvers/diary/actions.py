"""Actions of families in the diary: acknowledge a week, tick off homework."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from connectors.diary import Acknowledgement, HomeworkKind, Submission, SubmissionState
from connectors.directory import Person, School, acknowledges_from, audience_of
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, HomeworkId, PublicId, StudentId, mint, shared_and_student
from gateway.context import NOBODY, Info, week_of
from gateway.daily_limits import count_change
from gateway.errors import NotFound
from gateway.languages import Text
from gateway.resolvers.diary.lessons import DiaryWeek, homework_by_ids
from gateway.writing import Outcome, Problems, UserErrorCode, fact

NO_STUDENT: Final = Text("There is no such student.", "Нет такого ученика.")
_NOT_A_MONDAY: Final = Text("A week begins on a Monday.", "Неделя начинается с понедельника.")
_NOT_THIS_YEAR: Final = Text("The week is not one of this school year.", "Это неделя не этого учебного года.")
_NOT_YET: Final = Text(
    "The diary of this week cannot be acknowledged yet.", "С дневником за эту неделю пока нельзя ознакомиться."
)
_NO_HOMEWORK: Final = Text("There is no such homework.", "Нет такого задания.")
_CLASSWORK: Final = Text("Classwork is not ticked off.", "Классную работу не отмечают выполненной.")
_HANDED_IN: Final = Text("Work was handed in for this homework.", "По этому заданию уже сдана работа.")

_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "memberships"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeDiary:
    """The week whose diary a parent has seen."""

    student_id: StudentId
    """The student whose diary it is."""

    week_start: Day
    """The Monday of the week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHomeworkDone:
    """Input of `markHomeworkDone`: the homework, and whether it is done."""

    homework_id: PublicId
    """The id of the homework (`Homework.id`)."""

    is_done: bool = True
    """Whether the homework is done; false takes the tick away."""


async def student_of(student: StudentId | None, info: Info) -> Person | None:
    """A student whom the viewer may read, with school and classes; None for every other."""
    [person] = await info.read(info.connectors.directory.students_by_ids, [student], columns=_STUDENT)
    if person is None or not info.viewer.may_read_student(person["student_id"], person["school_id"]):
        return None
    found: Person = person
    return found


async def acknowledge_diary(input: AcknowledgeDiary, info: Info, transaction: Transaction) -> Outcome:
    """Record that a parent has seen the diary of a week: once for each parent and week (F51)."""
    problems = Problems()
    student = await student_of(input.student_id, info)
    if student is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, "studentId")
    if date.fromisoformat(input.week_start).isoweekday() != 1:
        problems.add(UserErrorCode.INVALID_INPUT, _NOT_A_MONDAY, "weekStart")
    elif student is not None:
        await _check_week(input.week_start, student, info, problems)
    problems.check()
    if student is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    person = info.viewer.person_id
    key = {"student_id": student["student_id"], "week_starts_on": str(input.week_start), "person_id": person}
    ids = {"student_id": student["student_id"], "week_starts_on": str(input.week_start)}
    if await transaction.find_one("acknowledgements", key, columns=frozenset({"_id"})):
        return Outcome(ids, is_new=False)
    document = Acknowledgement(
        _id=mint("Acknowledgement", *key.values()),
        school_id=student["school_id"],
        student_id=student["student_id"],
        week_starts_on=input.week_start,
        person_id=person,
        acknowledged_at=info.now_at(student["school_id"]),
    )
    await transaction.insert("acknowledgements", [document])
    after = {"week_starts_on": document["week_starts_on"], "acknowledged_at": document["acknowledged_at"]}
    done = fact(
        info,
        "acknowledgeDiary",
        document["_id"],
        document["school_id"],
        student_id=document["student_id"],
        after=after,
    )
    return Outcome(ids, [done])


async def _check_week(monday: Day, student: Person, info: Info, problems: Problems) -> None:
    """Note a week that is not of this school year, or that the school does not let parents acknowledge yet."""
    school_id = student["school_id"]
    [year], [school] = await asyncio.gather(
        info.school_years([school_id]),
        info.read(info.connectors.directory.schools_by_ids, [school_id], columns=frozenset({"acknowledges_from"})),
    )
    first = week_of(year.days.first).first
    if not first <= monday <= year.days.last:
        limit = year.days.first if monday < first else year.days.last
        problems.add(UserErrorCode.OUT_OF_RANGE, _NOT_THIS_YEAR, "weekStart", limit=limit)
        return
    opens = date.fromisoformat(monday) + timedelta(days=acknowledges_from(school or School()) - 1)  # type: ignore[typeddict-item] # the policy has a default
    if info.today_at(school_id) < opens.isoformat():
        retry_at = info.start_of(opens.isoformat(), school_id)
        problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_YET, "weekStart", retry_at=retry_at)


async def week_of_payload(payloads: Sequence[Mapping[str, Any]], info: Info) -> list[DiaryWeek | None]:
    """The week that a payload names, of a student whom the viewer may read."""
    weeks: list[DiaryWeek | None] = []
    for payload in payloads:
        student = await student_of(payload.get("student_id"), info)
        if student is None:
            weeks.append(None)
            continue
        days = week_of(payload["week_starts_on"])
        weeks.append(
            DiaryWeek(
                student_id=student["student_id"],
                school_id=student["school_id"],
                audience=audience_of(student),
                starts_on=Day(days.first),
                ends_on=Day(days.last),
            )
        )
    return weeks


async def mark_homework_done(input: MarkHomeworkDone, info: Info, transaction: Transaction) -> Outcome:
    """Tick a homework off as done by the student, or take the tick away (F54)."""
    problems = Problems()
    [task] = await homework_by_ids([input.homework_id], info)
    own = shared_and_student(input.homework_id)
    shared, student = own or ("", NOBODY)
    homework = None
    if not isinstance(task, NotFound):
        columns = frozenset({"kind", "due_on", "school_id"})
        homework = await transaction.find_one("homework", {"_id": shared}, columns=columns)
    if homework is None:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_HOMEWORK, "homeworkId")
    if homework["kind"] == HomeworkKind.CLASSWORK:
        problems.add(UserErrorCode.NOT_ALLOWED, _CLASSWORK, "homeworkId")
    before = await transaction.find_one(
        "submissions", {"student_id": student, "homework_id": shared}, columns=frozenset({"state"})
    )
    if before is not None and before["state"] != SubmissionState.DONE:
        problems.add(UserErrorCode.NOT_ALLOWED, _HANDED_IN, "homeworkId")
    ids = {"homework_id": input.homework_id, "student_id": student}
    problems.check(**ids)
    if (before is not None) == input.is_done:
        return Outcome(ids, is_new=False)
    most = info.writing.rules.ticks_a_day
    await count_change("markHomeworkDone", student, homework["school_id"], most, info, transaction, problems)
    problems.check(**ids)
    tick = _tick(shared, student, homework, info)
    if input.is_done:
        await transaction.insert("submissions", [tick])
    else:
        await transaction.delete("submissions", {"student_id": student, "homework_id": shared})
    states = {"state": SubmissionState.DONE, "submitted_at": tick["submitted_at"]}
    changed: dict[str, Any] = {"after": states} if input.is_done else {"before": {"state": SubmissionState.DONE}}
    return Outcome(ids, [fact(info, "markHomeworkDone", tick["_id"], tick["school_id"], student_id=student, **changed)])


def _tick(homework_id: str, student: StudentId, homework: Mapping[str, Any], info: Info) -> Submission:
    school = homework["school_id"]
    due_on = homework.get("due_on")
    return Submission(
        _id=mint("Submission", homework_id, student),
        school_id=school,
        homework_id=HomeworkId(homework_id),
        student_id=student,
        submitted_at=info.now_at(school),
        text=None,
        attachments=[],
        is_late=due_on is not None and info.today_at(school) > due_on,
        state=SubmissionState.DONE,
        answer=None,
    )
