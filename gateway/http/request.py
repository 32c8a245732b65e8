"""From HTTP to a GraphQL request: media types, parameters, the bearer token (GraphQL over HTTP)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from aiohttp import web

from auth.errors import Unauthenticated
from gateway.http.errors import Refused

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
EXPLAIN: Final = "X-GraphQL-Explain"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client asks to be run."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None
    explain: bool = False
    """Whether the header X-GraphQL-Explain asks what the query costs."""


async def graphql_request(request: web.Request) -> GraphQLRequest:
    """The GraphQL request of an HTTP one; `Refused` says what is wrong with it."""
    asked = _of(_url_parameters(request) if request.method == "GET" else await _body(request))
    return replace(asked, explain=True) if EXPLAIN in request.headers else asked


def _url_parameters(request: web.Request) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(request.query)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = _json(parameters[name].encode(), f"The parameter {name} is not JSON.")
    return parameters


async def _body(request: web.Request) -> Any:
    if request.content_type != JSON:
        raise Refused(415, f"Send the request as {JSON}.")
    if (request.charset or "utf-8").lower().replace("-", "") != "utf8":
        raise Refused(415, "Send the request in UTF-8.")
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        limit = request.client_max_size
        raise Refused(413, f"The request is larger than {limit} bytes; send a smaller one.") from error
    return _json(raw, "The request body is not JSON.")


def _json(raw: bytes, message: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused(400, message) from error


def _of(parameters: Any) -> GraphQLRequest:
    if not isinstance(parameters, dict):
        raise Refused(400, "The request is not a JSON object; batches are not accepted.")
    query = parameters.get("query")
    if not isinstance(query, str) or not query:
        raise Refused(400, "The request has no query: send a GraphQL document as a string.")
    variables = parameters.get("variables")
    if not isinstance(variables, dict | None):
        raise Refused(400, "The variables are not a JSON object.")
    if not isinstance(parameters.get("extensions"), dict | None):
        raise Refused(400, "The extensions are not a JSON object.")
    name = parameters.get("operationName")
    if not isinstance(name, str | None):
        raise Refused(400, "The operationName is not a string.")
    return GraphQLRequest(query, variables or {}, name or None)


def bearer(request: web.Request) -> str:
    """The token of the Authorization header; `Unauthenticated` without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("no bearer token")
    return token.strip()


def wants_html(request: web.Request) -> bool:
    """Whether a browser is looking for a page."""
    accept = request.headers.get("Accept", "")
    return "text/html" in accept and GRAPHQL_RESPONSE not in accept


def answer_type(request: web.Request) -> str:
    """The media type to answer with: the one asked for, else what older clients expect; `Refused` 406 for neither."""
    accepted = _accepted(request.headers.get("Accept", "*/*"))
    best: tuple[float, str] = (0.0, "")
    for offered in (JSON, GRAPHQL_RESPONSE):
        group = offered.partition("/")[0] + "/*"
        quality = accepted.get(offered, accepted.get(group, accepted.get("*/*", 0.0)))
        if quality > best[0] or (quality == best[0] and offered in accepted and best[1] not in accepted):
            best = (quality, offered)
    if not best[1]:
        raise Refused(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}; accept one of them.")
    return best[1]


def _accepted(header: str) -> dict[str, float]:
    accepted = {}
    for part in header.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if media:
            accepted[media.lower()] = quality
    return accepted
