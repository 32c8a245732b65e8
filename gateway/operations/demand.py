"""Demand control: estimates the cost of a request, refuses it where that is too much, and reports it on request."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from graphql import GraphQLError

from auth.viewer import Role
from gateway.engine.cost.operation_cost import Cost
from gateway.engine.documents import PreparedOperation
from gateway.engine.errors import OperationRefused
from gateway.languages import Text
from gateway.observability.metrics import OVER_BUDGET
from gateway.operations.rate_limits import Charge
from gateway.operations.result import TotalCost

CODE: Final = "QUERY_TOO_COMPLEX"

_TOO_EXPENSIVE: Final = Text(
    "The operation may cost {value}, and {maximum} is the most: {heaviest} of it are {place}; ask for shorter lists "
    "there by `first`, for less of each, or for fewer.",
    "Операция может стоить {value}, допустимо не больше {maximum}; из них {heaviest} — {place}. Запросите там более "
    "короткие списки (`first`), меньше полей или меньше объектов.",
)
_TOO_EXPENSIVE_AS_A_WHOLE: Final = Text(
    "The operation may cost {value}, and {maximum} is the most: ask for less at once, or split it into several.",
    "Операция может стоить {value}, допустимо не больше {maximum}. Запросите меньше или разделите её.",
)


class DemandMode(StrEnum):
    """The treatment of an operation that may cost more than its role's budget."""

    MEASURE = "measure"
    ENFORCE = "enforce"


class Price:
    """The price of one request."""

    __slots__ = ("_cost", "_counts", "_variables", "actual", "estimated", "limit")

    def __init__(self, cost: Cost, variables: Mapping[str, Any], limit: int, *, counts: bool) -> None:
        self._cost = cost
        self._variables = variables
        self._counts = counts
        self.limit = limit
        self.estimated = cost.estimated(variables)
        self.actual = 0

    def settle(self, answer: dict[str, Any], charge: Charge, *, tells: bool) -> TotalCost | None:
        """Give back what was charged and not used; where it *tells*, the answer says what it cost, as does the result.

        The answer is counted for metrics, for whoever is charged or asks, and otherwise not: that takes time.
        """
        if not (tells or self._counts or charge.refunds):
            return None
        self.actual = self._cost.actual(answer.get("data"), self._variables)
        charge.settle(self.actual)
        if not tells:
            return None
        total = TotalCost(self.estimated, self.actual, self.limit)
        answer["extensions"] = {**answer.get("extensions", {}), "cost": asdict(total)}
        return total

    def refusal(self) -> OperationRefused:
        """Why this is too much, and what to ask less of."""
        heaviest = self._cost.heaviest(self._variables)
        extensions = {"code": CODE, "limit": "cost", "value": self.estimated, "maximum": self.limit}
        if heaviest.path:
            extensions["heaviest"] = list(heaviest.path)
        message = _TOO_EXPENSIVE if heaviest.path else _TOO_EXPENSIVE_AS_A_WHOLE
        message = message.format(
            value=self.estimated, maximum=self.limit, heaviest=heaviest.cost, place=".".join(heaviest.path)
        )
        return OperationRefused([GraphQLError(message, extensions=extensions)], stage="limits")


@dataclass(frozen=True, slots=True)
class Demand:
    """Prices operations, and holds them to the budgets of roles."""

    mode: DemandMode
    budgets: Mapping[Role, int]
    counts: bool
    """Whether every answer is counted."""

    def price(self, prepared: PreparedOperation, variables: Mapping[str, Any], role: Role) -> Price:
        """The price of an operation; `OperationRefused` where it is more than the role's budget."""
        price = Price(prepared.cost, variables, self.budgets[role], counts=self.counts)
        if price.estimated > price.limit:
            OVER_BUDGET.labels(role).inc()
            if self.mode is DemandMode.ENFORCE:
                raise price.refusal()
        return price
