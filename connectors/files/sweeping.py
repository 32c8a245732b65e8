"""Deletes files that nobody needs: never uploaded, never attached, let go of, or removed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.attachments import COLLECTION, REUSABLE, SUBSYSTEM_OF, FilePurpose
from connectors.files.documents import FILES, USAGE, FileState
from connectors.files.reads import SAFE, Files
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact

AT_ONCE: Final = 200
"""Files that one run looks at."""
UPLOADING: Final = timedelta(hours=1)
"""How long after the end of its address the content of a file may still be on its way."""
_WITHIN_S: Final = 10.0
_COLUMNS: Final = dict.fromkeys(
    ("person_id", "school_id", "purpose", "state", "size_bytes", "removed_at", "content_keys", "content", "copies"),
    1,
)


class Sweeper:
    """Sweeps the store; *sources* are those of the subsystems, which know what files their documents have.

    A run may be broken off anywhere: a content is deleted before the document that names it.
    """

    def __init__(self, files: Files, sources: Mapping[str, Source]) -> None:
        self._files = files
        self._owners = {purpose: sources[subsystem] for purpose, subsystem in SUBSYSTEM_OF.items()}

    async def sweep(self) -> bool:
        """Sweep some files; return whether there may be more to sweep at once."""
        now = datetime.now(UTC)
        released = await self._end_released(now)
        ended = await self._ended(now)
        attached = await self._attached(ended)
        for file in ended:
            if file["_id"] in attached or _is_kept(file):
                await self._keep(file)
            else:
                await self._delete(file)
        return AT_ONCE in {len(ended), released}

    async def _ended(self, now: datetime) -> list[Any]:
        """Files whose time is over, the longest first; not those that a change or an upload may still have in hand."""
        is_over = {"$type": "date", "$lte": now - min(SAFE, UPLOADING)}
        pending = {"state": FileState.PENDING, "expires_at": {"$lte": now - UPLOADING}}
        others = {"state": {"$ne": FileState.PENDING}, "expires_at": {"$lte": now - SAFE}}
        where = {"expires_at": is_over, "$or": [pending, others]}
        found = self._files.source.database[FILES.name].find(where, _COLUMNS)
        ended: list[Any] = await found.sort("expires_at", 1).limit(AT_ONCE).to_list(AT_ONCE)
        return ended

    async def _attached(self, files: Sequence[Any]) -> set[str]:
        """The ids of those files that documents have."""
        by_purpose: dict[FilePurpose, list[str]] = defaultdict(list)
        for file in files:
            by_purpose[FilePurpose(file["purpose"])].append(file["_id"])
        attached: set[str] = set()
        for purpose, ids in by_purpose.items():
            records = self._owners[purpose].database[COLLECTION]
            attached.update(await records.distinct("file_id", {"file_id": {"$in": ids}, "released_at": None}))
        return attached

    async def _keep(self, file: Any) -> None:
        """Have a file stay, without what other attempts to upload it have left in the store."""
        copies = (file.get("copies") or {}).values()
        in_use = [file["content"], *(copy["key"] for copy in copies if copy)]
        left = [key for key in file["content_keys"] if key not in in_use]
        for key in left:
            await self._files.store.delete(key)
        change: dict[str, Any] = {"$set": {"expires_at": None}, "$pullAll": {"content_keys": left}}
        await self._files.source.database[FILES.name].update_one({"_id": file["_id"]}, change)

    async def _delete(self, file: Any) -> None:
        for key in file["content_keys"]:
            await self._files.store.delete(key)

        async def body(transaction: Transaction) -> None:
            if await transaction.delete(FILES.name, {"_id": file["_id"]}):
                freed = {"$inc": {"size_bytes": -file["size_bytes"], "files": -1}}
                for owner in (file["person_id"], file["school_id"]):
                    await transaction.update(USAGE.name, {"_id": owner}, freed)

        await transact(self._files.source, body, within_s=_WITHIN_S)

    async def _end_released(self, now: datetime) -> int:
        """End the time of files that documents have let go of; return how many records there were, at most."""
        most = 0
        files = self._files.source.database[FILES.name]
        for source in {id(one): one for one in self._owners.values()}.values():
            records = source.database[COLLECTION]
            where = {"released_at": {"$type": "date", "$lte": now - SAFE}}
            found: list[Any] = await records.find(where, {"file_id": 1}).limit(AT_ONCE).to_list(AT_ONCE)
            most = max(most, len(found))
            if not found:
                continue
            is_unneeded = [{"purpose": {"$nin": list(REUSABLE)}}, {"removed_at": {"$ne": None}}]
            ids = [one["file_id"] for one in found]
            await files.update_many(
                {"_id": {"$in": ids}, "$or": is_unneeded}, {"$set": {"expires_at": now - SAFE - UPLOADING}}
            )
            await records.delete_many({**where, "_id": {"$in": [one["_id"] for one in found]}})
        return most


def _is_kept(file: Any) -> bool:
    """Whether a file stays though nothing has it: the person may attach it again and again."""
    return file["purpose"] in REUSABLE and file["state"] != FileState.PENDING and file["removed_at"] is None
