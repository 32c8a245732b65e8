from collections.abc import Mapping

from jose import jwt

from connectors.assembly import Clients
from tests.gateway.cli.running import run
from tests.gateway.served import SECRET


async def test_token_is_refused_when_the_developer_issuer_is_off() -> None:
    said = await run("token", "someone", "--role", "PARENT")
    assert said.code == 1
    assert said.out == ""
    assert "developer issuer is switched off" in said.err


async def test_token_carries_subject_and_role_when_the_developer_issuer_is_on() -> None:
    said = await run("token", "someone", "--role", "PARENT", GATEWAY_AUTH__DEVELOPER_SECRET=SECRET)
    claims = jwt.decode(said.out.strip(), SECRET, algorithms=["HS256"], audience="school-gateway")
    assert (claims["sub"], claims["role"]) == ("someone", "PARENT")


async def test_token_warns_of_an_unknown_subject_a_role_not_held_and_a_missing_consent(
    seeded: Mapping[str, str],
) -> None:
    said = await run("token", "someone", "--role", "PARENT", **seeded)
    assert said.code == 0
    assert jwt.get_unverified_claims(said.out.strip())["sub"] == "someone"
    assert "Warning: it will be refused with USER_NOT_FOUND" in said.err

    async with Clients(seeded["GATEWAY_MONGO__URI"], prefix=seeded["GATEWAY_MONGO__PREFIX"]) as clients:
        directory = clients.connectors.databases["directory"]
        student = await directory["people"].find_one({"roles": ["STUDENT"]})
        known = await directory["external_ids"].find_one({"person_id": student["_id"]})
    said = await run("token", known["subject"], "--role", "TEACHER", **seeded)
    assert "Warning: it will be refused with UNAUTHENTICATED" in said.err
    required = '{"personal-data": {"version": "1"}}'
    said = await run("token", known["subject"], "--role", "STUDENT", **seeded, GATEWAY_CONSENTS__TEXTS=required)
    assert "Warning: it will be refused with CONSENT_MISSING" in said.err
    said = await run("token", known["subject"], "--role", "STUDENT", **seeded)
    assert said.err == ""


async def test_token_is_issued_with_a_warning_when_the_directory_is_away() -> None:
    away = {"GATEWAY_MONGO__URI": "mongodb://127.0.0.1:9", "GATEWAY_MONGO__TIMEOUT_S": "0.3"}
    said = await run("token", "someone", "--role", "PARENT", **away, GATEWAY_AUTH__DEVELOPER_SECRET=SECRET)
    assert said.code == 0
    assert said.out.strip()
    assert "Warning: the directory does not answer" in said.err
