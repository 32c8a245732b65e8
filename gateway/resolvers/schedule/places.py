"""Where a lesson takes place."""

from typing import Any, Protocol

from gateway.context import Info
from gateway.free_text import checked_text
from gateway.writing import Absent, Problems


class Placed(Protocol):
    """An input that may say where a lesson takes place."""

    @property
    def room(self) -> str | Absent | None: ...
    @property
    def building(self) -> str | Absent | None: ...


def checked_place(input: Placed, info: Info, problems: Problems) -> dict[str, Any]:
    """The room and the building that an input names."""
    place: dict[str, Any] = {}
    for key, sent in (("room", input.room), ("building", input.building)):
        if not isinstance(sent, Absent):
            most = info.writing.rules.room_characters
            place[key] = None if sent is None else checked_text(sent, problems, key, most=most)
    return place
