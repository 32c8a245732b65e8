"""Generated operations over the generated school: plans answer as graphql-core's executor does, for every role."""

from asyncio import Runner
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from graphql import (
    ArgumentNode,
    ConstValueNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    InlineFragmentNode,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

import gateway.schema
from auth.viewer import Role, Viewer
from gateway.engine.prepare.operation import OperationRefused, prepare
from gateway.operations.service import execute_plan
from tests.gateway.engine.differential import SWITCHES, differences, grown, scrambled
from tests.gateway.engine.seeded import Seeded, seeded

EXAMPLES: Final = 80
_DRAWN: Final = 120
"""More than `EXAMPLES`: some operations are too long to be run, and some ask for what is empty."""
GROWN: Final = 100
LONGEST: Final = 3_000
PRINTED: Final = Path(gateway.schema.__file__).parent
SCALARS: Final = {
    name: st.sampled_from(values).map(lambda value: StringValueNode(value=value))
    for name, values in {
        "Date": ["2026-11-16", "2026-10-01"],
        "DateTime": ["2026-11-16T08:30:00+05:00"],
        "LocalTime": ["08:30"],
        "Decimal": ["4", "3.5"],
    }.items()
}

pytestmark = [
    pytest.mark.unmeasured,  # thousands of operations, of which each takes twice as long when coverage is measured
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as loop_runner:
        # The reference leaves what it no longer needs unawaited and its errors unseen; neither is of interest here.
        loop_runner.get_loop().set_exception_handler(lambda *_: None)
        yield loop_runner


@pytest.fixture(scope="module")
def school(mongo_uri: str, runner: Runner) -> Iterator[Seeded]:
    opened = seeded(mongo_uri)
    yield runner.run(opened.__aenter__())
    runner.run(opened.__aexit__(None, None, None))


class _Sensible(Visitor):
    """Most arguments become ones that lead somewhere; `node` is asked for something of a type it has fields of."""

    def __init__(self, random: Random, school: Seeded, viewer: Viewer) -> None:
        super().__init__()
        self._random = random
        self._values = school.values(viewer)
        self._ids = school.ids(viewer)
        self._chosen: dict[tuple[str, str], ArgumentNode] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if not node.arguments:
            return None
        key = (node.alias or node.name).value
        # What is asked for twice under one key must be asked for alike.
        arguments = tuple(
            self._chosen.setdefault((key, argument.name.value), self._argument(node, argument))
            for argument in node.arguments
        )
        return FieldNode(**{**{key: getattr(node, key) for key in node.keys}, "arguments": arguments})

    def _argument(self, field: FieldNode, argument: ArgumentNode) -> ArgumentNode:
        if self._random.random() < 0.05 or isinstance(argument.value, EnumValueNode):
            return argument
        name = argument.name.value
        place = f"{field.name.value}.{name}"
        choice: Sequence[ConstValueNode] = self._values.get(place) or self._values.get(name) or ()
        if place == "node.id" and field.selection_set:
            kinds = [
                one.type_condition.name.value
                for one in field.selection_set.selections
                if isinstance(one, InlineFragmentNode) and one.type_condition
            ]
            ids = [one for kind in kinds for one in self._ids.get(kind, ())]
            choice = [StringValueNode(value=one) for one in ids] or choice
        return ArgumentNode(name=argument.name, value=self._random.choice(choice)) if choice else argument


class _Comparing:
    """Compares what both engines answer one role; counts what it saw."""

    def __init__(self, school: Seeded, role: Role, runner: Runner) -> None:
        self._school = school
        self._role = role
        self._runner = runner
        self.seen: Counter[str] = Counter()

    def compare(self, original: DocumentNode, random: Random) -> None:
        school = self._school
        viewer = random.choice(school.viewers[self._role])
        sensible = visit(original, _Sensible(random, school, viewer))
        document = print_ast(scrambled(school.schema, sensible, random))
        try:
            operation = prepare(document, None, school.views[self._role])
        except OperationRefused as refused:
            raise AssertionError(refused.errors, document) from refused
        variables = {switch: random.random() < 0.5 for switch in SWITCHES}
        wear, connectors = school.worn(random)
        answers = differences(
            operation,
            variables,
            reference=school.answering(viewer, connectors, school.execute_reference, document),
            plan=school.answering(viewer, connectors, execute_plan, document),
            seen=self.seen,
        )
        problems = self._runner.run(answers)
        assert not problems, "\n".join([*problems, document, str(variables), self._role, wear])
        self.seen["operations"] += 1

    def check(self, operations: int, values: int) -> None:
        """At least so much was compared, and sources failed."""
        assert self.seen["operations"] >= operations
        assert self.seen["values"] >= values
        assert self.seen["SourceUnavailable"] > 0


@pytest.mark.parametrize("role", Role)
def test_plans_answer_as_the_reference_does_when_a_role_asks_anything(
    role: Role, school: Seeded, runner: Runner
) -> None:
    comparing = _Comparing(school, role, runner)
    sdl = (PRINTED / f"schema.{role.value.lower()}.graphql").read_text()

    @settings(
        max_examples=_DRAWN,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(sdl, allow_x00=False, codec="ascii", custom_scalars=SCALARS), st.integers(0, 2**32))
    def compare(text: str, seed: int) -> None:
        if len(text) <= LONGEST:
            comparing.compare(parse(text), Random(seed))

    compare()
    comparing.check(EXAMPLES // 2, EXAMPLES)


@pytest.mark.parametrize("role", Role)
def test_plans_answer_as_the_reference_does_when_a_role_asks_much(role: Role, school: Seeded, runner: Runner) -> None:
    comparing = _Comparing(school, role, runner)
    for seed in range(GROWN):
        random = Random(seed)
        # The whole schema has fields that the role may not see: they are pruned and denied.
        schema = school.schema if seed % 3 == 0 else school.views[role].schema
        values = school.values(random.choice(school.viewers[role]))
        comparing.compare(grown(schema, OperationType.QUERY, random, values, depth=2 + seed % 2), random)
    comparing.check(GROWN, 20 * GROWN)
    assert comparing.seen["UNAUTHORIZED_FIELD_OR_TYPE"] > 0
