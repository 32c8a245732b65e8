"""Whether the campaign finds a leak that is sown, and after how many comparisons."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.engine.document_store import DocumentStore
from gateway.engine.prepare.visibility import View
from tests.privacy.campaign import Campaign, Sizes
from tests.privacy.leaks import Leak
from tests.privacy.questions import schema_of

BUDGET: Final = 1_500
"""Comparisons within which a leak is found."""
SIZES: Final = Sizes(grown=4, hypotheses=0, tours=False, everything=0.5, writes=0.3, valid=0.1, others=0.3)
"""Few documents, so that most requests ask for everything there is."""
_A_ROUND: Final = 20


async def found_within(running: Campaign, leak: Leak, budget: int = BUDGET) -> int | None:
    """After how many comparisons the leak was found; None where it was not."""
    running.differences.clear()
    began, number = running.compared, 0
    with leak, _prepared_anew(running, leak):
        while running.compared < began + budget:
            await running.round(number, comparisons=_A_ROUND, shrinks=False)
            number += 1
            if running.differences:
                return running.compared - began
    return None


@contextmanager
def _prepared_anew(running: Campaign, leak: Leak) -> Iterator[None]:
    """Have documents prepared by the schema as the leak leaves it."""
    documents = running.pair.documents
    before = dict(documents.views), documents._prepared, documents._pinned
    if leak.changes_schema:
        documents.views.update({role: View(schema_of(None), role) for role in documents.views})
        documents._prepared, documents._pinned = DocumentStore(100_000, 10**9), {}
    yield
    documents.views.update(before[0])
    documents._prepared, documents._pinned = before[1:]
