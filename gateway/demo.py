"""The demo: everything embedded, data loaded once, and a link for everyone who can be tried."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import SecretStr

from auth.issuer import issue
from auth.viewer import Role
from connectors.embedded import mongod, redis_server
from gateway.app import open_clients
from gateway.http.demo import ShownViewer
from gateway.loading import Loaded, console, load_demo, load_edfi, tell_counts, tell_import
from gateway.settings import Settings
from gateway.showcase import Shown, add_analyst, people_to_show

SEED: Final = "seed"
TODAY: Final = date(2026, 11, 18)
"""The day around which the generated school stands."""
TOKEN_LIFETIME: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class State:
    """What a demo remembers between runs."""

    data: str
    today: str | None
    secret: str
    people: list[dict[str, Any]]


class StateMismatch(Exception):
    """The directory holds another data set."""


@asynccontextmanager
async def running(directory: Path, data: str, *, port: int) -> AsyncIterator[tuple[Settings, list[ShownViewer]]]:
    """The servers of a demo, its data loaded once; yields the settings to serve with and whom to sign in as."""
    directory.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        with console.status("Starting MongoDB and Redis"):
            mongo, redis = await asyncio.gather(
                stack.enter_async_context(mongod(directory / "mongo")),
                stack.enter_async_context(redis_server(directory / "redis")),
            )
        settings = _settings(mongo, redis, port)
        state = await _state(directory / "state.json", data, settings)
        settings = settings.model_copy(
            update={
                "today": date.fromisoformat(state.today) if state.today else None,
                "auth": settings.auth.model_copy(update={"developer_secret": SecretStr(state.secret)}),
            }
        )
        yield settings, _viewers([Shown(**person) for person in state.people], settings)


def _settings(mongo: str, redis: str, port: int) -> Settings:
    settings = Settings(demo=True)
    settings.mongo.uri = SecretStr(mongo)
    settings.redis.uri = SecretStr(redis)
    settings.http.port = port
    return settings


async def _state(path: Path, data: str, settings: Settings) -> State:
    if path.exists():
        state = State(**orjson.loads(path.read_bytes()))
        if state.data != data:
            raise StateMismatch(f"{path.parent} holds the data set {state.data!r}; give another --dir for {data!r}.")
        return state
    state = await _load(data, settings)
    path.write_bytes(orjson.dumps(asdict(state)))
    path.chmod(0o600)
    return state


async def _load(data: str, settings: Settings) -> State:
    issuer = settings.auth.developer_issuer
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        if data == SEED:
            generated, loaded = await load_demo(connectors, seed=1, schools=2, students=600, today=TODAY, issuer=issuer)
            tell_counts("Generated", documents=generated.counts)
        else:
            imported, loaded = await load_edfi(connectors, Path(data), issuer=issuer)
            tell_import(imported)
            await add_analyst(connectors, issuer=issuer)
        people = await people_to_show(connectors, loaded.students, issuer=issuer, today=_day(loaded))
    return State(data, _day(loaded), secrets.token_hex(32), [asdict(person) for person in people])


def _day(loaded: Loaded) -> str:
    return (loaded.today or TODAY).isoformat()


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
