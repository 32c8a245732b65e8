"""Two gateways in this process, each over a world of its own, and all that a viewer can observe of their answers.

Requests go through the whole application, its middlewares included, without a network. What has nothing to do with data
is the same for both: the moment, the ids of requests and of new objects, and documents that are prepared already.
"""

import asyncio
import itertools
import re
import sys
import uuid
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, Self
from unittest import mock
from unittest.mock import DEFAULT, Mock
from zipfile import ZipFile
from zlib import decompress

import orjson
import redis.asyncio
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from prometheus_client import REGISTRY
from xlsxwriter import core

import gateway.app
from auth.sign_in import sessions
from auth.viewer import Role
from connectors import downloads
from connectors.assembly import SUBSYSTEMS, Clients
from connectors.cache.cached_reads import CollectionVersions, collections_of
from connectors.directory import invitation_codes, registration_numbers
from connectors.errors import SourceUnavailable
from connectors.files import reads as files
from connectors.mongo import Source
from connectors.redis import rate_limiter
from connectors.redis.best_effort import BestEffort
from gateway.app import create_app, reports_of
from gateway.context import Clock
from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused
from gateway.errors import PublicError
from gateway.exports import export, paper, xlsx_file
from gateway.exports.columns import Table
from gateway.exports.saved_queries import load as load_queries
from gateway.http import calendars
from gateway.jobs.exports import Reports
from gateway.operations import errors
from gateway.operations.disclosures import DisclosureBuffer
from gateway.operations.refusals import Refusals
from tests.gateway.served import Recorder, settings_of, token
from tests.gateway.writing.acting import LETTERS_KEY, VOLUNTARY
from tests.logs import silenced
from tests.privacy.worlds import Mutation, Person, World, load, write

