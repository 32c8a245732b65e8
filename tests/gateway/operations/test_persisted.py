import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from auth.viewer import Role
from connectors.redis import connect
from gateway.engine.documents import Documents
from gateway.operations.apq import KEY
from gateway.operations.manifests import ManifestError, TrustedDocuments
from gateway.operations.persisted import Step
from gateway.schema.query import graphql_schema
from gateway.settings import PersistedSettings
from tests.gateway.building import Builder
from tests.gateway.http.asking import Answered, get, post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

MOBILE = Path(__file__).parents[3] / "docs" / "mobile.md"
START_SCREEN = re.findall(r"```graphql\n(.*?)```", MOBILE.read_text(), re.DOTALL)[0]
ROLE = "query Role { viewer { role } }"
KNOWN = {"start-screen-1": START_SCREEN, "role": ROLE}
UNKNOWN = "query Unknown { viewer { person { id } } }"
STEPS = {"web": Step.SAFELIST, "mobile": Step.REQUIRE_ID, "desk": Step.LOG_UNKNOWN}


def apollo(documents: Mapping[str, str]) -> dict[str, Any]:
    operations = [{"id": key, "name": "", "type": "query", "body": text} for key, text in documents.items()]
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}


def written(directory: Path, **manifests: object) -> Path:
    for name, manifest in manifests.items():
        (directory / f"{name}.json").write_bytes(orjson.dumps(manifest))
    return directory


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def automatic(key: str, query: str | None = None, **parameters: Any) -> dict[str, Any]:
    """A request in the form of Apollo's clients."""
    text = {} if query is None else {"query": query}
    return {**text, **parameters, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}}


