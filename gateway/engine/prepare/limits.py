"""Limits of one request: of the text before it is parsed, of the document before it is validated."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
)
from pydantic import BaseModel, ConfigDict, Field

from gateway.engine.errors import OperationRefused
from gateway.languages import Text

CODE: Final = "QUERY_TOO_COMPLEX"

_IGNORED: Final = r"(?:[\s,\ufeff]++|\#[^\n\r]*+)*+"
_BEFORE: Final = re.compile(_IGNORED)
SHORT_NAME: Final = 100
"""Names up to this length are within any limit."""
# One match a token, whatever the text is: time grows with its length alone. The group holds marks and long names.
_TOKEN: Final = re.compile(
    rf"(?:([(){{}}\[\]:@]|[_A-Za-z][_0-9A-Za-z]{{{SHORT_NAME},}}+)"
    r"|[_A-Za-z][_0-9A-Za-z]*+"
    r'|"""(?:[^"\\]|\\(?:""")?|"(?!""))*+(?:""")?'
    r'|"(?:[^"\\\n\r]|\\.)*+"?'
    r"|-?[0-9][0-9.eE+-]*+"
    r"|\.\.\."
    r"|[\s\S])" + _IGNORED
)

_MESSAGES: Final[Mapping[str, Text]] = {
    "characters": Text(
        "The request is {value} characters long, and {maximum} is the most: send it in parts, or by its id.",
        "Символов в запросе: {value}, допустимо не больше {maximum}. Отправьте его по частям или по идентификатору.",
    ),
    "tokens": Text(
        "The request has {value} tokens, and {maximum} is the most: ask for less at once, or split it into several.",
        "Лексем в запросе: {value}, допустимо не больше {maximum}. Запросите меньше или разделите запрос.",
    ),
    "lines": Text(
        "The request has {value} lines, and {maximum} is the most: leave out empty lines and comments.",
        "Строк в запросе: {value}, допустимо не больше {maximum}. Уберите пустые строки и комментарии.",
    ),
    "depth": Text(
        "The request is nested {value} deep, and {maximum} is the most: "
        "ask for the inner objects by their ids in a second query.",
        "Глубина запроса: {value}, допустимо не больше {maximum}. "
        "Запросите вложенные объекты по идентификаторам вторым запросом.",
    ),
    "input_depth": Text(
        "The request has values nested {value} deep, and {maximum} is the most: send flatter values.",
        "Глубина вложенности значений: {value}, допустимо не больше {maximum}. Отправьте менее вложенные значения.",
    ),
    "aliases": Text(
        "The request has {value} aliases, and {maximum} is the most: "
        "ask for several things by one list instead of one alias each.",
        "Псевдонимов в запросе: {value}, допустимо не больше {maximum}. Запросите несколько объектов одним списком.",
    ),
    "directives": Text(
        "The request has {value} directives, and {maximum} is the most: "
        "put @include and @skip on fragments instead of on every field.",
        "Директив в запросе: {value}, допустимо не больше {maximum}. "
        "Ставьте @include и @skip у фрагментов, а не у каждого поля.",
    ),
    "fragments": Text(
        "The request defines {value} fragments, and {maximum} is the most: send only those that it uses.",
        "Фрагментов в запросе: {value}, допустимо не больше {maximum}. Отправьте только используемые.",
    ),
    "root_fields": Text(
        "The request has {value} fields at its root, and {maximum} is the most: split it into several.",
        "Полей в корне запроса: {value}, допустимо не больше {maximum}. Разделите запрос.",
    ),
    "fields": Text(
        "The request comes to {value} fields once its fragments are spread, and {maximum} is the most: "
        "spread fragments in fewer places.",
        "Полей в запросе после подстановки фрагментов: {value}, допустимо не больше {maximum}. "
        "Подставляйте фрагменты реже.",
    ),
    "repetitions": Text(
        "The request names the same fields again {value} times, and {maximum} is the most: "
        "name each field once in a place.",
        "Повторов полей в запросе: {value}, допустимо не больше {maximum}. "
        "Назовите каждое поле на своём месте один раз.",
    ),
    "list_items": Text(
        "The request has a list of {value} items, and {maximum} is the most: send the list in parts.",
        "Элементов в списке: {value}, допустимо не больше {maximum}. Отправьте список по частям.",
    ),
    "values": Text(
        "The request has {value} values in its variables, and {maximum} is the most: send fewer at once.",
        "Значений в переменных: {value}, допустимо не больше {maximum}. Отправьте меньше за один раз.",
    ),
    "name_characters": Text(
        "The request has a name of {value} characters, and {maximum} is the most: give shorter names and aliases.",
        "Символов в имени: {value}, допустимо не больше {maximum}. Дайте имена и псевдонимы короче.",
    ),
    "introspection_values": Text(
        "The request asks for at least {value} values of the schema, and {maximum} is the most: ask for fewer at once.",
        "Значений схемы в ответе: не меньше {value}, допустимо не больше {maximum}. Запросите меньше за один раз.",
    ),
    "introspection_characters": Text(
        "The request asks for at least {value} characters of the schema, and {maximum} is the most: "
        "ask for fewer at once.",
        "Символов схемы в ответе: не меньше {value}, допустимо не больше {maximum}. Запросите меньше за один раз.",
    ),
}
"""The message of each limit: what exceeds it, and what to change."""


