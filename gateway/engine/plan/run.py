"""The state of one execution: what waits for the next round, what failed, and how an answer is settled from it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import iscoroutine
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLResolveInfo
from graphql.error import located_error
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, gather_with_cancel, is_awaitable
from graphql.type import GraphQLResolveInfoHelpers

from gateway.engine.errors import cause
from gateway.engine.plan.rounds import Abandoned, Place, Waiting, settled
from gateway.engine.prepare.collect_fields import holds

if TYPE_CHECKING:
    from gateway.engine.plan.compile_input import CompileInput
    from gateway.engine.plan.planned_fields import PlannedField
    from gateway.engine.prepare.collect_fields import Directives, Guard

ROOT: Final[Sequence[Path | None]] = (None,)

TURN_S: Final = 0.01
"""After so much work on one round's results other tasks of the event loop have their turn."""


class Failure:
    """Stands in the answer where a value could not be had, until the answer is settled."""

    __slots__ = ("error", "place", "resolved", "round")

    def __init__(self, error: Exception, place: Place, run: "Run", *, resolved: bool = False) -> None:
        self.error = error
        self.resolved = resolved
        """Whether the resolver answered with the error, which may then stand for many parents."""
        self.place = place
        self.round = run.round
        run.unsettled = True
        run.fatal = run.fatal or place.nulls.fatal


class Later:
    """Stands in the answer for a value that is still awaited."""

    __slots__ = ("value",)

    def __init__(self, run: "Run") -> None:
        self.value: Any = None
        run.unsettled = True


class Sent(NamedTuple):
    """The variables of a request, and what arguments they came to so far, by field."""

    variables: VariableValues
    arguments: "dict[PlannedField, dict[str, Any]]"


class Run:
    """One execution of a plan."""

    __slots__ = (
        "_background",
        "_choices",
        "_kept",
        "arguments",
        "broken",
        "context",
        "errors",
        "fatal",
        "pending",
        "root",
        "round",
        "target",
        "truths",
        "unsettled",
        "variables",
    )

    def __init__(
        self,
        target: "CompileInput",
        directives: "Directives",
        context: Any,
        root: Any,
        sent: Sent,
    ) -> None:
        self.target = target
        self.context = context
        self.root = root
        self.variables, self.arguments = sent
        self.truths, self.broken = directives.truths(sent.variables)
        self.pending: list[Waiting] = []
        self.round = 0
        self.unsettled = False
        self.fatal = False
        self.errors: list[GraphQLError] = []
        self._kept: dict[Any, Any] = {}
        self._choices: dict[Any, Sequence[bool]] = {}
        self._background: list[Any] = []

    def choices(self, unit: Any, directives: "Directives") -> Sequence[bool]:
        """The conditions of a unit of compiled code, as this request's variables decide them."""
        chosen = self._choices.get(unit)
        if chosen is None:
            truths = self.truths
            if directives.count > len(truths):
                truths, broken = directives.truths(self.variables)
                self.truths, self.broken = truths, broken or self.broken
            chosen = self._choices[unit] = unit(truths)
        return chosen

    def broken_guard(self, guards: "Sequence[Guard]") -> Exception | None:
        """The error of the first directive among *guards* that is reached and has no value."""
        for guard in guards:
            if holds(guard.condition, self.truths):
                try:
                    get_argument_values(guard.definition, guard.directive, self.variables)
                except GraphQLError as error:
                    return error
        return None

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """What *make* makes, once a run; an exception is raised again each time."""
        found = self._kept.get(key)
        if found is None:
            try:
                found = (make(), None)
            except Exception as error:
                found = (None, error)
            self._kept[key] = found
        if found[1] is not None:
            raise found[1]
        return found[0]

    def wait(
        self,
        awaitables: Sequence[Awaitable[Any]],
        then: Callable[[list[Any]], None],
        place: Place,
        paths: Sequence[Path] | None,
    ) -> None:
        """Have *awaitables* awaited together with all others of the next round."""
        self.pending.append(Waiting(awaitables, then, place, paths))

    async def drain(self) -> None:
        """Await round after round until nothing is pending, or nothing will be left of the answer."""
        while self.pending and not self.fatal:
            waiting, self.pending = self.pending, []
            self.round += 1
            results = await settled(waiting)
            start = 0
            began = perf_counter()
            for many in waiting:
                end = start + len(many.awaitables)
                many.then(results[start:end])
                start = end
                if perf_counter() - began > TURN_S:
                    await asyncio.sleep(0)
                    began = perf_counter()
        self.abandon()

    def abandon(self) -> None:
        """Forget what is still pending. What graphql-core would have begun comes to its end, unheard."""
        waiting, self.pending = self.pending, []
        for many in waiting:
            if many.paths is None:
                for awaitable in many.awaitables:
                    if iscoroutine(awaitable):
                        awaitable.close()
            else:
                self.track(many.awaitables)

    def info(self, field: "PlannedField", nodes: list[FieldNode], path: Path) -> GraphQLResolveInfo[Any]:
        """What graphql-core tells the resolver of one field of one object."""
        target = self.target
        return GraphQLResolveInfo(
            field.name,
            nodes,
            field.returns,
            field.parent,
            path,
            target.schema,
            target.fragments,
            self.root,
            target.node,
            self.variables,
            self.context,
            is_awaitable,
            None,
            GraphQLResolveInfoHelpers(gather=lambda values: gather_with_cancel(*values), track=self.track),
        )

    def track(self, values: Sequence[Any]) -> None:
        """See to it that awaitables which nobody awaits come to an end."""
        awaitables = [value for value in values if is_awaitable(value)]
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            for awaitable in awaitables:
                if iscoroutine(awaitable):
                    awaitable.close()
        else:
            if awaitables:
                self._background.append(asyncio.gather(*awaitables, return_exceptions=True))


