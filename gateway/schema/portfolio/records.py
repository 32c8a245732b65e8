"""Portfolio: achievements, sections, rating."""

from collections.abc import Sequence
from typing import Any

import strawberry

from auth.viewer import TEACHING, Role
from connectors import directory as people
from connectors import portfolio as documents
from connectors.portfolio import AchievementKind, AchievementStatus
from connectors.vocabulary import version_of
from gateway.context import Info
from gateway.resolvers import directory, grades, portfolio
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, one, shown, value, view_of
from gateway.schema.files import Attachment, attachments
from gateway.schema.grades import SubjectPerformance
from gateway.schema.node import Node
from gateway.schema.people import Person
from gateway.schema.references import Student
from gateway.schema.scalars import Date, DecimalString
from gateway.schema.visibility import NOT_ANALYST

described_enum(AchievementKind)
described_enum(AchievementStatus)

RATING_READERS = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})
"""The roles that may read ratings; teachers read only achievements to be confirmed."""


@view_of(documents.ScoringTable, visible_to=NOT_ANALYST)
class ScoringTable:
    """The points that a school gives for the achievements of a section (таблица баллов)."""

    points_by_place: list[DecimalString] = shown(list_size=3)
    """The points for places 1, 2 and 3 in a round; empty for a section whose achievements have points."""

    points_for_participation: DecimalString
    """The points for taking part in a round («у»)."""

    max_presence_points: DecimalString
    """The most points for presence (за наличие)."""

    max_defence_points: DecimalString
    """The most points for the defence (за защиту)."""

    version: int = value(version_of, "version")
    """How often the table was changed; `setScoringTable` asks for it."""


@view_of(documents.AchievementType)
class AchievementType:
    """A section of the portfolio (раздел)."""

    id: strawberry.ID
    """Identifies the section; `achievements(typeId:)` takes it."""

    name: str
    """The name of the section."""

    kind: AchievementKind
    """Whether its achievements have rounds or points."""

    is_linked_to_teacher: bool = value(portfolio.is_linked_to_teacher, "is_outside")
    """Whether its achievements may stand in the portfolio of the teacher who prepared the student; not so for
    additional education outside the school."""

    scoring: ScoringTable | None = batch(portfolio.scoring_of, "_id", visible_to=NOT_ANALYST)
    """What its achievements are worth; null where the school has not said."""


@view_of(documents.AchievementRound)
class AchievementRound:
    """A round of an olympiad or a contest (тур)."""

    name: str
    """The name of the round (тур)."""

    place: int | None
    """The place, 1 to 3; null for no such place."""

    participated: bool
    """Whether the student took part («у»)."""

    points: DecimalString
    """The points for the round."""


@view_of(documents.Achievement, visible_to=NOT_ANALYST, found_by=portfolio.achievements_by_ids)
class Achievement(Node):
    """Something that a student achieved (достижение), and the points for it."""

    id: strawberry.ID
    type: AchievementType = one(portfolio.types, "type_id")
    """The section that the achievement belongs to."""

    title: str
    """What was achieved."""

    achieved_on: Date | None
    """The day of the achievement; null where it is not known."""

    rounds: list[AchievementRound] | None = shown(list_size=3)
    """The rounds of an olympiad or a contest; empty for an achievement with points."""

    points: DecimalString
    """The points that the achievement brings to the rating, once it is confirmed."""

    presence_points: DecimalString | None
    """The points for presence; null for an achievement with rounds."""

    defence_points: DecimalString | None
    """The points for the defence (защита); null for an achievement with rounds."""

    status: AchievementStatus
    """Whether the achievement is confirmed."""

    added_by: Person | None = one(directory.people, "added_by_id")
    """Who added the achievement."""

    confirmed_by: Person | None = one(directory.people, "confirmed_by_id")
    """Who confirmed the achievement; null until then."""

    attachments: list[Attachment] | None = attachments()
    """The files that prove the achievement."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose achievement it is."""

    teacher: Person | None = one(directory.people, "teacher_id")
    """The teacher who prepared the student, in whose portfolio it stands, too; null where there is none."""

    rejection_reason: str | None = value(portfolio.rejection_reason, "rejection_reason")
    """Why the achievement was rejected; null where it was not, or nothing was said."""

    version: int = value(version_of, "version")
    """How often the achievement was changed; the mutations about it ask for it."""


