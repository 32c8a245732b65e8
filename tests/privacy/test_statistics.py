"""The statistics of an administrator are those of their own schools: nothing of another school shows in them."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
import pytest

from connectors.analytics import build
from tests.privacy.gateways import Pair, Request, serving
from tests.privacy.low import Low
from tests.privacy.mutations import Mutations
from tests.privacy.requests import PATH
from tests.privacy.worlds import Person, World, inverse, of_generator, of_hand

MUTATIONS: Final = 60
_CELL: Final = """totalCount pageInfo { hasNextPage } edges { cursor }
  nodes { school { id } isExact isSuppressed students %s }"""
DOCUMENTS: Final = (
    "marks(groupBy: [SUBJECT], first: 100) { %s }" % (_CELL % "subjectName marks average quality success"),
    "marks(groupBy: [CLASS, SUBJECT], first: 100) { %s }" % (_CELL % "className: class { id } marks average"),
    "marks(groupBy: [WEEK], first: 100) { %s }" % (_CELL % "weekStartsOn marks average distribution { value count }"),
    "marks(groupBy: [SCHOOL], first: 100) { %s }" % (_CELL % "marks average"),
    "attendance(groupBy: [CLASS], first: 100) { %s }" % (_CELL % "lessons absent late excused"),
    "attendance(groupBy: [MONTH], first: 100) { %s }" % (_CELL % "lessons absent late excused"),
)


async def _answers(pair: Pair, person: Person, fields: str) -> tuple[Any, Any]:
    headers = {"Authorization": f"Bearer {pair.bearer(person)}", "Content-Type": "application/json"}
    text = f"{{ analytics {{ asOf {fields} }} }}"
    request = Request("POST", PATH, headers, orjson.dumps({"query": text}), [text])
    first, second = await pair.ask(request, person)
    assert first.status == 200
    assert "errors" not in first.answer, first.answer["errors"]
    assert (first.commands, first.sent_bytes) == (second.commands, second.sent_bytes)
    return first.answer, second.answer


async def _build(pair: Pair, statistics: Path, today: str) -> None:
    for databases, name in zip(pair.databases, "ab", strict=True):
        (statistics / name).mkdir(exist_ok=True)
        await build(databases, statistics / name, key=b"one key for both", today=today)
    await pair.forget()


@pytest.mark.parametrize("make", [of_hand, of_generator])
async def test_statistics_of_an_administrator_do_not_depend_on_other_schools(
    make: Callable[[], Coroutine[Any, Any, World]], mongo_uri: str, redis_uris: tuple[str, str], tmp_path: Path
) -> None:
    world = await make()
    [person, *_] = [own for own in world.people if own.role == "ADMINISTRATOR"]
    _, mutations = Mutations(world, Low(world, person), Random(7)).some(MUTATIONS)
    assert len(mutations) > MUTATIONS // 2
    async with serving(world, mongo_uri, redis_uris, statistics=tmp_path) as pair:
        await pair.change(mutations)
        await _build(pair, tmp_path, world.today.isoformat())
        cells = 0
        for fields in DOCUMENTS:
            first, second = await _answers(pair, person, fields)
            assert first == second
            cells += sum(len(one["nodes"]) for one in first["data"]["analytics"].values() if isinstance(one, dict))
        assert cells > 5
        await pair.change(inverse(mutations))


async def test_a_mark_of_the_own_school_does_show(mongo_uri: str, redis_uris: tuple[str, str], tmp_path: Path) -> None:
    # The comparison would find a difference.
    world = await of_hand()
    [person, *_] = [own for own in world.people if own.role == "ADMINISTRATOR"]
    school = next(iter(Low(world, person).schools))
    mark = next(
        own
        for own in world["grades.marks"].values()
        if own["school_id"] == school and own["counts_towards_average"] and own["numeric_value"] == 4
    )
    async with serving(world, mongo_uri, redis_uris, statistics=tmp_path) as pair:
        await pair.databases[1]["grades"]["marks"].update_one({"_id": mark["_id"]}, {"$set": {"numeric_value": 2}})
        await _build(pair, tmp_path, world.today.isoformat())
        first, second = await _answers(pair, person, DOCUMENTS[3])
        assert first != second
