"""The action that attaches files to an achievement and leaves everything else of it as it is (F109)."""

from dataclasses import dataclass
from typing import Final

from connectors.attachments import FilePurpose
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId
from gateway.attachments import AttachingDocument, claim_attachments, file_ids
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.portfolio.achieving import NO_ACHIEVEMENT, found_achievement, write_changed
from gateway.writing import Outcome, Problems, UserErrorCode

_NO_FILES: Final = Text("Name at least one file.", "Назовите хотя бы один файл.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachToAchievement:
    """Files that an achievement gets beside those that it has."""

    achievement_id: PublicId
    """The id of the achievement (`Achievement.id`)."""

    attachment_ids: tuple[PublicId, ...]
    """Files that prove the achievement, which the viewer uploaded for it (`File.id`)."""


async def attach_to_achievement(input: AttachToAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Attach more files to an achievement; after a student or a parent, it has to be confirmed again."""
    problems = Problems()
    achievement, _ = await found_achievement(input.achievement_id, info, transaction)
    if achievement is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_ACHIEVEMENT, "achievementId")
    if not input.attachment_ids:
        problems.add(UserErrorCode.REQUIRED, _NO_FILES, "attachmentIds")
    problems.check()
    if achievement is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    before = achievement["attachments"]
    owner = AttachingDocument(achievement["_id"], achievement["school_id"])
    there = [PublicId(one) for one in file_ids(before)]
    wanted = [*input.attachment_ids, *(one for one in there if one not in set(input.attachment_ids))]
    files = await claim_attachments(
        wanted, FilePurpose.ACHIEVEMENT, owner, info, transaction, problems, attached=before
    )
    problems.check(achievement_id=achievement["_id"], student_id=achievement["student_id"])
    changed = {"attachments": [*before, *(one for one in files if one not in before)]}
    return await write_changed(achievement, changed, "attachToAchievement", info, transaction)
