"""MongoDB: clients, one source per subsystem, the shapes of read, and what guards them."""

from connectors.mongo.client import Database, Driver, ReadPreference, connect, database_of
from connectors.mongo.filters import (
    ALL,
    NOTHING,
    Document,
    Order,
    Where,
    after_cursor,
    beyond,
    in_days,
    projection,
    with_columns,
    without_none,
)
from connectors.mongo.reads import BRANCHES, Deadline, grouped, in_runs
from connectors.mongo.source import Source

__all__ = [
    "ALL",
    "BRANCHES",
    "NOTHING",
    "Database",
    "Deadline",
    "Document",
    "Driver",
    "Order",
    "ReadPreference",
    "Source",
    "Where",
    "after_cursor",
    "beyond",
    "connect",
    "database_of",
    "grouped",
    "in_days",
    "in_runs",
    "projection",
    "with_columns",
    "without_none",
]
