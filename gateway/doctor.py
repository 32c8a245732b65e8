"""The checks of `school-gateway doctor`: servers, the issuer, indexes, counts, and references that lead nowhere."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auth.tokens import TokenVerifier
from connectors import redis
from connectors.assembly import MODULES, Connectors
from connectors.errors import SourceUnavailable
from connectors.mongo import aggregated

CHUNK: Final = 5_000
PATIENCE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reference:
    """Where documents name others: *key* may lead through lists and parts, by dots."""

    source: str
    collection: str
    key: str
    target: str
    to: str = "_id"


def _references() -> tuple[Reference, ...]:
    people, students, subjects = "directory.people", "directory.people:student_id", "directory.subjects"
    classes, groups, lessons = "directory.classes", "directory.groups", "schedule.lessons"
    written = f"""
        directory.academic_years school_id directory.schools
        directory.people school_ids directory.schools
        directory.people enrolments.class_id {classes}
        directory.people memberships.group_id {groups}
        directory.people posts.school_id directory.schools
        directory.people merged_to {people}
        directory.guardianships person_id {people}
        directory.guardianships student_id {students}
        directory.classes school_id directory.schools
        directory.groups subject_id {subjects}
        directory.groups class_ids {classes}
        directory.staff_assignments person_id {people}
        directory.staff_assignments class_id {classes}
        directory.staff_assignments group_id {groups}
        directory.staff_assignments subject_id {subjects}
        directory.external_ids person_id {people}
        schedule.lessons class_ids {classes}
        schedule.lessons group_id {groups}
        schedule.lessons subject_id {subjects}
        schedule.lessons teacher_ids {people}
        diary.homework class_ids {classes}
        diary.homework lesson_id {lessons}
        diary.homework subject_id {subjects}
        diary.homework author_id {people}
        diary.homework student_ids {students}
        diary.submissions homework_id diary.homework
        diary.submissions student_id {students}
        diary.remarks student_id {students}
        diary.remarks lesson_id {lessons}
        diary.remarks author_id {people}
        diary.comments student_id {students}
        diary.comments lesson_id {lessons}
        diary.attendance student_id {students}
        diary.attendance lesson_id {lessons}
        diary.attendance subject_id {subjects}
        diary.absence_notices student_id {students}
        diary.absence_notices sent_by_id {people}
        diary.absence_notices lesson_ids {lessons}
        diary.acknowledgements student_id {students}
        diary.acknowledgements person_id {people}
        grades.works class_ids {classes}
        grades.works group_id {groups}
        grades.works subject_id {subjects}
        grades.works kind_id grades.work_kinds
        grades.marks student_id {students}
        grades.marks class_id {classes}
        grades.marks subject_id {subjects}
        grades.marks work_id grades.works
        grades.marks lesson_id {lessons}
        grades.marks scale_id grades.grade_scales
        grades.marks given_by_id {people}
        grades.final_grades student_id {students}
        grades.final_grades subject_id {subjects}
        grades.final_grades period_id grades.attestation_periods
        grades.attestation_periods subject_id {subjects}
        grades.attestation_debts student_id {students}
        grades.attestation_debts subject_id {subjects}
        grades.attestation_debts period_id grades.attestation_periods
        curriculum.curricula class_ids {classes}
        curriculum.curricula items.subject_id {subjects}
        curriculum.work_programmes class_ids {classes}
        curriculum.work_programmes subject_id {subjects}
        curriculum.module_courses class_ids {classes}
        curriculum.course_choices course_id curriculum.module_courses
        curriculum.course_choices student_id {students}
        portfolio.achievements student_id {students}
        portfolio.achievements type_id portfolio.achievement_types
        portfolio.achievements added_by_id {people}
        assessments.tests subject_id {subjects}
        assessments.tests author_id {people}
        assessments.assignments test_id assessments.tests
        assessments.assignments student_id {students}
        assessments.attempts test_id assessments.tests
        assessments.attempts student_id {students}
    """.format(people=people, students=students, subjects=subjects, classes=classes, groups=groups, lessons=lessons)
    references = []
    for line in written.strip().splitlines():
        place, key, target = line.split()
        source, collection = place.split(".")
        name, _, to = target.partition(":")
        references.append(Reference(source, collection, key, name, to or "_id"))
    return tuple(references)


REFERENCES: Final = _references()


async def connections(connectors: Connectors) -> Mapping[str, bool]:
    """Whether each subsystem's database answers."""

    async def answers(name: str) -> bool:
        try:
            await connectors.sources[name].ping(deadline=asyncio.get_running_loop().time() + PATIENCE_S)
        except SourceUnavailable:
            return False
        return True

    names = list(connectors.sources)
    return dict(zip(names, await asyncio.gather(*map(answers, names)), strict=True))


