"""Messages in the language of the client, over HTTP."""

import pytest

from gateway.engine.prepare.limits import too_complex
from gateway.http.reading.negotiation import GRAPHQL_RESPONSE, answer_language
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.localization import localized
from gateway.http.writing.outcome import Outcome
from gateway.languages import Language
from tests.gateway.http.asking import get, post
from tests.gateway.served import Served

EN, RU = Language.ENGLISH, Language.RUSSIAN
NOBODY = {"query": '{ student(id: "stu_nobody") { id } }'}


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        ("", EN, EN),
        ("", RU, RU),
        ("ru", EN, RU),
        ("RU-ru", EN, RU),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", EN, RU),
        ("en-US,en;q=0.9,ru;q=0.8", RU, EN),
        ("en;q=0.5, ru;q=0.6", EN, RU),
        ("ru, en", EN, RU),
        ("en, ru", RU, EN),
        ("de, fr;q=0.5", RU, RU),
        ("tt, ru;q=0.5", EN, RU),
        ("*", RU, RU),
        ("*, en;q=0.1", EN, RU),
        ("en;q=0, *", EN, RU),
        ("ru;q=0", EN, EN),
        ("ru;q=0, en;q=0", RU, RU),
        ("ru;q=oops, en;q=0.1", RU, EN),
        ("rus", EN, EN),
        (", ;q=1, ;;", RU, RU),
    ],
)
def test_the_language_is_the_one_liked_best(header: str, default: Language, language: Language) -> None:
    assert answer_language(header, default) is language


async def test_a_field_that_is_not_found_says_so_in_russian(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, NOBODY, Accept_Language="ru-RU, en;q=0.5")
    assert answer.json["errors"][0]["message"] == "Не найдено"
    assert answer.code == "NOT_FOUND"
    assert answer.headers["Content-Language"] == "ru"
    assert "Accept-Language" in answer.headers["Vary"]


async def test_the_same_operation_is_answered_in_each_language_in_turn(gateway: Served, ivan: str) -> None:
    messages = []
    for language in ("ru", "en", "de", "ru"):
        answer = await get(gateway, ivan, {"query": NOBODY["query"]}, Accept_Language=language)
        messages.append((answer.json["errors"][0]["message"], answer.headers["Content-Language"]))
    assert messages == [("Не найдено", "ru"), ("Not found", "en"), ("Not found", "en"), ("Не найдено", "ru")]


async def test_an_answer_without_errors_does_not_depend_on_the_language(gateway: Served, ivan: str) -> None:
    query = {"query": "{ school { name } }"}
    answers = [await get(gateway, ivan, query, Accept_Language=language) for language in ("ru", "en")]
    assert answers[0].body == answers[1].body
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    for answer in answers:
        assert "Content-Language" not in answer.headers
        assert "Accept-Language" not in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('{ student(id: "x") { remarks { nodes { id } } } }', "Нет доступа к полю или типу"),
        ("query a { __typename } query b { __typename }", "В документе несколько операций: укажите нужную в"),
        ("{" + " a: __typename" * 51 + "}", "Псевдонимов в запросе: 51, допустимо не больше 50."),
    ],
)
async def test_a_refusal_of_the_engine_is_in_russian(gateway: Served, ivan: str, query: str, message: str) -> None:
    answer = await post(gateway, ivan, {"query": query}, Accept_Language="ru")
    assert any(error["message"].startswith(message) for error in answer.json["errors"])
    assert "ru" in answer.headers["Content-Language"]


async def test_the_reason_of_a_bad_argument_is_in_russian(gateway: Served, ivan: str) -> None:
    query = '{ people(first: 0) { totalCount } days: people(after: "?") { totalCount } }'
    answer = await post(gateway, ivan, {"query": query}, Accept_Language="ru")
    reasons = [error["extensions"]["reason"] for error in answer.json["errors"]]
    assert reasons == ["first равно 0; допустимо от 1 до 100", "это не курсор этого списка"]


async def test_a_missing_token_is_told_in_russian(gateway: Served) -> None:
    answer = await post(gateway, None, NOBODY, Accept_Language="ru", Authorization="Basic x")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.json["errors"][0]["message"] == "Войдите: нужен действительный токен доступа."


async def test_graphql_validation_stays_english_and_the_answer_says_so(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": "{ nothing }"}, Accept_Language="ru")
    assert answer.headers["Content-Language"] == "en"


def test_a_batch_is_translated_entry_by_entry() -> None:
    refused = error_outcome(too_complex("aliases", 51, 50), GRAPHQL_RESPONSE, "1").answer
    messages = localized(Outcome(200, [refused, {"data": None}]), RU)
    assert messages.answer[0]["errors"][0]["message"].startswith("Псевдонимов в запросе: 51")
    assert messages.answer[1] == {"data": None}
    assert refused["errors"][0]["message"].startswith("The request has 51 aliases")
