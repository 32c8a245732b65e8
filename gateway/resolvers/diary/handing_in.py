"""The round trip of homework: a student hands work in, the teacher hands it back or checks it (F54, F56)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any, Final

from connectors.attachments import FilePurpose
from connectors.diary import HomeworkKind, Submission, SubmissionState
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import HomeworkId, LessonId, PublicId, StudentId, mint, shared_and_student, version_of
from gateway.attachments import AttachingDocument, claim_attachments, file_ids, release_attachments
from gateway.context import NOBODY, Info
from gateway.daily_limits import count_change
from gateway.errors import NotFound
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.diary.homework_actions import items_of
from gateway.resolvers.diary.lesson_checks import LESSON_COLUMNS
from gateway.resolvers.diary.lessons import homework_by_ids
from gateway.resolvers.diary.submissions import is_tick
from gateway.teaching import is_readable, taught_lessons, teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_HOMEWORK: Final = Text("There is no such homework.", "Нет такого задания.")
_CLASSWORK: Final = Text("Classwork is not handed in.", "Классную работу не сдают.")
_CHECKED: Final = Text("The work is checked already.", "Работа уже проверена.")
_NOTHING: Final = Text("Write a text or attach a file.", "Напишите текст или прикрепите файл.")
_NOT_HANDED_IN: Final = Text("Nothing waits to be checked here.", "Здесь нет работы, которая ждёт проверки.")
_NO_ITEM: Final = Text("The task has no such item.", "В задании нет такого пункта.")
_NO_WORK: Final = Text("There is no such work.", "Нет такой работы.")
_SAY_WHY: Final = Text("Say what is to be done again.", "Напишите, что нужно доделать.")
_TEXTS: Final = frozenset({"text", "answer", "done_items"})
_UNKNOWN_LESSON: Final = LessonId("les_")
_TASK: Final = frozenset(
    {"kind", "due_on", "school_id", "subject_id", "class_ids", "group_id", "lesson_id", "date", "items"}
)


class SubmissionDecision(StrEnum):
    """The decision of a teacher about work that was handed in."""

    CHECKED = "CHECKED"
    """The work is checked."""

    RETURNED = "RETURNED"
    """The work is handed back, to be done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitHomework:
    """Work that a student hands in, or hands in anew: a text, files, or both."""

    homework_id: PublicId
    """The student's homework (`Homework.id`)."""

    text: str | None = None
    """The text of the work, in the student's words."""

    attachment_ids: tuple[PublicId, ...] = ()
    """All files of the work: those that it has (`Attachment.id`), and those that the student uploaded for it
    (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawSubmission:
    """Work that a student takes back before it is checked."""

    homework_id: PublicId
    """The student's homework (`Homework.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSubmission:
    """A teacher's answer to work that was handed in."""

    submission_id: PublicId
    """The work (`Submission.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Submission.version`); null answers the work whatever its version is."""

    decision: SubmissionDecision
    """Whether the work is checked, or to be done again."""

    done_items: tuple[str, ...] | None = None
    """The items that are done, in the words of `Homework.items` or `Submission.doneItems`: these are ticked and no
    others; null leaves the ticks as they are."""

    answer: str | None = None
    """The teacher's words to the student; needed where the work is to be done again."""


