"""From an outcome to an HTTP response: encoded, bounded, compressed."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.engine.encoding import encoded
from gateway.http.account import account_of, codes_of
from gateway.http.caching import entity_tag, has_it, is_tagged
from gateway.http.compression import Compression
from gateway.http.errors import Refused, failed
from gateway.http.negotiation import answer_coding
from gateway.http.outcome import Outcome

NEVER_STORED: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Encoding, Authorization"}


@dataclass(frozen=True, slots=True)
class Responses:
    """How outcomes are sent."""

    compression: Compression
    max_bytes: int

    async def response(self, request: web.Request, outcome: Outcome, media: str, request_id: str) -> web.Response:
        """The response to *request* as *media*."""
        body = encoded(outcome.answer)
        if len(body) > self.max_bytes:
            outcome = self._too_large(len(body), media, request_id)
            body = encoded(outcome.answer)
        account_of(request).codes = codes_of(outcome.answer)
        headers = {**NEVER_STORED, "X-Request-Id": request_id, **outcome.headers}
        coding = answer_coding(request.headers.get("Accept-Encoding", ""))
        if not self.compression.applies(body, coding):
            coding = None
        if is_tagged(request.method, outcome):
            headers["ETag"] = tag = entity_tag(body, media, coding)
            if has_it(request.headers.get("If-None-Match", ""), tag):
                return web.Response(status=304, headers=headers)
        if coding is not None:
            body = await self.compression.compressed(body, coding)
            headers["Content-Encoding"] = coding
        response = web.Response(status=outcome.status, body=body, content_type=media, charset="utf-8", headers=headers)
        if outcome.closes:
            response.force_close()
        return response

    def _too_large(self, size: int, media: str, request_id: str) -> Outcome:
        message = f"The answer has {size} bytes, and {self.max_bytes} is the most: ask for fewer objects or fields."
        told = {"limit": "response", "value": size, "maximum": self.max_bytes}
        return failed(Refused(400, message, code="RESPONSE_TOO_LARGE", extensions=told), media, request_id)
