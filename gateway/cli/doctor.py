"""The checks of `school-gateway doctor`: servers, the issuer, indexes, counts, lost references, audit and jobs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from inspect import isawaitable
from typing import Any, Final

import typer

from auth.tokens import TokenVerifier
from connectors import redis
from connectors.assembly import SUBSYSTEMS, Connectors
from connectors.errors import SourceUnavailable
from connectors.references import Reference, references
from gateway.app import connectors_of, open_clients, token_rules
from gateway.cli.audit_state import check_audit, check_jobs
from gateway.cli.load import print_counts
from gateway.cli.terminal import console, run, settings_of_environment
from gateway.settings import Settings

CHUNK: Final = 5_000
PATIENCE_S: Final = 5.0


REFERENCES: Final = references(SUBSYSTEMS)


async def connections(connectors: Connectors) -> Mapping[str, bool]:
    """Whether each subsystem's database answers."""

    async def answers(name: str) -> bool:
        try:
            await connectors.sources[name].ping(deadline=asyncio.get_running_loop().time() + PATIENCE_S)
        except SourceUnavailable:
            return False
        return True

    names = list(connectors.sources)
    return dict(zip(names, await asyncio.gather(*map(answers, names)), strict=True))


async def standalones(connectors: Connectors) -> list[str]:
    """The subsystems whose server belongs to no replica set: they have neither transactions nor change streams."""

    async def is_standalone(name: str) -> bool:
        hello = await connectors.databases[name].command("hello")
        return "setName" not in hello and hello.get("msg") != "isdbgrid"  # a router stands before replica sets

    names = list(connectors.databases)
    found = await asyncio.gather(*map(is_standalone, names))
    return [name for name, alone in zip(names, found, strict=True) if alone]


async def redis_answers(uri: str, timeout_s: float) -> bool:
    """Whether Redis answers to its address and password."""
    client = redis.connect(uri, timeout_s=timeout_s)
    try:
        await client.ping()
    except (redis.RedisError, OSError):
        return False
    finally:
        await client.aclose()
    return True


async def issuer_problem(verifier: TokenVerifier) -> str | None:
    """The problem with the keys of the OIDC issuer; None where they are there, or where no issuer is trusted."""
    try:
        count = await verifier.issuer_keys()
    except SourceUnavailable:
        return "its metadata or its keys cannot be read"
    return "none of its keys can verify tokens" if count == 0 else None


async def missing_indexes(connectors: Connectors) -> list[str]:
    """The declared indexes that a database lacks, as `subsystem.collection: name`."""
    missing = []
    for name, connector in connectors.each.items():
        for collection in connector.collections:
            there = await connector.source.database[collection.name].index_information()
            wanted = [model.document["name"] for model in collection.indexes]
            missing += [f"{name}.{collection.name}: {index}" for index in wanted if index not in there]
    return missing


async def counts(connectors: Connectors) -> Mapping[str, int]:
    """Documents of every declared collection."""
    return {
        f"{name}.{collection.name}": await connector.source.database[collection.name].estimated_document_count()
        for name, connector in connectors.each.items()
        for collection in connector.collections
    }


async def orphans(connectors: Connectors, reference: Reference) -> tuple[int, list[str]]:
    """How many distinct ids under the reference lead nowhere, and a few of them."""
    databases = connectors.databases
    target, key = databases[reference.target_source][reference.target_collection], reference.target_key
    count = 0
    examples: list[str] = []
    async for ids in _chunks(databases[reference.source][reference.collection], reference.key):
        known = target.find({key: {"$in": ids}}, {"_id": 0, key: 1})
        found = {document[key] async for document in known}
        lost = [one for one in ids if one not in found]
        count += len(lost)
        examples += lost[: 3 - len(examples)]
    return count, examples


async def _chunks(collection: Any, key: str) -> AsyncIterator[Sequence[str]]:
    """The distinct ids under *key*, in chunks: memory stays flat."""
    parts = key.split(".")
    unwinds = [{"$unwind": "$" + ".".join(parts[: depth + 1])} for depth in range(len(parts))]
    chunk: list[str] = []
    pipeline: list[dict[str, Any]] = [{"$project": {key: 1}}, *unwinds, {"$group": {"_id": f"${key}"}}]
    cursor = collection.aggregate(pipeline, allowDiskUse=True)
    async for row in await cursor if isawaitable(cursor) else cursor:  # PyMongo's is awaited, motor's is there at once
        if row["_id"] is not None:
            chunk.append(row["_id"])
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def doctor() -> None:
    """Check servers, the issuer's keys, indexes, counts, references that lead nowhere, the audit and the jobs."""
    if not run(_doctor(settings_of_environment())):
        raise typer.Exit(1)


async def _doctor(settings: Settings) -> bool:
    return all([await _check_redis(settings), await _check_issuer(settings), await _check_databases(settings)])


async def _check_redis(settings: Settings) -> bool:
    if settings.redis.uri is None:
        console.print("redis: not used; every instance caches for itself, and no rate is limited")
        return True
    answers = await redis_answers(settings.redis.uri.get_secret_value(), PATIENCE_S)
    console.print(f"redis: {'answers' if answers else '[red]does not answer[/]'}")
    return answers


async def _check_issuer(settings: Settings) -> bool:
    try:
        verifier = TokenVerifier(token_rules(settings.auth))
    except ValueError as error:
        console.print(f"issuer: [red]{error}[/]")
        return False
    if settings.auth.issuer is None:
        console.print("issuer: none; only developer tokens are trusted")
        return True
    problem = await issuer_problem(verifier)
    said = f"[red]{problem}[/]" if problem else "its keys are there"
    console.print(f"issuer {settings.auth.issuer}: {said}", highlight=False)
    return problem is None


async def _check_databases(settings: Settings) -> bool:
    async with open_clients(settings) as clients:
        connectors = connectors_of(settings, clients)
        answers = await connections(connectors)
        for name, answer in answers.items():
            console.print(f"{name}: {'answers' if answer else '[red]does not answer[/]'}")
        if not all(answers.values()):
            return False
        alone = await standalones(connectors)
        if alone:
            names = ", ".join(alone)
            said = f"[red]no replica set[/] {names}: there are no transactions and no change streams"
            console.print(said, soft_wrap=True)
        missing = await missing_indexes(connectors)
        for index in missing:
            console.print(f"[red]missing index[/] {index}; a start of the gateway creates it")
        print_counts("Documents", documents=await counts(connectors))
        lost = 0
        for reference in REFERENCES:
            count, examples = await orphans(connectors, reference)
            lost += count
            if count:
                console.print(f"[red]{count:,} orphaned[/] {reference}: {', '.join(examples)}")
        console.print(f"{len(REFERENCES)} kinds of reference checked, {lost:,} orphaned.")
        is_sealed = await check_audit(settings, connectors)
        return await check_jobs(settings, connectors) and is_sealed and not missing and not lost and not alone