DAY_HOUR: Final = (9, 30)
"""The moment at which everything happens, in UTC: in the middle of a school day."""
LATE_S: Final = 0.02
_NOT_COMPARED: Final = frozenset({"X-Request-Id", "X-Request-ID", "Date"})
_PLAN: Final = re.compile(rb'"compileMs":[^,}]*')
_COUNTED: Final = re.compile(r'"?\[\d+\]"?')
ROOMY: Final[Mapping[str, Any]] = {
    "limits": {"characters": 10**6, "tokens": 10**5, "aliases": 10**4, "root_fields": 10**3, "fields": 10**5}
    | {"repetitions": 10**6},
    "demand": {"mode": "measure"},
    "rate_limit": {"per_minute": {role.lower(): 10**9 for role in Role}},
    "engine": {"documents": 100_000, "documents_characters": 10**9},
    "http": {"batch_max": 10, "graphiql": False, "compress_min_bytes": 200},
    "cache": {"process_s": 60},
    "mail": {"key": LETTERS_KEY},
    "consents": VOLUNTARY,
}
"""Nothing is refused for its size or its cost, though both are counted and told."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request over HTTP, by its parts."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    documents: Sequence[str] = ()
    """The GraphQL documents that are to be prepared before, so that neither world pays for it."""
    is_write: bool = False
    transport: str = "POST"
    is_file: bool = False
    """Whether the answer is asked for as a file, for which all pages of a list are read."""

    def __str__(self) -> str:
        headers = {name: value for name, value in self.headers.items() if name != "Authorization"}
        return f"{self.method} {self.path} {headers}\n    {self.body.decode(errors='replace')}"


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a viewer can observe of one answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    commands: tuple[tuple[str, int], ...]
    """The MongoDB commands by their target, counted: they stand for time."""
    sent_bytes: int = 0
    """The length of the body as it is sent, compressed where that is asked for."""
    waited: int = 0
    """How often the answer had to wait for a source that is slow and that the viewer may not see."""
    after_others: bool = False
    """Whether others have filled the caches of the second world before."""

    def is_like(self, other: "Observed") -> bool:
        """Whether the viewer can tell no difference to another answer."""
        is_equal = self.observable == other.observable and self.waited == other.waited
        return is_equal and (self.after_others or self.commands == other.commands)

    @property
    def is_json(self) -> bool:
        """Whether the body is an answer of the graph, and no file of another kind."""
        return bool(self.body) and any("json" in value for name, value in self.headers if name == "Content-Type")

    @property
    def answer(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body) if self.body else None

    @property
    def observable(self) -> tuple[Any, ...]:
        """What is observed without the commands, as it is compared.

        An explanation is compared without what depends on which answers arrive together, and without the index that
        MongoDB's planner chooses; where *others* have filled the caches before, not at all.
        """
        if b'"explain"' not in self.body:
            return self.status, self.headers, self.body, self.sent_bytes
        answer = self.answer
        for one in answer if isinstance(answer, list) else [answer]:
            explained = (one.get("extensions") or {}).get("explain")
            if explained and self.after_others:
                one["extensions"]["explain"] = None
            elif explained:
                del explained["times"]  # they differ from run to run
                for command in explained["commands"]:
                    del command["indexes"]
                explained["commands"] = sorted({_COUNTED.sub("n", str(own)) for own in explained["commands"]})
                explained["batches"] = keys_read(explained["batches"])
                explained["shared"] = sorted({own["read"] for own in explained["shared"]})
        headers = [own for own in self.headers if own[0] != "ETag"]
        return self.status, headers, answer


def keys_read(batches: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str], int]]:
    """The keys of each read, counted."""
    totals: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for batch in batches:
        totals[batch["read"], tuple(batch["columns"])] += batch["keys"]
    return sorted((read, list(columns), keys) for (read, columns), keys in totals.items())


class FrozenClock(Clock):
    """A clock that is always at one moment of `today`."""

    def now(self, zone: tzinfo = UTC) -> datetime:
        assert self.today is not None
        moment = datetime(self.today.year, self.today.month, self.today.day, *DAY_HOUR, tzinfo=UTC)
        return moment.astimezone(zone)


class Unwatched:
    """Stands for change streams: nothing is outdated but by the gateway's own writes and by `Gateway.forget`."""

    def __init__(self, watched: Mapping[str, Any], versions: CollectionVersions, store: Any = None) -> None:
        self._watched, self._versions, self._store = watched, versions, store

    async def __aenter__(self) -> Self:
        for source in self._watched:
            self._versions.seen_until(source, float("inf"))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""


