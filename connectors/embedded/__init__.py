"""The MongoDB and the Redis of a machine that has neither."""

from connectors.embedded.server_process import ServerNotStarted
from connectors.embedded.servers import Server, mongod, redis_server

__all__ = ["Server", "ServerNotStarted", "mongod", "redis_server"]
