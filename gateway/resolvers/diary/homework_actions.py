"""The homework and classwork that a teacher sets: for all who attend a lesson, or for single students of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors.attachments import FilePurpose
from connectors.diary import Homework, HomeworkKind
from connectors.directory import PeopleFilter
from connectors.mongo.transactions import Transaction
from connectors.schedule import Lesson
from connectors.vocabulary import (
    HomeworkId,
    LessonId,
    PublicId,
    SchoolId,
    StudentId,
    as_of_student,
    mint,
    shared_and_student,
)
from gateway.attachments import AttachingDocument, claim_attachments, file_ids
from gateway.context import Info
from gateway.errors import NotFound
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.diary.lesson_checks import (
    LESSON_COLUMNS,
    NO_ATTENDEE,
    NO_LESSON,
    attends,
    check_takes_place,
    check_year,
    people_of_students,
)
from gateway.resolvers.diary.lessons import StudentHomework
from gateway.resolvers.diary.substitutions import MEMBERS
from gateway.teaching import Teaching, is_readable, shared_lesson_id, taught_lessons, teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_EMPTY: Final = Text("Write a text here.", "Напишите здесь текст.")
_NO_HOMEWORK: Final = Text("There is no such homework.", "Нет такого задания.")
_NO_STUDENTS: Final = Text("Name at least one student, or leave this out.", "Назовите учеников или не указывайте их.")
_TOO_MANY: Final = Text("These are too many students: at most {limit}.", "Слишком много учеников: не более {limit}.")
_TOO_MANY_ITEMS: Final = Text("A task has at most {limit} items.", "В задании не более {limit} пунктов.")
_ITEM_TWICE: Final = Text("Two items are the same.", "Два пункта одинаковы.")
_OVER: Final = Text("Homework is due today or later.", "Домашнее задание задают на сегодня или на будущее.")
_MINUTES: Final = Text("From 1 to {limit} minutes.", "От 1 до {limit} минут.")
_OTHER_PLACE: Final = Text(
    "The lesson is one of another class, group or subject.", "Это урок другого класса, группы или предмета."
)
_TEXTS: Final = frozenset({"text", "items"})
_NO_LESSON_ID: Final = LessonId("les_")
"""An id that no lesson has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignHomework:
    """A task for all who attend a lesson on its day, or for single students of them."""

    lesson_id: PublicId
    """The lesson at which homework is due, or in which classwork is done: by its id in the timetable
    (`TimetableLesson.id`), or by that of a student's lesson (`Lesson.id`)."""

    text: str
    """The task in the teacher's words."""

    kind: HomeworkKind = HomeworkKind.HOMEWORK
    """Homework or classwork."""

    student_ids: tuple[StudentId, ...] | None = None
    """The only students whom the task is for; null or left out: all who attend the lesson."""

    items: tuple[str, ...] = ()
    """The parts that the task consists of, such as «№ 5»: the teacher ticks them when the work is checked."""

    estimated_minutes: int | None = None
    """How many minutes the task is expected to take."""

    attachment_ids: tuple[PublicId, ...] = ()
    """Files that belong to the task: teaching material that the teacher uploaded (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateHomework:
    """Changes of a task; what is left out stays as it is."""

    homework_id: PublicId
    """The task: by the id that all have in common (`AssignedHomework.id`), or by a student's (`Homework.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Homework.version`); null changes the task whatever its version is."""

    lesson_id: PublicId | Absent = ABSENT
    """Another lesson of the same class or group in the subject, at which the homework is due from now on."""

    text: str | Absent = ABSENT
    """The task in the teacher's words."""

    student_ids: tuple[StudentId, ...] | Absent | None = ABSENT
    """The only students whom the task is for; null: all who attend the lesson."""

    items: tuple[str, ...] | Absent | None = ABSENT
    """All parts that the task consists of from now on; null or none: the task is one whole."""

    estimated_minutes: int | Absent | None = ABSENT
    """How many minutes the task is expected to take; null takes the estimate away."""

    attachment_ids: tuple[PublicId, ...] | Absent = ABSENT
    """All files that belong to the task from now on: those that it has (`Attachment.id`), and teaching material that
    the teacher uploaded (`File.id`). Files without an id, which another system has, stay."""


