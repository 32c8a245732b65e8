"""The queue of letters about notifications: a letter stays in it until it is sent, dropped or undeliverable.

All notifications of a person whose letters are due become one letter, in one transaction. The id of a letter is its
`Message-ID`, so that mail programs show it once even if a killed process had sent it before.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.write_concern import WriteConcern

from connectors.mongo import Source
from connectors.mongo.transactions import Body, Transaction, transact
from connectors.notifications.digests import days_of, due_after
from connectors.notifications.documents import (
    LETTERS,
    NOTIFICATIONS,
    SETTINGS,
    DigestDays,
    LetterState,
    NotificationLetter,
)
from connectors.vocabulary import Day, mint

KEEP: Final = timedelta(days=90)
"""How long a letter is kept after it was written."""
LEASE: Final = timedelta(minutes=2)
"""How long a letter belongs to the process that took it: longer than it takes to send a whole batch."""
_TRANSACTION_S: Final = 10.0
_RECIPIENT_FIELDS: Final = {"owner": 1, "person_id": 1, "role": 1}


class Outbox:
    """The letters of all people; each is deleted *keep* after it was written."""

    def __init__(self, source: Source, *, keep: timedelta = KEEP) -> None:
        self._source = source
        self._keep = keep

    async def write_due(self, now: datetime, *, most: int) -> int:
        """Write a letter to each person with notifications that are due, of which *most* are looked at.

        Returns how many notifications were looked at.
        """
        due = {"letter_due_at": {"$type": "date", "$lte": now}}
        place = self._source.database[NOTIFICATIONS.name]
        found: list[Any] = await place.find(due, _RECIPIENT_FIELDS).limit(most).to_list(None)
        owners = {one["owner"]: one for one in found}
        for whose in owners.values():
            await transact(self._source, self._letter_transaction(whose, now), within_s=_TRANSACTION_S)
        return len(found)

    def _letter_transaction(self, whose: Any, now: datetime) -> Body:
        """The body of the transaction that makes one letter of all that waits for somebody."""

        async def body(transaction: Transaction) -> None:
            waiting = {"owner": whose["owner"], "letter_due_at": {"$type": "date"}}
            found = await transaction.find(NOTIFICATIONS.name, waiting, columns=frozenset({"_id"}))
            ids = [one["_id"] for one in found]
            if not ids:  # another process was faster
                return
            letter = self._letter(mint("NotificationLetter", uuid4().hex), whose["owner"], whose, ids, now)
            await transaction.insert(LETTERS.name, [letter])
            await transaction.update_all(NOTIFICATIONS.name, {"_id": {"$in": ids}}, {"$unset": {"letter_due_at": ""}})

        return body

    def _letter(self, own: str, owner: str, whose: Any, ids: list[str], now: datetime) -> NotificationLetter:
        return NotificationLetter(
            _id=own,
            owner=owner,
            person_id=whose["person_id"],
            role=whose["role"],
            notification_ids=ids,
            state=LetterState.WAITING,
            due_at=now,
            attempts=0,
            leased_until=None,
            failure=None,
            expires_at=now + self._keep,
        )

    async def write_digests(self, now: datetime, today_in: Callable[[str], Day], *, most: int) -> int:
        """Write the digests that are due, *most* at once; returns how many. One that was missed is written once, late.

        Each is a letter with an id that follows from its owner and its time.
        """
        place = self._source.database[SETTINGS.name]
        due = {"digest_due_at": {"$type": "date", "$lte": now}}
        found: list[Any] = await place.find(due).sort("digest_due_at").limit(most).to_list(None)
        for settings in found:
            await transact(self._source, self._digest_transaction(settings, now, today_in), within_s=_TRANSACTION_S)
        return len(found)

    def _digest_transaction(self, settings: Any, now: datetime, today_in: Callable[[str], Day]) -> Body:
        """The body of the transaction that makes one digest, and says when the next one is due."""
        owner, due, digest = settings["_id"], settings["digest_due_at"], settings["digest"]
        days = days_of(digest, now, today_in(digest["time_zone"]))

        async def body(transaction: Transaction) -> None:
            same = {"_id": owner, "digest_due_at": due}
            next_due = {"$set": {"digest_due_at": due_after(digest, now)}}
            if not await transaction.update(SETTINGS.name, same, next_due):  # another process was faster
                return
            letter = self._letter(mint("NotificationLetter", owner, due.isoformat()), owner, settings, [], now)
            letter["digest_days"] = DigestDays(first=Day(days.first), last=Day(days.last))
            await transaction.update(LETTERS.name, {"_id": letter["_id"]}, {"$setOnInsert": letter}, upsert=True)

        return body

    async def take(self, now: datetime, *, most: int) -> list[NotificationLetter]:
        """Take letters that are due, the earliest first; until `LEASE` has passed nobody else takes them."""
        taken: list[NotificationLetter] = []
        free = {"$or": [{"leased_until": None}, {"leased_until": {"$lte": now}}]}
        while len(taken) < most:
            found = await self._letters.find_one_and_update(
                {"state": LetterState.WAITING, "due_at": {"$lte": now}, **free},
                {"$set": {"leased_until": now + LEASE}},
                sort=[("due_at", 1)],
                return_document=ReturnDocument.AFTER,
            )
            if found is None:
                break
            taken.append(found)
        return taken

    async def postpone(self, letter: NotificationLetter, until: datetime, *, has_failed: bool = False) -> None:
        """Let a letter wait *until* then; counts an attempt to send it that *has_failed*.

        Nothing changes where the lease is over and another process has taken the letter.
        """
        changed = {"due_at": until, "leased_until": None}
        held = {"leased_until": letter["leased_until"]}
        await self._change(letter, {"$set": changed, "$inc": {"attempts": int(has_failed)}}, **held)

    async def finish(self, letter: NotificationLetter, state: LetterState, failure: str | None = None) -> None:
        """Record the final state of a letter, and the reason where it could not be delivered; the first one stays."""
        await self._change(letter, {"$set": {"state": state, "failure": failure, "leased_until": None}})

    async def _change(self, letter: NotificationLetter, change: Any, **expected: Any) -> None:
        await self._letters.update_one({"_id": letter["_id"], "state": LetterState.WAITING, **expected}, change)

    async def counts_by_state(self) -> dict[str, int]:
        """How many letters there are in each state."""
        found: Sequence[Any] = await self._letters.aggregate(
            [{"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        ).to_list(None)
        return {one["_id"]: one["count"] for one in found}

    async def undeliverable_by_reason(self, *, examples: int) -> dict[str, tuple[int, list[str]]]:
        """How many letters could not be delivered for each reason, and the ids of a few."""
        some = {"$firstN": {"input": "$_id", "n": examples}}
        found: Sequence[Any] = await self._letters.aggregate(
            [
                {"$match": {"state": LetterState.DEAD}},
                {"$sort": {"due_at": -1, "_id": 1}},
                {"$group": {"_id": "$failure", "count": {"$sum": 1}, "ids": some}},
                {"$sort": {"_id": 1}},
            ]
        ).to_list(None)
        return {one["_id"] or "": (one["count"], one["ids"]) for one in found}

    @property
    def _letters(self) -> Any:
        return self._source.database[LETTERS.name].with_options(write_concern=WriteConcern("majority"))
