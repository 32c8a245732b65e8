"""The queries of the pages for clients are right for the roles they are written for, and links lead somewhere."""

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.schema.query import graphql_schema

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CLIENTS: Final = ROOT / "docs" / "clients.md"


class Example(NamedTuple):
    """A query whose first line, a comment, names its role, and says `pruned` where the role may not see all of it."""

    role: str
    is_pruned: bool
    text: str


EXAMPLES: Final = [
    Example(text.split()[1], "pruned" in text.partition("\n")[0], text)
    for text in re.findall(r"^```graphql\n(# [A-Z].*?)^```", CLIENTS.read_text(), re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.role)
def test_an_example_runs_whole_when_its_role_asks(example: Example) -> None:
    operation = prepare(example.text, None, View(graphql_schema(), example.role))
    assert bool(operation.denials) == example.is_pruned or "@include" in example.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_when_it_stays_here(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
