"""The assembled types by name, and those of later subsystems: what one writes where a field shows one of them.

They are made of parts of all subsystems (`gateway.schema.assembled`), which therefore cannot import them; Strawberry
finds them by name when it builds the schema.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

if TYPE_CHECKING:  # for mypy, which would look for the names here
    Class: TypeAlias = Any
    Conversation: TypeAlias = Any
    Lesson: TypeAlias = Any
    School: TypeAlias = Any
    Student: TypeAlias = Any
    Viewer: TypeAlias = Any
else:
    _assembled = strawberry.lazy("gateway.schema.assembled")
    Class = Annotated["Class", _assembled]
    Conversation = Annotated["Conversation", strawberry.lazy("gateway.schema.messages")]
    Lesson = Annotated["Lesson", _assembled]
    School = Annotated["School", _assembled]
    Student = Annotated["Student", _assembled]
    Viewer = Annotated["Viewer", _assembled]
