"""The part of `doctor` about notifications: undeliverable letters, and changes of which nobody was notified."""

from typing import Final

from connectors.assembly import Connectors
from connectors.facts import FACTS
from connectors.notifications import LetterState, Outbox
from gateway.cli.terminal import console

SHOWN: Final = 3
"""Examples that are printed of what failed."""


async def show_letters(connectors: Connectors) -> None:
    """Print how many letters wait, and how many could not be delivered, by the reason: that is no fault here."""
    outbox = Outbox(connectors.notifications.source)
    found = await outbox.counts_by_state()
    waiting, dead = (found.get(state, 0) for state in (LetterState.WAITING, LetterState.DEAD))
    said = f"[red]{dead:,} could not be delivered[/]" if dead else "none was undeliverable"
    console.print(f"letters about notifications: {waiting:,} wait, {said}")
    for failure, (count, examples) in (await outbox.undeliverable_by_reason(examples=SHOWN)).items():
        console.print(f"  {failure}: {count:,}, such as {', '.join(examples)}", soft_wrap=True)


async def show_failed_notifications(connectors: Connectors) -> None:
    """Print of how many changes nobody could be notified, with the ids of some of their facts: the log says why."""
    failed = {"notifications_failed": {"$exists": True}}
    for source in connectors.fact_sources:
        place = source.database[FACTS.name]
        count = await place.count_documents(failed)
        if count:
            some = [one["_id"] for one in await place.find(failed, {"_id": 1}).limit(SHOWN).to_list(None)]
            said = f"[red]{count:,} changes of which nobody was notified[/] {source.name}: {', '.join(some)}"
            console.print(said, soft_wrap=True)
