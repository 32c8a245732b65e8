"""Root fields of a mutation read anew what the ones before them wrote."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pytest
import strawberry

from gateway.engine import reference_executor
from gateway.engine.plan.plan import Plan
from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.engine.reads import Reads
from gateway.schema.fields import batch, view_of

STORE = {"a": 0}
COLUMNS = frozenset({"count"})


async def counts(keys: Sequence[str], **_options: Any) -> Mapping[str, int]:
    await asyncio.sleep(0)
    return {key: STORE[key] for key in keys}


class Context:
    """A request's context with nothing but reads that are remembered."""

    def __init__(self) -> None:
        self.reads = Reads(asyncio.get_running_loop().time() + 30)
        self.forget_reads = self.reads.forget

    def info(self, _call: Any) -> "Context":
        return self


async def increased(roots: list[object], info: Any) -> list[dict[str, int]]:
    [before] = await info.reads.read(counts, ["a"], columns=COLUMNS)
    STORE["a"] = before + 1
    return [{"before": before} for _ in roots]


async def count(parents: list[object], info: Any) -> list[int]:
    found: list[int] = await info.reads.read(counts, ["a"] * len(parents), columns=COLUMNS)
    return found


class CounterDocument(TypedDict):
    before: int


@view_of(CounterDocument)
class Counter:
    before: int
    count: int | None = batch(count)


@strawberry.type
class Query:
    count: int | None = batch(count)


@strawberry.type
class Mutation:
    increase: Counter | None = batch(increased)


DOCUMENT = "mutation { a: increase { before count } b: increase { before count } c: increase { before } }"


@pytest.mark.parametrize("executor", ["plan", "reference"])
async def test_a_second_mutation_sees_what_the_first_one_wrote(executor: str) -> None:
    schema = strawberry.Schema(query=Query, mutation=Mutation)._schema
    operation = prepare(DOCUMENT, None, View.whole(schema))
    STORE["a"] = 0
    context = Context()
    if executor == "plan":
        result = await Plan.of(operation).run(context, {})
    else:
        result = await reference_executor.run(schema, operation, context, {})
    assert result.errors is None
    # Within one root field reads are remembered: `count` is what was read before the change.
    assert result.data == {"a": {"before": 0, "count": 0}, "b": {"before": 1, "count": 1}, "c": {"before": 2}}
