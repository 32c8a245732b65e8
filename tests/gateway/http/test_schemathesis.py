"""What schemathesis makes of each role's schema, right and wrong, is answered by data or told what is wrong with it.

Its own checks take every error for a failure of the server, one that says that there is no such student too.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.graphql import nodes

from auth.viewer import Role
from tests.gateway.generated import DAY, ROOMY, Generated
from tests.gateway.http.asking import GRAPHQL
from tests.gateway.operations.test_demand import gateway
from tests.gateway.served import Served

EXAMPLES: Final = {GenerationMode.POSITIVE: 20, GenerationMode.NEGATIVE: 4}
"""For each field of the root: as its schema has it, and as it has not."""
TELLING: Final = {"INVALID_INPUT", "NOT_FOUND"}
"""What is wrong with a request; other codes say that the gateway, or a source, is at fault."""
INTERNALS: Final = ("Traceback", ".py", "Error:", "Exception", "mongo", "redis", "127.0.0.1")
PATIENCE_S: Final = 60
"""For one answer; how long it takes on a machine that is busy is no matter of this test."""
IDS: Final = {
    "Query.node.id": "node",
    "Query.student.id": "Student",
    "Query.class.id": "Class",
    "*.*.classId": "Class",
    "*.*.groupId": "Group",
    "*.*.subjectId": "Subject",
    "*.*.periodId": "AttestationPeriod",
    "*.*.academicYear": "year",
}
"""What arguments are ids of; most of those that are made up would lead nowhere."""

days = st.one_of(st.sampled_from([DAY, "2026-09-01", "2026-12-31"]), st.dates().map(str))
schemathesis.graphql.scalar("LocalTime", st.times().map(lambda time: nodes.String(f"{time:%H:%M}")))
schemathesis.graphql.scalar("Date", days.map(nodes.String))
schemathesis.graphql.scalar("Decimal", st.decimals(0, 1_000, places=2).map(lambda number: nodes.String(str(number))))


@pytest.fixture(scope="module")
async def roomy(school: Generated, redis_uri: str) -> AsyncIterator[Served]:
    """The generated school without limits."""
    async with gateway(school, redis_uri, **ROOMY) as running:
        yield running


@pytest.fixture(scope="module")
async def config(school: Generated) -> SchemathesisConfig:
    """Arguments that lead somewhere, as a rule."""
    found = await school.nodes()
    known = {**{kind: [one] for kind, one in found.items()}, "node": [*found.values()], "year": ["2026/27"]}
    dictionaries = {kind: {"values": values} for kind, values in known.items()}
    parameters = {place: {"dictionary": kind, "probability": 0.8} for place, kind in IDS.items()}
    generous = {"request-timeout": PATIENCE_S, "dictionaries": dictionaries, "parameters": parameters}
    return SchemathesisConfig.from_dict(generous)


def sound(_: Any, response: Response, case: Case[Any]) -> None:
    """The answer is one by GraphQL over HTTP, and each of its errors says what is wrong with the request."""
    answer = response.json()
    ran = response.status_code == 200
    assert response.status_code in {200, 400}
    assert response.headers["content-type"] == [f"{GRAPHQL}; charset=utf-8"]
    assert set(answer) <= {"data", "errors", "extensions"}
    assert answer.get("extensions", {}).keys() <= {"replayed"}  # of a change that changes nothing
    assert ("data" in answer) is ran
    assert answer.get("errors", ...), "a list of errors is not empty"
    assert ran or "errors" in answer
    for error in answer.get("errors", ()):
        _sound(error, answer.get("data"), *response.headers["x-request-id"])
    if case.meta and case.meta.generation.mode.is_positive:
        assert ran, "the schema says that it can be asked for"


def _sound(error: Mapping[str, Any], data: Any, request_id: str) -> None:
    extensions = error["extensions"]
    assert set(error) <= {"message", "locations", "path", "extensions"}
    assert extensions["code"] in TELLING
    assert extensions["requestId"] == request_id
    assert extensions["timestamp"]
    assert not [word for word in INTERNALS if word in error["message"] + extensions.get("reason", "")]
    for step in error.get("path", ()):
        if data is not None:
            data = data[step]
    assert data is None, "what failed is null"


def ask_about(url: str, bearer: str, config: SchemathesisConfig, seen: Counter[str]) -> None:
    """Ask for each field of the root, as its schema allows and as it does not."""
    headers = {"Authorization": f"Bearer {bearer}", "Accept": GRAPHQL}
    schema = schemathesis.graphql.from_url(url, headers=headers, config=config)

    def ask(case: Case[Any]) -> None:
        key = {"Idempotency-Key": uuid4().hex}  # some mutations ask for one
        answer = case.call_and_validate(headers=headers | key, checks=[sound]).json()
        seen["asked"] += 1
        seen["answered"] += "errors" not in answer
        seen["refused"] += "data" not in answer

    for field in schema.get_all_operations():
        assert isinstance(field, Ok)
        for mode, examples in EXAMPLES.items():
            cases = field.ok().as_strategy(generation_mode=mode)
            _same_every_time(examples)(given(cases)(ask))()


def _same_every_time(examples: int) -> settings:
    return settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# Hypothesis sees numbers drawn by `random` while it makes an example; the gateway draws them, in another thread.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("role", Role)
async def test_an_error_says_what_is_wrong_with_the_request_whatever_a_role_asks(
    role: Role, school: Generated, roomy: Served, config: SchemathesisConfig
) -> None:
    seen: Counter[str] = Counter()
    await asyncio.to_thread(ask_about, str(roomy.client.make_url("/graphql")), school.own(role), config, seen)
    assert seen["asked"] >= 5 * sum(EXAMPLES.values())
    assert seen["answered"] > seen["asked"] / 4
    assert seen["refused"] > seen["asked"] / 10