async def standalones(connectors: Connectors) -> list[str]:
    """The subsystems whose server belongs to no replica set: they have neither transactions nor change streams."""

    async def is_standalone(name: str) -> bool:
        hello = await connectors.databases[name].command("hello")
        return "setName" not in hello and hello.get("msg") != "isdbgrid"  # a router stands before replica sets

    names = list(connectors.databases)
    found = await asyncio.gather(*map(is_standalone, names))
    return [name for name, alone in zip(names, found, strict=True) if alone]


async def redis_answers(uri: str, timeout_s: float) -> bool:
    """Whether Redis answers to its address and password."""
    client = redis.connect(uri, timeout_s=timeout_s)
    try:
        await client.ping()
    except (redis.RedisError, OSError):
        return False
    finally:
        await client.aclose()
    return True


async def issuer_problem(verifier: TokenVerifier) -> str | None:
    """What is wrong with the keys of the OIDC issuer; None where they are there, or where no issuer is trusted."""
    try:
        count = await verifier.issuer_keys()
    except SourceUnavailable:
        return "its metadata or its keys cannot be read"
    return "none of its keys can verify tokens" if count == 0 else None


async def missing_indexes(connectors: Connectors) -> list[str]:
    """The declared indexes that a database lacks, as `subsystem.collection: name`."""
    missing = []
    for name, database in connectors.databases.items():
        for collection, models in MODULES[name].INDEXES.items():
            there = await database[collection].index_information()
            wanted = [model.document["name"] for model in models]
            missing += [f"{name}.{collection}: {index}" for index in wanted if index not in there]
    return missing


async def counts(connectors: Connectors) -> Mapping[str, int]:
    """Documents of every declared collection."""
    return {
        f"{name}.{collection}": await database[collection].estimated_document_count()
        for name, database in connectors.databases.items()
        for collection in MODULES[name].INDEXES
    }


async def orphans(connectors: Connectors, reference: Reference) -> tuple[int, list[str]]:
    """How many distinct ids under the reference lead nowhere, and a few of them."""
    databases = connectors.databases
    source, collection = reference.target.split(".")
    target = databases[source][collection]
    count = 0
    examples: list[str] = []
    async for ids in _chunks(databases[reference.source][reference.collection], reference.key):
        known = target.find({reference.to: {"$in": ids}}, {"_id": 0, reference.to: 1})
        found = {document[reference.to] async for document in known}
        lost = [one for one in ids if one not in found]
        count += len(lost)
        examples += lost[: 3 - len(examples)]
    return count, examples


async def _chunks(collection: Any, key: str) -> AsyncIterator[Sequence[str]]:
    """The distinct ids under *key*, in chunks: memory stays flat."""
    parts = key.split(".")
    unwinds = [{"$unwind": "$" + ".".join(parts[: depth + 1])} for depth in range(len(parts))]
    chunk: list[str] = []
    pipeline: list[dict[str, Any]] = [{"$project": {key: 1}}, *unwinds, {"$group": {"_id": f"${key}"}}]
    async for row in await aggregated(collection, pipeline, allowDiskUse=True):
        if row["_id"] is not None:
            chunk.append(row["_id"])
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
