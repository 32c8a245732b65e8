"""No token, name or search term is in a log or a trace, on whatever path a request fails."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, NamedTuple

import pytest
from aiohttp.test_utils import TestClient
from graphql import ExecutionResult, GraphQLError
from pydantic import SecretStr
from pymongo.errors import OperationFailure

from auth.viewer import Role
from connectors.errors import SourceUnavailable
from connectors.redis import RedisError
from gateway.app import create_app
from gateway.context import RequestContext
from gateway.engine.documents import PreparedOperation
from gateway.operations.persisted import Step
from gateway.operations.service import execute_plan
from gateway.settings import AuthSettings, MongoSettings, PersistedSettings, RedisSettings, Settings
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.observability.spans import in_memory
from tests.gateway.served import SECRET, GatewayServer, token
from tests.logs import configured

PREFIX: Final = "secrets"
HIDDEN: Final = "TOPSECRETxyz"
"""Stands in every request, in many places; ASCII, so that it may be a name in GraphQL."""
WITHIN_S: Final = 20


def failure(kind: str) -> Exception:
    """An exception whose text quotes what the client sent."""
    error: Exception
    match kind:
        case "value":
            return ValueError(f"no such {HIDDEN}")
        case "key":
            return KeyError(HIDDEN)
        case "mongo":
            error = SourceUnavailable("diary")
            error.__cause__ = OperationFailure(f"cannot encode {HIDDEN}", 17, {"errmsg": HIDDEN})
            return error
        case "redis":
            return RedisError(f"wrong reply {HIDDEN}")
        case _:
            return ExceptionGroup(HIDDEN, [UnicodeEncodeError("utf-8", HIDDEN, 0, 1, HIDDEN), RuntimeError(HIDDEN)])


async def run(prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]) -> ExecutionResult:
    """Fails as the variable `fail` says: as a whole, or in two fields."""
    kind = variables.get("fail")
    if kind is None:
        return await execute_plan(prepared, context, variables)
    if variables.get("whole"):
        raise failure(kind)
    errors = [GraphQLError(HIDDEN, path=[HIDDEN, field], original_error=failure(kind)) for field in ("a", "b")]
    return ExecutionResult({"viewer": None}, errors)


class Watched(NamedTuple):
    """A gateway whose log and spans are searched in the end."""

    client: TestClient[Any, Any]
    bearer: str


@pytest.fixture(params=[True, False], ids=["json", "console"])
async def watched(
    request: pytest.FixtureRequest, mongo_uri: str, redis_uri: str, built: Builder
) -> AsyncIterator[Watched]:
    stream = io.BytesIO()
    exporter, tracing = in_memory()
    settings = Settings(
        mongo=MongoSettings(uri=SecretStr(mongo_uri), prefix=PREFIX),
        redis=RedisSettings(uri=SecretStr(redis_uri)),
        auth=AuthSettings(developer_secret=SecretStr(SECRET)),
        persisted=PersistedSettings(default=Step.LOG_UNKNOWN),
        today=school.TODAY,
    )
    server = GatewayServer(settings, create_app(settings, tracing=tracing, execute=run))
    with configured(stream, as_json=request.param, id_key=None, repeated_lines=1_000):
        async with TestClient(server) as client:
            yield Watched(client, token(built.subject_of_token("ivan"), Role.STUDENT))
    log = stream.getvalue().decode()
    assert HIDDEN not in log
    assert "internal error" in log
    assert "source unavailable" in log
    assert "malformed request" in log
    spans = " ".join(str(span.to_json()) for span in exporter.get_finished_spans())
    assert "graphql.operation.type" in spans
    assert HIDDEN not in spans


@pytest.fixture(scope="module")
async def built(mongo_uri: str) -> Builder:
    one = school.build(PREFIX)
    await one.write(mongo_uri, PREFIX)
    return one


QUERIES: Final = [
    f"query {HIDDEN} {{ {HIDDEN}: viewer {{ role }} }}",
    f"{{ {HIDDEN} }}",
    f"{{ viewer {{ {HIDDEN} }} }}",
    f"{{ viewer {HIDDEN}",
    f'{{ viewer {{ role }} }} "{HIDDEN}',
    f'{{ people(search: "{HIDDEN}", first: 1) {{ nodes {{ displayName }} }} }}',
    f'{{ node(id: "{HIDDEN}") {{ id }} }}',
    f'{{ node(id: "per_{HIDDEN}") {{ id }} }}',
    f'{{ students(search: "{HIDDEN}", first: 1) {{ totalCount }} }}',
    f"query ($v: Int) {{ viewer {{ role }} }} # {HIDDEN}",
    f"query A {{ viewer {{ role }} }} query {HIDDEN} {{ viewer {{ role }} }}",
    f"{{ viewer {{ ...{HIDDEN} }} }}",
    f"fragment {HIDDEN} on Viewer {{ role }} {{ viewer {{ ...{HIDDEN} @include(if: ${HIDDEN}) }} }}",
]


async def test_nothing_that_a_client_sent_is_logged_when_it_fails(watched: Watched) -> None:
    client, good = watched.client, {"Authorization": f"Bearer {watched.bearer}", "X-Client-Name": HIDDEN}
    good |= {"traceparent": HIDDEN, "tracestate": f"a={HIDDEN}", "baggage": f"name={HIDDEN}", "User-Agent": HIDDEN}
    ask = "query Fail($fail: ID!, $whole: Boolean!) { node(id: $fail) { __typename id @include(if: $whole) } }"
    bodies: list[Any] = [{"query": query, "variables": {"name": HIDDEN}} for query in QUERIES]
    bodies += [
        {"query": "{ viewer { role } }", "operationName": HIDDEN},
        {"query": "query ($v: Int!) { viewer { role @include(if: $v) } }", "variables": {"v": HIDDEN}},
        {"documentId": HIDDEN},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HIDDEN}}, "query": "{ viewer { role } }"},
        {"extensions": {"persistedQuery": {"version": HIDDEN}}},
        [HIDDEN],
        HIDDEN,
    ]
    for kind in ("value", "key", "mongo", "redis", "group"):
        bodies += [{"query": ask, "variables": {"fail": kind, "whole": whole}} for whole in (True, False)]
    for body in bodies:
        async with client.post("/graphql", json=body, headers=good) as response:
            await response.read()
    for bearer in (HIDDEN, f"{HIDDEN}.{HIDDEN}.{HIDDEN}", f"{watched.bearer[:-8]}{HIDDEN}", f"é{HIDDEN}"):
        async with client.post("/graphql", json=bodies[0], headers={"Authorization": f"Bearer {bearer}"}) as response:
            assert response.status == 401
    for path in (f"/{HIDDEN}", f"/graphiql/assets/{HIDDEN}", f"/graphql?query={HIDDEN}&variables={HIDDEN}"):
        async with client.get(path, headers=good) as response:
            await response.read()
    for data in (f"{HIDDEN} / HTTP/1.1\r\n\r\n", f"GET /{HIDDEN} HTTP/1.1\r\nAuthorization: Bearer {HIDDEN}\r\n\r\n"):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(data.encode())
        async with asyncio.timeout(WITHIN_S):
            assert HIDDEN.encode() not in await reader.read()
        writer.close()
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %s", HIDDEN)
    logging.getLogger("pymongo").warning(f"{HIDDEN} failed")  # noqa: G004 - as libraries do
    asyncio.get_running_loop().call_exception_handler({"message": HIDDEN, "exception": failure("value")})
