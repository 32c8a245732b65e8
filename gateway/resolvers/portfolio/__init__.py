"""Portfolio: achievements, their points and confirmation, and the rating that follows."""

from gateway.resolvers.portfolio.achieving import add_achievement, delete_achievement, edit_achievement
from gateway.resolvers.portfolio.attaching import attach_to_achievement
from gateway.resolvers.portfolio.deciding import confirm_achievement, reject_achievement, set_scoring_table
from gateway.resolvers.portfolio.reading import (
    TO_CONFIRM,
    Area,
    PortfolioDocument,
    Rating,
    SectionRow,
    achievements_by_ids,
    achievements_of,
    achievements_to_confirm,
    is_linked_to_teacher,
    portfolio_of,
    prepared_achievements,
    rating,
    rejection_reason,
    scoring_of,
    sections_of,
    types,
    types_of_schools,
    written_achievements,
)

__all__ = [
    "TO_CONFIRM",
    "Area",
    "PortfolioDocument",
    "Rating",
    "SectionRow",
    "achievements_by_ids",
    "achievements_of",
    "achievements_to_confirm",
    "add_achievement",
    "attach_to_achievement",
    "confirm_achievement",
    "delete_achievement",
    "edit_achievement",
    "is_linked_to_teacher",
    "portfolio_of",
    "prepared_achievements",
    "rating",
    "reject_achievement",
    "rejection_reason",
    "scoring_of",
    "sections_of",
    "set_scoring_table",
    "types",
    "types_of_schools",
    "written_achievements",
]
