"""The record of a request, complete when it is answered: for its line in the log, its metrics and its span."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aiohttp import web

from connectors.mongo.read_log import Tally


@dataclass(slots=True)
class RequestRecord:
    """Filled in on the way; what was never reached stays empty."""

    operation: str = ""
    """The name of the operation as it is reported: `other` where it is used too seldom (`OperationNames`)."""
    kind: str = ""
    role: str = ""
    request_id: str = ""
    status: int = 0
    cost: int = 0
    """The estimated cost of the operation."""
    actual: int = 0
    """The actual cost of the operation, where that was counted."""
    trace_id: str = ""
    codes: Sequence[str] = ()
    """Of the errors in the answer, each once. The answer itself, which may be large, is not kept until all is noted."""
    tally: Tally = field(default_factory=Tally)

    def add(self, result: "Costed") -> None:
        """Note what came of an operation; of a batch the last one gives its name."""
        self.operation, self.kind = result.operation or self.operation, result.kind or self.kind
        self.cost += result.estimated
        self.actual += result.actual


class Costed(Protocol):
    """The result of an operation, as far as it is noted."""

    operation: str
    kind: str
    estimated: int
    actual: int


RECORD: Final = web.RequestKey("record", RequestRecord)


def record_of(request: web.Request) -> RequestRecord:
    """The record of *request*; where none is kept, what is noted in it is lost."""
    record = request.get(RECORD)
    return RequestRecord() if record is None else record


def codes_of(answer: Any) -> list[str]:
    """The codes of the errors in an answer, or in those of a batch, each once."""
    return list(dict.fromkeys(_codes(answer)))


def _codes(answer: Any) -> Iterator[str]:
    for one in answer if isinstance(answer, list) else [answer]:
        for error in one.get("errors", ()):
            yield str(error["extensions"].get("code", ""))
