"""The command line: as a user runs it, but within this process, since starting Python takes most of a run."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk, jwt
from typer.testing import CliRunner

from connectors.assembly import Clients
from connectors.demo.ownership import MARK
from connectors.embedded import mongod
from connectors.process import ServerProcess
from gateway.cli import app
from tests.gateway.served import SECRET

ROOT = Path(__file__).parents[2]


class Said(NamedTuple):
    code: int
    out: str
    err: str


async def run(*arguments: str, **environment: str) -> Said:
    """What `school-gateway` says to these arguments; an exception that it lets through is the test's."""
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("gateway.cli.configure_log", lambda **_: None)  # the log of this process is not the command's
        said = await asyncio.to_thread(
            CliRunner().invoke, app, list(arguments), env={"COLUMNS": "240", **environment}, catch_exceptions=False
        )
    return Said(said.exit_code, said.stdout, said.stderr)


@pytest.fixture(scope="module")
async def seeded(mongo_uri: str) -> Mapping[str, str]:
    """The environment of a gateway whose databases were filled by `seed`."""
    environment = {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": "cli", "GATEWAY_TODAY": "2026-11-18"}
    environment |= {"GATEWAY_AUTH__DEVELOPER_SECRET": SECRET}
    said = await run("seed", "--students", "60", "--yes", **environment)
    assert said.code == 0, said.err
    assert "directory.people" in said.err
    return environment


async def test_seed_names_the_server_counts_and_asks_before_it_replaces_data(seeded: Mapping[str, str]) -> None:
    before = await documents(seeded)
    said = await run("seed", **seeded)
    assert said.code != 0
    assert f"Writing to {place(seeded)}, which holds {sum(before.values()):,} documents" in said.err
    assert "All of them will be replaced" in said.err
    assert await documents(seeded) == before


async def test_seed_refuses_what_it_did_not_make_unless_it_is_named(mongo_uri: str) -> None:
    environment = {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": "cli_real"}
    async with Clients(mongo_uri, prefix="cli_real") as clients:
        await clients.connectors.databases["grades"]["marks"].insert_one({"_id": "real"})
    seed = ("seed", "--students", "20", "--schools", "1", "--yes")

    for options in ((), ("--replace", "127.0.0.1:1/cli_real"), ("--replace", f"{place(environment)}_other")):
        said = await run(*seed, *options, **environment)
        assert said.code == 1
        assert f"not generated in {place(environment)} (1 documents)" in said.err
        assert f"--replace {place(environment)}" in said.err
        assert await documents(environment) == {"grades.marks": 1}

    said = await run(*seed, "--replace", place(environment), **environment)
    assert said.code == 0, said.err
    assert (await run(*seed, **environment)).code == 0, "generated data is replaced without being named"


async def test_seed_refuses_generated_data_when_something_was_imported_into_it(mongo_uri: str, tmp_path: Path) -> None:
    environment = {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": "cli_imported"}
    assert (await run("seed", "--students", "20", "--schools", "1", "--yes", **environment)).code == 0
    await run("import", "edfi", str(tmp_path), **environment)
    said = await run("seed", "--students", "20", "--yes", **environment)
    assert said.code == 1
    assert "not generated" in said.err


def place(environment: Mapping[str, str]) -> str:
    """The `SERVER/PREFIX` of an environment."""
    server = urlsplit(environment["GATEWAY_MONGO__URI"]).netloc.rpartition("@")[2]
    return f"{server}/{environment['GATEWAY_MONGO__PREFIX']}"


async def documents(environment: Mapping[str, str]) -> dict[str, int]:
    """How many documents each collection has that has any, without the mark of generated data."""
    found = {}
    async with Clients(environment["GATEWAY_MONGO__URI"], prefix=environment["GATEWAY_MONGO__PREFIX"]) as clients:
        for subsystem, database in clients.connectors.databases.items():
            for name in await database.list_collection_names():
                if name != MARK and (count := await database[name].count_documents({})):
                    found[f"{subsystem}.{name}"] = count
    return found


async def test_doctor_finds_nothing_wrong_when_data_was_generated(seeded: Mapping[str, str]) -> None:
    said = await run("doctor", **seeded)
    assert said.code == 0, said.err
    assert "0 orphaned" in said.err
    assert said.err.count("answers") == 7
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
    assert said.err.count("answers") == 7


async def test_doctor_says_so_when_a_server_belongs_to_no_replica_set(tmp_path: Path) -> None:
    async with standalone(tmp_path) as uri:
        environment = {"GATEWAY_MONGO__URI": uri, "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET}
        assert (await run("seed", "--students", "20", "--schools", "1", "--yes", **environment)).code == 0
        said = await run("doctor", **environment)
    assert said.code == 1
    assert "no replica set directory, schedule" in said.err


@asynccontextmanager
async def standalone(directory: Path) -> AsyncIterator[str]:
    """A MongoDB that belongs to no replica set."""
    server = mongod(directory / "first")
    await server.start()
    program = Path(f"/proc/{server.pid}/exe").readlink()
    environment = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{server.pid}/environ").read_text().split("\0") if "=" in entry
    )
    await server.stop()
    (directory / "alone").mkdir()
    process = ServerProcess(directory / "alone")
    await process.start(
        program,
        lambda port: [
            "--bind_ip",
            "127.0.0.1",
            "--port",
            str(port),
            "--nounixsocket",
            "--dbpath",
            str(process.directory),
        ],
        environment,
    )
    yield f"mongodb://127.0.0.1:{process.port}"
    await process.stop()


async def test_doctor_says_who_does_not_answer_when_a_server_is_away() -> None:
    said = await run("doctor", GATEWAY_MONGO__URI="mongodb://127.0.0.1:9", GATEWAY_MONGO__TIMEOUT_S="0.3")
    assert said.code == 1
    assert "diary: does not answer" in said.err
    assert "Traceback" not in said.err


async def test_schema_shows_only_what_the_role_sees_when_one_is_named() -> None:
    said = await run("schema", "--role", "PARENT")
    assert "type Remark" in said.out
    assert "type Test " not in said.out


async def test_token_is_refused_when_the_developer_issuer_is_off() -> None:
    said = await run("token", "someone", "--role", "PARENT")
    assert said.code == 1
    assert said.out == ""
    assert "developer issuer is switched off" in said.err


async def test_token_carries_subject_and_role_when_the_developer_issuer_is_on() -> None:
    said = await run("token", "someone", "--role", "PARENT", GATEWAY_AUTH__DEVELOPER_SECRET=SECRET)
    claims = jwt.decode(said.out.strip(), SECRET, algorithms=["HS256"], audience="school-gateway")
    assert (claims["sub"], claims["role"]) == ("someone", "PARENT")


async def test_token_warns_of_an_unknown_subject_and_of_a_role_not_held(seeded: Mapping[str, str]) -> None:
    said = await run("token", "someone", "--role", "PARENT", **seeded)
    assert said.code == 0
    assert jwt.get_unverified_claims(said.out.strip())["sub"] == "someone"
    assert "Warning: it will be refused with USER_NOT_FOUND" in said.err

    async with Clients(seeded["GATEWAY_MONGO__URI"], prefix=seeded["GATEWAY_MONGO__PREFIX"]) as clients:
        directory = clients.connectors.databases["directory"]
        student = await directory["people"].find_one({"roles": ["STUDENT"]})
        known = await directory["external_ids"].find_one({"person_id": student["_id"]})
    said = await run("token", known["subject"], "--role", "TEACHER", **seeded)
    assert "Warning: it will be refused with UNAUTHENTICATED" in said.err
    said = await run("token", known["subject"], "--role", "STUDENT", **seeded)
    assert said.err == ""


async def test_token_is_issued_with_a_warning_when_the_directory_is_away() -> None:
    away = {"GATEWAY_MONGO__URI": "mongodb://127.0.0.1:9", "GATEWAY_MONGO__TIMEOUT_S": "0.3"}
    said = await run("token", "someone", "--role", "PARENT", **away, GATEWAY_AUTH__DEVELOPER_SECRET=SECRET)
    assert said.code == 0
    assert said.out.strip()
    assert "Warning: the directory does not answer" in said.err


async def test_explain_names_what_is_pruned_and_the_plan_when_nothing_is_run(tmp_path: Path) -> None:
    file = tmp_path / "remarks.graphql"
    file.write_text("{ viewer { student { displayName remarks { totalCount } } } }")
    said = await run("explain", str(file), "--role", "STUDENT", "--source")
    assert said.code == 0, said.err
    assert "viewer.student.remarks  visible to PARENT" in said.out
    assert "display_name" in said.out
    assert "def " in said.out


async def test_explain_says_what_is_wrong_when_the_document_is_invalid(tmp_path: Path) -> None:
    file = tmp_path / "wrong.graphql"
    file.write_text("{ nothing }")
    said = await run("explain", str(file), "--role", "STUDENT")
    assert said.code == 1
    assert "Cannot query field 'nothing'" in said.err


async def test_serve_names_the_setting_when_it_is_wrong() -> None:
    said = await run("serve", GATEWAY_HTTP__PORT="many")
    assert said.code == 1
    assert "GATEWAY_HTTP__PORT" in said.err
    assert "Traceback" not in said.err


async def test_serve_names_the_variable_when_it_is_misspelt() -> None:
    said = await run("serve", GATEWAY_MONGO__URL="mongodb://127.0.0.1:9")
    assert said.code == 1
    assert "There is no setting GATEWAY_MONGO__URL" in said.err


async def test_serve_names_the_subsystem_when_there_is_none_of_that_name() -> None:
    said = await run("serve", GATEWAY_MONGO__URIS='{"dairy": "mongodb://127.0.0.1:9"}')
    assert said.code == 1
    assert "dairy" in said.err
    assert "diary" in said.err


async def test_serve_refuses_to_be_a_demo() -> None:
    said = await run("serve", GATEWAY_DEMO="true")
    assert said.code == 1
    assert "school-gateway demo" in said.err


async def test_serve_says_so_when_nobody_could_sign_in() -> None:
    said = await run("serve")
    assert said.code == 1
    assert "nobody could sign in" in said.err


async def test_demo_says_what_to_give_when_the_directory_of_data_is_missing() -> None:
    said = await run("demo", "--data", "no/such/directory")
    assert said.code == 1
    assert "not a directory" in said.err


async def test_demo_says_so_when_its_port_is_none() -> None:
    said = await run("demo", "--port", "99999")
    assert said.code == 2
    assert "Invalid value for '--port'" in said.err
    assert "65535" in said.err
    assert "Traceback" not in said.err


async def test_demo_says_so_when_it_cannot_write_into_its_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = await run("demo", "--port", str(free_port()), "--dir", str(tmp_path / "file" / "state"))
    assert said.code == 1
    assert f"Cannot write into {tmp_path / 'file' / 'state'}" in said.err
    assert "--dir" in said.err


async def test_demo_replaces_nothing_when_its_directory_holds_other_data(tmp_path: Path) -> None:
    async with mongod(tmp_path / "mongo") as uri, Clients(uri) as clients:
        await clients.connectors.databases["diary"]["remarks"].insert_one({"_id": "real"})
    said = await run("demo", "--port", str(free_port()), "--dir", str(tmp_path))
    assert said.code == 1
    assert "not generated" in said.err
    async with mongod(tmp_path / "mongo") as uri, Clients(uri) as clients:
        assert await clients.connectors.databases["diary"]["remarks"].count_documents({}) == 1


async def test_the_version_is_printed_when_asked_for() -> None:
    assert (await run("--version")).out == f"school-gateway {version('school-gateway')}\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def test_demo_loads_nothing_when_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = await run("demo", "--dir", str(tmp_path / "state"), "--port", str(taken.getsockname()[1]))
    assert said.code == 1
    assert "Choose another by --port" in said.err
    assert not (tmp_path / "state").exists()


async def test_seed_says_so_in_a_sentence_when_mongodb_is_away() -> None:
    said = await run("seed", "--yes", GATEWAY_MONGO__URI="mongodb://127.0.0.1:9", GATEWAY_MONGO__TIMEOUT_S="0.3")
    assert said.code == 1
    assert "MongoDB failed" in said.err
    assert "Traceback" not in said.err


async def test_import_says_so_when_there_is_nothing_to_read(mongo_uri: str, tmp_path: Path) -> None:
    said = await run("import", "edfi", str(tmp_path), GATEWAY_MONGO__URI=mongo_uri, GATEWAY_MONGO__PREFIX="cli_empty")
    assert said.code == 1
    assert "no interchange files" in said.err


async def test_the_module_runs_as_a_program() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "--help"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert all(command in out.decode() for command in ("demo", "serve", "import", "seed", "token", "schema", "doctor"))