class _Writer:
    """Takes what a response streams."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.transport = self.length = None
        self.output_size = 0

    async def write(self, chunk: bytes = b"", **_: object) -> None:
        self.written += chunk

    write_eof = write

    async def write_headers(self, *_: object) -> None:
        """Headers are taken from the response."""

    def send_headers(self) -> None:
        """Nothing is sent before the body."""

    async def drain(self) -> None:
        """Nothing is held up."""

    def enable_compression(self, *_: object, **__: object) -> None:
        """The plain bytes are compared."""

    enable_chunking = enable_compression


CACHED: Final = [
    f"{name}.{collection}" for name, connector in SUBSYSTEMS.items() for collection in collections_of(connector)
]
_numbers: ContextVar[Iterator[int]] = ContextVar("numbers")


def _same_uuid() -> uuid.UUID:
    """The next id of the request, the same in both worlds."""
    return uuid.UUID(int=next(_numbers.get(itertools.count(1))) + (4 << 76) + (8 << 62))


def _same_secret(size: int) -> str:
    """The next secret of the request, the same in both worlds."""
    return urlsafe_b64encode(sha256(_same_uuid().bytes).digest()[:size]).rstrip(b"=").decode()


def _same_choice(some: Sequence[str]) -> str:
    """The next choice of the request, the same in both worlds."""
    return some[_same_number(len(some))]


def _same_number(bound: int) -> int:
    """The next number of the request below *bound*, the same in both worlds."""
    return int.from_bytes(sha256(_same_uuid().bytes).digest()[:8]) % bound


class Gateway:
    """A gateway over one world."""

    def __init__(self, app: web.Application, recorder: Recorder, redis_uri: str) -> None:
        self._app = app
        self._recorder = recorder
        self._redis: Any = redis.asyncio.from_url(redis_uri)
        # Mocks take their time to be made, and one connection serves all requests.
        self._transport, self._protocol = Mock(), Mock(max_field_size=8190, max_line_length=8190, max_headers=128)
        self._transport.get_extra_info.side_effect = {"peername": ("127.0.0.1", 1)}.get
        self._protocol.peername, self._protocol.ssl_context = ("127.0.0.1", 1), None
        self.dead: set[tuple[str, str]] = set()
        """The collections that do not answer, each with its subsystem."""
        self.slow: set[tuple[str, str]] = set()
        """The collections that answer late."""
        self.waited = 0
        """The reads of slow collections since the last request."""
        self.written: set[str] = set()
        """The collections that requests wrote to since `Pair.restore`."""

    async def ask(self, request: Request, number: int) -> Observed:
        """Answer a request; *number* seeds the ids that are made meanwhile."""
        _numbers.set(itertools.count(number * 1_000))
        self._recorder.clear()
        self.waited = 0
        loop = asyncio.get_running_loop()
        content = StreamReader(BaseProtocol(loop), limit=2**16, loop=loop)
        content.feed_data(request.body)
        content.feed_eof()
        length = {"Content-Length": str(len(request.body))} if request.body else {}
        mocked = make_mocked_request(
            request.method,
            request.path,
            {**request.headers, **length},
            payload=content,
            app=self._app,
            writer=(writer := _Writer()),
            transport=self._transport,
            protocol=self._protocol,
        )
        response: Any = await self._app._handle(mocked)
        body: Any = response.body or b"" if isinstance(response, web.Response) else bytes(writer.written)
        cookies = [("Set-Cookie", own.OutputString()) for own in response.cookies.values()]
        plain_headers = ((name, value) for name, value in response.headers.items() if name not in _NOT_COMPARED)
        headers = sorted([*plain_headers, *cookies])
        commands = Counter(
            f"{place.rpartition('_')[2]}.{collection} {_COUNTED.sub('[n]', _target(command))}"
            for place, collection, command in self._recorder.commands
        )
        self._note_written()
        plain = decompress(body, 31) if body.startswith(b"\x1f\x8b") else body
        if plain.startswith(b"PK"):
            plain = _parts(plain)
        return Observed(
            response.status,
            tuple(headers),
            _PLAN.sub(b'"compileMs":0', plain),
            tuple(sorted(commands.items())),
            len(body),
            self.waited,
        )

    def _note_written(self) -> None:
        self.written |= {
            f"{place.rpartition('_')[2]}.{collection}"
            for place, name, collection in self._recorder.writes
            if name not in {"commitTransaction", "abortTransaction"}
        }

    async def run_exports(self) -> None:
        """Make the files of all exports that wait."""
        _numbers.set(itertools.count(1))
        self._recorder.clear()
        while await self._app[REPORTS].run_one():
            pass
        self._note_written()

    async def forget(self) -> None:
        """Empty every cache, here and in Redis."""
        await self._redis.flushdb()
        for cache in {own.cache for own in self._app[SOURCES].values() if own.cache is not None}:
            await cache.outdate(CACHED)

    async def aclose(self) -> None:
        await self._redis.aclose()


SOURCES: Final = web.AppKey("sources", Mapping[str, Source])
REPORTS: Final = web.AppKey("reports", Reports)


def _parts(workbook: bytes) -> bytes:
    """The parts of a workbook, which a difference is looked for in."""
    with ZipFile(BytesIO(workbook)) as parts:
        return b"\n".join(one.encode() + b"\n" + parts.read(one) for one in parts.namelist())


def frozen_datetime(moment: datetime) -> type[datetime]:
    """A subclass of `datetime` whose `now` is always *moment*."""

    class Frozen(datetime):
        @classmethod
        def now(cls, _: tzinfo | None = None) -> Any:
            return moment

    return Frozen


async def _run_module(module: str, source: Path, *arguments: Any) -> None:
    """Make a workbook in this process: a process of its own for each would take longer than all the rest.

    The pages of a PDF are not set: what they are made of stands in the place of the file.
    """
    if module == xlsx_file.__name__:
        xlsx_file.convert(source, *arguments)
        return
    template, name, _ = arguments
    assert module == "gateway.exports.pdf_file"
    (source / name).write_bytes(template.encode() + b"\n" + (source / "data.json").read_bytes())


def _target(command: Mapping[str, Any]) -> str:
    """What a command reads: its name, and the keys that it is found by."""
    name = next(iter(command))
    if name == "aggregate":
        return "aggregate " + " ".join(next(iter(stage)) for stage in command["pipeline"])
    return f"{name} {sorted(command.get('filter', {}))} {sorted(command.get('projection', {}))}"


@dataclass(slots=True)
class Pair:
    """The two gateways, their databases, and the worlds that these hold now."""

    first: Gateway
    second: Gateway
    databases: tuple[Mapping[str, Any], Mapping[str, Any]]
    worlds: list[World]
    documents: Documents
    sent: int = 0
    """Requests sent so far."""
    _bearers: dict[Person, str] = field(default_factory=dict)

    def bearer(self, person: Person) -> str:
        """A token of a person in their role."""
        if person not in self._bearers:
            self._bearers[person] = token(person.subject, person.role)
        return self._bearers[person]

    async def ask(self, request: Request, person: Person) -> tuple[Observed, Observed]:
        """The answers of both gateways to one request."""
        for text in request.documents:
            await self._prepare(text, person, is_file=request.is_file)
        self.sent += 1
        number = self.sent
        first, second = await asyncio.gather(
            asyncio.create_task(self.first.ask(request, number)), asyncio.create_task(self.second.ask(request, number))
        )
        return first, second

    async def same_answer(self, request: Request, person: Person, *, times: int = 1) -> Observed:
        """Ask both gateways; their answer, which must be the same.

        Whether two reads share a command depends on which database answers first. A request that changes nothing may be
        sent several *times*: its bytes are the same each time, and its commands once those that the other gateway sent.
        """
        commands: tuple[set[Any], set[Any]] = (set(), set())
        for _ in range(times):
            first, second = await self.ask(request, person)
            assert first.observable == second.observable, f"{person}: {request}\n{first.body!r}\n{second.body!r}"
            assert first.waited == second.waited, f"{person}: {request}"
            for sent, one in zip(commands, (first, second), strict=True):
                sent.add(one.commands)
            if commands[0] & commands[1]:
                return first
        raise AssertionError(f"{person}: {request}\n{commands}")

    async def _prepare(self, text: str, person: Person, *, is_file: bool) -> None:
        """Prepare a document, and for a file the one that asks for its pages: neither world is to pay for it."""
        try:
            prepared = await self.documents.operation(text, None, person.role, person=person.id)
            await prepared.compile()
            if is_file:
                paged = export._paged(prepared, Table.of(prepared.operation.tree))
                await (await self.documents.operation(paged.text, None, person.role, person=person.id)).compile()
        except (OperationRefused, PublicError):
            return  # so it is in both

    async def prepare(self, needs: Mutation) -> None:
        """Change both databases for a sequence of requests; `restore` takes it back."""
        for gateway_, databases in zip((self.first, self.second), self.databases, strict=True):
            gateway_.written |= {change.place for change in needs}
            await write(databases, [needs])
        await self.forget()

    async def change(self, mutations: Iterable[Mutation]) -> None:
        """Change the second world, in its databases and in memory."""
        every = list(mutations)
        for mutation in every:
            self.worlds[1].apply(mutation)
        await write(self.databases[1], every)

    async def forget(self) -> None:
        """Empty all caches of both gateways."""
        await asyncio.gather(self.first.forget(), self.second.forget())

    async def restore(self) -> None:
        """Take back what requests have written."""
        for gateway_, databases, world in zip((self.first, self.second), self.databases, self.worlds, strict=True):
            await load(databases, world, gateway_.written)
            gateway_.written.clear()


def _patient(init: Any) -> Any:
    def patient(self: BestEffort, redis: Any, **_: Any) -> None:
        init(self, redis, timeout_s=60.0)

    return patient


@contextmanager
def same_for_both(world: World) -> Iterator[list[Documents]]:
    """Have what is no data the same in both gateways; yields the documents that they share."""
    shared: list[Documents] = []

    def documents(*arguments: Any, **options: Any) -> Documents:
        if not shared:
            shared.append(Documents(*arguments, **options))
        return shared[0]

    moment = FrozenClock(world.today).now()
    with ExitStack() as stack:
        patch = stack.enter_context
        patch(mock.patch.object(gateway.app, "Documents", documents))
        patch(mock.patch.object(gateway.app, "Clock", FrozenClock))
        patch(mock.patch.object(gateway.app, "ChangeStreams", Unwatched))
        # These are written to the audit a moment later, and the moment may differ.
        patch(mock.patch.multiple(Refusals, count=DEFAULT, count_denied=DEFAULT))
        patch(mock.patch.multiple(DisclosureBuffer, record=DEFAULT))
        patch(mock.patch.object(export, "run_module", _run_module))
        patch(mock.patch.object(paper, "run_module", _run_module))
        patch(mock.patch.object(core, "datetime", frozen_datetime(moment)))
        patch(mock.patch.object(calendars, "datetime", frozen_datetime(moment)))
        patch(mock.patch.object(files, "secrets", SimpleNamespace(token_bytes=bytes)))
        patch(mock.patch.object(sessions, "secrets", SimpleNamespace(token_urlsafe=_same_secret)))
        patch(mock.patch.object(downloads, "secrets", SimpleNamespace(token_urlsafe=_same_secret)))
        patch(mock.patch.object(invitation_codes, "secrets", SimpleNamespace(choice=_same_choice)))
        patch(mock.patch.object(registration_numbers, "secrets", SimpleNamespace(randbelow=_same_number)))
        patch(mock.patch.object(errors, "_now", return_value=moment.isoformat(timespec="seconds")))
        # A busy machine is slow, not down: a charge that one of the two does without would be a difference.
        patch(mock.patch.object(BestEffort, "patience_s", 60.0))
        patch(mock.patch.object(BestEffort, "__init__", _patient(BestEffort.__init__)))
        # What is given back goes with the next taking: by a timer it would come before that in one world alone.
        patch(mock.patch.object(rate_limiter, "_FLUSH_S", 3_600.0))
        # Time brings quotas back: here it stands still.
        script = rate_limiter._SCRIPT.replace("redis.call('TIME')", "{1700000000, 0}")
        script = script.replace(", 'PX', math.ceil(left / 1000)", "")
        assert script.count("1700000000") == 1
        assert "PX" not in script
        patch(mock.patch.object(rate_limiter, "_SCRIPT", script))
        for name, module in list(sys.modules.items()):
            own = name.partition(".")[0] in {"gateway", "connectors"}
            if own and vars(module).get("uuid4") is uuid.uuid4:
                patch(mock.patch.object(module, "uuid4", _same_uuid))
            if own and vars(module).get("uuid") is uuid:
                patch(mock.patch.object(module, "uuid", SimpleNamespace(uuid4=_same_uuid)))
        yield shared


@contextmanager
def dying_sources(gateways: Sequence[Gateway]) -> Iterator[None]:
    """Have the sources of each gateway not answer for its `dead` collections, and answer late for the `slow` ones."""
    dead = {id(source): (one, name) for one in gateways for name, source in one._app[SOURCES].items()}

    def answering(method: Any) -> Any:
        async def answer(self: Source, collection: str, *arguments: Any, **options: Any) -> Any:
            one, name = dead.get(id(self), (None, ""))
            if one is not None and (name, collection) in one.dead:
                raise SourceUnavailable(self.name)
            if one is not None and (name, collection) in one.slow:
                one.waited += 1
                await asyncio.sleep(LATE_S)
            return await method(self, collection, *arguments, **options)

        return answer

    with (
        mock.patch.object(Source, "find", answering(Source.find)),
        mock.patch.object(Source, "aggregate", answering(Source.aggregate)),
    ):
        yield


_ID: Final = re.compile(r"\b[a-z]{2,4}_[a-z2-7]{16}\b")


def ids_in_metrics() -> set[str]:
    """The ids of objects in the labels of metrics, where everybody who reads the metrics would see them."""
    return {
        found
        for metric in REGISTRY.collect()
        for sample in metric.samples
        for value in sample.labels.values()
        for found in _ID.findall(value)
    }


@asynccontextmanager
async def serving(
    world: World,
    mongo_uri: str,
    redis_uris: tuple[str, str],
    *,
    manifests: Path | None = None,
    statistics: Path | None = None,
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[Pair]:
    """Serve two copies of a world, by more *settings* where there are any; their databases are dropped at the end.

    The statistics of each are read from a folder of *statistics*, if there is one: `a` and `b`.
    """
    key = f"privacy_{uuid.uuid4().hex[:8]}"
    gateways: list[Gateway] = []
    runners: list[web.AppRunner] = []
    with silenced(), same_for_both(world) as shared:
        async with (
            Clients(mongo_uri, prefix=f"{key}_a", timeout_s=60) as first,
            Clients(mongo_uri, prefix=f"{key}_b", timeout_s=60) as second,
        ):
            databases = (first.connectors.databases, second.connectors.databases)
            await asyncio.gather(*(load(own, world) for own in databases))
            try:
                for name, redis_uri in zip("ab", redis_uris, strict=True):
                    recorder = Recorder()
                    more: dict[str, Any] = {"persisted": {"manifests": manifests}, **settings}
                    if statistics is not None:
                        more["analytics"] = {"directory": statistics / name, "timeout_s": 30}
                    app = _app(world, mongo_uri, redis_uri, f"{key}_{name}", recorder, more)
                    gateways.append(Gateway(app, recorder, redis_uri))
                    runners.append(web.AppRunner(app))
                    await runners[-1].setup()
                with dying_sources(gateways):
                    yield Pair(gateways[0], gateways[1], databases, [world, world.copy()], shared[0])
            finally:
                for runner, one in zip(runners, gateways, strict=True):
                    await runner.cleanup()
                    await one.aclose()
                for own in databases:
                    for database in own.values():
                        await database.client.drop_database(database.name)  # type: ignore[attr-defined] # motor's


def _app(
    world: World, mongo_uri: str, redis_uri: str, prefix: str, recorder: Recorder, more: Mapping[str, Any]
) -> web.Application:
    roomy = {**ROOMY, "observe": {"log_requests": False}, **more}
    settings = settings_of(mongo_uri, redis_uri, prefix=prefix, today=world.today, **roomy)
    parts: list[Any] = []

    def service(settings: Any, connectors: Any, *arguments: Any, **options: Any) -> Any:
        service = real_service(settings, connectors, *arguments, **options)
        parts.append((connectors.sources, reports_of(settings, connectors, service, load_queries(None))))
        return service

    real_service = gateway.app.operation_service
    with mock.patch.object(gateway.app, "operation_service", service):
        app = create_app(settings, listeners=[recorder])
    [(app[SOURCES], app[REPORTS])] = parts
    return app
