import time

import pytest

from connectors.directory import name_tokens, sort_name


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Андрей", "андрей"),
        ("Андреи\N{COMBINING BREVE}", "андрей"),
        ("Фёдор", "федор"),
        ("Фе\N{COMBINING DIAERESIS}дор", "федор"),
        ("Ива\N{COMBINING ACUTE ACCENT}нов", "иванов"),
        ("Ива\N{ZERO WIDTH SPACE}нов\N{SOFT HYPHEN}", "иванов"),
        ("и\N{ZERO WIDTH JOINER}\N{COMBINING BREVE}од", "йод"),
        ("Иван\N{NO-BREAK SPACE}Иванов", "иван иванов"),
        ("José", "josé"),
        ("Jose\N{COMBINING ACUTE ACCENT}", "josé"),
        ("Straße", "strasse"),
        ("a\0b\ud800", "a b "),
    ],
)
def test_a_name_is_compared_as_it_is_read(written: str, key: str) -> None:
    assert sort_name(written) == key


@pytest.mark.parametrize("hyphen", ["-", "\N{HYPHEN}", "\N{NON-BREAKING HYPHEN}", "\N{EN DASH}"])
def test_a_name_with_a_hyphen_has_two_words(hyphen: str) -> None:
    assert name_tokens(f"Римский{hyphen}Корсаков", "Яков") == ["корсаков", "римский", "яков"]


@pytest.mark.parametrize(
    "written",
    ["a" + "\N{COMBINING GRAVE ACCENT}" * 30_000 + "\N{COMBINING GRAVE ACCENT BELOW}" * 30_000, "а б " * 200_000],
    ids=["marks that are ordered", "words"],
)
def test_a_text_longer_than_any_name_takes_no_time(written: str) -> None:
    began = time.thread_time()
    name_tokens(written)
    assert time.thread_time() - began < 0.05
