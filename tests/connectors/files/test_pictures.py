"""The processes that make copies of pictures are there for everybody."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from connectors.assembly import Clients
from connectors.files import StoredFile
from connectors.files.documents import Copies
from connectors.files.pictures import PictureRules, Pictures


@dataclass
class SlowPictures(Pictures):
    """Pictures whose copies are ready when `may_end` is set."""

    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def _make(self, file: StoredFile) -> Copies:
        self.begun.put_nowait(file["_id"])
        await self.may_end.wait()
        return Copies(thumbnail=None, cleaned=None)


async def test_pictures_of_one_person_leave_a_place_to_others(mongo_uri: str) -> None:
    async with Clients(mongo_uri, prefix="pictures_places", timeout_s=30) as clients:
        pictures = SlowPictures(clients.connectors.files, PictureRules(at_once=2))
        files: list[Any] = [
            {"_id": f"{person}{number}", "person_id": person, "media_type": "image/png"}
            for person, number in (("a", 1), ("a", 2), ("a", 3), ("b", 1))
        ]
        asking = [asyncio.create_task(pictures.copies_of(file)) for file in files]
        assert {await pictures.begun.get() for _ in range(2)} == {"a1", "b1"}
        assert pictures.begun.empty()
        pictures.may_end.set()
        await asyncio.gather(*asking)
    assert [pictures.begun.get_nowait() for _ in range(2)] == ["a2", "a3"]
