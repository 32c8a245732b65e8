"""Turns every failure of an operation into the errors that clients see."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import structlog
from graphql import FieldNode, GraphQLError

from auth.errors import AuthError
from connectors.errors import Overloaded, SourceUnavailable
from gateway.engine.errors import OperationRefused
from gateway.errors import PublicError, Unavailable
from gateway.languages import Text
from gateway.observability.redaction import class_of
from gateway.operations.result import OperationResult, Quota

_log = structlog.get_logger(__name__)

SOURCE_RETRY_S: Final = 5
_OVERLOADED: Final = Text(
    "There are too many requests; send it again in {wait_s} s.",
    "Сервер перегружен запросами; повторите запрос через {wait_s} с.",
)
INTERNAL: Final = Text(
    "Something went wrong here; tell us the request id", "Что-то пошло не так; сообщите нам номер запроса (requestId)"
)


class Refused(Exception):
    """A request that is not run: the *status* of its kind, an error *code* and a message that says what to do."""

    def __init__(
        self,
        status: int,
        message: Text,
        *,
        code: str = "INVALID_INPUT",
        extensions: Mapping[str, Any] | None = None,
        legacy_status: int | None = None,
        retry_after_s: int | None = None,
        quota: Quota | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.legacy_status = legacy_status or status
        self.message = message
        self.extensions = {"code": code, **(extensions or {})}
        self.retry_after_s = retry_after_s
        self.quota = quota


def overloaded(within_s: float = 0) -> Refused:
    """Return the error of a request that the process has no time for.

    The client is asked to wait for some seconds before it sends the request again: at most *within_s*, or 3.
    """
    most = max(3, round(within_s))
    wait_s = random.randint(1, most)  # noqa: S311 - so that those who were refused together do not return together
    return Refused(503, _OVERLOADED.format(wait_s=wait_s), code="OVERLOADED", retry_after_s=wait_s)


def public_errors(errors: Iterable[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """GraphQL errors as clients see them: every one with a code, the request id and the time.

    What they were caused by is logged once for each cause, with the number of fields that it failed.
    """
    now = _now()
    causes: dict[str, _Cause] = {}
    shown = [_public(error, request_id, now, causes) for error in errors]
    for cause in causes.values():
        cause.log(request_id)
    return shown


@dataclass(slots=True)
class _Cause:
    """Why fields failed: a source that did not answer, or a mistake of ours."""

    error: Exception
    field: str
    fields: int = 0

    def log(self, request_id: str) -> None:
        if isinstance(self.error, SourceUnavailable):
            _unavailable(self.error, request_id, fields=self.fields)
        else:
            _log.error(
                "internal error", request_id=request_id, field=self.field, fields=self.fields, exc_info=self.error
            )


def error_result(error: Exception, request_id: str) -> OperationResult:
    """The result of a request that failed before there was anything to answer."""
    if isinstance(error, Overloaded):
        error = overloaded()
    if isinstance(error, OperationRefused):
        status, legacy_status = _statuses(error.stage)
        return OperationResult({"errors": _of_refusal(error, request_id)}, status, legacy_status)
    if isinstance(error, Refused):
        shown = _shown(error.message, error.extensions, request_id, _now())
        result = OperationResult({"errors": [shown]}, error.status, error.legacy_status, error.quota)
        result.retry_after_s = error.retry_after_s
        return result
    status, message, extensions, retry_after_s = _description(error, request_id)
    shown = _shown(message, extensions, request_id, _now())
    return OperationResult({"errors": [shown]}, status, status, retry_after_s=retry_after_s)


def _statuses(stage: str) -> tuple[int, int]:
    if stage == "access":
        return HTTPStatus.FORBIDDEN, HTTPStatus.FORBIDDEN
    return HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST if stage == "limits" else HTTPStatus.OK


def _description(error: Exception, request_id: str) -> tuple[int, Text, Mapping[str, Any], int | None]:
    if isinstance(error, AuthError):
        _log.info("refused", request_id=request_id, code=error.code, reason=error.reason)
        return error.status, Text(error.message, error.message_in_russian), {"code": error.code}, None
    if isinstance(error, SourceUnavailable):
        unavailable = Unavailable(error.source)
        _unavailable(error, request_id)
        return HTTPStatus.SERVICE_UNAVAILABLE, unavailable.message, unavailable.extensions, SOURCE_RETRY_S
    _log.error("internal error", request_id=request_id, exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, {"code": "INTERNAL"}, None


def _of_refusal(refusal: OperationRefused, request_id: str) -> list[dict[str, Any]]:
    now = _now()
    errors = []
    for error in refusal.errors:
        extensions = dict(error.extensions or {})
        extensions.setdefault("code", "INVALID_INPUT")
        extensions.setdefault("stage", refusal.stage)
        errors.append(_located(error, _shown(error.message, extensions, request_id, now)))
    return errors


def _public(error: GraphQLError, request_id: str, now: str, causes: dict[str, _Cause]) -> dict[str, Any]:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, SourceUnavailable):
        causes.setdefault(cause.source, _Cause(cause, "")).fields += 1
        cause = Unavailable(cause.source)
    if isinstance(cause, Overloaded):  # a change was made, and reading its answer did not get its turn
        refused = overloaded()
        shown = _shown(refused.message, refused.extensions, request_id, now)
    elif isinstance(cause, PublicError):
        shown = _shown(cause.message, cause.extensions, request_id, now)
    elif cause is None:
        shown = _shown(error.message, {"code": "INVALID_INPUT", **(error.extensions or {})}, request_id, now)
    else:
        causes.setdefault(class_of(cause), _Cause(cause, _field(error))).fields += 1
        shown = _shown(INTERNAL, {"code": "INTERNAL"}, request_id, now)
    return _located(error, shown)


def _unavailable(error: SourceUnavailable, request_id: str, **fields: int) -> None:
    """One line without a trace: while a source is away there are many, and what it was is the driver's to say."""
    cause = error.__cause__
    reason = class_of(cause) if cause else "not asked"
    _log.warning("source unavailable", request_id=request_id, connector=error.source, reason=reason, **fields)


def _field(error: GraphQLError) -> str:
    """The name of the field in the schema; its path is made of aliases, which are the client's words."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else ""


def _located(error: GraphQLError, shown: dict[str, Any]) -> dict[str, Any]:
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = error.path
    return shown


def _shown(message: str, extensions: Mapping[str, Any], request_id: str, now: str) -> dict[str, Any]:
    return {"message": message, "extensions": {**extensions, "requestId": request_id, "timestamp": now}}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
