"""Introspection within bounds: the number of values that the answer may hold is limited and is its price.

It is estimated before the answer is made, and counted while the answer grows. The answer is made once for a document
and its variables; an object of the schema that is selected twice in the same way is completed once and shared.

https://spec.graphql.org/September2025/#sec-Schema-Introspection
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, cast

from graphql import (
    GraphQLError,
    GraphQLList,
    GraphQLResolveInfo,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from gateway.engine.prepare.collect_fields import Condition, holds
from gateway.engine.prepare.limits import Limits, too_complex
from gateway.engine.prepare.operation_tree import OperationTree, SelectedField, SelectedType
from gateway.engine.prepare.schema_sizes import WEIGHTS, SchemaSizes

META_FIELDS: Final = frozenset({"__schema", "__type"})

VALUES_PER_UNIT: Final = 50
"""The number of introspection values that cost as much as one object read from a database."""
_REMEMBERED: Final = 4
"""The number of sets of variables for which a document's answers are cached."""
_REMEMBERED_CHARACTERS: Final = 1_000


class IntrospectionAnswer(NamedTuple):
    """The values of the meta-fields by response key, and how many values they hold."""

    data: dict[str, Any]
    values: int
    errors: Sequence[GraphQLError]


_Part = tuple[Any, int, int]
"""A completed value, with the number of values and about the number of characters in it."""

_NULL: Final[_Part] = (None, 1, 4)


class _Selected(NamedTuple):
    """One response key of a selection set on a type of the introspection schema."""

    key: str
    weight: int
    resolve: Callable[..., Any]
    arguments: dict[str, Any]
    is_list: bool
    coerce: Callable[[Any], Any]
    below: "_Place | None"


class _Place:
    """A merged selection set at one place of the document, with the values completed there so far."""

    def __init__(self, selected: Sequence[_Selected]) -> None:
        self.selected = selected
        self.completed: dict[Any, _Part] = {}


class Introspection:
    """The meta-fields `__schema` and `__type` of one operation, answered from the schema that a role sees."""

    def __init__(
        self, shown: GraphQLSchema, sizes: SchemaSizes | None, tree: OperationTree, limits: Limits | None = None
    ) -> None:
        self._shown = shown
        self._sizes = sizes
        self._tree = tree
        self._limits = limits
        self._answers: dict[str, IntrospectionAnswer] = {}
        root = tree.root
        self._fields = [field for field in root.fields if field.name in META_FIELDS] if root else []

    @property
    def is_selected(self) -> bool:
        """Whether the operation selects a meta-field."""
        return bool(self._fields)

    @property
    def keys(self) -> list[str]:
        """The response keys of the meta-fields."""
        return [field.key for field in self._fields]

    @cached_property
    def estimated(self) -> int:
        """The highest possible cost of the meta-fields; raises `OperationRefused` beyond the limit."""
        if not self._fields or self._sizes is None:
            return 0
        values = sum(map(self._sizes.values, self._fields))
        if self._limits is not None and values > self._limits.introspection_values:
            raise too_complex("introspection_values", values, self._limits.introspection_values)
        return len(self._fields) + values // VALUES_PER_UNIT

    def actual(self, data: Mapping[str, Any]) -> int:
        """The actual cost of the meta-fields in the answer *data*."""
        shown = [data[key] for key in self.keys if key in data]
        return len(shown) + sum(map(_values_in, shown)) // VALUES_PER_UNIT

    def answer(self, values: VariableValues) -> IntrospectionAnswer:
        """The values of the meta-fields that are included; made once for the same variables."""
        key = repr(values.coerced)
        found = self._answers.get(key)
        if found is None:
            found = self._new_answer(values)
            if len(key) <= _REMEMBERED_CHARACTERS:
                self._answers[key] = found
                if len(self._answers) > _REMEMBERED:
                    del self._answers[next(iter(self._answers))]
        return found

    def _new_answer(self, values: VariableValues) -> IntrospectionAnswer:
        return _Evaluation(self._shown, self._tree, values, self._limits).answer(self._fields)


