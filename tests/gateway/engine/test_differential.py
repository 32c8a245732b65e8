"""Generated operations over a library full of trouble: plans answer as graphql-core's executor does, for every role."""

from asyncio import Runner
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from graphql import (
    ArgumentNode,
    ConstValueNode,
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    parse_const_value,
    print_ast,
    print_schema,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from auth.viewer import Role
from gateway.engine import reference_executor
from gateway.engine.plan.plan import Plan
from gateway.engine.prepare.operation import Operation, OperationRefused, prepare
from gateway.engine.prepare.visibility import View
from tests.gateway.engine.differential import SWITCHES, differences, grown, scrambled
from tests.gateway.engine.library import BOOKS, Library, schema

EXAMPLES = 80
GROWN = 160
LONGEST = 4_000

pytestmark = [
    pytest.mark.unmeasured,  # thousands of operations, of which each takes twice as long when coverage is measured
    pytest.mark.no_cover,  # thousands of operations: measuring them would take longer than running them
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_SCHEMA: GraphQLSchema = schema()
_VIEWS = [View(_SCHEMA, role.value) for role in Role]
_ARGUMENTS: dict[str, list[ConstValueNode]] = {
    "id": [StringValueNode(value=one["_id"]) for one in BOOKS],
    "first": [parse_const_value(str(number)) for number in (0, 1, 3, 9)],
    "skip": [parse_const_value(str(number)) for number in (0, 5, 40)],
    "minimum": [parse_const_value(str(number)) for number in (-1, 2)],
    "number": [parse_const_value(str(number)) for number in (-1, 1, 2, 3)],
    "wish": [parse_const_value('{words: ["a"], genre: ESSAY}'), parse_const_value("{words: [], limit: 9}")],
    "also": [parse_const_value("null"), parse_const_value('[{words: ["b"]}, {words: "c", limit: 1}]')],
}


class _RealIds(Visitor):
    """Asks for books that there are."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        if node.name.value != "id":
            return None
        return ArgumentNode(name=node.name, value=self._random.choice(_ARGUMENTS["id"]))


async def _differences(operation: Operation, variables: Mapping[str, Any]) -> list[str]:
    async def plan(changed: Operation | None, sent: Mapping[str, Any]) -> ExecutionResult:
        return await Plan.of(changed or operation).run(Library(), sent)

    async def reference(changed: Operation | None, sent: Mapping[str, Any]) -> ExecutionResult:
        return await reference_executor.run(_SCHEMA, changed or operation, Library(), sent)

    return await differences(operation, variables, reference=reference, plan=plan)


@pytest.fixture
def runner() -> Iterator[Runner]:
    with Runner() as loop_runner:
        # The reference leaves what it no longer needs unawaited and its errors unseen; neither is of interest here.
        loop_runner.get_loop().set_exception_handler(lambda *_: None)
        yield loop_runner


def _compare_for_all_roles(original: DocumentNode, random: Random, runner: Runner) -> int:
    """How many roles were compared."""
    compared = 0
    for view in _VIEWS:
        document = print_ast(scrambled(_SCHEMA, original, random))
        try:
            operation = prepare(document, None, view)
        except OperationRefused as refused:
            if refused.stage != "access":
                raise AssertionError(document, refused.errors) from refused
            continue
        variables = {switch: random.random() < 0.5 for switch in SWITCHES}
        problems = runner.run(_differences(operation, variables))
        assert not problems, "\n".join([*problems, document, str(variables), view.role])
        compared += 1
    return compared


def test_plans_answer_as_the_reference_does_when_anything_valid_is_asked(runner: Runner) -> None:
    compared = 0

    @settings(
        max_examples=EXAMPLES, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(from_schema(print_schema(_SCHEMA), allow_x00=False, codec="ascii"), st.integers(0, 2**32))
    def compare(text: str, seed: int) -> None:
        nonlocal compared
        if len(text) <= LONGEST:
            random = Random(seed)
            compared += _compare_for_all_roles(visit(parse(text), _RealIds(random)), random, runner)

    compare()
    assert compared > EXAMPLES


@pytest.mark.parametrize("kind", [OperationType.QUERY, OperationType.MUTATION])
def test_plans_answer_as_the_reference_does_when_much_is_asked_of_much(kind: OperationType, runner: Runner) -> None:
    compared = 0
    for seed in range(GROWN if kind is OperationType.QUERY else GROWN // 8):
        random = Random(seed)
        compared += _compare_for_all_roles(grown(_SCHEMA, kind, random, _ARGUMENTS, depth=2 + seed % 2), random, runner)
    assert compared >= GROWN // 8  # who may not see all is refused a whole mutation
