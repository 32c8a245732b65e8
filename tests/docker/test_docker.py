import subprocess
import sys
from pathlib import Path

import pytest

DOCKER = Path(__file__).parents[2] / "docker"


@pytest.mark.parametrize(
    ("linter", "file"),
    [
        (["hadolint"], "Dockerfile"),
        (["check-jsonschema", "--builtin-schema", "vendor.compose-spec"], "compose.yaml"),
    ],
)
def test_the_linter_finds_nothing_when_it_reads(linter: list[str], file: str) -> None:
    program = Path(sys.executable).with_name(linter[0])
    found = subprocess.run([program, *linter[1:], DOCKER / file], check=False, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
