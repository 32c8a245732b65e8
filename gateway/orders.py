"""The orders in which people read lists."""

from collections.abc import Mapping
from typing import Any


def alphabetical(text: str) -> str:
    """The sort key of the Russian alphabet: case does not matter, ё stands after е."""
    return text.casefold().replace("ё", "е\U0010ffff")


def by_name(document: Mapping[str, Any]) -> tuple[str, str]:
    """The sort key of documents with a name."""
    return alphabetical(document["name"]), document["_id"]
