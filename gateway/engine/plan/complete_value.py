"""CompleteValue: all values of one field, for all its parents, at once.

https://spec.graphql.org/September2025/#sec-Value-Completion
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final

from graphql import GraphQLAbstractType, GraphQLError, GraphQLLeafType, GraphQLObjectType, Undefined
from graphql.pyutils import Path, inspect, is_awaitable, is_iterable

from gateway.engine.plan import abstract_types, leaf_types
from gateway.engine.plan.nulls import Failure, NullPropagation, PendingValue
from gateway.engine.plan.run import Run
from gateway.engine.plan.slow_paths import SLOW_PATHS
from gateway.engine.prepare.operation_tree import SelectedField

Paths = Sequence[Path] | None
Select = Callable[..., list[Any]]
"""`select(documents, run, paths)` makes answers; `select(documents, run, None, answers)` fills them."""

_DOCUMENTS: Final = {dict}
_LISTS: Final = {list}
_FEW: Final = 16


class ValueCompleter(ABC):
    """A type at one position of the answer."""

    def __init__(self, field: SelectedField, nulls: NullPropagation) -> None:
        self.field = field
        self.nulls = nulls
        self.nullable = nulls.nullable

    @abstractmethod
    def complete(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        """The completed values; *paths* are those of *values*, where paths are tracked."""

    def single(self, value: Any, run: Run) -> Any:
        """The completed value, without its path."""
        return self.complete([value], run, None)[0]

    def missing(self, run: Run) -> Failure | None:
        """The completed null: a failure where the position may not be null."""
        if self.nullable:
            return None
        message = f"Cannot return null for non-nullable field {self.field.parent.name}.{self.field.name}."
        return run.fail(TypeError(message), self)

    def failed(self, errors: Exception, count: int, run: Run) -> list[Any]:
        """A failure for each of *count* values, all with the same error."""
        return [run.fail(errors, self) for _ in range(count)]

    def _split(self, values: list[Any], run: Run) -> tuple[list[Any], list[int]]:
        """The completed nulls and exceptions, and the indexes of the other values."""
        answer: list[Any] = [None] * len(values)
        rest = []
        for index, value in enumerate(values):
            if value is None or value is Undefined:
                answer[index] = self.missing(run)
            elif isinstance(value, Exception):
                answer[index] = run.fail(value, self, by_resolver=True)
            else:
                rest.append(index)
        return answer, rest


class LeafCompleter(ValueCompleter):
    """A scalar or an enum."""

    def __init__(self, field: SelectedField, named: GraphQLLeafType, nulls: NullPropagation) -> None:
        super().__init__(field, nulls)
        self.leaf = leaf_types.leaf(named)
        self._many = leaf_types.many(named, nullable=self.nullable)(self.one)

    def complete(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        try:
            return self._many(values, run)
        except Exception:
            SLOW_PATHS.labels("leaves").inc()
            return [self.one(value, run) for value in values]

    def one(self, value: Any, run: Run) -> Any:
        """The completed value."""
        if value is None or value is Undefined:
            return self.missing(run)
        if isinstance(value, Exception):
            return run.fail(value, self, by_resolver=True)
        try:
            return self.leaf.one(value)
        except Exception as error:
            return run.fail(error, self)


class ObjectCompleter(ValueCompleter):
    """An object type; *select* makes answers of a list of documents, or fills given ones."""

    select: Select

    def __init__(self, field: SelectedField, named: GraphQLObjectType, nulls: NullPropagation) -> None:
        super().__init__(field, nulls)
        self.named = named
        self.repeats = True
        self._checks_documents = abstract_types.has_own_check(named)

    def complete(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        if not self.repeats or paths is not None or len(values) <= _FEW:
            return self._each(values, run, paths)
        # Documents that many parents share are shown once; their answers are then the same object too.
        by_id = dict(zip(map(id, values), values, strict=True))
        if len(by_id) * 2 > len(values):
            return self._each(values, run, None)
        done = dict(zip(by_id, self._each(list(by_id.values()), run, None), strict=True))
        return list(map(done.__getitem__, map(id, values)))

    def fill(self, values: list[Any], answers: list[dict[str, Any]], run: Run) -> bool:
        """Fill *answers* from the documents *values*; False, with nothing done, where not all values are documents."""
        if set(map(type, values)) != _DOCUMENTS or self._checks_documents:
            return False
        try:
            return self.select(values, run, None, answers) is answers
        except RecursionError:
            return False

    def _each(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        if set(map(type, values)) == _DOCUMENTS and not self._checks_documents:
            return self._selected(values, run, paths)
        answer, rest = self._split(values, run)
        if self.named.is_type_of is not None:
            rest = self._checked(values, rest, answer, run, paths)
        if rest:
            own = None if paths is None else [paths[index] for index in rest]
            done = self._selected([values[index] for index in rest], run, own)
            for index, shown in zip(rest, done, strict=True):
                answer[index] = shown
        return answer

    def _selected(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        try:
            return self.select(values, run, paths)
        except RecursionError as error:
            return self.failed(error, len(values), run)

    def _checked(self, values: list[Any], rest: list[int], answer: list[Any], run: Run, paths: Paths) -> list[int]:
        """Those of *rest* that their type's `is_type_of` accepts at once."""
        accepted = []
        for index in rest:
            value = values[index]
            if not abstract_types.needs_check(self.named, value):
                accepted.append(index)
                continue
            try:
                verdict = self.named.is_type_of(value, run.info_at(self.field, paths, index))  # type: ignore[misc] # asked
            except Exception as error:
                answer[index] = run.fail(error, self)
                continue
            if is_awaitable(verdict):
                answer[index] = self._complete_after_type_check(
                    verdict, value, run, None if paths is None else paths[index]
                )
            elif verdict:
                accepted.append(index)
            else:
                answer[index] = run.fail(self._wrong_type(value, run), self)
        return accepted

    def _complete_after_type_check(self, verdict: Any, value: Any, run: Run, path: Path | None) -> PendingValue:
        later = run.pending_value()

        def then(results: list[Any]) -> None:
            result = results[0]
            if isinstance(result, Exception):
                later.value = run.fail(result, self)
            elif not result:
                later.value = run.fail(self._wrong_type(value, run), self)
            else:
                later.value = self._selected([value], run, None if path is None else [path])[0]

        run.wait([verdict], then, self, None if path is None else [path])
        return later

    def _wrong_type(self, value: Any, run: Run) -> GraphQLError:
        return GraphQLError(f"Expected value of type '{self.named}' but got: {inspect(value)}.", run.nodes(self.field))


