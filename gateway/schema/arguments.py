"""Derives GraphQL arguments from a resolver's signature, and converts sent values into what the resolver takes."""

import base64
import binascii
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import orjson
import strawberry
from strawberry.types.unset import UNSET

from connectors.vocabulary import (
    AchievementTypeId,
    ClassId,
    Day,
    Days,
    GradeScaleId,
    GroupId,
    Paging,
    PeriodId,
    PublicId,
    SchoolId,
    StudentId,
    SubjectId,
    WorkKindId,
    kind_of,
)
from gateway.errors import NOT_A_CURSOR, InvalidInput
from gateway.languages import Text
from gateway.schema.scalars import Date, DaysInput, DecimalString

MAX_FIRST: Final = 100
DEFAULT_FIRST: Final = 20

IDS: Final[Mapping[Any, str]] = {
    AchievementTypeId: "AchievementType",
    ClassId: "Class",
    GradeScaleId: "GradeScale",
    GroupId: "Group",
    PeriodId: "AttestationPeriod",
    SchoolId: "School",
    StudentId: "Student",
    SubjectId: "Subject",
    WorkKindId: "WorkKind",
}
"""For each Python type of an id the GraphQL type of the objects that it identifies."""

ARGUMENTS: Final[Mapping[str, str]] = {
    "academic_year": "Only those of this academic year, named like 2026/27; of all years without it.",
    "after": "Continue after this cursor of an earlier page.",
    "class_id": "Only the students of this class.",
    "days": "Only those of these days; of all time without them.",
    "first": f"How many to return at most, 1 to {MAX_FIRST}.",
    "grade_level": "Only the classes of this grade level.",
    "group_id": "Only the students of this study group.",
    "id": "The id of the object.",
    "journal": "Only those of this journal.",
    "kind_id": "Only those of this kind of work.",
    "max_value": "Only those whose number is at most this; leaves out marks that are no numbers.",
    "min_value": "Only those whose number is at least this; leaves out marks that are no numbers.",
    "on": "The day; today without it.",
    "order_by": "The order of the list.",
    "period_id": "Only those of this attestation period.",
    "purpose": "Only those of this purpose.",
    "search": "Only those with words in their name that begin like each of these words.",
    "statuses": "Only those with one of these statuses.",
    "state": "Only those in this state.",
    "status": "Only those with this status.",
    "subject_id": "Only those of this subject.",
    "type_id": "Only those of this section of the portfolio.",
    "week": "Any day of the week; today without it.",
}
"""The descriptions of arguments, by their names: an argument means the same in every field."""

