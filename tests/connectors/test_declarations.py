"""Reads that a subsystem declares, on a real MongoDB."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any, TypedDict

import pytest
from pymongo import ASCENDING, IndexModel

from connectors.declarations import Collection, Connector, Read, by_ids, counted, equal_to_arguments, many, paged, pairs
from connectors.mongo import ALL, Source, connect
from connectors.vocabulary import Page, Paging


class Dish(TypedDict):
    _id: str
    kitchen: str
    season: str
    tags: list[str]


DISHES = Collection("dishes", Dish, indexes=[IndexModel([("kitchen", ASCENDING)])])
BY_ID = [("_id", ASCENDING)]


class Kitchens(Connector):
    """Reads of dishes."""

    collections = (DISHES,)

    dishes_by_ids: Read[str, Dish] = by_ids(DISHES)
    dishes_of: Read[str, list[Dish]] = many(
        DISHES, by="kitchen", order=BY_ID, where=equal_to_arguments("season"), needs=("season",)
    )
    tagged: Read[str, list[Dish]] = many(DISHES, by="tags", order=BY_ID)
    menu: Read[str, Page] = paged(DISHES, by="kitchen", order=BY_ID)
    at: Read[tuple[str, str], list[Dish]] = pairs(DISHES, by=("kitchen", "season"))
    count_of: Read[str, int] = counted(DISHES, by="kitchen")


@pytest.fixture(scope="module")
async def kitchens(mongo_uri: str) -> AsyncIterator[Kitchens]:
    client: Any = connect(mongo_uri, timeout_s=5)
    database = client[f"kitchens_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"]
    await database["dishes"].insert_many(
        [
            {"_id": "borscht", "kitchen": "north", "season": "winter", "tags": ["hot", "red"]},
            {"_id": "okroshka", "kitchen": "north", "season": "summer", "tags": ["cold"]},
            {"_id": "plov", "kitchen": "south", "season": "winter", "tags": ["hot"]},
        ]
    )
    yield Kitchens(Source("kitchens", database))
    await client.drop_database(database.name)
    client.close()


def soon() -> float:
    return asyncio.get_running_loop().time() + 30


def ids(found: Any) -> Any:
    return {key: [dish["_id"] for dish in own] for key, own in found.items()}


async def test_documents_are_found_by_ids_with_the_columns_that_are_wanted(kitchens: Kitchens) -> None:
    found: Any = await kitchens.dishes_by_ids(["plov", "none"], columns=frozenset({"season"}), deadline=soon())
    assert found == {"plov": {"_id": "plov", "season": "winter"}}


async def test_each_key_has_a_list_that_its_condition_narrows(kitchens: Kitchens) -> None:
    columns = frozenset({"_id"})
    found: Any = await kitchens.dishes_of(["north", "south", "west"], columns=columns, deadline=soon(), season="winter")
    assert ids(found) == {"north": ["borscht"], "south": ["plov"], "west": []}
    assert found["south"] == [{"_id": "plov", "kitchen": "south", "season": "winter"}]
    everything = await kitchens.dishes_of(["north"], columns=columns, deadline=soon(), season=None)
    assert ids(everything) == {"north": ["borscht", "okroshka"]}


async def test_a_document_is_of_every_key_that_its_list_holds(kitchens: Kitchens) -> None:
    found = await kitchens.tagged(["hot", "red", "cold"], columns=ALL, deadline=soon())
    assert ids(found) == {"hot": ["borscht", "plov"], "red": ["borscht"], "cold": ["okroshka"]}


async def test_pages_pairs_and_counts_are_of_each_key(kitchens: Kitchens) -> None:
    pages = await kitchens.menu(["north"], columns=ALL, deadline=soon(), paging=Paging(1, None))
    assert ([dish["_id"] for dish in pages["north"].nodes], pages["north"].has_next) == (["borscht"], True)
    found = await kitchens.at([("north", "summer")], columns=ALL, deadline=soon())
    assert ids(found) == {("north", "summer"): ["okroshka"]}
    assert await kitchens.count_of(["north", "west"], columns=ALL, deadline=soon()) == {"north": 2, "west": 0}


async def test_a_read_is_refused_when_its_arguments_are_others(kitchens: Kitchens) -> None:
    with pytest.raises(TypeError):
        await kitchens.dishes_of(["north"], columns=ALL, deadline=soon())
    with pytest.raises(TypeError):
        await kitchens.dishes_by_ids(["plov"], columns=ALL, deadline=soon(), season="winter")


async def test_declared_indexes_are_created(kitchens: Kitchens) -> None:
    await kitchens.create_indexes()
    assert "kitchen_1" in await kitchens.source.database["dishes"].index_information()


def test_a_read_is_a_method_with_its_own_name() -> None:
    assert Kitchens.dishes_of.__name__ == "dishes_of"  # type: ignore[attr-defined] # a function since the class was made
    assert Kitchens.dishes_of.__qualname__ == "Kitchens.dishes_of"  # type: ignore[attr-defined] # likewise
