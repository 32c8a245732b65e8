"""The scalars of the graph, and the range of days."""

import re
from datetime import date, datetime
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError

from gateway.engine.plan.leaf_types import left_to_json
from gateway.schema.descriptions import described_input

_LOCAL_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_DECIMAL = re.compile(r"^-?\d{1,12}(\.\d{1,6})?$")


def _day(sent: Any) -> str:
    try:
        return date.fromisoformat(sent).isoformat()
    except (TypeError, ValueError) as error:
        message = "Date takes a school day such as 2026-09-01."
        raise GraphQLError(message) from error


def _instant(sent: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(sent)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "DateTime takes an instant with its offset such as 2026-09-01T08:30:00+05:00."
        raise GraphQLError(message)
    return moment


def _local_time(sent: Any) -> str:
    if not isinstance(sent, str) or not _LOCAL_TIME.match(sent):
        message = "LocalTime takes a time of day such as 08:30."
        raise GraphQLError(message)
    return sent


def _decimal(sent: Any) -> str:
    text = str(sent) if isinstance(sent, int | float) and not isinstance(sent, bool) else sent
    if not isinstance(text, str) or not _DECIMAL.match(text):
        message = 'Decimal takes a decimal number as a string such as "4.25".'
        raise GraphQLError(message)
    return text


@left_to_json(datetime)
def told(moment: datetime) -> str:
    """An instant as the graph tells it: seconds and offset."""
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
        serialize=told,
        parse_value=_instant,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime", description="A time of day, such as 08:30.", serialize=str, parse_value=_local_time
    ),
    DecimalString: strawberry.scalar(
        name="Decimal", description='A decimal number as a string, such as "4.25".', serialize=str, parse_value=_decimal
    ),
}
"""How each scalar is written and read."""


@described_input
@strawberry.input(name="Days", description="A range of days; both ends belong to it.")
class DaysInput:
    first: Date
    """The first day."""

    last: Date
    """The last day; it belongs to the range."""
