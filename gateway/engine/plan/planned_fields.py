"""The fields of a plan: how the values of one response key come about for all its parents at once.

https://spec.graphql.org/September2025/#sec-Executing-Fields
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from graphql import FieldNode
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, is_awaitable

from gateway.engine.batch_results import one_each
from gateway.engine.declarations import Batch, Column, Declaration, Reference, Value, declaration_of
from gateway.engine.plan.arguments import converter
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.complete_value import ObjectCompleter, Paths, ValueCompleter
from gateway.engine.plan.run import Run
from gateway.engine.prepare.columns import FieldCall
from gateway.engine.prepare.operation_tree import SelectedField


class PlannedField(ABC):
    """One response key of a selection set on one object type."""

    completer: ValueCompleter

    tracks_paths = False
    """Whether the path of each object below this field is needed."""

    def __init__(self, compile_input: CompileInput, field: SelectedField) -> None:
        self.compile_input = compile_input
        self.field = field
        self.key = field.key
        self.condition = field.condition

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
        return [Path(path, self.key, self.field.parent.name) for path in above]


class ConstantField(PlannedField):
    """`__typename`, or null where the role may not see the field."""

    value: str | None = None

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        for answer in answers:
            answer[self.key] = self.value


class DocumentField(PlannedField):
    """A declared column of the document, or a value computed from it."""

    def __init__(self, compile_input: CompileInput, field: SelectedField) -> None:
        super().__init__(compile_input, field)
        self.answer = cast("Column | Value", cast("Declaration", declaration_of(field.definition)).answer)

    def read(self, parent: Any) -> Any:
        """The value of one document; an exception where it cannot be had."""
        try:
            return parent.get(self.answer.key) if isinstance(self.answer, Column) else self.answer.of(parent)
        except Exception as error:
            return error

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        self.fill([self.read(parent) for parent in parents], answers, run, self.below(above))


class BatchField(PlannedField):
    """A field with a declared batch resolver."""

    def __init__(self, compile_input: CompileInput, field: SelectedField) -> None:
        super().__init__(compile_input, field)
        self.answer = cast("Batch", cast("Declaration", declaration_of(field.definition)).answer)
        self._place = f"{field.parent.name}.{field.name}"

    @cached_property
    def _fixed_call(self) -> FieldCall:
        return self._call_of(self.field.nodes)

    def _call_of(self, nodes: Sequence[FieldNode]) -> FieldCall:
        operation = self.compile_input.operation
        return FieldCall(operation.tree, operation.columns, self.field.returns, nodes)

    def _call(self, run: Run) -> FieldCall:
        return self._fixed_call if self.field.is_fixed else self._call_of(run.nodes(self.field))

    @cached_property
    def _convert(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return converter(self.compile_input.schema, self.field.definition)

    def _arguments(self, run: Run) -> dict[str, Any]:
        adapted = run.arguments.get(self.field)
        if adapted is None:
            sent = _coerced_arguments(self, run) if self.field.definition.args else {}
            adapted = run.arguments[self.field] = self.answer.arguments(self._convert(sent))
        return adapted

    def _resolve(self, parents: list[Any], run: Run) -> Any:
        info = run.context.info(self._call(run))
        arguments = self._arguments(run)
        if self.answer.directive is None:
            return self.answer.resolve(parents, info, **arguments)
        invocation = self.answer.invocation(self.compile_input.schema, run.nodes(self.field)[0], run.variables)
        return self.answer.resolve(parents, info, **arguments, **invocation)

    def answers(self, parents: list[Any], run: Run) -> list[Any]:
        """The values of all parents, of a resolver that answers at once."""
        try:
            return one_each(self._place, self._resolve(parents, run), len(parents))
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
            self.fill(one_each(self._place, results[0], len(parents)), answers, run, paths)

        run.wait([awaitable], then, self.completer, None)


class ReferencedObjects(dict[Any, Any]):
    """The objects that parents refer to, by their ids: each stands in the answers at once, and is filled later."""

    def __missing__(self, key: Any) -> Any:
        shown = self[key] = None if key is None else {}
        return shown


class ReferenceField(BatchField):
    """A declared field whose objects the documents name by id."""

    @cached_property
    def reference(self) -> Reference:
        """The declared reference."""
        return cast("Reference", self.answer.reference)

    def start_referenced(
        self, referenced: ReferencedObjects | None, parents: list[Any], answers: list[dict[str, Any]], run: Run
    ) -> None:
        """Have the objects filled that already stand in the *answers*; the same as `start` where there are none."""
        if referenced is None:
            self.start(parents, answers, run, None)
            return
        ids = [one for one in referenced if one is not None]
        completer = cast("ObjectCompleter", self.completer)

        def then(results: list[Any]) -> None:
            values = one_each(self._place, results[0], len(ids))
            shown = [referenced[one] for one in ids]
            instead = {}
            if not completer.fill(values, shown, run):
                instead = dict(zip(map(id, shown), completer.complete(values, run, None), strict=True))
            if None in referenced and not completer.nullable:
                instead[id(None)] = completer.missing(run)
            if instead:
                for answer in answers:
                    value = answer[self.key]
                    answer[self.key] = instead.get(id(value), value)

        if not ids:
            then([[]])
            return
        run.wait([self.reference.of_ids(ids, run.context.info(self._call(run)))], then, completer, None)


class ResolverField(PlannedField):
    """A field with a plain resolver and no batch declaration: resolved for one object at a time, as in graphql-core."""

    tracks_paths = True

    def _arguments(self, run: Run) -> dict[str, Any]:
        if not self.field.definition.args and not run.nodes(self.field)[0].arguments:
            return {}
        return _coerced_arguments(self, run)

    @cached_property
    def _one(self) -> Callable[..., Any]:
        definition = self.field.definition
        if self.compile_input.uses_default(definition.resolve):
            return self._default
        resolve = definition.resolve or self.compile_input.field_resolver

        def one(source: Any, path: Path, run: Run, arguments: dict[str, Any]) -> Any:
            return resolve(source, run.info(self.field, path), **arguments)

        return one

    def _default(self, source: Any, path: Path, run: Run, arguments: dict[str, Any]) -> Any:
        name = self.field.name
        value = source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
        if callable(value):
            return value(run.info(self.field, path), **arguments)
        return value

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        paths = self.below(above) or []
        try:
            arguments = run.once((self, "arguments"), lambda: self._arguments(run))
        except Exception as error:
            self.fill([error] * len(parents), answers, run, paths)
            return
        values: list[Any] = []
        awaited = []
        for index, (parent, path) in enumerate(zip(parents, paths, strict=True)):
            try:
                value = self._one(parent, path, run, arguments)
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

        def then(results: list[Any]) -> None:
            self.fill(results, own, run, below)

        run.wait([values[index] for index in awaited], then, self.completer, below)


class IntrospectionField(PlannedField):
    """`__schema` or `__type`, answered from the schema that the role sees."""

    def start(self, parents: list[Any], answers: list[dict[str, Any]], run: Run, above: Any) -> None:
        found = self.compile_input.operation.introspection.answer(run.variables)
        run.errors += [error for error in found.errors if error.path == [self.key]]
        for answer in answers:
            answer[self.key] = found.data.get(self.key)


def _coerced_arguments(planned: PlannedField, run: Run) -> dict[str, Any]:
    node = run.nodes(planned.field)[0]
    hide = planned.compile_input.hide_suggestions
    return get_argument_values(planned.field.definition, node, run.variables, None, hide)
