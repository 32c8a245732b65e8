"""Demand control: what a request may cost, refused before it runs where that is too much, and told to who asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from graphql import GraphQLError

from auth.viewer import Role
from gateway.engine.cost.operation_cost import Cost
from gateway.engine.documents import PreparedOperation
from gateway.engine.errors import OperationRefused
from gateway.http.ratelimit import Charge
from gateway.languages import Text
from gateway.metrics import OVER_BUDGET

COST: Final = "X-GraphQL-Cost"
"""The request header that asks what the request costs."""
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
    """What happens to an operation that may cost more than its role's budget."""

    MEASURE = "measure"
    ENFORCE = "enforce"


class Price:
    """What one request costs."""

    __slots__ = ("_cost", "_counts", "_variables", "actual", "estimated", "limit")

    def __init__(self, cost: Cost, variables: Mapping[str, Any], limit: int, *, counts: bool) -> None:
        self._cost = cost
        self._variables = variables
        self._counts = counts
        self.limit = limit
        self.estimated = cost.estimated(variables)
        self.actual = 0

    def settled(self, answer: dict[str, Any], charge: Charge, *, tells: bool) -> Mapping[str, str]:
        """The headers of an answer that was charged for; where it *tells*, it says what it cost as well.

        The answer is counted for metrics, for whoever is charged or asks, and otherwise not: that takes time.
        """
        if not (tells or self._counts or charge.refunds):
            return charge.headers
        self.actual = self._cost.actual(answer.get("data"), self._variables)
        charge.settle(self.actual)
        if not tells:
            return charge.headers
        told = {"estimated": self.estimated, "actual": self.actual, "limit": self.limit}
        answer["extensions"] = {**answer.get("extensions", {}), "cost": told}
        return {**charge.headers, **{f"X-Cost-{name.title()}": str(value) for name, value in told.items()}}

    def refusal(self) -> OperationRefused:
        """Why this is too much, and what to ask less of."""
        heaviest = self._cost.heaviest(self._variables)
        told = {"code": CODE, "limit": "cost", "value": self.estimated, "maximum": self.limit}
        if heaviest.path:
            told["heaviest"] = list(heaviest.path)
        message = _TOO_EXPENSIVE if heaviest.path else _TOO_EXPENSIVE_AS_A_WHOLE
        message = message.format(
            value=self.estimated, maximum=self.limit, heaviest=heaviest.cost, place=".".join(heaviest.path)
        )
        return OperationRefused([GraphQLError(message, extensions=told)], stage="limits")


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


def summed(told: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    """The headers that tell what several operations cost together; the limit stays that of each."""
    priced = [headers for headers in told if "X-Cost-Limit" in headers]
    if not priced:
        return {}
    sums = {name: sum(int(headers[name]) for headers in priced) for name in ("X-Cost-Estimated", "X-Cost-Actual")}
    return {"X-Cost-Limit": priced[0]["X-Cost-Limit"], **{name: str(value) for name, value in sums.items()}}
