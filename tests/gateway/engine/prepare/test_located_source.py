import time

import pytest
from graphql import Source

from gateway.engine.documents import Documents
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.located_source import LocatedSource
from gateway.schema.query import graphql_schema


@pytest.mark.parametrize("text", ["", "a", "\n", "\n\na\n", "a\r\nb\rc\n\r\n\n\rd", "\u2028a\u2028\nб\n"])
def test_every_place_is_where_the_reference_finds_it(text: str) -> None:
    located, reference = LocatedSource(text), Source(text)
    for position in range(len(text) + 2):
        assert located.get_location(position) == reference.get_location(position)


async def test_places_cost_no_more_time_however_many_lines_are_before_them() -> None:
    documents = Documents(graphql_schema(), ["PARENT"], limits=Limits())
    fields = "{ " + " ".join(f'a{i}: student(id: "a") {{ id }}' for i in range(20)) + " }"
    prepared = await documents.prepare("\n" * 4_900 + fields, None, "PARENT")
    location = prepared.operation.node.loc
    assert location is not None
    location.source.get_location(location.start)
    began = time.thread_time()
    for _ in range(1_000):
        location.source.get_location(location.start)
    assert time.thread_time() - began < 0.1, "each took as long as reading the whole text"
