"""Setting up where something is missing: a sentence says so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_setting_up_without_a_network_ends_with_a_sentence(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    nowhere = "http://127.0.0.1:9/simple"
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "MAKE"))}
    run = subprocess.run(
        ["make", ".venv/installed", f"PYTHON={sys.executable}"],
        cwd=tmp_path,
        env={
            **variables,
            "PIP_INDEX_URL": nowhere,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_RETRIES": "0",
            "PIP_CONFIG_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = run.stdout + run.stderr
    assert run.returncode != 0
    assert "Cannot fetch uv: is there a network?" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 4, said
    assert "No matching distribution" in (tmp_path / ".venv" / "fetch.log").read_text()
