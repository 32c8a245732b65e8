"""Reads the marks and works that the payloads of mutations show, and finds warnings about them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any, Final, TypedDict

from connectors.vocabulary import Days, spanning
from gateway.context import NOBODY, Info
from gateway.errors import NotFound
from gateway.languages import Text
from gateway.resolvers.grades.marks import marks_by_ids, works_by_ids
from gateway.teaching import TAUGHT, admit_substitute

_SAME_DAY: Final = Text(
    "The student has another mark in the subject on this day.",
    "У ученика есть другая отметка по предмету за этот день.",
)
_PLACE: Final = frozenset({"student_id", "subject_id", "given_on"})


class MarkWarningCode(StrEnum):
    """Something that may be a mistake, though it is allowed."""

    SAME_DAY = "SAME_DAY"
    """The student has another mark in the subject on the day of this one."""


class MarkWarning(TypedDict):
    """Something that may be a mistake; *field* is the path of the student inside the input."""

    code: MarkWarningCode
    message: Text
    field: list[str]
    mark_id: str


async def written_marks(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the mark, where the viewer may read it or substitutes at its lesson; else `NotFound`."""
    marks = await marks_by_ids(ids, info)
    if not any(isinstance(mark, NotFound) for mark in marks) or not any(ids):
        return [None if one is None else mark for one, mark in zip(ids, marks, strict=True)]
    columns = info.columns_of("Mark") | {"student_id", "subject_id", "lesson_id"}
    found = await info.read(info.connectors.grades.marks_by_ids, ids, columns=columns)
    read = info.connectors.schedule.lessons_by_ids
    lessons = await info.read(read, [mark and mark["lesson_id"] for mark in found], columns=TAUGHT)
    shown: list[Any] = []
    for one, readable, mark, lesson in zip(ids, marks, found, lessons, strict=True):
        is_own = lesson and admit_substitute(lesson, info) and lesson["subject_id"] == mark["subject_id"]
        shown.append(None if one is None else mark if is_own else readable)
    return shown


async def written_works(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the work, where the viewer may read it or made it at one of their schools; else `NotFound`."""
    works = await works_by_ids(ids, info)
    columns = info.columns_of("Work") | {"school_id", "created_by_id"}
    found = await info.read(info.connectors.grades.works_by_ids, ids, columns=columns)
    viewer = info.viewer
    return [
        work
        if work and work.get("created_by_id") == viewer.person_id and work["school_id"] in viewer.school_ids
        else None
        if one is None
        else readable
        for one, readable, work in zip(ids, works, found, strict=True)
    ]


async def warnings_of(payloads: Sequence[Mapping[str, Any]], info: Info) -> list[list[MarkWarning]]:
    """For each payload a warning for each student with another mark in the subject on the day of the new one (T5)."""
    own = [payload.get("mark_ids") or [*filter(None, [payload.get("mark_id")])] for payload in payloads]
    read = info.connectors.grades.marks_by_ids
    new = [mark for mark in await info.read(read, [*chain.from_iterable(own)], columns=_PLACE | {"_id"}) if mark]
    span = spanning([Days(mark["given_on"], mark["given_on"]) for mark in new] or [Days("", "")])
    others = await info.read(
        info.connectors.grades.marks_of,
        [mark["student_id"] for mark in new] or [NOBODY],
        columns=_PLACE | {"_id"},
        days=span,
        subject_id=new[0]["subject_id"] if new else None,
        journal=None,
        only=info.subjects,
    )
    doubled = {
        mark["_id"]
        for mark, there in zip(new, others, strict=False)
        if any(one["given_on"] == mark["given_on"] and one["_id"] != mark["_id"] for one in there)
    }
    return [
        [
            MarkWarning(
                code=MarkWarningCode.SAME_DAY,
                message=_SAME_DAY,
                field=["marks", str(place), "studentId"] if payload.get("mark_ids") else ["studentId"],
                mark_id=one,
            )
            for place, one in enumerate(ids)
            if one in doubled
        ]
        for payload, ids in zip(payloads, own, strict=True)
    ]
