"""`school-gateway audit` and what `doctor` says of the audit, as an operator runs them."""

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connectors.assembly import Clients
from connectors.audit.checkpoints import append_lines, ends
from connectors.audit.sealer import Sealer
from connectors.audit.signatures import Signer
from tests.connectors.audit.sealing import Sealing, fact
from tests.gateway.cli.running import Said, run
from tests.gateway.served import SECRET


@dataclass(frozen=True, slots=True)
class Operated:
    """A sealed audit, its keys and a checkpoint in files, and the environment in which an operator verifies it."""

    sealing: Sealing
    environment: Mapping[str, str]
    checkpoint: Path
    public_key: Path

    async def run(self, *arguments: str, **environment: str) -> Said:
        return await run(*arguments, **{**self.environment, **environment})

    async def verify(self, *arguments: str) -> Said:
        return await self.run("audit", "verify", *arguments)


@pytest.fixture
async def audit(mongo_uri: str, tmp_path: Path) -> AsyncIterator[Operated]:
    prefix = f"cli_audit_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        sealing = Sealing(clients.connectors)
        await sealing.clear()
        await clients.connectors.create_indexes()
        await sealing.put(*(fact(minute=minute, student=f"stu_{minute}") for minute in range(4)))
        sources = [clients.connectors.diary.source, clients.connectors.audit.source]
        await Sealer(clients.connectors.audit.source, sources, Signer(key)).seal()
        append_lines(tmp_path / "checkpoints", await ends(clients.connectors.audit.source.database))
        environment = {
            "GATEWAY_MONGO__URI": mongo_uri,
            "GATEWAY_MONGO__PREFIX": prefix,
            "GATEWAY_MONGO__TIMEOUT_S": "30",
            "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET,
            "GATEWAY_AUDIT__SIGNING_KEY_FILE": str(private),
        }
        yield Operated(sealing, environment, tmp_path / "checkpoints", public)


async def test_verify_says_that_an_audit_is_whole(audit: Operated) -> None:
    said = await audit.verify("--checkpoint", str(audit.checkpoint))
    assert said.code == 0, said
    assert "4 events of 1 schools, compared with 1 checkpoints: whole." in said.err
    assert said.out == ""


async def test_verify_needs_no_private_key(audit: Operated) -> None:
    said = await audit.run("audit", "verify", "--public-key", str(audit.public_key), GATEWAY_AUDIT__SIGNING_KEY_FILE="")
    assert said.code == 0, said


async def test_verify_says_what_cannot_be_told_without_key_and_checkpoint(audit: Operated) -> None:
    environment = {name: text for name, text in audit.environment.items() if "AUDIT" not in name}
    said = await run("audit", "verify", **environment)
    assert said.code == 0
    assert "No key: signatures are not verified" in said.err
    assert "No checkpoint" in said.err


async def test_verify_names_the_place_of_a_changed_value_and_ends_with_status_1(audit: Operated) -> None:
    await audit.sealing.events_place.update_one({"number": 2}, {"$set": {"changes.0.after": "2"}})
    [event] = [event for event in await audit.sealing.events() if event["number"] == 2]
    said = await audit.verify()
    assert said.code == 1
    assert said.out.startswith(f"sch_1: event 2 ({event['_id']}): CHANGED: ")
    assert "altered in 1 places" in said.err


async def test_verify_names_what_was_cut_off_the_end(audit: Operated) -> None:
    await audit.sealing.events_place.delete_many({"number": {"$gt": 2}})
    said = await audit.verify("--checkpoint", str(audit.checkpoint))
    assert said.code == 1
    assert "sch_1: events 3 to 4, each: CUT: was removed from the end" in said.out


async def test_verify_prints_a_bounded_number_of_places(audit: Operated) -> None:
    await audit.sealing.put(*(fact(minute=minute) for minute in range(150)))
    await audit.sealing.sealer().seal()
    await audit.sealing.events_place.update_many({}, {"$set": {"action": "x"}})
    said = await audit.verify()
    assert len(said.out.splitlines()) == 101
    assert "places more" in said.out.splitlines()[-1]


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
async def test_verify_refuses_what_is_no_key(audit: Operated, tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong").write_text(text)
    said = await audit.verify("--public-key", str(tmp_path / "wrong"))
    assert said.code == 1
    assert "The keys cannot be used" in said.err
    assert "Traceback" not in said.err


async def test_erased_details_are_gone_everywhere_and_the_chain_is_whole(audit: Operated) -> None:
    await audit.sealing.put(fact(minute=9, student="stu_1"))  # not sealed yet
    said = await audit.run("audit", "erase", "--student", "stu_1")
    assert (said.code, said.out) == (0, "sch_1: 2\n"), said
    for place in (audit.sealing.events_place, audit.sealing.facts_place):
        assert await place.count_documents({"student_id": "stu_1"}) == 0
        assert await place.count_documents({"student_id": "stu_2"}) == 1
    verified = await audit.verify("--checkpoint", str(audit.checkpoint))
    assert verified.code == 0, verified
    assert "5 events of 1 schools, 2 of them without their personal details, which were erased" in verified.err
    again = await audit.run("audit", "erase", "--student", "stu_1")  # by which the record of the first one is sealed
    assert "The details of 0 events were erased." in again.err
    record = (await audit.sealing.events())[-1]
    assert (record["action"], record["changes"]) == (
        "eraseAuditDetails",
        [{"field": "events", "before": None, "after": "2"}],
    )
    assert "stu_1" not in str(record)


async def test_details_are_erased_by_person_and_by_day(audit: Operated) -> None:
    said = await audit.run("audit", "erase", "--before", "2026-11-18")
    assert said.out == ""
    said = await audit.run("audit", "erase", "--before", "2026-11-19", "--person", "per_1")
    assert said.out == "sch_1: 4\n"
    assert await audit.sealing.facts_place.count_documents({}) == 0


async def test_nothing_is_erased_without_a_condition(audit: Operated) -> None:
    said = await audit.run("audit", "erase")
    assert said.code == 1
    assert "--student" in said.err


async def test_doctor_says_what_the_audit_holds(audit: Operated) -> None:
    said = await audit.run("doctor")
    assert "audit: 4 events of 1 schools; signed by key" in said.err
    assert "job audit-seal: was never run; `serve` or `work` runs it" in said.err
    environment = {name: text for name, text in audit.environment.items() if "AUDIT" not in name}
    said = await run("doctor", **environment)
    assert "not signed: GATEWAY_AUDIT__SIGNING_KEY is not set" in said.err


async def test_doctor_fails_while_facts_wait_for_too_long(audit: Operated) -> None:
    recent = fact()
    recent["at"] = datetime.now(UTC)
    await audit.sealing.put(recent)
    said = await audit.run("doctor")
    assert "audit: 1 facts wait to be sealed, the oldest since" in said.err
    assert "late" not in said.err
    await audit.sealing.put(fact(minute=-60 * 24 * 365))
    said = await audit.run("doctor")
    assert said.code == 1
    assert "audit: late: 2 facts wait to be sealed, the oldest since 2025-11-18T07:00:00" in said.err


async def test_doctor_fails_while_a_job_fails(audit: Operated) -> None:
    leases = audit.sealing.connectors.audit.source.database["leases"]
    now = datetime.now(UTC)
    lease = {"_id": "audit-seal", "holder": "host:1", "ends_at": now, "succeeded_at": now, "failure": "TimeoutError"}
    await leases.insert_one(lease)
    said = await audit.run("doctor")
    assert said.code == 1
    assert "job audit-seal: fails with TimeoutError; last ended well" in said.err
