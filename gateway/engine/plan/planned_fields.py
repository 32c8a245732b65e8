"""The places of an answer: each response key of a selection set, and how its values come about for all its parents."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, is_awaitable

from gateway.engine.batch_results import one_each
from gateway.engine.declarations import Batch, Column, Declaration, Reference, Value, declared
from gateway.engine.plan.arguments import converter
from gateway.engine.plan.compile_input import CompileInput, uses_default
from gateway.engine.plan.complete_value import ObjectCompleter, Paths, ValueCompleter
from gateway.engine.plan.run import Run
from gateway.engine.prepare.collect_fields import Condition, Group, holds
from gateway.engine.prepare.operation import FieldCall, call_of


class PlannedField(ABC):
    """One response key of a selection set on one object type."""

    completer: ValueCompleter

    def __init__(self, target: CompileInput, parent: GraphQLObjectType, group: Group, definition: GraphQLField) -> None:
        self.target = target
        self.parent = parent
        self.group = group
        self.key = group.key
        self.name = group.name
        self.definition = definition
        self.returns = definition.type
        self._fixed = all(part.condition is True for part in group.parts)
        self._nodes = [part.node for part in group.parts]

    @property
    def condition(self) -> Condition:
        """Under which the key is in the answer at all."""
        return self.group.condition

    tracks_paths = False
    """Whether someone below this place is told the path of each object."""

    def nodes(self, run: Run) -> list[FieldNode]:
        """The field's nodes that this request includes."""
        if self._fixed:
            return self._nodes
        return cast(
            "list[FieldNode]",
            run.kept(
                (self, "nodes"),
                lambda: [part.node for part in self.group.parts if holds(part.condition, run.truths)],
            ),
        )

    def info(self, run: Run, paths: Paths, index: int) -> GraphQLResolveInfo[Any]:
        """What graphql-core's functions are told of the value *index* of this field."""
        path = Path(None, self.key, self.parent.name) if paths is None else paths[index]
        return run.info(self, self.nodes(run), path)

    @abstractmethod
    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        """Bring the field's values into the *answers* of its *parents*, now or in a later round."""

    def fill(self, values: list[Any], answers: list[dict[str, Any]], run: Run, paths: Paths) -> None:
        """Complete *values* into *answers*."""
        key = self.key
        for answer, shown in zip(answers, self.completer.complete(values, run, paths), strict=True):
            answer[key] = shown

    def below(self, above: Sequence[Path | None] | None) -> Paths:
        """The paths of this field in the objects at *above*."""
        if above is None:
            return None
        return [Path(path, self.key, self.parent.name) for path in above]


class Constant(PlannedField):
    """`__typename`, or null where the role may not see the field."""

    value: str | None = None

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        for answer in answers:
            answer[self.key] = self.value


class Plain(PlannedField):
    """A declared column, or value of the document."""

    def __init__(self, target: CompileInput, parent: GraphQLObjectType, group: Group, definition: GraphQLField) -> None:
        super().__init__(target, parent, group, definition)
        self.answer = cast("Column | Value", cast("Declaration", declared(definition)).answer)

    def read(self, parent: Any) -> Any:
        """The value of one document; an exception where it cannot be had."""
        try:
            return parent.get(self.answer.key) if isinstance(self.answer, Column) else self.answer.of(parent)
        except Exception as error:
            return error

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        self.fill([self.read(parent) for parent in parents], answers, run, self.below(above))


