"""`@cacheControl`: for how long clients may keep a value, and how the schema prints it."""

from enum import Enum
from typing import Final

import strawberry
from strawberry.schema_directive import Location

from gateway.engine.declarations import CacheControl
from gateway.schema.descriptions import described_enum

STEADY: Final = CacheControl(300)
"""For objects that change a few times a year and are equal for all who may read them."""
OWN: Final = CacheControl(300, is_private=True)
"""For such objects where the viewer decides which of them are found."""
NEVER: Final = CacheControl(0, is_private=True)
"""For personal data: even the client may not cache it, because its device may belong to the school."""


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
    """The directive as the printed schema shows it; none where nothing is declared."""
    if cache is None:
        return []
    return [
        CacheControlDirective(
            max_age=cache.max_age, scope=CacheControlScope.PRIVATE if cache.is_private else CacheControlScope.PUBLIC
        )
    ]
