"""From HTTP to GraphQL requests: parameters, batches, the bearer token (GraphQL over HTTP)."""

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from auth.errors import Unauthenticated
from gateway.http.errors import Refused
from gateway.http.reading.body import Bodies, parsed
from gateway.languages import Text
from gateway.operations.request import OperationRequest

COST: Final = "X-GraphQL-Cost"
"""The header that asks what the request costs."""
EXPLAIN: Final = "X-GraphQL-Explain"
"""The header that asks how the answer came about."""
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
"""The header that holds the key of the only mutation of a document (draft-ietf-httpapi-idempotency-key-header)."""
LAST_EVENT_ID: Final = "Last-Event-ID"
"""The header that holds the cursor of the last event of a stream (the HTML standard, 9.2.4)."""
_ID_LENGTH: Final = 256
_CURSOR_LENGTH: Final = 1_024

_NO_BATCHES: Final = Text(
    "Batches are not accepted here: send one object.", "Пакеты запросов здесь не принимаются: отправьте один объект."
)
_BATCH: Final = Text(
    "A batch has 1 to {maximum} requests, this one has {value}: send it in parts.",
    "В пакете может быть от 1 до {maximum} запросов, в этом {value}: отправьте его по частям.",
)
_NOT_JSON: Final = Text("The parameter {name} is not JSON.", "Параметр {name} — не JSON.")
_NO_REQUEST: Final = Text("The request is not a JSON object.", "Запрос — не объект JSON.")
_NO_STRING: Final = Text("The parameter {name} is not a string.", "Параметр {name} — не строка.")
_NO_OBJECT: Final = Text("The parameter {name} is not a JSON object.", "Параметр {name} — не объект JSON.")
_NO_QUERY: Final = Text(
    "The request has no query: send a GraphQL document as a string.",
    "В запросе нет query: отправьте документ GraphQL строкой.",
)
_PERSISTED: Final = Text(
    "extensions.persistedQuery is not an object of version 1.", "extensions.persistedQuery — не объект версии 1."
)
_NO_HASH: Final = Text("extensions.persistedQuery has no sha256Hash.", "В extensions.persistedQuery нет sha256Hash.")
_NO_CURSOR: Final = Text(
    "extensions.after is not a cursor: send extensions.cursor of the last event.",
    "extensions.after — не курсор: отправьте extensions.cursor последнего события.",
)
_NO_ID: Final = Text(
    "The parameter {name} is not a string of 1 to {maximum} characters.",
    "Параметр {name} — не строка длиной от 1 до {maximum} символов.",
)


async def graphql_requests(
    request: web.Request, bodies: Bodies, *, batch_max: int, client_header: str, request_id: str
) -> OperationRequest | list[OperationRequest]:
    """The GraphQL request of an HTTP one, or several; `Refused` says what is wrong with it."""
    parameters = _url_parameters(request) if request.method == "GET" else await bodies.json(request)
    headers = request.headers
    base = OperationRequest(
        variables={},
        client=headers.get(client_header, ""),
        request_id=request_id,
        idempotency_key=_idempotency_key(headers.get(IDEMPOTENCY_KEY)),
        queries_only=request.method == "GET",
        explains=EXPLAIN in headers,
        tells_cost=COST in headers,
        after=headers.get(LAST_EVENT_ID) or None,
    )
    if not isinstance(parameters, list):
        return request_of(parameters, base)
    if batch_max == 0:
        raise Refused(400, _NO_BATCHES, code="BATCHING_NOT_ENABLED")
    if not 0 < len(parameters) <= batch_max:
        message = _BATCH.format(maximum=batch_max, value=len(parameters))
        extensions = {"limit": "batch", "value": len(parameters), "maximum": batch_max}
        raise Refused(400, message, code="BATCH_LIMIT_EXCEEDED", extensions=extensions)
    return [request_of(one, base) for one in parameters]


def _url_parameters(request: web.Request) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(request.query)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = parsed(parameters[name].encode(), _NOT_JSON.format(name=name))
    return parameters


def request_of(parameters: Any, base: OperationRequest) -> OperationRequest:
    """The request that *parameters* describe; what its HTTP headers say stands in *base*."""
    if not isinstance(parameters, dict):
        raise Refused(400, _NO_REQUEST)
    query = parameters.get("query")
    if not isinstance(query, str | None):
        raise Refused(400, _NO_STRING.format(name="query"))
    variables = parameters.get("variables")
    if not isinstance(variables, dict | None):
        raise Refused(400, _NO_OBJECT.format(name="variables"))
    extensions = parameters.get("extensions")
    if not isinstance(extensions, dict | None):
        raise Refused(400, _NO_OBJECT.format(name="extensions"))
    name = parameters.get("operationName")
    if not isinstance(name, str | None):
        raise Refused(400, _NO_STRING.format(name="operationName"))
    document_id = _id(parameters.get("documentId"), "documentId")
    persisted = _persisted_hash(extensions.get("persistedQuery")) if extensions else None
    if not query and document_id is None and persisted is None:
        raise Refused(400, _NO_QUERY)
    return replace(
        base,
        query=query or None,
        variables=variables or {},
        operation_name=name or None,
        document_id=document_id,
        persisted_hash=persisted,
        after=_cursor(extensions["after"]) if extensions and "after" in extensions else base.after,
    )


def _cursor(value: Any) -> str | None:
    if not isinstance(value, str | None) or len(value or "") > _CURSOR_LENGTH:
        raise Refused(400, _NO_CURSOR)
    return value or None


def _persisted_hash(persisted: Any) -> str | None:
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise Refused(400, _PERSISTED)
    found = _id(persisted.get("sha256Hash"), "sha256Hash")
    if found is None:
        raise Refused(400, _NO_HASH)
    return found


def _id(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _ID_LENGTH:
        raise Refused(400, _NO_ID.format(name=name, maximum=_ID_LENGTH))
    return value


def _idempotency_key(header: str | None) -> str | None:
    """The key of a header, which is a string in quotation marks by the draft, and is often sent without them."""
    if header is None:
        return None
    text = header.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if is_quoted else text


def bearer(request: web.Request) -> str:
    """The token of the Authorization header; `Unauthenticated` without one."""
    lines = request.headers.getall("Authorization", ())
    if len(lines) > 1:  # a proxy and the gateway might each believe another one
        raise Unauthenticated("several Authorization headers")
    return token_of(lines[0] if lines else "")


def token_of(authorization: str) -> str:
    """The token of a value of the Authorization header; `Unauthenticated` where it is not a bearer token."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("no bearer token")
    return token.strip()