async def submit_homework(input: SubmitHomework, info: Info, transaction: Transaction) -> Outcome:
    """Hand in work for a homework, in the place of what was handed in before and is not checked."""
    problems = Problems()
    shared, student, homework = await _task(input.homework_id, info, transaction)
    before = await _handed_in(shared, student, transaction)
    if homework is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_HOMEWORK, "homeworkId")
    elif homework["kind"] == HomeworkKind.CLASSWORK:
        problems.add(UserErrorCode.NOT_ALLOWED, _CLASSWORK, "homeworkId")
    elif before is not None and before["state"] == SubmissionState.CHECKED:
        problems.add(UserErrorCode.NOT_ALLOWED, _CHECKED, "homeworkId")
    text = _text(input.text, "text", info.writing.rules.submission_characters, problems)
    if text is None and not input.attachment_ids:
        problems.add(UserErrorCode.REQUIRED, _NOTHING)
    if homework is None:
        problems.check()
        raise TypeError(input)  # pragma: no cover - refused by now
    owner = AttachingDocument(before["_id"] if before else mint("Submission", shared, student), homework["school_id"])
    attached = before["attachments"] if before else []
    files = await claim_attachments(
        input.attachment_ids, FilePurpose.SUBMISSION, owner, info, transaction, problems, attached=attached
    )
    ids = {"homework_id": input.homework_id, "student_id": student}
    problems.check(**ids)
    await _count(student, homework, info, transaction, problems)
    problems.check(**ids)
    new = _submission(owner, shared, student, homework, before, info)
    new |= {"text": text, "attachments": files}
    await transaction.put("submissions", [new])
    return Outcome(ids, [_fact("submitHomework", new, before, info)])


async def withdraw_submission(input: WithdrawSubmission, info: Info, transaction: Transaction) -> Outcome:
    """Take back work that is not checked; work that was returned before is then to be done again, as it was."""
    problems = Problems()
    shared, student, homework = await _task(input.homework_id, info, transaction)
    before = await _handed_in(shared, student, transaction)
    if homework is None:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_HOMEWORK, "homeworkId")
    ids = {"homework_id": input.homework_id, "student_id": student}
    if before is None or before["state"] != SubmissionState.SUBMITTED:
        problems.reject(UserErrorCode.NOT_ALLOWED, _NOT_HANDED_IN, "homeworkId", **ids)
    await _count(student, homework, info, transaction, problems)
    problems.check(**ids)
    await release_attachments(before["attachments"], before["_id"], transaction)
    new: Any = None
    if before.get("answered_at") is None:
        await transaction.delete("submissions", {"_id": before["_id"]})
    else:
        emptied: dict[str, Any] = {"state": SubmissionState.RETURNED, "text": None, "attachments": []}
        new = {**before, **emptied, "version": version_of(before) + 1}
        await transaction.put("submissions", [new])
    return Outcome(ids, [_fact("withdrawSubmission", new, before, info)])


async def answer_submission(input: AnswerSubmission, info: Info, transaction: Transaction) -> Outcome:
    """Check work that was handed in, or hand it back with a word."""
    problems = Problems()
    own = await teaching(info)
    before: Any = await transaction.find_one("submissions", {"_id": input.submission_id}, columns=frozenset())
    shared = before["homework_id"] if before else ""
    task: Any = await transaction.find_one("homework", {"_id": shared}, columns=_TASK)
    [lesson] = await taught_lessons([(task and task["lesson_id"]) or _UNKNOWN_LESSON], own, info, *LESSON_COLUMNS)
    may_answer = task is not None and (
        (lesson is not None and lesson["subject_id"] == task["subject_id"])
        or own.of_place(task["class_ids"], task["group_id"], task["subject_id"], task["date"])
    )
    is_seen = before is not None and before["student_id"] in info.viewer.student_ids
    if not (may_answer and is_seen and is_readable(task, before["student_id"], info)) or is_tick(before):
        problems.add(UserErrorCode.NOT_FOUND, _NO_WORK, "submissionId")
        before = None
    problems.require_version(input.version)
    answer = _text(input.answer, "answer", info.writing.rules.answer_characters, problems)
    if answer is None and input.answer is None and input.decision is SubmissionDecision.RETURNED:
        problems.add(UserErrorCode.REQUIRED, _SAY_WHY, "answer")
    ticked = _ticked(input.done_items, task if before else None, before, problems)
    problems.in_order_of(input)
    problems.check()
    ids = {"submission_id": before["_id"]}
    if (before["state"], before["answer"], done_items(before)) == (input.decision, answer, ticked):
        return Outcome(ids, is_new=False)
    problems.is_stale(input.version, before)
    problems.check(**ids)
    new = {
        **before,
        "state": SubmissionState(input.decision),
        "answer": answer,
        "done_items": ticked,
        "answered_by_id": info.viewer.person_id,
        "answered_at": info.now_at(before["school_id"]).astimezone(UTC),
        "version": version_of(before) + 1,
    }
    await transaction.put("submissions", [new])
    return Outcome(ids, [_fact("answerSubmission", new, before, info)])


