from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk

from connectors.assembly import SUBSYSTEMS
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
    assert "redis: not used" in said.err
    assert "issuer: none" in said.err


async def test_doctor_asks_redis(seeded: Mapping[str, str], redis_uri: str) -> None:
    said = await run("doctor", **seeded, GATEWAY_REDIS__URI=redis_uri)
    assert said.code == 0, said.err
    assert "redis: answers" in said.err
    said = await run("doctor", **seeded, GATEWAY_REDIS__URI="redis://127.0.0.1:9")
    assert said.code == 1
    assert "redis: does not answer" in said.err
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


async def test_doctor_says_who_does_not_answer_when_a_server_is_away() -> None:
    said = await run("doctor", GATEWAY_MONGO__URI="mongodb://127.0.0.1:9", GATEWAY_MONGO__TIMEOUT_S="0.3")
    assert said.code == 1
    assert "diary: does not answer" in said.err
    assert "Traceback" not in said.err
