"""`school-gateway demo`: what it takes from the environment, where it listens, whom it answers."""

import asyncio
import os
import re
import socket
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest

from connectors.assembly import Clients
from connectors.embedded import mongod
from connectors.migrations.numbered import LATEST
from gateway.app import open_clients
from gateway.cli import demo_state as demo_
from gateway.cli.demo_settings import MANIFESTS, demo_settings, ignored
from gateway.operations.manifests import TrustedDocuments
from gateway.settings import Settings
from tests.gateway.cli.running import free_port, run
from tests.gateway.conftest import ELSEWHERE, PATIENT, Demo


def test_a_demo_says_what_it_ignores_when_the_environment_leads_elsewhere(demo: Demo) -> None:
    [sentence] = [line for line in demo.output.splitlines() if "ignores" in line]
    assert all(name.upper() in sentence for name in ELSEWHERE)
    assert not any(name in sentence for name in PATIENT)


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_a_setting_that_leads_elsewhere_changes_nothing_in_a_demo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = demo_settings("mongodb://127.0.0.1:1", "redis://127.0.0.1:2", 8080)
    monkeypatch.setenv(name, ELSEWHERE[name])
    assert Settings() != Settings.model_construct(), "the environment does not reach the settings at all"
    assert demo_settings("mongodb://127.0.0.1:1", "redis://127.0.0.1:2", 8080) == usual


def test_a_demo_takes_limits_and_times_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LIMITS__DEPTH", "7")
    assert demo_settings("mongodb://127.0.0.1:1", "redis://127.0.0.1:2", 8080).limits.depth == 7
    assert ignored(["GATEWAY_LIMITS__DEPTH", "GATEWAY_HTTP__HOST", "PATH"]) == ["GATEWAY_HTTP__HOST"]


def test_a_demo_listens_on_this_machine_alone(demo: Demo) -> None:
    port = urlsplit(demo.url).port
    assert port is not None
    listening = {address for address, number in listeners() if number == port}
    assert listening == {"127.0.0.1"}


def listeners() -> list[tuple[str, int]]:
    """The addresses and ports that somebody listens on with IPv4 or IPv6, of this machine."""
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A":
                address, port = local.split(":")
                words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
                found.append((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return found


async def test_the_request_of_the_mobile_page_brings_the_start_screen(demo: Demo) -> None:
    page = (Path(__file__).parents[3] / "docs" / "mobile.md").read_text()
    [commands] = re.findall(r"```sh\n(viewer\(\).*?)```", page, re.DOTALL)
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        commands.replace("http://127.0.0.1:8080", demo.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    printed, _ = await process.communicate()
    answer = orjson.loads(printed)
    assert "errors" not in answer
    assert len(answer["data"]["student"]["diary"]["days"]) == 7


def test_the_manifest_of_the_demo_holds_the_document_of_the_mobile_page() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mobile.md").read_text()
    [document] = re.findall(r"```graphql\n(.*?)```", page, re.DOTALL)
    assert TrustedDocuments.load(MANIFESTS).by_id["start-screen-1"].text == document


async def test_viewers_are_told_to_a_page_of_this_machine_alone(demo: Demo) -> None:
    port = urlsplit(demo.url).port
    answers = {
        f"127.0.0.1:{port}": 200,
        f"localhost:{port}": 200,
        f"[::1]:{port}": 200,
        "evil.example": 421,
        f"evil.example:{port}": 421,
        f"127.0.0.1.evil.example:{port}": 421,
        "127.0.0.1": 421,
        "localhost:1": 421,
        "": 421,
    }
    async with aiohttp.ClientSession() as client:
        for host, status in answers.items():
            async with client.get(f"{demo.url}/demo/viewers", headers={"Host": host}) as response:
                assert (host, response.status) == (host, status)
                assert ("token" in await response.text()) == (status == 200)


def test_the_state_is_its_owners_alone_from_the_moment_it_is_created(tmp_path: Path) -> None:
    created: list[int] = []
    real = os.open

    def spying(path: str | Path, flags: int, mode: int = 0o777) -> int:
        opened = real(path, flags, mode)
        created.append(stat.S_IMODE(os.fstat(opened).st_mode))
        return opened

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(os, "open", spying)
        demo_._write(tmp_path / "state.json", b"{}")
    assert created == [0o600]
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "state",
    [
        b"",
        orjson.dumps({"data": "seed", "today": "2026-11-18", "secret": "s", "people": []}),
        orjson.dumps({"made_by": "0.0.1", "data": "seed", "unknown": 1}),
    ],
    ids=["torn", "without a version", "of another version"],
)
async def test_a_state_of_another_version_is_recognised(state: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(state)
    with pytest.raises(demo_.StateUnusable, match="made by another version") as raised:
        async with demo_.running(tmp_path, demo_.SEED, port=8080):
            pass
    assert f"rm -r {tmp_path}" in str(raised.value)
    assert not (tmp_path / "mongo").exists()


async def test_a_demo_migrates_the_data_of_an_earlier_version(tmp_path: Path) -> None:
    state = {"made_by": "0.1.0, data 5", "data": "seed", "port": 8080, "today": None, "secret": "s" * 64, "people": []}
    (tmp_path / "state.json").write_bytes(orjson.dumps(state))
    async with mongod(tmp_path / "mongo") as uri, Clients(uri) as clients:
        diary = clients.connectors.databases["diary"]
        await diary["homework"].insert_one({"_id": "hmw_1", "subject_id": "sub_1", "class_ids": []})
        await diary["submissions"].insert_one({"_id": "sbm_1", "homework_id": "hmw_1"})
    (tmp_path / "statistics").mkdir()
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(demo_, "build_statistics", no_statistics)
        async with demo_.running(tmp_path, demo_.SEED, port=8080) as (settings, _), open_clients(settings) as clients:
            found = await clients.connectors.databases["diary"]["submissions"].find_one({})
    assert found == {"_id": "sbm_1", "homework_id": "hmw_1", "subject_id": "sub_1", "class_ids": [], "group_id": None}
    written = orjson.loads((tmp_path / "state.json").read_bytes())
    assert (written["form"], written["schema"], written["secret"]) == (demo_.FORM, LATEST, "s" * 64)
    assert not (tmp_path / "statistics").exists(), "they are counted anew from what was migrated"


async def no_statistics(*_: object) -> None:
    """Build nothing: the school has nobody."""


async def test_a_demo_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    state = {"form": demo_.FORM, "schema": LATEST + 1, "data": "seed", "port": 1, "today": None, "secret": "s"}
    content = orjson.dumps({**state, "people": []})
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(demo_.StateUnusable, match="by a newer version"):
        async with demo_.running(tmp_path, demo_.SEED, port=8080):
            pass
    assert (tmp_path / "state.json").read_bytes() == content
    assert not (tmp_path / "mongo").exists()


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


async def test_demo_loads_nothing_when_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = await run("demo", "--dir", str(tmp_path / "state"), "--port", str(taken.getsockname()[1]))
    assert said.code == 1
    assert "Choose another by --port" in said.err
    assert not (tmp_path / "state").exists()