def settle(data: dict[str, Any], run: Run) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The answer with every failure replaced by null at the nearest position that may be null, and the errors.

    An error whose class says what is shown *instead* is replaced by that, where its own position may be null.

    Errors come in the order in which rounds found them, within a round in the order of the answer. Of the errors below
    a position that one of them made null, those found later are dropped, as the specification has it. Of one cause that
    empties a field of many list items there is one error: see `gateway.engine.errors.cause`.
    """
    if not run.unsettled:
        return data, run.errors
    found = sorted(_failures(data), key=itemgetter(0))
    found = [one for one in found if not isinstance(one[2].error, Abandoned)]
    nulled: dict[tuple[str | int, ...], Any] = {}
    causes: dict[Any, tuple[Failure, tuple[str | int, ...]]] = {}
    for _, path, failure in found:
        position = path[: len(path) - failure.place.nulls.up]
        if any(position[:length] in nulled for length in range(len(position) + 1)):
            continue
        nulled[position] = getattr(failure.error, "instead", None) if position == path else None
        causes.setdefault(cause(failure.error, path) if failure.resolved else path, (failure, path))
    located = [
        located_error(failure.error, failure.place.field.nodes(run), list(path)) for failure, path in causes.values()
    ]
    return _without(data, nulled), [*run.errors, *located]


def _failures(data: Any) -> list[tuple[int, tuple[str | int, ...], Failure]]:
    """The failures of the answer in its order; what was awaited takes its place."""
    found = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if type(value) is Failure:
            found.append((value.round, path, value))
            continue
        items = list(value.items() if type(value) is dict else enumerate(value))
        for key, item in reversed(items):
            if type(item) is Later:
                value[key] = _arrived(item)
            kind = type(value[key])
            if kind is dict or kind is list or kind is Failure:
                stack.append(((*path, key), value[key]))
    return found


def _arrived(later: Later) -> Any:
    value: Any = later
    while type(value) is Later:
        value = value.value
    return value


def _without(data: Any, nulled: Mapping[tuple[str | int, ...], Any]) -> Any:
    if () in nulled:
        return None
    for path, shown in nulled.items():
        holder = data
        for key in path[:-1]:
            holder = holder[key]
            if type(holder) is not dict and type(holder) is not list:
                break
        else:
            holder[path[-1]] = shown
    return data
