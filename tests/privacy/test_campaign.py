"""A slice of the campaign: the promise is kept for every role, in both data sets. `make privacy` runs it at length."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.privacy.campaign import Sizes, campaign
from tests.privacy.requests import ROLES
from tests.privacy.worlds import DATA_SETS, World

ROUNDS = len(ROLES)
PER_ROUND = 60


@pytest.mark.parametrize("make", DATA_SETS.values(), ids=DATA_SETS)
async def test_no_answer_depends_on_what_the_viewer_may_not_see(
    make: Callable[[], Coroutine[Any, Any, World]], mongo_uri: str, redis_uris: tuple[str, str]
) -> None:
    async with campaign(await make(), mongo_uri, redis_uris, seed=1, sizes=Sizes(12, 3, tours=False)) as running:
        for number in range(ROUNDS):
            await running.round(number, comparisons=PER_ROUND)
            assert not running.differences, "\n\n".join(map(str, running.differences))
        assert running.compared >= ROUNDS * PER_ROUND
