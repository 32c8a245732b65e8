"""Declares mutations: from an action to a field with its one input, its directive and its roles."""

import dataclasses
import typing
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Final

import strawberry
from graphql import DirectiveLocation, GraphQLArgument, GraphQLDirective, GraphQLNonNull, GraphQLString
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.unset import UNSET

from connectors.vocabulary import Day, Days, PublicId, TimeOfDay
from gateway import writing
from gateway.context import Info
from gateway.engine.declarations import Batch, Invocation
from gateway.schema.arguments import IDS
from gateway.schema.descriptions import described_enum, of_attributes
from gateway.schema.fields import Roles, declared_field, view_of
from gateway.schema.scalars import Date, DateTime, DaysInput, DecimalString, LocalTime
from gateway.writing import ABSENT, Absent, Action, Mutation, UserErrorCode

COST: Final = 10
"""The cost of one mutation: a transaction takes about as long as ten reads."""

IDEMPOTENT: Final = GraphQLDirective(
    "idempotent",
    [DirectiveLocation.FIELD],
    {
        "key": GraphQLArgument(
            GraphQLNonNull(GraphQLString),
            description=(
                "A key that the client makes up for one change, such as a UUID; by default it has 1 to 255 characters."
            ),
        )
    },
    description=(
        "On a field of Mutation: sending the mutation again with the same key has no second effect, by default for "
        "seven days. The answer then names the field in `extensions.replayed`."
    ),
)

described_enum(UserErrorCode)


@view_of(writing.UserError)
class UserError:
    """What the person at the form can mend."""

    code: UserErrorCode
    """What kind of problem it is."""

    message: str
    """The problem in a sentence, in the language that the client asks for by Accept-Language."""

    field: list[str] | None
    """The path of the value inside `input`, with the places of lists as digits; null where the whole input is meant."""

    limit: str | None
    """The bound that the value passes; null where there is none."""

    retry_at: DateTime | None
    """When it will be possible; null where this is not known."""


def mutation(action: Action, *, subsystem: str, visible_to: Roles, needs_key: bool = False) -> Any:
    """A field of the root `Mutation` that carries out *action*, which changes *subsystem*.

    *needs_key* says whether it has to be sent with an idempotency key: where nothing else tells a second change from
    the first one sent again.
    """
    kind = next(iter(typing.get_type_hints(action).values()))  # of its first parameter
    mutation_field = Mutation(_camel(action.__name__), action, subsystem, needs_key)

    async def answer(roots: Sequence[object], info: Info, input: Any, invocation: Invocation) -> list[Any]:
        return [await mutation_field.run(input, info, invocation)] * len(roots)

    answer.__qualname__ = mutation_field.name
    adapted = Batch(
        answer,
        frozenset(),
        lambda values: {"input": _plain(values["input"], kind)},
        is_async=True,
        directive=IDEMPOTENT.name,
    )
    argument = StrawberryArgument(
        python_name="input",
        graphql_name=None,
        type_annotation=StrawberryAnnotation(input_of(kind)),
        default=UNSET,
        description="What to do.",
    )
    return declared_field(adapted, visible_to=visible_to, arguments=[argument], cost=COST)


@cache
def input_of(kind: type) -> type:
    """The GraphQL input of a dataclass, described by its docstrings; `is_one_of` makes it an input with one member."""
    hints = typing.get_type_hints(kind)
    texts = of_attributes(kind)
    members: dict[str, Any] = {"__annotations__": {}, "__module__": kind.__module__}
    for field in dataclasses.fields(kind):
        is_optional = field.default is None or field.default is ABSENT
        shown = _shown(hints[field.name])
        default = UNSET if is_optional else field.default
        members["__annotations__"][field.name] = shown | None if is_optional else shown
        described = texts.get(field.name)
        if default is dataclasses.MISSING:
            members[field.name] = strawberry.field(description=described)
        else:
            members[field.name] = strawberry.field(description=described, default=default)
    input_class = type(kind.__name__, (), members)
    return strawberry.input(
        input_class,
        name=f"{kind.__name__}Input",
        description=kind.__doc__,
        one_of=getattr(kind, "is_one_of", False),
    )


def _shown(hint: Any) -> Any:
    """The GraphQL type of a value: of `X | None | Absent`, that of X."""
    members = [one for one in typing.get_args(hint) if one not in {NoneType, Absent}]
    if typing.get_origin(hint) is tuple:
        return list[_shown(members[0])]  # type: ignore[misc] # a type made at run time
    if members:
        return _shown(members[0])
    if hint in IDS or hint is PublicId:
        return strawberry.ID
    if dataclasses.is_dataclass(hint):
        return input_of(typing.cast("type", hint))
    return {Day: Date, Days: DaysInput, TimeOfDay: LocalTime, Decimal: DecimalString, datetime: DateTime}.get(
        hint, hint
    )


def _plain(sent: Any, kind: type) -> Any:
    """The dataclass that an action takes, of what Strawberry made of the input."""
    hints = _hints(kind)
    values = {name: _value(getattr(sent, name), hints[name]) for name in hints if getattr(sent, name) is not UNSET}
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(sent: Any, hint: Any) -> Any:
    if isinstance(sent, DaysInput):
        return Days(sent.first, sent.last)
    if isinstance(sent, list):
        listed = next(one for one in (hint, *typing.get_args(hint)) if typing.get_origin(one) is tuple)
        return tuple(_value(one, typing.get_args(listed)[0]) for one in sent)
    kinds = [one for one in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(one)]
    return _plain(sent, typing.cast("type", kinds[0])) if kinds and sent is not None else sent


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


__all__ = ["IDEMPOTENT", "UserError", "input_of", "mutation"]
