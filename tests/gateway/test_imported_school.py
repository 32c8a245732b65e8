"""A school of a thousand students comes in from files, and its families read it over HTTP."""

from pathlib import Path
from typing import Final

import pytest

from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.demo import generate
from connectors.imports.summary import Summary
from connectors.migrations import versions
from connectors.mongo.bulk_write import Sink
from tests.connectors.imports.oneroster.delivery import TODAY, Delivery
from tests.connectors.imports.tables.workbooks import Tables, workbook
from tests.databases import own_databases
from tests.gateway.cli.running import run
from tests.gateway.school_as_files import GeneratedSchool, sheets_of, write_oneroster
from tests.gateway.served import ISSUER, Served, served, token

STUDENTS: Final = 1_000
CHILDREN: Final = "{ viewer { children { displayName class { name } } } }"


@pytest.fixture(scope="module")
async def school(mongo_uri: str) -> GeneratedSchool:
    async with own_databases(mongo_uri, "imported") as (connectors, _):
        await versions.record_latest(connectors.databases.values())
        sink = Sink(connectors.databases, fresh=True)
        await generate(sink, schools=1, students=STUDENTS, today=TODAY, weeks_back=0, weeks_ahead=0)
        await sink.flush()
        return await GeneratedSchool.of(connectors)


class OfOneRoster:
    """The school as a OneRoster delivery."""

    def __init__(self, school: GeneratedSchool, directory: Path, connectors: Connectors) -> None:
        self._delivery = Delivery(directory, connectors, issuer=ISSUER)
        write_oneroster(school, self._delivery)

    async def bring_in(self) -> Summary:
        return await self._delivery.run(self._delivery.zip())

    def remove_guardian(self, parent: str) -> None:
        """Take all guardianships of a parent out of the files."""
        users = self._delivery.rows["users"]
        for key, row in users.items():
            agents = [agent for agent in row.get("agentSourcedIds", "").split(",") if agent != parent]
            users[key] = {**row, "agentSourcedIds": ",".join(agents)}


class OfTables:
    """The school as a workbook of each list that a clerk keeps."""

    def __init__(self, school: GeneratedSchool, directory: Path, connectors: Connectors) -> None:
        self._tables = Tables(directory, connectors, issuer=ISSUER)
        self._sheets = sheets_of(school)

    async def bring_in(self) -> Summary:
        folder = self._tables.directory
        paths = [workbook(folder / f"{name}.xlsx", {"Лист1": rows}) for name, rows in self._sheets.items()]
        return await self._tables.run(*paths)

    def remove_guardian(self, parent: str) -> None:
        """Take all guardianships of a parent out of the files."""
        self._sheets["Родители"] = [row for row in self._sheets["Родители"] if row[-1] != parent]


async def read_children(gateway: Served, subject: str) -> set[tuple[str, str]]:
    answer = await gateway.ask(token(subject, Role.PARENT), CHILDREN)
    children = answer["data"]["viewer"]["children"]
    return {(child["displayName"], child["class"]["name"]) for child in children}


@pytest.mark.parametrize("kind", [OfOneRoster, OfTables])
async def test_a_school_of_a_thousand_comes_in_and_its_families_read_it(
    school: GeneratedSchool, kind: type[OfOneRoster | OfTables], mongo_uri: str, tmp_path: Path
) -> None:
    async with own_databases(mongo_uri, "imported") as (connectors, prefix):
        files = kind(school, tmp_path, connectors)
        first = await files.bring_in()
        assert first.is_balanced
        assert not first.skipped
        students = await connectors.databases["directory"]["people"].count_documents({"student_id": {"$exists": True}})
        assert students == len(school.learners) > STUDENTS * 0.9
        doctor = await run("doctor", GATEWAY_MONGO__URI=mongo_uri, GATEWAY_MONGO__PREFIX=prefix)
        assert "0 orphaned" in doctor.err
        second = await files.bring_in()
        assert (second.inserted.total(), second.changed.total()) == (0, 0)

        by_parent: dict[str, set[tuple[str, str]]] = {}
        for learner in school.learners:
            for parent in learner.parents:
                own = learner.person["display_name"], learner.in_class["name"]
                by_parent.setdefault(parent["_id"], set()).add(own)
        family = next(one for one in school.learners if len(one.parents) == 2)  # so that one of them stays
        parent, other = (one["_id"] for one in family.parents)
        people = connectors.databases["directory"]["people"]
        corrected = {"birth_date": "2010-10-10"}
        key = {"display_name": family.person["display_name"], "birth_date": family.person["birth_date"]}
        assert (await people.update_one(key, {"$set": corrected})).modified_count == 1
        # Without Redis no viewer is kept: with it, a right that was withdrawn lasts for a minute at most.
        async with served(mongo_uri, None, prefix=prefix, today=TODAY) as gateway:
            for subject in [*sorted(by_parent)[:20], parent]:
                assert await read_children(gateway, subject) == by_parent[subject]
            files.remove_guardian(parent)
            third = await files.bring_in()
            assert third.ended["guardianships"].count >= 1
            assert await people.count_documents({**key, **corrected}) == 1
            answer = await gateway.ask(token(parent, Role.PARENT), CHILDREN)
            assert "errors" in answer
            assert await read_children(gateway, other) == by_parent[other]