_NOT_THE_ID: Final = Text("not the id of a {kind}", "это не идентификатор {kind}")
_REVERSED: Final = Text("the last day is before the first", "последний день раньше первого")
_LESS: Final = Text("{most} is less than {least}", "{most} меньше {least}")
_OUT_OF_RANGE: Final = Text(
    "first is {first}; it must be 1 to {maximum}", "first равно {first}; допустимо от 1 до {maximum}"
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One GraphQL argument of a field."""

    name: str
    type: Any
    default: Any
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """The GraphQL arguments of a resolver, and the steps that convert their values."""

    arguments: tuple[Argument, ...]
    steps: tuple[Callable[[dict[str, Any]], None], ...]
    is_paged: bool = False
    """Whether the resolver answers with a page of a list, as long as `first` says."""

    def adapt(self, values: dict[str, Any]) -> dict[str, Any]:
        """Convert the *values* that a client sent into the resolver's arguments.

        Raises:
            InvalidInput: a value cannot be used; names the argument at fault.
        """
        adapted = {name: value for name, value in values.items() if value is not UNSET}
        for step in self.steps:
            step(adapted)
        return adapted


def arguments_of(resolver: Callable[..., Any], descriptions: Mapping[str, str]) -> Adapter:
    """The arguments that *resolver* takes after its parents and `info`.

    *descriptions* are those of the arguments that do not mean what `ARGUMENTS` says.
    """
    texts = {**ARGUMENTS, **descriptions}
    hints = typing.get_type_hints(resolver)
    arguments: list[Argument] = []
    steps: list[Callable[[dict[str, Any]], None]] = []
    is_paged = False
    parameters = list(inspect.signature(resolver).parameters.values())[2:]
    names = {parameter.name for parameter in parameters}
    for parameter in parameters:
        hint, optional = _bare(hints[parameter.name])
        default = UNSET if parameter.default in {inspect.Parameter.empty, None} else parameter.default
        if hint is Paging:
            arguments += [
                Argument("first", int | None, DEFAULT_FIRST, texts["first"]),
                Argument("after", str | None, UNSET, texts["after"]),
            ]
            steps.append(_paging_step(parameter.name))
            is_paged = True
            continue
        shown = _graphql_type(hint)
        described = texts.get(parameter.name)
        arguments.append(Argument(parameter.name, shown | None if optional else shown, default, described))
        step = _step(parameter.name, hint)
        if step:
            steps.append(step)
        stem = parameter.name.removeprefix("min_")
        if stem != parameter.name and f"max_{stem}" in names:
            steps.append(_bounds_step(parameter.name, f"max_{stem}"))
    return Adapter(tuple(arguments), tuple(steps), is_paged)


def _bare(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        return rest[0], True
    return hint, False


def _graphql_type(hint: Any) -> Any:
    if hint in IDS:
        return strawberry.ID
    if typing.get_origin(hint) is tuple:
        return list[_graphql_type(typing.get_args(hint)[0])]  # type: ignore[misc] # a type made at run time
    return {Days: DaysInput, Day: Date, Decimal: DecimalString, PublicId: strawberry.ID}.get(hint, hint)


def _step(name: str, hint: Any) -> Callable[[dict[str, Any]], None] | None:
    if hint in IDS:
        return _id_step(name, IDS[hint])
    if hint is Days:
        return _days_step(name)
    if typing.get_origin(hint) is tuple:
        return _tuple_step(name)
    return None


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _id_step(name: str, kind: str) -> Callable[[dict[str, Any]], None]:
    def step(values: dict[str, Any]) -> None:
        sent = values.get(name)
        if sent is not None and kind_of(sent) != kind:
            raise InvalidInput(_camel(name), reason=_NOT_THE_ID.format(kind=kind))

    return step


def _days_step(name: str) -> Callable[[dict[str, Any]], None]:
    def step(values: dict[str, Any]) -> None:
        sent = values.get(name)
        if sent is None:
            return
        if sent.last < sent.first:
            raise InvalidInput(_camel(name), "last", reason=_REVERSED)
        values[name] = Days(sent.first, sent.last)

    return step


def _bounds_step(least: str, most: str) -> Callable[[dict[str, Any]], None]:
    def step(values: dict[str, Any]) -> None:
        low, high = values.get(least), values.get(most)
        if low is not None and high is not None and high < low:
            raise InvalidInput(_camel(most), reason=_LESS.format(most=_camel(most), least=_camel(least)))

    return step


def _tuple_step(name: str) -> Callable[[dict[str, Any]], None]:
    def step(values: dict[str, Any]) -> None:
        if values.get(name) is not None:
            values[name] = tuple(values[name])

    return step


def _paging_step(name: str) -> Callable[[dict[str, Any]], None]:
    def step(values: dict[str, Any]) -> None:
        first = values.pop("first", DEFAULT_FIRST)
        after = values.pop("after", None)
        first = DEFAULT_FIRST if first is None else first
        if not 1 <= first <= MAX_FIRST:
            raise InvalidInput("first", reason=_OUT_OF_RANGE.format(first=first, maximum=MAX_FIRST))
        values[name] = Paging(first, None if after is None else place(after))

    return step


def cursor(values: tuple[Any, ...]) -> str:
    """The opaque cursor of the entry with these sort values."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def place(cursor: str) -> tuple[Any, ...]:
    """The sort values that a cursor encodes; raises `InvalidInput` where it is not a cursor of this gateway."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    if (
        not isinstance(values, list)
        or not values
        or not all(v is None or isinstance(v, str | float) or _is_stored(v) for v in values)
    ):
        raise InvalidInput("after", reason=NOT_A_CURSOR)
    return tuple(_instant(v) if isinstance(v, str) and v.startswith("@") else v for v in values)


def _is_stored(value: object) -> bool:
    """Whether *value* is an integer that MongoDB can hold."""
    return isinstance(value, int) and -(2**63) <= value < 2**63


def _instant(place: str) -> datetime:
    try:
        return datetime.fromisoformat(place[1:]).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the latter: in UTC it lies before the year 1 or after 9999
        raise InvalidInput("after", reason=NOT_A_CURSOR) from error
