"""`visible_to`: the one place a role rule is written, and how it is printed."""

from collections.abc import Collection
from typing import Final

import strawberry
from strawberry.schema_directive import Location

from auth.viewer import FAMILY, STAFF, Role
from gateway.schema.descriptions import described_enum

described_enum(Role)

EVERYONE: Final[frozenset[Role]] = frozenset(Role)
NOT_ANALYST: Final[frozenset[Role]] = FAMILY | STAFF
"""The roles that read data of persons; analysts read aggregates only."""


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    description=(
        "The only roles that may read this. For all others it is absent from introspection and pruned from operations."
    ),
)
class VisibleTo:
    roles: list[Role]
    """The roles that may read it."""


def restriction_of(visible_to: Collection[Role]) -> frozenset[Role] | None:
    """The roles of *visible_to* as a set; None where they are all roles, which restricts nothing."""
    return None if set(visible_to) >= EVERYONE else frozenset(visible_to)


def in_order(roles: Collection[Role]) -> list[Role]:
    """Roles in the order of their enumeration, as they are printed."""
    return [role for role in Role if role in roles]
