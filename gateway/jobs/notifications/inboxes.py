"""Updates the notifications of objects that were changed to what these objects are now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import DeleteMany, UpdateOne
from pymongo.write_concern import WriteConcern

from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.notifications import (
    NOTIFICATIONS,
    Notification,
    NotificationChannel,
    channels_of,
    inbox_owner,
)
from connectors.vocabulary import Day, PersonId, StudentId, mint
from gateway.jobs.notifications.present import Family, Present
from gateway.jobs.notifications.topics import Concerned, Facts, Topic

Families = Mapping[StudentId, Family]


@dataclass(frozen=True, slots=True)
class Inboxes:
    """The inboxes of all people."""

    connectors: Connectors
    today_in: Callable[[str], Day]
    """Today's date in the time zone with an IANA name."""
    keep: timedelta
    """How long a notification is kept."""
    letter_wait: timedelta = timedelta(minutes=5)
    """How long a letter waits for more to be told, and for what was typed wrong to be corrected."""

    async def update(self, topic: Topic, facts: Facts, deadline: float) -> None:
        """Update the notifications of the objects that *facts* are about to what the objects are now.

        Whoever is concerned and was not told yet gets a notification; that of whoever is not, or of what is gone, is
        deleted. Doing it again changes nothing.
        """
        present = Present(self.connectors, deadline, self.today_in)
        concerned = await topic.find(facts, present)
        changed = {
            own: found
            for own, found in concerned.items()
            if found is not None and any(topic.is_told(fact) for fact in facts[own])
        }
        families = await present.families({one.student_id for own in changed.values() for one in own.targets})
        drafts = {own: self._drafts(topic, own, found, families, facts[own]) for own, found in changed.items()}
        chosen = await self._chosen(topic, {one["owner"] for those in drafts.values() for one in those}, present)
        changes: list[Any] = [DeleteMany({"cause_id": own}) for own in facts if own not in concerned]
        for own, those in drafts.items():
            if changed[own].are_all:
                changes.append(DeleteMany({"cause_id": own, "_id": {"$nin": [one["_id"] for one in those]}}))
            is_news = any(topic.is_news(fact) for fact in facts[own])
            for one in those:
                channels = chosen[one["owner"]]
                if NotificationChannel.EMAIL in channels and self.connectors.notifications.sends_letters:
                    one["letter_due_at"] = datetime.now(UTC) + self.letter_wait
                if NotificationChannel.INBOX in channels:
                    changes.append(_stored(one, is_news=is_news))
        if changes:
            database = self.connectors.notifications.source.database
            place = database[NOTIFICATIONS.name].with_options(write_concern=WriteConcern("majority"))
            await place.bulk_write(changes, ordered=False)

    async def _chosen(
        self, topic: Topic, owners: set[str], present: Present
    ) -> dict[str, Sequence[NotificationChannel]]:
        """The channels by which each of the owners wants to be told of events of this kind."""
        read = self.connectors.notifications.settings_by_owners
        settings: Any = await present.by_ids(read, owners, "channels")
        return {own: channels_of(settings.get(own), topic.kind) for own in owners}

    def _drafts(
        self, topic: Topic, cause: str, concerned: Concerned, families: Families, facts: Sequence[Mapping[str, Any]]
    ) -> list[Notification]:
        """The notifications of all whom an object concerns: of each student, or of a place, once."""
        at = max(fact["at"] for fact in facts if topic.is_told(fact))
        expires_at = datetime.now(UTC) + self.keep
        drafts: dict[str, Notification] = {}
        for target in concerned.targets:
            family = families.get(target.student_id)
            for person, role in _people(family, concerned.roles):
                owner = inbox_owner(person, role)
                student = None if target.place_id or family is None else family.student_id
                own = mint("Notification", cause, owner, student or "")
                drafts[own] = drafts.get(own) or Notification(
                    _id=own,
                    school_id=concerned.school_id,
                    owner=owner,
                    person_id=person,
                    role=role,
                    kind=topic.kind,
                    at=at,
                    cause_id=cause,
                    object_id=target.object_id,
                    right_id=target.place_id or student or "",
                    student_id=student,
                    is_read=False,
                    expires_at=expires_at,
                )
        return list(drafts.values())


def _people(family: Family | None, roles: frozenset[Role]) -> Iterable[tuple[PersonId, Role]]:
    """The people of a family in their roles, of those *roles*; nobody where the student is not known."""
    if family is None:
        return
    if Role.STUDENT in roles:
        yield family.person_id, Role.STUDENT
    if Role.PARENT in roles:
        for parent in family.parent_ids:
            yield parent, Role.PARENT


def _stored(notification: Notification, *, is_news: bool) -> UpdateOne:
    """Stores a notification; one that is there stays as it is, unless there are later news."""
    own = {"_id": notification["_id"]}
    if not is_news:
        return UpdateOne(own, {"$setOnInsert": dict(notification)}, upsert=True)
    is_later = {"$lt": ["$at", notification["at"]]}  # what is missing comes before every moment
    new = {"$cond": [is_later, {"$literal": dict(notification)}, "$$ROOT"]}
    return UpdateOne(own, [{"$replaceWith": new}], upsert=True)
