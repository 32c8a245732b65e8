"""What Prometheus is told of requests, of one process and of several."""

import re
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auth.viewer import Role
from gateway.observability import metrics
from gateway.settings import HttpSettings, ObserveSettings
from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served

PREFIX = "metrics"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
async def here(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    built = school.build(PREFIX)
    await built.write(mongo_uri, PREFIX)
    often = ObserveSettings(operation_uses=2)
    async with served(mongo_uri, redis_uri, prefix=PREFIX, today=school.TODAY, observe=often) as gateway:
        yield TinySchool(gateway, built)


def parsed(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return sum(
        value for (found, has), value in samples.items() if found == name and labels.items() <= dict(has).items()
    )


async def scraped(tiny: TinySchool) -> Samples:
    response = await tiny.served.client.get("/metrics")
    assert response.content_type == "text/plain"
    return parsed(await response.text())


async def test_a_request_is_counted_with_its_operation_role_and_reads_when_it_was_answered(here: TinySchool) -> None:
    query = "query Counted { viewer { student { marks(first: 1) { nodes { value } } } } }"
    await here.answer("ivan", Role.STUDENT, query.replace("marks", "a: marks"))
    before = await scraped(here)
    await here.answer("ivan", Role.STUDENT, query)
    after = await scraped(here)

    def grown(name: str, **labels: str) -> float:
        return of(after, name, **labels) - of(before, name, **labels)

    assert grown("gateway_request_seconds_count", operation="Counted") == 1
    assert grown("gateway_requests_total", role="STUDENT", kind="query", status="200") >= 1
    assert grown("gateway_source_read_seconds_count", connector="grades", collection="marks", outcome="success") == 1
    assert grown("gateway_request_reads_sum") >= 1
    assert grown("gateway_engine_phase_seconds_count", phase="compile") >= 1
    assert grown("gateway_engine_phase_seconds_count", phase="prepare") >= 1
    assert grown("gateway_engine_phase_seconds_count", phase="run") >= 1
    assert grown("gateway_viewer_cache_total", outcome="hit") >= 1


async def test_an_error_is_counted_by_its_code_when_an_answer_has_one(here: TinySchool) -> None:
    before = of(await scraped(here), "gateway_errors_total", code="UNAUTHORIZED_FIELD_OR_TYPE")
    await here.answer("ivan", Role.STUDENT, "{ viewer { student { remarks(first: 1) { totalCount } } } }")
    assert of(await scraped(here), "gateway_errors_total", code="UNAUTHORIZED_FIELD_OR_TYPE") == before + 1


async def test_an_answer_that_is_too_long_is_counted_by_its_code_when_it_is_replaced(
    here: TinySchool, mongo_uri: str, redis_uri: str
) -> None:
    small = HttpSettings(max_response_bytes=100)
    async with served(mongo_uri, redis_uri, prefix=PREFIX, today=school.TODAY, http=small) as gateway:
        tiny = TinySchool(gateway, here.school)
        before = of(await scraped(tiny), "gateway_errors_total", code="RESPONSE_TOO_LARGE")
        await tiny.answer("ivan", Role.STUDENT, "{ viewer { student { marks(first: 9) { nodes { id value } } } } }")
        assert of(await scraped(tiny), "gateway_errors_total", code="RESPONSE_TOO_LARGE") == before + 1


async def test_requests_without_a_token_are_no_operation_when_they_name_one(here: TinySchool) -> None:
    query = {"query": "query Invented { viewer { role } }"}
    await here.served.client.post("/graphql", json=query, headers={"Authorization": "Bearer wrong"})
    assert of(await scraped(here), "gateway_request_seconds_count", operation="Invented") == 0


async def test_no_label_tells_who_asked_when_people_asked(here: TinySchool) -> None:
    await here.ivan("displayName")
    text = await (await here.served.client.get("/metrics")).text()
    assert not re.search(r"\b(per|stu)_\w+", text)
    assert here.school.subject_of_token("ivan") not in text


def test_durations_have_a_bounded_number_of_labels_when_there_are_many_names() -> None:
    durations = metrics.Durations(2)
    assert len({id(durations.of(f"Bounded{number}")) for number in range(10)}) == 3


async def test_invented_names_are_no_labels_when_each_is_used_a_few_times(here: TinySchool) -> None:
    for number in range(20):
        await here.answer("ivan", Role.STUDENT, f"query Junk{number}{'x' * 100} {{ viewer {{ role }} }}")
    text = await (await here.served.client.get("/metrics")).text()
    assert "Junk" not in text
    assert of(parsed(text), "gateway_request_seconds_count", operation="other") >= 20
