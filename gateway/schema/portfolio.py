"""Portfolio: achievements, sections, rating."""

from collections.abc import Sequence
from typing import Any

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import portfolio as documents
from connectors.portfolio import AchievementKind, AchievementStatus
from gateway.context import Info
from gateway.resolvers import directory, grades, portfolio
from gateway.schema.connections import Connection
from gateway.schema.diary import Attachment
from gateway.schema.fields import batch, extends, one, shown, view_of
from gateway.schema.grades import SubjectPerformance
from gateway.schema.node import Node
from gateway.schema.people import Person
from gateway.schema.scalars import Date, DecimalString
from gateway.schema.visibility import NOT_ANALYST

strawberry.enum(AchievementKind)
strawberry.enum(AchievementStatus, description="UNCONFIRMED is «н/п»: added by a student or parent, not confirmed yet.")

RATING_READERS = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})
"""A teacher sees the achievements that he is to confirm, and no more."""


@view_of(documents.AchievementType)
class AchievementType:
    """A section of the portfolio."""

    id: strawberry.ID
    name: str
    kind: AchievementKind


@view_of(documents.AchievementRound)
class AchievementRound:
    """A round of an olympiad or contest: a place from 1 to 3, or taking part."""

    name: str
    place: int | None
    participated: bool
    points: DecimalString


@view_of(documents.Achievement, visible_to=NOT_ANALYST)
class Achievement(Node):
    """Something a student achieved, and what it is worth."""

    id: strawberry.ID
    type: AchievementType = one(portfolio.types, "type_id")
    title: str
    achieved_on: Date | None
    rounds: list[AchievementRound] | None = shown(list_size=3)
    points: DecimalString
    presence_points: DecimalString | None
    defence_points: DecimalString | None
    status: AchievementStatus
    added_by: Person | None = one(directory.people, "added_by_id")
    confirmed_by: Person | None = one(directory.people, "confirmed_by_id")
    attachments: list[Attachment] | None = shown(list_size=2)


@view_of(portfolio.Area)
class RatingArea:
    """A slice of the rating; the share is a fraction of 1."""

    name: str
    score: DecimalString
    share: DecimalString


@view_of(portfolio.Rating)
class PortfolioRating:
    """The personal score, and the average of the class beside it."""

    score: DecimalString
    class_average: DecimalString | None
    areas: list[RatingArea] | None = shown(list_size=6)


@view_of(portfolio.SectionRow)
class PortfolioSection:
    """The confirmed achievements of one type; the share is a fraction of all works."""

    type: AchievementType
    average_score: DecimalString | None
    share: DecimalString
    count: int


async def academic_results(portfolios: Sequence[Any], info: Info) -> list[Any]:
    """Study results, filled from the journal."""
    return list(await grades.performance_of([own["student"] for own in portfolios], info))


@view_of(portfolio.PortfolioDocument)
class Portfolio:
    """A student's achievements and the rating that follows from them."""

    rating: PortfolioRating | None = batch(portfolio.rating, visible_to=RATING_READERS, cost=5)
    sections: list[PortfolioSection] | None = batch(portfolio.sections_of, visible_to=RATING_READERS, list_size=10)
    academic_results: list[SubjectPerformance] | None = batch(academic_results, list_size=15)
    achievements: Connection[Achievement] | None = batch(portfolio.achievements_of)


@extends(people.Person)
class PortfolioOfStudent:
    """What the portfolio adds to a student."""

    portfolio: Portfolio | None = batch(portfolio.portfolio_of, "student_id", "school_id", "enrolments")
