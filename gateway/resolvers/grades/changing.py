"""Changes and removes marks that were given."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from connectors.directory import audience_of
from connectors.grades import Mark
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId
from gateway.context import NOBODY, Info
from gateway.languages import Text
from gateway.resolvers.grades.marking import LESSON, NO_MARK, STUDENT, Pupil, payload_ids
from gateway.resolvers.grades.stored_marks import (
    MARK,
    change_mark_there,
    checked_comment,
    counts,
    recorded,
    remove_mark_there,
    scales_and_kind,
    weight_of,
)
from gateway.resolvers.grades.values import checked_value, checked_weight, possible_scales
from gateway.resolvers.grades.windows import some_school, windows_of
from gateway.teaching import teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_LESSON_ID: Final = "les_"
"""An id that no lesson has."""

_NO_VALUE: Final = Text("A mark has a value.", "У отметки должно быть значение.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMark:
    """A mark with what is to be changed of it; what is left out stays."""

    mark_id: PublicId
    """The id of the mark (`Mark.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Mark.version`); null changes the mark whatever its version is."""

    value: str | Absent | None = ABSENT
    """The new value, as the scale of the mark writes it; not null. A point («точка») becomes a mark by it."""

    weight: int | Absent | None = ABSENT
    """The new weight, 1 to 5; null gives the mark the weight of its kind of work."""

    comment: str | Absent | None = ABSENT
    """The new comment; null takes the comment away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMark:
    """The mark that is removed."""

    mark_id: PublicId
    """The id of the mark (`Mark.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Mark.version`); null removes the mark whatever its version is."""


class _Stored(NamedTuple):
    """A mark that the viewer may change, and what its payload finds the student and the lesson by."""

    mark: Mark
    ids: dict[str, Any]


async def change_mark(input: ChangeMark, info: Info, transaction: Transaction) -> Outcome:
    """Change the value, the weight or the comment of a mark; its earlier values stay in its history (F84, T22)."""
    problems = Problems()
    stored = await _stored(input, info, transaction, problems)
    scales, kind = await scales_and_kind(stored.mark if stored else None, info)
    changed: dict[str, Any] = {}
    if input.value is None:
        problems.add(UserErrorCode.REQUIRED, _NO_VALUE, "value")
    elif isinstance(input.value, str) and stored is not None:
        work: Any = {"scale_id": stored.mark["scale_id"]}
        own = possible_scales(None, work, scales, problems)
        value = checked_value(input.value, own[0], problems, "value") if own else None
        if value is not None:
            changed |= {"value": value.value, "numeric_value": value.numeric_value}
            changed |= {"is_point": False, "point_valid_until": None}
            if stored.mark["is_point"]:
                changed["counts_towards_average"] = counts(kind)
    if not isinstance(input.weight, Absent):
        checked_weight(input.weight, problems, "weight")
        changed["weight"] = weight_of(kind) if input.weight is None else input.weight
    if not isinstance(input.comment, Absent):
        changed["comment"] = checked_comment(input.comment, info, problems, "comment")
    ids = stored.ids if stored else {}
    problems.in_order_of(input)
    problems.check(**ids)
    if stored is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    before: Any = stored.mark
    if all(before.get(column) == value for column, value in changed.items()):
        return Outcome(ids, is_new=False)
    return Outcome(ids, [await change_mark_there("changeMark", stored.mark, changed, info, transaction)])


async def remove_mark(input: RemoveMark, info: Info, transaction: Transaction) -> Outcome:
    """Remove a mark that was given by mistake; what it was stays in the facts, and in the history of a later one."""
    problems = Problems()
    stored = await _stored(input, info, transaction, problems)
    problems.check(**(stored.ids if stored else {}))
    if stored is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    mark, ids = stored
    await remove_mark_there(mark, info, transaction)
    done = fact(
        info,
        "removeMark",
        mark["_id"],
        mark["school_id"],
        student_id=mark["student_id"],
        before=recorded(mark, info),
    )
    found = {name: own for name, own in ids.items() if name != "mark_id"}
    return Outcome({**found, "deleted_mark_id": mark["_id"]}, [done])


async def _stored(
    input: ChangeMark | RemoveMark, info: Info, transaction: Transaction, problems: Problems
) -> _Stored | None:
    """The mark that is to be changed, with problems of its version and its day noted; None where there is none.

    The commands are the same whether there is such a mark or not.
    """
    found: Any = await transaction.find_one("marks", {"_id": input.mark_id}, columns=MARK)
    mark: Mark | None = found
    directory, schedule = info.connectors.directory, info.connectors.schedule
    student, lesson_id = (mark["student_id"], mark["lesson_id"] or _NO_LESSON_ID) if mark else (NOBODY, _NO_LESSON_ID)
    own, [person], [lesson] = await asyncio.gather(
        teaching(info),
        info.read(directory.students_by_ids, [student], columns=STUDENT),
        info.check(schedule.stored_lessons, [lesson_id], columns=LESSON),
    )
    is_taught = is_substituted = False
    if mark is not None and person is not None and not person.get("merged_to"):
        is_readable = info.viewer.may_read_student(mark["student_id"], person.get("school_id"))
        is_taught = is_readable and own.of_student(audience_of(person), mark["subject_id"], mark["given_on"])
        is_substituted = bool(
            lesson and own.substitutes(lesson) and lesson["subject_id"] == mark["subject_id"] and not is_taught
        )
    is_found = is_taught or is_substituted
    windows = await windows_of(mark["school_id"] if mark and is_found else some_school(info), info)
    if mark is None or not is_found:
        problems.add(UserErrorCode.NOT_FOUND, NO_MARK, "markId")
    problems.require_version(input.version)
    if mark is None or not is_found:
        return None
    problems.is_stale(input.version, mark)
    day = mark["given_on"]
    place = Pupil(person, audience_of(person)).place(mark["subject_id"], day)
    windows.check_day(day, [place], problems, "markId")
    ids = payload_ids(mark["student_id"], mark["lesson_id"], is_substituted=is_substituted)
    return _Stored(mark, {**ids, "mark_id": mark["_id"]})
