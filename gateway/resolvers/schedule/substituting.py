"""Substitutions: another teacher or another subject at one lesson, with what was planned before (trap T10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.mongo.transactions import Transaction
from connectors.schedule import NOT_HELD, Substitution
from connectors.vocabulary import PersonId, PublicId, SubjectId
from gateway.context import Info
from gateway.eligible_teachers import NO_TEACHER, teachers_at
from gateway.languages import Text
from gateway.resolvers.schedule.overlaps import Shared, check_overlaps
from gateway.resolvers.schedule.versions import IS_OFF, change, check_version, differing, has_records, lesson_to_change
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NOTHING: Final = Text("Say which teacher or which subject it is.", "Укажите учителя или предмет.")
_NO_SUBJECT: Final = Text("The school has no such subject.", "В школе нет такого предмета.")
_WHOSE: Final = Text("Say whose place the substitute takes.", "Укажите, кого из учителей заменяют.")
_NOT_OF_LESSON: Final = Text("This teacher does not give the lesson.", "Этот учитель не ведёт урок.")
_HAS_RECORDS: Final = Text(
    "Marks or attendance are recorded at this lesson: its subject stays.",
    "На этом уроке уже отмечены оценки или посещаемость: предмет не меняют.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """The differences at one lesson: its teacher, its subject, or both. What is not sent stays as it is."""

    lesson_id: PublicId
    """The id of the lesson (`TimetableLesson.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`TimetableLesson.version`); null changes the lesson whatever its version is."""

    teacher_id: PublicId | Absent | None = ABSENT
    """Who gives the lesson (`Person.id`); null for the teacher who was planned first."""

    original_teacher_id: PublicId | None = None
    """Whose place the substitute takes; needed where several teachers give the lesson."""

    subject_id: SubjectId | Absent | None = ABSENT
    """The subject of the lesson; null for the one that was planned first."""

    ignore_overlaps: bool = False
    """Whether the teacher gives the lesson though they have another one at that time."""


async def substitute(input: Substitute, info: Info, transaction: Transaction) -> Outcome:
    """Give one lesson to another teacher or another subject, or take such a substitution back."""
    problems = Problems()
    lesson = await lesson_to_change(input.lesson_id, input.version, info, transaction, problems)
    if input.teacher_id is ABSENT and input.subject_id is ABSENT:
        problems.add(UserErrorCode.REQUIRED, _NOTHING)
    if lesson is None:
        problems.check()
        raise TypeError(input)  # pragma: no cover - a lesson that is not found is a problem
    planned = Planned(lesson)
    teachers = await _teachers(input, planned, info, problems)
    subject = await _subject(input, planned, info, problems)
    problems.check(lesson_id=lesson["_id"])
    wanted = planned.with_substitution(teachers, subject)
    changed = differing(lesson, wanted)
    ids = {"lesson_id": lesson["_id"]}
    if not changed:
        return Outcome(ids, is_new=False)
    check_version(input.version, lesson, problems)
    if lesson["status"] in NOT_HELD:
        problems.add(UserErrorCode.NOT_ALLOWED, IS_OFF, "lessonId")
    elif "subject_id" in changed and await has_records(lesson["_id"], info):
        problems.add(UserErrorCode.NOT_ALLOWED, _HAS_RECORDS, "subjectId")
    problems.check(**ids)
    if "teacher_ids" in changed and not input.ignore_overlaps:
        # Of several teachers only the new one could be missing elsewhere.
        new = [own for own in wanted["teacher_ids"] if own not in lesson["teacher_ids"]]
        of_teacher = {**lesson, "teacher_ids": new}
        await check_overlaps(of_teacher, {Shared.TEACHER: "teacherId"}, info, transaction, besides=lesson["_id"])
    await change(lesson, changed, transaction)
    before, after = _plain({key: lesson.get(key) for key in changed}), _plain(changed)
    return Outcome(ids, [fact(info, "substitute", lesson["_id"], lesson["school_id"], before=before, after=after)])


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The *values* with each part of the substitution as a field of its own, as facts show them."""
    flat = {key: value for key, value in values.items() if key != "substitution"}
    return {**flat, **(values.get("substitution") or {})}


class Planned:
    """The teachers and the subject of a lesson before any substitution, and after the one in force."""

    def __init__(self, lesson: Mapping[str, Any]) -> None:
        substitution = lesson["substitution"] or Substitution(
            instead_of_subject_id=None, original_teacher_id=None, substitute_teacher_id=None
        )
        self.lesson = lesson
        self.subject_id: SubjectId | None = substitution["instead_of_subject_id"] or lesson["subject_id"]
        self.original: PersonId | None = substitution["original_teacher_id"]
        self.substitute: PersonId | None = substitution["substitute_teacher_id"]
        put_back = [self.original if own == self.substitute else own for own in lesson["teacher_ids"]]
        self.teacher_ids: list[PersonId] = [own for own in put_back if own]

    def with_substitution(self, pair: tuple[PersonId | None, PersonId | None], subject: SubjectId | None) -> Any:
        """The lesson's values with a substitute in the place of an original teacher, and with a subject."""
        original, teacher = pair
        own = [teacher if one == original and teacher else one for one in self.teacher_ids]
        is_other = subject != self.subject_id
        return {
            "subject_id": subject,
            "teacher_ids": own if original or not teacher else [*own, teacher],
            "substitution": Substitution(
                instead_of_subject_id=self.subject_id if is_other else None,
                original_teacher_id=original if teacher else None,
                substitute_teacher_id=teacher,
            )
            if teacher or is_other
            else None,
        }


async def _teachers(
    input: Substitute, planned: Planned, info: Info, problems: Problems
) -> tuple[PersonId | None, PersonId | None]:
    """The teacher who was planned, and the one who takes their place; None and None for no substitute."""
    if isinstance(input.teacher_id, Absent):
        return planned.original, planned.substitute
    if input.teacher_id is None:
        return None, None
    lesson = planned.lesson
    [teacher] = await teachers_at(lesson["school_id"], lesson["date"], [input.teacher_id], info)
    if teacher is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_TEACHER, "teacherId")
    own = planned.teacher_ids
    original = planned.original or (own[0] if len(own) == 1 else None)
    if input.original_teacher_id is not None:
        original = PersonId(input.original_teacher_id)
        if original not in own:
            problems.add(UserErrorCode.NOT_FOUND, _NOT_OF_LESSON, "originalTeacherId")
    elif original is None and len(own) > 1:
        problems.add(UserErrorCode.REQUIRED, _WHOSE, "originalTeacherId")
    return (None, None) if teacher in own else (original, teacher)


async def _subject(input: Substitute, planned: Planned, info: Info, problems: Problems) -> SubjectId | None:
    """The subject that the lesson is to have."""
    current: SubjectId | None = planned.lesson["subject_id"]
    if isinstance(input.subject_id, Absent):
        return current
    if input.subject_id is None:
        return planned.subject_id
    read = info.connectors.directory.subjects_by_ids
    [subject] = await info.check(read, [input.subject_id], columns=frozenset({"school_id"}))
    if subject is None or subject["school_id"] != planned.lesson["school_id"]:
        problems.add(UserErrorCode.NOT_FOUND, _NO_SUBJECT, "subjectId")
    return input.subject_id
