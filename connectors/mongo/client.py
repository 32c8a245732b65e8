"""Clients of MongoDB, of either driver, and the databases that they open."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener
from pymongo.read_preferences import Primary, PrimaryPreferred


class Database(Protocol):
    """The methods of a driver's database, motor's or PyMongo's, that the connectors use."""

    @property
    def name(self) -> str: ...

    def __getitem__(self, name: str) -> Any: ...

    async def command(self, command: str | Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def list_collection_names(self) -> list[str]: ...


class Driver(StrEnum):
    """Whose asynchronous client reads MongoDB: motor's, or that of PyMongo, which is to follow it."""

    MOTOR = "motor"
    PYMONGO = "pymongo"


class ReadPreference(StrEnum):
    """Which members of a replica set are read."""

    PRIMARY = "primary"
    PRIMARY_PREFERRED = "primaryPreferred"


_CLIENTS: Final[Mapping[Driver, Callable[..., Any]]] = {
    Driver.MOTOR: AsyncIOMotorClient,
    Driver.PYMONGO: AsyncMongoClient,
}


def connect(
    uri: str, *, timeout_s: float, driver: Driver = Driver.MOTOR, listeners: Sequence[CommandListener] = ()
) -> Any:
    """A client that gives up on an unreachable server after *timeout_s* and reads instants as aware UTC."""
    return _CLIENTS[driver](
        uri,
        serverSelectionTimeoutMS=int(timeout_s * 1000),
        connectTimeoutMS=int(timeout_s * 1000),
        event_listeners=list(listeners),
        tz_aware=True,
        appname="school-gateway",
        retryReads=False,  # the guard does, with a pause
    )


def database_of(client: Any, name: str, read_preference: ReadPreference) -> Any:
    """A database of a client, read as said here, whatever the client's URI says."""
    is_primary = read_preference is ReadPreference.PRIMARY
    return client.get_database(name, read_preference=Primary() if is_primary else PrimaryPreferred())
