"""Figures of the operators' page that the code decides."""

import re
from pathlib import Path
from typing import Final

from gateway.engine.prepare.visibility import View
from gateway.operations.explain import prepared
from gateway.schema.query import graphql_schema

DOCS: Final = Path(__file__).parents[2] / "docs"
MARKS: Final = "{ students(first: 100) { nodes { displayName marks(first: 20) { nodes { value } } } } }"


def cost(text: str, role: str) -> int:
    variables = {"student": "stu_x", "forParent": True}
    return prepared(text, None, View(graphql_schema(), role)).prepared.cost.estimated(variables)


def test_operations_cost_what_the_page_says() -> None:
    [start] = re.findall(r"```graphql\n(.*?)```", (DOCS / "mobile.md").read_text(), re.DOTALL)
    examples = re.findall(r"```graphql\n(.*?)```", (DOCS / "clients.md").read_text(), re.DOTALL)
    [diary] = [text for text in examples if "diary(week:" in text]
    page = " ".join((DOCS / "operators.md").read_text().split())
    [sentence] = re.findall(r"The app's start screen costs about .*?\. ", page)
    figures = [int(figure.replace(",", "")) for figure in re.findall(r"about ([\d,]*\d)", sentence)]
    found = [cost(start, "PARENT"), cost(diary, "PARENT"), cost(MARKS, "TEACHER")]
    assert all(abs(a - b) <= b / 10 for a, b in zip(figures, found, strict=True)), (figures, found)
