"""From HTTP to GraphQL requests: parameters, batches, the bearer token (GraphQL over HTTP)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from auth.errors import Unauthenticated
from gateway.http.body import Bodies, parsed
from gateway.http.errors import Refused

EXPLAIN: Final = "X-GraphQL-Explain"
_ID_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client asks to be run: by its text, or by the id under which the gateway has it."""

    query: str | None
    variables: Mapping[str, Any]
    operation_name: str | None
    explain: bool = False
    """Whether the header X-GraphQL-Explain asks what the query costs."""
    document_id: str | None = None
    """The parameter `documentId`."""
    persisted_hash: str | None = None
    """`extensions.persistedQuery.sha256Hash`: an id, or what to remember the query under."""


async def graphql_requests(
    request: web.Request, bodies: Bodies, *, batch_max: int
) -> GraphQLRequest | list[GraphQLRequest]:
    """The GraphQL request of an HTTP one, or several; `Refused` says what is wrong with it."""
    parameters = _url_parameters(request) if request.method == "GET" else await bodies.json(request)
    explain = EXPLAIN in request.headers
    if not isinstance(parameters, list):
        return _of(parameters, explain=explain)
    if batch_max == 0:
        raise Refused(400, "Batches are not accepted here: send one object.", code="BATCHING_NOT_ENABLED")
    if not 0 < len(parameters) <= batch_max:
        message = f"A batch has 1 to {batch_max} requests, this one has {len(parameters)}: send it in parts."
        told = {"limit": "batch", "value": len(parameters), "maximum": batch_max}
        raise Refused(400, message, code="BATCH_LIMIT_EXCEEDED", extensions=told)
    return [_of(one, explain=explain) for one in parameters]


def _url_parameters(request: web.Request) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(request.query)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = parsed(parameters[name].encode(), f"The parameter {name} is not JSON.")
    return parameters


def _of(parameters: Any, *, explain: bool) -> GraphQLRequest:
    if not isinstance(parameters, dict):
        raise Refused(400, "The request is not a JSON object.")
    query = parameters.get("query")
    if not isinstance(query, str | None):
        raise Refused(400, "The query is not a string.")
    variables = parameters.get("variables")
    if not isinstance(variables, dict | None):
        raise Refused(400, "The variables are not a JSON object.")
    extensions = parameters.get("extensions")
    if not isinstance(extensions, dict | None):
        raise Refused(400, "The extensions are not a JSON object.")
    name = parameters.get("operationName")
    if not isinstance(name, str | None):
        raise Refused(400, "The operationName is not a string.")
    document_id = _id(parameters.get("documentId"), "documentId")
    persisted = _persisted_hash(extensions.get("persistedQuery")) if extensions else None
    if not query and document_id is None and persisted is None:
        raise Refused(400, "The request has no query: send a GraphQL document as a string.")
    return GraphQLRequest(query or None, variables or {}, name or None, explain, document_id, persisted)


def _persisted_hash(persisted: Any) -> str | None:
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise Refused(400, "extensions.persistedQuery is not an object of version 1.")
    found = _id(persisted.get("sha256Hash"), "sha256Hash")
    if found is None:
        raise Refused(400, "extensions.persistedQuery has no sha256Hash.")
    return found


def _id(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _ID_LENGTH:
        raise Refused(400, f"The {name} is not a string of 1 to {_ID_LENGTH} characters.")
    return value


def bearer(request: web.Request) -> str:
    """The token of the Authorization header; `Unauthenticated` without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("no bearer token")
    return token.strip()
