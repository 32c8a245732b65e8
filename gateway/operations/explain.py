"""Explains an operation: what was pruned and why, which commands it takes and which indexes serve them, the plan."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import ExecutionResult

from connectors.mongo import Database
from connectors.mongo.read_log import CacheLookup, Command, ReadLog, read_log_of, shape
from gateway.context import RequestContext
from gateway.engine.documents import PreparedOperation
from gateway.engine.prepare.operation import Operation, prepare
from gateway.engine.prepare.visibility import View

_KEPT: Final[Mapping[str, Callable[[Any], Any]]] = {"filter": shape, "projection": dict, "sort": dict, "limit": int}


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation made ready from nothing, with what that took."""

    prepared: PreparedOperation
    prepare_ms: float
    compile_ms: float


def prepared(source: str, name: str | None, view: View) -> Prepared:
    """Parse, prune, validate and compile *source* anew; raises `OperationRefused`."""
    began = time.perf_counter()
    operation = PreparedOperation(prepare(source, name, view))
    ready = time.perf_counter()
    _ = operation.plan
    done = time.perf_counter()
    return Prepared(operation, (ready - began) * 1000, (done - ready) * 1000)


def pruned(operation: Operation) -> list[dict[str, Any]]:
    """The fields that the role may not see, and the rule: who may."""
    return [{"path": list(d.path), "visibleTo": list(d.visible_to)} for d in operation.denials]


def cost(prepared: PreparedOperation, variables: Mapping[str, Any], data: Any = None) -> dict[str, Any]:
    """The estimated cost of the operation, its heaviest field, and the actual cost of its answer *data*."""
    found = prepared.cost
    heaviest = found.heaviest(variables)
    explained: dict[str, Any] = {"estimated": found.estimated(variables)}
    if data is not None:
        explained["actual"] = found.actual(data, variables)
    return explained | {"heaviest": {"path": list(heaviest.path), "cost": heaviest.cost}}


def columns(operation: Operation) -> dict[str, list[str]]:
    """The document keys that the operation needs behind each type."""
    return {name: sorted(needs) for name, needs in sorted(operation.columns.items()) if needs}


async def commands(issued: Iterable[Command], databases: Mapping[str, Database]) -> list[dict[str, Any]]:
    """The commands with the shape of their filters and the indexes that serve them."""
    return [await _command(command, databases[command.source]) for command in issued]


async def _command(command: Command, database: Database) -> dict[str, Any]:
    name = next(iter(command.body))
    explained: dict[str, Any] = {
        "connector": command.source,
        "collection": command.collection,
        "command": name,
        "indexes": await _indexes(command, database),
    }
    if name == "aggregate":
        explained["pipeline"] = [shape(stage) for stage in command.body["pipeline"]]
    for key, tell in _KEPT.items():
        if command.body.get(key):
            explained[key] = tell(command.body[key])
    return explained


async def _indexes(command: Command, database: Database) -> list[str]:
    explained = await database.command({"explain": dict(command.body), "verbosity": "queryPlanner"})
    return sorted(set(_found(explained))) or ["none: the collection is scanned"]


def _found(explained: Any) -> Iterable[str]:
    if isinstance(explained, Mapping):
        if "indexName" in explained:
            yield str(explained["indexName"])
        for key, part in explained.items():
            if key != "rejectedPlans":
                yield from _found(part)
    elif isinstance(explained, list):
        for part in explained:
            yield from _found(part)


async def run_explained(
    prepared: PreparedOperation,
    context: RequestContext,
    variables: Mapping[str, Any],
    running: Callable[[], Awaitable[ExecutionResult]],
    compile_ms: float | None,
) -> ExecutionResult:
    """Run an operation; its answer carries what it cost under `extensions.explain`.

    Nothing in it may depend on documents that the viewer may not read: objects are counted in the answer, and reads
    that serve the row rule alone are left out.

    *compile_ms* is None where the plan was kept from an earlier request.
    """
    seen = read_log_of(context.reads.deadline) or ReadLog()
    began_s = time.perf_counter()
    result = await running()
    ended_s = time.perf_counter()
    result.extensions = {
        "explain": {
            "times": times(seen.commands, began_s, ended_s),
            "cost": cost(prepared, variables, result.data),
            "plan": {"compileMs": compile_ms},
            "pruned": pruned(prepared.operation),
            "columns": columns(prepared.operation),
            "batches": batches(context),
            "shared": shared_reads(seen.lookups),
            "commands": await commands(seen.commands, context.connectors.databases),
            "objects": objects(result.data),
        }
    }
    return result


def times(issued: Iterable[Command], began_s: float, ended_s: float) -> dict[str, Any]:
    """How long a run took, when each of its reads began and how long it took, and the rest: what completion took.

    All of it in milliseconds, from the beginning of the run. Reads overlap; completion is the time in which none was
    under way.
    """
    reads = sorted(issued, key=lambda one: (one.began_s, one.ended_s))
    reading_s, until_s = 0.0, began_s
    for one in reads:
        reading_s += max(0.0, one.ended_s - max(one.began_s, until_s))
        until_s = max(until_s, one.ended_s)
    return {
        "runMs": _ms(ended_s - began_s),
        "completionMs": _ms(ended_s - began_s - reading_s),
        "reads": [
            {
                "connector": one.source,
                "collection": one.collection,
                "beganMs": _ms(one.began_s - began_s),
                "ms": _ms(one.ended_s - one.began_s),
            }
            for one in reads
        ],
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def objects(data: Any) -> list[dict[str, Any]]:
    """How many objects the answer shows at each path, lists in between counted through."""
    counts: Counter[tuple[str, ...]] = Counter()
    stack: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, list):
            stack.extend((path, item) for item in value)
        elif isinstance(value, dict):
            counts[path] += 1
            stack.extend(((*path, key), item) for key, item in value.items())
    return [{"path": list(path), "count": count} for path, count in sorted(counts.items()) if path]


def shared_reads(answered: Iterable[CacheLookup]) -> list[dict[str, Any]]:
    """The reads that answer everybody alike, each with what answered it and of how many keys."""
    keys: Counter[tuple[str, str]] = Counter()
    for one in answered:
        keys[one.read, one.by] += one.keys
    return [{"read": read, "answeredBy": by, "keys": count} for (read, by), count in keys.items()]


def batches(context: RequestContext) -> list[dict[str, Any]]:
    """The reads that were sent to connectors, each with its distinct keys counted."""
    return [
        {"read": batch.read, "keys": batch.keys, "columns": sorted(batch.columns)} for batch in context.reads.batches
    ]
