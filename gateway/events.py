"""Declares which changes of stored documents a subscription sends, and to whom each may be of interest.

A change is routed by *topics*: ids of a student, a class, a mailbox and the like, which the changed document names and
viewers follow. A topic only says whose subscriptions are looked at. Whether the viewer may read the object is decided
when the operation runs, with the rights of that moment.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auth.viewer import ENUMERATED, Role, Viewer
from connectors.assembly import Connectors
from connectors.change_feed import Change
from connectors.declarations import Read
from connectors.mongo import Deadline

Topic = str
Topics = Callable[[Connectors, Sequence[str], Deadline], Awaitable[Mapping[str, Iterable[Topic]]]]
"""The topics of changed documents, by their ids; those that do not exist any more are left out."""


@dataclass(slots=True)
class Event:
    """The reason for which a subscription runs: a change of one object; without an id its beginning."""

    object_id: str | None = None
    is_withheld: bool = False
    """Whether the viewer is not to receive the event; set while the operation runs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventSource:
    """The changes of one collection that a field of `Subscription` sends."""

    place: str
    """The subsystem and the collection, such as `grades.marks`."""
    topics: Topics
    followed: Callable[[Viewer], Iterable[Topic]]
    """The topics that a viewer follows."""
    inserted_only: bool = False
    fields: frozenset[str] | None = None
    """An update counts where it sets one of these fields; None: every update counts."""
    each_student: bool = False
    """Whether the object has an id for each student, such as `<lesson>.<student>`."""

    def counts(self, change: Change) -> bool:
        """Whether subscriptions send this change."""
        if change.operation == "insert":
            return True
        if self.inserted_only or change.operation == "delete":
            return False
        return change.operation == "replace" or self.fields is None or not self.fields.isdisjoint(change.fields)

    def object_ids(self, document_id: str, viewer: Viewer) -> Sequence[str]:
        """The public ids of the objects that the document may be for the viewer."""
        if not self.each_student:
            return [document_id]
        return [f"{document_id}.{student}" for student in sorted(viewer.student_ids)]


def by_document(
    read: Callable[[Connectors], Read[Any, Any]], columns: Iterable[str], topics: Callable[[Any], Iterable[Topic]]
) -> Topics:
    """The topics that the changed documents name themselves in their *columns*."""
    needed = frozenset(columns)

    async def found(connectors: Connectors, ids: Sequence[str], deadline: Deadline) -> Mapping[str, Iterable[Topic]]:
        documents = await read(connectors)(ids, columns=needed, deadline=deadline)
        return {own: list(topics(document)) for own, document in documents.items()}

    return found


def of_student(
    place: str,
    read: Callable[[Connectors], Read[Any, Any]],
    *,
    inserted_only: bool = False,
    fields: Iterable[str] | None = None,
) -> EventSource:
    """The changes of documents about one student each."""
    return EventSource(
        place=place,
        topics=by_document(
            read, ("student_id", "school_id"), lambda document: (document["student_id"], document["school_id"])
        ),
        followed=_students_of,
        inserted_only=inserted_only,
        fields=None if fields is None else frozenset(fields),
    )


def _students_of(viewer: Viewer) -> Iterable[Topic]:
    """The viewer's students; an administrator follows whole schools."""
    if viewer.role in ENUMERATED:
        return viewer.student_ids
    return viewer.school_ids if viewer.role is Role.ADMINISTRATOR else ()
