import asyncio

import pytest

from gateway.http.errors import Refused
from gateway.http.reading.negotiation import answer_coding, answer_type, prefers_events
from tests.gateway.http.asking import GRAPHQL, get, post
from tests.gateway.served import Served

JSON = "application/json"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL}, */*;q=0.1", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        ("APPLICATION/JSON", JSON),
        (f"{JSON};q=oops, {GRAPHQL};q=0.1", GRAPHQL),
    ],
)
def test_the_answer_has_the_type_that_is_liked_best(accept: str, media: str) -> None:
    assert answer_type(accept) == media


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        ("text/event-stream", True),
        ("text/event-stream, multipart/mixed", True),  # urql, of a subscription
        (f"text/event-stream, {JSON}", True),
        (f"{JSON};q=0.5, text/event-stream", True),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", False),  # urql, of a query
        (f"text/event-stream;q=0.9, {JSON}", False),
        ("text/event-stream;q=0", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_events_are_sent_to_whoever_likes_them_best(accept: str, *, is_preferred: bool) -> None:
    assert prefers_events(accept) is is_preferred


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", f"{JSON};q=0", "application/json2"])
def test_nothing_is_answered_when_no_type_fits(accept: str) -> None:
    with pytest.raises(Refused) as refused:
        answer_type(accept)
    assert refused.value.status == 406


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", None),
        ("identity", None),
        ("deflate", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("*", "br"),
        ("gzip, zstd, br;q=0.9", "zstd"),
        ("gzip;q=0", None),
        ("br;q=0, *;q=0.5", "zstd"),
        ("identity, gzip;q=0.5", None),
    ],
)
def test_the_coding_is_the_first_of_ours_among_those_liked_best(accept: str, coding: str | None) -> None:
    assert answer_coding(accept) == coding


async def test_406_says_what_to_accept_when_nothing_fits(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": "{ __typename }"}, Accept="text/plain")
    assert (answer.status, answer.code) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_405_says_what_is_allowed_when_the_method_is_another(gateway: Served, ivan: str, method: str) -> None:
    bearer = {"Authorization": f"Bearer {ivan}"}
    async with gateway.client.request(method, "/graphql", headers=bearer) as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("query", "stage"),
    [("{", "syntax"), ("{ nothing }", "validation"), ("query A { __typename }", "operation"), ("", None)],
)
async def test_legacy_clients_get_200_only_where_a_document_was_refused(
    gateway: Served, ivan: str, query: str, stage: str | None
) -> None:
    parameters = {"query": query, "operationName": "B"} if stage == "operation" else {"query": query}
    statuses = [(await post(gateway, ivan, parameters, Accept=media)).status for media in (GRAPHQL, JSON)]
    assert statuses == [400, 200 if stage else 400]
    assert (await post(gateway, ivan, parameters)).extensions.get("stage") == stage


async def test_a_query_by_get_answers_as_the_same_by_post(gateway: Served, ivan: str) -> None:
    query = "query Q($with: Boolean!) { viewer { role person @include(if: $with) { displayName } } }"
    by_post = await post(gateway, ivan, {"query": query, "variables": {"with": True}})
    by_get = await get(gateway, ivan, {"query": query, "variables": '{"with":true}', "operationName": "Q"})
    assert by_get.status == 200
    assert by_get.json == by_post.json
    assert by_get.json["data"]["viewer"]["person"]["displayName"]


@pytest.mark.parametrize("name", ["variables", "extensions"])
async def test_a_parameter_that_is_not_json_is_named(gateway: Served, ivan: str, name: str) -> None:
    answer = await get(gateway, ivan, {"query": "{ __typename }", name: "{"})
    assert answer.status == 400
    assert name in answer.json["errors"][0]["message"]


async def test_every_answer_carries_the_id_that_its_errors_name(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": "{ nothing }"})
    assert answer.headers["X-Request-Id"] == answer.extensions["requestId"]


LINES = [
    ("Accept", ["text/html", JSON], 200),
    ("Accept", ["text/html", "text/plain"], 406),
    ("Accept", ["text/html"], 406),
    ("Content-Encoding", ["identity"], 200),
    ("Content-Encoding", ["identity", "gzip"], 415),
    ("Accept", [""], 200),
]


@pytest.mark.parametrize(("name", "lines", "status"), LINES)
async def test_lines_of_one_header_are_one_list(
    gateway: Served, ivan: str, name: str, lines: list[str], status: int
) -> None:
    headers = [("Authorization", f"Bearer {ivan}"), ("Content-Type", JSON), *((name, line) for line in lines)]
    async with gateway.client.post("/graphql", data=b'{"query":"{ viewer { role } }"}', headers=headers) as response:
        assert response.status == status, await response.text()


async def test_the_languages_on_two_lines_are_one_list(gateway: Served) -> None:
    headers = [("Accept-Language", "de"), ("Accept-Language", "ru")]
    async with gateway.client.post("/graphql", json={}, headers=headers) as response:
        assert response.headers["Content-Language"] == "ru"


async def test_the_codings_on_two_lines_are_one_list(gateway: Served, ivan: str) -> None:
    headers = [("Authorization", f"Bearer {ivan}"), ("Accept-Encoding", "deflate"), ("Accept-Encoding", "br")]
    query = {"query": "{ __schema { types { name description } } }"}
    async with gateway.client.post("/graphql", json=query, headers=headers) as response:
        assert response.headers["Content-Encoding"] == "br"


async def test_two_tokens_are_no_token(gateway: Served, ivan: str) -> None:
    headers = [("Authorization", f"Bearer {ivan}"), ("Authorization", "Bearer another")]
    async with gateway.client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers) as response:
        assert response.status == 401


@pytest.mark.parametrize("parameter", ["query", "variables", "operationName", "documentId"])
async def test_a_url_that_is_not_utf_8_is_refused(gateway: Served, ivan: str, parameter: str) -> None:
    head = f"GET /graphql?query=a&{parameter}=XX HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {ivan}\r\n"
    reader, writer = await asyncio.open_connection(gateway.client.host, gateway.client.port)
    writer.write(head.encode().replace(b"XX", b"\xff\xfe") + b"\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.split()[1] == b"400"
    assert b"INVALID_INPUT" in answer
