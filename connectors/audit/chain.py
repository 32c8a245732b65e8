"""How the events of a school hang together: what is hashed, and how an event follows from a fact."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from connectors.audit.documents import CHAINED, PERSONAL, AuditChange, AuditEvent
from connectors.audit.signatures import Signer
from connectors.facts import TextDigest, is_digest
from connectors.vocabulary import SchoolId, mint

FIRST: Final = "0" * 64
"""The value that the first event of a school has in place of the hash of the event before."""


def event_id(source: str, fact_id: str) -> str:
    """The id of the event for a fact: a fact has one, however often it is sealed."""
    return mint("AuditEvent", source, fact_id)


def details_hash(event: Mapping[str, Any]) -> str:
    """The hash of the personal details of an event."""
    return _hash(event, PERSONAL)


def event_hash(event: Mapping[str, Any]) -> str:
    """The hash of all that is never erased of an event."""
    return _hash(event, CHAINED)


def chained(
    facts: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    school: SchoolId,
    after: Mapping[str, Any] | None,
    now: datetime,
    signer: Signer | None,
) -> list[AuditEvent]:
    """The events of *facts* (of each its subsystem and itself) that follow the event *after*; the last is signed."""
    number = after["number"] if after else 0
    previous = after["hash"] if after else FIRST
    events = []
    for source, fact in facts:
        number += 1
        event = _event(source, fact, school, now)
        event["number"], event["previous"] = number, previous
        event["details_hash"] = details_hash(event)
        event["hash"] = previous = event_hash(event)
        events.append(event)
    if events and signer is not None:
        events[-1]["key_id"] = signer.key_id
        events[-1]["signature"] = signer.sign(school, number, previous)
    return events


def _event(source: str, fact: Mapping[str, Any], school: SchoolId, now: datetime) -> AuditEvent:
    actor = fact.get("actor") or {}
    return AuditEvent(
        _id=event_id(source, fact["_id"]),
        school_id=school,
        at=fact.get("at") or now,
        sealed_at=now,
        action=fact.get("action", ""),
        role=actor.get("role", ""),
        source=source,
        fact_id=fact["_id"],
        key_id=None,
        signature=None,
        actor_id=actor.get("person_id", ""),
        student_id=fact.get("student_id"),
        object_id=fact.get("object_id", ""),
        changes=list(_changes(fact.get("changes") or ())),
        request_id=fact.get("request_id", ""),
        client=fact.get("client", ""),
        salt=secrets.token_hex(16),
    )


def _changes(changes: Sequence[Mapping[str, Any]]) -> Iterator[AuditChange]:
    for change in changes:
        before, after = shown(change.get("before")), shown(change.get("after"))
        yield AuditChange(field=change.get("field", ""), before=before, after=after)


def shown(value: Any) -> str | TextDigest | None:
    """A value of a fact as the audit holds it: a string, or the digest that stands for a free text.

    Instants are in UTC; lists and objects are JSON.
    """
    if value is None or isinstance(value, str) or is_digest(value):
        return value
    if isinstance(value, datetime):
        return _instant(value)
    return _json(value).decode()


def _hash(event: Mapping[str, Any], keys: Iterable[str]) -> str:
    return hashlib.sha256(_json({key: event.get(key) for key in keys})).hexdigest()


def _json(value: Any) -> bytes:
    """The one spelling in JSON of a value: keys sorted, instants in UTC with milliseconds, as MongoDB keeps them."""
    return orjson.dumps(value, default=_spelt, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def _spelt(value: Any) -> str:
    return _instant(value) if isinstance(value, datetime) else str(value)


def _instant(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds")
