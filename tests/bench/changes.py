"""The changes that are measured: each is sent many times, each time for something else, and undone between runs."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson

from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.demo.school import TODAY
from connectors.vocabulary import mint
from gateway.settings import Settings
from tests.bench.answers import Answered, answers_of
from tests.bench.processes import Process
from tests.bench.rounds import Runs, run_once, way
from tests.bench.school import Question
from tests.bench.serve import GATEWAY, LIMIT, LIMIT_COMMANDS, SERVED
from tests.gateway.served import token

CHANGES: Final = ("giveMark", "acknowledge")
COMPARED: Final = (GATEWAY, LIMIT, LIMIT_COMMANDS, SERVED)
WORKS: Final = 200
"""New works of one class: with its students more marks than one run can give."""
WEEKS: Final = 10
MOST: Final = 5_000
"""Requests of one change, which a run does not use up."""


async def changes_of(connectors: Connectors, only: Sequence[str]) -> dict[str, list[Question]]:
    """The requests of each change."""
    makers = {"giveMark": _marks, "acknowledge": _acknowledgements}
    return {name: (await makers[name](connectors))[:MOST] for name in CHANGES if name in only}


async def _marks(connectors: Connectors) -> list[Question]:
    """A teacher's marks for new works of a whole class."""
    directory, grades = connectors.directory.source.database, connectors.grades.source.database
    whole: dict[str, Any] = {"kind": Role.TEACHER.value, "ends_on": None, "group_id": None, "subject_id": {"$ne": None}}
    async for assignment in directory["staff_assignments"].find(whole).sort("_id"):
        learning = {"enrolments": {"$elemMatch": {"class_id": assignment["class_id"], "ends_on": None}}}
        students = [row["student_id"] async for row in directory["people"].find(learning).sort("_id")]
        kind = await grades["work_kinds"].find_one({"school_id": assignment["school_id"]}, sort=[("_id", 1)])
        if len(students) >= 20 and kind:
            break
    else:
        raise LookupError("no teacher of a large class")
    works = [
        {
            "_id": mint("Work", "bench", str(number)),
            "school_id": assignment["school_id"],
            "class_ids": [assignment["class_id"]],
            "group_id": None,
            "subject_id": assignment["subject_id"],
            "title": f"Работа {number}",
            "kind_id": kind["_id"],
            "planned_on": TODAY.isoformat(),
            "is_control_work": False,
            "max_score": None,
        }
        for number in range(WORKS)
    ]
    await grades["works"].insert_many(works)
    bearer = await _bearer(connectors, assignment["person_id"], Role.TEACHER)
    return [
        Question("giveMark", bearer, {"input": {"workId": work["_id"], "studentId": student, "value": "5"}})
        for work in works
        for student in students
    ]


async def _acknowledgements(connectors: Connectors) -> list[Question]:
    """Each parent acknowledges the weeks before this one, of each child."""
    directory = connectors.directory.source.database
    monday = TODAY - timedelta(days=TODAY.weekday())
    weeks = [(monday - timedelta(weeks=number)).isoformat() for number in range(1, WEEKS + 1)]
    held = directory["guardianships"].find({"data_access": True, "valid_to": None, "valid_from": None}).sort("_id")
    found = [row async for row in held] or [
        row async for row in directory["guardianships"].find({"data_access": True, "valid_to": None}).sort("_id")
    ]
    people = list(dict.fromkeys(row["person_id"] for row in found))[: MOST // WEEKS]
    bearers = {person: await _bearer(connectors, person, Role.PARENT) for person in people}
    return [
        Question(
            "acknowledge", bearers[row["person_id"]], {"input": {"studentId": row["student_id"], "weekStart": week}}
        )
        for week in weeks
        for row in found
        if bearers.get(row["person_id"])
    ]


async def _bearer(connectors: Connectors, person: str, role: Role) -> str:
    known = await connectors.directory.source.database["external_ids"].find_one({"person_id": person})
    return token(known["subject"], role) if known else ""


async def undo(connectors: Connectors) -> None:
    """Take away all that the changes have written."""
    works = [mint("Work", "bench", str(number)) for number in range(WORKS)]
    grades, diary = connectors.grades.source.database, connectors.diary.source.database
    await grades["marks"].delete_many({"work_id": {"$in": works}})
    await diary["acknowledgements"].delete_many({})
    for database in (grades, diary):
        await database["facts"].delete_many({})


async def agreed_changes(
    settings: Settings, connectors: Connectors, changes: Mapping[str, Sequence[Question]]
) -> dict[str, dict[str, Answered]]:
    """The answer of each server to the first request of each change; they differ in the ids of new objects alone."""
    answered: dict[str, dict[str, Answered]] = {server: {} for server in COMPARED}
    for name, questions in changes.items():
        for server in COMPARED:
            await undo(connectors)
            # The first of two answers is not looked at: the second question is another one.
            _, answered[server][name] = await answers_of(server, settings, questions[:2], is_repeated=False)
        shown = {server: _without_ids(orjson.loads(own[name].body)) for server, own in answered.items()}
        if len({orjson.dumps(one) for one in shown.values()}) > 1:
            raise ValueError(f"{name}: the servers disagree: {shown}")
    return answered


def _without_ids(answer: Any) -> Any:
    mark = (answer["data"].get("giveMark") or {}).get("mark")
    if mark:
        mark["id"] = None
    return answer


async def round_of_changes(
    connectors: Connectors,
    servers: Sequence[Process],
    changes: Mapping[str, Sequence[Question]],
    answers: Mapping[str, Mapping[str, Answered]],
    runs: Runs,
    *,
    clients: int,
    seconds: float,
) -> None:
    """One round into *runs*: change by change, each by every server, from the same beginning."""
    for name, questions in changes.items():
        for server in servers:
            await undo(connectors)
            one = way(server.name, server, [(question, answers[server.name][name]) for question in questions])
            run = await run_once(one, name, clients=clients, seconds=seconds)
            if run.seen.requests >= len(questions):
                raise ValueError(f"{name}: {len(questions)} requests are too few for a run")
            runs.setdefault((server.name, name), []).append(run)
