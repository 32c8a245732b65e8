"""Encodes results of operations as the payloads of frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.engine.encoding import encoded
from gateway.http.reading.negotiation import GRAPHQL_RESPONSE
from gateway.http.writing.localization import localized
from gateway.http.writing.outcome import outcome_of
from gateway.http.writing.response import Responses
from gateway.languages import Language
from gateway.operations.result import OperationResult

_ERRORS: Final = "errors"


@dataclass(frozen=True, slots=True)
class Frames:
    """Encodes what one client is sent, in its language."""

    responses: Responses
    language: Language

    def answer(self, result: OperationResult, request_id: str = "") -> bytes:
        """The JSON of a result; where it is too large, an error says so."""
        body = encoded(localized(outcome_of(result, GRAPHQL_RESPONSE), self.language).answer)
        if len(body) > self.responses.max_bytes:
            refused = self.responses.too_large(len(body), GRAPHQL_RESPONSE, request_id)
            body = encoded(localized(refused, self.language).answer)
        return body

    def errors(self, result: OperationResult) -> Sequence[Any]:
        """The errors of a result."""
        answer = localized(outcome_of(result, GRAPHQL_RESPONSE), self.language).answer
        errors: Sequence[Any] = answer[_ERRORS]
        return errors