async def assign_homework(input: AssignHomework, info: Info, transaction: Transaction) -> Outcome:
    """Set a task that is due at a lesson, or done in it (F55)."""
    problems = Problems()
    own = await teaching(info)
    [lesson] = await taught_lessons([input.lesson_id], own, info, *LESSON_COLUMNS)
    await _check_lesson(lesson, input.kind, info, problems)
    text = _checked_text(input.text, info, problems)
    students = await _checked_students(input.student_ids, lesson, own, info, problems)
    items = _checked_items(input.items, info, problems)
    _check_minutes(input.estimated_minutes, info, problems)
    owner = AttachingDocument(mint("Homework", uuid4().hex), lesson["school_id"] if lesson else SchoolId(""))
    files = await claim_attachments(input.attachment_ids, FilePurpose.MATERIAL, owner, info, transaction, problems)
    problems.check()
    if lesson is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    is_homework = input.kind == HomeworkKind.HOMEWORK
    homework = Homework(
        _id=HomeworkId(owner.id),
        school_id=lesson["school_id"],
        kind=input.kind,
        class_ids=lesson["class_ids"],
        group_id=lesson["group_id"],
        student_ids=students,
        lesson_id=lesson["_id"],
        subject_id=lesson["subject_id"],  # type: ignore[typeddict-item] # who may write at a lesson teaches its subject
        text=text,
        items=items,
        date=lesson["date"],
        assigned_on=info.today_at(lesson["school_id"]) if is_homework else lesson["date"],
        due_on=lesson["date"] if is_homework else None,
        estimated_minutes=input.estimated_minutes,
        is_individual=students is not None,
        attachments=files,
        author_id=info.viewer.person_id,
        version=1,
    )
    await transaction.insert("homework", [homework])
    school = homework["school_id"]
    done = fact(info, "assignHomework", homework["_id"], school, after=_values(homework), texts=_TEXTS)
    return Outcome({"homework_id": homework["_id"]}, [done])


async def update_homework(input: UpdateHomework, info: Info, transaction: Transaction) -> Outcome:
    """Change a task that was set for a class or group which the viewer teaches."""
    problems = Problems()
    own = await teaching(info)
    homework: Any = await transaction.find_one(
        "homework", {"_id": shared_homework(input.homework_id)}, columns=frozenset()
    )
    # A lesson is looked up in any case, so that the number of commands does not reveal whether there is such a task.
    here = (homework and homework["lesson_id"]) or _NO_LESSON_ID
    there = here if input.lesson_id is ABSENT else shared_lesson_id(input.lesson_id or _NO_LESSON_ID)
    old, lesson = await taught_lessons([here, there], own, info, *LESSON_COLUMNS)
    if homework is None or not _may_change(homework, old, own, info):
        problems.add(UserErrorCode.NOT_FOUND, _NO_HOMEWORK, "homeworkId")
        homework = None
    elif input.lesson_id is ABSENT or there != here:  # else the check of the lesson that is named notes it
        await check_year(homework, info, problems, "homeworkId")
    problems.require_version(input.version)
    changed: dict[str, Any] = {}
    if input.lesson_id is not ABSENT and homework is not None:
        await _check_lesson(lesson, homework["kind"], info, problems)
        changed |= _moved(homework, lesson, problems)
    if input.text is not ABSENT:
        changed["text"] = _checked_text(input.text, info, problems)
    if input.student_ids is not ABSENT:
        place: Any = lesson or (homework and {**homework, "substitution": None})
        students = await _checked_students(input.student_ids, place, own, info, problems)
        changed |= {"student_ids": students, "is_individual": students is not None}
    changed |= _changed_items(input, homework, info, problems)
    if input.estimated_minutes is not ABSENT:
        _check_minutes(input.estimated_minutes, info, problems)
        changed["estimated_minutes"] = input.estimated_minutes
    if input.attachment_ids is not ABSENT and homework is not None:
        changed["attachments"] = await claim_attachments(
            input.attachment_ids or (),
            FilePurpose.MATERIAL,
            AttachingDocument(homework["_id"], homework["school_id"]),
            info,
            transaction,
            problems,
            attached=homework["attachments"],
        )
    problems.check()
    ids = {"homework_id": homework["_id"]}
    new = {**homework, **changed}
    if new == homework:
        return Outcome(ids, is_new=False)
    problems.is_stale(input.version, homework)
    problems.check(**ids)
    await transaction.update("homework", {"_id": homework["_id"]}, {"$set": changed, "$inc": {"version": 1}})
    before, after, school = _values(homework), _values(new), homework["school_id"]
    done = fact(info, "updateHomework", homework["_id"], school, before=before, after=after, texts=_TEXTS)
    return Outcome(ids, [done])


