"""Computes the points of achievements by the scoring table of their type, which is a section of the portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connectors.portfolio import AchievementKind, AchievementRound, ScoringTable
from gateway.averages import stored
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.write_rules import WriteRules
from gateway.writing import Problems, UserErrorCode

PRIZE_PLACES: Final = 3
"""The places of a round that a school gives points of their own."""

_NO_ROUNDS: Final = Text("Name at least one round.", "Назовите хотя бы один тур.")
_NO_POINTS: Final = Text("Say how many points there are for presence.", "Укажите баллы за наличие.")
_NOT_OF_KIND: Final = Text(
    "Achievements of this section have no such value.", "У достижений этого раздела нет такого значения."
)
_PLACE: Final = Text("A place is 1, 2 or 3; without one the student took part.", "Место — 1, 2 или 3; без места — «у».")
_TOO_MANY: Final = Text("An achievement has at most {limit} rounds.", "У достижения не более {limit} туров.")
_NEGATIVE: Final = Text("Points are 0 or more.", "Баллы — это число не меньше 0.")
_TOO_GREAT: Final = Text("The school gives at most {limit} points.", "Школа даёт не более {limit} баллов.")
_TWICE: Final = Text("Two rounds have this name.", "Так названы два тура.")
_EXACT: Final = Text("Points have at most two decimal places.", "У баллов не более двух знаков после запятой.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of an olympiad or a contest (тур) that the student took part in."""

    name: str
    """The name of the round."""

    place: int | None = None
    """The place, 1 to 3; null for taking part («у»)."""


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """The rounds or the points of an achievement; where an edit leaves them out, those that are stored."""

    rounds: Sequence[Round] | None
    presence: Decimal | None
    """Points for having the achievement («за наличие»)."""
    defence: Decimal | None
    """Points for defending it («за защиту»)."""


def scored_columns(
    sent: ScoreInput, kind: AchievementKind, table: ScoringTable | None, rules: WriteRules, problems: Problems
) -> dict[str, Any]:
    """The columns of an achievement that hold its rounds and points; notes the problems of what was *sent*."""
    if kind == AchievementKind.ROUNDS:
        for value, name in ((sent.presence, "presencePoints"), (sent.defence, "defencePoints")):
            if value is not None:
                problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, name)
        rounds = _rounds(sent.rounds or (), table, rules, problems)
        return {
            "rounds": rounds,
            "presence_points": None,
            "defence_points": None,
            "points": total([one["points"] for one in rounds]),
        }
    if sent.rounds:
        problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, "rounds")
    if sent.presence is None:
        problems.add(UserErrorCode.REQUIRED, _NO_POINTS, "presencePoints")
    presence = checked_points(
        sent.presence or Decimal(0), _most(table, "max_presence_points"), problems, "presencePoints"
    )
    defence = checked_points(sent.defence or Decimal(0), _most(table, "max_defence_points"), problems, "defencePoints")
    return {
        "rounds": [],
        "presence_points": presence,
        "defence_points": None if sent.defence is None else defence,
        "points": total([presence, defence]),
    }


def _rounds(
    sent: Sequence[Round], table: ScoringTable | None, rules: WriteRules, problems: Problems
) -> list[AchievementRound]:
    most = rules.achievement_rounds
    if not sent:
        problems.add(UserErrorCode.REQUIRED, _NO_ROUNDS, "rounds")
    elif len(sent) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "rounds", limit=most)
        return []
    rounds: list[AchievementRound] = []
    for index, one in enumerate(sent):
        name = checked_text(one.name, problems, "rounds", index, "name", most=rules.round_characters)
        if name and any(own["name"] == name for own in rounds):
            problems.add(UserErrorCode.TAKEN, _TWICE, "rounds", index, "name")
        if one.place is not None and not 1 <= one.place <= PRIZE_PLACES:
            limit = 1 if one.place < 1 else PRIZE_PLACES
            problems.add(UserErrorCode.OUT_OF_RANGE, _PLACE, "rounds", index, "place", limit=limit)
            continue
        rounds.append(
            AchievementRound(name=name, place=one.place, participated=True, points=_points_for(one.place, table))
        )
    return rounds


def _points_for(place: int | None, table: ScoringTable | None) -> int | float:
    if table is None:
        return 0
    by_place = table["points_by_place"]
    is_placed = place is not None and place <= len(by_place)
    return by_place[place - 1] if is_placed and place is not None else table["points_for_participation"]


def _most(table: ScoringTable | None, key: str) -> int | float:
    return 0 if table is None else dict(table)[key]  # type: ignore[return-value] # a column of numbers


def checked_points(sent: Decimal, most: float, problems: Problems, *path: str | int) -> int | float:
    """The points as they are stored; notes a problem of points below 0, above *most*, or with more decimals."""
    if sent < 0:
        problems.add(UserErrorCode.OUT_OF_RANGE, _NEGATIVE, *path, limit=0)
    elif sent > Decimal(str(most)):
        problems.add(UserErrorCode.OUT_OF_RANGE, _TOO_GREAT.format(limit=most), *path, limit=most)
    elif sent != round(sent, 2):
        problems.add(UserErrorCode.INVALID_INPUT, _EXACT, *path)
    return stored(sent)


def total(points: Sequence[float]) -> int | float:
    """The exact sum of points, as it is stored."""
    return stored(sum((Decimal(str(one)) for one in points), Decimal(0)))


def rescoring_pipeline(kind: AchievementKind, table: ScoringTable) -> list[dict[str, Any]]:
    """The update that computes the points of each achievement of a type by *table*; points sent stay as they are."""
    if kind == AchievementKind.ROUNDS:
        prices = [{"case": {"$eq": ["$$one.place", n]}, "then": p} for n, p in enumerate(table["points_by_place"], 1)]
        price: Any = table["points_for_participation"]
        if prices:
            price = {"$switch": {"branches": prices, "default": price}}
        one = {"$mergeObjects": ["$$one", {"points": {"$cond": ["$$one.participated", price, 0]}}]}
        return [
            {"$set": {"rounds": {"$map": {"input": "$rounds", "as": "one", "in": one}}}},
            {"$set": {"points": {"$round": [{"$sum": "$rounds.points"}, 2]}}},
        ]
    parts = [
        {"$min": [{"$ifNull": [f"${key}", 0]}, dict(table)[f"max_{key}"]]}
        for key in ("presence_points", "defence_points")
    ]
    return [{"$set": {"points": {"$round": [{"$add": parts}, 2]}}}]
