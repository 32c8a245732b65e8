"""What the scanner graphql-cop looks for, each of its checks as a test, and the bombs that are known besides.

Each bomb is answered with its code in less than 100 ms of CPU, client and all.
"""

from typing import Any

import pytest

from gateway.settings import HttpSettings
from tests.gateway.http.asking import Answered, cpu_below, get, keeps_below, post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

pytestmark = pytest.mark.processor_time
CPU_S = 0.1


@pytest.fixture(autouse=True)
async def _warm(gateway: Served, ivan: str) -> None:
    await post(gateway, ivan, {"query": "{ __typename }"})


async def defused(gateway: Served, bearer: str, query: str, **parameters: Any) -> Answered:
    with cpu_below(CPU_S):
        answer = await post(gateway, bearer, {"query": query, **parameters})
    assert answer.status == 400
    assert "data" not in answer.json
    return answer


def limit(answer: Answered) -> str:
    assert answer.code == "QUERY_TOO_COMPLEX"
    assert answer.extensions["value"] > answer.extensions["maximum"]
    return str(answer.extensions["limit"])


# The checks of graphql-cop.


async def test_aliases_cannot_be_overloaded(gateway: Served, ivan: str) -> None:
    query = "query cop { " + " ".join(f"alias{i}: __typename" for i in range(101)) + " }"
    assert limit(await defused(gateway, ivan, query)) == "aliases"


async def test_a_batch_is_not_accepted(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, [{"query": "query cop { __typename }"}] * 10)
    assert (answer.status, answer.code) == (400, "BATCHING_NOT_ENABLED")


async def test_directives_cannot_be_overloaded(gateway: Served, ivan: str) -> None:
    ten = await defused(gateway, ivan, "query cop { __typename " + "@aa" * 10 + " }")
    assert (ten.code, ten.extensions["stage"]) == ("INVALID_INPUT", "validation")
    many = await defused(gateway, ivan, "query cop { __typename " + "@include(if: true)" * 500 + " }")
    assert limit(many) == "directives"


async def test_fields_cannot_be_duplicated(gateway: Served, ivan: str) -> None:
    assert limit(await defused(gateway, ivan, "query cop { " + "__typename " * 500 + "}")) == "repetitions"


async def test_introspection_cannot_go_round_in_circles(gateway: Served, ivan: str) -> None:
    rounds = 8
    query = "query cop { __schema { types { " + "fields { type { " * rounds + "name" + " } }" * rounds + " } } }"
    answer = await defused(gateway, ivan, query)
    assert answer.code in {"INVALID_INPUT", "QUERY_TOO_COMPLEX"}


async def test_fragments_cannot_go_round_in_circles(gateway: Served, ivan: str) -> None:
    query = "query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"
    answer = await defused(gateway, ivan, query)
    assert (answer.code, answer.extensions["stage"]) == ("INVALID_INPUT", "validation")


async def test_introspection_needs_a_token_and_shows_the_role_its_own(gateway: Served, ivan: str, olga: str) -> None:
    introspection = {"query": "query cop { __schema { types { name } } }"}
    assert (await post(gateway, None, introspection)).status == 401
    student, parent = [
        {one["name"] for one in (await post(gateway, bearer, introspection)).json["data"]["__schema"]["types"]}
        for bearer in (ivan, olga)
    ]
    assert ("Remark" in student, "Remark" in parent) == (False, True)


@pytest.mark.parametrize("name", ["remarkz", "remark", "absenceNotice", "attestationDebt"])
async def test_suggestions_name_nothing_that_is_hidden(gateway: Served, ivan: str, name: str) -> None:
    answer = await defused(gateway, ivan, f"query cop {{ viewer {{ student {{ {name} }} }} }}")
    hidden = ("'remarks'", "'absenceNotices'", "'attestationDebts'")
    assert not [one for one in hidden if one in answer.json["errors"][0]["message"]]


async def test_a_mutation_does_not_run_by_get(gateway: Served, ivan: str) -> None:
    answer = await get(gateway, ivan, {"query": "mutation cop { __typename }"})
    assert 400 <= answer.status < 500
    assert "data" not in answer.json


async def test_a_query_by_get_does_not_run_without_a_header_that_needs_a_preflight(gateway: Served) -> None:
    answer = await get(gateway, None, {"query": "query cop { __typename }"})
    assert answer.status == 401
    assert "data" not in answer.json


async def test_a_form_does_not_run(gateway: Served, ivan: str) -> None:
    form = b"query=query+cop+%7B__typename%7D"
    for bearer in (ivan, None):
        answer = await post(gateway, bearer, form, Content_Type="application/x-www-form-urlencoded")
        assert 400 <= answer.status < 500
        assert "data" not in answer.json


