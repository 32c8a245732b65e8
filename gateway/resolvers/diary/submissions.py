"""Work that students hand in: their own, and what teachers have to check."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from connectors.diary import Submission, ToCheck
from connectors.diary import SubmissionState as StoredState
from connectors.vocabulary import ClassId, GroupId, HomeworkId, Paging, SubjectId, of_student
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.resolvers.diary.lessons import StudentHomework, homework_by_ids
from gateway.teaching import teaching

_OWN: Final = frozenset({"student_id", "homework_id", "state"})


class SubmissionState(StrEnum):
    """How far the checking of handed-in work is."""

    SUBMITTED = "SUBMITTED"
    """Handed in and not checked yet."""

    RETURNED = "RETURNED"
    """Handed back by the teacher to be done again."""

    CHECKED = "CHECKED"
    """Checked by the teacher."""


async def submissions_to_check(
    viewers: Sequence[object],
    info: Info,
    class_id: ClassId | None = None,
    group_id: GroupId | None = None,
    subject_id: SubjectId | None = None,
    state: SubmissionState | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """The work that students handed in to the viewer, the earliest first: in subjects that the viewer teaches them."""
    own = await teaching(info)
    taught = {
        (a["subject_id"], None if a["group_id"] else a["class_id"], a["group_id"])
        for a in own.assignments
        if (group_id is None or a["group_id"] == group_id) and (class_id is None or a["class_id"] == class_id)
    }
    known = tuple(sorted(taught, key=repr))
    key = ToCheck(known, tuple(sorted(info.viewer.student_ids)))  # type: ignore[arg-type] # `Teaching` has subjects
    return await info.page(
        info.connectors.diary.submissions_in,
        [key] * len(viewers),
        page,
        order=("submitted_at", "_id"),
        discloses="Submission",
        states=tuple(StoredState(one) for one in (SubmissionState if state is None else [state])),
        subject_id=subject_id,
    )


_NO_HOMEWORK: Final = HomeworkId("hw_")
"""An id that no homework has."""


async def submissions_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the work, where the viewer may read its student in its subject; else `NotFound`."""
    columns = info.columns_of("Submission") | _OWN
    found = await info.read(info.connectors.diary.submissions_by_ids, ids, columns=columns)
    # Homework is looked up even without work, so that the number of commands does not tell whether there is any.
    read, tasks = info.connectors.diary.homework_by_ids, [one["homework_id"] if one else _NO_HOMEWORK for one in found]
    homework = await info.read(read, tasks, columns=frozenset({"subject_id"}))
    readable = await info.readable(
        [
            {**one, "subject_id": task["subject_id"]} if one and task else None
            for one, task in zip(found, homework, strict=True)
        ],
        "Submission",
    )
    return [NotFound() if is_tick(one) else one for one in readable]


def is_tick(submission: Any) -> bool:
    """Whether nothing was handed in: the student only ticked the task off."""
    return isinstance(submission, Mapping) and submission["state"] == StoredState.DONE


async def homework_of_submissions(submissions: Sequence[Submission], info: Info) -> list[StudentHomework | None]:
    """For each work the homework that it answers, as the student has it."""
    ids = [of_student(one["homework_id"], one["student_id"]) for one in submissions]
    found = await homework_by_ids(ids, info)
    return [None if isinstance(one, NotFound) else one for one in found]
