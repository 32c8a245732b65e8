"""The audits of GraphQL over HTTP that the npm package graphql-http makes, all of them."""

import asyncio
import json
from typing import Any, Final

from gateway.settings import HttpSettings
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served
from tests.requiring import ROOT, node_for

AUDITS: Final = ROOT / "tests" / "http-audits"
COUNT: Final = 61


async def audited(gateway: Served, bearer: str, *headers: str) -> list[dict[str, Any]]:
    """The results of all audits, each request of which carries *headers*, `name=value`."""
    process = await asyncio.create_subprocess_exec(
        *(
            node_for("tests/http-audits"),
            str(AUDITS / "run.mjs"),
            str(gateway.client.make_url("/graphql")),
            bearer,
            *headers,
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(300):
        output, _ = await process.communicate()
    return [json.loads(line) for line in output.decode().splitlines()]


async def test_all_audits_are_ok_when_run_with_a_token(gateway: Served, ivan: str) -> None:
    results = await audited(gateway, ivan)
    assert len(results) == COUNT
    assert [result for result in results if result["status"] != "ok"] == []


async def test_all_audits_are_ok_but_bare_gets_when_a_proxy_adds_the_token(serve: Serve, ivan: str) -> None:
    strict = HttpSettings(csrf_headers=("X-Apollo-Operation-Name", "Apollo-Require-Preflight"))
    async with serve(http=strict) as gateway:
        refused = [result["id"] for result in await audited(gateway, ivan) if result["status"] != "ok"]
        assert sorted(refused) == ["5A70", "6A70", "D6D5"]
        results = await audited(gateway, ivan, "Apollo-Require-Preflight=true")
        assert [result for result in results if result["status"] != "ok"] == []
