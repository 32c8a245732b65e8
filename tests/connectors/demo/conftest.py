"""One generated school and college, for every test that looks at them."""

import pytest

from tests.connectors.demo.generated import Generated, generated


@pytest.fixture(scope="session")
async def demo() -> Generated:
    """The default: 300 students in a school and 300 in a college, on 18 November 2026."""
    return await generated()
