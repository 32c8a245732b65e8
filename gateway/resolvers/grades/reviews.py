"""Requests of families to review a mark, as the family, the teacher and the administrator read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.directory import Person
from connectors.grades import GradeReview, GradeReviewState, Mark
from connectors.vocabulary import Paging
from gateway.context import Connection, Info

_REQUESTED = ("requested_at", "_id")


async def grade_reviews_of(
    owners: Sequence[Person], info: Info, state: GradeReviewState | None = None, *, page: Paging
) -> list[Connection]:
    """For each student a page of the requests to review their marks, the latest first (F77)."""
    read = info.connectors.grades.reviews_of
    students = [own["student_id"] for own in owners]
    return await info.page(read, students, page, order=_REQUESTED, state=state, only=info.subjects)


async def grade_reviews_to_answer(
    viewers: Sequence[object], info: Info, state: GradeReviewState | None = None, *, page: Paging
) -> list[Connection]:
    """The requests to review marks in the subjects that the viewer teaches, the latest first."""
    students = tuple(sorted(info.viewer.student_ids))
    read = info.connectors.grades.reviews_in
    keys, only = [students] * len(viewers), info.subjects
    return await info.page(read, keys, page, order=_REQUESTED, discloses="GradeReview", state=state, only=only)


async def grade_reviews_of_marks(marks: Sequence[Mapping[str, Any]], info: Info) -> list[list[GradeReview]]:
    """For each mark the requests to review it; none to a substitute, who reads the mark of one lesson alone."""
    read = info.connectors.grades.reviews_of_marks
    found = await info.read(read, [mark["_id"] for mark in marks])
    return [reviews if info.may_read_subject(mark) else [] for mark, reviews in zip(marks, found, strict=True)]


async def marks_of_reviews(reviews: Sequence[GradeReview], info: Info) -> list[Mark | None]:
    """For each request its mark as it is now; None where there is no such mark of the student any more."""
    columns = info.columns_of("Mark") | {"student_id", "subject_id"}
    found = await info.read(info.connectors.grades.marks_by_ids, [own["mark_id"] for own in reviews], columns=columns)
    return [
        mark if mark and mark["student_id"] == own["student_id"] and info.may_read_subject(mark) else None
        for own, mark in zip(reviews, found, strict=True)
    ]


async def grade_reviews_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the request about a mark that the viewer may read; else `NotFound`."""
    columns = info.columns_of("GradeReview") | {"student_id", "subject_id"}
    found = await info.read(info.connectors.grades.reviews_by_ids, ids, columns=columns)
    return await info.readable(found, "GradeReview")