def _values_in(shown: Any) -> int:
    if isinstance(shown, dict):
        return 1 + sum(map(_values_in, shown.values()))
    return 1 + sum(map(_values_in, shown)) if isinstance(shown, list) else 1


class _Evaluation:
    """Completes the answer to one introspection."""

    def __init__(
        self, shown: GraphQLSchema, tree: OperationTree, values: VariableValues, limits: Limits | None
    ) -> None:
        self._directives = tree.directives
        self._values = values
        self._limits = limits
        self._info = cast("GraphQLResolveInfo[Any]", _Info(shown))
        self._truths: Sequence[bool] = ()
        self._work = 0

    def answer(self, fields: Sequence[SelectedField]) -> IntrospectionAnswer:
        """The values of those of the root's *fields* that are included."""
        data: dict[str, Any] = {}
        errors: list[GraphQLError] = []
        values = characters = 0
        for field in fields:
            if not self._holds(field.condition):
                continue
            try:
                shown, more, longer = self._field(None, self._selected(field))
            except GraphQLError as error:
                errors.append(GraphQLError(error.message, error.nodes, path=[field.key]))
                shown, more, longer = _NULL
            data[field.key] = shown
            values += more
            characters += longer
            self._check(values, characters)
        return IntrospectionAnswer(data, values, errors)

    def _holds(self, condition: Condition) -> bool:
        if isinstance(condition, bool):
            return condition
        if len(self._truths) < self._directives.count:
            self._truths = self._directives.truths(self._values)[0]
        return holds(condition, self._truths)

    def _selected(self, field: SelectedField) -> _Selected:
        if field.name == "__typename":
            name = field.parent.name
            return _Selected(field.key, 1, lambda *_: name, {}, False, str, None)
        node = next(part.node for part in field.group.parts if self._holds(part.condition))
        definition = field.definition
        named: Any = get_named_type(definition.type)
        return _Selected(
            field.key,
            WEIGHTS.get(field.name, 1),
            cast("Callable[..., Any]", definition.resolve),
            get_argument_values(definition, node, self._values) if definition.args else {},
            isinstance(get_nullable_type(definition.type), GraphQLList),
            getattr(named, "coerce_output_value", str),
            next((self._place(below) for below in field.below), None),
        )

    def _place(self, selected: SelectedType) -> _Place:
        return _Place([self._selected(field) for field in selected.fields if self._holds(field.condition)])

    def _field(self, source: Any, selected: _Selected) -> _Part:
        _, weight, resolve, arguments, is_list, _, below = selected
        self._work += weight
        value = resolve(source, self._info, **arguments)
        if value is None or value is Undefined:
            return _NULL
        if not is_list:
            return self._leaf(value, selected) if below is None else self._object(value, below)
        shown = []
        values, characters = weight, 2
        for item in value:
            one, more, longer = self._leaf(item, selected) if below is None else self._object(item, below)
            shown.append(one)
            values += more
            characters += longer
        return shown, values, characters

    def _leaf(self, value: Any, selected: _Selected) -> _Part:
        shown = selected.coerce(value)
        return shown, selected.weight, len(shown) + 2 if type(shown) is str else 5

    def _object(self, value: Any, place: _Place) -> _Part:
        # Fields, arguments and enum values are pairs of a name and a definition, made anew each time.
        key = (value[0], id(value[1])) if type(value) is tuple else id(value)
        found = place.completed.get(key)
        if found is None:
            shown: dict[str, Any] = {}
            values, characters = 1, 2
            self._work += 1
            for selected in place.selected:
                one, more, longer = self._field(value, selected)
                shown[selected.key] = one
                values += more
                characters += longer + len(selected.key) + 4
            found = place.completed[key] = shown, values, characters
            self._check(max(values, self._work), characters)
        return found

    def _check(self, values: int, characters: int) -> None:
        limits = self._limits
        if limits is None:
            return
        if values > limits.introspection_values:
            raise too_complex("introspection_values", values, limits.introspection_values)
        if characters > limits.introspection_characters:
            raise too_complex("introspection_characters", characters, limits.introspection_characters)


class _Info:
    """The part of `info` that graphql-core's introspection resolvers use."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
