"""What a test needs of the machine: skipped without it where a person works, failed where CI does."""

import os
from pathlib import Path
from typing import Final, NoReturn

import pytest

_BESIDE: Final = Path(__file__).parents[2] / "shared"

SAMPLE: Final = Path(os.environ.get("EDFI_SAMPLE", _BESIDE / "data/edfi-grand-bend"))
"""The Ed-Fi sample, which is no part of the project: beside the checkout, or where EDFI_SAMPLE says."""
NEEDS_SAMPLE: Final = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"no Ed-Fi sample at {SAMPLE} (EDFI_SAMPLE)")

CONTRACT: Final = Path(os.environ.get("GRAPH_CONTRACT", _BESIDE / "contract.graphql"))
"""The names and types that clients were promised, beside the checkout too, or where GRAPH_CONTRACT says."""
NEEDS_CONTRACT: Final = pytest.mark.skipif(not CONTRACT.is_file(), reason=f"no contract at {CONTRACT} (GRAPH_CONTRACT)")


def lacking(missing: str) -> NoReturn:
    """End the test because of what is *missing*, told with how to get it."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)  # a person may lack what only some tests need; CI failed above
