"""The log of a process: one line an event, as JSON or for a terminal, without personal data.

Logging never raises and never waits: a line that cannot be rendered is replaced by one that says so, and lines are
written by a thread (`log_writer`).
"""

import atexit
import json
import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

import orjson
import structlog

from gateway.observability.log_writer import LogWriter
from gateway.observability.redaction import Event, Pseudonyms, describe_exception, event_of
from gateway.observability.repeats import RepeatLimit

QUEUE_LINES: Final = 5_000
REPEATED_LINES: Final = 20
CLOSE_S: Final = 2.0
"""How long a process that ends waits for the last lines to be written."""
NOT_LOGGED: Final = "a line could not be logged"
_PROCESS: Final = os.getpid()
_LEVELS: Final[Mapping[str, int]] = logging.getLevelNamesMapping()

Renderer = Callable[[Event], bytes]


def configure(
    *,
    as_json: bool,
    level: str,
    id_key: str | None,
    stream: BinaryIO | None = None,
    queue_lines: int = QUEUE_LINES,
    repeated_lines: int = REPEATED_LINES,
) -> LogWriter:
    """Set up the log of this process: to be called once, before anything is logged.

    JSON goes to the standard output, lines for a terminal to the standard error, unless *stream* is given.
    """
    key = id_key.encode() if id_key else secrets.token_bytes(32)
    render = json_line if as_json else console_line
    default = sys.stdout.buffer if as_json else sys.stderr.buffer
    writer = LogWriter(stream or default, lines=queue_lines, dropped_line=_dropped_line)
    limit = RepeatLimit(repeated_lines)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            limit,
            _name_worker,
            describe_exception,
            Pseudonyms(key),
            lambda _logger, _method, event: render(event),
        ],
        wrapper_class=_unfailing(structlog.make_filtering_bound_logger(_LEVELS[level]), writer),
        logger_factory=lambda *_: _Lines(writer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=_LEVELS[level], force=True)
    atexit.register(_close, limit, writer)
    return writer


def _close(limit: RepeatLimit, writer: LogWriter) -> None:
    limit.report()
    writer.close(CLOSE_S)


def _name_worker(_logger: object, _method: str, event: Event) -> Event:
    event["worker"] = _PROCESS
    return event


def _dropped_line(count: int) -> bytes:
    return json_line({"level": "warning", "event": "log lines were dropped", "count": count, "worker": _PROCESS})


class _Lines:
    """Takes rendered lines from structlog."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def msg(self, line: bytes) -> None:
        self._writer.write(line)

    debug = info = warning = error = critical = msg


def _unfailing(logger: Any, writer: LogWriter) -> Any:
    """The class of loggers whose calls never raise."""

    class Unfailing(logger):  # type: ignore[misc] # structlog makes the class at run time
        def _proxy_to_logger(self, method_name: str, event: Any = None, *arguments: Any, **fields: Any) -> Any:
            try:
                return super()._proxy_to_logger(method_name, event, *arguments, **fields)
            except Exception as error:  # noqa: BLE001 - a log call never costs an answer
                failed = {"level": "error", "event": NOT_LOGGED, "because": type(error).__name__, "worker": _PROCESS}
                writer.write(json_line(failed))

    return Unfailing


class _Forward(logging.Handler):
    """Brings lines of the standard library's loggers into this log."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields = event_of(record)
        except Exception as error:  # noqa: BLE001 - likewise
            fields = {"event": NOT_LOGGED, "because": type(error).__name__, "logger": record.name}
        structlog.get_logger(record.name).log(record.levelno, exc_info=record.exc_info or None, **fields)


def json_line(event: Event) -> bytes:
    """One JSON object."""
    try:
        return orjson.dumps(event, default=_class_name, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half of a surrogate pair, or a number beyond 64 bits
        return json.dumps(event, default=_class_name).encode() + b"\n"


def console_line(event: Event) -> bytes:
    """One line for a person: time, level, event, fields; the exception on lines of its own."""
    rest = dict(event)
    head = " ".join(str(rest.pop(name, "")) for name in ("timestamp", "level", "event")).strip()
    exception = rest.pop("exception", ())
    fields = "".join(f" {name}={_plain(value)}" for name, value in rest.items())
    causes = "".join(f"\n    {cause['type']}" + "".join(f"\n        {at}" for at in cause["at"]) for cause in exception)
    return f"{head}{fields}{causes}\n".encode(errors="backslashreplace")


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isprintable() else ascii(value)
    return json.dumps(value, default=_class_name, ensure_ascii=False)


def _class_name(value: object) -> str:
    return f"[{type(value).__name__}]"