def shared_homework(homework_id: str) -> HomeworkId:
    """The task that an id names, whether it is the id that all have in common or that of a student's task."""
    own = shared_and_student(homework_id)
    return HomeworkId(own[0] if own else homework_id)


def _may_change(homework: Homework, lesson: Lesson | None, own: Teaching, info: Info) -> bool:
    """Whether the viewer may write for all whom the task is set for."""
    if lesson is not None and lesson["subject_id"] == homework["subject_id"]:
        return True
    return homework["school_id"] in info.viewer.school_ids and own.of_place(
        homework["class_ids"], homework["group_id"], homework["subject_id"], homework["date"]
    )


async def _check_lesson(lesson: Lesson | None, kind: HomeworkKind, info: Info, problems: Problems) -> None:
    """Note a problem where nothing can be set for the lesson: it is over, for homework, or does not take place."""
    if lesson is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_LESSON, "lessonId")
        return
    before = len(problems.found)
    await check_takes_place(lesson, info, problems, "lessonId")
    today = info.today_at(lesson["school_id"])
    if len(problems.found) == before and kind == HomeworkKind.HOMEWORK and lesson["date"] < today:
        problems.add(UserErrorCode.OUT_OF_RANGE, _OVER, "lessonId", limit=today)


def _moved(homework: Homework, lesson: Lesson | None, problems: Problems) -> dict[str, Any]:
    """The changes of a task that moves to another lesson of the same class or group in the subject."""
    if lesson is None:
        return {}
    place = ("group_id", "subject_id")
    if any(lesson[key] != homework[key] for key in place) or set(lesson["class_ids"]) != set(homework["class_ids"]):  # type: ignore[literal-required] # keys of both documents
        problems.add(UserErrorCode.NOT_ALLOWED, _OTHER_PLACE, "lessonId")
    is_homework = homework["kind"] == HomeworkKind.HOMEWORK
    days = {"due_on": lesson["date"]} if is_homework else {"assigned_on": lesson["date"]}
    return {"lesson_id": lesson["_id"], "date": lesson["date"], **days}


def _checked_text(text: str | None, info: Info, problems: Problems) -> str:
    if text is None:
        problems.add(UserErrorCode.REQUIRED, _EMPTY, "text")
        return ""
    return checked_text(text, problems, "text", most=info.writing.rules.homework_characters)


async def _checked_students(
    ids: Sequence[StudentId] | None, lesson: Lesson | None, own: Teaching, info: Info, problems: Problems
) -> list[StudentId] | None:
    """The single students whom a task is for, each once; None where it is for all who attend the lesson."""
    if ids is None:
        return None
    most = info.writing.rules.homework_students
    if not ids:
        problems.add(UserErrorCode.REQUIRED, _NO_STUDENTS, "studentIds")
    if len(ids) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "studentIds", limit=most)
        return []
    for place, student in enumerate(await people_of_students(ids, info)):
        if lesson is not None and not attends(student, lesson, own, info):
            problems.add(UserErrorCode.NOT_FOUND, NO_ATTENDEE, "studentIds", place)
    return list(dict.fromkeys(ids))


