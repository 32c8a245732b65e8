"""`@cost` and `@listSize`: the declared cost of a field, and how the schema prints it."""

from typing import Final

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.unset import UNSET

from gateway.engine.declarations import ListSize

PAGED: Final = ListSize(slicing_arguments=("first",), sized_fields=("edges", "nodes"))
"""The size of a connection: the argument `first` bounds its lists."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="The cost of one value of the field; without the directive an object costs 1 and a scalar 0.",
)
class Cost:
    weight: int
    """The cost of one value."""
    days_per_unit: int | None = UNSET
    """How many days of the argument `days` cost 1 more; without that argument 366 days are taken."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="The length that a list is assumed to have when the cost of an operation is estimated.",
)
class ListSizeDirective:
    assumed_size: int | None = UNSET
    """The length that the list is taken to have where no argument says it."""

    slicing_arguments: list[str] | None = UNSET
    """The arguments of the field that say how long the list is at most."""

    sized_fields: list[str] | None = UNSET
    """The fields of the returned object whose lists have this length; without them, the field itself."""

    require_one_slicing_argument: bool | None = UNSET
    """Whether an operation must give exactly one of the slicing arguments."""


def directives(cost: int | None, list_size: ListSize | None, days_per_unit: int | None = None) -> list[object]:
    """The directives as the printed schema shows them."""
    printed: list[object] = []
    if cost is not None:
        printed.append(Cost(weight=cost, days_per_unit=UNSET if days_per_unit is None else days_per_unit))
    if list_size is not None:
        printed.append(
            ListSizeDirective(
                assumed_size=UNSET if list_size.assumed is None else list_size.assumed,
                slicing_arguments=list(list_size.slicing_arguments) or UNSET,
                sized_fields=list(list_size.sized_fields) or UNSET,
                require_one_slicing_argument=UNSET if list_size.requires_one else False,
            )
        )
    return printed
