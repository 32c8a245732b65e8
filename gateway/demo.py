"""The demo: everything embedded, data loaded once, and a link for everyone who can be tried."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import orjson
from pydantic import SecretStr

from auth.issuer import issue
from auth.viewer import Role
from connectors.demo import ownership
from connectors.embedded import mongod, redis_server
from gateway.app import open_clients
from gateway.demo_settings import demo_settings
from gateway.http.demo import ShownViewer
from gateway.loading import Loaded, console, load_demo, load_edfi, tell_counts, tell_import
from gateway.settings import Settings
from gateway.showcase import Shown, add_analyst, people_to_show

SEED: Final = "seed"
TODAY: Final = date(2026, 11, 18)
"""The day around which the generated school stands."""
TOKEN_LIFETIME: Final = timedelta(days=7)
MADE_BY: Final = f"{version('school-gateway')}, data 3"
"""Who can go on with a state: the same version. The number grows when the generated data or `State` changes."""


@dataclass(frozen=True, slots=True)
class State:
    """What a demo remembers between runs."""

    made_by: str
    data: str
    today: str | None
    secret: str
    people: list[dict[str, Any]]


class StateUnusable(Exception):
    """The directory cannot be used: another data set or version made it, or it cannot be written."""


@asynccontextmanager
async def running(directory: Path, data: str, *, port: int) -> AsyncIterator[tuple[Settings, list[ShownViewer]]]:
    """The servers of a demo, its data loaded once; yields the settings to serve with and whom to sign in as."""
    path = _prepared(directory) / "state.json"
    state = _read(path, data)
    async with AsyncExitStack() as stack:
        with console.status("Starting MongoDB and Redis"):
            mongo, redis = await asyncio.gather(
                stack.enter_async_context(mongod(directory / "mongo")),
                stack.enter_async_context(redis_server(directory / "redis")),
            )
        settings = demo_settings(mongo, redis, port)
        if state is None:
            state = await _load(data, settings)
            _write(path, orjson.dumps(asdict(state)))
        settings = settings.model_copy(
            update={
                "today": date.fromisoformat(state.today) if state.today else None,
                "auth": settings.auth.model_copy(update={"developer_secret": SecretStr(state.secret)}),
            }
        )
        yield settings, _viewers([Shown(**person) for person in state.people], settings)


def _prepared(directory: Path) -> Path:
    """The directory, made if it is not there, once it is known that it can be written into."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise StateUnusable(f"Cannot write into {directory}: {error.strerror}. Choose another by --dir.") from error
    return directory


def _read(path: Path, data: str) -> State | None:
    """The state that an earlier run left, if there was one; raises StateUnusable where it cannot be gone on with."""
    if not path.exists():
        return None
    try:
        found = orjson.loads(path.read_bytes())
    except ValueError:
        found = {}
    if found.get("made_by") != MADE_BY:
        raise StateUnusable(
            f"{path.parent} was made by another version of the demo. "
            f"Remove it (rm -r {path.parent}) and start again, or give another --dir."
        )
    state = State(**found)
    if state.data != data:
        raise StateUnusable(f"{path.parent} holds the data set {state.data!r}; give another --dir for {data!r}.")
    return state


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may ever read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)


async def _load(data: str, settings: Settings) -> State:
    issuer = settings.auth.developer_issuer
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        if data == SEED:
            generated, loaded = await load_demo(connectors, seed=1, schools=2, students=600, today=TODAY, issuer=issuer)
            tell_counts("Generated", documents=generated.counts)
        else:
            await ownership.empty(connectors)
            imported, loaded = await load_edfi(connectors, Path(data), issuer=issuer)
            tell_import(imported)
            await add_analyst(connectors, issuer=issuer)
        people = await people_to_show(connectors, loaded.students, issuer=issuer, today=_day(loaded))
    day = loaded.today.isoformat() if loaded.today else None
    return State(MADE_BY, data, day, secrets.token_hex(32), [asdict(person) for person in people])


def _day(loaded: Loaded) -> str:
    return (loaded.today or datetime.now(UTC).date()).isoformat()


def _viewers(people: Sequence[Shown], settings: Settings) -> list[ShownViewer]:
    auth = settings.auth
    secret = auth.developer_secret.get_secret_value() if auth.developer_secret else None
    return [
        ShownViewer(
            role=person.role,
            name=person.name,
            personId=person.person_id,
            studentIds=person.student_ids,
            classId=person.class_id,
            token=issue(
                secret=secret,
                issuer=auth.developer_issuer,
                audience=auth.audience,
                subject=person.subject,
                role=Role(person.role),
                name=person.name,
                lifetime=TOKEN_LIFETIME,
            ),
            graphiql=f"http://{settings.http.host}:{settings.http.port}/graphql#viewer={person.person_id}.{person.role}",
        )
        for person in people
    ]


def tell_viewers(viewers: Sequence[ShownViewer], host: str, port: int) -> None:
    """For each role a named person, a link that opens GraphiQL as him, and a token."""
    console.print("\n[bold]Try the graph as[/]")
    for viewer in viewers:
        console.print(
            f"{viewer['role']:<14} {viewer['name']:<32} {viewer['graphiql']}", soft_wrap=True, highlight=False
        )
    console.print("\n[bold]Tokens for your own client[/]")
    for role in Role:
        first = next((viewer for viewer in viewers if viewer["role"] == role), None)
        if first:
            console.print(f"{role} {first['name']}", highlight=False)
            console.print(first["token"], soft_wrap=True, highlight=False)
    console.print(f"\nAll of them as JSON: http://{host}:{port}/demo/viewers", highlight=False)
