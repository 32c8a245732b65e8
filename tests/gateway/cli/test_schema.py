from tests.gateway.cli.running import run


async def test_schema_shows_only_what_the_role_sees_when_one_is_named() -> None:
    said = await run("schema", "--role", "PARENT")
    assert "type Remark" in said.out
    assert "type Test " not in said.out
