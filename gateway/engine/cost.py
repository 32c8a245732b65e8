"""What an operation costs: estimated before it runs, counted in its answer, by the IBM GraphQL Cost specification.

Weights and list sizes are those of `gateway.engine.weights`, read as Apollo Router reads them. What the variables of a
request cannot change is worked out once; the rest is a few lines of generated Python that a request evaluates.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from graphql import GraphQLError, OperationType

from gateway.engine.document import Operation, OperationRefused
from gateway.engine.pricing import Pricing

OF_OPERATION: Final[Mapping[OperationType, int]] = {OperationType.MUTATION: 10}
DEFAULT_LIST_SIZE: Final = 10

_KEPT: Final = "cost"


class Heaviest(NamedTuple):
    """Where most of an operation's cost lies: response keys from the root, and what all below them costs."""

    path: tuple[str, ...]
    cost: int


def cost_of(operation: Operation, default_list_size: int = DEFAULT_LIST_SIZE) -> "Cost":
    """The cost of *operation*: worked out when first asked for, and kept with it."""
    kept: Cost | None = operation.made.get(_KEPT)
    if kept is None or kept.default_list_size != default_list_size:
        kept = operation.made[_KEPT] = Cost(operation, default_list_size)
    return kept


class Cost:
    """The cost of one operation. Denied fields cost nothing, neither before nor after.

    *variables* are what was sent: values that cannot be coerced count as if they were missing, for such an operation
    is not run.
    """

    def __init__(self, operation: Operation, default_list_size: int) -> None:
        self.default_list_size = default_list_size
        self._pricing = Pricing(operation, default_list_size)
        self._base = OF_OPERATION.get(operation.kind, 0)
        with _refused():
            self._root = self._pricing.root()
        self._variable = None if isinstance(self._root.cost, int) else self._pricing.function(self._root.cost)
        self._actual: Callable[[Any, Any], int] | None = None

    def estimated(self, variables: Mapping[str, Any]) -> int:
        """What the operation may cost; `OperationRefused` where it does not give the one slicing argument asked for."""
        if self._variable is None:
            return self._base + int(self._root.cost)
        with _refused():
            return self._base + self._variable(variables)

    def actual(self, data: Any, variables: Mapping[str, Any]) -> int:
        """What the answer *data* of the operation did cost, counted by its shape."""
        if data is None:
            return self._base
        if self._actual is None:
            self._actual = self._pricing.counter(self._root)
        amounts = self._pricing.amounts(variables) if self._pricing.counts_amounts else None
        return self._base + self._actual(data, amounts)

    def heaviest(self, variables: Mapping[str, Any]) -> Heaviest:
        """The longest path below which at least half of the estimate lies."""
        amounts = self._pricing.amounts(variables)
        total = self._base + _amount(self._root.cost, amounts)
        path: tuple[str, ...] = ()
        cost, times, site = total, 1, self._root
        while site.asked:
            asked = max(site.asked, key=lambda one: _amount(one.cost, amounts))
            own = times * _amount(asked.cost, amounts)
            if 2 * own < total or not own:
                break
            path, cost = (*path, asked.key), own
            times *= _amount(asked.size, amounts)
            if not asked.sites:
                break
            site = max(asked.sites, key=lambda one: _amount(one.cost, amounts))
        return Heaviest(path, cost)

    @property
    def source(self) -> str:
        """The generated Python, empty where the variables change nothing."""
        return self._pricing.source


@contextmanager
def _refused() -> Iterator[None]:
    """Slicing arguments that are not as the schema asks for refuse the operation."""
    try:
        yield
    except GraphQLError as error:
        raise OperationRefused([error], stage="validation") from error


def _amount(amount: int | str, amounts: Mapping[str, int]) -> int:
    return amount if isinstance(amount, int) else amounts[amount]

