"""`school-gateway erase`: what it says, what it asks, and what it refuses."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from connectors.assembly import Connectors
from connectors.erasure.erasing import NAME
from connectors.facts import Fact, new_id
from connectors.vocabulary import PersonId, SchoolId, StudentId
from tests.databases import own_databases
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.cli.running import Said, run
from tests.gateway.served import SECRET


@dataclass(frozen=True, slots=True)
class Operated:
    """A school written by hand, and the environment in which an operator works with it."""

    connectors: Connectors
    school: Builder
    prefix: str
    uri: str

    async def run(self, *arguments: str) -> Said:
        return await run(
            *arguments,
            GATEWAY_MONGO__URI=self.uri,
            GATEWAY_MONGO__PREFIX=self.prefix,
            GATEWAY_MONGO__TIMEOUT_S="30",
            GATEWAY_AUTH__DEVELOPER_SECRET=SECRET,
            GATEWAY_TODAY="2026-11-18",
        )

    async def name(self, key: str) -> str:
        people = self.connectors.databases["directory"]["people"]
        person = await people.find_one({"_id": self.school.id("Person", key)})
        assert person is not None
        return str(person["display_name"])


@pytest.fixture(scope="module")
async def operated(mongo_uri: str) -> AsyncIterator[Operated]:
    async with own_databases(mongo_uri, "cli_erase") as (connectors, prefix):
        built = school.build(prefix)
        await built.write(mongo_uri, prefix)
        yield Operated(connectors, built, prefix, mongo_uri)


async def test_a_dry_run_lists_collections_and_changes_nothing(operated: Operated) -> None:
    before = await operated.name("ivan")
    said = await operated.run("erase", operated.school.id("Student", "ivan"), "--dry-run")
    assert said.code == 0, said.err
    assert "directory.people" in said.out
    assert "diary.remarks" in said.out
    assert "kept: part of the journal" in said.out
    assert "Nothing was changed" in said.err
    assert await operated.name("ivan") == before


async def test_who_is_in_a_class_today_is_refused(operated: Operated) -> None:
    said = await operated.run("erase", operated.school.id("Person", "petr"), "--yes")
    assert said.code == 1
    assert f"still has a place: class {operated.school.id('Class', '7a')}" in said.err
    assert await operated.name("petr") == "Петров Пётр Павлович"


async def test_nobody_is_erased_without_a_yes(operated: Operated) -> None:
    said = await operated.run("erase", operated.school.id("Person", "olga"))
    assert said.code == 1
    assert "cannot be undone" in said.err
    assert await operated.name("olga") != NAME


async def test_a_person_is_erased_with_what_the_audit_has_of_them(operated: Operated) -> None:
    student = operated.school.id("Student", "alyona")
    fact = Fact(
        _id=new_id(),
        school_id=SchoolId(operated.school.id("School", "perm")),
        at=datetime.now(UTC),
        actor={"person_id": PersonId("per_1"), "role": "TEACHER"},
        action="giveMark",
        object_id="mrk_1",
        student_id=StudentId(student),
        changes=[],
        request_id="r",
        client="app",
    )
    await operated.connectors.databases["grades"]["facts"].insert_one(dict(fact))
    said = await operated.run("erase", student, "--yes", "--although-active")
    assert said.code == 0, said.err
    assert await operated.name("alyona") == NAME
    events = operated.connectors.databases["audit"]["events"]
    assert await events.count_documents({"student_id": student}) == 0
    recorded = await events.distinct("action")
    assert {"giveMark", "erasePerson", "eraseAuditDetails"} <= set(recorded)
    again = await operated.run("erase", student, "--yes")
    assert again.code == 0, again.err
    assert "deleted" not in again.out


async def test_a_person_who_is_not_there_is_named(operated: Operated) -> None:
    said = await operated.run("erase", "nobody", "--yes")
    assert (said.code, "There is no person nobody" in said.err) == (1, True)
