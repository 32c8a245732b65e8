"""Bare WebSockets of aiohttp: a server that only keeps them, and sends each the same frame when it is told to."""

import asyncio
import sys

import uvloop
from aiohttp import web

from tests.bench.serve import READY


async def _serve(port: int) -> None:
    opened: set[web.WebSocketResponse] = set()

    async def keep(request: web.Request) -> web.WebSocketResponse:
        own = web.WebSocketResponse(protocols=("graphql-transport-ws",), compress=False, heartbeat=25)
        await own.prepare(request)
        opened.add(own)
        async for _ in own:
            pass
        opened.discard(own)
        return own

    async def send(request: web.Request) -> web.Response:
        text = await request.text()
        for own in opened:
            await own.send_str(text)
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/graphql", keep), web.post("/send", send)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(READY, flush=True)  # noqa: T201 - for the process that has started this one
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as running:
        running.run(_serve(int(sys.argv[1])))
