"""The page that keeps the latest figures of the drills."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.report import machine, replaced

_PAGE: Final = Path(__file__).parents[2] / "docs" / "operators.md"


def when_and_where() -> str:
    """Return the day and the machine."""
    found = machine()
    return f"{found['date']}; {found['machine']}; Python {found['python']}"


def kept_in_page(name: str, lines: Sequence[str]) -> None:
    """Write the figures of a drill between its two comments in docs/operators.md."""
    _PAGE.write_text(replaced(_PAGE.read_text(), f"drill: {name}", lines))
