"""The orders in which people read lists."""

from gateway.orders import alphabetical


def test_alphabet_is_the_russian_one() -> None:
    names = ["Ёлка", "яблоко", "Ежевика", "Жук", "ель", "Алгебра", "Ер", "Химия"]
    assert sorted(names, key=alphabetical) == ["Алгебра", "Ежевика", "ель", "Ер", "Ёлка", "Жук", "Химия", "яблоко"]
