"""Actions on announcements: publish, change, delete and archive them (F122), and mark one as read (F123)."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from auth.viewer import Role
from connectors.announcements import Announcement, read_id
from connectors.attachments import FilePurpose
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import AnnouncementId, Day, Days, PublicId, mint, version_of
from gateway.attachments import AttachingDocument, claim_attachments, file_ids, release_attachments
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.announcements.audiences import (
    NOBODY,
    AnnouncementAudience,
    check_days,
    check_event,
    check_valid_until,
    checked_audience,
    checked_roles,
    stored_audience,
)
from gateway.resolvers.announcements.reading import READABLE, may_read, reader_of
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_ANNOUNCEMENT: Final = Text("There is no such announcement.", "Нет такого объявления.")
_BANNER: Final = Text(
    "A banner is for the whole school, by an administrator.", "Баннер для всей школы размещает администратор."
)
_NOT_YOURS: Final = Text("The announcement is another person's.", "Это объявление другого человека.")
_NOT_NULL: Final = Text("This cannot be null.", "Здесь не может быть null.")

_RECORDED: Final = ("title", "body", "class_ids", "group_ids", "roles", "valid_until", "starts_on", "ends_on")
_ALSO_RECORDED: Final = ("event_id", "is_banner", "archived_at")
_TEXTS: Final = frozenset({"title", "body"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAnnouncement:
    """An announcement that is published at once."""

    title: str
    """The title."""

    body: str
    """The text, with line ends and without markup."""

    audience: AnnouncementAudience
    """The school, or the classes or groups, whose people the announcement is for."""

    roles: tuple[Role, ...]
    """The roles that it is for: students and parents can get different ones. Class teachers read whatever is announced
    to their class."""

    valid_until: Day | None = None
    """The last day on which it is current; it is archived the day after. Null for no end."""

    days: Days | None = None
    """The days that it is about, such as those of an excursion."""

    event_id: PublicId | None = None
    """The event of the school that it is about (`SchoolEvent.id`)."""

    is_banner: bool = False
    """Whether every page is to show the announcement (баннер); for the whole school alone."""

    attachment_ids: tuple[PublicId, ...] = ()
    """Files that the viewer uploaded for it (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditAnnouncement:
    """An announcement with what is to be changed of it; what is left out stays."""

    announcement_id: PublicId
    """The id of the announcement (`Announcement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Announcement.version`); null changes it whatever its version is."""

    title: str | Absent | None = ABSENT
    """The new title; not null."""

    body: str | Absent | None = ABSENT
    """The new text; not null."""

    audience: AnnouncementAudience | Absent | None = ABSENT
    """The people whom it is for from now on; not null."""

    roles: tuple[Role, ...] | Absent | None = ABSENT
    """The roles that it is for from now on; not null."""

    valid_until: Day | Absent | None = ABSENT
    """The last day on which it is current; null for no end."""

    days: Days | Absent | None = ABSENT
    """The days that it is about; null for none."""

    event_id: PublicId | Absent | None = ABSENT
    """The event of the school that it is about; null for none."""

    is_banner: bool | Absent | None = ABSENT
    """Whether every page is to show the announcement (баннер); not null."""

    attachment_ids: tuple[PublicId, ...] | Absent | None = ABSENT
    """All of its files from now on: those that it has (`Attachment.id`) and new uploads of the viewer's (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAnnouncement:
    """The announcement that is deleted."""

    announcement_id: PublicId
    """The id of the announcement (`Announcement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Announcement.version`); null deletes it whatever its version is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveAnnouncement:
    """The announcement that goes to the archive, or comes back from it."""

    announcement_id: PublicId
    """The id of the announcement (`Announcement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Announcement.version`); null changes it whatever its version is."""

    is_archived: bool = True
    """Whether the announcement is archived from now on; where this is false it is current again, until its last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkAnnouncementRead:
    """The announcement that the viewer has read."""

    announcement_id: PublicId
    """The id of the announcement (`Announcement.id`)."""


async def create_announcement(input: CreateAnnouncement, info: Info, transaction: Transaction) -> Outcome:
    """Publish an announcement for the roles named, in a school, in classes or in groups (F122)."""
    problems, rules = Problems(), info.writing.rules
    title = checked_text(input.title, problems, "title", most=rules.announcement_title_characters)
    body = checked_text(input.body, problems, "body", most=rules.announcement_characters)
    audience = await checked_audience(input.audience, info, problems)
    roles = checked_roles(input.roles, problems)
    school = audience.school_id if audience else None
    check_valid_until(input.valid_until, school, info, problems)
    check_days(input.days, problems)
    await check_event(input.event_id, school, info, problems)
    if input.is_banner and (info.viewer.role is not Role.ADMINISTRATOR or input.audience.school_id is None):
        problems.add(UserErrorCode.NOT_ALLOWED, _BANNER, "isBanner")
    problems.in_order_of(input)
    if audience is None:
        problems.check()
        raise AssertionError("without an audience there is a problem")
    own = AnnouncementId(mint("Announcement", uuid4().hex))
    files = AttachingDocument(own, audience.school_id)
    purpose = FilePurpose.ANNOUNCEMENT
    attachments = await claim_attachments(input.attachment_ids, purpose, files, info, transaction, problems)
    problems.check()
    announcement = Announcement(
        _id=own,
        school_id=audience.school_id,
        title=title,
        body=body,
        author_id=info.viewer.person_id,
        class_ids=audience.class_ids,
        group_ids=audience.group_ids,
        roles=roles,
        audience=audience.keys(roles),
        published_at=info.now_at(audience.school_id),
        valid_until=input.valid_until,
        starts_on=input.days.first if input.days else None,
        ends_on=input.days.last if input.days else None,
        event_id=input.event_id,
        is_banner=input.is_banner,
        attachments=attachments,
        archived_at=None,
        edited_at=None,
        version=1,
    )
    await transaction.insert("announcements", [announcement])
    done = fact(info, "createAnnouncement", own, audience.school_id, after=_recorded(announcement), texts=_TEXTS)
    return Outcome({"announcement_id": own}, [done])


async def edit_announcement(input: EditAnnouncement, info: Info, transaction: Transaction) -> Outcome:
    """Change an announcement; its readers see that it was edited."""
    problems = Problems()
    stored = await _writable(input.announcement_id, info, transaction, problems)
    problems.require_version(input.version)
    new = _edited_texts(input, info, problems)
    new |= await _edited_audience(input, stored, info, problems)
    new |= await _edited_days(input, stored, info, problems)
    if input.attachment_ids is None:
        problems.add(UserErrorCode.REQUIRED, _NOT_NULL, "attachmentIds")
    elif not isinstance(input.attachment_ids, Absent):
        new["attachments"] = await claim_attachments(
            input.attachment_ids,
            FilePurpose.ANNOUNCEMENT,
            AttachingDocument(stored["_id"], stored["school_id"]),
            info,
            transaction,
            problems,
            attached=stored["attachments"],
        )
    problems.is_stale(input.version, stored)
    problems.in_order_of(input)
    problems.check(announcement_id=stored["_id"])
    new["edited_at"] = info.now_at(stored["school_id"])
    return await _changed(stored, new, "editAnnouncement", info, transaction)


def _edited_texts(input: EditAnnouncement, info: Info, problems: Problems) -> dict[str, Any]:
    rules = info.writing.rules
    new = {}
    if not isinstance(input.title, Absent):
        sent = input.title or ""
        new["title"] = checked_text(sent, problems, "title", most=rules.announcement_title_characters)
    if not isinstance(input.body, Absent):
        new["body"] = checked_text(input.body or "", problems, "body", most=rules.announcement_characters)
    return new


async def _edited_audience(input: EditAnnouncement, stored: Any, info: Info, problems: Problems) -> dict[str, Any]:
    """The columns that say whom the announcement is for from now on."""
    audience, roles = stored_audience(stored), stored["roles"]
    if input.audience is None:
        problems.add(UserErrorCode.REQUIRED, NOBODY, "audience")
    elif not isinstance(input.audience, Absent):
        audience = await checked_audience(input.audience, info, problems, within=stored["school_id"]) or audience
    if not isinstance(input.roles, Absent):
        roles = checked_roles(input.roles or (), problems)
    is_banner = stored["is_banner"] if isinstance(input.is_banner, Absent) else input.is_banner
    if is_banner is None:
        problems.add(UserErrorCode.REQUIRED, _NOT_NULL, "isBanner")
    elif is_banner and (info.viewer.role is not Role.ADMINISTRATOR or not audience.is_school):
        problems.add(UserErrorCode.NOT_ALLOWED, _BANNER, "isBanner")
    return {
        "class_ids": audience.class_ids,
        "group_ids": audience.group_ids,
        "roles": roles,
        "audience": audience.keys(roles),
        "is_banner": is_banner,
    }


async def _edited_days(input: EditAnnouncement, stored: Any, info: Info, problems: Problems) -> dict[str, Any]:
    """The columns that say when the announcement is current, and what it is about."""
    school = stored["school_id"]
    new: dict[str, Any] = {}
    if not isinstance(input.valid_until, Absent):
        check_valid_until(input.valid_until, school, info, problems)
        new["valid_until"] = input.valid_until
    if not isinstance(input.days, Absent):
        check_days(input.days, problems)
        new["starts_on"] = input.days.first if input.days else None
        new["ends_on"] = input.days.last if input.days else None
    if not isinstance(input.event_id, Absent):
        await check_event(input.event_id, school, info, problems)
        new["event_id"] = input.event_id
    return new


async def archive_announcement(input: ArchiveAnnouncement, info: Info, transaction: Transaction) -> Outcome:
    """Put an announcement into the archive, where its readers still find it, or take it back."""
    problems = Problems()
    stored = await _writable(input.announcement_id, info, transaction, problems)
    problems.require_version(input.version)
    problems.is_stale(input.version, stored)
    problems.check(announcement_id=stored["_id"])
    if input.is_archived == (stored["archived_at"] is not None):
        return Outcome({"announcement_id": stored["_id"]}, is_new=False)
    archived_at = info.now_at(stored["school_id"]) if input.is_archived else None
    return await _changed(stored, {"archived_at": archived_at}, "archiveAnnouncement", info, transaction)


async def delete_announcement(input: DeleteAnnouncement, info: Info, transaction: Transaction) -> Outcome:
    """Delete an announcement with its files, for everybody."""
    problems = Problems()
    stored = await _writable(input.announcement_id, info, transaction, problems)
    problems.require_version(input.version)
    problems.is_stale(input.version, stored)
    problems.check(announcement_id=stored["_id"])
    own = stored["_id"]
    await release_attachments(stored["attachments"], own, transaction)
    await transaction.delete("announcements", {"_id": own})
    await transaction.delete_all("reads", {"announcement_id": own})
    done = fact(info, "deleteAnnouncement", own, stored["school_id"], before=_recorded(stored), texts=_TEXTS)
    return Outcome({"deleted_announcement_id": own}, [done])


async def mark_announcement_read(input: MarkAnnouncementRead, info: Info, transaction: Transaction) -> Outcome:
    """Mark an announcement as read by the viewer. What somebody reads is nobody else's concern: there is no fact."""
    problems = Problems()
    stored = await _readable(input.announcement_id, info, transaction, problems, columns=READABLE)
    person, school = info.viewer.person_id, stored["school_id"]
    row = {"school_id": school, "announcement_id": stored["_id"], "person_id": person, "read_at": info.now_at(school)}
    await transaction.update("reads", {"_id": read_id(stored["_id"], person)}, {"$setOnInsert": row}, upsert=True)
    return Outcome({"announcement_id": stored["_id"]})


async def _readable(
    own: str, info: Info, transaction: Transaction, problems: Problems, *, columns: frozenset[str] = frozenset()
) -> Any:
    """The announcement; raises `Rejected` where there is none that the viewer may read."""
    stored = await transaction.find_one("announcements", {"_id": own}, columns=columns)
    if stored is None or not may_read(stored, reader_of(info)):
        problems.reject(UserErrorCode.NOT_FOUND, _NO_ANNOUNCEMENT, "announcementId")
    return stored


async def _writable(own: str, info: Info, transaction: Transaction, problems: Problems) -> Any:
    """The announcement, which the viewer may change: an administrator each of the school, a class teacher their own.

    Raises `Rejected` where there is none that they may read, or where they may only read it.
    """
    stored = await _readable(own, info, transaction, problems)
    if stored["school_id"] is None:  # of every school: no administrator of one changes it
        problems.reject(UserErrorCode.NOT_ALLOWED, _NOT_YOURS, "announcementId", announcement_id=stored["_id"])
    if info.viewer.role is not Role.ADMINISTRATOR:
        audience = stored_audience(stored)
        leads = bool(audience.led) and info.viewer.class_ids.issuperset(audience.led)
        if stored["author_id"] != info.viewer.person_id or audience.is_school or not leads:
            problems.reject(UserErrorCode.NOT_ALLOWED, _NOT_YOURS, "announcementId", announcement_id=stored["_id"])
    return stored


async def _changed(stored: Any, new: dict[str, Any], action: str, info: Info, transaction: Transaction) -> Outcome:
    own = stored["_id"]
    changed = {**new, "version": version_of(stored) + 1}
    await transaction.update("announcements", {"_id": own}, {"$set": changed})
    before, after = _recorded(stored), _recorded({**stored, **changed})
    done = fact(info, action, own, stored["school_id"], before=before, after=after, texts=_TEXTS)
    return Outcome({"announcement_id": own}, [done])


def _recorded(announcement: Any) -> dict[str, Any]:
    own = {key: announcement[key] for key in (*_RECORDED, *_ALSO_RECORDED)}
    return {**own, "attachments": file_ids(announcement["attachments"])}
