"""A person is erased from all databases: nothing tells of them any more, and nothing of others is changed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.assembly import Connectors
from connectors.erasure import erasing
from connectors.erasure.erasing import NotFound
from connectors.erasure.rules import Fate
from connectors.imports.runs import ImportRun, Write
from connectors.imports.summary import Place, Summary
from connectors.snapshots import SNAPSHOTS, id_of
from tests.databases import own_databases
from tests.gateway import school
from tests.gateway.building import Builder

TODAY = "2026-11-18"
SENT = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)

Stored = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Erasing:
    """A school written by hand, and what tests do with it."""

    connectors: Connectors
    school: Builder

    async def erase(self, named: str) -> list[erasing.Outcome]:
        subject = await erasing.subject_of(self.connectors.databases["directory"], named, TODAY)
        return await erasing.erase(self.connectors.each, subject, TODAY)

    async def count(self, named: str) -> dict[tuple[str, Fate], int]:
        subject = await erasing.subject_of(self.connectors.databases["directory"], named, TODAY)
        found = await erasing.outcomes(self.connectors.each, subject)
        return {(one.collection, one.fate): one.documents for one in found}

    async def stored(self) -> Stored:
        """All documents, by `subsystem.collection/id`."""
        return {
            f"{subsystem}.{name}/{one['_id']}": one
            for subsystem, database in self.connectors.databases.items()
            for name in await database.list_collection_names()
            async for one in database[name].find()
        }


@pytest.fixture
async def whole(mongo_uri: str) -> AsyncIterator[Erasing]:
    async with own_databases(mongo_uri, "erasing") as (connectors, prefix):
        built = school.build(prefix)
        await built.write(mongo_uri, prefix)
        await _put_more(connectors, built)
        yield Erasing(connectors, built)


async def _put_more(connectors: Connectors, built: Builder) -> None:
    """What the school written by hand has not: snapshots of an import, and a file."""
    databases = connectors.databases
    ivan, student = built.id("Person", "ivan"), built.id("Student", "ivan")
    person = await databases["directory"]["people"].find_one({"_id": ivan})
    mark = await databases["grades"]["marks"].find_one({"student_id": student})
    assert person is not None
    assert mark is not None
    await databases["grades"]["marks"].update_one({"_id": mark["_id"]}, {"$set": {"comment": "у Иванова Ивана"}})
    for subsystem, name, document in (("directory", "people", person), ("grades", "marks", mark)):
        snapshot = {"_id": id_of(name, document["_id"]), "collection": name, "source": "urn:x", "document": document}
        await databases[subsystem][SNAPSHOTS.name].insert_one(snapshot)
    submission = await databases["diary"]["submissions"].find_one({"student_id": student})
    assert submission is not None
    file = {"_id": "fil_1", "person_id": ivan, "school_id": person["school_id"], "name": "Сочинение Иванова.docx"}
    await databases["files"]["files"].insert_one({**file, "removed_at": None, "expires_at": None})
    attached = {"_id": "fil_1", "file_id": "fil_1", "owner_id": submission["_id"], "attached_by_id": ivan}
    await databases["diary"]["attached_files"].insert_one({**attached, "released_at": None})


def changed(before: Stored, after: Stored) -> set[str]:
    """The collections of the documents that differ."""
    names = before.keys() | after.keys()
    return {name.partition("/")[0] for name in names if before.get(name) != after.get(name)}


async def test_nothing_tells_of_a_student_any_more(whole: Erasing) -> None:
    before = await whole.stored()
    student, ivan = whole.school.id("Student", "ivan"), whole.school.id("Person", "ivan")
    twice = whole.school.id("Person", "ivan-twice")
    await whole.erase(student)
    after = await whole.stored()
    person = after[f"directory.people/{ivan}"]
    assert (person["display_name"], person["given_name"], person["name_tokens"]) == (erasing.NAME, "", [])
    assert not person.keys() & {"birth_date", "email", "phone", "snils"}
    assert person["roles"] == []
    assert {one["ends_on"] for one in person["enrolments"]} == {TODAY}
    assert after[f"directory.people/{twice}"]["display_name"] == erasing.NAME, "a duplicate is the same person"
    said = orjson.dumps(list(after.values()), default=str).decode()
    for word in ("Иванов Иван", "Иванов Ваня", "ivan@example.org", "2013-05-01"):
        assert word in orjson.dumps(list(before.values()), default=str).decode()
        assert word not in said
    for place in ("diary.submissions", "diary.remarks", "diary.comments", "diary.absence_notices"):
        assert not [one for name, one in after.items() if name.startswith(f"{place}/") and one["student_id"] == student]
    marks = [one for name, one in after.items() if name.startswith("grades.marks/") and one["student_id"] == student]
    assert len(marks) == len([n for n, one in before.items() if "grades.marks/" in n and one["student_id"] == student])
    assert {one["comment"] for one in marks} == {None}


async def test_nothing_of_others_is_changed(whole: Erasing) -> None:
    before = await whole.stored()
    ids = {whole.school.id("Student", "ivan")}
    ids |= {whole.school.id("Person", key) for key in ("ivan", "ivan-twice")}
    await whole.erase(whole.school.id("Person", "ivan"))
    after = await whole.stored()
    for name, document in before.items():
        if not any(own in orjson.dumps(document, default=str).decode() for own in ids):
            assert after.get(name) == document, name


async def test_nothing_tells_of_a_parent_any_more(whole: Erasing) -> None:
    olga = whole.school.id("Person", "olga")
    before = await whole.stored()
    name = before[f"directory.people/{olga}"]["display_name"]
    await whole.erase(olga)
    after = await whole.stored()
    assert name not in orjson.dumps(list(after.values()), default=str).decode()
    assert not [one for place, one in after.items() if "guardianships/" in place and one["person_id"] == olga]
    assert not [one for place, one in after.items() if "external_ids/" in place and one["person_id"] == olga]
    texts = [one["text"] for place, one in after.items() if "messages.messages/" in place and one["author_id"] == olga]
    assert set(texts) <= {None}


async def test_a_dry_run_counts_what_an_erasure_does(whole: Erasing) -> None:
    before = await whole.stored()
    student = whole.school.id("Student", "ivan")
    counted = await whole.count(student)
    assert await whole.stored() == before
    done = await whole.erase(student)
    assert {(one.collection, one.fate): one.documents for one in done} == counted
    assert counted["directory.people", Fate.CLEARED] == 2
    assert counted["grades.marks", Fate.CLEARED] == 1
    assert ("diary.remarks", Fate.DELETED) in counted


async def test_a_second_erasure_changes_nothing(whole: Erasing) -> None:
    student = whole.school.id("Student", "ivan")
    await whole.erase(student)
    before = await whole.stored()
    assert {one.fate for one in await whole.erase(student)} == {Fate.KEPT}
    assert changed(before, await whole.stored()) <= {"files.files"}


async def test_an_erasure_that_was_broken_off_is_completed(whole: Erasing, monkeypatch: pytest.MonkeyPatch) -> None:
    student = whole.school.id("Student", "ivan")
    real, steps = erasing._carry_out, 0

    async def break_off(*arguments: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 8:
            raise ConnectionResetError
        await real(*arguments)

    monkeypatch.setattr(erasing, "_carry_out", break_off)
    with pytest.raises(ConnectionResetError):
        await whole.erase(student)
    monkeypatch.undo()
    await whole.erase(student)
    assert {fate for _, fate in await whole.count(student)} == {Fate.KEPT}


async def test_an_erasure_is_recorded_without_saying_of_whom(whole: Erasing) -> None:
    ivan = whole.school.id("Person", "ivan")
    await whole.erase(ivan)
    facts = await whole.connectors.databases["directory"]["facts"].find({"action": erasing.ACTION}).to_list(None)
    assert [one["object_id"] for one in facts] == [whole.school.id("School", "perm")]
    assert ivan not in orjson.dumps(facts, default=str).decode()


async def test_files_go_and_attached_ones_with_their_documents(whole: Erasing) -> None:
    await whole.erase(whole.school.id("Person", "ivan"))
    file = await whole.connectors.databases["files"]["files"].find_one({})
    assert file is not None
    assert file["removed_at"] is not None
    assert file["expires_at"] is not None
    attached = await whole.connectors.databases["diary"]["attached_files"].find_one({})
    assert attached is not None
    assert attached["released_at"] is not None


async def test_an_import_does_not_bring_an_erased_person_back(whole: Erasing) -> None:
    ivan, databases = whole.school.id("Person", "ivan"), whole.connectors.databases
    person = await databases["directory"]["people"].find_one({"_id": ivan})
    mark = await databases["grades"]["marks"].find_one({"comment": "у Иванова Ивана"})
    assert person is not None
    assert mark is not None
    await whole.erase(ivan)
    before = await whole.stored()
    summary = Summary()
    run = ImportRun(databases, summary, source="urn:x", part_of=())
    again = {**person, "display_name": "Иванов Иван Новый", "email": "new@example.org"}
    await run.account("people", Place("people", 1), "Ivan", [Write("directory", "people", again)])
    await run.account("marks", Place("marks", 1), "mark", [Write("grades", "marks", mark)])
    await run.finish()
    assert await whole.stored() == before
    assert summary.is_balanced


async def test_who_is_active_has_places(whole: Erasing) -> None:
    directory = whole.connectors.databases["directory"]
    ivan = await erasing.subject_of(directory, whole.school.id("Person", "ivan"), TODAY)
    assert whole.school.id("Class", "7a") in " ".join(ivan.places)
    assert not ivan.is_staff
    olga = await erasing.subject_of(directory, whole.school.id("Person", "olga"), TODAY)
    assert not olga.places
    with pytest.raises(NotFound, match="There is no person nobody"):
        await erasing.subject_of(directory, "nobody", TODAY)
