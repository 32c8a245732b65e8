"""The log: one JSON object a line, without personal data."""

import hashlib
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, BinaryIO, Final, TextIO, cast

import orjson
import structlog

from connectors.ids import PREFIXES

Event = MutableMapping[str, Any]

_ID: Final = re.compile(rf"\b({'|'.join(sorted(PREFIXES.values()))})_[0-9A-Za-z_-]+")
_ADDRESS: Final = re.compile(r"\bfrom \d+\.\d+\.\d+\.\d+\b|\bfrom [0-9a-f:]+:[0-9a-f:]+")
_FRAMES: Final = 12
_MESSAGE: Final = 500
_LEVELS: Final[Mapping[str, int]] = logging.getLevelNamesMapping()


class Pseudonyms:
    """Replaces ids by hashes under a key: lines about one person can be found together, and not whom they are about.

    Every string is looked through, for an id may stand in the text of an error.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32).digest()

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        for name, value in event.items():
            event[name] = self._hidden(value)
        return event

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self._hidden(one) for one in value]
        if isinstance(value, dict):
            return {name: self._hidden(one) for name, one in value.items()}
        return value

    def text(self, text: str) -> str:
        """*text* with hashes for ids."""
        return _ID.sub(self._hash, text) if "_" in text else text

    def _hash(self, found: re.Match[str]) -> str:
        digest = hashlib.blake2b(found[0].encode(), key=self._key, digest_size=6).hexdigest()
        return f"{found[1]}#{digest}"


def errors_told(_logger: object, _method: str, event: Event) -> Event:
    """Replaces an exception by what it and its causes were and where they were raised: no values of variables."""
    told = event.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = list(_causes(error))
    return event


def _causes(error: BaseException) -> list[dict[str, Any]]:
    causes: list[dict[str, Any]] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < _FRAMES:
        frames = traceback.extract_tb(cause.__traceback__)[-_FRAMES:]
        causes.append(
            {
                "type": f"{type(cause).__module__}.{type(cause).__qualname__}",
                "message": str(cause)[:_MESSAGE],
                "at": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return causes


def _short(path: str) -> str:
    return "/".join(path.rsplit("/", 3)[1:])


class _Forward(logging.Handler):
    """Lines of libraries, among ours."""

    def emit(self, record: logging.LogRecord) -> None:
        message = _ADDRESS.sub("from a client", record.getMessage())
        structlog.get_logger(record.name).log(
            record.levelno, message, logger=record.name, exc_info=record.exc_info or None
        )


def _json(_logger: object, _method: str, event: Event) -> bytes:
    return orjson.dumps(event, default=str)


class Steady:
    """A stream whose failures are nobody else's: a full disk or a closed pipe must not cost an answer."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, line: Any) -> None:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            self._stream.write(line)

    def flush(self) -> None:
        """Hand over what was written."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure(*, as_json: bool, level: str, id_key: str | None, stream: BinaryIO | None = None) -> None:
    """Set up the log of this process: to be called once, before anything is logged."""
    key = id_key.encode() if id_key else secrets.token_bytes(32)
    rendering: list[Callable[..., Any]] = [_json]
    factory: Any = structlog.BytesLoggerFactory(cast("BinaryIO", Steady(stream or sys.stdout.buffer)))
    if not as_json:
        rendering = [structlog.dev.ConsoleRenderer()]
        factory = structlog.PrintLoggerFactory(cast("TextIO", Steady(sys.stderr)))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            errors_told,
            Pseudonyms(key),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=_LEVELS[level], force=True)
