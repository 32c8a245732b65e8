"""Rules about marks: their scales, the days of enrolment, marks that were entered twice."""

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from connectors.checks.scope import Found, Scope
from connectors.directory import in_force
from connectors.grades import refusal_of
from connectors.integrity import IntegrityRule as Rule

_MARK: Final = ("_id", "student_id", "value", "numeric_value", "scale_id", "is_point", "given_on")
_SCALE: Final = ("min_value", "max_value", "values")
_SAME: Final = ("student_id", "subject_id", "given_on", "lesson_id", "kind_id")
"""Marks that are equal in all of these are probably one mark."""


async def check_marks(scope: Scope) -> AsyncIterator[list[Found]]:
    """Violations by the marks of the school's students, a few students at a time."""
    async for page in scope.students():
        students = {own["student_id"]: own for own in page}
        of_page = {"student_id": {"$in": list(students)}, "school_id": scope.school_id}
        marks = await scope.find("grades.marks", of_page, _MARK)
        scales = {
            scale["_id"]: scale
            for scale in await scope.find(
                "grades.grade_scales", {"_id": {"$in": sorted({mark["scale_id"] for mark in marks})}}, _SCALE
            )
        }
        found = [own for mark in marks for own in _of_one(mark, scales, students[mark["student_id"]])]
        async for row in scope.rows("grades.marks", _repeated(of_page)):
            same = row["_id"]
            student = students[same["student_id"]]
            details = {"day": same["given_on"], "count": str(row["count"])}
            found.append(Found(Rule.MARK_REPEATED, row["mark"], student["_id"], same["student_id"], details))
        yield found


def _of_one(mark: Mapping[str, Any], scales: Mapping[str, Any], student: Mapping[str, Any]) -> Sequence[Found]:
    found = []
    about = (mark["_id"], student["_id"], mark["student_id"])
    scale = scales.get(mark["scale_id"])
    number = None if mark["numeric_value"] is None else Decimal(str(mark["numeric_value"]))
    if scale is not None and not mark["is_point"] and refusal_of(mark["value"], number, scale) is not None:
        found.append(Found(Rule.MARK_OUT_OF_SCALE, *about, {"value": mark["value"]}))
    enrolments = student.get("enrolments") or ()
    if enrolments and not any(in_force(own["starts_on"], own["ends_on"], mark["given_on"]) for own in enrolments):
        found.append(Found(Rule.MARK_OUTSIDE_ENROLMENT, *about, {"day": mark["given_on"]}))
    return found


def _repeated(where: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pipeline that finds marks which are equal but for their work and their value."""
    same = {name: f"${name}" for name in _SAME}
    return [
        {"$match": {**where, "lesson_id": {"$ne": None}}},
        {"$group": {"_id": same, "count": {"$sum": 1}, "mark": {"$max": "$_id"}}},
        {"$match": {"count": {"$gt": 1}}},
        {"$sort": {"mark": 1}},
    ]