class AbstractCompleter(ValueCompleter):
    """An interface or union; *member* makes the completer of one of its object types.

    *has_resolver* says whether the schema's author or the caller wrote a function that names the type of a value.
    """

    def __init__(
        self,
        field: SelectedField,
        named: GraphQLAbstractType,
        member: Callable[[str], ObjectCompleter],
        nulls: NullPropagation,
        *,
        has_resolver: bool,
    ) -> None:
        super().__init__(field, nulls)
        self.named = named
        self._member = member
        self._own_resolver = has_resolver

    def complete(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        answer, rest = self._split(values, run)
        members: dict[str, list[int]] = {}
        for index in rest:
            value = values[index]
            name = None if self._own_resolver else abstract_types.named_by_document(self.named, value)
            if name is None:
                try:
                    name = abstract_types.resolve_type(
                        self.named, value, run.info_at(self.field, paths, index), run.compile_input.type_resolver
                    )
                except Exception as error:
                    answer[index] = run.fail(error, self)
                    continue
                if is_awaitable(name):
                    answer[index] = self._named_later(name, value, run, None if paths is None else paths[index])
                    continue
            known = self._known(name, value, run)
            if isinstance(known, Failure):
                answer[index] = known
            else:
                members.setdefault(known, []).append(index)
        for known, indexes in members.items():
            own = None if paths is None else [paths[index] for index in indexes]
            done = self._member(known).complete([values[index] for index in indexes], run, own)
            for index, shown in zip(indexes, done, strict=True):
                answer[index] = shown
        return answer

    def _known(self, name: Any, value: Any, run: Run) -> str | Failure:
        """The name of a type that the value may have."""
        field = f"{self.field.parent.name}.{self.field.name}"
        try:
            return abstract_types.check_type(run.compile_input.schema, self.named, name, field, value).name
        except GraphQLError as error:
            return run.fail(error, self)

    def _named_later(self, name: Any, value: Any, run: Run, path: Path | None) -> PendingValue:
        later = run.pending_value()

        def then(results: list[Any]) -> None:
            if isinstance(results[0], Exception):
                later.value = run.fail(results[0], self)
                return
            known = self._known(results[0], value, run)
            if isinstance(known, Failure):
                later.value = known
            else:
                later.value = self._member(known).complete([value], run, None if path is None else [path])[0]

        run.wait([name], then, self, None if path is None else [path])
        return later


class ListCompleter(ValueCompleter):
    """Completes lists; *inner* completes their items. With *awaits*, items may be awaitables."""

    def __init__(self, field: SelectedField, inner: ValueCompleter, nulls: NullPropagation, *, awaits: bool) -> None:
        super().__init__(field, nulls)
        self.inner = inner
        self._awaits = awaits

    def complete(self, values: list[Any], run: Run, paths: Paths) -> list[Any]:
        if set(map(type, values)) == _LISTS and paths is None and not self._awaits:
            if len(values) == 1:
                return [self.inner.complete(values[0], run, None)]
            return _cut(values, self.inner.complete(list(chain.from_iterable(values)), run, None))
        answer, rest = self._split(values, run)
        lists = []
        indexes = []
        for index in rest:
            items = self._items(values[index], run, None if paths is None else paths[index])
            if type(items) is list:
                lists.append(items)
                indexes.append(index)
            else:
                answer[index] = items
        flat = list(chain.from_iterable(lists))
        below = (
            None
            if paths is None
            else [
                paths[index].add_key(place, None)
                for index, items in zip(indexes, lists, strict=True)
                for place in range(len(items))
            ]
        )
        done = self._awaiting(flat, run, below) if self._awaits else self.inner.complete(flat, run, below)
        for index, shown in zip(indexes, _cut(lists, done), strict=True):
            answer[index] = shown
        return answer

    def _items(self, value: Any, run: Run, path: Path | None) -> Any:
        """The items of *value*, or the failure or pending value that stands for it."""
        if self._awaits and hasattr(value, "__aiter__"):
            return self._collected_later(value, run, path)
        if not is_iterable(value):
            field = f"{self.field.parent.name}.{self.field.name}"
            return run.fail(GraphQLError(f"Expected Iterable, but did not find one for field '{field}'."), self)
        items: list[Any] = []
        iterator = iter(value)
        try:
            items.extend(iterator)
        except Exception as error:
            if self._awaits:
                with suppress(Exception):
                    items.extend(iterator)
                run.track(items)
            return run.fail(error, self)
        return items

    def _collected_later(self, items: AsyncIterable[Any], run: Run, path: Path | None) -> PendingValue:
        later = run.pending_value()

        def then(results: list[Any]) -> None:
            later.value = self.complete(results, run, None if path is None else [path])[0]

        run.wait([_collected(items, self.inner)], then, self, None if path is None else [path])
        return later

    def _awaiting(self, flat: list[Any], run: Run, paths: Paths) -> list[Any]:
        """The completed items; awaitable ones are completed in a later round."""
        awaited = [index for index, item in enumerate(flat) if is_awaitable(item)]
        if not awaited:
            return self.inner.complete(flat, run, paths)
        laters = {index: run.pending_value() for index in awaited}
        at_once = [index for index in range(len(flat)) if index not in laters]
        answer: list[Any] = [laters.get(index) for index in range(len(flat))]
        own = None if paths is None else [paths[index] for index in at_once]
        done = self.inner.complete([flat[index] for index in at_once], run, own)
        for index, shown in zip(at_once, done, strict=True):
            answer[index] = shown

        def then(results: list[Any]) -> None:
            below = None if paths is None else [paths[index] for index in awaited]
            for later, shown in zip(laters.values(), self.inner.complete(results, run, below), strict=True):
                later.value = shown

        run.wait([flat[index] for index in awaited], then, self.inner, paths and [paths[index] for index in awaited])
        return answer


def _cut(lists: list[list[Any]], items: list[Any]) -> list[list[Any]]:
    """Cut *items* into lists with the lengths of *lists*."""
    end = 0
    return [items[end : (end := end + len(one))] for one in lists]


async def _collected(items: AsyncIterable[Any], inner: ValueCompleter) -> list[Any]:
    """The items as they come; none after a null that makes the whole list null."""
    iterator = items.__aiter__()
    collected: list[Any] = []
    try:
        while inner.nullable or not collected or collected[-1] is not None:
            try:
                collected.append(await anext(iterator))
            except StopAsyncIteration:
                return collected
    except Exception:
        await _close(iterator)
        raise
    await _close(iterator)
    return collected


async def _close(iterator: AsyncIterator[Any]) -> None:
    with suppress(Exception):
        await iterator.aclose()  # type: ignore[attr-defined] # where it has one; the first error is the one told
