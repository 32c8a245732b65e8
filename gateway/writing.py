"""Carries out mutations: one transaction with the change, its facts and its idempotency key, then an answer read anew.

A mutation's resolver is an *action*. What the person at a form can mend it raises as `Rejected`, all problems at once;
these become `userErrors`. The ids that it returns are the payload's document: every field of the payload finds its
object by them, with the rights of today, whether the action was carried out now or before with the same key.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final, NoReturn, Protocol, TypedDict, cast

import orjson

from connectors import facts, idempotency
from connectors.cache.cached_reads import collections_of
from connectors.errors import OutcomeUnknown, WritesUnsupported
from connectors.facts import Actor, Change, Fact, TextDigest
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import SchoolId, StudentId, version_of
from gateway.context import Info
from gateway.engine.declarations import Invocation
from gateway.errors import InvalidInput, PublicError, Unavailable
from gateway.languages import Text

_KEY_LENGTH: Final = Text(
    "An idempotency key has 1 to {limit} characters.",
    "Ключ идемпотентности — строка длиной от 1 до {limit} символов.",
)

_NO_VERSION: Final = Text(
    "Say which version you saw, or null to overwrite any.", "Укажите версию, которую вы видели, или null для любой."
)
_CHANGED: Final = Text(
    "This was changed meanwhile: look at it again.", "Данные тем временем изменились: посмотрите на них снова."
)


class UserErrorCode(StrEnum):
    """The kind of problem with an input that the person at the form can mend."""

    REQUIRED = "REQUIRED"
    """A value is missing."""

    INVALID_INPUT = "INVALID_INPUT"
    """The value cannot be used."""

    TOO_LONG = "TOO_LONG"
    """The text is longer than `limit` characters."""

    TOO_MANY = "TOO_MANY"
    """The list has more than `limit` entries, or a day has more than `limit` changes; for a day `retryAt` says when the
    next change may be sent."""

    OUT_OF_RANGE = "OUT_OF_RANGE"
    """The value lies outside of what is allowed; `limit` is the bound that it passes."""

    NOT_FOUND = "NOT_FOUND"
    """The object does not exist, or the viewer may not read it."""

    TAKEN = "TAKEN"
    """There is such an object already."""

    OVERLAPS = "OVERLAPS"
    """The time overlaps with that of another object."""

    CONFLICT = "CONFLICT"
    """The object was changed since it was read; the payload has it as it is now."""

    WINDOW_CLOSED = "WINDOW_CLOSED"
    """This is not the time for it; `retryAt` says when it will be, if it will."""

    ATTEMPTS_EXHAUSTED = "ATTEMPTS_EXHAUSTED"
    """All attempts are used up."""

    NO_PLACES = "NO_PLACES"
    """All places are taken."""

    NO_SPACE = "NO_SPACE"
    """The files would be more, or take more bytes, than the `limit` of the person or of the school."""

    NOT_ALLOWED = "NOT_ALLOWED"
    """The state of the object does not allow it."""

    RECIPIENT_NOT_ALLOWED = "RECIPIENT_NOT_ALLOWED"
    """The viewer may not write to this recipient, or there is no such recipient."""

    FILE_NOT_READY = "FILE_NOT_READY"
    """The file is not uploaded yet."""

    FILE_REJECTED = "FILE_REJECTED"
    """The file was not accepted."""


class UserError(TypedDict):
    """A problem of an input. *field* is the path inside the input; None: the input as a whole."""

    code: UserErrorCode
    message: Text
    field: list[str] | None
    limit: str | None
    retry_at: datetime | None


class Absent(Enum):
    """Stands for an input field that was not sent, where null means something else."""

    ABSENT = "ABSENT"


ABSENT: Final = Absent.ABSENT


@dataclass(slots=True)
class Problems:
    """Collects the problems of one input, in the order in which its fields are looked at."""

    found: list[UserError] = field(default_factory=list)

    def add(
        self,
        code: UserErrorCode,
        message: Text,
        *path: str | int,
        limit: object = None,
        retry_at: datetime | None = None,
    ) -> None:
        """Note a problem of the field at *path* inside the input; without a path, of the input as a whole."""
        shown = None if limit is None else str(limit)
        where = [str(step) for step in path] or None
        self.found.append(UserError(code=code, message=message, field=where, limit=shown, retry_at=retry_at))

    def require_version(self, sent: int | Absent | None) -> None:
        """Note a problem where an edit does not say which version was seen, nor null for any."""
        if sent is ABSENT:
            self.add(UserErrorCode.REQUIRED, _NO_VERSION, "version")

    def is_stale(self, sent: int | Absent | None, stored: Mapping[str, Any]) -> bool:
        """Whether the version that was seen is not the *stored* one, which is then noted as a problem.

        Null stands for any version; that none was sent is for `require_version` to note.
        """
        current = version_of(stored)
        if sent is None or sent is ABSENT or sent == current:
            return False
        self.add(UserErrorCode.CONFLICT, _CHANGED, "version", limit=current)
        return True

    def in_order_of(self, input_value: object) -> None:
        """Put the problems into the order of the fields of the input, of which *input_value* is the dataclass."""
        places = {own.name.replace("_", ""): place for place, own in enumerate(fields(cast("Any", input_value)))}

        def place(problem: UserError) -> int:
            path = problem["field"]
            return places.get(path[0].lower(), len(places)) if path else len(places)

        self.found.sort(key=place)

    def reject(self, code: UserErrorCode, message: Text, *path: str | int, **ids: Any) -> NoReturn:
        """Note a problem without whose solution nothing else can be looked at, and raise `Rejected` as `check` does."""
        self.add(code, message, *path)
        raise Rejected(self.found, ids)

    def check(self, **ids: Any) -> None:
        """Raise `Rejected` if there is any problem; *ids* are what the payload shows beside them."""
        if self.found:
            raise Rejected(self.found, ids)


class Rejected(Exception):
    """An action that is not carried out because of its input. *ids* find what the payload shows nevertheless."""

    def __init__(self, errors: Sequence[UserError], ids: Mapping[str, Any] | None = None) -> None:
        super().__init__([error["code"] for error in errors])
        self.errors = list(errors)
        self.ids = dict(ids or {})


@dataclass(slots=True)
class Outcome:
    """The outcome of an action: the ids by which its payload is found, and its facts."""

    ids: Mapping[str, Any]
    """Strings and lists of strings: they are stored with the idempotency key."""
    facts: Sequence[Fact] = ()
    is_new: bool = True
    """False where everything was as wanted before, and nothing was changed."""
    once: Mapping[str, Any] = field(default_factory=dict)
    """Parts of the payload that are shown now and never again, such as a code: no key remembers them."""
    changes_rights: bool = False
    """Whether the viewer may read more or less from now on."""
    problems: Sequence[UserError] = ()
    """Problems of an input for which something was written nevertheless, such as an attempt; no key remembers them."""


class Action(Protocol):
    """Checks an input and carries it out in a transaction; may be called again after a conflict.

    Reads through *info* are of the whole school, those through *transaction* of what the action changes.
    """

    __name__: str

    def __call__(self, value: Any, info: Info, transaction: Transaction, /) -> Awaitable[Outcome]: ...


class KeyMissing(PublicError):
    """A mutation that has to be sent with an idempotency key was sent without one."""

    code = "IDEMPOTENCY_KEY_REQUIRED"
    message = Text(
        "Send this mutation with an idempotency key: @idempotent(key:) on the field, or the header Idempotency-Key.",
        "Отправьте эту мутацию с ключом идемпотентности: @idempotent(key:) у поля или заголовок Idempotency-Key.",
    )


class KeyReused(PublicError):
    """An idempotency key that was sent before with another input."""

    code = "IDEMPOTENCY_KEY_REUSED"
    message = Text(
        "This idempotency key was sent before with another input: take a new key for a new change.",
        "Этот ключ идемпотентности уже отправлен с другими данными: для нового изменения возьмите новый ключ.",
    )


class OutcomeNotKnown(Unavailable):
    """A change of which nobody knows whether it was made."""

    message = Text(
        "It is not known whether the change was made: send it again with the same idempotency key.",
        "Неизвестно, выполнено ли изменение: отправьте его ещё раз с тем же ключом идемпотентности.",
    )

    def __init__(self, connector: str) -> None:
        super().__init__(connector, outcome="UNKNOWN")


class ReadOnlySource(Unavailable):
    """A subsystem whose MongoDB is no replica set."""

    message = Text(
        "The data source takes no changes: its MongoDB is not a replica set.",
        "Источник данных не принимает изменения: его MongoDB не является набором реплик.",
    )

    def __init__(self, connector: str) -> None:
        super().__init__(connector, outcome="NONE")


@dataclass(frozen=True, slots=True)
class Mutation:
    """An action under its name in the schema, and the subsystem that it changes."""

    name: str
    action: Action
    subsystem: str
    needs_key: bool

    async def run(self, value: Any, info: Info, invocation: Invocation) -> dict[str, Any]:
        """Carry the action out and return the document of its payload."""
        writing = info.writing
        info.forget_reads(self._answer_by(info))
        key = self._key(value, info, invocation)
        connector = getattr(info.connectors, self.subsystem)
        source: Source = connector.source
        try:
            committed = await transact(source, self._body(value, info, key), within_s=writing.rules.timeout_s)
        except Rejected as rejected:
            errors = rejected.errors[: writing.rules.user_errors]
            for error in errors:
                writing.refused.append((self.name, error["code"]))
            info.forget_reads(self._answer_by(info), changed=source)
            return {**rejected.ids, "user_errors": errors}
        except idempotency.KeyReused as error:
            raise KeyReused from error
        except OutcomeUnknown as error:
            writing.has_written = True
            raise OutcomeNotKnown(error.source) from error
        except WritesUnsupported as error:
            raise ReadOnlySource(error.source) from error
        outcome: Outcome = committed.result
        if outcome.is_new:
            writing.has_written = True
            writing.has_changed_rights |= outcome.changes_rights
            outdated = committed.collections & collections_of(type(connector))
            if source.cache is not None and outdated:
                await source.cache.outdate(f"{source.name}.{name}" for name in outdated)
        else:
            writing.replayed.append(invocation.key)
        writing.refused += [(self.name, problem["code"]) for problem in outcome.problems]
        info.forget_reads(self._answer_by(info), changed=source)
        return {**outcome.ids, **outcome.once, "user_errors": list(outcome.problems)}

    def _body(self, value: Any, info: Info, key: idempotency.Key | None) -> Callable[[Transaction], Awaitable[Outcome]]:
        async def body(transaction: Transaction) -> Outcome:
            now = datetime.now(UTC)
            if key is not None:
                before = await idempotency.outcome_of(key, transaction, now)
                if before is not None:
                    return Outcome(before, is_new=False)
            outcome = await self.action(value, info, transaction)
            if outcome.facts:
                await transaction.insert(facts.COLLECTION, outcome.facts)
            if key is not None and not outcome.problems:
                await idempotency.remember(
                    key, outcome.ids, transaction, now + timedelta(days=info.writing.rules.keep_keys_days)
                )
            return outcome

        return body

    def _key(self, value: Any, info: Info, invocation: Invocation) -> idempotency.Key | None:
        sent = info.writing.key if invocation.directive is None else invocation.directive["key"]
        if sent is None:
            if self.needs_key:
                raise KeyMissing
            return None
        most = info.writing.rules.key_characters
        if not 0 < len(sent) <= most:
            raise InvalidInput("key", reason=_KEY_LENGTH.format(limit=most))
        change = orjson.dumps([self.name, value], default=_plain_value, option=orjson.OPT_SORT_KEYS)
        return idempotency.key_of(info.viewer.person_id, info.viewer.role, sent, change)

    @staticmethod
    def _answer_by(info: Info) -> float:
        return asyncio.get_running_loop().time() + info.writing.answer_s


def _plain_value(value: Any) -> Any:
    """A value of an input that JSON does not know: a decimal number as digits, what is not a list as a list."""
    return str(value) if isinstance(value, Decimal) else list(value)


def fact(
    info: Info,
    action: str,
    object_id: str,
    school_id: SchoolId,
    *,
    student_id: StudentId | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    texts: Collection[str] = (),
) -> Fact:
    """The fact that the viewer changed an object: it holds the fields in which *before* and *after* differ.

    Of the fields named in *texts*, which people write freely about people, it holds digests; the texts themselves are
    compared. Two digests may be equal though the texts differ: without a key they have the length alone.
    """
    old, new = before or {}, after or {}

    def recorded(values: Mapping[str, Any], name: str) -> Any:
        value = values.get(name)
        return digest(info, value) if name in texts else value

    return Fact(
        _id=facts.new_id(),
        school_id=school_id,
        at=info.now_at(school_id).astimezone(UTC),
        actor=Actor(person_id=info.viewer.person_id, role=info.viewer.role),
        action=action,
        object_id=object_id,
        student_id=student_id,
        changes=[
            Change(field=name, before=recorded(old, name), after=recorded(new, name))
            for name in dict.fromkeys([*old, *new])
            if old.get(name) != new.get(name) or facts.is_digest(new.get(name))
        ],
        request_id=info.request_id,
        client=info.writing.client,
        awaits_notifications=True,
    )


def digest(info: Info, text: str | None) -> TextDigest | None:
    """The digest that stands for a free text in a fact."""
    key = info.writing.rules.text_key
    return facts.digest_of(text, key.get_secret_value().encode() if key else b"")
