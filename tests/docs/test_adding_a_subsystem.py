"""The page about a new subsystem is right: applied to a copy of the tree, it makes one that is served and tested."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "adding-a-subsystem.md").read_text()
COPIED: Final = ("auth", "connectors", "gateway", "tests", "pyproject.toml")
NEW_FILES: Final = dict(re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
EDITS: Final = re.findall(r"^```diff\n--- (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
"""The file of each edit, and its lines: kept ones, those that go (-) and those that come (+)."""

SEED: Final = """
import asyncio
from connectors.demo.school import generate

class Counted:
    async def put(self, *_): ...
    async def flush(self): ...

print(asyncio.run(generate(Counted(), schools=1, students=5)).counts["meals.orders"])
"""


def _lines(edit: str, kinds: str) -> str:
    return "".join(line[1:] + "\n" for line in edit.splitlines() if line[0] in kinds)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the tree to which the page is applied."""
    tree = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "dist"))
        else:
            shutil.copy(source, tree / name)
    for path, text in NEW_FILES.items():
        assert not (tree / path).exists()
        (tree / path).write_text(text)
    for path, edit in EDITS:
        text, before = (tree / path).read_text(), _lines(edit, " -")
        assert text.count(before) == 1, f"{path} does not have these lines once:\n{before}"
        (tree / path).write_text(text.replace(before, _lines(edit, " +")))
    yield tree
    shutil.rmtree(tree)


_UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
"""Coverage is of the code, not of a copy that is gone when it is reported."""


async def _run(tree: Path, *arguments: str) -> str:
    """What Python says in *tree*, whose modules it finds before any others."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=tree,
        env={**_UNMEASURED, "PYTHONPATH": str(tree)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def test_a_subsystem_takes_five_files_and_five_lines() -> None:
    assert len(NEW_FILES) == 5
    assert sum(line.startswith("+") for _, edit in EDITS for line in edit.splitlines()) <= 5


async def test_its_tests_pass_when_the_gateway_serves_it(copy: Path) -> None:
    own = "tests/gateway/resolvers/test_meals.py"
    said = await _run(copy, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", own, "tests/test_subsystems.py")
    assert "passed" in said


async def test_the_demo_has_its_documents(copy: Path) -> None:
    assert int(await _run(copy, "-c", SEED)) > 0
