"""One answer to a batch of requests."""

from collections.abc import Sequence

from gateway.http.demand import summed
from gateway.http.outcome import Outcome
from gateway.http.ratelimit import tightest


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """The answers in their order, under the best status; the headers are about all of them."""
    told = [outcome.headers for outcome in outcomes]
    status = min(outcome.status for outcome in outcomes)
    return Outcome(status, [outcome.answer for outcome in outcomes], {**tightest(told), **summed(told)})
