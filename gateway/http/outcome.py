"""What becomes of a request, before it is bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """Status, answer and headers."""

    status: int
    answer: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    closes: bool = False
    """Whether the connection is closed, because the request was not read to its end."""
