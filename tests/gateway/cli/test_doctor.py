from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk
from pymongo import AsyncMongoClient

from connectors.assembly import SUBSYSTEMS
from tests.connectors.files.buckets import served_bucket
from tests.gateway.cli.running import run
from tests.gateway.served import SECRET
from tests.gateway.standalone import standalone


async def test_doctor_finds_nothing_wrong_when_data_was_generated(seeded: Mapping[str, str]) -> None:
    said = await run("doctor", **seeded)
    assert said.code == 0, said.err
    assert "0 orphaned" in said.err
    assert said.err.count("answers") == len(SUBSYSTEMS)
    assert "missing index" not in said.err
    assert "no replica set" not in said.err
    assert "no events" not in said.err
    assert "redis: not used" in said.err
    assert "mail: not used" in said.err
    assert "files: in MongoDB" in said.err
    assert "issuer: none" in said.err


async def test_doctor_asks_redis(seeded: Mapping[str, str], redis_uri: str) -> None:
    said = await run("doctor", **seeded, GATEWAY_REDIS__URI=redis_uri)
    assert said.code == 0, said.err
    assert "redis: answers" in said.err
    said = await run("doctor", **seeded, GATEWAY_REDIS__URI="redis://127.0.0.1:9")
    assert said.code == 1
    assert "redis: does not answer" in said.err
    assert "0 orphaned" in said.err, "the rest is checked all the same"


async def test_doctor_asks_the_mail_server(seeded: Mapping[str, str], tmp_path: Path) -> None:
    sender = {"GATEWAY_MAIL__SENDER": "diary@school.example"}
    said = await run("doctor", **seeded, **sender, GATEWAY_MAIL__DIRECTORY=str(tmp_path))
    assert said.code == 0, said.err
    assert "mail: answers" in said.err
    for name, value, words in (("HOST", "127.0.0.1", "mail: does not answer"), ("DIRECTORY", "x", "both set")):
        environment = {"GATEWAY_MAIL__HOST": "127.0.0.1", "GATEWAY_MAIL__PORT": "9", f"GATEWAY_MAIL__{name}": value}
        said = await run("doctor", **seeded, **sender, **environment)
        assert said.code == 1
        assert words in said.err
        assert "0 orphaned" in said.err, "the rest is checked all the same"


async def test_doctor_tries_the_bucket(seeded: Mapping[str, str]) -> None:
    with served_bucket("doctor") as bucket:
        rules = bucket.rules
        environment = {
            "GATEWAY_FILES__S3__BUCKET": rules.bucket,
            "GATEWAY_FILES__S3__ENDPOINT": str(rules.endpoint),
            "GATEWAY_FILES__S3__REGION": str(rules.region),
            "GATEWAY_FILES__S3__KEY_ID": str(rules.key_id),
            "GATEWAY_FILES__S3__SECRET": str(rules.secret),
        }
        said = await run("doctor", **seeded, **environment)
        assert said.code == 0, said.err
        assert "files: the bucket doctor: takes, gives and deletes contents" in said.err
        assert bucket.keys() == set()
        said = await run("doctor", **seeded, **environment | {"GATEWAY_FILES__S3__BUCKET": "another"})
        assert said.code == 1
        assert "files: the bucket another: does not answer" in said.err
        assert "0 orphaned" in said.err, "the rest is checked all the same"


async def test_doctor_reads_the_keys_of_the_issuer(seeded: Mapping[str, str], tmp_path: Path) -> None:
    issuer = {"GATEWAY_AUTH__ISSUER": "https://id.example", "GATEWAY_AUTH__JWKS": str(tmp_path / "keys.json")}
    for keys, words in (
        (None, "cannot be read"),
        (b"{}", "cannot be read"),
        (b'{"keys": []}', "none of its keys can verify tokens"),
    ):
        if keys is not None:
            (tmp_path / "keys.json").write_bytes(keys)
        said = await run("doctor", **seeded, **issuer)
        assert said.code == 1
        assert words in said.err
        assert "Traceback" not in said.err
    key = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "keys.json").write_bytes(orjson.dumps({"keys": [jwk.construct(key.decode(), "ES256").to_dict()]}))
    said = await run("doctor", **seeded, **issuer)
    assert said.code == 0, said.err
    assert "issuer https://id.example: its keys are there" in said.err


