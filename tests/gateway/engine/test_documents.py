from collections.abc import Callable

import pytest
from graphql import build_schema

from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import Limits

SCHEMA = build_schema("type Query { a: Int }")
ROLE = "ANYONE"


def texts(count: int, length: int = 20) -> list[str]:
    return [f"query Q{i} {{ a }}".ljust(length) for i in range(count)]


def is_kept(documents: Documents) -> Callable[[str], bool]:
    """Whether a text's operation is still the one that was made first."""
    return lambda text: (text, None, ROLE) in documents._kept


def test_the_operation_used_longest_ago_goes_when_there_are_too_many() -> None:
    documents = Documents(SCHEMA, [ROLE], size=2)
    first, second, third = texts(3)
    kept = documents.operation(first, None, ROLE)
    documents.operation(second, None, ROLE)
    assert documents.operation(first, None, ROLE) is kept
    documents.operation(third, None, ROLE)
    assert list(map(is_kept(documents), (first, second, third))) == [True, False, True]


def test_operations_go_when_their_texts_are_too_long_together() -> None:
    documents = Documents(SCHEMA, [ROLE], characters=100)
    small = texts(5)
    for text in small:
        documents.operation(text, None, ROLE)
    assert all(map(is_kept(documents), small))
    documents.operation("{ a }".ljust(60), None, ROLE)
    assert list(map(is_kept(documents), small)) == [False, False, False, True, True]
    documents.operation("{ a }".ljust(101), None, ROLE)
    assert not documents._kept


def test_a_pinned_operation_stays_under_its_name_and_without() -> None:
    documents = Documents(SCHEMA, [ROLE], size=1)
    [text] = texts(1)
    pinned = documents.pin(text, ROLE)
    documents.operation("{ a }", None, ROLE)
    assert documents.operation(text, None, ROLE) is documents.operation(text, "Q0", ROLE) is pinned
    with pytest.raises(OperationRefused):
        documents.operation(text, "Q1", ROLE)


def test_nothing_is_kept_of_a_document_that_is_refused() -> None:
    documents = Documents(SCHEMA, [ROLE], limits=Limits(depth=1))
    for text in ("{", "{ b }", "{ a { b } }"):
        with pytest.raises(OperationRefused):
            documents.operation(text, None, ROLE)
    assert not documents._kept
