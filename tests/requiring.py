"""What a test needs of the machine: skipped without it where a person works, failed where CI does."""

import os
from typing import NoReturn

import pytest


def lacking(missing: str) -> NoReturn:
    """End the test because of what is *missing*, told with how to get it."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)  # the reason is given by the caller
