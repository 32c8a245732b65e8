"""Finds broken references: ids in documents that name other documents which do not exist."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.checks.scope import Found, Scope, rows_of
from connectors.integrity import IntegrityRule as Rule
from connectors.mongo import Database, Where
from connectors.references import Reference

CHUNK: Final = 5_000
"""Ids that are looked up at once."""

CHECKED_COLLECTIONS: Final = frozenset(
    {
        "curriculum.calendar_periods",
        "curriculum.curricula",
        "curriculum.work_programmes",
        "diary.attendance",
        "diary.homework",
        "directory.academic_years",
        "directory.classes",
        "directory.groups",
        "directory.guardianships",
        "directory.people",
        "directory.staff_assignments",
        "directory.subjects",
        "grades.attestation_debts",
        "grades.attestation_periods",
        "grades.final_grades",
        "grades.marks",
        "grades.works",
        "schedule.bell_schedules",
        "schedule.events",
        "schedule.holidays",
        "schedule.lessons",
    }
)
"""The collections that are checked: administrators may read them, so that a finding tells nothing new."""


class BrokenReference(NamedTuple):
    """An id of a document that does not exist, and one of the documents that name it."""

    id: str
    example: str


async def broken_references(
    databases: Mapping[str, Database], reference: Reference, where: Where | None = None
) -> AsyncIterator[list[BrokenReference]]:
    """The broken ids of one kind of reference, each once, in batches."""
    key = reference.key
    parts = key.split(".")
    pipeline: list[dict[str, Any]] = [
        *([{"$match": where}] if where else []),
        {"$project": {key: 1}},
        *({"$unwind": "$" + ".".join(parts[: depth + 1])} for depth in range(len(parts))),
        {"$group": {"_id": f"${key}", "example": {"$min": "$_id"}}},
    ]
    async for chunk in _chunks(databases[reference.source][reference.collection], pipeline):
        lost = await _missing(databases, reference, [row["_id"] for row in chunk])
        yield [BrokenReference(row["_id"], row["example"]) for row in chunk if row["_id"] in lost]


async def _missing(databases: Mapping[str, Database], reference: Reference, ids: Sequence[str]) -> set[str]:
    """The ids of the given ones that no document has."""
    key = reference.target_key
    known = databases[reference.target_source][reference.target_collection].find(
        {key: {"$in": ids}}, {"_id": 0, key: 1}
    )
    return set(ids) - {document[key] async for document in known}


async def _chunks(collection: Any, pipeline: Sequence[Mapping[str, Any]]) -> AsyncIterator[list[Any]]:
    """The rows of a pipeline in chunks of `CHUNK`, without the row of null."""
    chunk: list[Any] = []
    async for row in rows_of(collection, pipeline):
        if row["_id"] is not None:
            chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def check_references(scope: Scope, references: Sequence[Reference]) -> AsyncIterator[list[Found]]:
    """The broken references in documents of the school.

    Most documents are about one student each: these are read a few students at a time, by the index of students.
    """
    checked = [own for own in references if f"{own.source}.{own.collection}" in CHECKED_COLLECTIONS]
    by_student = {own.collection for own in checked if own.key == "student_id"}
    for reference in checked:
        if reference.key == "student_id":
            async for found in _check_student_ids(scope, reference):
                yield found
        elif reference.collection not in by_student:
            place = "school_ids" if reference.collection == "people" else "school_id"
            async for found in _findings(scope, reference, {place: scope.school_id}):
                yield found
    # The example of an id stays that of the first page: another one would reopen an accepted finding.
    seen: set[tuple[str, str]] = set()
    async for page in scope.students():
        where = {"student_id": {"$in": [own["student_id"] for own in page]}, "school_id": scope.school_id}
        for reference in checked:
            if reference.collection in by_student and reference.key != "student_id":
                async for found in _findings(scope, reference, where):
                    new = [own for own in found if (own.key, own.object_id) not in seen]
                    seen.update((own.key, own.object_id) for own in new)
                    yield new


async def _check_student_ids(scope: Scope, reference: Reference) -> AsyncIterator[list[Found]]:
    """The ids of students who do not exist in documents of the school.

    MongoDB takes each student id of all schools once from the index, and reads only the documents with broken ones.
    """
    collection = scope.databases[reference.source][reference.collection]
    async for chunk in _chunks(collection, [{"$group": {"_id": "$student_id"}}]):
        lost = await _missing(scope.databases, reference, [row["_id"] for row in chunk])
        if lost:
            where = {"student_id": {"$in": sorted(lost)}, "school_id": scope.school_id}
            async for found in _findings(scope, reference, where):
                yield found


async def _findings(scope: Scope, reference: Reference, where: Where) -> AsyncIterator[list[Found]]:
    place = f"{reference.source}.{reference.collection}.{reference.key}"
    async for broken in broken_references(scope.databases, reference, where):
        yield [
            Found(Rule.REFERENCE_LOST, own.id, details={"place": place, "example": own.example}, key=place)
            for own in broken
        ]