class Limits(BaseModel):
    """The most that one operation may ask for; QUERY_TOO_COMPLEX says which limit it exceeds, and by what."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    characters: Annotated[int, Field(gt=0)] = 50_000
    """Characters of the text."""
    lines: Annotated[int, Field(gt=0)] = 5_000
    """Lines of the text; each error that names a place counts them."""
    tokens: Annotated[int, Field(gt=0)] = 5_000
    """Tokens of the text."""
    depth: Annotated[int, Field(gt=0, le=100)] = 20
    """Fields inside of fields, with fragments spread."""
    input_depth: Annotated[int, Field(gt=0, le=100)] = 10
    """Lists and objects inside of each other, in arguments and in variables."""
    aliases: Annotated[int, Field(ge=0)] = 50
    """Aliases of the text."""
    directives: Annotated[int, Field(ge=0)] = 50
    """Directives of the text."""
    fragments: Annotated[int, Field(ge=0, le=500)] = 50
    """Named fragments of the text."""
    root_fields: Annotated[int, Field(gt=0)] = 20
    """Fields at the root of an operation."""
    fields: Annotated[int, Field(gt=0)] = 5_000
    """Fields of all operations, with fragments spread."""
    repetitions: Annotated[int, Field(ge=0)] = 2_000
    """Pairs of fields that have the same name in the same place, which validation compares with each other."""
    list_items: Annotated[int, Field(gt=0)] = 200
    """Items of one list in arguments and in variables."""
    values: Annotated[int, Field(gt=0)] = 5_000
    """Values in all variables together."""
    name_characters: Annotated[int, Field(ge=100)] = 128
    """Characters of one name or alias, which each object of the answer repeats."""
    errors: Annotated[int, Field(gt=0)] = 10
    """Errors of a document that is not valid; equal ones are told once."""
    introspection_values: Annotated[int, Field(gt=0)] = 80_000
    """Values in the answer to `__schema` and `__type`."""
    introspection_characters: Annotated[int, Field(gt=0)] = 10_000_000
    """Characters in the answer to `__schema` and `__type`."""

    def check_text(self, source: str) -> int:
        """Refuse a text that is too much to parse; takes some milliseconds for the longest one.

        Returns the number of its tokens.
        """
        self._refuse("characters", len(source))
        self._refuse("lines", 1 + source.count("\n") + source.count("\r") - source.count("\r\n"))
        found = _TOKEN.findall(source, _BEFORE.match(source).end())  # type: ignore[union-attr] # it matches nothing too
        self._refuse("tokens", len(found))
        marks = [mark for mark in found if mark]
        self._refuse("name_characters", max(map(len, marks), default=0))
        for name, value in _counted(mark for mark in marks if len(mark) == 1).items():
            self._refuse(name, value)
        return len(found)

    def check_document(self, document: DocumentNode) -> None:
        """Refuse a document that is too much to validate, and one whose fragments contain themselves."""
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._refuse("fragments", len(fragments))
        _refuse_cycles(fragments)
        spread: set[str] = set()
        walk = _Walk(self, fragments, spread)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                walk.root(definition.selection_set)
        for name, fragment in fragments.items():
            if name not in spread:
                walk.level([fragment.selection_set], 1)

    def check_variables(self, variables: Mapping[str, Any]) -> None:
        """Refuse variables that are too large or too deeply nested."""
        level: list[Any] = [variables]
        depth = seen = 0
        while level:
            self._refuse("input_depth", depth)
            seen += len(level)
            self._refuse("values", seen - 1)
            inner: list[Any] = []
            for value in level:
                if isinstance(value, list):
                    self._refuse("list_items", len(value))
                    inner += value
                elif isinstance(value, dict):
                    inner += value.values()
            level = inner
            depth += 1

    def _refuse(self, name: str, value: int) -> None:
        maximum: int = getattr(self, name)
        if value > maximum:
            raise too_complex(name, value, maximum)


def too_complex(name: str, value: int, maximum: int) -> OperationRefused:
    """The refusal of a request that exceeds the limit *name*; its message says what to change."""
    message = _MESSAGES[name].format(value=value, maximum=maximum)
    return OperationRefused(
        [GraphQLError(message, extensions={"code": CODE, "limit": name, "value": value, "maximum": maximum})],
        stage="limits",
    )


def _counted(marks: Iterable[str]) -> dict[str, int]:
    """Depths, aliases and directives, counted by the punctuation of a text; parentheses enclose values, not fields."""
    depth = deepest = inner = innermost = parentheses = aliases = directives = 0
    for mark in marks:
        if mark == "(":
            parentheses += 1
        elif mark == ")":
            parentheses -= 1
        elif mark == "@":
            directives += 1
        elif mark == ":":
            aliases += parentheses <= 0
        elif mark == "[" or (mark == "{" and parentheses > 0):
            inner += 1
            innermost = max(innermost, inner)
        elif mark == "]" or (mark == "}" and parentheses > 0):
            inner -= 1
        elif mark == "{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return {"depth": deepest, "input_depth": innermost, "aliases": aliases, "directives": directives}


class _Walk:
    """Counts fields as they are merged at execution, with fragments spread.

    Counting stops at the first limit that is exceeded, so that a document that expands to millions of fields takes no
    longer than the limits allow.
    """

    def __init__(self, limits: Limits, fragments: Mapping[str, FragmentDefinitionNode], spread: set[str]) -> None:
        self._limits = limits
        self._fragments = fragments
        self._spread = spread
        self._fields = 0
        self._repetitions = 0

    def root(self, selections: SelectionSetNode) -> None:
        """The selections of an operation."""
        keys = self._merged([selections])
        if len(keys) > self._limits.root_fields:
            raise too_complex("root_fields", len(keys), self._limits.root_fields)
        self._into(keys, 1)

    def level(self, sets: list[SelectionSetNode], depth: int) -> None:
        """The selections of one place, at *depth*."""
        if depth > self._limits.depth:
            raise too_complex("depth", depth, self._limits.depth)
        self._into(self._merged(sets), depth)

    def _into(self, keys: Mapping[str, list[SelectionSetNode]], depth: int) -> None:
        for inner in keys.values():
            if inner:
                self.level(inner, depth + 1)

    def _merged(self, sets: list[SelectionSetNode]) -> dict[str, list[SelectionSetNode]]:
        keys: dict[str, list[SelectionSetNode]] = defaultdict(list)
        times: dict[str, int] = defaultdict(int)
        here: set[str] = set()
        waiting = sets[::-1]
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, FieldNode):
                    key = (node.alias or node.name).value
                    inner = keys[key]
                    if node.selection_set:
                        inner.append(node.selection_set)
                    self._count(times[key])
                    times[key] += 1
                    self._arguments(node)
                elif isinstance(node, InlineFragmentNode):
                    waiting.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in here:
                    here.add(node.name.value)
                    self._spread.add(node.name.value)
                    if node.name.value in self._fragments:
                        waiting.append(self._fragments[node.name.value].selection_set)
        return keys

    def _count(self, before: int) -> None:
        # Validation compares each field with every other of its name in the place.
        self._fields += 1
        self._repetitions += before
        if self._fields > self._limits.fields:
            raise too_complex("fields", self._fields, self._limits.fields)
        if self._repetitions > self._limits.repetitions:
            raise too_complex("repetitions", self._repetitions, self._limits.repetitions)

    def _arguments(self, node: FieldNode) -> None:
        for argument in node.arguments or ():
            longest = max(_lengths(argument.value), default=0)
            if longest > self._limits.list_items:
                raise too_complex("list_items", longest, self._limits.list_items)


def _lengths(value: ValueNode) -> Iterator[int]:
    if isinstance(value, ListValueNode):
        yield len(value.values)
        for item in value.values:
            yield from _lengths(item)
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            yield from _lengths(field.value)


def _refuse_cycles(fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    spreads = {name: list(_spreads(fragment.selection_set)) for name, fragment in fragments.items()}
    state: dict[str, bool] = {}  # False while what the fragment spreads is being looked at

    def visit(name: str) -> None:
        state[name] = False
        for inner in spreads[name]:
            if state.get(inner) is False:
                message = f"Cannot spread fragment '{inner}' within itself."
                raise OperationRefused([GraphQLError(message, fragments[inner])], stage="validation")
            if inner in spreads and inner not in state:
                visit(inner)
        state[name] = True

    for name in fragments:
        if name not in state:
            visit(name)


def _spreads(selections: SelectionSetNode) -> Iterator[str]:
    waiting = [selections]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                waiting.append(node.selection_set)
