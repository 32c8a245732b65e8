"""Keys of saved queries: with one, a program runs one saved query as the person who made the key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from uuid import uuid4

from connectors.downloads import QUERY_KEYS, QueryKey, hash_of, new_secret
from connectors.facts import Fact
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, mint
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserError, UserErrorCode, fact

_NO_QUERY: Final = Text(
    "There is no such saved query for your role.", "Для вашей роли нет такого сохранённого запроса."
)
_NO_KEY: Final = Text("There is no such key.", "Нет такого ключа.")
_TOO_MANY: Final = Text(
    "You have {limit} keys already: revoke one first.", "У вас уже есть ключи ({limit}): сначала отзовите один."
)
_TOO_SHORT: Final = Text("A key is valid for a day at least.", "Ключ действует не меньше одного дня.")
_TOO_LONG: Final = Text(
    "A key is valid for {limit} days at most.", "Ключ действует не дольше, чем указано (дней): {limit}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateQueryKey:
    """The saved query that a program is to run."""

    query: str
    """The name of the saved query, as `GET /q` lists it."""

    valid_days: int = 180
    """For how many days the key is valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeQueryKey:
    """The key that is to end."""

    key_id: PublicId
    """The id of the key (`QueryKey.id`)."""


class CreatedKey(TypedDict):
    """A resolver's value for the payloads: which key it is, and the user's errors."""

    key_id: str | None
    user_errors: list[UserError]


async def create_query_key(input: CreateQueryKey, info: Info, transaction: Transaction) -> Outcome:
    """Make a key for a saved query that the viewer may run."""
    problems, viewer, rules = Problems(), info.viewer, info.writing.rules
    if not info.connectors.downloads.offers(input.query, viewer.role):
        problems.add(UserErrorCode.NOT_FOUND, _NO_QUERY, "query")
    if input.valid_days < 1:
        problems.add(UserErrorCode.OUT_OF_RANGE, _TOO_SHORT, "validDays", limit=1)
    elif input.valid_days > rules.query_key_days:
        most_days = rules.query_key_days
        problems.add(UserErrorCode.OUT_OF_RANGE, _TOO_LONG.format(limit=most_days), "validDays", limit=most_days)
    now = datetime.now(UTC)
    own = {"person_id": viewer.person_id, "revoked_at": None, "expires_at": {"$gt": now}}
    if await transaction.count(QUERY_KEYS.name, own, most=rules.query_keys) >= rules.query_keys:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=rules.query_keys), limit=rules.query_keys)
    problems.check()
    secret = new_secret()
    key = QueryKey(
        _id=mint("QueryKey", uuid4().hex),
        person_id=viewer.person_id,
        role=viewer.role,
        query=input.query,
        secret_hash=hash_of(secret),
        created_at=now,
        expires_at=now + timedelta(days=input.valid_days),
        revoked_at=None,
        last_used_at=None,
    )
    await transaction.insert(QUERY_KEYS.name, [key])
    info.writing.secrets[key["_id"]] = secret
    after = {"query": key["query"], "expiresOn": key["expires_at"].date().isoformat()}
    return Outcome({"key_id": key["_id"]}, _facts(info, "createQueryKey", key["_id"], after=after))


async def revoke_query_key(input: RevokeQueryKey, info: Info, transaction: Transaction) -> Outcome:
    """End a key that the viewer has made; one that has ended already stays as it is."""
    problems = Problems()
    own = {"_id": input.key_id, "person_id": info.viewer.person_id}
    key = await transaction.find_one(QUERY_KEYS.name, own, columns=frozenset({"query", "revoked_at"}))
    if key is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_KEY, "keyId")
    problems.check()
    if key is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    ids = {"key_id": str(input.key_id)}
    if key["revoked_at"] is not None:
        return Outcome(ids, is_new=False)
    await transaction.update(QUERY_KEYS.name, own, {"$set": {"revoked_at": datetime.now(UTC)}})
    changed: dict[str, Any] = {"before": {"isInUse": True}, "after": {"isInUse": False}}
    return Outcome(ids, _facts(info, "revokeQueryKey", str(input.key_id), **changed))


def _facts(info: Info, action: str, key: str, **changed: Any) -> list[Fact]:
    """The fact for the audit of the viewer's first school; somebody without a school has no audit."""
    schools = info.viewer.school_ids[:1]
    return [fact(info, action, key, school, **changed) for school in schools]


async def keys_of_viewer(viewers: Sequence[object], info: Info) -> list[list[Any]]:
    """The keys that the viewer has made and not revoked, in the order in which they were made."""
    [found] = await info.read(info.connectors.downloads.query_keys_of, [info.viewer.person_id])
    return [found or []] * len(viewers)


async def keys(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The viewer's own key of each id."""
    columns = info.columns | {"person_id"}
    found = await info.read(info.connectors.downloads.query_keys_by_ids, ids, columns=columns)
    return [own if own and own["person_id"] == info.viewer.person_id else None for own in found]


def key_secret(payloads: Sequence[Mapping[str, Any]], info: Info) -> list[str | None]:
    """The secret of a key that was made in this request."""
    return [info.writing.secrets.get(payload.get("key_id") or "") for payload in payloads]
