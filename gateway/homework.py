"""Decides which tasks of students the viewer may read: those set for the student, of teachers those of own subjects."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.audience import Audience
from connectors.directory import audience_of
from connectors.vocabulary import StudentId, shared_and_student
from gateway.context import Info

SET_FOR: Final = frozenset({"class_ids", "group_id", "date", "student_ids", "subject_id"})
"""The columns of homework that `is_set_for` needs."""


async def audiences(ids: Sequence[StudentId | None], info: Info) -> list[Audience | None]:
    """The audience of each student whom the viewer may read; None in the place of others."""
    columns = frozenset({"student_id", "school_id", "enrolments", "memberships"})
    found = await info.read(info.connectors.directory.students_by_ids, ids, columns=columns)
    return [
        audience_of(person)
        if person and info.viewer.may_read_student(person["student_id"], person["school_id"])
        else None
        for person in found
    ]


def is_set_for(task: Mapping[str, Any], audience: Audience, info: Info) -> bool:
    """Whether a task is one of the student whose audience it is, and of a subject that the viewer may read."""
    student = audience.student_id
    return (
        audience.includes(task["class_ids"], task["group_id"], task["date"])
        and (task["student_ids"] is None or student in task["student_ids"])
        and (info.subjects is None or task["subject_id"] in info.subjects.of(student))
    )


async def readable_homework(
    ids: Sequence[str | None], info: Info, columns: frozenset[str]
) -> list[tuple[Any, StudentId] | None]:
    """For each id of a student's homework the task and the student; None where the viewer may not read it."""
    parts = [shared_and_student(own or "") for own in ids]
    found, of_students = await asyncio.gather(
        info.read(
            info.connectors.diary.homework_by_ids, [part and part[0] for part in parts], columns=columns | SET_FOR
        ),
        audiences([part and part[1] for part in parts], info),
    )
    return [
        (task, audience.student_id) if task and audience and is_set_for(task, audience, info) else None
        for task, audience in zip(found, of_students, strict=True)
    ]
