"""Outside of every request: whether the process takes it on, and whether its connection goes on afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.http.admission import Admission
from gateway.http.lifecycle import Life
from gateway.http.reading.negotiation import answer_language, joined
from gateway.http.reading.session import credential
from gateway.http.writing.response import error_response
from gateway.languages import Language
from gateway.observability.middleware import observed_route

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Overload:
    """Refuses requests that the process has no time for, before anything else is done for them."""

    admission: Admission
    life: Life
    default_language: Language

    def middleware(self) -> Any:
        """For aiohttp: outside of whatever takes time."""

        @web.middleware
        async def admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
            if observed_route(request.path) and self.admission.refuses(credential(request)):
                self.admission.slow_down(request.transport)
                language = answer_language(joined(request, "Accept-Language"), self.default_language)
                response: web.StreamResponse = error_response(self.admission.refusal(), language)
            else:
                response = await handler(request)
            if self.life.is_draining:
                response.force_close()
            return response

        return admitted
