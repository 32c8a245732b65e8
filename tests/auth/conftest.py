"""An identity provider that publishes real keys, and a directory in the run's MongoDB to fill with people."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jws
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from auth.cache import Today
from auth.tokens import Claims
from auth.viewer import Role
from connectors import directory, mongo, redis
from connectors.directory import Directory
from connectors.mongo import Deadline, Source
from connectors.vocabulary import ClassId, Day, GroupId, PersonId, SchoolId, StudentId, SubjectId, mint

ISSUER: Final = "https://id.example"
AUDIENCE: Final = "school-gateway"


class SigningKey:
    """A private key, and what is published of it."""

    def __init__(self, kid: str | None, algorithm: str, key: Any) -> None:
        self.kid = kid
        self.algorithm = algorithm
        self._private = key
        self._key = jwk.construct(key, algorithm)

    @property
    def public(self) -> dict[str, Any]:
        members = jwk.construct(self._private.public_key(), self.algorithm).to_dict()
        return members if self.kid is None else {**members, "kid": self.kid, "use": "sig"}

    @property
    def public_pem(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem: bytes = self._private.public_key().public_bytes(serialization.Encoding.PEM, form)
        return pem.decode()

    def named(self, kid: str | None) -> "SigningKey":
        return SigningKey(kid, self.algorithm, self._private)

    def token(self, claims: Mapping[str, Any] | bytes, **header: Any) -> str:
        kid = {} if self.kid is None else {"kid": self.kid}
        payload = claims if isinstance(claims, bytes) else orjson.dumps(claims)
        return jws.sign(payload, self._key, headers={**kid, **header}, algorithm=self.algorithm)


@pytest.fixture(scope="session")
def rsa_key() -> SigningKey:
    return SigningKey("rsa-1", "RS256", rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def other_rsa_key() -> SigningKey:
    return SigningKey("rsa-2", "RS256", rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def ec_key() -> SigningKey:
    return SigningKey("ec-1", "ES256", ec.generate_private_key(ec.SECP256R1()))


def claims_of(*, exp_in: float | None = None, nbf_in: float | None = None, **changes: Any) -> dict[str, Any]:
    """The claims of a token that is good; a claim changed to None is left out, `…_in` is in seconds from now."""
    now = int(time.time())
    changes |= {} if exp_in is None else {"exp": now + exp_in}
    changes |= {} if nbf_in is None else {"nbf": now + nbf_in}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "role": "PARENT", "exp": now + 300, "nbf": now, **changes}
    return {name: value for name, value in claims.items() if value is not None}


class MakeClaims(Protocol):
    def __call__(self, **changes: Any) -> dict[str, Any]: ...


@pytest.fixture(scope="session")
def payload() -> MakeClaims:
    return claims_of


@dataclass
class Provider:
    """What an identity provider publishes, and how often it was asked."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    requests: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    """What the discovery document says beside, or instead of, the issuer and where its keys are."""
    discovery: dict[str, Any] = field(default_factory=dict)
    """What is to go wrong with that document: its body, status, headers."""
    discoveries: int = 0

    @property
    def issuer(self) -> str:
        return self.url.removesuffix("/jwks")

    def publish(self, *keys: SigningKey) -> None:
        self.keys = [key.public for key in keys]

    async def answer(self, _: web.Request) -> web.Response:
        self.requests += 1
        body = orjson.dumps({"keys": self.keys}) if self.body is None else self.body
        await asyncio.sleep(self.delay_s)
        return web.Response(body=body, status=self.status, headers=self.headers, content_type="application/json")

    async def describe(self, _: web.Request) -> web.Response:
        self.discoveries += 1
        await asyncio.sleep(self.delay_s)
        body = orjson.dumps({"issuer": self.issuer, "jwks_uri": self.url, **self.metadata})
        return web.Response(**{"body": body, "content_type": "application/json", **self.discovery})


async def moved(_: web.Request) -> web.Response:
    return web.json_response({"keys": []})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    published = Provider()
    app = web.Application()
    app.router.add_get("/jwks", published.answer)
    app.router.add_get("/keys", published.answer)
    app.router.add_get("/.well-known/openid-configuration", published.describe)
    app.router.add_get("/moved", moved)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    published.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    yield published
    await runner.cleanup()


class Commands(CommandListener):
    """The reads sent to MongoDB, by collection."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"find", "aggregate", "getMore"}:
            self.sent.append(str(event.command.get(event.command_name)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


class World:
    """A directory to fill. Every test names its own people, so that they can share one database."""

    def __init__(self, database: Any, commands: Commands) -> None:
        self.directory = Directory(Source("directory", database))
        self.commands = commands
        self._database = database
        self._name = uuid.uuid4().hex

    def name(self, kind: str, *key: object) -> Any:
        """An id of *kind* that no other test has."""
        return mint(kind, self._name, *(key or (uuid.uuid4().hex,)))

    def claims(self, role: Role, subject: str = "me", issuer: str = ISSUER) -> Claims:
        return Claims(issuer, f"{self._name}:{subject}", role, None, int(time.time()) + 300)

    async def known_as(self, person: PersonId, subject: str = "me", issuer: str = ISSUER) -> None:
        document = {"issuer": issuer, "subject": f"{self._name}:{subject}", "person_id": person}
        await self._put("external_ids", {"_id": self.name("ExternalId"), **document})

    async def school(self, zone: str = "Asia/Yekaterinburg") -> SchoolId:
        return SchoolId(await self._put("schools", {"_id": self.name("School"), "time_zone": zone}))

    async def person(self, *roles: Role, **columns: Any) -> PersonId:
        document = {"_id": self.name("Person"), "roles": [str(role) for role in roles], "school_ids": [], **columns}
        return PersonId(await self._put("people", document))

    async def student(self, school: SchoolId, **columns: Any) -> StudentId:
        student = StudentId(self.name("Student"))
        places = {"enrolments": [], "memberships": [], **columns}
        await self.person(Role.STUDENT, student_id=student, school_id=school, school_ids=[school], **places)
        return student

    async def guardianship(self, person: PersonId, student: StudentId, school: SchoolId, **columns: Any) -> str:
        right = {"is_legal_representative": True, "data_access": True, "valid_from": None, "valid_to": None, **columns}
        ids = {"person_id": person, "student_id": student, "school_id": school}
        return str(await self._put("guardianships", {"_id": self.name("Guardianship"), **ids, **right}))

    async def assignment(self, person: PersonId, school: SchoolId, kind: str = "TEACHER", **columns: Any) -> None:
        what = {"class_id": None, "group_id": None, "subject_id": None, "starts_on": None, "ends_on": None, **columns}
        ids = {"person_id": person, "school_id": school, "kind": kind}
        await self._put("staff_assignments", {"_id": self.name("StaffAssignment"), **ids, **what})

    async def change(self, collection: str, of: str, **columns: Any) -> None:
        key = "student_id" if of.startswith("stu_") else "_id"
        await self._database[collection].update_one({key: of}, {"$set": columns})

    async def _put(self, collection: str, document: dict[str, Any]) -> Any:
        await self._database[collection].insert_one(document)
        return document["_id"]

    def class_id(self) -> ClassId:
        return ClassId(self.name("Class"))

    def group_id(self) -> GroupId:
        return GroupId(self.name("Group"))

    def subject_id(self) -> SubjectId:
        return SubjectId(self.name("Subject"))


@pytest.fixture(scope="session")
async def _database(mongo_uri: str) -> AsyncIterator[tuple[Any, Commands]]:
    commands = Commands()
    client: Any = mongo.connect(mongo_uri, timeout_s=5, listeners=[commands])
    database = client[f"auth_{uuid.uuid4().hex}"]
    await directory.Directory(Source("directory", database)).create_indexes()
    yield database, commands
    await client.drop_database(database.name)
    client.close()


@pytest.fixture
def world(_database: tuple[Any, Commands]) -> World:
    database, commands = _database
    commands.sent.clear()
    return World(database, commands)


@pytest.fixture
async def redis_client(redis_uri: str) -> AsyncIterator[redis.Redis]:
    client = redis.connect(redis_uri, timeout_s=2)
    yield client
    await client.aclose()


@pytest.fixture
def today() -> Today:
    """A Friday in November, everywhere."""
    return lambda _: Day("2026-11-20")


@pytest.fixture
def soon() -> Callable[[], Deadline]:
    """A deadline far enough off."""
    return lambda: asyncio.get_running_loop().time() + 5
