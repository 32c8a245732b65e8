"""Keeps the operations that clients sent, each prepared once for a role."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cached_property
from time import perf_counter

from graphql import GraphQLSchema, Token

from gateway.engine.cost.operation_cost import DEFAULT_LIST_SIZE, Cost
from gateway.engine.declarations import CacheControl
from gateway.engine.plan.plan import Plan
from gateway.engine.prepare.cache_control import cache_policy
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import Operation, prepare
from gateway.engine.prepare.visibility import View


class PreparedOperation:
    """A validated operation with its plan, its cost and its cache policy, each made when it is first needed."""

    def __init__(self, operation: Operation, default_list_size: int = DEFAULT_LIST_SIZE) -> None:
        self.operation = operation
        self._default_list_size = default_list_size

    @cached_property
    def plan(self) -> Plan:
        """The operation compiled to Python."""
        return Plan.of(self.operation)

    @property
    def is_compiled(self) -> bool:
        """Whether the plan exists already."""
        return "plan" in vars(self)

    @cached_property
    def cost(self) -> Cost:
        """What the operation costs; raises `OperationRefused` where its slicing arguments contradict the schema."""
        return Cost(self.operation, self._default_list_size)

    @cached_property
    def cache_policy(self) -> CacheControl | None:
        """How long clients may keep the answer; None: not at all."""
        return cache_policy(self.operation)

    def free(self) -> None:
        """Break the reference cycles, so that memory is freed with the last request that uses the operation.

        The garbage collector runs rarely in a serving process and would free it late.
        """
        for name in ("plan", "cost"):
            vars(self).pop(name, None)
        location = self.operation.document.loc
        token: Token | None = location.start_token if location else None
        while token is not None:
            token.prev = None
            token = token.next


class Documents:
    """Prepared operations by document text, operation name and role.

    Of those that clients sent the latest stay: *size* of them at most, and at most *characters* of text together,
    for an operation takes some hundred bytes of memory for each.
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
        on_prepared: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.views = {role: View(schema, role) for role in roles}
        self._reject = reject
        self._limits = limits or Limits()
        self._size = size
        self._characters = characters
        self._default_list_size = default_list_size
        self._kept_characters = 0
        self._on_prepared = on_prepared
        self._kept: OrderedDict[tuple[str, str | None, str], PreparedOperation] = OrderedDict()
        self._pinned: dict[tuple[str, str | None, str], PreparedOperation] = {}

    def operation(self, source: str, name: str | None, role: str) -> PreparedOperation:
        """The operation *name* of *source* for *role*; `OperationRefused` when it cannot run."""
        key = (source, name, role)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        pinned = self._pinned.get(key)
        if pinned is not None:
            return pinned
        began = perf_counter()
        prepared = self._kept[key] = self._prepared(source, name, role)
        self._on_prepared(perf_counter() - began)
        self._kept_characters += len(source)
        while len(self._kept) > self._size or self._kept_characters > self._characters:
            (oldest, _, _), forgotten = self._kept.popitem(last=False)
            self._kept_characters -= len(oldest)
            forgotten.free()
        return prepared

    def pin(self, source: str, role: str) -> PreparedOperation:
        """Prepare the only operation of *source* for *role* and keep it for good."""
        prepared = self._prepared(source, None, role)
        name = prepared.operation.node.name
        for key in {None, name.value if name else None}:
            self._pinned[source, key, role] = prepared
        return prepared

    def _prepared(self, source: str, name: str | None, role: str) -> PreparedOperation:
        operation = prepare(source, name, self.views[role], reject=self._reject, limits=self._limits)
        return PreparedOperation(operation, self._default_list_size)
