"""Encodes answers as JSON."""

from typing import Any, Final

import orjson

OPTIONS: Final = orjson.OPT_OMIT_MICROSECONDS
"""With these, orjson prints the values that scalars leave to it (`left_to_json`) as the scalars would."""


def encoded(answer: Any) -> bytes:
    """The JSON of an answer, or of a part of one."""
    return orjson.dumps(answer, option=OPTIONS)
