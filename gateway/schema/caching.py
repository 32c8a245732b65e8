"""`@cacheControl`: for how long clients may keep what they got, and how that is printed."""

from enum import Enum
from typing import Final

import strawberry
from strawberry.schema_directive import Location

from gateway.engine.declarations import CacheControl

STEADY: Final = CacheControl(300)
"""What changes a few times a year, and is the same for everybody who may read it."""
OWN: Final = CacheControl(300, is_private=True)
"""The same where who asks decides what is found."""
NEVER: Final = CacheControl(0, is_private=True)
"""What is somebody's own: it is not to be kept, not even by his own machine, which may be the school's."""


@strawberry.enum(
    name="CacheControlScope", description="Who may keep an answer: everybody on its way, or the client alone."
)
class Scope(Enum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="cacheControl",
    description=(
        "For how many seconds a client may keep it; an answer lasts as long as the shortest of what it holds. "
        "An object of which nothing is said is not to be kept."
    ),
)
class CacheControlDirective:
    max_age: int
    scope: Scope


def directives(cache: CacheControl | None) -> list[object]:
    """How it is printed in the SDL."""
    if cache is None:
        return []
    return [CacheControlDirective(max_age=cache.max_age, scope=Scope.PRIVATE if cache.is_private else Scope.PUBLIC)]
