"""Keeps log lines to our own messages, codes, lengths, hashes, classes of exceptions and places in code.

The text of an exception or of a library's message never gets there: it may quote a token, a name or a search term.
"""

import hashlib
import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from connectors.vocabulary import PREFIXES

Event = MutableMapping[str, Any]

OWN_LOGGERS: Final = ("auth", "connectors", "gateway")
"""The packages whose messages are constants; whatever else logs is a library."""

_ID: Final = re.compile(rf"\b({'|'.join(sorted(PREFIXES.values()))})_[0-9A-Za-z_-]+")
_CODE: Final = re.compile(r"[A-Z][A-Z_]{0,39}")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_GENERATED: Final = re.compile(r"<[a-z_ ]{1,40}[0-9]*>")
_FRAMES: Final = 12
"""Of each exception the innermost frames, and of a chain the first exceptions."""
_CHARACTERS: Final = 500


class Pseudonyms:
    """Replaces ids by hashes under a key: lines about one person can be found together, and not whom they are about."""

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
        """*text* with hashes for ids, of bounded length."""
        text = text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
        return _ID.sub(self._hash, text) if "_" in text else text

    def _hash(self, found: re.Match[str]) -> str:
        digest = hashlib.blake2b(found[0].encode(), key=self._key, digest_size=6).hexdigest()
        return f"{found[1]}#{digest}"


def describe_exception(_logger: object, _method: str, event: Event) -> Event:
    """Replace `exc_info` by the classes and codes of the exception and its causes, and where they were raised."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = [_described(one) for one in _chain(error)]
    return event


def class_of(error: BaseException) -> str:
    """The full name of the exception's class, with its numeric or constant code where it has one."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    code = getattr(error, "code", None) or getattr(error, "errno", None)
    is_safe = isinstance(code, int) or (isinstance(code, str) and _CODE.fullmatch(code))
    return f"{name} ({code})" if is_safe else name


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {"type": class_of(error), "at": [_place(frame.filename, frame.lineno, frame.name) for frame in frames]}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, then its causes, then the members of a group: each once, a bounded number."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _FRAMES:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        waiting += [cause] if cause else []
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _place(path: str, line: int | None, function: str) -> str:
    if path.startswith("<"):  # code that was generated; its name may hold that of an operation
        path = path if _GENERATED.fullmatch(path) else "<generated>"
    return f"{'/'.join(path.split('/')[-3:])}:{line} {function}"


def event_of(record: logging.LogRecord) -> dict[str, Any]:
    """The event of a line that was logged through the standard library.

    A message of ours is a constant, whose arguments are shown if they are numbers, single words or exceptions (as their
    classes). Of a library's message only the place is shown that it came from.
    """
    if record.name.partition(".")[0] not in OWN_LOGGERS or not isinstance(record.msg, str):
        place = _place(record.pathname, record.lineno, record.funcName or "")
        return {"event": "message of a library", "logger": record.name, "at": place}
    arguments = record.args if isinstance(record.args, tuple) else ()
    message = record.msg.replace("%r", "%s").replace("%d", "%s") % tuple(map(_shown, arguments))
    return {"event": message, "logger": record.name}


def _shown(value: object) -> str:
    if isinstance(value, BaseException):
        return class_of(value)
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if isinstance(value, int | float) or _WORD.fullmatch(text) else f"[{type(value).__name__}]"
