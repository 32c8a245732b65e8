"""Databases with facts to seal, and the audit they are sealed into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.assembly import Connectors
from connectors.audit.sealer import Sealer
from connectors.audit.signatures import PublicKeys, Signer
from connectors.facts import Fact, new_id
from connectors.vocabulary import PersonId, SchoolId, StudentId

AT: Final = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)
SIGNER: Final = Signer(Ed25519PrivateKey.generate())
KEYS: Final = PublicKeys([SIGNER.public_key])


def fact(school: str = "sch_1", after: Any = "5", *, minute: int = 0, student: str = "stu_1") -> Fact:
    """The fact that a mark was given."""
    return Fact(
        _id=new_id(),
        school_id=SchoolId(school),
        at=AT + timedelta(minutes=minute),
        actor={"person_id": PersonId("per_1"), "role": "TEACHER"},
        action="giveMark",
        object_id="mrk_1",
        student_id=StudentId(student),
        changes=[{"field": "value", "before": None, "after": after}],
        request_id="r",
        client="app",
    )


@dataclass(frozen=True, slots=True)
class Sealing:
    """The databases, and what tests do with them."""

    connectors: Connectors

    def sealer(self, **options: Any) -> Sealer:
        sources = [self.connectors.diary.source, self.connectors.audit.source]
        return Sealer(self.connectors.audit.source, sources, SIGNER, **options)

    @property
    def events_place(self) -> Any:
        return self.connectors.audit.source.database["events"]

    @property
    def facts_place(self) -> Any:
        return self.connectors.diary.source.database["facts"]

    async def clear(self) -> None:
        for database in (self.connectors.audit.source.database, self.connectors.diary.source.database):
            for name in await database.list_collection_names():
                await database[name].delete_many({})

    async def put(self, *facts: Fact) -> None:
        await self.facts_place.insert_many([dict(one) for one in facts])

    async def events(self, school: str = "sch_1") -> Sequence[Mapping[str, Any]]:
        found: list[dict[str, Any]] = await self.events_place.find({"school_id": school}).sort("number").to_list(None)
        return found
