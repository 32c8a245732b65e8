"""Keeps the operations that clients sent, each prepared once for a role."""

import asyncio
from collections.abc import Callable, Container, Iterable
from functools import cached_property
from time import perf_counter
from typing import Final

from graphql import GraphQLSchema

from gateway.engine.cost.operation_cost import DEFAULT_LIST_SIZE, Cost
from gateway.engine.declarations import CacheControl
from gateway.engine.document_store import DocumentStore
from gateway.engine.plan.plan import Plan
from gateway.engine.prepare.cache_control import cache_policy
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import Operation, prepare, prepare_in_steps
from gateway.engine.prepare.steps import Steps
from gateway.engine.prepare.visibility import View

TOKENS_PER_UNIT: Final = 4
CHARACTERS_PER_UNIT: Final = 500
"""To prepare 5,000 tokens takes some 250 ms and costs 1,250: as much time for a unit as reading takes."""
FREE_TOKENS: Final = 50
FREE_CHARACTERS: Final = 500
"""A document of this size takes no longer than its request does anyway."""

TURN_S: Final = 0.002
"""After steps of this length together other tasks of the event loop have their turn."""
SHORT_S: Final = 0.01
"""A preparation that has taken longer lets the others have most of the processor: two thirds, as long as it lasts."""
_OTHERS: Final = 2


class PreparedOperation:
    """A validated operation with its plan, its cost and its cache policy, each made when it is first needed."""

    def __init__(self, operation: Operation, default_list_size: int = DEFAULT_LIST_SIZE) -> None:
        self.operation = operation
        self._default_list_size = default_list_size

    @cached_property
    def plan(self) -> Plan:
        """The operation compiled to Python."""
        return Plan.of(self.operation)

    async def compile(self) -> Plan:
        """Compile the whole plan; other tasks run between its parts."""
        plan = self.plan
        for _ in plan.compile_rest():
            await asyncio.sleep(0)
        return plan

    @property
    def is_compiled(self) -> bool:
        """Whether the plan exists already."""
        return "plan" in vars(self)

    @cached_property
    def cost(self) -> Cost:
        """The cost of the operation; raises `OperationRefused` where its slicing arguments contradict the schema."""
        return Cost(self.operation, self._default_list_size)

    @cached_property
    def cache_policy(self) -> CacheControl | None:
        """How long clients may keep the answer; None: not at all."""
        return cache_policy(self.operation.tree)

    def free(self) -> None:
        """Break the reference cycles, so that memory is freed with the last request that uses the operation.

        The garbage collector runs rarely in a serving process and would free it late.
        """
        for name in ("plan", "cost"):
            vars(self).pop(name, None)


Key = tuple[str, str | None, str]
"""Text, operation name and role."""


class Documents:
    """Prepared operations by document text, operation name and role.

    Operations that clients sent are kept by `DocumentStore`; pinned ones stay for good.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        roles: Iterable[str],
        *,
        size: int = 1_000,
        characters: int = 500_000,
        reject: bool = False,
        limits: Limits | None = None,
        default_list_size: int = DEFAULT_LIST_SIZE,
        introspecting: Container[str] | None = None,
        on_prepared: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.views = {
            role: View(schema, role, introspects=introspecting is None or role in introspecting) for role in roles
        }
        self._reject = reject
        self._limits = limits or Limits()
        self._default_list_size = default_list_size
        self._on_prepared = on_prepared
        self._prepared: DocumentStore[Key, PreparedOperation] = DocumentStore(
            size, characters, on_removed=PreparedOperation.free
        )
        self._pinned: dict[Key, PreparedOperation] = {}

    def find(self, source: str, name: str | None, role: str, *, person: str = "") -> PreparedOperation | None:
        """The operation *name* of *source* for *role* where it is prepared already; a use of it by *person*."""
        key = (source, name, role)
        return self._prepared.get(key, person) or self._pinned.get(key)

    def preparation_cost(self, source: str) -> int:
        """The cost of preparing *source*, by its tokens and length; raises `OperationRefused` beyond a limit."""
        tokens = self._limits.check_text(source)
        beyond = max(0, tokens - FREE_TOKENS) // TOKENS_PER_UNIT
        return beyond + max(0, len(source) - FREE_CHARACTERS) // CHARACTERS_PER_UNIT

    async def prepare(self, source: str, name: str | None, role: str, *, person: str = "") -> PreparedOperation:
        """Prepare and keep the operation *name* of *source* for *role*; raises `OperationRefused` when it cannot run.

        Other tasks run between the steps of a preparation, and more of them the longer it takes: a request needs many
        turns of the event loop, and would wait for a step in each. What is prepared again meanwhile is kept once.
        """
        steps = self._steps(source, name, role)
        spent = since_turn = 0.0
        while True:
            began = perf_counter()
            try:
                next(steps)
            except StopIteration as done:
                self._on_prepared(spent + perf_counter() - began)
                prepared = PreparedOperation(done.value, self._default_list_size)
                return self._prepared.put((source, name, role), prepared, person, length=len(source))
            took = perf_counter() - began
            spent += took
            since_turn += took
            if since_turn > TURN_S:
                await asyncio.sleep(_OTHERS * since_turn if spent > SHORT_S else 0)
                since_turn = 0.0

    async def operation(self, source: str, name: str | None, role: str, *, person: str = "") -> PreparedOperation:
        """The operation *name* of *source* for *role*, prepared if need be; `OperationRefused` when it cannot run."""
        return self.find(source, name, role, person=person) or await self.prepare(source, name, role, person=person)

    def pin(self, source: str, role: str) -> PreparedOperation:
        """Prepare the only operation of *source* for *role* and keep it for good."""
        operation = prepare(source, None, self.views[role], reject=self._reject, limits=self._limits)
        prepared = PreparedOperation(operation, self._default_list_size)
        name = operation.node.name
        for key in {None, name.value if name else None}:
            self._pinned[source, key, role] = prepared
        return prepared

    def _steps(self, source: str, name: str | None, role: str) -> Steps[Operation]:
        return prepare_in_steps(source, name, self.views[role], reject=self._reject, limits=self._limits)
