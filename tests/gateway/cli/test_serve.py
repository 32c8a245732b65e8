from tests.gateway.cli.running import run


async def test_serve_names_the_setting_when_it_is_wrong() -> None:
    said = await run("serve", GATEWAY_HTTP__PORT="many")
    assert said.code == 1
    assert "GATEWAY_HTTP__PORT" in said.err
    assert "Traceback" not in said.err


async def test_serve_names_the_variable_when_it_is_misspelt() -> None:
    said = await run("serve", GATEWAY_MONGO__URL="mongodb://127.0.0.1:9")
    assert said.code == 1
    assert "There is no setting GATEWAY_MONGO__URL" in said.err


async def test_serve_names_the_subsystem_when_there_is_none_of_that_name() -> None:
    said = await run("serve", GATEWAY_MONGO__URIS='{"dairy": "mongodb://127.0.0.1:9"}')
    assert said.code == 1
    assert "dairy" in said.err
    assert "diary" in said.err


async def test_serve_refuses_to_be_a_demo() -> None:
    said = await run("serve", GATEWAY_DEMO="true")
    assert said.code == 1
    assert "school-gateway demo" in said.err


async def test_serve_says_so_when_nobody_could_sign_in() -> None:
    said = await run("serve")
    assert said.code == 1
    assert "nobody could sign in" in said.err
