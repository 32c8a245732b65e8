"""The log of a process set up for a test, and set back afterwards: the loggers of modules outlive every test."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

import structlog

from gateway.observability.log_writer import LogWriter
from gateway.observability.logging import configure

FLUSH_S: Final = 10


@contextmanager
def configured(
    stream: BinaryIO, *, as_json: bool = True, id_key: str | None = "a key of the tests", **options: Any
) -> Iterator[LogWriter]:
    """Log into *stream* as the program does, except that no logger keeps this configuration for later tests."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with _configuration_restored():
        writer = configure(as_json=as_json, level="INFO", id_key=id_key, stream=stream, **options)
        structlog.configure(cache_logger_on_first_use=False)
        try:
            yield writer
        finally:
            root.handlers[:], root.level = handlers, level
            writer.close(FLUSH_S)


@contextmanager
def silenced() -> Iterator[None]:
    """Log nothing but what is critical."""
    with _configuration_restored():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        yield


@contextmanager
def _configuration_restored() -> Iterator[None]:
    before = structlog.get_config()
    try:
        yield
    finally:
        structlog.configure(**before)
