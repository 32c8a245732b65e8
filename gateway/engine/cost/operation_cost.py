"""The cost of an operation: estimated before it runs, counted in its answer, by the IBM GraphQL Cost specification.

Weights and list sizes come from `gateway.engine.cost.directives`, read as Apollo Router reads them. What the variables
of a request cannot change is worked out once; the rest is generated Python that a request evaluates.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, NamedTuple

from graphql import GraphQLError, OperationType

from gateway.engine.cost.actual import Counter, counter
from gateway.engine.cost.estimate import Estimate
from gateway.engine.cost.expressions import CostExpression
from gateway.engine.prepare.operation import Operation, OperationRefused

OF_OPERATION: Final[Mapping[OperationType, int]] = {OperationType.MUTATION: 10}
DEFAULT_LIST_SIZE: Final = 10


class Heaviest(NamedTuple):
    """The place with most of an operation's cost: response keys from the root, and the cost below them."""

    path: tuple[str, ...]
    cost: int


class Cost:
    """The estimated and the actual cost of one operation. Denied fields are free.

    *variables* are raw: values that cannot be coerced count as if they were missing, for such an operation is not run.
    """

    def __init__(self, operation: Operation, default_list_size: int = DEFAULT_LIST_SIZE) -> None:
        self._introspection = operation.introspection
        self._base = OF_OPERATION.get(operation.kind, 0)
        pricing = Estimate(operation, default_list_size)
        with _refusing_contradictions():
            self._root = pricing.root()
        self._amounts = pricing.amounts
        cost = self._root.cost
        self._known = self._base + cost if isinstance(cost, int) else None
        self._varying = pricing.amounts.function(cost) if isinstance(cost, str) else None

    @property
    def source(self) -> str:
        """The generated Python; empty where the variables decide nothing."""
        return self._amounts.source

    @cached_property
    def _all(self) -> Callable[[Mapping[str, Any]], Mapping[str, int]]:
        return self._amounts.all()

    @cached_property
    def _counter(self) -> Counter:
        return counter(self._root)

    def estimated(self, variables: Mapping[str, Any]) -> int:
        """The most that the operation may cost.

        Raises `OperationRefused` where a field does not get exactly one slicing argument although it requires one.
        """
        introspection = self._introspection.estimated
        if self._varying is None:
            return introspection + (self._known or 0)
        with _refusing_contradictions():
            return introspection + self._base + self._varying(variables)

    def actual(self, data: Any, variables: Mapping[str, Any]) -> int:
        """The cost of the answer *data*, counted by its objects."""
        if data is None:
            return self._base
        counted = self._counter(data, self._all(variables) if self.source else {})
        return self._base + self._introspection.actual(data) + counted

    def heaviest(self, variables: Mapping[str, Any]) -> Heaviest:
        """The longest path below which at least half of the estimate lies."""
        known = self._all(variables)

        def number(amount: CostExpression) -> int:
            return amount if isinstance(amount, int) else known[amount]

        introspection = self._introspection.estimated
        total = cost = introspection + self._base + number(self._root.cost)
        if 2 * introspection >= total > 0:
            return Heaviest(tuple(self._introspection.keys[:1]), introspection)
        path: list[str] = []
        times, type_cost = 1, self._root
        while type_cost.fields:
            fields = max(type_cost.fields, key=lambda one: number(one.cost))
            below = times * number(fields.cost)
            if 2 * below < total or not below:
                break
            path.append(fields.key)
            cost = below
            times *= number(fields.size)
            if not fields.types:
                break
            type_cost = max(fields.types, key=lambda one: number(one.cost))
        return Heaviest(tuple(path), cost)


@contextmanager
def _refusing_contradictions() -> Iterator[None]:
    """Refuse the operation where its slicing arguments contradict the schema."""
    try:
        yield
    except GraphQLError as error:
        raise OperationRefused([error], stage="validation") from error
