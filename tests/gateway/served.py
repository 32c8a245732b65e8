"""A gateway that is really served: over HTTP, on real databases, with every MongoDB command it issues written down."""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from auth.issuer import issue
from auth.viewer import Role
from connectors.mongo import Driver
from gateway.app import connection_rules, create_app
from gateway.http.connection import GatewayRunner
from gateway.http.pages.demo import ShownViewer
from gateway.http.reading.body import LINGERING_S
from gateway.settings import (
    AuthSettings,
    CacheSettings,
    HttpSettings,
    JobSettings,
    MongoSettings,
    RedisSettings,
    Settings,
)

SECRET: Final = "a development secret of the tests, long enough"
ISSUER: Final = "school-gateway"
AUDIENCE: Final = "school-gateway"
PATIENT_ADMISSION: Final = {"queue_s": 30.0, "lag_s": 5.0}
"""Has requests wait instead of being refused: a busy machine is slow, not overloaded."""
_READS: Final = frozenset({"find", "aggregate", "count", "distinct"})
_COUNTED_BESIDE: Final = frozenset({"refusals", "disclosures"})
"""The collections that tasks of their own count up every now and then."""
_WRITES: Final = frozenset({"insert", "update", "delete", "findAndModify", "commitTransaction", "abortTransaction"})


@dataclass(slots=True)
class Recorder(CommandListener):
    """The commands that reached MongoDB since `clear`."""

    commands: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    """Of each read its database, collection and command."""

    writes: list[tuple[str, str, Any]] = field(default_factory=list)
    """Of each write its database, its name and its collection; commits and aborts of transactions have the number 1."""

    before: Callable[[CommandStartedEvent], None] | None = None
    """Called before each command is sent, in the thread that sends it."""

    def started(self, event: CommandStartedEvent) -> None:
        if self.before is not None:
            self.before(event)
        if event.command_name in _READS:
            collection = event.command[event.command_name]
            self.commands.append((event.database_name, collection, dict(event.command)))
        elif event.command_name in _WRITES and event.command[event.command_name] not in _COUNTED_BESIDE:
            self.writes.append((event.database_name, event.command_name, event.command[event.command_name]))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Only starts are recorded."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Only starts are recorded."""

    def clear(self) -> None:
        self.commands.clear()
        self.writes.clear()

    def touched(self, subsystem: str, collection: str) -> int:
        """How many recorded commands read `subsystem.collection`, joins included."""
        return sum(
            database.endswith(f"_{subsystem}") and (name == collection or collection in _united(command))
            for database, name, command in self.commands
        )


def _united(command: Mapping[str, Any]) -> set[str]:
    stages = command.get("pipeline", ())
    return {str(part) for stage in stages for part in (stage.get("$unionWith", {}).get("coll"),) if part} | {
        str(stage["$lookup"]["from"]) for stage in stages if "$lookup" in stage
    }


def token(subject: str, role: Role | str, **claims: Any) -> str:
    """A developer token of the tests."""
    options: dict[str, Any] = {"name": None, "lifetime": timedelta(hours=1), **claims}
    return issue(secret=SECRET, issuer=ISSUER, audience=AUDIENCE, subject=subject, role=Role(role), **options)


class GatewayServer(TestServer):
    """Serves over the connections that the gateway has when it is run by itself."""

    def __init__(self, settings: Settings, app: web.Application, port: int | None = None) -> None:
        super().__init__(app, port=port)
        self._rules = connection_rules(settings)

    async def _make_runner(self, **options: Any) -> GatewayRunner:
        return GatewayRunner(self.app, self._rules, **options)


@dataclass(slots=True)
class Served:
    """A running gateway."""

    client: TestClient[Any, Any]
    settings: Settings
    recorder: Recorder

    async def ask(
        self, bearer: str, query: str, variables: Mapping[str, Any] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """The whole answer to one operation; the recorder then holds the commands of this one alone."""
        await self.warm(bearer)
        self.recorder.clear()
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables or {}, **parameters},
            headers={"Authorization": f"Bearer {bearer}"},
        )
        answer: dict[str, Any] = await response.json()
        return answer

    async def data(self, bearer: str, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.ask(bearer, query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def warm(self, bearer: str) -> None:
        """Have the viewer's scope cached, so that only the operation's own reads are recorded."""
        await self.client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"Authorization": f"Bearer {bearer}"}
        )


def settings_of(mongo_uri: str, redis_uri: str | None, *, prefix: str, today: date | None, **settings: Any) -> Settings:
    """Settings for the databases `<prefix>_<subsystem>` of a server, with time enough for a busy machine."""
    settings.setdefault("cache", CacheSettings(enabled=False))  # so that commands can be counted
    settings.setdefault("jobs", JobSettings(in_serve=False))  # likewise
    http = HttpSettings.model_validate(settings.pop("http", {}))
    patient = {name: value for name, value in PATIENT_ADMISSION.items() if name not in http.model_fields_set}
    mongo = settings.pop("mongo", None) or MongoSettings(
        uri=SecretStr(mongo_uri),
        prefix=prefix,
        driver=Driver(os.environ.get("GATEWAY_MONGO__DRIVER", "motor")),
        timeout_s=30,  # a busy machine is slow, not down
        read_timeout_s=25,
    )
    return Settings(
        mongo=mongo,
        redis=RedisSettings(uri=SecretStr(redis_uri) if redis_uri else None, timeout_s=5),
        auth=AuthSettings(developer_secret=SecretStr(SECRET)),
        http=http.model_copy(update=patient),
        today=today,
        **settings,
    )


@asynccontextmanager
async def served(
    mongo_uri: str,
    redis_uri: str | None,
    *,
    prefix: str,
    today: date | None,
    shown: Sequence[ShownViewer] = (),
    port: int | None = None,
    **settings: Any,
) -> AsyncIterator[Served]:
    """Serve the databases `<prefix>_<subsystem>` of a server on a *port*, or on a free one."""
    all_settings = settings_of(mongo_uri, redis_uri, prefix=prefix, today=today, demo=bool(shown), **settings)
    recorder = Recorder()
    server = GatewayServer(all_settings, create_app(all_settings, shown=shown, listeners=[recorder]), port)
    await server.start_server(auto_decompress=False, lingering_time=LINGERING_S)
    async with TestClient(server) as client:
        yield Served(client, all_settings, recorder)