@view_of(documents.Achievement, visible_to=TEACHING, name="PreparedAchievement")
class PreparedAchievement:
    """A confirmed achievement of a student whom the teacher prepared for it: part of the teacher's own portfolio."""

    id: strawberry.ID
    """Identifies the achievement in this list."""

    person: Person | None = one(directory.people_of_students, "student_id")
    """The student by name."""

    type: AchievementType = one(portfolio.types, "type_id")
    """The section that the achievement belongs to."""

    title: str
    """What was achieved."""

    achieved_on: Date | None
    """The day of the achievement; null where it is not known."""

    rounds: list[AchievementRound] = shown(list_size=3)
    """The rounds of an olympiad or a contest; empty for an achievement with points."""

    points: DecimalString
    """The points of the achievement."""


@view_of(portfolio.Area)
class RatingArea:
    """An area that the rating is made of."""

    name: str
    """The name of the area."""

    score: DecimalString
    """The points of the area."""

    share: DecimalString
    """The share of the area in the whole score, 0 to 1."""


@view_of(portfolio.Rating)
class PortfolioRating:
    """A student's rating (рейтинг) with the average of the class."""

    score: DecimalString
    """The student's score: the points of all confirmed achievements."""

    class_average: DecimalString | None
    """The average score of the class; null for a class so small that it would reveal one student's score."""

    areas: list[RatingArea] | None = shown(list_size=6)
    """The areas that the score is made of."""


@view_of(portfolio.SectionRow)
class PortfolioSection:
    """A section of the portfolio with its confirmed achievements summed up."""

    type: AchievementType
    """The section."""

    average_score: DecimalString | None
    """The average of the points of its achievements; null where there are none."""

    share: DecimalString
    """The share of its achievements among all, 0 to 1."""

    count: int
    """How many achievements it has."""


async def academic_results(portfolios: Sequence[Any], info: Info) -> list[Any]:
    """Study results, filled from the journal."""
    return list(await grades.performance_of([own["student"] for own in portfolios], info))


@view_of(portfolio.PortfolioDocument)
class Portfolio:
    """A student's portfolio (портфолио): achievements and the rating that follows from them."""

    rating: PortfolioRating | None = batch(portfolio.rating, visible_to=RATING_READERS, cost=5)
    """The rating (рейтинг): the score from confirmed achievements, the average of the class, and the areas."""

    sections: list[PortfolioSection] | None = batch(portfolio.sections_of, visible_to=RATING_READERS, list_size=10)
    """The sections with their averages and shares, the one with most points first."""

    academic_results: list[SubjectPerformance] | None = batch(academic_results, list_size=15)
    """The results of study: the report card of today."""

    achievements: Connection[Achievement] | None = batch(portfolio.achievements_of)
    """Achievements (достижения), the latest first. A teacher reads those that await confirmation."""


@extends(people.Person)
class PortfolioOfStudent:
    """What the portfolio adds to a student."""

    portfolio: Portfolio | None = batch(portfolio.portfolio_of, "student_id", "school_id", "enrolments", "memberships")
    """The portfolio (портфолио): achievements and the rating that follows from them."""


@extends(people.School)
class PortfolioOfSchool:
    """What the portfolio adds to a school."""

    achievement_types: list[AchievementType] | None = batch(
        portfolio.types_of_schools, "_id", visible_to=NOT_ANALYST, list_size=10
    )
    """The sections of portfolios (разделы портфолио), by name."""


@extends(directory.ViewerDocument)
class PortfolioOfViewer:
    """What the portfolio adds to the viewer."""

    achievements_to_confirm: Connection[Achievement] | None = batch(
        portfolio.achievements_to_confirm, visible_to=TEACHING
    )
    """The achievements of the students taught or led that await confirmation («н/п»), the latest first."""

    prepared_achievements: Connection[PreparedAchievement] | None = batch(
        portfolio.prepared_achievements, visible_to=TEACHING
    )
    """The teacher's own portfolio (портфолио учителя): confirmed achievements of students whom they prepared, the
    latest first."""
