"""No document keeps the event loop busy for longer than a tenth of a second at a stretch."""

import asyncio
import gc
import time
from collections.abc import Coroutine, Generator, Iterator
from random import Random
from types import coroutine
from typing import Any, Final, cast

import pytest
from graphql import OperationDefinitionNode, execute, parse
from graphql.execution.values import VariableValues

from auth.viewer import Role
from gateway.engine.cost.operation_cost import Cost
from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare import introspection
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import whole_operation
from gateway.schema.query import graphql_schema
from tests.gateway.engine.bombs import FULL_INTROSPECTION, bombs

pytestmark = pytest.mark.processor_time
BOUND_S: Final = 0.1
LEFT: Final = 200
"""Objects in cycles that a document may leave, however long it is; each fragment and list of variables may add some."""
MACHINE: Final = 2.5
"""A margin for slow machines alone: where the bound was measured every stretch was below it."""

SCHEMA: Final = graphql_schema()
DOCUMENTS: Final = Documents(SCHEMA, [role.value for role in Role], limits=Limits())
BOMBS: Final = dict(bombs(SCHEMA))


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    """Run without the garbage collector, as a serving process does while it answers."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def longest_stretch_s(work: Coroutine[Any, Any, None]) -> float:
    """The most processor time that *work* takes, in whatever thread, before other tasks have their turn."""

    @coroutine
    def measured() -> Generator[Any, None, float]:
        longest = 0.0
        while True:
            began = time.process_time()
            try:
                awaited = work.send(None)
            except StopIteration:
                return max(longest, time.process_time() - began)
            longest = max(longest, time.process_time() - began)
            yield awaited

    async def run() -> float:
        return await measured()

    return asyncio.run(run())


async def everything_but_reading(text: str, refusals: list[OperationRefused], role: Role) -> None:
    """All that is done for a document before anything is read, and introspection, which reads nothing."""
    try:
        DOCUMENTS.preparation_cost(text)
        prepared = await DOCUMENTS.prepare(text, None, role)
        prepared.cost.estimated({})
        _ = prepared.cache_policy
        await prepared.compile()
        await asyncio.sleep(0)
        prepared.operation.introspection.answer(VariableValues({}, {}))
    except OperationRefused as refusal:
        refusals.append(refusal)


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_holds_the_event_loop_for_a_tenth_of_a_second_at_most(name: str) -> None:
    refusals: list[OperationRefused] = []
    assert longest_stretch_s(everything_but_reading(BOMBS[name], refusals, Role.ADMINISTRATOR)) < BOUND_S * MACHINE
    for refusal in refusals:
        assert len(refusal.errors) <= Limits().errors
        assert max(len(error.message) for error in refusal.errors) < 400


@pytest.mark.parametrize("name", ["one unknown directive", "repeated directives"])
def test_directives_that_repeat_a_mistake_bring_one_error(name: str) -> None:
    refusals: list[OperationRefused] = []
    longest_stretch_s(everything_but_reading(BOMBS[name], refusals, Role.PARENT))
    assert [len(refusal.errors) for refusal in refusals] == [1]


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("introspection by aliases", "introspection_values"),
        ("introspection of defaults", "introspection_values"),
        ("introspection by long aliases", None),
        ("introspection", None),
        ("a long name", "name_characters"),
    ],
)
def test_introspection_is_bounded(name: str, limit: str | None) -> None:
    refusals: list[OperationRefused] = []
    longest_stretch_s(everything_but_reading(BOMBS[name], refusals, Role.PARENT))
    assert [(refusal.errors[0].extensions or {}).get("limit") for refusal in refusals] == ([limit] if limit else [])


@pytest.mark.parametrize(
    "text",
    [
        FULL_INTROSPECTION,
        "{ __schema { types { name fields(includeDeprecated: true) { __typename args { defaultValue } } } } }",
        "query ($a: Boolean = false) { __schema { types @include(if: $a) { name } queryType { name @skip(if: $a) } } }",
        """{ a: __type(name: "Nothing") { name } b: __type(name: "Student") { ...T ... { kind name } } }
        fragment T on __Type { possibleTypes { name } interfaces { name possibleTypes { name } } }""",
    ],
)
@pytest.mark.parametrize("role", [Role.PARENT, Role.ANALYST])
async def test_introspection_answers_as_the_reference_does(role: Role, text: str) -> None:
    prepared = await DOCUMENTS.operation(text, None, role)
    result = await prepared.plan.run(None)  # type: ignore[arg-type] # introspection reads nothing
    assert (result.data, result.errors) == (execute(DOCUMENTS.views[role].schema, parse(text)).data, None)  # type: ignore[union-attr] # nothing is awaited


async def test_introspection_is_answered_once_for_the_same_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    introspections: list[object] = []
    plain = introspection.Introspection._new_answer

    def counted(self: introspection.Introspection, values: Any) -> Any:
        introspections.append(values)
        return plain(self, values)

    monkeypatch.setattr(introspection.Introspection, "_new_answer", counted)
    text = "query ($name: String!) { __type(name: $name) { name } }"
    prepared = await DOCUMENTS.operation(text, None, Role.TEACHER)
    for name in ("Student", "Student", "School", "Student"):
        assert prepared.cost.estimated({"name": name}) == 1
        result = await prepared.plan.run(None, {"name": name})  # type: ignore[arg-type] # introspection reads nothing
        assert result.data == {"__type": {"name": name}}
    assert len(introspections) == 2


LISTS = {
    "__Schema": {"types": "__Type", "queryType": "__Type", "directives": "__Directive"},
    "__Type": {
        "fields": "__Field",
        "interfaces": "__Type",
        "possibleTypes": "__Type",
        "enumValues": "__EnumValue",
        "inputFields": "__InputValue",
        "ofType": "__Type",
    },
    "__Field": {"args": "__InputValue", "type": "__Type"},
    "__InputValue": {"type": "__Type"},
    "__EnumValue": {},
    "__Directive": {"args": "__InputValue"},
}


def selected(random: Random, named: str, depth: int) -> str:
    """A random selection set on a type of the introspection schema."""
    leaf = "description" if named == "__Schema" else "name"
    inner = [
        f"{name}{number}: {name} {{ {selected(random, below, depth - 1)} }}"
        for number in range(random.randint(0, 2))
        for name, below in random.sample(sorted(LISTS[named].items()), min(2, len(LISTS[named])))
        if depth
    ]
    return " ".join([leaf, *inner])


@pytest.mark.parametrize("seed", range(60))
async def test_introspection_never_costs_more_than_its_estimate(seed: int) -> None:
    random = Random(seed)
    schema, named = selected(random, "__Schema", 4), selected(random, "__Type", 3)
    document = parse(f'{{ __schema {{ {schema} }} t: __type(name: "Student") {{ {named} }} }}')
    operation = whole_operation(SCHEMA, document, cast("OperationDefinitionNode", document.definitions[0]))
    answer = operation.introspection.answer(VariableValues({}, {}))
    cost = Cost(operation)
    assert cost.estimated({}) >= cost.actual(answer.data, {}) > 0


@pytest.mark.parametrize("role", Role)
def test_every_role_may_ask_for_its_whole_schema(role: Role) -> None:
    refusals: list[OperationRefused] = []
    longest_stretch_s(everything_but_reading(FULL_INTROSPECTION, refusals, role))
    assert not refusals


@pytest.mark.parametrize(
    "name",
    [
        "introspection by aliases",
        "typename",
        "fields",
        "unknown fields",
        "repeated directives",
        "operations",
        "comments",
    ],
)
def test_a_document_leaves_little_for_the_garbage_collector(name: str) -> None:
    # Else whoever sends many makes it run, which stops the process for a tenth of a second.
    refusals: list[OperationRefused] = []
    for _ in range(2):  # the first time the schema computes what it keeps
        gc.collect()
        asyncio.run(everything_but_reading(BOMBS[name], refusals, Role.PARENT))
        refusals.clear()
    assert gc.collect() < LEFT
