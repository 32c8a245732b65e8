"""Reads of the files, and their store."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from pymongo import ReturnDocument

from connectors.attachments import REUSABLE, FilePurpose
from connectors.declarations import Connector, Read, by_ids, paged
from connectors.errors import SourceUnavailable
from connectors.facts import FACTS
from connectors.files.documents import FILES, LATEST, URL_KEYS, USAGE, StoredFile
from connectors.files.rules import FileRules
from connectors.files.store import GridStore, Store
from connectors.idempotency import KEYS
from connectors.mongo import Source, without_none
from connectors.vocabulary import FileId, Page, PersonId

SAFE: Final = timedelta(minutes=2)
"""How long before its end a file can no longer be attached: longer than any transaction takes."""
_KEY: Final = "urls"
_KEY_BYTES: Final = 32


class Scanner(Protocol):
    """Looks through contents for viruses; see `connectors.files.scanning`."""

    async def finds_virus(self, pieces: AsyncIterator[bytes]) -> bool:
        """Whether there is a virus in the content."""
        ...


class Files(Connector):
    """Reads of the files."""

    collections = (FILES, USAGE, URL_KEYS, FACTS, KEYS)

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.rules = FileRules()
        self.store: Store = GridStore(source.database)
        self.scanner: Scanner | None = None
        """Looks through files before they can be attached; None: nothing does."""
        self._key: bytes | None = None

    async def create_indexes(self) -> None:
        """Create the indexes that are declared and missing, prepare the store, and make the key of addresses."""
        await super().create_indexes()
        await self.store.prepare()
        await self._create_key()

    files_by_ids: Read[FileId, StoredFile] = by_ids(FILES)
    """The file of each id."""

    files_of: Read[PersonId, Page] = paged(
        FILES, by="person_id", order=LATEST, where=lambda _, *, purpose, role: _in_archive(purpose, role)
    )
    """The files that each person uploaded in a role and has not removed, the latest first."""

    def is_ending(self, file: StoredFile) -> bool:
        """Whether the file is swept soon unless a document has it."""
        end = file["expires_at"]
        return file["purpose"] not in REUSABLE and end is not None and end - datetime.now(UTC) < SAFE

    @property
    def url_key(self) -> bytes:
        """The key that addresses are signed with: all processes have the same, from their start on.

        Raises `SourceUnavailable` where the database has not answered since then.
        """
        if self._key is None:
            raise SourceUnavailable(self.source.name)
        return self._key

    async def _create_key(self) -> None:
        """Make the key unless there is one, and know it from now on."""
        new = {"$setOnInsert": {"key": secrets.token_bytes(_KEY_BYTES)}}
        keys = self.source.database[URL_KEYS.name]
        found = await keys.find_one_and_update({"_id": _KEY}, new, upsert=True, return_document=ReturnDocument.AFTER)
        self._key = bytes(found["key"])


def _in_archive(purpose: FilePurpose | None, role: str) -> dict[str, Any]:
    return {"role": role, "removed_at": None, **without_none(purpose=purpose)}
