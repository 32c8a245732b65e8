"""CollectFields: the fields of a selection set merged by response key, with `@skip` and `@include` left open.

A condition is True, False, or a Python expression over the truth of directives, `d[0]`, `d[1]` …: it is known for
every request when the variables are, so that one plan serves all of them.

https://spec.graphql.org/September2025/#sec-Field-Collection
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Final, NamedTuple

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_argument_values

DENIED: Final = "__denied"
"""The name of a field that a role may not see, in the document that is executed: it answers null."""

Condition = bool | str

Sources = Sequence[tuple[SelectionSetNode | None, Condition]]
"""Selection sets that are merged, each with the condition under which it is selected."""


def both(a: Condition, b: Condition) -> Condition:
    """*a* and *b*."""
    if a is False or b is False:
        return False
    if a is True or a == b:
        return b
    return a if b is True else f"({a} and {b})"


def either(a: Condition, b: Condition) -> Condition:
    """*a* or *b*."""
    if a is True or b is True:
        return True
    if a is False or a == b:
        return b
    return a if b is False else f"({a} or {b})"


def opposite(a: Condition) -> Condition:
    """Not *a*."""
    return not a if isinstance(a, bool) else f"(not {a})"


@lru_cache(maxsize=1_000)
def _compiled(condition: str) -> CodeType:
    return compile(condition, "<condition>", "eval")


def holds(condition: Condition, truths: Sequence[bool]) -> bool:
    """Whether *condition* holds when directives have these *truths*."""
    if isinstance(condition, bool):
        return condition
    return bool(eval(_compiled(condition), {"d": truths}))


class FieldEntry(NamedTuple):
    """A field node that takes part in a response key, when its condition holds."""

    node: FieldNode
    condition: Condition
    place: int
    """Where among the nodes of its selection set it comes."""


class FieldGroup(NamedTuple):
    """The nodes that merge into one response key. Nodes before the first included one do not exist."""

    key: str
    name: str
    parts: tuple[FieldEntry, ...]
    condition: Condition


@dataclass(frozen=True, slots=True)
class Guard:
    """A directive whose `if` has no value for some variables; its selection set then fails."""

    directive: DirectiveNode
    definition: GraphQLDirective
    index: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class CollectedFields:
    """The merged fields of a selection set on one object type."""

    groups: tuple[FieldGroup, ...]
    guards: tuple[Guard, ...]

    @property
    def reorders(self) -> bool:
        """Whether the order of keys depends on the variables."""
        return len(self.groups) > 1 and any(
            group.parts[0].condition is not True and len({part.condition for part in group.parts}) > 1
            for group in self.groups
        )


class Directives:
    """The `@skip` and `@include` directives of a plan whose `if` depends on variables; each variable has one index."""

    def __init__(self) -> None:
        self._variables: dict[str, int] = {}
        self._uses: list[tuple[GraphQLDirective, DirectiveNode]] = []

    def index(self, definition: GraphQLDirective, node: DirectiveNode, variable: str | None) -> int:
        """The index at which `truths` holds the value of the directive."""
        if variable is not None and variable in self._variables:
            return self._variables[variable]
        self._uses.append((definition, node))
        if variable is not None:
            self._variables[variable] = len(self._uses) - 1
        return len(self._uses) - 1

    @property
    def count(self) -> int:
        """The number of directives so far."""
        return len(self._uses)

    def truths(self, values: VariableValues) -> tuple[tuple[bool, ...], bool]:
        """The value of each directive's `if`, in order, and whether one of them could not be evaluated."""
        truths, broken = [], False
        for definition, node in self._uses:
            try:
                truths.append(bool(get_argument_values(definition, node, values)["if"]))
            except GraphQLError:
                truths.append(False)
                broken = True
        return tuple(truths), broken


