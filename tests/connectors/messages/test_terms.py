"""Search terms: forms of a word, ё and е, beginnings."""

import re

import pytest

from connectors.messages import search_condition, terms_of


def matches(search: str, text: str) -> bool:
    """Whether MongoDB finds the text by the words of the search."""
    condition = search_condition(search)
    assert condition is not None
    terms = terms_of(text)
    return all(any(_any(part["terms"]["$in"]).search(term) for term in terms) for part in condition["$and"])


def _any(wanted: list[str | re.Pattern[str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"^{re.escape(one)}$" if isinstance(one, str) else one.pattern for one in wanted))


@pytest.mark.parametrize(
    ("search", "text", "is_found"),
    [
        ("оценки", "Какая у него оценка?", True),
        ("оценка", "ОЦЕНКИ выставлены", True),
        ("елка", "Принеси ёлку", True),
        ("ёлки", "елка во дворе", True),
        ("консул", "Запись на консультацию", True),
        ("консультация четверг", "В четверг консультации нет", True),
        ("консультация пятница", "В четверг консультации нет", False),
        ("нсульт", "Запись на консультацию", False),
        ("8-А", "Классу 8-А", True),
        (".*", "Текст", False),
    ],
)
def test_a_text_is_found_by_forms_and_beginnings_of_its_words(search: str, text: str, is_found: bool) -> None:  # noqa: FBT001 - a parameter of the table
    if search_condition(search) is None:
        assert not is_found
        return
    assert matches(search, text) == is_found


def test_a_search_without_words_finds_nothing() -> None:
    assert search_condition(" ?! ") is None
