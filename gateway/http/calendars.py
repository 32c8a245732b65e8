"""GET /calendar/<secret>.ics: the calendar of a student, for whoever knows the address."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web
from pymongo.errors import PyMongoError

from connectors.downloads import FEEDS, CalendarFeed, hash_of
from gateway.context import DEFAULT_ZONE
from gateway.engine.encoding import encoded
from gateway.exports import calendar
from gateway.exports.export import PRUNED
from gateway.http.errors import Refused
from gateway.http.file_requests import FileRequests, gone
from gateway.http.reading.negotiation import GRAPHQL_RESPONSE, joined
from gateway.http.writing.cache_headers import entity_tag, is_not_modified
from gateway.http.writing.outcome import Outcome, outcome_of
from gateway.http.writing.response import ASKED_AGAIN
from gateway.languages import Text
from gateway.observability.request_record import record_of
from gateway.operations.request import OperationRequest

MEDIA_TYPE: Final = "text/calendar"
_NOT_FOUND: Final = Text("There is no such calendar.", "Такого календаря нет.")


@dataclass(frozen=True, slots=True)
class CalendarEndpoint:
    """Answers with calendars."""

    requests: FileRequests

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.get("/calendar/{secret}.ics", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        return await self.requests.answered(request, self._answer)

    async def _answer(self, request: web.Request, request_id: str) -> Outcome | web.StreamResponse:
        requests = self.requests
        digest = hash_of(request.match_info["secret"])
        await requests.admit(request, digest)
        found = await requests.downloads.feeds_by_hashes(
            [digest], columns=frozenset(), deadline=requests.deadline(request)
        )
        if digest not in found:
            raise Refused(HTTPStatus.NOT_FOUND, _NOT_FOUND, code="NOT_FOUND")
        feed = found[digest]
        viewer = await requests.viewer_of_address(request, feed, FEEDS)
        if feed["student_id"] not in viewer.student_ids:
            raise gone()
        graph = requests.graph
        today = date.fromisoformat(graph.clock.day_in(viewer.zones.get(feed["school_id"], DEFAULT_ZONE)))
        operation = OperationRequest(
            query=calendar.DOCUMENT,
            variables=calendar.variables(feed["student_id"], today),
            client="calendar",
            request_id=request_id,
            is_derived=True,
            queries_only=True,
        )
        result = await graph.service.run(viewer, operation, requests.deadline(request))
        record_of(request).add(result)
        answer = orjson.loads(encoded(result.answer))
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())} - {PRUNED}
        if codes or not answer["data"]["student"]:
            errors = [error for error in result.answer["errors"] if error["extensions"]["code"] != PRUNED]
            result.answer = {"errors": errors}  # half a calendar would delete the other half in the reader's program
            if result.status == HTTPStatus.OK:
                result.status = HTTPStatus.SERVICE_UNAVAILABLE
            return outcome_of(result, GRAPHQL_RESPONSE)
        body = await self._body(feed, answer["data"]["student"])
        return _response(request, body, request_id)

    async def _body(self, feed: CalendarFeed, student: Any) -> bytes:
        digest = await asyncio.to_thread(calendar.digest_of, student)
        changed_at = feed["changed_at"]
        if digest != feed["digest"]:
            changed_at = datetime.now(UTC).replace(microsecond=0)
            with suppress(PyMongoError):
                await self.requests.downloads.note_change(feed, digest, changed_at)
        return await asyncio.to_thread(calendar.calendar_of, student, made_at=feed["created_at"], changed_at=changed_at)


def _response(request: web.Request, body: bytes, request_id: str) -> web.Response:
    tag = entity_tag([body], MEDIA_TYPE, None)
    headers = {"Cache-Control": ASKED_AGAIN, "ETag": tag, "X-Request-Id": request_id}
    if is_not_modified(joined(request, "If-None-Match"), tag):
        return web.Response(status=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return web.Response(body=body, content_type=MEDIA_TYPE, charset="utf-8", headers=headers)
