"""The jobs of the audit, in the processes that run them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors import facts
from connectors.assembly import SUBSYSTEMS, Clients
from connectors.audit.checkpoints import read_lines
from connectors.audit.signatures import PublicKeys, Signer
from connectors.audit.verification import verify
from connectors.migrations import versions
from gateway.app import jobs_of
from gateway.settings import Settings
from tests.connectors.audit.sealing import Sealing, fact
from tests.gateway.cli.running import free_port
from tests.gateway.served import SECRET

ROOT: Final = Path(__file__).parents[3]
PEM: Final = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
async def sealing(mongo_uri: str) -> AsyncIterator[Sealing]:
    prefix = f"audit_jobs_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        sealing = Sealing(clients.connectors)
        await sealing.clear()
        await versions.record_latest(clients.connectors.databases.values())
        yield sealing


@asynccontextmanager
async def process(
    sealing: Sealing, mongo_uri: str, *arguments: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`school-gateway` with the databases of *sealing*; stopped in the end if it still runs."""
    prefix = sealing.connectors.audit.source.database.name.removesuffix("_audit")
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        cwd=ROOT,
        env={
            **os.environ,
            "GATEWAY_MONGO__URI": mongo_uri,
            "GATEWAY_MONGO__PREFIX": prefix,
            "GATEWAY_MONGO__TIMEOUT_S": "30",
            "GATEWAY_AUDIT__SEAL_S": "0.05",
            "GATEWAY_AUDIT__CHECKPOINT_S": "0.05",
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.communicate()


async def sealed(sealing: Sealing, count: int) -> Any:
    """Wait until so many events are sealed."""
    async with asyncio.timeout(60):
        while len(found := await sealing.events()) < count:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    return found


async def test_work_seals_facts_and_gives_signed_checkpoints_away(
    sealing: Sealing, mongo_uri: str, tmp_path: Path
) -> None:
    key, checkpoints, port = tmp_path / "audit.pem", tmp_path / "checkpoints", free_port()
    key.write_text(PEM)
    await sealing.put(fact(minute=0), fact(minute=1))
    async with process(
        sealing,
        mongo_uri,
        "work",
        GATEWAY_AUDIT__SIGNING_KEY_FILE=str(key),
        GATEWAY_AUDIT__CHECKPOINT_FILE=str(checkpoints),
        GATEWAY_JOBS__PORT=str(port),
    ) as running:
        assert running.stdout is not None
        await sealed(sealing, 2)
        async for line in running.stdout:
            logged = orjson.loads(line)
            if logged["event"] == "audit checkpoint":
                break
        else:
            pytest.fail("no checkpoint in the log")
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/metrics") as answer:
            metrics = await answer.text()
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == 0
    [checkpoint] = read_lines(checkpoints)
    assert checkpoint == {name: logged[name] for name in checkpoint}
    assert (checkpoint["school"], checkpoint["number"]) == ("1", 2)
    assert "gateway_audit_sealed_total 2.0" in metrics
    assert 'gateway_job_held{job_name="audit-seal"} 1.0' in metrics
    keys = PublicKeys([Signer.of(PEM).public_key])
    report = await verify(sealing.connectors.audit.source.database, keys=keys, checkpoints=[checkpoint])
    assert (report.findings, report.events) == ([], 2)


async def test_a_worker_that_is_killed_is_followed_by_another_and_nothing_is_lost_or_doubled(
    sealing: Sealing, mongo_uri: str
) -> None:
    put = [fact(minute=minute) for minute in range(300)]
    async with process(sealing, mongo_uri, "work") as first:
        for own in put[:150]:
            await sealing.put(own)
        await sealed(sealing, 10)
        assert os.getpriority(os.PRIO_PROCESS, first.pid) == 5  # requests go before it
        first.kill()
        assert await first.wait() == -signal.SIGKILL
    await sealing.put(*put[150:])
    # The lease of the dead process would last up to 40 seconds.
    await sealing.connectors.audit.source.database["leases"].update_many({}, {"$set": {"ends_at": put[0]["at"].min}})
    async with process(sealing, mongo_uri, "work"):
        events = await sealed(sealing, 300)
    assert [event["number"] for event in events] == list(range(1, 301))
    assert {event["fact_id"] for event in events} == {own["_id"] for own in put}
    report = await verify(sealing.connectors.audit.source.database, keys=PublicKeys([]))
    assert report.findings == []


@pytest.mark.parametrize("in_serve", ["true", "false"])
async def test_serve_seals_facts_itself_unless_it_is_not_to(sealing: Sealing, mongo_uri: str, in_serve: str) -> None:
    await sealing.put(fact())
    port = free_port()
    environment = {
        "GATEWAY_HTTP__PORT": str(port),
        "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET,
        "GATEWAY_JOBS__IN_SERVE": in_serve,
        "GATEWAY_HTTP__DRAIN_S": "0",
    }
    async with process(sealing, mongo_uri, "serve", **environment) as running:
        assert running.stderr is not None
        assert b"Listening" in await running.stderr.readline()
        if in_serve == "true":
            await sealed(sealing, 1)
    assert len(await sealing.events()) == (1 if in_serve == "true" else 0)
    leases = await sealing.connectors.audit.source.database["leases"].distinct("_id")
    jobs = {"audit-seal", "audit-checkpoint", "files-sweep", "exports-run", "retention", "notifications-make"}
    jobs |= {"integrity-run", "integrity-daily", "notifications-remind"}
    assert set(leases) == (jobs if in_serve == "true" else set())


async def test_work_says_which_setting_is_wrong(sealing: Sealing, mongo_uri: str, tmp_path: Path) -> None:
    for environment, said in (
        ({"GATEWAY_AUDIT__SIGNING_KEY_FILE": str(tmp_path / "none")}, b"GATEWAY_AUDIT__SIGNING_KEY_FILE"),
        ({"GATEWAY_AUDIT__SIGNING_KEY": "no key"}, b"The settings are wrong"),
    ):
        async with process(sealing, mongo_uri, "work", **environment) as running:
            _, error = await running.communicate()
            assert running.returncode == 1
            assert said in error
            assert b"Traceback" not in error


async def test_every_subsystem_that_has_facts_is_sealed(sealing: Sealing) -> None:
    [seal, *_] = jobs_of(Settings(), sealing.connectors)
    named = {source.name for source in seal.run.__self__._sources}  # type: ignore[attr-defined] # the sealer's method
    assert named == {name for name, own in SUBSYSTEMS.items() if facts.FACTS in own.collections}
    assert {"audit", "diary"} <= named
