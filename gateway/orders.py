"""Sort keys for lists that people read."""

from collections.abc import Mapping
from typing import Any


def alphabetical(text: str) -> str:
    """The sort key of *text* in the Russian alphabet: case does not matter, and ё follows е."""
    return text.casefold().replace("ё", "е\U0010ffff")


def by_name(document: Mapping[str, Any]) -> tuple[str, str]:
    """The sort key that orders documents by their `name` in the Russian alphabet, then by `_id`."""
    return alphabetical(document["name"]), document["_id"]
