"""Which document a request asks for, and whether its client may ask for it: by text, by id, or by id alone."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from gateway.languages import Text
from gateway.observability.operation_names import OTHER
from gateway.operations.apq import AutomaticQueries
from gateway.operations.errors import Refused
from gateway.operations.manifests import TrustedDocuments
from gateway.operations.request import OperationRequest

# Clients know these two messages, and send the text of the operation then: they are part of the protocol.
_NOT_FOUND: Final = Text("PersistedQueryNotFound", "PersistedQueryNotFound")
_NOT_SUPPORTED: Final = Text("PersistedQueryNotSupported", "PersistedQueryNotSupported")
_ID_AND_TEXT: Final = Text(
    "Send either the id of a document or its text.", "Отправьте либо идентификатор документа, либо его текст."
)
_ID_REQUIRED: Final = Text(
    "This client sends its operations by id, as the parameter documentId.",
    "Этот клиент отправляет операции по идентификатору, в параметре documentId.",
)
_NOT_LISTED: Final = Text(
    "The operation is not in the list of this client; its text must be the very one that was listed.",
    "Операции нет в списке этого клиента; её текст должен в точности совпадать с текстом из списка.",
)
_NO_SUCH_ID: Final = Text(
    "The id {id} is in no list of documents.", "Идентификатора {id} нет ни в одном списке документов."
)
_WRONG_HASH: Final = Text(
    "The sha256Hash is not that of the query: 64 lower-case hexadecimal digits of its UTF-8.",
    "sha256Hash не соответствует query: нужны 64 шестнадцатеричные цифры в нижнем регистре от его UTF-8.",
)

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_log = structlog.get_logger(__name__)


class Step(StrEnum):
    """How far a client has got on the way from any text to its own documents alone."""

    OPEN = "open"
    LOG_UNKNOWN = "log_unknown"
    SAFELIST = "safelist"
    REQUIRE_ID = "require_id"


_CLOSED: Final = frozenset({Step.SAFELIST, Step.REQUIRE_ID})


@dataclass(frozen=True, slots=True)
class Found:
    """The text to run, and under which hash to remember it once it is known to be valid."""

    text: str
    remember: str | None = None


@dataclass(frozen=True, slots=True)
class PersistedDocuments:
    """Documents by id, and the step of each client."""

    trusted: TrustedDocuments
    automatic: AutomaticQueries | None
    default: Step
    clients: Mapping[str, Step]

    async def find(self, request: OperationRequest, person: str) -> Found:
        """The document that *person* asks for; `Refused` with the codes of Apollo Router where there is none."""
        if request.is_derived:
            return Found(request.query or "")
        client = request.client
        step = self.clients.get(client, self.default)
        key = request.document_id or request.persisted_hash
        if key is None:
            return self._by_text(request, client, step)
        if request.query is None:
            return await self._by_id(request, key, client, step, person)
        if request.document_id is not None or step in _CLOSED:
            raise Refused(400, _ID_AND_TEXT, code="CANNOT_SEND_PQ_ID_AND_BODY")
        return self._registered(request.query, key, client, step)

    async def remember(self, found: Found, person: str) -> None:
        """Keep a document that *person* sent and that turned out to be valid."""
        if found.remember is not None and self.automatic is not None:
            await self.automatic.put(found.remember, found.text, person)

    def _by_text(self, request: OperationRequest, client: str, step: Step) -> Found:
        text = request.query or ""
        if step is Step.REQUIRE_ID:
            message = _ID_REQUIRED
            raise Refused(400, message, code="PERSISTED_QUERY_ID_REQUIRED")
        if step is not Step.OPEN:
            self._check_known(text, client, step)
        return Found(text)

    def _check_known(self, text: str, client: str, step: Step) -> None:
        if text in self.trusted.texts:
            return
        digest = hashlib.sha256(text.encode()).hexdigest()
        known = client if client in self.clients else OTHER
        _log.warning("unknown operation", client=known, step=step.value, sha256=digest, characters=len(text))
        if step is Step.SAFELIST:
            message = _NOT_LISTED
            raise Refused(403, message, code="QUERY_NOT_IN_SAFELIST")

    async def _by_id(self, request: OperationRequest, key: str, client: str, step: Step, person: str) -> Found:
        trusted = self.trusted.by_id.get(key)
        if trusted is not None:
            return Found(trusted.text)
        if request.persisted_hash is None or step in _CLOSED:
            message = _NO_SUCH_ID.format(id=repr(key))
            raise Refused(404, message, code="PERSISTED_QUERY_NOT_IN_LIST")
        if self.automatic is None:
            raise self._unsupported()
        text = await self.automatic.get(key, person)
        if text is None:
            raise Refused(400, _NOT_FOUND, code="PERSISTED_QUERY_NOT_FOUND", legacy_status=200)
        if step is Step.LOG_UNKNOWN:
            self._check_known(text, client, step)
        return Found(text)

    def _registered(self, text: str, key: str, client: str, step: Step) -> Found:
        if self.automatic is None:
            raise self._unsupported()
        if not _HASH.fullmatch(key) or hashlib.sha256(text.encode()).hexdigest() != key:
            message = _WRONG_HASH
            raise Refused(400, message, code="PERSISTED_QUERY_HASH_MISMATCH")
        if step is Step.LOG_UNKNOWN:
            self._check_known(text, client, step)
        return Found(text, key)

    def _unsupported(self) -> Refused:
        return Refused(400, _NOT_SUPPORTED, code="PERSISTED_QUERY_NOT_SUPPORTED", legacy_status=200)