def _changed_items(
    input: UpdateHomework, homework: Mapping[str, Any] | None, info: Info, problems: Problems
) -> dict[str, Any]:
    if input.items is ABSENT:
        return {}
    items = _checked_items(input.items or (), info, problems)
    return {} if items == items_of(homework or {}) else {"items": items}


def _checked_items(sent: Sequence[str], info: Info, problems: Problems) -> list[str]:
    rules = info.writing.rules
    if len(sent) > rules.homework_items:
        limit = rules.homework_items
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY_ITEMS.format(limit=limit), "items", limit=limit)
        return []
    items: list[str] = []
    for place, one in enumerate(sent):
        item = checked_text(one, problems, "items", place, most=rules.homework_item_characters)
        if item in items:
            problems.add(UserErrorCode.TAKEN, _ITEM_TWICE, "items", place)
        items.append(item)
    return items


def _check_minutes(minutes: int | None, info: Info, problems: Problems) -> None:
    most = info.writing.rules.homework_minutes
    if minutes is not None and not 1 <= minutes <= most:
        limit = 1 if minutes < 1 else most
        problems.add(UserErrorCode.OUT_OF_RANGE, _MINUTES.format(limit=most), "estimatedMinutes", limit=limit)


_RECORDED: Final = ("kind", "lesson_id", "due_on", "student_ids", "estimated_minutes", "text")


def _values(homework: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a task that facts record."""
    files, items = file_ids(homework["attachments"]), "\n".join(homework.get("items") or ())
    more = {**({"files": files} if files else {}), **({"items": items} if items else {})}
    return {**{key: homework[key] for key in _RECORDED}, **more}


def items_of(homework: Mapping[str, Any]) -> list[str]:
    """The parts that a task consists of; none of one that is a whole."""
    return list(homework.get("items") or ())


_PLACE: Final = frozenset(
    {"_id", "school_id", "class_ids", "group_id", "student_ids", "date", "subject_id", "lesson_id"}
)


async def assigned_homework_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the task as its teacher sees it, where the viewer may change it; else `NotFound`."""
    columns = info.columns_of("AssignedHomework") | info.columns_of("Homework") | _PLACE
    own = await teaching(info)
    found = await info.read(info.connectors.diary.homework_by_ids, ids, columns=columns)
    lessons = await taught_lessons([(task and task["lesson_id"]) or _NO_LESSON_ID for task in found], own, info)
    return [
        task if task and _may_change(task, lesson, own, info) else NotFound()
        for task, lesson in zip(found, lessons, strict=True)
    ]


async def assigned_homework(viewers: Sequence[object], info: Info, id: PublicId) -> list[Any]:
    """The task of an id, whether it is the one that all have in common or a student's, as its teacher sees it."""
    return await assigned_homework_by_ids([shared_homework(id)], info) * len(viewers)


async def tasks_of_students(tasks: Sequence[Homework], info: Info) -> list[list[StudentHomework]]:
    """For each task what each student has of it, by name: of those for whom it is and whom the viewer may read."""
    read, columns = info.connectors.directory.people_in, frozenset({"student_id"})
    pages = await info.read(
        read, [_students_of(task, info) for task in tasks], columns=columns, search=None, paging=MEMBERS
    )
    return [
        [
            as_of_student(task, person["student_id"], "homework_id")
            for person in page.nodes
            if is_readable(task, person["student_id"], info)
        ]
        for task, page in zip(tasks, pages, strict=True)
    ]


def _students_of(task: Homework, info: Info) -> PeopleFilter:
    """Those for whom a task is: who belongs to its class or group on its day (trap T13), or single students of them."""
    group, only = task["group_id"], task["student_ids"]
    readable = info.viewer.student_ids
    return PeopleFilter(
        on=task["date"],
        classes=tuple(task["class_ids"]) if group is None else None,
        groups=None if group is None else (group,),
        students=tuple(sorted(readable if only is None else readable.intersection(only))),
        only_students=True,
    )
