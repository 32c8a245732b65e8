"""The state of one execution: pending work, failures and errors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutine
from time import perf_counter
from typing import Any, Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLResolveInfo
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, gather_with_cancel, is_awaitable
from graphql.type import GraphQLResolveInfoHelpers

from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.nulls import Failure, PendingValue, Position, settle
from gateway.engine.plan.rounds import Pending, results_of
from gateway.engine.prepare.collect_fields import Guard, holds
from gateway.engine.prepare.operation_tree import SelectedField

ROOT: Final[Sequence[Path | None]] = (None,)

TURN_S: Final = 0.01
"""After so much work on one round's results other tasks of the event loop have their turn."""


class CoercedVariables(NamedTuple):
    """The variables of a request, coerced, and the arguments that fields made of them so far."""

    variables: VariableValues
    arguments: dict[SelectedField, dict[str, Any]]


class Run:
    """One execution of a plan."""

    __slots__ = (
        "_background",
        "_by_key",
        "_choices",
        "_directives",
        "arguments",
        "broken",
        "compile_input",
        "context",
        "errors",
        "fatal",
        "pending",
        "root",
        "round",
        "truths",
        "unsettled",
        "variables",
    )

    def __init__(
        self,
        compile_input: CompileInput,
        context: Any,
        root: Any,
        sent: CoercedVariables,
    ) -> None:
        self.compile_input = compile_input
        self._directives = compile_input.operation.tree.directives
        self.context = context
        self.root = root
        self.variables, self.arguments = sent
        self.truths, self.broken = self._directives.truths(sent.variables)
        self.pending: list[Pending] = []
        self.round = 0
        self.unsettled = False
        self.fatal = False
        self.errors: list[GraphQLError] = []
        self._by_key: dict[Any, Any] = {}
        self._choices: dict[Any, Sequence[bool]] = {}
        self._background: list[Any] = []

    def choices(self, unit: Any) -> Sequence[bool]:
        """The truth of the conditions of a unit of compiled code, by this request's variables."""
        chosen = self._choices.get(unit)
        if chosen is None:
            truths = self.truths
            if self._directives.count > len(truths):
                truths, broken = self._directives.truths(self.variables)
                self.truths, self.broken = truths, broken or self.broken
            chosen = self._choices[unit] = unit(truths)
        return chosen

    def broken_guard(self, guards: Sequence[Guard]) -> Exception | None:
        """The error of the first directive among *guards* that is reached and has no value."""
        for guard in guards:
            if holds(guard.condition, self.truths):
                try:
                    get_argument_values(guard.definition, guard.directive, self.variables)
                except GraphQLError as error:
                    return error
        return None

    def nodes(self, field: SelectedField) -> list[FieldNode]:
        """The nodes of a field that this request includes."""
        if field.is_fixed:
            return field.nodes
        included: list[FieldNode] = self.once(
            (field, "nodes"),
            lambda: [part.node for part in field.group.parts if holds(part.condition, self.truths)],
        )
        return included

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """The result of *make*, which is called once a run; an exception is raised again each time."""
        found = self._by_key.get(key)
        if found is None:
            try:
                found = (make(), None)
            except Exception as error:
                found = (None, error)
            self._by_key[key] = found
        if found[1] is not None:
            raise found[1]
        return found[0]

    def wait(
        self,
        awaitables: Sequence[Awaitable[Any]],
        then: Callable[[list[Any]], None],
        position: Position,
        paths: Sequence[Path] | None,
    ) -> None:
        """Have *awaitables* awaited together with all others of the next round."""
        self.pending.append(Pending(awaitables, then, position, paths))

    async def drain(self) -> None:
        """Await round after round until nothing is pending, or nothing will be left of the answer."""
        while self.pending and not self.fatal:
            waiting, self.pending = self.pending, []
            self.round += 1
            results = await results_of(waiting)
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
        """Drop pending work. Awaitables that graphql-core would have started run to their end, their results unused."""
        waiting, self.pending = self.pending, []
        for many in waiting:
            if many.paths is None:
                for awaitable in many.awaitables:
                    if iscoroutine(awaitable):
                        awaitable.close()
            else:
                self.track(many.awaitables)

    def fail(self, error: Exception, position: Position, *, by_resolver: bool = False) -> Failure:
        """A failure, which stands in the answer for a value that could not be had."""
        self.unsettled = True
        self.fatal = self.fatal or position.nulls.fatal
        return Failure(error, position, round=self.round, by_resolver=by_resolver)

    def pending_value(self) -> PendingValue:
        """A pending value, which stands in the answer until it is filled."""
        self.unsettled = True
        return PendingValue()

    def settle(self, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The answer with its nulls, and the errors."""
        if not self.unsettled:
            return data, self.errors
        shown, errors = settle(data, self.nodes)
        return shown, [*self.errors, *errors]

    def info(self, field: SelectedField, path: Path) -> GraphQLResolveInfo[Any]:
        """The `info` that graphql-core passes to the resolver of one field of one object."""
        operation = self.compile_input.operation
        return GraphQLResolveInfo(
            field.name,
            self.nodes(field),
            field.returns,
            field.parent,
            path,
            self.compile_input.schema,
            dict(operation.fragments),
            self.root,
            operation.node,
            self.variables,
            self.context,
            is_awaitable,
            None,
            GraphQLResolveInfoHelpers(gather=lambda values: gather_with_cancel(*values), track=self.track),
        )

    def info_at(self, field: SelectedField, paths: Sequence[Path] | None, index: int) -> GraphQLResolveInfo[Any]:
        """The `info` for the value *index* of a field, whose *paths* are known where they matter."""
        return self.info(field, Path(None, field.key, field.parent.name) if paths is None else paths[index])

    def track(self, values: Sequence[Any]) -> None:
        """Let awaitables run to their end that nobody awaits."""
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
