"""`school-gateway schema`: the schema as text, whole and as each role sees it.

The texts are committed, so that a change of rights shows in review.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from auth.viewer import Role
from gateway.cli.terminal import console, out
from gateway.schema.printed import printed

DIRECTORY: Final = Path(__file__).parents[1] / "schema"


def files() -> Iterator[tuple[Path, str]]:
    """Each committed schema file with its expected content."""
    yield DIRECTORY / "schema.graphql", printed()
    for role in Role:
        yield DIRECTORY / f"schema.{role.value.lower()}.graphql", printed(role)


def write_files() -> list[Path]:
    """Write the committed files."""
    written = []
    for path, text in files():
        path.write_text(text)
        written.append(path)
    return written


def schema(
    context: typer.Context,
    role: Annotated[Role | None, typer.Option(help="As this role sees it; the whole schema without.")] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the committed files instead of printing.")] = False,
) -> None:
    """Print the schema; with `diff`, say what each role gained or lost."""
    if context.invoked_subcommand is not None:
        return
    if write:
        for path in write_files():
            console.print(str(path), highlight=False)
    else:
        out.print(printed(role), markup=False)
