"""The process that runs the jobs apart from those that serve."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web

from gateway.app import (
    connection_rules,
    connectors_of,
    jobs_of,
    open_clients,
    operation_service,
    reports_of,
    stopping,
)
from gateway.exports import saved_queries
from gateway.http import health, metrics
from gateway.http.lifecycle import Life, bound, serve, wait_for_stop_signal
from gateway.jobs import JobRunner
from gateway.settings import Settings


async def work_until_stopped(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Run all jobs until SIGINT or SIGTERM; *on_ready* is called once they run.

    Raises `ValueError` where the key of the audit or the settings of mail are wrong.
    """
    life = Life()
    app = create_work_app(settings, life)
    port = settings.jobs.port
    if port is not None:
        http = settings.http
        await serve(
            app,
            bound(http.host, port),
            life,
            stopping(settings),
            rules=connection_rules(settings),
            keepalive_s=http.keepalive_s,
            on_ready=on_ready,
        )
        return
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        on_ready()
        await wait_for_stop_signal()
    finally:
        await runner.cleanup()


def create_work_app(settings: Settings, life: Life) -> web.Application:
    """An application that runs all jobs, and answers what operators ask of a process."""
    clients = open_clients(settings)
    connectors = connectors_of(settings, clients)
    service = operation_service(settings, connectors, None)
    queries = saved_queries.load(settings.exports.queries)
    jobs = jobs_of(settings, connectors, reports_of(settings, connectors, service, queries))
    app = web.Application()
    readiness = health.Readiness(connectors.sources, None, cache_s=settings.http.readiness_s)
    app.add_routes([*metrics.routes(), *health.routes(connectors.sources, readiness, life)])

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        async with clients:
            indexing = await connectors.begin_indexes()
            async with JobRunner(jobs, connectors.audit.source.database):
                yield
            indexing.cancel()
            await connectors.files.store.aclose()

    app.cleanup_ctx.extend([metrics.watched_process, parts])
    return app
