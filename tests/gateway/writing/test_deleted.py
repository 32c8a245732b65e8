"""Objects that are deleted while a mutation checks its input."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandStartedEvent

from gateway.schema.query import graphql_schema
from tests.gateway.writing.acting import Acting, mutation
from tests.gateway.writing.test_roles import FACTS, INPUTS, MAY, WHO


@contextmanager
def deleted_at_the_transaction(acts: Acting, mongo_uri: str) -> Iterator[list[str]]:
    """Deletes all that a subsystem holds before the first command of a transaction is sent to it; lists these."""
    emptied: list[str] = []
    with MongoClient[dict[str, Any]](mongo_uri) as client:

        def before(event: CommandStartedEvent) -> None:
            if event.command.get("startTransaction") and not emptied:
                emptied.append(event.database_name)
                database = client[event.database_name]
                for collection in database.list_collection_names():
                    database[collection].delete_many({})

        acts.served.recorder.before = before
        try:
            yield emptied
        finally:
            acts.served.recorder.before = None


@pytest.mark.parametrize("name", MAY)
async def test_an_object_that_is_deleted_after_it_was_checked_is_no_fault_of_ours(
    acts: Acting, name: str, mongo_uri: str
) -> None:
    sent, role = await INPUTS[name](acts, "ivan"), MAY[name][0]
    with deleted_at_the_transaction(acts, mongo_uri) as emptied:
        query = mutation(name, key="k")
        answer = await acts.answer(WHO[role], role, query, {"input": sent})
    assert len(emptied) == 1
    assert "errors" not in answer
    codes = [error["code"] for error in answer["data"][name]["userErrors"]]
    assert set(codes) <= {"NOT_FOUND"}
    facts = await acts.found(f"{emptied[0].removeprefix(f'{acts.prefix}_')}.facts")
    assert len(facts) == (not codes and FACTS.get(name) != 0)


def test_every_mutation_is_tried() -> None:
    root = graphql_schema().mutation_type
    assert root is not None
    assert set(root.fields) == set(MAY)
