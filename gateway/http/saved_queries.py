"""GET /q, the list of saved queries, and GET /q/<name>.<csv, xlsx or json>, the rows of one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from auth.viewer import Viewer
from connectors.downloads import QUERY_KEYS, hash_of
from gateway.exports.export import ExportedFile
from gateway.exports.formats import Format
from gateway.exports.saved_queries import RESERVED, SavedQuery, prepared_whole
from gateway.http.errors import Refused
from gateway.http.file_requests import FileRequests, gone
from gateway.http.writing.outcome import Outcome
from gateway.languages import Language, Text, in_language
from gateway.operations.request import OperationRequest

LIST: Final = "/q"
"""The address of the list; the queries are below it."""
_NOT_FOUND: Final = Text(
    "There is no saved query of this name and kind of file.", "Сохранённого запроса с таким именем и типом файла нет."
)
_OTHER_ROLES: Final = Text("This saved query is not for your role.", "Этот сохранённый запрос не для вашей роли.")
_NO_KEY: Final = Text("There is no such key of this saved query.", "У этого сохранённого запроса нет такого ключа.")
_NO_LANGUAGE: Final = Text("lang is en or ru.", "lang — это en или ru.")


@dataclass(frozen=True, slots=True)
class SavedQueryEndpoint:
    """Answers with the rows of saved queries; who asks, and how much they may, is as at the graph."""

    requests: FileRequests
    queries: Mapping[str, SavedQuery]

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.get(LIST, self.list), web.get(LIST + "/{file}", self.file)]

    async def list(self, request: web.Request) -> web.StreamResponse:
        """The saved queries that the viewer may run whole."""
        return await self.requests.answered(request, self._listed)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The rows of one saved query as a file."""
        return await self.requests.answered(request, self._rows)

    async def _listed(self, request: web.Request, _request_id: str) -> Outcome:
        viewer = await self.requests.viewer_signed_in(request)
        language = self._language(request)
        documents = self.requests.graph.service.documents
        shown = [_shown(own) for own in self.queries.values() if prepared_whole(own, documents, viewer.role)]
        return Outcome(HTTPStatus.OK, {"queries": in_language(shown, language)})

    async def _rows(self, request: web.Request, request_id: str) -> ExportedFile | Outcome:
        name, _, kind = request.match_info["file"].rpartition(".")
        query = self.queries.get(name)
        if query is None or kind not in {own.value for own in Format}:
            raise Refused(HTTPStatus.NOT_FOUND, _NOT_FOUND, code="NOT_FOUND")
        language = self._language(request)
        parameters = {key: request.query.getall(key) for key in request.query if key not in RESERVED}
        variables = query.variables(parameters)
        viewer = await self._viewer(request, query)
        if prepared_whole(query, self.requests.graph.service.documents, viewer.role) is None:
            raise Refused(HTTPStatus.FORBIDDEN, _OTHER_ROLES, code="UNAUTHORIZED_FIELD_OR_TYPE")
        exported = await self.requests.graph.exported(
            request,
            viewer,
            OperationRequest(
                query=query.document,
                variables=variables,
                client=request.headers.get(self.requests.graph.options.client_header, ""),
                request_id=request_id,
                is_derived=True,
            ),
            Format(kind),
            language,
        )
        return replace(exported, name=f"{name}.{kind}") if isinstance(exported, ExportedFile) else exported

    async def _viewer(self, request: web.Request, query: SavedQuery) -> Viewer:
        """Who is signed in, or who made the key of its address."""
        secret = request.query.get("key")
        if secret is None:
            return await self.requests.viewer_signed_in(request)
        digest = hash_of(secret)
        await self.requests.admit(request, digest)
        found = await self.requests.downloads.query_keys_by_hashes(
            [digest], columns=frozenset(), deadline=self.requests.deadline(request)
        )
        key = found.get(digest)
        if key is None or key["query"] != query.name:
            raise Refused(HTTPStatus.UNAUTHORIZED, _NO_KEY, code="UNAUTHENTICATED")
        if key["expires_at"] <= datetime.now(UTC):
            raise gone()
        return await self.requests.viewer_of_address(request, key, QUERY_KEYS)

    def _language(self, request: web.Request) -> Language:
        """The language of the address, which spreadsheets can set, or else that of the headers."""
        text = request.query.get("lang")
        if text is None:
            return self.requests.graph.options.responses.language(request)
        if text not in {own.value for own in Language}:
            raise Refused(HTTPStatus.BAD_REQUEST, _NO_LANGUAGE)
        return Language(text)


def _shown(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title,
        "path": f"{LIST}/{query.name}",
        "formats": [own.value for own in Format if own is not Format.ICS],  # few of them have times
        "document": query.document,
        "parameters": [
            {"name": own.name, "type": own.type, "default": own.default, "meaning": own.meaning}
            for own in query.parameters.values()
        ],
    }
