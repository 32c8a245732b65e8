"""The schema as text: whole, and as each role sees it; committed, so that a change of rights shows in review."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auth.viewer import Role
from gateway.engine.prepare.visibility import View
from gateway.schema.query import build

DIRECTORY: Final = Path(__file__).parent / "schema"


def printed(role: Role | None = None) -> str:
    """The schema in SDL; of a *role*, what introspection shows it."""
    schema = build()
    if role is not None:
        schema = copy.copy(schema)
        schema._schema = View(schema._schema, role.value).schema
    return schema.as_str().strip() + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """The committed files and what must stand in them."""
    yield DIRECTORY / "schema.graphql", printed()
    for role in Role:
        yield DIRECTORY / f"schema.{role.value.lower()}.graphql", printed(role)


def write() -> list[Path]:
    """Write the committed files."""
    written = []
    for path, text in files():
        path.write_text(text)
        written.append(path)
    return written
