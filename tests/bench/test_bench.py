"""The benchmark compares like with like: its servers agree, and the gateway's commands do not grow."""

from collections.abc import Mapping

import pytest

from connectors.assembly import Clients
from tests.bench.answers import Answered, agreed_answers
from tests.bench.school import QUERIES, seeded, settings_of
from tests.bench.serve import GATEWAY, LIMIT, LIMIT_COMMANDS, STOCK

PREFIX = "bench"

Answers = Mapping[str, Mapping[str, Answered]]


@pytest.fixture(scope="module")
async def answers(mongo_uri: str, redis_uri: str) -> Answers:
    async with Clients(mongo_uri, prefix=PREFIX, timeout_s=30) as clients:
        questions = await seeded(clients.connectors, students=300, weeks_back=11)
    return await agreed_answers(settings_of(mongo_uri, redis_uri, PREFIX), questions)


@pytest.mark.parametrize("query", QUERIES)
def test_the_servers_send_the_same_bytes_for_each_query(answers: Answers, query: str) -> None:
    assert {own[query].body for own in answers.values()} == {answers[GATEWAY][query].body}
    assert answers.keys() >= {LIMIT, LIMIT_COMMANDS, STOCK}


@pytest.mark.parametrize(("query", "most"), [("journal", 5), ("week", 7)])
def test_a_query_stays_within_its_commands(answers: Answers, query: str, most: int) -> None:
    assert 0 < answers[GATEWAY][query].commands <= most


def test_the_journal_shows_thirty_students_with_forty_marks_each(answers: Answers) -> None:
    body = answers[GATEWAY]["journal"].body
    assert body.count(b'"marks":') == 30
    assert body.count(b'"mrk_') >= 30 * 38
