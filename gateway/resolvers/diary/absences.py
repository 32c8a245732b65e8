"""Notices of absence: a parent sends one, and may cancel it; the class teacher confirms or rejects it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from connectors.diary import AbsenceKind, AbsenceNotice, AbsenceState, DaysRange
from connectors.directory import Person, audience_of
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, Days, LessonId, PublicId, StudentId, mint, shared_and_student
from gateway.coming_days import check_coming_day
from gateway.context import NOBODY, Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.diary.actions import NO_STUDENT, student_of
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_EMPTY: Final = Text("Say what it is about.", "Укажите, о чём речь.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_TOO_MANY_TODAY: Final = Text(
    "You have sent {limit} notices of absence for this student today: send the next one tomorrow.",
    "Сегодня вы отправили об этом ученике уведомлений: {limit}. Следующее можно отправить завтра.",
)
_NO_LESSON: Final = Text("The student has no such lesson.", "У ученика нет такого урока.")
_BEGUN: Final = Text("The lesson has begun already.", "Урок уже начался.")
_REVERSED: Final = Text("The last day is before the first.", "Последний день раньше первого.")
_OVERLAPS: Final = Text(
    "There is a notice of absence for this time already.", "На это время уже есть уведомление об отсутствии."
)
_NO_NOTICE: Final = Text("There is no such notice of absence.", "Нет такого уведомления об отсутствии.")
_NOT_OWN: Final = Text(
    "Only the parent who sent the notice can cancel it.", "Отменить уведомление может только отправивший его родитель."
)
_SETTLED: Final = Text("The notice can no longer be changed.", "Это уведомление больше нельзя изменить.")

_STORED: Final = frozenset({"kind", "days", "dates", "lesson_ids"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The time of an absence: lessons, days or a span of days; exactly one of them."""

    is_one_of = True

    lesson_ids: tuple[PublicId, ...] | None = None
    """Single lessons of the student (`Lesson.id`)."""

    days: tuple[Day, ...] | None = None
    """Single days."""

    span: Days | None = None
    """All days from one to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitAbsenceNotice:
    """A notice to the class teacher that a student will be absent."""

    student_id: StudentId
    """The student who will be absent."""

    absence: Absence
    """When the student will be absent."""

    reason: str
    """The reason, in the parent's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAbsenceNotice:
    """The notice of absence that a parent cancels."""

    notice_id: PublicId
    """The id of the notice (`AbsenceNotice.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`AbsenceNotice.version`); null cancels the notice whatever its version is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAbsenceNotice:
    """The notice of absence that a class teacher confirms."""

    notice_id: PublicId
    """The id of the notice (`AbsenceNotice.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`AbsenceNotice.version`); null confirms the notice whatever its version is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectAbsenceNotice:
    """The notice of absence that a class teacher rejects."""

    notice_id: PublicId
    """The id of the notice (`AbsenceNotice.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`AbsenceNotice.version`); null rejects the notice whatever its version is."""


@dataclass(frozen=True, slots=True)
class _Absent:
    """The time of an absence: whole days, or lessons with their days."""

    kind: AbsenceKind
    dates: tuple[str, ...]
    lesson_ids: tuple[LessonId, ...] = ()
    span: Days | None = None

    @property
    def days(self) -> Days:
        return self.span or Days(min(self.dates), max(self.dates))

    def includes(self, day: str) -> bool:
        return day in self.days if self.span else day in self.dates

    def overlaps(self, other: "_Absent") -> bool:
        if self.lesson_ids and other.lesson_ids:
            return not set(self.lesson_ids).isdisjoint(other.lesson_ids)
        if self.span and other.span:
            return self.span.first <= other.span.last and other.span.first <= self.span.last
        single, whole = (other, self) if self.span else (self, other)
        return any(whole.includes(day) for day in single.dates)


def _time_of(notice: Mapping[str, Any]) -> _Absent:
    days = Days(notice["days"]["first"], notice["days"]["last"])
    dates = notice.get("dates")
    return _Absent(
        AbsenceKind(notice["kind"]), tuple(dates or ()), tuple(notice["lesson_ids"]), None if dates else days
    )


async def submit_absence_notice(input: SubmitAbsenceNotice, info: Info, transaction: Transaction) -> Outcome:
    """Send the class teacher a notice of absence, which overlaps no other one of the student (F65, F66)."""
    problems = Problems()
    student = await student_of(input.student_id, info)
    if student is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, "studentId")
    absence = await _checked_time(input.absence, student, info, problems)
    reason = checked_text(input.reason, problems, "reason", most=info.writing.rules.reason_characters)
    problems.check()
    if student is None or absence is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    # Of two notices that are sent at once for a student, the later one sees the other.
    await transaction.update("absence_locks", {"_id": student["student_id"]}, {"$inc": {"notices": 1}}, upsert=True)
    await _check_number(student, info, transaction, problems)
    await _check_overlap(student["student_id"], absence, transaction, problems)
    problems.check()
    notice = _notice(student, absence, reason, info)
    await transaction.insert("absence_notices", [notice])
    after = {"kind": notice["kind"], "days": notice["days"], "state": notice["state"], "reason": reason}
    done = fact(
        info,
        "submitAbsenceNotice",
        notice["_id"],
        notice["school_id"],
        student_id=notice["student_id"],
        after={**after, "lesson_ids": notice["lesson_ids"], "dates": notice.get("dates")},
        texts={"reason"},
    )
    return Outcome({"notice_id": notice["_id"], "student_id": notice["student_id"]}, [done])


async def _checked_time(absence: Absence, student: Person | None, info: Info, problems: Problems) -> _Absent | None:
    """The time of an absence; None where there is a problem with it, or nobody whose lessons they could be."""
    if absence.span is not None:
        return await _checked_span(absence.span, student, info, problems)
    name = "days" if absence.days is not None else "lessonIds"
    items: Sequence[str] = absence.days if absence.days is not None else absence.lesson_ids or ()
    rules = info.writing.rules
    most = rules.absence_days if absence.days is not None else rules.absence_lessons
    if not items:
        problems.add(UserErrorCode.REQUIRED, _EMPTY, "absence", name)
    elif len(items) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "absence", name, limit=most)
    elif student is not None and absence.days is not None:
        return await _checked_days(absence.days, student, info, problems)
    elif student is not None:
        return await _checked_lessons(items, student, info, problems)
    return None


async def _checked_span(span: Days, student: Person | None, info: Info, problems: Problems) -> _Absent | None:
    if span.last < span.first:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "absence", "span", "last")
        return None
    if student is None:
        return None
    before = len(problems.found)
    await check_coming_day(span.first, student["school_id"], info, problems, "absence", "span", "first")
    if span.last != span.first:
        await check_coming_day(span.last, student["school_id"], info, problems, "absence", "span", "last")
    return None if len(problems.found) > before else _Absent(AbsenceKind.SPAN, (), span=span)


async def _checked_days(days: Sequence[Day], student: Person, info: Info, problems: Problems) -> _Absent | None:
    before = len(problems.found)
    for place, day in enumerate(days):
        await check_coming_day(day, student["school_id"], info, problems, "absence", "days", place)
    return None if len(problems.found) > before else _Absent(AbsenceKind.DAYS, tuple(sorted(set(days))))


async def _checked_lessons(ids: Sequence[str], student: Person, info: Info, problems: Problems) -> _Absent | None:
    """The lessons of an absence, all of which the student has and none of which has begun."""
    own = [shared_and_student(one) for one in ids]
    shared = [part[0] if part and part[1] == student["student_id"] else None for part in own]
    columns = frozenset({"_id", "class_ids", "group_id", "date", "starts_at"})
    lessons = await info.read(info.connectors.schedule.lessons_by_ids, shared, columns=columns)
    audience, now = audience_of(student), info.now_at(student["school_id"])
    before = len(problems.found)
    for place, lesson in enumerate(lessons):
        if lesson is None or not audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"]):
            problems.add(UserErrorCode.NOT_FOUND, _NO_LESSON, "absence", "lessonIds", place)
        elif lesson["starts_at"] <= now:
            problems.add(UserErrorCode.OUT_OF_RANGE, _BEGUN, "absence", "lessonIds", place)
    if len(problems.found) > before:
        return None
    return _Absent(
        AbsenceKind.LESSONS,
        tuple(sorted({lesson["date"] for lesson in lessons})),
        tuple(dict.fromkeys(lesson["_id"] for lesson in lessons)),
    )


async def _check_number(student: Person, info: Info, transaction: Transaction, problems: Problems) -> None:
    """Note a problem where the viewer has sent all notices of the student that one person may send on a day.

    Cancelled ones count too: sending and cancelling in a loop would write notices without end.
    """
    most = info.writing.rules.absence_notices_a_day
    school = student["school_id"]
    today = info.today_at(school)
    sent = {
        "student_id": student["student_id"],
        "sent_at": {"$gte": info.start_of(today, school)},
        "sent_by_id": info.viewer.person_id,
    }
    if await transaction.count("absence_notices", sent, most=most) >= most:
        tomorrow = info.start_of(today, school, days_later=1)
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY_TODAY.format(limit=most), limit=most, retry_at=tomorrow)


async def _check_overlap(student: StudentId, absence: _Absent, transaction: Transaction, problems: Problems) -> None:
    """Note a problem where a notice of the student covers the time already."""
    days = absence.days
    active = {
        "student_id": student,
        "state": {"$in": [AbsenceState.SENT, AbsenceState.CONFIRMED]},
        "days.first": {"$lte": days.last},
        "days.last": {"$gte": days.first},
    }
    found = await transaction.find("absence_notices", active, columns=_STORED)
    if any(absence.overlaps(_time_of(notice)) for notice in found):
        problems.add(UserErrorCode.OVERLAPS, _OVERLAPS, "absence")


def _notice(student: Person, absence: _Absent, reason: str, info: Info) -> AbsenceNotice:
    days = absence.days
    notice = AbsenceNotice(
        _id=mint("AbsenceNotice", uuid4().hex),
        school_id=student["school_id"],
        student_id=student["student_id"],
        kind=absence.kind,
        days=DaysRange(first=days.first, last=days.last),
        lesson_ids=list(absence.lesson_ids),
        reason=reason,
        state=AbsenceState.SENT,
        sent_by_id=info.viewer.person_id,
        sent_at=info.now_at(student["school_id"]),
        confirmed_by_id=None,
        confirmed_at=None,
        version=1,
    )
    if absence.dates:
        notice["dates"] = list(absence.dates)
    return notice


async def cancel_absence_notice(input: CancelAbsenceNotice, info: Info, transaction: Transaction) -> Outcome:
    """Cancel a notice that the parent sent, as long as its last day is not over."""
    return await _change(input, info, transaction, "cancelAbsenceNotice", AbsenceState.CANCELLED)


async def confirm_absence_notice(input: ConfirmAbsenceNotice, info: Info, transaction: Transaction) -> Outcome:
    """Confirm to the parent that the class teacher knows of the absence (F65)."""
    return await _change(input, info, transaction, "confirmAbsenceNotice", AbsenceState.CONFIRMED)


async def reject_absence_notice(input: RejectAbsenceNotice, info: Info, transaction: Transaction) -> Outcome:
    """Tell the parent that the absence is not accepted."""
    return await _change(input, info, transaction, "rejectAbsenceNotice", AbsenceState.REJECTED)


async def _change(
    input: CancelAbsenceNotice | ConfirmAbsenceNotice | RejectAbsenceNotice,
    info: Info,
    transaction: Transaction,
    action: str,
    state: AbsenceState,
) -> Outcome:
    problems = Problems()
    columns = frozenset({"student_id", "school_id", "state", "sent_by_id", "days", "version"})
    notice = await transaction.find_one("absence_notices", {"_id": input.notice_id}, columns=columns)
    # A student is looked up even without a notice, so that the number of commands does not reveal whether there is one.
    student = await student_of(notice["student_id"] if notice else NOBODY, info)
    if notice is None or student is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_NOTICE, "noticeId")
    problems.require_version(input.version)
    problems.check()
    if notice is None or student is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    ids = {"notice_id": input.notice_id, "student_id": student["student_id"]}
    if notice["state"] == state:
        return Outcome(ids, is_new=False)
    is_cancelled = state == AbsenceState.CANCELLED
    if is_cancelled and notice["sent_by_id"] != info.viewer.person_id:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOT_OWN, "noticeId")
    elif not problems.is_stale(input.version, notice) and not _may_become(state, notice, info):
        problems.add(UserErrorCode.NOT_ALLOWED, _SETTLED, "noticeId")
    problems.check(**ids)
    changed: dict[str, Any] = {"state": state}
    if state == AbsenceState.CONFIRMED:
        now: datetime = info.now_at(notice["school_id"])
        changed |= {"confirmed_by_id": info.viewer.person_id, "confirmed_at": now}
    await transaction.update("absence_notices", {"_id": input.notice_id}, {"$set": changed, "$inc": {"version": 1}})
    done = fact(
        info,
        action,
        input.notice_id,
        notice["school_id"],
        student_id=notice["student_id"],
        before={"state": notice["state"]},
        after=changed,
    )
    return Outcome(ids, [done])


def _may_become(state: AbsenceState, notice: Mapping[str, Any], info: Info) -> bool:
    if state == AbsenceState.CANCELLED:
        is_active = notice["state"] in {AbsenceState.SENT, AbsenceState.CONFIRMED}
        return is_active and notice["days"]["last"] >= info.today_at(notice["school_id"])
    return bool(notice["state"] == AbsenceState.SENT)
