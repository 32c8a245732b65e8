"""GET /schema.graphql: the schema of the caller's role."""

import re

from graphql import build_schema

from auth.viewer import Role
from gateway.schema.printed import printed
from gateway.settings import AccessSettings
from tests.gateway.building import Builder
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served


async def test_a_caller_gets_the_schema_of_their_role(gateway: Served, ivan: str, olga: str) -> None:
    for token, role in ((ivan, Role.STUDENT), (olga, Role.PARENT)):
        async with gateway.client.get("/schema.graphql", headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "private, no-store"
            assert response.headers["Vary"] == "Authorization, Cookie"
            assert role.value.lower() in response.headers["Content-Disposition"]
            text = await response.text()
        assert text == printed(role)
        build_schema(text)


async def test_the_schema_of_a_student_has_no_word_of_remarks(gateway: Served, ivan: str) -> None:
    async with gateway.client.get("/schema.graphql", headers={"Authorization": f"Bearer {ivan}"}) as response:
        text = await response.text()
    assert re.findall(r"(?i)remark|замечан", text) == []


async def test_nobody_gets_a_schema_without_a_token(gateway: Served) -> None:
    async with gateway.client.get("/schema.graphql") as response:
        assert response.status == 401
        assert (await response.json())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_role_that_may_not_introspect_gets_no_schema(serve: Serve, ivan: str, built: Builder) -> None:  # noqa: ARG001 - its documents are there then
    async with (
        serve(access=AccessSettings(introspection=(Role.ADMINISTRATOR,))) as gateway,
        gateway.client.get("/schema.graphql", headers={"Authorization": f"Bearer {ivan}"}) as response,
    ):
        assert response.status == 403
        assert "type Query" not in await response.text()
