"""The body of a request as pieces: a file on its way in, of which no more than a piece is in memory."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from gateway.http.errors import Refused
from gateway.http.reading.body import BROKEN_OFF
from gateway.languages import Text

_TOO_SLOW = Text(
    "Nothing arrived for {seconds} s; send the file again.", "Данные не приходили {seconds} с; отправьте файл ещё раз."
)


async def pieces_of(request: web.Request, piece_bytes: int, idle_s: float) -> AsyncIterator[bytes]:
    """The body in pieces of *piece_bytes*; the last one may be smaller.

    Raises `Refused` where nothing arrives for *idle_s* seconds, or the client goes away.
    """
    content = request.content
    try:
        while True:
            async with asyncio.timeout(idle_s):
                piece = await content.readexactly(piece_bytes)
            yield piece
    except asyncio.IncompleteReadError as error:
        if error.partial:
            yield error.partial
    except TimeoutError as error:
        message = _TOO_SLOW.format(seconds=f"{idle_s:g}")
        raise Refused(408, message, code="REQUEST_TIMEOUT", closes=True) from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Refused(400, BROKEN_OFF, closes=True) from error
