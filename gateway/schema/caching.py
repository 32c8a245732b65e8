"""`@cacheControl`: for how long clients may keep what they got, and how that is printed."""

from enum import Enum
from typing import Final

import strawberry
from strawberry.schema_directive import Location

from gateway.engine.declarations import CacheControl
from gateway.schema.descriptions import described_enum

STEADY: Final = CacheControl(300)
"""What changes a few times a year, and is the same for everybody who may read it."""
OWN: Final = CacheControl(300, is_private=True)
"""The same where who asks decides what is found."""
NEVER: Final = CacheControl(0, is_private=True)
"""What is somebody's own: it is not to be kept, not even by his own machine, which may be the school's."""


@described_enum
class CacheControlScope(Enum):
    """Who may keep an answer."""

    PUBLIC = "PUBLIC"
    """Every cache on the way may keep the answer."""

    PRIVATE = "PRIVATE"
    """Only the client itself may keep the answer."""


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="cacheControl",
    description=(
        "For how many seconds a client may keep the value, and who may. An answer may be kept as long as the value "
        "in it that is kept shortest; an object without the directive may not be kept."
    ),
)
class CacheControlDirective:
    max_age: int
    """How many seconds."""

    scope: CacheControlScope
    """Who may keep it."""


def directives(cache: CacheControl | None) -> list[object]:
    """How it is printed in the SDL."""
    if cache is None:
        return []
    return [
        CacheControlDirective(
            max_age=cache.max_age, scope=CacheControlScope.PRIVATE if cache.is_private else CacheControlScope.PUBLIC
        )
    ]
