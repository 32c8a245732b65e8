"""What front-end teams use, proved: code generated from schemas, Apollo Client, urql, graphql-ws and graphql-sse."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from jose import jwt

from auth.viewer import Role
from connectors.vocabulary import mint
from gateway.settings import HttpSettings
from tests.gateway.generated import Generated, generated
from tests.gateway.http.live.listening import until_running
from tests.gateway.served import SECRET
from tests.requiring import ROOT, node_for

CLIENTS: Final = Path(__file__).parent
MODULES: Final = CLIENTS / "node_modules"
CODEGEN: Final = MODULES / "@graphql-codegen" / "cli" / "esm" / "bin.js"
STRICT: Final = HttpSettings(csrf_headers=("X-Apollo-Operation-Name", "Apollo-Require-Preflight"))
"""A gateway behind a proxy that adds the token: a bare GET proves nothing."""


async def node(*arguments: str | Path) -> tuple[int, str]:
    """Run a program with node; its exit status and all that it said."""
    process = await asyncio.create_subprocess_exec(
        *(node_for("tests/clients"), *arguments),
        cwd=CLIENTS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(300):
        output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_code_generated_for_each_role_compiles_strictly() -> None:
    shutil.rmtree(CLIENTS / "generated", ignore_errors=True)
    status, output = await node(CODEGEN, "--config", "codegen.yml")
    assert status == 0, output
    for role in Role:
        assert {f"{role.value.lower()}.ts", f"{role.value.lower()}.schema.ts"} <= {
            path.name for path in (CLIENTS / "generated").iterdir()
        }
    status, output = await node(MODULES / "typescript" / "bin" / "tsc", "--strict", "--project", CLIENTS)
    assert (status, output) == (0, "")


async def test_code_is_not_generated_when_a_document_asks_for_what_the_role_may_not_see(tmp_path: Path) -> None:
    (tmp_path / "week.graphql").write_text((CLIENTS / "operations" / "student.graphql").read_text())
    schema = ROOT / "gateway" / "schema" / "schema.parent.graphql"
    config = {
        "schema": str(schema),
        "documents": str(tmp_path / "week.graphql"),
        "generates": {str(tmp_path / "week.ts"): {"plugins": ["typescript-operations"]}},
    }
    (tmp_path / "codegen.json").write_text(json.dumps(config))
    status, output = await node(CODEGEN, "--config", tmp_path / "codegen.json")
    assert status != 0
    assert 'Cannot query field "student" on type "Viewer"' in output
    assert not (tmp_path / "week.ts").exists()


@pytest.fixture(scope="module")
async def school(mongo_uri: str, redis_uri: str) -> AsyncIterator[Generated]:
    async with generated(mongo_uri, redis_uri, http=STRICT) as running:
        yield running


def _expired(bearer: str) -> str:
    """A token that expired an hour ago."""
    claims = jwt.get_unverified_claims(bearer)
    expired: str = jwt.encode({**claims, "exp": claims["iat"] - 3600}, SECRET, algorithm="HS256")
    return expired


@pytest.fixture(scope="module")
async def variables_of_student(school: Generated) -> Mapping[str, Any]:
    """A parent of two children who sit in the same lessons."""
    directory = school.connectors.databases["directory"]
    parent = school.around[Role.PARENT]
    own = await directory["guardianships"].find_one({"person_id": parent, "student_id": school.student_id})
    [mate] = (
        await directory["people"]
        .find({"enrolments.class_id": school.class_id, "student_id": {"$ne": school.student_id}})
        .sort("_id", 1)
        .to_list(length=1)
    )
    twin = {**own, "_id": mint("Guardianship", "twin"), "student_id": mate["student_id"]}
    await directory["guardianships"].insert_one(twin)
    return {
        "url": str(school.served.client.make_url("/graphql")),
        "token": school.bearer(parent, Role.PARENT),
        "expired": _expired(school.bearer(parent, Role.PARENT)),
        "children": [school.student_id, mate["student_id"]],
        "week": "2026-11-16",
    }


@pytest.mark.parametrize(("client", "count"), [("apollo", 15), ("urql", 16)])
async def test_all_checks_hold_when_a_client_asks_the_gateway(
    client: str, count: int, variables_of_student: Mapping[str, Any], school: Generated
) -> None:
    students = {"student_id": {"$in": variables_of_student["children"]}}
    for collection in ("absence_notices", "acknowledgements"):  # clients begin with lists that are empty
        await school.connectors.databases["diary"][collection].delete_many(students)
    status, output = await node(f"{client}.mjs", json.dumps(variables_of_student))
    assert status == 0, output
    results = [json.loads(line) for line in output.splitlines()]
    assert [f"{result['name']}: {result['reason']}" for result in results if result["reason"]] == []
    assert len(results) == count


async def test_graphql_ws_goes_on_with_a_fresh_token_after_an_interruption_without_loss_or_repeats(
    variables_of_student: Mapping[str, Any], school: Generated
) -> None:
    marks = school.connectors.databases["grades"]["marks"]
    first, second = await marks.find({"student_id": school.student_id}).sort("_id", 1).to_list(length=2)
    bearer = variables_of_student["token"]
    claims = jwt.get_unverified_claims(bearer)
    fresh = jwt.encode({**claims, "exp": claims["exp"] + 600}, SECRET, algorithm="HS256")
    process = await asyncio.create_subprocess_exec(
        *(node_for("tests/clients"), "resume.mjs"),
        json.dumps({"url": variables_of_student["url"], "tokens": [bearer, fresh]}),
        cwd=CLIENTS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    lines, commands = process.stdout, process.stdin
    assert lines is not None
    assert commands is not None

    async def line() -> Any:
        async with asyncio.timeout(60):
            return json.loads(await lines.readline())

    async def change(mark: Mapping[str, Any], value: str) -> Mapping[str, str]:
        await marks.update_one({"_id": mark["_id"]}, {"$set": {"value": value}})
        return {"id": mark["_id"], "value": value}

    await until_running(1)
    assert await change(first, "3") == await line()
    assert await line() == {"away": True}
    await until_running(0)
    missed = [await change(second, "2"), await change(first, "4")]
    commands.write(b"\n")
    assert [await line(), await line()] == missed
    assert await change(second, "5") == await line()
    assert await process.wait() == 0


async def test_graphql_ws_and_graphql_sse_receive_every_event(
    variables_of_student: Mapping[str, Any], school: Generated
) -> None:
    marks = school.connectors.databases["grades"]["marks"]
    mark = await marks.find_one({"student_id": school.student_id})
    process = await asyncio.create_subprocess_exec(
        *(node_for("tests/clients"), "live.mjs", json.dumps(variables_of_student)),
        cwd=CLIENTS,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = process.stdout

    async def line() -> Any:
        async with asyncio.timeout(60):
            return json.loads(await lines.readline())

    answered = {"data": {"viewer": {"role": "PARENT"}}}
    assert await line() == {"ready": answered, "closed": [4403]}  # an expired token, and then another one
    assert await line() == {"stream": answered}
    await until_running(2)
    sent = []
    for value in ("3", "2"):
        await marks.update_one({"_id": mark["_id"]}, {"$set": {"value": value}})
        sent += [await line(), await line()]
    event = {"student": {"id": school.student_id}, "mark": {"id": mark["_id"]}}
    for client in ("graphql-ws", "graphql-sse"):
        own = [one["result"]["data"]["markChanged"] for one in sent if one["from"] == client]
        assert own == [{**event, "mark": {"id": mark["_id"], "value": value}} for value in ("3", "2")]
    assert await process.wait() == 0
