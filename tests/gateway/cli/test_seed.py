from collections.abc import Mapping
from pathlib import Path

from connectors.assembly import Clients
from tests.gateway.cli.running import documents, place, run


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


async def test_seed_says_so_in_a_sentence_when_mongodb_is_away() -> None:
    said = await run("seed", "--yes", GATEWAY_MONGO__URI="mongodb://127.0.0.1:9", GATEWAY_MONGO__TIMEOUT_S="0.3")
    assert said.code == 1
    assert "MongoDB failed" in said.err
    assert "Traceback" not in said.err
