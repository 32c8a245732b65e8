"""Every leak can be sown: what it patches is there under that name."""

import pytest

from tests.privacy.leaks import LEAKS, Leak


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_a_leak_patches_what_is_there_and_takes_it_back(leak: Leak) -> None:
    with leak:
        pass
