"""Exports in two worlds: what waits, the file that a job makes, and who can fetch it."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final

import orjson
import pytest

from tests.privacy.gateways import Pair, Request, serving
from tests.privacy.low import Low
from tests.privacy.mutations import Mutations
from tests.privacy.requests import ROLES, request_for
from tests.privacy.worlds import Person, World, inverse, of_generator, of_hand

MUTATIONS: Final = 60
_SEND: Final = """mutation ($input: ExportReportInput!) {
  exportReport(input: $input) { export { id state } userErrors { code } } }"""
_LIST: Final = "{ viewer { exports { id state format rows failure size path } } }"
DOCUMENTS: Final = (
    "{ students(first: 20) { nodes { id displayName marks(first: 100) { nodes { id value comment } } } } }",
    "{ students(first: 20) { nodes { id displayName performance { subject { name } average classAverage } } } }",
    "{ students(first: 20) { nodes { id remarks(first: 100) { nodes { id text } } } } }",
    "{ students(first: 20) { nodes { id tests { id title attemptsLeft } } } }",
    "{ people(first: 20) { nodes { id displayName email phone } } }",
)
"""Lists of which the roles see different parts: some have columns that a role finds empty, some are no lists to it."""
FORMATS: Final = ("CSV", "XLSX", "JSON", "PDF")


async def data_of(pair: Pair, person: Person, text: str, **values: Any) -> Any:
    """The data of an operation, which both worlds answer alike."""
    key = hashlib.sha256(orjson.dumps([text, values])).hexdigest()
    answer = (await pair.same_answer(request_for(pair.bearer(person), text, values, key=key), person)).answer
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def _export_in_second(pair: Pair, person: Person) -> None:
    """Somebody else exports in the second world alone."""
    values = {"input": {"document": DOCUMENTS[0], "format": "CSV"}}
    await pair.second.ask(request_for(pair.bearer(person), _SEND, values, key="mine"), 77)


@pytest.mark.parametrize("make", [of_hand, of_generator])
async def test_the_files_of_exports_do_not_depend_on_what_their_owner_may_not_see(
    make: Callable[[], Coroutine[Any, Any, World]], mongo_uri: str, redis_uris: tuple[str, str]
) -> None:
    world = await make()
    fetched = 0
    async with serving(world, mongo_uri, redis_uris) as pair:
        for role in ROLES[:-1]:
            person = next(one for one in world.people if one.role == role and Low(world, one).students)
            other = next(one for one in world.people if one.role not in {role, "ANALYST"})
            _, mutations = Mutations(world, Low(world, person), Random(role)).some(MUTATIONS)
            assert len(mutations) > MUTATIONS // 3
            await pair.change(mutations)
            await _export_in_second(pair, other)
            await pair.forget()
            fetched += await _exported(pair, person)
            await pair.restore()
            await pair.change(inverse(mutations))
    assert fetched > len(ROLES)


async def _exported(pair: Pair, person: Person) -> int:
    """Send exports, have them made, and fetch the files; the number of these."""
    for number, text in enumerate(DOCUMENTS):
        values = {"document": text, "format": FORMATS[number % len(FORMATS)], "language": "EN"}
        answer = await data_of(pair, person, _SEND, input=values)
        assert answer["exportReport"]["userErrors"] == []
        await asyncio.gather(pair.first.run_exports(), pair.second.run_exports())
    exports = (await data_of(pair, person, _LIST))["viewer"]["exports"]
    assert len(exports) == len(DOCUMENTS)
    files = [own["path"] for own in exports if own["state"] == "DONE"]
    for path in files:
        answer = await pair.same_answer(Request("GET", path, {}, b""), person)
        assert (answer.status, bool(answer.body)) == (200, True)
    return len(files)
