"""Inputs with which mutations are carried out, each with the documents that it needs in both worlds.

They are those of the tests of writing, in the school written by hand. Chance seldom fills a long input rightly, so that
without them most mutations would be refused each time, and their payloads would never be compared.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from pymongo import AsyncMongoClient

from connectors.assembly import SUBSYSTEMS
from tests.gateway import school
from tests.gateway.served import Recorder
from tests.gateway.writing.acting import Acting
from tests.gateway.writing.test_roles import INPUTS
from tests.privacy.worlds import SPACE, Change, Mutation, World, load

STUDENT: Final = "ivan"
"""The student whom the inputs are about."""


@dataclass(frozen=True, slots=True)
class ValidInput:
    """An input of a mutation, and the changes that both worlds need before it is sent."""

    values: Mapping[str, Any]
    needs: Mutation


async def valid_inputs(world: World, mongo_uri: str) -> dict[str, ValidInput]:
    """The inputs by the names of their mutations; none for other schools than the one written by hand."""
    if world.name != "written":
        return {}
    key, recorder, found = f"inputs_{uuid.uuid4().hex[:8]}", Recorder(), {}
    async with AsyncMongoClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[recorder]) as client:
        databases = {name: client[f"{key}_{name}"] for name in SUBSYSTEMS}
        by_name = {f"{SPACE}_{name}": own for name, own in databases.items()}
        acts = Acting(cast("Any", None), school.build(SPACE), SPACE, cast("Any", by_name))
        try:
            await load(databases, world)
            for name, values_of in {**INPUTS, "attachToAchievement": _file_to_attach}.items():
                recorder.clear()
                values = await values_of(acts, STUDENT)
                places = {f"{database.rpartition('_')[2]}.{of}" for database, _, of in recorder.writes}
                found[name] = ValidInput(values, await _changes(databases, world, places))
                await load(databases, world, places)
        finally:
            for own in databases.values():
                await client.drop_database(own.name)
    return found


async def _changes(databases: Mapping[str, Any], world: World, places: set[str]) -> Mutation:
    """How the collections of the databases differ from those of the world."""
    found: list[Change] = []
    for place in sorted(places):
        subsystem, collection = place.split(".", 1)
        before = world[place]
        now = {one["_id"]: one for one in await databases[subsystem][collection].find().to_list()}
        ids = [own for own in sorted(before.keys() | now.keys()) if before.get(own) != now.get(own)]
        found += [Change(place, own, before.get(own), now.get(own)) for own in ids]
    return tuple(found)


async def _file_to_attach(acts: Acting, student: str) -> dict[str, Any]:
    """A file of the parent who adds it to an achievement; its content is not asked for."""
    achievement = (await INPUTS["editAchievement"](acts, student))["achievementId"]
    moment = datetime.now(UTC)
    file = {
        "_id": acts.id("File", "to attach"),
        "school_id": acts.id("School", "perm"),
        "person_id": acts.id("Person", "olga"),
        "role": "PARENT",
        "purpose": "ACHIEVEMENT",
        "name": "Диплом.pdf",
        "size_bytes": 8,
        "sha256": "0" * 64,
        "media_type": "application/pdf",
        "state": "STORED",
        "created_at": moment,
        "expires_at": moment + timedelta(days=30),
        "removed_at": None,
        "content_keys": [],
        "content": None,
    }
    await acts.insert("files.files", file)
    return {"achievementId": achievement, "attachmentIds": [file["_id"]]}
