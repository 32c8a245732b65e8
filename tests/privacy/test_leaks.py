"""The campaign finds every leak that is sown: it would find one that nobody has sown, too."""

from collections.abc import AsyncIterator

import pytest

from tests.privacy.campaign import Campaign, campaign
from tests.privacy.leaks import LEAKS, Leak
from tests.privacy.sowing import SIZES, found_within
from tests.privacy.worlds import of_hand

pytestmark = pytest.mark.slow

SEED = 1


@pytest.fixture(scope="module")
async def running(mongo_uri: str, redis_uris: tuple[str, str]) -> AsyncIterator[Campaign]:
    async with campaign(await of_hand(), mongo_uri, redis_uris, seed=SEED, sizes=SIZES) as found:
        yield found


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
async def test_a_leak_is_found_when_it_is_sown(running: Campaign, leak: Leak) -> None:
    assert await found_within(running, leak) is not None