async def test_the_page_can_be_switched_off(serve: Serve, ivan: str) -> None:
    async with serve(http=HttpSettings(graphiql=False)) as gateway:
        for path in ("/graphql", "/graphiql", "/playground", "/console", "/v1/graphql", "/graphiql/assets/x.js"):
            async with gateway.client.get(path, headers={"Accept": "text/html"}) as response:
                text = (await response.text()).lower()
                assert response.status >= 400
                assert not [word for word in ("graphiql", "playground", "graphql-playground") if word in text]
        assert (await post(gateway, ivan, {"query": "{ __typename }"})).status == 200


async def test_no_trace_is_told(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": "query cop { __typename }"}, X_Apollo_Tracing="1")
    assert answer.json == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("query", ["qwerty cop { abc }", "query { viewer { role(", "\x00", "{ a(x: 1e999999) }"])
async def test_an_error_tells_nothing_internal(gateway: Served, ivan: str, query: str) -> None:
    answer = await defused(gateway, ivan, query)
    text = answer.body.decode()
    assert set(answer.json) == {"errors"}
    assert set(answer.extensions) <= {"code", "stage", "requestId", "timestamp"}
    assert not [word for word in ("Traceback", ".py", "graphql-core", "mongo", "Exception") if word in text]


# Bombs that graphql-cop does not know.


async def test_a_text_of_too_many_tokens_is_not_parsed(gateway: Served, ivan: str) -> None:
    assert limit(await defused(gateway, ivan, "{ " + "a " * 20_000 + "}")) == "tokens"


async def test_a_text_that_is_too_long_is_not_looked_at(gateway: Served, ivan: str) -> None:
    assert limit(await defused(gateway, ivan, "{ __typename }" + " " * 900_000)) == "characters"


@pytest.mark.parametrize(
    ("bomb", "named"),
    [
        ("{ student { " + "class { school { " * 15 + "id" + " } }" * 15 + " } }", "depth"),
        ("{ a(x: " + "[" * 2_000 + "]" * 2_000 + ") }", "input_depth"),
        ("query ($a: " + "[" * 2_000 + "Int" + "]" * 2_000 + ") { a }", "input_depth"),
        ("{ student(id: [" + '"x" ' * 1_000 + "]) { id } }", "list_items"),
        ("{ " + " ".join(f"viewer{i}" for i in range(30)) + " }", "root_fields"),
        ("{ viewer { role } } " + " ".join(f"fragment F{i} on Viewer {{ role }}" for i in range(60)), "fragments"),
    ],
)
async def test_a_document_is_refused_by_its_shape(gateway: Served, ivan: str, bomb: str, named: str) -> None:
    assert limit(await defused(gateway, ivan, bomb)) == named


@pytest.mark.parametrize("levels", [18, 45])
async def test_fragments_cannot_explode(gateway: Served, ivan: str, levels: int) -> None:
    parts = [f"fragment F{i} on Query {{ ...F{i + 1} ... on Query {{ ...F{i + 1} }} }}" for i in range(levels)]
    wide = [f"fragment F{i} on Student {{ class {{ students {{ nodes {{ ...F{i + 1} }} }} }} }}" for i in range(levels)]
    last = f" fragment F{levels} on"
    with cpu_below(CPU_S):
        flat = await post(gateway, ivan, {"query": "{ ...F0 } " + " ".join(parts) + last + " Query { __typename }"})
    assert flat.json == {"data": {"__typename": "Query"}}
    deep = await defused(gateway, ivan, "{ viewer { student { ...F0 } } } " + " ".join(wide) + last + " Student { id }")
    assert limit(deep) == "depth"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"x": ["a"] * 5_000}, "list_items"),
        ({"x": [["a"] * 150] * 150}, "values"),
        ({f"x{i}": i for i in range(20_000)}, "values"),
    ],
)
async def test_variables_are_refused_by_their_size(
    gateway: Served, ivan: str, variables: dict[str, Any], named: str
) -> None:
    assert limit(await defused(gateway, ivan, "{ __typename }", variables=variables)) == named


async def test_variables_are_refused_by_their_depth(gateway: Served, ivan: str) -> None:
    deep = b'{"query":"{ __typename }","variables":{"x":' + b"[" * 500 + b"]" * 500 + b"}}"
    with cpu_below(CPU_S):
        answer = await post(gateway, ivan, deep)
    assert limit(answer) == "input_depth"


async def test_nothing_is_kept_of_bombs(gateway: Served, ivan: str) -> None:
    bombs = [
        "{ " + "a " * 20_000 + "}",
        "{ __typename }" + " " * 200_000,
        "query cop { " + "__typename " * 500 + "}",
        "{ " + "b " * 4_000 + "}",
    ]
    sent = 0

    async def send() -> None:
        nonlocal sent
        for bomb in bombs:
            sent += 1
            await post(gateway, ivan, {"query": f"# {sent}\n{bomb}"})

    for _ in range(3):
        await send()
    with keeps_below(120_000):  # half are timers and the like; the smallest bombs alone would take another 140,000
        for _ in range(25):
            await send()