@pytest.fixture(scope="module")
async def listed(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A gateway with a manifest of each form, and a client at each step."""
    relay = {"role": ROLE}
    start = {"start-screen-1": START_SCREEN}
    directory = written(tmp_path_factory.mktemp("manifests"), relay=relay, apollo=apollo(start))
    async with serve(persisted=PersistedSettings(manifests=directory, clients=STEPS)) as gateway:
        yield gateway


async def send(gateway: Served, bearer: str, client: str, **parameters: Any) -> Answered:
    return await post(gateway, bearer, parameters, X_Client_Name=client)


# The app, as docs/mobile.md describes it.


async def test_the_start_screen_shows_the_week_when_a_student_asks_by_its_id(
    listed: Served, built: Builder, ivan: str
) -> None:
    variables = {"student": built.id("Student", "ivan"), "forParent": False}
    answer = await send(listed, ivan, "mobile", documentId="start-screen-1", variables=variables)
    assert "errors" not in answer.json
    diary = answer.json["data"]["student"]["diary"]
    lessons = [lesson for day in diary["days"] for lesson in day["lessons"]]
    assert list(diary) == ["startsOn", "endsOn", "days"]
    assert {key for lesson in lessons for key in lesson} == {
        *("id", "number", "startsAt", "endsAt", "subject", "homework", "marks")
    }
    assert any(lesson["homework"] for lesson in lessons)


async def test_the_start_screen_shows_the_acknowledgement_too_when_a_parent_asks(
    listed: Served, built: Builder, olga: str
) -> None:
    variables = {"student": built.id("Student", "ivan"), "forParent": True}
    answer = await send(listed, olga, "mobile", documentId="start-screen-1", variables=variables)
    assert "errors" not in answer.json
    assert "acknowledgement" in answer.json["data"]["student"]["diary"]


async def test_the_app_is_answered_by_get_when_it_names_the_document(listed: Served, ivan: str) -> None:
    answer = await get(listed, ivan, {"documentId": "role"}, X_Client_Name="mobile")
    assert answer.json == {"data": {"viewer": {"role": "STUDENT"}}}


# What each step lets through.


@pytest.mark.parametrize("client", ["", "desk", "web", "mobile"])
@pytest.mark.parametrize("form", [{"documentId": "role"}, automatic("role")], ids=["documentId", "Apollo's form"])
async def test_an_id_of_a_manifest_runs_at_every_step(
    listed: Served, ivan: str, client: str, form: dict[str, Any]
) -> None:
    answer = await send(listed, ivan, client, **form)
    assert (answer.status, answer.json) == (200, {"data": {"viewer": {"role": "STUDENT"}}})


@pytest.mark.parametrize(
    ("client", "form", "status", "code"),
    [
        ("web", {"query": UNKNOWN}, 403, "QUERY_NOT_IN_SAFELIST"),
        ("web", {"query": ROLE + " "}, 403, "QUERY_NOT_IN_SAFELIST"),
        ("web", automatic(sha256(UNKNOWN)), 404, "PERSISTED_QUERY_NOT_IN_LIST"),
        ("web", automatic(sha256(UNKNOWN), UNKNOWN), 400, "CANNOT_SEND_PQ_ID_AND_BODY"),
        ("mobile", {"query": ROLE}, 400, "PERSISTED_QUERY_ID_REQUIRED"),
        ("mobile", {"query": "{ __schema { types { name } } }"}, 400, "PERSISTED_QUERY_ID_REQUIRED"),
        ("mobile", {"query": "{"}, 400, "PERSISTED_QUERY_ID_REQUIRED"),
        ("mobile", {"documentId": "none"}, 404, "PERSISTED_QUERY_NOT_IN_LIST"),
        ("mobile", {"documentId": "role", "query": ROLE}, 400, "CANNOT_SEND_PQ_ID_AND_BODY"),
        ("mobile", automatic("role", ROLE), 400, "CANNOT_SEND_PQ_ID_AND_BODY"),
        ("", {"documentId": "none"}, 404, "PERSISTED_QUERY_NOT_IN_LIST"),
        ("", {"documentId": "role", "query": ROLE}, 400, "CANNOT_SEND_PQ_ID_AND_BODY"),
    ],
)
async def test_a_request_is_refused_when_its_client_may_not_ask_so(
    listed: Served, ivan: str, client: str, form: dict[str, Any], status: int, code: str
) -> None:
    for accept in ("application/graphql-response+json", "application/json"):
        answer = await post(listed, ivan, form, X_Client_Name=client, Accept=accept)
        assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(("client", "text"), [("", UNKNOWN), ("stranger", UNKNOWN), ("desk", UNKNOWN), ("web", ROLE)])
async def test_a_text_runs_when_its_client_may_send_it(listed: Served, ivan: str, client: str, text: str) -> None:
    assert (await send(listed, ivan, client, query=text)).status == 200


@pytest.mark.parametrize(("client", "text", "lines"), [("desk", UNKNOWN, 1), ("desk", ROLE, 0), ("", UNKNOWN, 0)])
async def test_an_unknown_text_is_logged_by_its_hash_when_the_step_says_so(
    listed: Served, ivan: str, client: str, text: str, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await send(listed, ivan, client, query=text)
    logged = [line for line in capsys.readouterr().out.splitlines() if "unknown operation" in line]
    assert len(logged) == lines
    assert all(sha256(UNKNOWN) in line and "viewer" not in line for line in logged)


async def test_the_default_step_is_that_of_clients_without_a_name(serve: Serve, ivan: str) -> None:
    settings = PersistedSettings(default=Step.REQUIRE_ID, clients={"analyst": Step.OPEN})
    async with serve(persisted=settings) as gateway:
        assert (await send(gateway, ivan, "", query=ROLE)).code == "PERSISTED_QUERY_ID_REQUIRED"
        assert (await send(gateway, ivan, "nobody", query=ROLE)).code == "PERSISTED_QUERY_ID_REQUIRED"
        assert (await send(gateway, ivan, "analyst", query=ROLE)).status == 200


# Automatic persisted queries.


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> str:
    """A text that nobody has registered."""
    name = re.sub(r"\W", "_", request.node.name)
    return f"query {name} {{ viewer {{ role }} }}"


async def test_a_text_is_known_by_its_hash_when_it_was_sent_once(gateway: Served, ivan: str, fresh: str) -> None:
    key = sha256(fresh)
    missing = await post(gateway, ivan, automatic(key))
    assert (missing.status, missing.code) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert missing.json["errors"][0]["message"] == "PersistedQueryNotFound"
    assert (await post(gateway, ivan, automatic(key), Accept="application/json")).status == 200
    assert (await post(gateway, ivan, automatic(key, fresh))).status == 200
    found = await post(gateway, ivan, automatic(key))
    assert found.json == {"data": {"viewer": {"role": "STUDENT"}}}
    extensions = orjson.dumps(automatic(key)["extensions"]).decode()
    assert (await get(gateway, ivan, {"extensions": extensions})).json == found.json


async def test_another_instance_knows_the_text_through_redis(
    gateway: Served, serve: Serve, ivan: str, fresh: str
) -> None:
    await post(gateway, ivan, automatic(sha256(fresh), fresh))
    async with serve() as other:
        assert (await post(other, ivan, automatic(sha256(fresh)))).status == 200


async def test_a_text_is_not_kept_when_the_hash_is_another_s(gateway: Served, ivan: str, fresh: str) -> None:
    wrong = sha256("something else" + fresh)
    for key in (wrong, "short", sha256(fresh).upper()):
        answer = await post(gateway, ivan, automatic(key, fresh))
        assert (answer.status, answer.code) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
    assert (await post(gateway, ivan, automatic(wrong))).code == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("text", ["{ nothing }", "{", "{ " + "a " * 6_000 + "}"])
async def test_a_text_is_not_kept_when_it_cannot_run(gateway: Served, ivan: str, text: str) -> None:
    await post(gateway, ivan, automatic(sha256(text), text))
    assert (await post(gateway, ivan, automatic(sha256(text)))).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_text_in_redis_is_not_run_when_it_has_not_its_hash(
    gateway: Served, redis_uri: str, ivan: str, fresh: str
) -> None:
    client = connect(redis_uri, timeout_s=1)
    await client.set(KEY + sha256(fresh), b"{ viewer { person { id } } }", ex=60)
    await client.aclose()
    assert (await post(gateway, ivan, automatic(sha256(fresh)))).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_texts_are_known_by_their_hash_when_there_is_no_redis(serve: Serve, ivan: str, fresh: str) -> None:
    for redis_uri in (None, "redis://127.0.0.1:1"):
        async with serve(redis=redis_uri) as gateway:
            assert (await post(gateway, ivan, automatic(sha256(fresh)))).code == "PERSISTED_QUERY_NOT_FOUND"
            assert (await post(gateway, ivan, automatic(sha256(fresh), fresh))).status == 200
            assert (await post(gateway, ivan, automatic(sha256(fresh)))).status == 200


async def test_the_oldest_text_is_forgotten_when_there_are_too_many(serve: Serve, ivan: str) -> None:
    texts = [f"query Q{i} {{ __typename }}" for i in range(3)]
    settings = PersistedSettings(apq_size=20)  # a tenth of them for one person
    async with serve(redis=None, persisted=settings) as gateway:
        for text in texts:
            await post(gateway, ivan, automatic(sha256(text), text))
        statuses = [(await post(gateway, ivan, automatic(sha256(text)))).status for text in texts]
        assert statuses == [400, 200, 200]


async def test_redis_keeps_a_text_for_long_only_from_its_second_use_on(
    serve: Serve, redis_uri: str, ivan: str, fresh: str
) -> None:
    settings = PersistedSettings(apq_new_ttl_s=60, apq_ttl_s=600)
    client = connect(redis_uri, timeout_s=10)
    async with serve(persisted=settings) as gateway:
        await post(gateway, ivan, automatic(sha256(fresh), fresh))
        assert 0 < await client.ttl(KEY + sha256(fresh)) <= 60
        assert (await post(gateway, ivan, automatic(sha256(fresh)))).status == 200
        assert 60 < await client.ttl(KEY + sha256(fresh)) <= 600
    await client.aclose()


async def test_one_person_fills_redis_with_no_more_than_an_hour_s_share(
    serve: Serve, redis_uri: str, ivan: str, olga: str, fresh: str
) -> None:
    texts = [f"{fresh} #{number}{'x' * 4_000}" for number in range(10)]
    settings = PersistedSettings(apq_person_bytes=9_000)
    client = connect(redis_uri, timeout_s=10)

    async def registered() -> list[str]:
        return [text for text in texts if await client.exists(KEY + sha256(text))]

    async with serve(persisted=settings) as gateway:
        for text in texts[:-1]:
            assert (await post(gateway, ivan, automatic(sha256(text), text))).status == 200
        assert await registered() == texts[:2]
        await post(gateway, olga, automatic(sha256(texts[-1]), texts[-1]))
        assert await registered() == [*texts[:2], texts[-1]]
    await client.aclose()


async def test_clients_are_told_to_send_texts_when_apq_is_off(serve: Serve, ivan: str) -> None:
    async with serve(persisted=PersistedSettings(apq=False)) as gateway:
        for form in (automatic(sha256(ROLE)), automatic(sha256(ROLE), ROLE)):
            answer = await post(gateway, ivan, form)
            assert (answer.status, answer.code) == (400, "PERSISTED_QUERY_NOT_SUPPORTED")
            assert answer.json["errors"][0]["message"] == "PersistedQueryNotSupported"


@pytest.mark.parametrize(
    "extension", [{"version": 2, "sha256Hash": "a"}, {"version": 1}, {"version": 1, "sha256Hash": ""}, "role", {}]
)
async def test_the_extension_is_refused_when_it_makes_no_sense(gateway: Served, ivan: str, extension: object) -> None:
    answer = await post(gateway, ivan, {"query": ROLE, "extensions": {"persistedQuery": extension}})
    assert (answer.status, answer.code) == (400, "INVALID_INPUT")


# Manifests.


async def test_documents_of_a_manifest_are_compiled_for_every_role_and_stay_so(tmp_path: Path) -> None:
    roles = [role.value for role in Role]
    documents = Documents(graphql_schema(), roles, size=1)
    TrustedDocuments.load(written(tmp_path, known=KNOWN)).warm(documents, roles)
    for text, name in ((ROLE, "Role"), (START_SCREEN, "StartScreen")):
        prepared_operations = [await documents.operation(text, None, role) for role in roles]
        assert all(prepared.is_compiled for prepared in prepared_operations)
        await documents.operation(UNKNOWN, None, "STUDENT")
        assert [await documents.operation(text, name, role) for role in roles] == prepared_operations


def test_a_document_that_no_role_may_run_is_told_when_manifests_are_compiled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = Documents(graphql_schema(), ["STUDENT", "PARENT"])
    trusted = TrustedDocuments.load(written(tmp_path, known={"old-id": "{ fieldOfLastYear }", "role": ROLE}))
    trusted.warm(documents, ["STUDENT", "PARENT"])
    logged = [line for line in capsys.readouterr().out.splitlines() if "refused" in line and "old-id" in line]
    assert len(logged) == 1


def test_every_manifest_of_the_directory_is_read(tmp_path: Path) -> None:
    written(tmp_path, old={"a": ROLE}, new=apollo({"a": ROLE, "b": UNKNOWN}))
    trusted = TrustedDocuments.load(tmp_path)
    assert {key: (one.text, one.name) for key, one in trusted.by_id.items()} == {
        "a": (ROLE, "Role"),
        "b": (UNKNOWN, "Unknown"),
    }
    assert TrustedDocuments.load(None).by_id == {}


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        "text",
        {"a": 1},
        {"a": "not GraphQL"},
        {"a": "query A { a } query B { b }"},
        {"a": "fragment F on Query { a }"},
        {"format": "another", "version": 1, "operations": []},
        {"format": "apollo-persisted-query-manifest", "version": 2, "operations": []},
        {"format": "apollo-persisted-query-manifest", "version": 1},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]},
    ],
)
def test_a_manifest_is_named_when_it_cannot_be_read(tmp_path: Path, manifest: object) -> None:
    with pytest.raises(ManifestError, match=r"broken\.json"):
        TrustedDocuments.load(written(tmp_path, broken=manifest))


def test_a_manifest_is_named_when_it_gives_an_id_a_second_meaning(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"second\.json"):
        TrustedDocuments.load(written(tmp_path, first={"a": ROLE}, second={"a": UNKNOWN}))


def test_a_directory_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="not a directory"):
        TrustedDocuments.load(tmp_path / "none")