def _ticked(sent: Sequence[str] | None, task: Any, before: Any, problems: Problems) -> list[str]:
    """The items that are ticked from now on, in the order of the task; first those that it no longer has."""
    ticked = done_items(before or {})
    if task is None or sent is None:
        return ticked
    items = items_of(task)
    known = [*(item for item in ticked if item not in items), *items]
    for place, item in enumerate(sent):
        if item not in known:
            problems.add(UserErrorCode.NOT_FOUND, _NO_ITEM, "doneItems", place)
    return [item for item in known if item in sent]


def done_items(submission: Mapping[str, Any]) -> list[str]:
    """The items that the teacher ticked."""
    return list(submission.get("done_items") or ())


async def _task(homework_id: PublicId, info: Info, transaction: Transaction) -> tuple[str, StudentId, Any]:
    """The ids of a student's homework and the task as it is stored now; None where it is none of the viewer's."""
    [seen] = await homework_by_ids([homework_id], info)
    shared, student = shared_and_student(homework_id) or ("", NOBODY)
    if isinstance(seen, NotFound):
        return shared, student, None
    return shared, student, await transaction.find_one("homework", {"_id": shared}, columns=_TASK)


async def _handed_in(homework_id: str, student: StudentId, transaction: Transaction) -> Any:
    where = {"student_id": student, "homework_id": homework_id}
    return await transaction.find_one("submissions", where, columns=frozenset())


async def _count(
    student: StudentId, homework: Mapping[str, Any], info: Info, transaction: Transaction, problems: Problems
) -> None:
    most = info.writing.rules.submissions_a_day
    await count_change("submitHomework", student, homework["school_id"], most, info, transaction, problems)


def _text(sent: str | None, field: str, most: int, problems: Problems) -> str | None:
    return None if sent is None else checked_text(sent, problems, field, most=most)


def _submission(
    owner: AttachingDocument, homework_id: str, student: StudentId, homework: Mapping[str, Any], before: Any, info: Info
) -> dict[str, Any]:
    """The work as it is handed in now; once it was returned, it is as late as it was at first."""
    now = info.now_at(owner.school_id)
    due_on = homework["due_on"]
    is_late = due_on is not None and info.today_at(owner.school_id) > due_on
    was_answered = before is not None and before.get("answered_at") is not None
    new = Submission(
        _id=owner.id,
        school_id=owner.school_id,
        homework_id=HomeworkId(homework_id),
        student_id=student,
        submitted_at=now.astimezone(UTC),
        text=None,
        attachments=[],
        is_late=before["is_late"] if was_answered else is_late,
        state=SubmissionState.SUBMITTED,
        answer=before["answer"] if before else None,
        subject_id=homework["subject_id"],
        class_ids=homework["class_ids"],
        group_id=homework["group_id"],
        answered_by_id=before.get("answered_by_id") if before else None,
        answered_at=before.get("answered_at") if before else None,
        done_items=done_items(before or {}),
        version=version_of(before) + 1 if before else 1,
    )
    return dict(new)


def _fact(action: str, new: Any, before: Any, info: Info) -> Any:
    known = new or before
    return fact(
        info,
        action,
        known["_id"],
        known["school_id"],
        student_id=known["student_id"],
        before=before and _values(before),
        after=new and _values(new),
        texts=_TEXTS,
    )


def _values(submission: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a submission that facts record."""
    ticked = "\n".join(done_items(submission))
    return {
        **({"done_items": ticked} if ticked else {}),
        "state": submission["state"],
        "is_late": submission["is_late"],
        "files": file_ids(submission["attachments"]),
        "text": submission["text"],
        "answer": submission["answer"],
    }