class Batched(PlannedField):
    """A declared batch resolver."""

    def __init__(self, target: CompileInput, parent: GraphQLObjectType, group: Group, definition: GraphQLField) -> None:
        super().__init__(target, parent, group, definition)
        self.answer = cast("Batch", cast("Declaration", declared(definition)).answer)
        self._field = f"{parent.name}.{group.name}"

    @cached_property
    def _call(self) -> FieldCall:
        return call_of(self.target.operation, self.returns, self._nodes)

    def _asked(self, run: Run) -> FieldCall:
        return self._call if self._fixed else call_of(self.target.operation, self.returns, self.nodes(run))

    @cached_property
    def _convert(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return converter(self.target.schema, self.definition)

    def _arguments(self, run: Run) -> dict[str, Any]:
        adapted = run.arguments.get(self)
        if adapted is None:
            sent: dict[str, Any] = {}
            if self.definition.args:
                sent = get_argument_values(
                    self.definition, self.nodes(run)[0], run.variables, None, self.target.hide_suggestions
                )
            adapted = run.arguments[self] = self.answer.arguments(self._convert(sent))
        return adapted

    def _resolve(self, parents: list[Any], run: Run) -> Any:
        info = run.context.info(self._asked(run))
        return self.answer.resolve(parents, info, **self._arguments(run))

    def answers(self, parents: list[Any], run: Run) -> list[Any]:
        """The values of all parents, of a resolver that answers at once."""
        try:
            return one_each(self._field, self._resolve(parents, run), len(parents))
        except Exception as error:
            return [error] * len(parents)

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        paths = self.below(above)
        if not self.answer.is_async:
            self.fill(self.answers(parents, run), answers, run, paths)
            return
        try:
            awaitable: Awaitable[Any] = self._resolve(parents, run)
        except Exception as error:
            self.fill([error] * len(parents), answers, run, paths)
            return

        def then(results: list[Any]) -> None:
            self.fill(one_each(self._field, results[0], len(parents)), answers, run, paths)

        run.wait([awaitable], then, self.completer, None)


class Shared(dict[Any, Any]):
    """The objects that parents share, by their ids: each stands in the answers at once, and is filled later."""

    def __missing__(self, key: Any) -> Any:
        shown = self[key] = None if key is None else {}
        return shown


class ReferenceField(Batched):
    """A declared field whose objects the documents name by id."""

    @cached_property
    def linked(self) -> Reference:
        """How its objects are found."""
        return cast("Reference", self.answer.linked)

    def start_shared(self, shared: Shared | None, parents: list[Any], answers: list[dict[str, Any]], run: Run) -> None:
        """Have the objects that already stand in the *answers* filled; as `start` where there are none."""
        if shared is None:
            self.start(parents, answers, run, None)
            return
        ids = [one for one in shared if one is not None]
        completer = cast("ObjectCompleter", self.completer)

        def then(results: list[Any]) -> None:
            values = one_each(self._field, results[0], len(ids))
            shown = [shared[one] for one in ids]
            instead = {}
            if not completer.fill(values, shown, run):
                instead = dict(zip(map(id, shown), completer.complete(values, run, None), strict=True))
            if None in shared and not completer.nullable:
                instead[id(None)] = completer.missing(run)
            if instead:
                for answer in answers:
                    value = answer[self.key]
                    answer[self.key] = instead.get(id(value), value)

        if not ids:
            then([[]])
            return
        run.wait([self.linked.of_ids(ids, run.context.info(self._asked(run)))], then, completer, None)


class Resolved(PlannedField):
    """A field of a schema that declares nothing: resolved object by object, as graphql-core has it."""

    tracks_paths = True

    def _arguments(self, run: Run) -> dict[str, Any]:
        node = self.nodes(run)[0]
        if not self.definition.args and not node.arguments:
            return {}
        return get_argument_values(self.definition, node, run.variables, None, self.target.hide_suggestions)

    @cached_property
    def _one(self) -> Callable[..., Any]:
        if uses_default(self.target, self.definition.resolve):
            return self._default
        resolve = self.definition.resolve or self.target.field_resolver

        def one(source: Any, nodes: list[FieldNode], path: Path, run: Run, arguments: dict[str, Any]) -> Any:
            return resolve(source, run.info(self, nodes, path), **arguments)

        return one

    def _default(self, source: Any, nodes: list[FieldNode], path: Path, run: Run, arguments: dict[str, Any]) -> Any:
        value = source.get(self.name) if isinstance(source, Mapping) else getattr(source, self.name, None)
        if callable(value):
            return value(run.info(self, nodes, path), **arguments)
        return value

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        paths = self.below(above) or []
        try:
            arguments = run.kept((self, "arguments"), lambda: self._arguments(run))
        except Exception as error:
            self.fill([error] * len(parents), answers, run, paths)
            return
        nodes, one = self.nodes(run), self._one
        values: list[Any] = []
        awaited = []
        for index, (parent, path) in enumerate(zip(parents, paths, strict=True)):
            try:
                value = one(parent, nodes, path, run, arguments)
            except Exception as error:
                value = error
            if is_awaitable(value):
                awaited.append(index)
            values.append(value)
        if awaited:
            self._wait(values, awaited, answers, run, paths)
        else:
            self.fill(values, answers, run, paths)

    def _wait(
        self, values: list[Any], awaited: list[int], answers: list[dict[str, Any]], run: Run, paths: Sequence[Path]
    ) -> None:
        waits = set(awaited)
        at_once = [index for index in range(len(values)) if index not in waits]
        if at_once:
            self.fill(
                [values[index] for index in at_once],
                [answers[index] for index in at_once],
                run,
                [paths[index] for index in at_once],
            )
        own = [answers[index] for index in awaited]
        below = [paths[index] for index in awaited]
        run.wait(
            [values[index] for index in awaited],
            lambda results: self.fill(results, own, run, below),
            self.completer,
            below,
        )


class IntrospectionField(PlannedField):
    """`__schema` or `__type`, answered from the schema that the role sees."""

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        found = self.target.operation.introspection.answer(run.variables)
        run.errors += [error for error in found.errors if error.path == [self.key]]
        for answer in answers:
            answer[self.key] = found.data.get(self.key)
