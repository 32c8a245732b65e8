from collections.abc import Callable

import pytest
from graphql import build_schema

from gateway.engine.document_store import DocumentStore
from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import Limits

SCHEMA = build_schema("type Query { a: Int }")
ROLE = "ANYONE"


def key(number: int, length: int = 10) -> tuple[str, str | None, str]:
    return f"{number}".ljust(length), None, ROLE


Store = DocumentStore[tuple[str, str | None, str], int]


def put(store: Store, key: tuple[str, str | None, str], value: int, person: str) -> int:
    return store.put(key, value, person, length=len(key[0]))


def holds(store: Store) -> Callable[[int], bool]:
    """Whether the store holds the entry of a number; asking for it is no use of it."""
    return lambda number: any(
        key(number)[0].split() == one[0].split() for one in (*store._new.entries, *store._used.entries)
    )


@pytest.fixture
def store() -> Store:
    """Two new entries, eight used ones, two of one person alone (a fifth of the characters too)."""
    return DocumentStore(10, 1_000, on_removed=lambda _: None)


def test_entries_that_are_used_once_make_room_for_each_other_alone(store: Store) -> None:
    for number in range(8):
        put(store, key(number), number, f"person {number}")
        assert store.get(key(number), "another") == number
    for number in range(100, 150):
        put(store, key(number), number, "")
    assert all(map(holds(store), range(8)))
    assert len(store) == 10
    assert list(filter(holds(store), range(100, 150))) == [148, 149]


def test_of_used_entries_the_one_used_longest_ago_goes(store: Store) -> None:
    for number in range(8):
        put(store, key(number), number, "")
        store.get(key(number), "")
    store.get(key(0), "")
    put(store, key(8), 8, "")
    store.get(key(8), "")
    assert [number for number in range(9) if not holds(store)(number)] == [1]


def test_a_person_cannot_flush_what_others_use(store: Store) -> None:
    for number in range(5):
        put(store, key(number), number, f"person {number}")
        store.get(key(number), f"person {number}")
    for number in range(100, 200):
        put(store, key(number), number, "flood")
        store.get(key(number), "flood")
        store.get(key(number), "flood")
    assert all(map(holds(store), range(5)))
    assert list(filter(holds(store), range(100, 200))) == [199]


def test_what_a_second_person_uses_counts_for_nobody(store: Store) -> None:
    for number in range(4):
        put(store, key(number), number, "teacher")
        store.get(key(number), "pupil")
    assert all(map(holds(store), range(4)))


def test_entries_go_when_their_texts_are_too_long_together() -> None:
    removed: list[int] = []
    store: Store = DocumentStore(100, 1_000, on_removed=removed.append)
    for number in range(3):
        put(store, key(number, 90), number, "")
    assert removed == [0]
    put(store, key(3, 5_000), 3, "")
    assert removed == [0, 1, 2]
    assert holds(store)(3)  # a text longer than its share stays until the next one comes
    put(store, key(4), 4, "")
    assert removed == [0, 1, 2, 3]


def test_what_is_put_again_stays_as_it_was(store: Store) -> None:
    assert put(store, key(1), 1, "first") == 1
    assert put(store, key(1), 2, "second") == 1
    assert len(store) == 1


async def test_an_operation_is_prepared_once() -> None:
    documents = Documents(SCHEMA, [ROLE])
    assert documents.find("{ a }", None, ROLE) is None
    prepared = await documents.operation("{ a }", None, ROLE)
    assert documents.find("{ a }", None, ROLE) is prepared is await documents.operation("{ a }", None, ROLE)


async def test_a_pinned_operation_stays_under_its_name_and_without() -> None:
    documents = Documents(SCHEMA, [ROLE], size=1)
    text = "query Q0 { a }"
    pinned = documents.pin(text, ROLE)
    await documents.operation("{ a }", None, ROLE)
    assert await documents.operation(text, None, ROLE) is await documents.operation(text, "Q0", ROLE) is pinned
    with pytest.raises(OperationRefused):
        await documents.operation(text, "Q1", ROLE)


async def test_nothing_is_kept_of_a_document_that_is_refused() -> None:
    documents = Documents(SCHEMA, [ROLE], limits=Limits(depth=1))
    for text in ("{", "{ b }", "{ a { b } }"):
        with pytest.raises(OperationRefused):
            await documents.operation(text, None, ROLE)
        assert documents.find(text, None, ROLE) is None


def test_preparation_costs_by_tokens_and_length() -> None:
    documents = Documents(SCHEMA, [ROLE], limits=Limits(repetitions=10**9))
    assert documents.preparation_cost("{ a }") == 0
    assert documents.preparation_cost("{ a }" + "#" * 40_000) == 79
    assert documents.preparation_cost("{" + " a" * 4_048 + "}") == 1_000 + 15
