"""The scalars of the graph, and the range of days."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError

from gateway.averages import plain
from gateway.engine.plan.leaf_types import left_to_json
from gateway.schema.descriptions import described_input

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
_LOCAL_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def _matches(pattern: re.Pattern[str], sent: object) -> bool:
    return isinstance(sent, str) and pattern.fullmatch(sent) is not None


def _day(sent: Any) -> str:
    try:
        if _matches(_DAY, sent):
            return date.fromisoformat(sent).isoformat()
    except ValueError:
        pass
    message = "Date takes a school day such as 2026-09-01."
    raise GraphQLError(message)


def _instant(sent: Any) -> datetime:
    try:
        if _matches(_INSTANT, sent):
            return datetime.fromisoformat(sent)
    except ValueError:
        pass
    message = "DateTime takes an instant with its offset such as 2026-09-01T08:30:00+05:00."
    raise GraphQLError(message)


def _local_time(sent: Any) -> str:
    if not _matches(_LOCAL_TIME, sent):
        message = "LocalTime takes a time of day such as 08:30."
        raise GraphQLError(message)
    return str(sent)


def _decimal(sent: Any) -> Decimal:
    text = str(sent) if type(sent) in {int, float} else sent
    if not _matches(_DECIMAL, text):
        message = 'Decimal takes a decimal number as a string such as "4.25".'
        raise GraphQLError(message)
    return Decimal(text)


@left_to_json(str, writes_digits=True)
def decimal_text(number: Any) -> str:
    """The number as decimal digits without an exponent or trailing zeros; strings are returned as they are."""
    if type(number) is str or type(number) is int:
        return str(number)
    return plain(number)


@left_to_json(datetime)
def instant_text(moment: datetime) -> str:
    """The instant in ISO 8601 with seconds and offset."""
    return moment.isoformat(timespec="seconds")


Date = NewType("Date", str)
DateTime = NewType("DateTime", datetime)
LocalTime = NewType("LocalTime", str)
DecimalString = NewType("DecimalString", str)

SCALARS: Final[dict[object, Any]] = {
    Date: strawberry.scalar(
        name="Date", description="A calendar day of the school, such as 2026-09-01.", serialize=str, parse_value=_day
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant with the offset of the school's time zone, such as 2026-09-01T08:30:00+05:00.",
        serialize=instant_text,
        parse_value=_instant,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime", description="A time of day, such as 08:30.", serialize=str, parse_value=_local_time
    ),
    DecimalString: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string. Averages and shares have two places, "4.00"; '
        'other numbers have no trailing zeros, "4".',
        serialize=decimal_text,
        parse_value=_decimal,
    ),
}
"""How each scalar is serialized and parsed."""


@described_input
@strawberry.input(name="Days", description="A range of days; both ends belong to it.")
class DaysInput:
    first: Date
    """The first day."""

    last: Date
    """The last day; it belongs to the range."""
