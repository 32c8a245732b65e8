"""Reads of the notifications."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pymongo.write_concern import WriteConcern

from connectors.declarations import Connector, Read, by_ids
from connectors.idempotency import KEYS
from connectors.mongo import Deadline, Document
from connectors.notifications.documents import (
    LATEST,
    LETTERS,
    NOTIFICATIONS,
    SETTINGS,
    LetterLanguage,
    Notification,
    NotificationChannel,
    NotificationKind,
    NotificationLetter,
    NotificationSettings,
)
from connectors.vocabulary import Columns, Page, Paging


class Inbox(NamedTuple):
    """The notifications of one person in one role that they may read today by one of *rights*, and which of them."""

    owner: str
    rights: tuple[str, ...]
    unread_only: bool = False
    kinds: tuple[NotificationKind, ...] | None = None

    def condition(self) -> Document:
        """The condition on a notification."""
        where: Document = {"owner": self.owner, "right_id": {"$in": list(self.rights)}}
        if self.unread_only:
            where["is_read"] = False
        if self.kinds is not None:
            where["kind"] = {"$in": list(self.kinds)}
        return where


class Notifications(Connector):
    """Reads of the notifications."""

    collections = (NOTIFICATIONS, SETTINGS, LETTERS, KEYS)

    sends_letters: bool = False
    """Whether there is a mail server, by which people can be told."""

    letter_language: LetterLanguage = LetterLanguage.RU
    """The language of letters to whoever has chosen none."""

    notifications_by_ids: Read[str, Notification] = by_ids(NOTIFICATIONS)
    """The notification of each id."""

    letters_by_ids: Read[str, NotificationLetter] = by_ids(LETTERS)
    """The letter of each id."""

    settings_by_owners: Read[str, NotificationSettings] = by_ids(SETTINGS)
    """The settings of each owner of an inbox, if any were chosen."""

    async def notifications_in(
        self, inboxes: Sequence[Inbox], *, paging: Paging, columns: Columns, deadline: Deadline
    ) -> Mapping[Inbox, Page]:
        """A page of each inbox, the latest first."""
        return await self.source.pages_of(
            NOTIFICATIONS.name,
            {own: own.condition() for own in inboxes},
            order=LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def stop_letters(self, owner: str) -> None:
        """Have the owner of an inbox get no more letters; what their inbox is told of stays as it is."""
        letters = {f"channels.{kind}": NotificationChannel.EMAIL for kind in NotificationKind}
        place = self.source.database[SETTINGS.name].with_options(write_concern=WriteConcern("majority"))
        await place.update_one({"_id": owner}, {"$pull": letters, "$unset": {"digest": "", "digest_due_at": ""}})
