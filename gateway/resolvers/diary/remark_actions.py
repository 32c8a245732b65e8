"""Actions of staff who write about students: remarks, which only the parents can read, and comments to the students."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import uuid4

from auth.viewer import Role
from connectors.diary import Remark, TeacherComment
from connectors.directory import Person, audience_of
from connectors.mongo.transactions import Transaction
from connectors.schedule import Lesson
from connectors.vocabulary import PublicId, StudentId, SubjectId, mint, of_student, shared_and_student
from gateway.context import Info
from gateway.daily_limits import count_change
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.diary.actions import NO_STUDENT
from gateway.resolvers.diary.lesson_checks import (
    LESSON_COLUMNS,
    NO_LESSON,
    attends,
    check_begun,
    people_of_students,
)
from gateway.teaching import TAUGHT, admit_substitute, shared_lesson_id, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_SUBJECT: Final = Text("There is no such subject of the student.", "У ученика нет такого предмета.")
_WHICH_SUBJECT: Final = Text(
    "Say which lesson or which subject it is about.", "Укажите урок или предмет, к которому это относится."
)
_OTHER_SUBJECT: Final = Text("The lesson is one of another subject.", "Это урок по другому предмету.")
_NO_REMARK: Final = Text("There is no such remark of yours.", "У вас нет такого замечания.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRemark:
    """A remark about a student, which the parents read and nobody else."""

    student_id: StudentId
    """The student whom the remark is about."""

    lesson_id: PublicId | None = None
    """The lesson at which the remark is made (`Lesson.id`, or `TimetableLesson.id`); null: at no lesson."""

    subject_id: SubjectId | None = None
    """The subject of a remark that is made at no lesson. A teacher who teaches the student one subject may leave it
    out."""

    text: str
    """The remark in the teacher's words."""

    kind: str | None = None
    """The kind of remark in the words of the school."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment:
    """A comment to a student, which the parents read too."""

    student_id: StudentId
    """The student whom the comment is for."""

    lesson_id: PublicId | None = None
    """The lesson at which the comment is made (`Lesson.id`, or `TimetableLesson.id`); null: at no lesson."""

    subject_id: SubjectId | None = None
    """The subject of a comment that is made at no lesson. A teacher who teaches the student one subject may leave it
    out."""

    text: str
    """The comment in the teacher's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRemark:
    """The remark that its author takes back."""

    remark_id: PublicId
    """The id of the remark, as `addRemark` answered it (`AddRemarkPayload.id`)."""


class _About(NamedTuple):
    """The student, lesson and subject of a remark or a comment; None: no lesson, no subject."""

    student: Person
    lesson: Lesson | None
    subject_id: SubjectId | None


async def add_remark(input: AddRemark, info: Info, transaction: Transaction) -> Outcome:
    """Write a remark about a student for the parents (F63); its id and its time are all that staff ever see of it."""
    problems, rules = Problems(), info.writing.rules
    about = await _checked_about(input, info, problems)
    text = checked_text(input.text, problems, "text", most=rules.remark_characters)
    kind = input.kind
    if kind is not None:
        kind = checked_text(kind, problems, "kind", most=rules.remark_kind_characters)
    problems.check()
    if about is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    student, school = about.student["student_id"], about.student["school_id"]
    await count_change("addRemark", student, school, rules.remarks_a_day, info, transaction, problems)
    problems.check()
    now: datetime = info.now_at(school)
    remark = Remark(
        _id=mint("Remark", uuid4().hex),
        school_id=school,
        student_id=student,
        made_on=info.today_at(school),
        text=text,
        kind=kind,
        lesson_id=about.lesson["_id"] if about.lesson else None,
        subject_id=about.subject_id,
        author_id=info.viewer.person_id,
    )
    await transaction.insert("remarks", [remark])
    done = fact(info, "addRemark", remark["_id"], school, student_id=student, after=_values(remark), texts=_SAID)
    return Outcome({"remark_id": remark["_id"], "made_at": now.isoformat()}, [done])


async def withdraw_remark(input: WithdrawRemark, info: Info, transaction: Transaction) -> Outcome:
    """Take a remark back that the viewer wrote: the parents no longer see it."""
    problems = Problems()
    remark: Any = await transaction.find_one("remarks", {"_id": input.remark_id}, columns=frozenset())
    mine = {"_id": input.remark_id, "author_id": info.viewer.person_id}
    is_withdrawn = await transaction.find_one("withdrawn_remarks", mine, columns=frozenset({"_id"}))
    ids = {"remark_id": input.remark_id}
    if is_withdrawn:
        return Outcome(ids, is_new=False)
    if not _is_own(remark, info):
        problems.add(UserErrorCode.NOT_FOUND, _NO_REMARK, "remarkId")
    problems.check()
    await transaction.delete("remarks", {"_id": input.remark_id})
    # Without its text: by it the author finds that the remark is withdrawn, should the answer have been lost.
    await transaction.insert("withdrawn_remarks", [{**mine, "withdrawn_at": info.now}])
    student, school, before = remark["student_id"], remark["school_id"], _values(remark)
    done = fact(info, "withdrawRemark", remark["_id"], school, student_id=student, before=before, texts=_SAID)
    return Outcome(ids, [done])


def _is_own(remark: Mapping[str, Any] | None, info: Info) -> bool:
    """Whether the viewer wrote the remark and works at its school today; whom they teach today decides nothing."""
    viewer = info.viewer
    return remark is not None and remark["author_id"] == viewer.person_id and remark["school_id"] in viewer.school_ids


