"""The mutations of the portfolio, and what they answer."""

from typing import Final, TypedDict

import strawberry

from auth.viewer import FAMILY, TEACHING, Role
from connectors.vocabulary import AchievementId, AchievementTypeId, StudentId
from gateway import writing
from gateway.resolvers import directory, portfolio
from gateway.schema.actions import UserError, mutation
from gateway.schema.fields import column, extends, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.portfolio.records import Achievement, AchievementType
from gateway.schema.references import Student

KEEPERS: Final = FAMILY | TEACHING
"""The roles that add achievements and change them."""


class WrittenAchievement(TypedDict):
    """A resolver's value for the payloads about an achievement: what their fields are found by, and user errors."""

    achievement_id: AchievementId
    deleted_achievement_id: AchievementId
    student_id: StudentId
    user_errors: list[writing.UserError]


class WrittenScoringTable(TypedDict):
    """A resolver's value for `SetScoringTablePayload`: what its fields are found by, and user errors."""

    type_id: AchievementTypeId
    user_errors: list[writing.UserError]


@view_of(WrittenAchievement)
class AchievementPayload:
    """The result of adding, changing, confirming or rejecting an achievement."""

    achievement: Achievement | None = one(portfolio.written_achievements, "achievement_id")
    """The achievement as it is now; beside the error CONFLICT too."""

    student: Student | None = one(directory.students, "student_id")
    """The student, whose `portfolio` has the rating as it is now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(WrittenAchievement)
class DeleteAchievementPayload:
    """The result of deleting an achievement."""

    deleted_achievement_id: strawberry.ID | None = column("deleted_achievement_id")
    """The id of the achievement that there is no longer; null where it was not deleted."""

    achievement: Achievement | None = one(portfolio.written_achievements, "achievement_id")
    """The achievement that is still there, beside the errors CONFLICT and NOT_ALLOWED; null where it was deleted."""

    student: Student | None = one(directory.students, "student_id")
    """The student, whose `portfolio` has the rating as it is now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the achievement was deleted."""


@view_of(WrittenScoringTable)
class SetScoringTablePayload:
    """The result of setting what a section of portfolios is worth."""

    type: AchievementType | None = one(portfolio.types, "type_id")
    """The section with its scoring table as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the table was set."""


@extends(RootDocument)
class PortfolioOfMutation:
    """What the portfolio adds to the mutations."""

    add_achievement: AchievementPayload | None = mutation(
        portfolio.add_achievement, subsystem="portfolio", visible_to=KEEPERS, needs_key=True
    )
    """Adds an achievement (достижение) to a student's portfolio; needs an idempotency key. One that a student or a
    parent adds is UNCONFIRMED («н/п»). User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TAKEN, TOO_LONG,
    TOO_MANY, FILE_NOT_READY, FILE_REJECTED."""

    edit_achievement: AchievementPayload | None = mutation(
        portfolio.edit_achievement, subsystem="portfolio", visible_to=KEEPERS
    )
    """Changes an achievement; changed by a student or a parent it is UNCONFIRMED again. User errors: NOT_FOUND,
    REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TAKEN, CONFLICT, TOO_LONG, TOO_MANY, FILE_NOT_READY, FILE_REJECTED."""

    attach_to_achievement: AchievementPayload | None = mutation(
        portfolio.attach_to_achievement, subsystem="portfolio", visible_to=KEEPERS
    )
    """Attaches files to an achievement beside those that it has; after a student or a parent, it is UNCONFIRMED again.
    Sent again, it changes nothing. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, TAKEN, TOO_MANY, FILE_NOT_READY,
    FILE_REJECTED."""

    delete_achievement: DeleteAchievementPayload | None = mutation(
        portfolio.delete_achievement, subsystem="portfolio", visible_to=KEEPERS
    )
    """Deletes an achievement; one that is confirmed is deleted by staff alone. User errors: NOT_FOUND, REQUIRED,
    CONFLICT, NOT_ALLOWED."""

    confirm_achievement: AchievementPayload | None = mutation(
        portfolio.confirm_achievement, subsystem="portfolio", visible_to=TEACHING
    )
    """Confirms an achievement that a student or a parent added; who added it does not confirm it. User errors:
    NOT_FOUND, REQUIRED, CONFLICT, NOT_ALLOWED."""

    reject_achievement: AchievementPayload | None = mutation(
        portfolio.reject_achievement, subsystem="portfolio", visible_to=TEACHING
    )
    """Rejects an achievement that a student or a parent added. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT,
    CONFLICT, NOT_ALLOWED, TOO_LONG."""

    set_scoring_table: SetScoringTablePayload | None = mutation(
        portfolio.set_scoring_table, subsystem="portfolio", visible_to={Role.ADMINISTRATOR}
    )
    """Sets what the achievements of a section are worth (таблица баллов); those that are there get their new points at
    once. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, CONFLICT."""
