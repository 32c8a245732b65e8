"""The campaign finds every leak that is sown: it would find one that nobody has sown, too."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from gateway.engine.document_store import DocumentStore
from gateway.engine.prepare.visibility import View
from tests.privacy.campaign import Campaign, Sizes, campaign
from tests.privacy.leaks import LEAKS, Leak
from tests.privacy.questions import schema_of
from tests.privacy.worlds import of_hand

pytestmark = pytest.mark.slow

BUDGET = 1_500
"""Comparisons within which a leak is found."""
A_ROUND = 40
SEED = 1


@pytest.fixture(scope="module")
async def running(mongo_uri: str, redis_uris: tuple[str, str]) -> AsyncIterator[Campaign]:
    sizes = Sizes(grown=4, hypotheses=0, everything=0.6)
    async with campaign(await of_hand(), mongo_uri, redis_uris, seed=SEED, sizes=sizes) as found:
        yield found


async def found_within(running: Campaign, budget: int) -> int | None:
    """After how many comparisons something was found; None where nothing was."""
    running.differences.clear()
    began, number = running.compared, 0
    while running.compared < began + budget:
        await running.round(number, comparisons=A_ROUND, shrinks=False)
        number += 1
        if running.differences:
            return running.compared - began
    return None


@contextmanager
def prepared_anew(running: Campaign, leak: Leak) -> Iterator[None]:
    """Have documents prepared by the schema as the leak leaves it."""
    documents = running.pair.documents
    before = dict(documents.views), documents._prepared, documents._pinned
    if leak.changes_schema:
        documents.views.update({role: View(schema_of(None), role) for role in documents.views})
        documents._prepared, documents._pinned = DocumentStore(100_000, 10**9), {}
    yield
    documents.views.update(before[0])
    documents._prepared, documents._pinned = before[1:]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
async def test_a_leak_is_found_when_it_is_sown(running: Campaign, leak: Leak) -> None:
    with leak, prepared_anew(running, leak):
        after = await found_within(running, BUDGET)
    assert after is not None