async def add_comment(input: AddComment, info: Info, transaction: Transaction) -> Outcome:
    """Write a comment to a student (F64)."""
    problems, rules = Problems(), info.writing.rules
    about = await _checked_about(input, info, problems)
    text = checked_text(input.text, problems, "text", most=rules.comment_characters)
    problems.check()
    if about is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    student, school = about.student["student_id"], about.student["school_id"]
    await count_change("addComment", student, school, rules.comments_a_day, info, transaction, problems)
    problems.check()
    comment = TeacherComment(
        _id=mint("TeacherComment", uuid4().hex),
        school_id=school,
        student_id=student,
        made_on=info.today_at(school),
        text=text,
        lesson_id=about.lesson["_id"] if about.lesson else None,
        subject_id=about.subject_id,
        author_id=info.viewer.person_id,
    )
    await transaction.insert("comments", [comment])
    done = fact(info, "addComment", comment["_id"], school, student_id=student, after=_values(comment), texts=_SAID)
    at_lesson = {"lesson_id": of_student(about.lesson["_id"], student)} if about.lesson else {}
    return Outcome({"comment_id": comment["_id"], "student_id": student, **at_lesson}, [done])


async def _checked_about(input: AddRemark | AddComment, info: Info, problems: Problems) -> _About | None:
    """Whom and which lesson or subject something is written about; None where the viewer may not write there."""
    own = await teaching(info)
    [student] = await people_of_students([input.student_id], info)
    is_known = student is not None and info.viewer.may_read_student(input.student_id, student["school_id"])
    lesson = await _lesson_of(input, info)
    if lesson is not None and info.viewer.role is Role.CLASS_TEACHER:
        is_attended = student is not None and audience_of(student).includes(
            lesson["class_ids"], lesson["group_id"], lesson["date"]
        )
        may_write = is_known and is_attended
    else:
        may_write = lesson is not None and attends(student, lesson, own, info)
    if student is None or not (is_known or may_write):
        problems.add(UserErrorCode.NOT_FOUND, NO_STUDENT, "studentId")
        return None
    if lesson is not None and may_write:
        await check_begun(lesson, info, problems, "lessonId")
        if input.subject_id not in {None, lesson["subject_id"]}:
            problems.add(UserErrorCode.INVALID_INPUT, _OTHER_SUBJECT, "subjectId")
        return _About(student, lesson, lesson["subject_id"])
    if input.lesson_id is not None:
        problems.add(UserErrorCode.NOT_FOUND, NO_LESSON, "lessonId")
        return None
    return _About(student, None, await _checked_subject(input.subject_id, student, info, problems))


async def _lesson_of(input: AddRemark | AddComment, info: Info) -> Lesson | None:
    """The lesson as it is stored now; None without one, and where its id is that of another student's lesson."""
    if input.lesson_id is None:
        return None
    columns = TAUGHT | frozenset(LESSON_COLUMNS)
    lesson_id = shared_lesson_id(input.lesson_id)
    [lesson] = await info.check(info.connectors.schedule.stored_lessons, [lesson_id], columns=columns)
    named = shared_and_student(input.lesson_id)
    return None if named and named[1] != input.student_id else lesson


async def _checked_subject(
    subject_id: SubjectId | None, student: Person, info: Info, problems: Problems
) -> SubjectId | None:
    """The subject of what is written at no lesson: for a teacher one that they teach the student."""
    taught = info.viewer.subjects_of(student["student_id"])
    if taught is None:
        [subject] = await info.check(
            info.connectors.directory.subjects_by_ids, [subject_id], columns=frozenset({"school_id"})
        )
        is_there = subject_id is None or (subject is not None and subject["school_id"] == student["school_id"])
    elif subject_id is None:
        if len(taught) == 1:
            return next(iter(taught))
        problems.add(UserErrorCode.REQUIRED, _WHICH_SUBJECT, "subjectId")
        return None
    else:
        is_there = subject_id in taught
    if not is_there:
        problems.add(UserErrorCode.NOT_FOUND, _NO_SUBJECT, "subjectId")
    return subject_id


_RECORDED: Final = ("made_on", "lesson_id", "subject_id", "kind", "text")
_SAID: Final = frozenset({"kind", "text"})
"""The texts of a remark or a comment, of which facts hold digests."""


def _values(written: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a remark or a comment that facts record."""
    return {key: written[key] for key in _RECORDED if key in written}


async def written_comments(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id of a comment that was written the comment, at a substituted lesson too; else `NotFound`."""
    columns = info.columns_of("TeacherComment") | {"student_id", "subject_id", "lesson_id"}
    found = await info.read(info.connectors.diary.comments_by_ids, ids, columns=columns)
    readable = await info.readable(found, "TeacherComment")
    at = [comment["lesson_id"] if comment else None for comment in found]
    lessons = await info.check(info.connectors.schedule.stored_lessons, at, columns=TAUGHT)
    shown = [
        comment
        if comment and lesson and comment["subject_id"] == lesson["subject_id"] and admit_substitute(lesson, info)
        else own
        for comment, own, lesson in zip(found, readable, lessons, strict=True)
    ]
    info.disclose("TeacherComment", [own["student_id"] for own in shown if isinstance(own, dict)])
    return shown
