"""Acting as one of the people of a school written by hand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from pymongo import AsyncMongoClient

from auth.viewer import Role
from gateway.write_rules import WriteRules
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.served import Served, served, token

ERRORS: Final = "userErrors { code message field limit retryAt }"
LETTERS_KEY: Final = "the secret key of codes in letters"
VOLUNTARY: Final = {"texts": {"photos": {"version": "1", "url": "https://school.example/1", "is_required": False}}}
"""A consent that families may give, without which nothing is closed."""
WRITTEN: Final = frozenset(
    {
        "announcements",
        "assessments",
        "curriculum",
        "diary",
        "directory",
        "downloads",
        "files",
        "grades",
        "integrity",
        "messages",
        "notifications",
        "portfolio",
        "schedule",
        "services",
    }
)
"""The subsystems that mutations change."""


@dataclass(frozen=True, slots=True)
class Acting:
    """A school, the gateway that serves it, and its databases."""

    served: Served
    school: Builder
    prefix: str
    client: AsyncMongoClient[dict[str, Any]]

    def id(self, kind: str, key: str) -> str:
        return self.school.id(kind, key)

    def own(self, kind: str, key: str, student: str) -> str:
        """The id of what one student has of a shared object."""
        return f"{self.id(kind, key)}.{self.id('Student', student)}"

    def bearer(self, who: str, role: Role) -> str:
        return token(self.school.subject_of_token(who), role)

    async def answer(
        self,
        who: str,
        role: Role,
        query: str,
        variables: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> dict[str, Any]:
        """The whole answer; *headers* are named with underscores."""
        response = await self.served.client.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={
                "Authorization": f"Bearer {self.bearer(who, role)}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        answer: dict[str, Any] = await response.json()
        return answer

    async def act(
        self, who: str, role: Role, name: str, values: Mapping[str, Any], fields: str = "", **headers: str
    ) -> dict[str, Any]:
        """The payload of one mutation that had no other errors than those of its input."""
        answer = await self.answer(who, role, mutation(name, fields), {"input": values}, **headers)
        assert "errors" not in answer, answer["errors"]
        payload: dict[str, Any] = answer["data"][name]
        return payload

    async def codes(self, who: str, role: Role, name: str, values: Mapping[str, Any], **headers: str) -> list[Any]:
        """The code and the path of each problem of an input."""
        return codes_of(await self.act(who, role, name, values, **headers))

    async def found(self, place: str, **where: Any) -> list[dict[str, Any]]:
        """The documents of `subsystem.collection` that match."""
        subsystem, _, collection = place.partition(".")
        return await self.client[f"{self.prefix}_{subsystem}"][collection].find(where).to_list()

    async def restore(self) -> None:
        """Write anew what a test may have changed, and forget what was done."""
        for subsystem in WRITTEN:
            database = self.client[f"{self.prefix}_{subsystem}"]
            for name in await database.list_collection_names():
                await database[name].delete_many({})
        for (subsystem, collection), documents in self.school.documents.items():
            if subsystem in WRITTEN:
                place = self.client[f"{self.prefix}_{subsystem}"][collection]
                await place.delete_many({})
                await place.insert_many([dict(document) for document in documents])

    async def change(self, place: str, where: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change one document of `subsystem.collection`, as another system would."""
        subsystem, _, collection = place.partition(".")
        result = await self.client[f"{self.prefix}_{subsystem}"][collection].update_one(where, change)
        assert result.matched_count == 1

    async def insert(self, place: str, *documents: Mapping[str, Any]) -> None:
        """Add documents to `subsystem.collection`, as another system would."""
        subsystem, _, collection = place.partition(".")
        await self.client[f"{self.prefix}_{subsystem}"][collection].insert_many([dict(one) for one in documents])

    async def put(self, built: Builder) -> None:
        """Add all that was built to the school."""
        for place, documents in built.documents.items():
            await self.insert(".".join(place), *documents)


def codes_of(payload: Mapping[str, Any]) -> list[Any]:
    """The code and the path of each problem that a payload names."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def limits_of(payload: Mapping[str, Any]) -> list[Any]:
    """The code, the path and the limit of each problem that a payload names."""
    return [(error["code"], error["field"], error["limit"]) for error in payload["userErrors"]]


def mutation(name: str, fields: str = "", key: str = "") -> str:
    """A document with one mutation that takes `$input`."""
    directive = f'@idempotent(key: "{key}")' if key else ""
    kind = f"{name[0].upper()}{name[1:]}Input!"
    return f"mutation ($input: {kind}) {{ {name}(input: $input) {directive} {{ {fields} {ERRORS} }} }}"


@asynccontextmanager
async def acting(mongo_uri: str, redis_uri: str | None, prefix: str, **settings: Any) -> AsyncIterator[Acting]:
    """Serve a new school in the databases of *prefix*."""
    settings.setdefault("writing", WriteRules(timeout_s=30))  # a busy machine is slow, not down
    built = school.build(prefix)
    await built.write(mongo_uri, prefix)
    async with (
        AsyncMongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client,
        served(mongo_uri, redis_uri, prefix=prefix, today=school.TODAY, **settings) as gateway,
    ):
        yield Acting(gateway, built, prefix, client)