async def test_doctor_discovers_the_keys_of_an_issuer_that_does_not_answer(seeded: Mapping[str, str]) -> None:
    said = await run("doctor", **seeded, GATEWAY_AUTH__ISSUER="http://127.0.0.1:9")
    assert said.code == 1
    assert "issuer http://127.0.0.1:9: its metadata or its keys cannot be read" in said.err


async def test_doctor_says_so_when_nobody_could_sign_in(mongo_uri: str) -> None:
    said = await run("doctor", GATEWAY_MONGO__URI=mongo_uri, GATEWAY_MONGO__PREFIX="cli_nobody")
    assert said.code == 1
    assert "nobody could sign in" in said.err
    assert said.err.count("answers") == len(SUBSYSTEMS)


async def test_doctor_says_so_when_a_server_belongs_to_no_replica_set(tmp_path: Path) -> None:
    async with standalone(tmp_path) as uri:
        environment = {"GATEWAY_MONGO__URI": uri, "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET}
        assert (await run("seed", "--students", "20", "--schools", "1", "--yes", **environment)).code == 0
        said = await run("doctor", **environment)
    assert said.code == 1
    [line] = [line for line in said.err.splitlines() if "no replica set" in line]
    assert all(name in line for name in ("assessments", "diary", "directory", "schedule"))


async def test_doctor_says_so_when_changes_may_not_be_followed(seeded: Mapping[str, str], mongo_uri: str) -> None:
    prefix = seeded["GATEWAY_MONGO__PREFIX"]
    roles = [{"role": "readWrite", "db": f"{prefix}_{name}"} for name in SUBSYSTEMS]
    own = mongo_uri.rpartition("@")[2].replace("?", "?authSource=admin&")
    async with AsyncMongoClient[dict[str, Any]](mongo_uri) as client:
        await client.admin.command("createUser", "without_events", pwd="a secret", roles=roles)
        try:
            environment = {**seeded, "GATEWAY_MONGO__URI": f"mongodb://without_events:a%20secret@{own}"}
            said = await run("doctor", **environment)
        finally:
            await client.admin.command("dropUser", "without_events")
    assert said.code == 1
    for name in ("grades", "directory"):
        assert f"no events of {name} (Unauthorized)" in said.err


async def test_doctor_says_who_does_not_answer_when_a_server_is_away() -> None:
    said = await run("doctor", GATEWAY_MONGO__URI="mongodb://127.0.0.1:9", GATEWAY_MONGO__TIMEOUT_S="0.3")
    assert said.code == 1
    assert "diary: does not answer" in said.err
    assert "Traceback" not in said.err


async def test_doctor_names_letters_and_changes_that_nobody_could_be_told_of(
    seeded: Mapping[str, str], mongo_uri: str
) -> None:
    prefix, far = seeded["GATEWAY_MONGO__PREFIX"], datetime(2126, 1, 1, tzinfo=UTC)
    dead = {"state": "DEAD", "failure": "the mail server refused it", "due_at": far}
    letters = [{"_id": f"ntl_{number}", **dead} for number in range(4)]
    fact = {"_id": "fct_refused", "notifications_failed": "BulkWriteError", "expires_at": far}
    async with AsyncMongoClient[dict[str, Any]](mongo_uri) as client:
        await client[f"{prefix}_notifications"]["letters"].insert_many(letters)
        await client[f"{prefix}_grades"]["facts"].insert_one(fact)
        try:
            said = await run("doctor", **seeded)
        finally:
            await client[f"{prefix}_notifications"]["letters"].delete_many({"state": "DEAD"})
            await client[f"{prefix}_grades"]["facts"].delete_one({"_id": fact["_id"]})
    assert "0 wait, 4 could not be delivered" in said.err
    assert "the mail server refused it: 4, such as ntl_0, ntl_1, ntl_2\n" in said.err
    assert "1 changes of which nobody was notified grades: fct_refused" in said.err
