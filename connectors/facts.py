"""Facts: one record per change that somebody made, written in the transaction of the change.

The facts of a subsystem lie in the collection `facts` of its own database, because a transaction cannot reach a second
server. They are the outbox from which audit, notifications and statistics are made.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict, TypeGuard
from uuid import uuid4

from pymongo import ASCENDING, IndexModel

from connectors.declarations import Collection
from connectors.vocabulary import PersonId, SchoolId, StudentId

COLLECTION: Final = "facts"


class Actor(TypedDict):
    """The person who made a change, and the role in which they acted."""

    person_id: PersonId
    role: str


class Change(TypedDict):
    """One changed field; *before* is None for an object that is new, *after* for one that was deleted.

    Where the value is a text that people wrote about people, both are a `TextDigest` or None.
    """

    field: str
    before: Any
    after: Any


class TextDigest(TypedDict):
    """Stands for a free text (a remark, a message, a reason), which no fact contains."""

    length: int
    hmac: str | None  # hexadecimal HMAC-SHA256 of the UTF-8 text; None where the gateway has no key for it


class Fact(TypedDict):
    """Who changed what, when, from which program."""

    _id: str
    school_id: SchoolId
    at: datetime
    actor: Actor
    action: str  # the name of the mutation, such as "giveMark"
    object_id: str  # the public id of what was changed; its prefix names the type (`connectors.vocabulary.kind_of`)
    student_id: StudentId | None  # the student whom the change is about
    changes: list[Change]
    request_id: str
    client: str  # the name that the client program gives itself; may be empty
    expires_at: NotRequired[datetime]  # when the fact is deleted here; absent until the audit holds it
    awaits_notifications: NotRequired[bool]  # True until those whom it concerns are notified; then it is absent
    notification_attempts: NotRequired[int]  # to notify people of it, that MongoDB refused
    notifications_failed: NotRequired[str]  # the class of the error for which nobody was notified of it


FACTS: Final = Collection(
    COLLECTION,
    Fact,
    indexes=[
        # It also finds the facts without an end, which the audit does not hold yet, in the order they were stored in.
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel(
            [("awaits_notifications", ASCENDING), ("at", ASCENDING)],
            partialFilterExpression={"awaits_notifications": True},
        ),
        IndexModel(
            [("notifications_failed", ASCENDING)], partialFilterExpression={"notifications_failed": {"$exists": True}}
        ),
    ],
)


def new_id() -> str:
    """An id for a new fact."""
    return f"fct_{uuid4().hex}"


def digest_of(text: str | None, key: bytes) -> TextDigest | None:
    """The length and keyed digest that stand for a free text in a fact; the length alone if *key* is empty."""
    if text is None:
        return None
    keyed = hmac.new(key, text.encode(), hashlib.sha256).hexdigest() if key else None
    return TextDigest(length=len(text), hmac=keyed)


def is_digest(value: Any) -> TypeGuard[TextDigest]:
    """Whether a value of a fact is the digest that stands for a free text."""
    return isinstance(value, dict) and value.keys() == TextDigest.__annotations__.keys()
