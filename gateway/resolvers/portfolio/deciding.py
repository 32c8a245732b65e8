"""Actions of staff about achievements: confirm and reject those of families, set what a section is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connectors.mongo.transactions import Transaction
from connectors.portfolio import AchievementKind, AchievementStatus, ScoringTable
from connectors.vocabulary import AchievementTypeId, PublicId, mint, version_of
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.portfolio.achieving import NO_ACHIEVEMENT, found_achievement
from gateway.resolvers.portfolio.points import PRIZE_PLACES, checked_points, rescoring_pipeline
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_TYPE: Final = Text("The portfolio has no such section.", "В портфолио нет такого раздела.")
_OWN: Final = Text(
    "Who added or changed the achievement for the family does not decide about it.",
    "Тот, кто добавил или изменил достижение как ученик или родитель, не подтверждает его.",
)
_DECIDED: Final = Text("This achievement does not await confirmation.", "Это достижение не ждёт подтверждения.")
_PLACES: Final = Text("Give points for places 1 to {limit}, in this order.", "Укажите баллы за места с 1 по {limit}.")
_MISSING: Final = Text("Say how many points there are for it.", "Укажите, сколько за это баллов.")
_NOT_OF_KIND: Final = Text("This section has no such points.", "В этом разделе нет таких баллов.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAchievement:
    """The achievement that a teacher confirms."""

    achievement_id: PublicId
    """The id of the achievement (`Achievement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Achievement.version`); null confirms the achievement whatever its version is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectAchievement:
    """The achievement that a teacher rejects."""

    achievement_id: PublicId
    """The id of the achievement (`Achievement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Achievement.version`); null rejects the achievement whatever its version is."""

    reason: str | None = None
    """Why it is rejected, for the family to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScoringTable:
    """Points for the achievements of a section: places and taking part, or presence and defence."""

    type_id: AchievementTypeId
    """The section of the portfolio (`AchievementType.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`ScoringTable.version`), 0 where there was none; null overwrites any."""

    points_by_place: tuple[Decimal, ...] | None = None
    """The points for places 1, 2 and 3, in a section whose achievements have rounds."""

    points_for_participation: Decimal | None = None
    """The points for taking part («у»), in a section whose achievements have rounds."""

    max_presence_points: Decimal | None = None
    """The most points for presence, in a section whose achievements have points."""

    max_defence_points: Decimal | None = None
    """The most points for the defence, in a section whose achievements have points."""


async def confirm_achievement(input: ConfirmAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Confirm an achievement that a student or a parent added: from then on it counts in the rating (F115)."""
    decided = {"status": AchievementStatus.CONFIRMED, "confirmed_by_id": info.viewer.person_id}
    return await _decide(input, "confirmAchievement", decided, Problems(), info, transaction)


async def reject_achievement(input: RejectAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Reject an achievement that a student or a parent added; changed by them, it may be confirmed after all."""
    problems = Problems()
    reason = None
    if input.reason is not None:
        reason = checked_text(input.reason, problems, "reason", most=info.writing.rules.achievement_characters)
    rejected_by = info.viewer.person_id
    decided = {"status": AchievementStatus.REJECTED, "rejected_by_id": rejected_by, "rejection_reason": reason}
    return await _decide(input, "rejectAchievement", decided, problems, info, transaction)


async def _decide(
    input: ConfirmAchievement | RejectAchievement,
    action: str,
    decided: dict[str, Any],
    problems: Problems,
    info: Info,
    transaction: Transaction,
) -> Outcome:
    achievement, _ = await found_achievement(input.achievement_id, info, transaction)
    ids = {"achievement_id": achievement["_id"], "student_id": achievement["student_id"]} if achievement else {}
    if achievement is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_ACHIEVEMENT, "achievementId")
    problems.require_version(input.version)
    if achievement is not None and input.version is not ABSENT:
        if not problems.found and achievement["status"] == decided["status"]:
            return Outcome(ids, is_new=False)
        if not problems.is_stale(input.version, achievement):
            if achievement["status"] != AchievementStatus.UNCONFIRMED:
                problems.add(UserErrorCode.NOT_ALLOWED, _DECIDED, "achievementId")
            elif info.viewer.person_id in {achievement["added_by_id"], *achievement.get("edited_by_ids", ())}:
                problems.add(UserErrorCode.NOT_ALLOWED, _OWN, "achievementId")
    problems.in_order_of(input)
    problems.check(**ids)
    if achievement is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    await transaction.update("achievements", {"_id": achievement["_id"]}, {"$set": decided, "$inc": {"version": 1}})
    done = fact(
        info,
        action,
        achievement["_id"],
        achievement["school_id"],
        student_id=achievement["student_id"],
        before={"status": achievement["status"]},
        after={key: decided[key] for key in ("status", "rejection_reason") if key in decided},
        texts={"rejection_reason"},
    )
    return Outcome(ids, [done])


async def set_scoring_table(input: SetScoringTable, info: Info, transaction: Transaction) -> Outcome:
    """Set what the achievements of a section are worth; those that are there get their new points at once (F113)."""
    problems = Problems()
    found: Any = await transaction.find_one("achievement_types", {"_id": input.type_id}, columns=frozenset())
    stored: Any = await transaction.find_one("scoring_tables", {"type_id": input.type_id}, columns=frozenset())
    type_ = found if found is not None and found["school_id"] in info.viewer.school_ids else None
    if type_ is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_TYPE, "typeId")
    problems.require_version(input.version)
    ids = {"type_id": type_["_id"]} if type_ else {}
    if type_ is not None:
        problems.is_stale(input.version, stored or {})
    columns = _columns(input, type_["kind"], info, problems) if type_ is not None else {}
    problems.in_order_of(input)
    problems.check(**ids)
    if type_ is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    if stored is not None and all(stored.get(key) == value for key, value in columns.items()):
        return Outcome(ids, is_new=False)
    table = ScoringTable(
        _id=stored["_id"] if stored else mint("AchievementType", type_["_id"], "points"),
        school_id=type_["school_id"],
        type_id=type_["_id"],
        version=version_of(stored or {}) + 1,
        **columns,  # type: ignore[typeddict-item] # made for it
    )
    await transaction.put("scoring_tables", [table])
    await transaction.update_all("achievements", {"type_id": type_["_id"]}, rescoring_pipeline(type_["kind"], table))
    done = fact(info, "setScoringTable", type_["_id"], type_["school_id"], before=_only(stored), after=_only(table))
    return Outcome(ids, [done])


_POINTS: Final = ("points_by_place", "points_for_participation", "max_presence_points", "max_defence_points")


def _only(table: Any) -> dict[str, Any]:
    return {key: table[key] for key in _POINTS} if table else {}


def _columns(input: SetScoringTable, kind: AchievementKind, info: Info, problems: Problems) -> dict[str, Any]:
    """The stored fields of a scoring table, from the input; what is wrong with the input is added to *problems*."""
    has_rounds = kind == AchievementKind.ROUNDS
    most = info.writing.rules.most_points
    by_place = _places(input.points_by_place, most, problems, is_wanted=has_rounds)

    def one(sent: Decimal | None, name: str, *, is_wanted: bool) -> int | float:
        if is_wanted and sent is None:
            problems.add(UserErrorCode.REQUIRED, _MISSING, name)
        elif not is_wanted and sent is not None:
            problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, name)
        return checked_points(sent, most, problems, name) if is_wanted and sent is not None else 0

    return {
        "points_by_place": by_place,
        "points_for_participation": one(input.points_for_participation, "pointsForParticipation", is_wanted=has_rounds),
        "max_presence_points": one(input.max_presence_points, "maxPresencePoints", is_wanted=not has_rounds),
        "max_defence_points": one(input.max_defence_points, "maxDefencePoints", is_wanted=not has_rounds),
    }


def _places(sent: Sequence[Decimal] | None, most: int, problems: Problems, *, is_wanted: bool) -> list[int | float]:
    if not is_wanted:
        if sent is not None:
            problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, "pointsByPlace")
        return []
    if sent is None or len(sent) != PRIZE_PLACES:
        code = UserErrorCode.REQUIRED if not sent else UserErrorCode.INVALID_INPUT
        problems.add(code, _PLACES.format(limit=PRIZE_PLACES), "pointsByPlace", limit=PRIZE_PLACES)
        return []
    return [checked_points(one, most, problems, "pointsByPlace", place) for place, one in enumerate(sent)]
