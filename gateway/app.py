"""The composition root: the one module that knows every other."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from graphql import ExecutionResult
from pymongo.monitoring import CommandListener

from auth.scope import Viewers
from auth.tokens import TokenRules, TokenVerifier
from auth.viewer import Role
from connectors import redis as redis_
from connectors.assembly import Clients
from connectors.redis import Redis
from gateway.context import Clock, RequestContext
from gateway.engine import plan
from gateway.engine.document import Documents, Operation
from gateway.engine.limits import Limits
from gateway.explain import run_explained
from gateway.http import demo, graphiql, health
from gateway.http.apq import AutomaticQueries
from gateway.http.body import Bodies
from gateway.http.compression import Compression
from gateway.http.demo import ShownViewer
from gateway.http.graphql import FrontDoor, GraphQLEndpoint, Run
from gateway.http.manifests import TrustedDocuments
from gateway.http.persisted import PersistedDocuments
from gateway.http.response import Responses
from gateway.schema.query import graphql_schema
from gateway.settings import AccessMode, AuthSettings, Settings

COLLECT_AFTER: Final = 100_000
"""Objects that requests must leave behind before the garbage collector looks for cycles among them."""


def token_rules(auth: AuthSettings) -> TokenRules:
    """The rules that tokens are checked by; ValueError where the settings contradict themselves."""
    secret = auth.developer_secret
    return TokenRules(
        audience=auth.audience,
        issuer=auth.issuer,
        jwks=auth.jwks,
        algorithms=auth.algorithms,
        developer_issuer=auth.developer_issuer,
        developer_secret=secret.get_secret_value() if secret else None,
        role_claim=auth.role_claim,
        leeway_s=auth.leeway_s,
    )


def open_clients(settings: Settings, listeners: Sequence[CommandListener] = ()) -> Clients:
    """The clients of the connectors' databases."""
    mongo = settings.mongo
    return Clients(
        mongo.uri.get_secret_value(),
        uris={name: uri.get_secret_value() for name, uri in mongo.uris.items()},
        prefix=mongo.prefix,
        timeout_s=mongo.timeout_s,
        driver=mongo.driver,
        listeners=listeners,
    )


async def run_compiled(operation: Operation, context: RequestContext, variables: Mapping[str, Any]) -> ExecutionResult:
    """Run *operation* by its plan, compiled when first asked for."""
    compiled = plan.compile(operation)
    if context.explain:
        return await run_explained(operation, context, lambda: compiled.run(context, variables))
    return await compiled.run(context, variables)


def front_door(settings: Settings) -> FrontDoor:
    """How HTTP requests are taken and answered."""
    http = settings.http
    return FrontDoor(
        bodies=Bodies(http.max_body_bytes, http.body_timeout_s),
        responses=Responses(Compression(http.compress_min_bytes), http.max_response_bytes),
        csrf_headers=http.csrf_headers,
        batch_max=http.batch_max,
        client_header=settings.persisted.client_header,
        graphiql=http.graphiql,
    )


def persisted_documents(settings: Settings, redis: Redis | None, documents: Documents) -> PersistedDocuments:
    """The documents that are known by id; those of the manifests are compiled for every role."""
    persisted = settings.persisted
    trusted = TrustedDocuments.load(persisted.manifests)
    if trusted.by_id:
        trusted.warm(documents, [role.value for role in Role], plan.compile)
    automatic = AutomaticQueries(
        redis, size=persisted.apq_size, ttl_s=persisted.apq_ttl_s, timeout_s=settings.redis.timeout_s
    )
    return PersistedDocuments(trusted, automatic if persisted.apq else None, persisted.default, persisted.clients)


def create_app(
    settings: Settings,
    *,
    shown: Sequence[ShownViewer] = (),
    listeners: Sequence[CommandListener] = (),
    run: Run = run_compiled,
) -> web.Application:
    """The gateway as an aiohttp application; *shown* are the viewers of a demo."""
    app = web.Application(client_max_size=settings.http.max_body_bytes)
    clients = open_clients(settings, listeners)
    connectors = clients.connectors
    uri = settings.redis.uri
    redis = redis_.connect(uri.get_secret_value(), timeout_s=settings.redis.timeout_s) if uri else None
    schema = graphql_schema()
    limits = Limits(**settings.limits.model_dump())
    documents = Documents(
        schema,
        [role.value for role in Role],
        size=settings.engine.documents,
        reject=settings.access.mode is AccessMode.REJECT,
        limits=limits,
    )
    endpoint = GraphQLEndpoint(
        verifier=TokenVerifier(token_rules(settings.auth)),
        viewers=Viewers(
            connectors.directory, redis, ttl_s=settings.auth.scope_ttl_s, redis_timeout_s=settings.redis.timeout_s
        ),
        connectors=connectors,
        documents=documents,
        run=run,
        explained=settings.demo,
        clock=Clock(settings.today),
        timeout_s=settings.mongo.timeout_s,
        limits=limits,
        persisted=persisted_documents(settings, redis, documents),
        front_door=front_door(settings),
    )
    app.add_routes(endpoint.routes())
    app.add_routes(health.routes(connectors.sources, redis))
    if settings.http.graphiql:
        app.add_routes(graphiql.routes())
    if settings.demo:
        app.add_routes(demo.routes(shown))

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        await connectors.create_indexes()
        yield
        await clients.__aexit__()
        if redis is not None:
            await redis.aclose()

    app.cleanup_ctx.append(parts)
    return app


async def serve_until_stopped(
    settings: Settings, *, on_ready: Callable[[], None], shown: Sequence[ShownViewer] = ()
) -> None:
    """Serve until SIGINT or SIGTERM; *on_ready* is called once requests are taken."""
    app = create_app(settings, shown=shown)
    await serve_app_until_stopped(app, settings.http.host, settings.http.port, on_ready=on_ready)


def spare_collector() -> None:
    """Keep the garbage collector from what stays for good, and from looking through each large answer.

    Requests leave no cycles of their own, so that it has little to find and would walk their documents for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


async def serve_app_until_stopped(app: web.Application, host: str, port: int, *, on_ready: Callable[[], None]) -> None:
    """Serve *app* until SIGINT or SIGTERM; *on_ready* is called once requests are taken."""
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)  # compressed bodies are refused, not unpacked
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        spare_collector()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        on_ready()
        await stopped.wait()
    finally:
        await runner.cleanup()
