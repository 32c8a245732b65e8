"""Changes whose transaction is cut short: at each outcome that a client sees, nothing is done twice or by half."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from pydantic import SecretStr

from auth.viewer import Role
from connectors.embedded import mongod
from connectors.mongo import Driver
from gateway.settings import MongoSettings
from gateway.write_rules import WriteRules
from tests.gateway.standalone import standalone
from tests.gateway.writing.acting import Acting, acting, mutation
from tests.gateway.writing.cutting import Cutting, Lost, cutting

ALWAYS: Final = 1_000_000
PATIENT: Final[dict[str, Any]] = {"timeout_s": 30, "read_timeout_s": 25}


class Cut(NamedTuple):
    """A school whose diary lies behind a proxy."""

    acts: Acting
    proxy: Cutting

    async def submitted(self, key: str = "k") -> dict[str, Any]:
        return await submitted(self.acts, key)

    async def counts(self) -> tuple[int, ...]:
        """How many notices, facts and records of keys there are."""
        return await counts(self.acts)


async def submitted(acts: Acting, key: str = "k") -> dict[str, Any]:
    values = {"studentId": acts.id("Student", "ivan"), "absence": {"days": ["2026-12-01"]}, "reason": "Болеет"}
    query = mutation("submitAbsenceNotice", "notice { id state }", key)
    return await acts.answer("olga", Role.PARENT, query, {"input": values})


async def counts(acts: Acting) -> tuple[int, ...]:
    return (
        len(await acts.found("diary.absence_notices", version={"$exists": True})),
        len(await acts.found("diary.facts")),
        len(await acts.found("diary.idempotency")),
    )


@pytest.fixture(scope="module")
async def _server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server of its own, whose sessions these tests may end."""
    async with mongod(tmp_path_factory.mktemp("cut") / "mongo") as uri:
        yield uri


@pytest.fixture(scope="module", params=list(Driver))
async def _cut(_server: str, request: pytest.FixtureRequest) -> AsyncIterator[Cut]:
    prefix = f"cut_{request.param}"
    with cutting(_server) as (through, proxy):
        mongo = MongoSettings(
            uri=SecretStr(_server),
            uris={"diary": SecretStr(through)},
            prefix=prefix,
            driver=request.param,
            **PATIENT,
        )
        writing = WriteRules(timeout_s=1)
        async with acting(_server, None, prefix, mongo=mongo, writing=writing) as acts:
            yield Cut(acts, proxy)


@pytest.fixture
async def cut(_cut: Cut) -> Cut:
    _cut.proxy.cut("", Lost.ANSWER, 0)
    await _cut.acts.client.admin.command("killAllSessions", [])
    await _cut.acts.restore()
    return _cut


@pytest.mark.parametrize("lost", Lost)
@pytest.mark.parametrize("command", ["find", "insert", "commitTransaction"])
async def test_a_change_is_made_once_when_a_connection_is_lost_at_a_command(cut: Cut, command: str, lost: Lost) -> None:
    cut.proxy.cut(command, lost, 1)
    answer = await cut.submitted()
    assert cut.proxy.cuts == 1
    assert answer["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert await cut.counts() == (1, 1, 1)
    again = await cut.submitted()
    assert again["data"] == answer["data"]
    assert again["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    assert await cut.counts() == (1, 1, 1)


async def _is_unknown(cut: Cut, lost: Lost) -> None:
    cut.proxy.cut("commitTransaction", lost, ALWAYS)
    answer = await cut.submitted()
    assert cut.proxy.cuts > 1
    assert answer["data"] == {"submitAbsenceNotice": None}
    [error] = answer["errors"]
    assert error["path"] == ["submitAbsenceNotice"]
    extensions = {name: error["extensions"].get(name) for name in ("code", "connector", "outcome")}
    assert extensions == {"code": "SOURCE_UNAVAILABLE", "connector": "diary", "outcome": "UNKNOWN"}
    cut.proxy.cut("", lost, 0)


async def test_a_change_whose_answer_never_comes_is_unknown_and_found_again_by_its_key(cut: Cut) -> None:
    await _is_unknown(cut, Lost.ANSWER)
    assert await cut.counts() == (1, 1, 1)
    again = await cut.submitted()
    assert again["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert again["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    assert await cut.counts() == (1, 1, 1)


async def test_a_change_whose_commit_never_arrives_is_unknown_and_made_by_its_repetition(cut: Cut) -> None:
    await _is_unknown(cut, Lost.REQUEST)
    assert await cut.counts() == (0, 0, 0)
    # The transaction is open in the server and holds what it wrote; nobody else's change comes in between.
    held = await cut.submitted()
    assert [error["extensions"]["code"] for error in held["errors"]] == ["SOURCE_UNAVAILABLE"]
    assert "outcome" not in held["errors"][0]["extensions"]
    # The server ends such a transaction by itself after a minute.
    await cut.acts.client.admin.command("killAllSessions", [])
    again = await cut.submitted()
    assert again["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert "extensions" not in again
    assert await cut.counts() == (1, 1, 1)


async def test_nothing_is_changed_when_the_connection_is_lost_at_every_write(cut: Cut) -> None:
    cut.proxy.cut("insert", Lost.ANSWER, ALWAYS)
    answer = await cut.submitted()
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "SOURCE_UNAVAILABLE"
    assert "outcome" not in error["extensions"]
    cut.proxy.cut("", Lost.ANSWER, 0)
    assert await cut.counts() == (0, 0, 0)
    again = await cut.submitted()
    assert "extensions" not in again
    assert await cut.counts() == (1, 1, 1)


@pytest.mark.parametrize("driver", Driver)
async def test_a_server_that_stands_alone_is_read_and_refuses_changes(tmp_path: Path, driver: Driver) -> None:
    async with standalone(tmp_path) as uri:
        mongo = MongoSettings(uri=SecretStr(uri), prefix="alone", driver=driver, **PATIENT)
        async with acting(uri, None, "alone", mongo=mongo) as acts:
            answer = await submitted(acts)
            [error] = answer["errors"]
            assert error["message"] == "The data source takes no changes: its MongoDB is not a replica set."
            extensions = {name: error["extensions"].get(name) for name in ("code", "connector", "outcome")}
            assert extensions == {"code": "SOURCE_UNAVAILABLE", "connector": "diary", "outcome": "NONE"}
            assert await counts(acts) == (0, 0, 0)
            assert await acts.found("diary.absence_locks") == []
            query = "{ viewer { children { id absenceNotices(first: 1) { totalCount } } } }"
            read = await acts.answer("olga", Role.PARENT, query)
            assert "errors" not in read
