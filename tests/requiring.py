"""What a test needs of the machine: skipped without it where a person works, failed where CI does."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NoReturn

import pytest

ROOT: Final = Path(__file__).parents[1]
_BESIDE: Final = ROOT.parent / "shared"

SAMPLE: Final = Path(os.environ.get("EDFI_SAMPLE", _BESIDE / "data/edfi-grand-bend"))
"""The Ed-Fi sample, which is no part of the project: beside the checkout, or where EDFI_SAMPLE says."""
NEEDS_SAMPLE: Final = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"no Ed-Fi sample at {SAMPLE} (EDFI_SAMPLE)")

CONTRACT: Final = Path(os.environ.get("GRAPH_CONTRACT", _BESIDE / "contract.graphql"))
"""The names and types that clients were promised, beside the checkout too, or where GRAPH_CONTRACT says."""
NEEDS_CONTRACT: Final = pytest.mark.skipif(not CONTRACT.is_file(), reason=f"no contract at {CONTRACT} (GRAPH_CONTRACT)")

NEEDS_HISTORY: Final = pytest.mark.skipif(not Path(ROOT, ".git").exists(), reason="an export without its history")


def built(target: str) -> Path:
    """Return a file that `make` builds, up to date where `make` runs the tests; without it the test is skipped."""
    if "MAKELEVEL" in os.environ:
        with Path(ROOT, ".venv", "making").open("w") as turn:  # one process of the run makes it
            fcntl.flock(turn, fcntl.LOCK_EX)
            subprocess.run(["make", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    elif not Path(ROOT, target).is_file():
        lacking(f"{target} is not built: `make {target}`")
    return Path(ROOT, target)


def node_for(folder: str) -> str:
    """Return the program node, when the packages in *folder* are installed."""
    built(f"{folder}/node_modules/.package-lock.json")
    node = shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    return node or lacking("there is no node here: `make .venv/node`")


def lacking(missing: str) -> NoReturn:
    """End the test because of what is *missing*, told with how to get it."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)  # a person may lack what only some tests need; CI failed above
