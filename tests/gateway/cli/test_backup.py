"""`school-gateway backup` and `restore`: a school comes back whole, or nothing is changed."""

import gzip
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import bson
import orjson
import pytest
from pymongo import MongoClient

from connectors.assembly import Clients
from connectors.backups import contents, manifest, saving
from connectors.backups.saving import BackupFailed
from connectors.demo.ownership import MARK
from connectors.files.s3_store import S3Store
from connectors.migrations.numbered import LATEST
from tests.connectors.files.buckets import served_bucket
from tests.databases import drop
from tests.gateway.cli.running import place, run
from tests.gateway.served import served, token

QUERY = """query ($class: ID!) {
  viewer { person { displayName } }
  class(id: $class) { name students { nodes { displayName marks(first: 20) { totalCount nodes { value } } } } }
}"""


@pytest.fixture
async def copy(seeded: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
    """The environment of databases that are empty."""
    environment = {**seeded, "GATEWAY_MONGO__PREFIX": f"{seeded['GATEWAY_MONGO__PREFIX']}_copy"}
    yield environment
    async with Clients(environment["GATEWAY_MONGO__URI"], prefix=environment["GATEWAY_MONGO__PREFIX"]) as clients:
        await drop(clients.connectors)


async def stored(environment: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """All documents by collection, without leases."""
    async with Clients(environment["GATEWAY_MONGO__URI"], prefix=environment["GATEWAY_MONGO__PREFIX"]) as clients:
        return {
            f"{name}.{collection}": found
            for name, database in clients.connectors.databases.items()
            for collection in await database.list_collection_names()
            if collection != "leases"
            if (found := await database[collection].find().sort("_id").to_list(None))
        }


async def answer(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the class teacher of the first class reads of it."""
    async with Clients(environment["GATEWAY_MONGO__URI"], prefix=environment["GATEWAY_MONGO__PREFIX"]) as clients:
        directory = clients.connectors.databases["directory"]
        post = await directory["staff_assignments"].find_one({"kind": "CLASS_TEACHER"}, sort=[("_id", 1)])
        assert post is not None
        subject = await directory["external_ids"].find_one({"person_id": post["person_id"]})
        assert subject is not None
    uri, prefix = environment["GATEWAY_MONGO__URI"], environment["GATEWAY_MONGO__PREFIX"]
    async with served(uri, None, prefix=prefix, today=date(2026, 11, 18)) as one:
        return await one.data(token(subject["subject"], "CLASS_TEACHER"), QUERY, {"class": post["class_id"]})


async def test_a_school_is_restored_whole(seeded: Mapping[str, str], copy: Mapping[str, str], tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    said = await run("backup", str(saved), **seeded)
    assert said.code == 0, said.err
    before = await stored(seeded)
    found = manifest.read(saved)
    assert {name: one["documents"] for name, one in found["collections"].items()} == {
        **dict.fromkeys(found["collections"], 0),
        **{name: len(documents) for name, documents in before.items()},
    }
    assert found["is_of_one_moment"]
    assert saved.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in saved.glob("*.gz")} == {0}
    said = await run("restore", str(saved), **copy)
    assert said.code == 0, said.err
    assert await stored(copy) == before
    said = await run("doctor", **copy)
    assert said.code == 0, said.err
    assert f"schema version: {LATEST}" in said.err
    original = await answer(seeded)
    assert original["class"]["students"]["nodes"]
    assert await answer(copy) == original

    await _refuses_what_is_there(saved, copy, before)


async def _refuses_what_is_there(
    saved: Path, copy: Mapping[str, str], before: Mapping[str, list[dict[str, Any]]]
) -> None:
    """A second restore drops nothing until it is told where; what was written since is gone then."""
    async with Clients(copy["GATEWAY_MONGO__URI"], prefix=copy["GATEWAY_MONGO__PREFIX"]) as clients:
        await clients.connectors.databases["diary"]["later"].insert_one({"_id": "1"})
        await clients.connectors.databases["grades"]["marks"].delete_many({})
    changed = await stored(copy)
    said = await run("restore", str(saved), **copy)
    assert said.code == 1
    assert "Nothing was changed" in said.err
    assert f"--replace {place(copy)}" in said.err
    assert await stored(copy) == changed
    said = await run("restore", str(saved), "--replace", place(copy), **copy)
    assert said.code == 0, said.err
    assert await stored(copy) == before


async def test_a_backup_that_was_changed_or_broken_off_is_refused(
    seeded: Mapping[str, str], copy: Mapping[str, str], tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    assert (await run("backup", str(saved), **seeded)).code == 0
    said = await run("backup", str(saved), **seeded)
    assert (said.code, "is not empty" in said.err) == (1, True)
    marks = saved / "grades.marks.bson.gz"
    whole = marks.read_bytes()
    for content in (whole[:-1], gzip.compress(b""), None):
        marks.write_bytes(content) if content is not None else marks.unlink()
        said = await run("restore", str(saved), **copy)
        assert (said.code, "is missing, or is not the file that was saved" in said.err) == (1, True)
    marks.write_bytes(whole)
    described = orjson.loads((saved / manifest.FILE).read_bytes())
    for text, words in (
        (orjson.dumps({**described, "format": 2}), "another version"),
        (b"{", "cannot be read"),
        (None, "no backup"),
    ):
        (saved / manifest.FILE).write_bytes(text) if text is not None else (saved / manifest.FILE).unlink()
        said = await run("restore", str(saved), **copy)
        assert (said.code, words in said.err) == (1, True), said.err
    assert await stored(copy) == {}


async def test_a_backup_is_of_one_moment(seeded: Mapping[str, str], tmp_path: Path) -> None:
    """What is written while the first collection is saved is in none of those that follow."""
    prefix = f"{seeded['GATEWAY_MONGO__PREFIX']}_moment"
    async with Clients(seeded["GATEWAY_MONGO__URI"], prefix=prefix) as clients:
        diary = clients.connectors.databases["diary"]
        await diary["a"].insert_many([{"_id": number} for number in range(3_000)])
        await diary["b"].insert_one({"_id": "before"})
        servers = {seeded["GATEWAY_MONGO__URI"]: {"diary": diary.name}}

        def write(name: str, _: int) -> None:
            if name == "diary.a":
                with MongoClient[Any](seeded["GATEWAY_MONGO__URI"]) as client:
                    client[diary.name]["b"].update_one({"_id": "later"}, {"$set": {"x": 1}}, upsert=True)

        saved = saving.save(servers, tmp_path / "saved", write)
        assert saved["collections"]["diary.a"]["documents"] == 3_000
        [saved_document] = manifest.documents_of(tmp_path / "saved" / "diary.b.bson.gz", saving.RAW)
        assert saved_document["_id"] == "before"
        await drop(clients.connectors)


async def test_contents_in_a_bucket_are_saved_and_restored(tmp_path: Path) -> None:
    content, thumbnail = b"x" * 700_000, b"small"
    file = {
        "_id": "fil_1",
        "content": "one/two",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "copies": {
            "cleaned": None,
            "thumbnail": {"key": "t", "size_bytes": 5, "sha256": hashlib.sha256(thumbnail).hexdigest()},
        },
    }
    pending = {"_id": "fil_2", "content": None, "size_bytes": 1, "sha256": ""}
    (tmp_path / "files.files.bson.gz").write_bytes(gzip.compress(bson.encode(file) + bson.encode(pending)))

    async def pieces(of: bytes) -> AsyncIterator[bytes]:
        yield of

    with served_bucket("backed-up") as bucket:
        store, other = S3Store(bucket.rules), S3Store(replace(bucket.rules, prefix="restored/"))
        with pytest.raises(BackupFailed, match="has no content one/two"):
            await contents.save(store, tmp_path)
        (tmp_path / manifest.CONTENTS / hashlib.sha256(b"one/two").hexdigest()).unlink()
        (tmp_path / manifest.CONTENTS).rmdir()
        await store.write("one/two", pieces(content))
        await store.write("t", pieces(thumbnail))
        assert await contents.save(store, tmp_path) == 2
        contents.check(tmp_path)
        assert await contents.restore(other, tmp_path) == 2
        assert {"restored/one/two", "restored/t"} < bucket.keys()
        read = b"".join([piece async for piece in other.read("one/two", 0, len(content) - 1)])
        assert read == content
        manifest.place_of_content(tmp_path, "t").write_bytes(b"other")
        with pytest.raises(manifest.BackupUnusable, match="is missing, or is not the content"):
            contents.check(tmp_path)
        await store.aclose()
        await other.aclose()


async def test_an_empty_installation_can_be_saved(copy: Mapping[str, str], tmp_path: Path) -> None:
    said = await run("backup", str(tmp_path / "saved"), **copy)
    assert (said.code, "Saved 0 documents" in said.err) == (0, True)
    assert MARK not in said.err