class FieldCollector:
    """Collects selection sets of one document."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self.directives = Directives()

    def collect(self, runtime_type: GraphQLObjectType, sources: Sources) -> CollectedFields:
        """Merge the selection sets *sources* on *runtime_type*."""
        walk = _Collection(self._schema, self._fragments, self.directives, runtime_type)
        for selections, condition in sources:
            if selections is not None:
                walk.selections(selections, condition)
        groups = [group for key, parts in walk.parts.items() for group in _groups(key, parts)]
        return CollectedFields(tuple(groups), tuple(walk.guards))


class _Collection:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        directives: Directives,
        runtime_type: GraphQLObjectType,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._directives = directives
        self._runtime_type = runtime_type
        self._visited: dict[str, Condition] = {}
        self._places = 0
        self.parts: dict[str, list[FieldEntry]] = {}
        self.guards: list[Guard] = []

    def selections(self, selections: SelectionSetNode, outer: Condition) -> None:
        for node in selections.selections:
            condition = self._included(node, outer)
            if condition is False:
                continue
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                self.parts.setdefault(key, []).append(FieldEntry(node, condition, self._places))
                self._places += 1
            elif isinstance(node, InlineFragmentNode):
                if self._matches(node):
                    self.selections(node.selection_set, condition)
            elif isinstance(node, FragmentSpreadNode):
                self._spread(node.name.value, condition)

    def _spread(self, name: str, condition: Condition) -> None:
        fragment = self._fragments.get(name)
        if fragment is None or not self._matches(fragment):
            return
        visited = self._visited.get(name, False)
        effective = both(condition, opposite(visited))
        if visited == condition or effective is False:
            return
        self._visited[name] = either(visited, condition)
        self.selections(fragment.selection_set, effective)

    def _matches(self, fragment: InlineFragmentNode | FragmentDefinitionNode) -> bool:
        if fragment.type_condition is None:
            return True
        condition = type_from_ast(self._schema, fragment.type_condition)
        return condition is self._runtime_type or (
            is_abstract_type(condition) and self._schema.is_sub_type(condition, self._runtime_type)
        )

    def _included(self, node: Any, outer: Condition) -> Condition:
        if not node.directives:
            return outer
        skipped = self._truth(node, GraphQLSkipDirective, outer)
        condition = both(outer, opposite(skipped))
        if condition is False:
            return False
        return both(condition, self._truth(node, GraphQLIncludeDirective, condition))

    def _truth(self, node: Any, definition: GraphQLDirective, reached: Condition) -> Condition:
        """The condition under which the directive's `if` is true; without the directive, its neutral value."""
        directive = next((d for d in node.directives if d.name.value == definition.name), None)
        if directive is None:
            return definition is GraphQLIncludeDirective
        argument = next((a for a in directive.arguments or () if a.name.value == "if"), None)
        value = argument.value if argument else None
        if isinstance(value, BooleanValueNode):
            return value.value
        variable = value.name.value if isinstance(value, VariableNode) else None
        index = self._directives.index(definition, directive, variable)
        self.guards.append(Guard(directive, definition, index, reached))
        return f"d[{index}]"


def _groups(key: str, parts: Sequence[FieldEntry]) -> list[FieldGroup]:
    """One group, or several that exclude each other where the included nodes decide which field the key is."""
    if len(parts) == 1:
        [part] = parts
        return [FieldGroup(key, part.node.name.value, (part,), part.condition)]
    if len({part.node.name.value for part in parts}) == 1:
        condition: Condition = False
        for part in parts:
            condition = either(condition, part.condition)
        return [FieldGroup(key, parts[0].node.name.value, tuple(parts), condition)]
    by_name: dict[str, Condition] = {}
    before: Condition = False
    for part in parts:
        name = part.node.name.value
        first = both(opposite(before), part.condition)
        by_name[name] = either(by_name.get(name, False), first)
        before = either(before, part.condition)
    return [FieldGroup(key, name, tuple(parts), first) for name, first in by_name.items() if first is not False]
