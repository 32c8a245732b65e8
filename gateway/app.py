"""The composition root: the one module that knows every other."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from graphql import ExecutionResult
from pymongo.monitoring import CommandListener

from auth.scope import Viewers
from auth.tokens import TokenRules, TokenVerifier
from auth.viewer import Role
from connectors import redis as redis_
from connectors.assembly import Clients
from gateway.context import Clock, RequestContext
from gateway.engine import plan
from gateway.engine.document import Documents, Operation
from gateway.explain import run_explained
from gateway.http import demo, graphiql, health
from gateway.http.demo import ShownViewer
from gateway.http.graphql import GraphQLEndpoint
from gateway.schema.query import graphql_schema
from gateway.settings import AccessMode, AuthSettings, Settings


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


def create_app(
    settings: Settings,
    *,
    shown: Sequence[ShownViewer] = (),
    listeners: Sequence[CommandListener] = (),
) -> web.Application:
    """The gateway as an aiohttp application; *shown* are the viewers of a demo."""
    app = web.Application(client_max_size=settings.http.max_body_bytes)
    clients = open_clients(settings, listeners)
    connectors = clients.connectors
    uri = settings.redis.uri
    redis = redis_.connect(uri.get_secret_value(), timeout_s=settings.redis.timeout_s) if uri else None
    schema = graphql_schema()
    documents = Documents(
        schema,
        [role.value for role in Role],
        size=settings.engine.documents,
        reject=settings.access.mode is AccessMode.REJECT,
    )
    endpoint = GraphQLEndpoint(
        verifier=TokenVerifier(token_rules(settings.auth)),
        viewers=Viewers(
            connectors.directory, redis, ttl_s=settings.auth.scope_ttl_s, redis_timeout_s=settings.redis.timeout_s
        ),
        connectors=connectors,
        documents=documents,
        run=_run,
        explained=settings.demo,
        clock=Clock(settings.today),
        timeout_s=settings.mongo.timeout_s,
        graphiql=settings.http.graphiql,
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


async def _run(operation: Operation, context: RequestContext, variables: Mapping[str, Any]) -> ExecutionResult:
    compiled = plan.compile(operation)
    if context.explain:
        return await run_explained(operation, context, lambda: compiled.run(context, variables))
    return await compiled.run(context, variables)


async def serve_until_stopped(
    settings: Settings, *, on_ready: Callable[[], None], shown: Sequence[ShownViewer] = ()
) -> None:
    """Serve until SIGINT or SIGTERM; *on_ready* is called once requests are taken."""
    runner = web.AppRunner(create_app(settings, shown=shown), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http.host, settings.http.port).start()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        on_ready()
        await stopped.wait()
    finally:
        await runner.cleanup()
