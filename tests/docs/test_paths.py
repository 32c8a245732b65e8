"""The papers for developers name files and folders that exist."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAPERS: Final = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/adding-a-subsystem.md")
NAMED: Final = re.compile(r"`((?:auth|connectors|docker|docs|gateway|tests)/[\w./-]*)`")


@pytest.mark.parametrize("paper", PAPERS)
def test_a_path_that_a_paper_names_exists(paper: str) -> None:
    named = {path for path in NAMED.findall((ROOT / paper).read_text()) if "meals" not in path}  # the page's example
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    assert named or paper == "README.md"
