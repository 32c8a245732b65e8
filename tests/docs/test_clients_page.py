"""The tables and lists of the page for clients are complete."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from graphql import GraphQLObjectType

from gateway.schema.query import graphql_schema

ROOT: Final = Path(__file__).parents[2]
CLIENTS: Final = (ROOT / "docs" / "clients.md").read_text()


def codes() -> Iterator[str]:
    """The codes of errors that the code names: in classes, in constants, in calls, in extensions."""
    for folder in ("auth", "gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                values: list[ast.expr | None] = []
                if isinstance(node, ast.keyword) and node.arg == "code":
                    values = [node.value]
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    names = {target.id.lower() for target in targets if isinstance(target, ast.Name)}
                    values = [node.value] if "code" in names else []
                elif isinstance(node, ast.Dict):
                    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
                    values = [value for key, value in zip(keys, node.values, strict=True) if key == "code"]
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value


def test_the_table_of_errors_names_every_code_and_no_other() -> None:
    [table] = re.findall(r"^\| Code \| Where \|.*?\n\n", CLIENTS, re.MULTILINE | re.DOTALL)
    cells = [line.split("|")[1] for line in table.strip().splitlines()[2:]]
    named = {code for cell in cells for code in re.findall(r"`([A-Z_]+)`", cell)}
    assert named == set(codes())
    assert len(named) > 25


def test_every_type_without_an_id_has_a_key_for_the_cache() -> None:
    [listed] = re.findall(r"const PARTS = \[(.*?)\];", CLIENTS, re.DOTALL)
    relay = ("Connection", "Edge", "PageInfo")  # the cache knows these by their names
    without = {
        name
        for name, named in graphql_schema().type_map.items()
        if isinstance(named, GraphQLObjectType) and not name.startswith("__") and "id" not in named.fields
        if not name.endswith(relay) and name not in {"Query", "Mutation", "Subscription", "Viewer"}
    }
    assert set(re.findall(r'"(\w+)"', listed)) == without
