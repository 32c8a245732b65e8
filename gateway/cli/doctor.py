"""The checks of `school-gateway doctor`: servers, the issuer, indexes, counts, lost references, audit and jobs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final
from uuid import uuid4

import typer

from auth.tokens import TokenVerifier
from connectors import redis
from connectors.assembly import SUBSYSTEMS, Clients, Connectors
from connectors.change_feed import not_followed
from connectors.checks.broken_references import broken_references
from connectors.errors import ConnectorError
from connectors.files import ContentMissing, Store, StoreFailed
from connectors.references import Reference, references
from gateway.app import connectors_of, open_clients, open_store, token_rules
from gateway.cli.audit_state import check_audit, check_jobs
from gateway.cli.import_state import check_imports
from gateway.cli.integrity_state import check_integrity
from gateway.cli.load import print_counts
from gateway.cli.migrate import check_versions
from gateway.cli.notification_state import show_failed_notifications, show_letters
from gateway.cli.terminal import console, run, settings_of_environment
from gateway.live.hub import RIGHTS_COLLECTIONS
from gateway.mail import mailer_of
from gateway.schema.query import sources_of_events
from gateway.settings import Settings

PATIENCE_S: Final = 5.0


REFERENCES: Final = references(SUBSYSTEMS)


async def connections(connectors: Connectors) -> Mapping[str, bool]:
    """Whether each subsystem's database answers."""

    async def responds(subsystem: str) -> bool:
        try:
            await connectors.sources[subsystem].ping(deadline=asyncio.get_running_loop().time() + PATIENCE_S)
        except ConnectorError:
            return False
        return True

    names = list(connectors.sources)
    return dict(zip(names, await asyncio.gather(*map(responds, names)), strict=True))


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
    except ConnectorError:
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
    """How many documents each declared collection holds, by MongoDB's own estimate."""
    return {
        f"{name}.{collection.name}": await connector.source.database[collection.name].estimated_document_count()
        for name, connector in connectors.each.items()
        for collection in connector.collections
    }


async def orphans(connectors: Connectors, reference: Reference) -> tuple[int, list[str]]:
    """How many distinct ids under the reference lead nowhere, and a few of them."""
    count = 0
    examples: list[str] = []
    async for lost in broken_references(connectors.databases, reference):
        count += len(lost)
        examples += [own.id for own in lost[: 3 - len(examples)]]
    return count, examples


def doctor() -> None:
    """Check servers, the issuer's keys, indexes, counts, references that lead nowhere, the audit and the jobs."""
    if not run(_doctor(settings_of_environment())):
        raise typer.Exit(1)


async def _doctor(settings: Settings) -> bool:
    return all(
        [
            await _check_redis(settings),
            await _check_issuer(settings),
            await _check_mail(settings),
            await _check_bucket(settings),
            await _check_databases(settings),
        ]
    )


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


async def _check_mail(settings: Settings) -> bool:
    try:
        mailer = mailer_of(settings.mail)
    except ValueError as error:
        console.print(f"mail: [red]{error}[/]", highlight=False)
        return False
    if mailer is None:
        console.print("mail: not used; no letters are sent")
        return True
    answers = await mailer.answers()
    console.print(f"mail: {'answers' if answers else '[red]does not answer, or does not let the gateway in[/]'}")
    return answers


async def _check_bucket(settings: Settings) -> bool:
    try:
        store = open_store(settings)
    except ValueError as error:
        console.print(f"files: [red]{error}[/]", highlight=False)
        return False
    if store is None:
        console.print("files: in MongoDB; no bucket is used")
        return True
    problem = await store_problem(store)
    said = f"[red]{problem}[/]" if problem else "takes, gives and deletes contents"
    console.print(f"files: the bucket {settings.files.s3.bucket}: {said}", highlight=False)
    return problem is None


async def store_problem(store: Store) -> str | None:
    """Write, read and delete a small content; return why that is not possible, None where it is."""
    key, content = f"doctor-{uuid4().hex}", b"doctor"

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    try:
        async with asyncio.timeout(PATIENCE_S):
            await store.write(key, pieces())
            found = b"".join([piece async for piece in store.read(key, 0, len(content) - 1)])
            await store.delete(key)
    except (StoreFailed, ContentMissing, TimeoutError) as error:
        return f"does not answer, or does not let the gateway write, read and delete ({type(error).__name__})"
    finally:
        await store.aclose()
    return None if found == content else "gives back other contents than it took"


async def _check_events(clients: Clients) -> bool:
    """Whether subscriptions may follow what is changed."""
    places = {source.place for source in sources_of_events().values()} | RIGHTS_COLLECTIONS
    problems = await not_followed(clients.followed(sorted(places)))
    for name, reason in problems.items():
        console.print(
            f"[red]no events[/] of {name} ({reason}): the user of MongoDB needs changeStream and find on all databases",
            soft_wrap=True,
        )
    return not problems


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
        is_followed = await _check_events(clients)
        is_latest = await check_versions(connectors)
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
        is_imported = await check_imports(connectors)
        is_checked = await check_integrity(connectors)
        is_run = await check_jobs(settings, connectors)
        await show_letters(connectors)
        await show_failed_notifications(connectors)
        is_well = is_run and is_checked and is_sealed and is_imported and is_latest and is_followed
        return is_well and not missing and not lost and not alone
