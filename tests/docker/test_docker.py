import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings

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


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml"])
def test_the_gateway_has_every_setting_when_a_file_sets_it(file: str) -> None:
    names = re.findall(r"\bGATEWAY_([A-Z0-9_]+)(?==|: )", (DOCKER / file).read_text())
    assert names
    for name in names:
        section: Any = Settings
        *path, last = name.lower().split("__")
        for part in path:
            section = section.model_fields[part].annotation
        assert last in section.model_fields, name
