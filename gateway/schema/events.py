"""Declares the fields of `Subscription`: which changes each sends, and how the changed object is found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from connectors.vocabulary import StudentId
from gateway.context import Info
from gateway.errors import NotFound
from gateway.events import EventSource
from gateway.resolvers import directory
from gateway.schema.fields import Field, Roles, batch

FoundBy = Callable[[Sequence[Any], Info], Awaitable[list[Any]]]
COST: Final = 2
"""The cost of one event: whose it is and the object are looked up each time."""
_SOURCES: Final[dict[Any, EventSource]] = {}


def event(source: EventSource, found_by: FoundBy, *, visible_to: Roles) -> Any:
    """A field that sends an object whenever *source* says; *found_by* finds it within the viewer's rights."""

    async def answer(roots: Sequence[object], info: Info) -> list[Any]:
        return [await _changed(found_by, info)] * len(roots)

    _SOURCES[answer] = source
    return batch(answer, visible_to=visible_to, cost=COST)


def event_of_student(source: EventSource, found_by: FoundBy, name: str, *, visible_to: Roles) -> Any:
    """A field that sends a student and, as *name*, what is about them; an argument names the students."""

    async def answer(
        roots: Sequence[object], info: Info, student_ids: tuple[StudentId, ...] | None = None
    ) -> list[Any]:
        if student_ids is not None and (info.event is None or info.event.object_id is None):
            [*students] = await directory.students(list(student_ids), info)
            missing = next((own for own in students if isinstance(own, NotFound)), None)
            return [missing] * len(roots)
        found = await _changed(found_by, info)
        if found is not None and student_ids is not None and found["student_id"] not in student_ids:
            found = None
            _withhold(info)
        event = None if found is None else {"student_id": found["student_id"], name: found}
        return [event] * len(roots)

    _SOURCES[answer] = source
    return batch(
        answer,
        visible_to=visible_to,
        cost=COST,
        arguments={"student_ids": "Only events about these students; about all of the viewer's without it."},
    )


def event_sources(subscription: Any) -> Mapping[str, EventSource]:
    """The source of each field of the type `Subscription`, by the field's name in Python."""
    fields: Sequence[Field] = subscription.__strawberry_definition__.fields
    return {field.python_name: _SOURCES[field.declared.answer.resolve] for field in fields}  # type: ignore[union-attr] # all are batches


async def _changed(found_by: FoundBy, info: Info) -> Any:
    """The changed object; None, and the event withheld, where the viewer may not read it."""
    event = info.event
    if event is None or event.object_id is None:
        return None
    [found] = await found_by([event.object_id], info)
    if found is None or isinstance(found, NotFound):
        _withhold(info)
        return None
    return found


def _withhold(info: Info) -> None:
    if info.event is not None:
        info.event.is_withheld = True
