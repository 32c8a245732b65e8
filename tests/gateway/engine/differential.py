"""Compares what plans answer with what graphql-core's executor answers: data to the byte, errors one by one.

The specification leaves one choice: where several errors below a position make it null, any of them may be told. There
each must tell one at least, and plans none that does not occur. Errors are compared without their order.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    ConstListValueNode,
    ConstValueNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    visit,
)
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from gateway.engine.encoding import encoded
from gateway.engine.prepare.operation import Operation

Arguments = Mapping[str, Sequence[ConstValueNode]]

SWITCHES = ("a", "b")
"""The variables that `scrambled` operations take, each a Boolean that says what is left out."""

MEMBERS = 4
"""Of so many types of an interface or union a grown operation asks for fields."""


Answer = Callable[[Operation | None, Mapping[str, Any]], Awaitable[ExecutionResult]]
"""Answers with these variables the operation that is compared, or another one in its place."""


async def differences(
    operation: Operation,
    variables: Mapping[str, Any],
    *,
    reference: Answer,
    plan: Answer,
    seen: Counter[str] | None = None,
) -> list[str]:
    """What a *plan* and graphql-core's executor disagree about; nothing is what one wants to hear.

    *seen* counts what was compared: values, and errors by their code or exception.
    """
    expected = await reference(None, variables)
    if seen is not None:
        seen["values"] += _values(expected.data)
        seen.update((error.extensions or {}).get("code") or _cause(error) for error in expected.errors or ())
    found = await plan(None, variables)
    if encoded(found.data) != encoded(expected.data):
        texts = [
            f"{encoded(one.data).decode()}\n    {list(map(_shown, one.errors or ()))}" for one in (expected, found)
        ]
        return ["data\n  expected {}\n  found    {}".format(*texts)]
    expected_own, expected_below = _split(expected)
    found_own, found_below = _split(found)
    problems = [f"missing error {error}" for error in expected_own - found_own]
    problems += [f"error too much {error}" for error in found_own - expected_own]
    if expected_below.keys() != found_below.keys():
        problems.append(f"errors below {list(expected_below)} expected, below {list(found_below)} found")
    if found_below != expected_below:
        possible = await _possible(operation, variables, reference)
        told_below = sum(found_below.values(), Counter[Told]())
        problems += [f"impossible error {error}" for error in told_below - possible]
    return problems


def _values(data: Any) -> int:
    """How many leaves hold something."""
    if isinstance(data, dict):
        return sum(map(_values, data.values()))
    return sum(map(_values, data)) if isinstance(data, list) else data is not None


async def _possible(operation: Operation, variables: Mapping[str, Any], reference: Answer) -> "Counter[Told]":
    """Every error there is when no null goes up."""
    stays = DirectiveNode(name=NameNode(value=GraphQLDisableErrorPropagationDirective.name), arguments=())
    changed = OperationDefinitionNode(
        **{key: getattr(operation.node, key) for key in operation.node.keys if key not in {"loc", "directives"}},
        directives=(*(operation.node.directives or ()), stays),
    )
    definitions = tuple(changed if one is operation.node else one for one in operation.document.definitions)
    document = DocumentNode(definitions=definitions)
    result = await reference(replace(operation, document=document, node=changed), variables)
    return Counter(_shown(error) for error in result.errors or ())


Told = tuple[tuple[str | int, ...] | None, str, str, str, str]


def _split(result: ExecutionResult) -> tuple[Counter[Told], dict[tuple[str | int, ...], Counter[Told]]]:
    """The errors of positions that are null of their own, and by position, the errors below it that made it null."""
    own: Counter[Told] = Counter()
    below: dict[tuple[str | int, ...], Counter[Told]] = {}
    for error in result.errors or ():
        path = tuple(error.path or ())
        nulled = _nulled(result.data, path)
        if nulled == path or (error.extensions or {}).get("code") == "UNAUTHORIZED_FIELD_OR_TYPE":
            own[_shown(error)] += 1
        else:
            below.setdefault(nulled, Counter())[_shown(error)] += 1
    return own, below


def _shown(error: GraphQLError) -> Told:
    return (
        tuple(error.path) if error.path is not None else None,
        error.message,
        repr(error.extensions),
        repr(error.locations),
        _cause(error),
    )


def _cause(error: GraphQLError) -> str:
    """What clients are told the code of: the exception of a resolver."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return type(cause).__name__


def _nulled(data: Any, path: Sequence[str | int]) -> tuple[str | int, ...]:
    """The part of *path* down to the null."""
    for length, key in enumerate(path):
        if data is None:
            return tuple(path[:length])
        data = data[key] if isinstance(key, int) or key in data else None
    return tuple(path)


def scrambled(schema: GraphQLSchema, document: DocumentNode, random: Random) -> DocumentNode:
    """Rewrite a document with fragments, aliases, repetitions, and parts that `SWITCHES` leave out."""
    scrambler = _Scrambler(random)
    info = TypeInfo(schema)
    scrambler.info = info
    changed: DocumentNode = visit(document, TypeInfoVisitor(info, scrambler))
    definitions = tuple(
        _with_switches(definition) if isinstance(definition, OperationDefinitionNode) else definition
        for definition in changed.definitions
    )
    return DocumentNode(definitions=(*definitions, *scrambler.fragments))


def _with_switches(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    name = NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean")))
    switches = tuple(
        VariableDefinitionNode(
            variable=VariableNode(name=NameNode(value=switch)),
            type=name,
            default_value=BooleanValueNode(value=True) if switch == "b" else None,
            directives=(),
        )
        for switch in SWITCHES
    )
    # The operation's own name uses each variable once, so that none is unused.
    always = FieldNode(
        name=NameNode(value="__typename"),
        alias=NameNode(value="switched"),
        arguments=(),
        directives=tuple(
            _directive(name, VariableNode(name=NameNode(value=switch)))
            for name, switch in zip(("skip", "include"), SWITCHES, strict=True)
        ),
    )
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=switches,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=(*operation.selection_set.selections, always)),
    )


def _directive(name: str, condition: VariableNode | BooleanValueNode) -> DirectiveNode:
    return DirectiveNode(
        name=NameNode(value=name), arguments=(ArgumentNode(name=NameNode(value="if"), value=condition),)
    )


def grown(
    schema: GraphQLSchema, kind: OperationType, random: Random, arguments: Arguments, *, depth: int = 3
) -> DocumentNode:
    """A dense operation of *kind*.

    *arguments* offers values by the name of an argument, or by its field's and its own; the others are left out.
    """
    root = schema.get_root_type(kind)
    assert root is not None
    selection_set = _grown(schema, root, random, arguments, depth)
    node = OperationDefinitionNode(operation=kind, variable_definitions=(), directives=(), selection_set=selection_set)
    return DocumentNode(definitions=(node,))


def _grown(
    schema: GraphQLSchema, named: GraphQLNamedType, random: Random, arguments: Arguments, depth: int
) -> SelectionSetNode:
    selections: list[SelectionNode] = []
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        leaves = [name for name, one in named.fields.items() if is_leaf_type(get_named_type(one.type))]
        rest = [name for name in named.fields if name not in leaves] if depth > 0 else []
        for name in random.sample(leaves, min(len(leaves), 4)) + random.sample(rest, min(len(rest), 2)):
            field = named.fields[name]
            inner = get_named_type(field.type)
            below = None if name in leaves else _grown(schema, inner, random, arguments, depth - 1)
            chosen = _chosen_arguments(name, field, random, arguments)
            alias = NameNode(value=f"{name}{len(selections)}") if chosen else None
            selections.append(
                FieldNode(
                    name=NameNode(value=name), alias=alias, arguments=tuple(chosen), directives=(), selection_set=below
                )
            )
    if is_abstract_type(named):
        members = schema.get_possible_types(named)
        for member in random.sample(members, min(len(members), MEMBERS)):
            inner_set = _grown(schema, member, random, arguments, depth - 1)
            condition = NamedTypeNode(name=NameNode(value=member.name))
            aliased = _aliased(inner_set, member.name)
            selections.append(InlineFragmentNode(type_condition=condition, directives=(), selection_set=aliased))
    random.shuffle(selections)
    typename = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
    return SelectionSetNode(selections=(*selections, typename))


def _chosen_arguments(name: str, field: GraphQLField, random: Random, arguments: Arguments) -> list[ArgumentNode]:
    chosen = []
    for argument, definition in field.args.items():
        offered = arguments.get(f"{name}.{argument}") or _enum_values(definition.type) or arguments.get(argument)
        if is_required_argument(definition) or (offered and random.random() < 0.5):
            chosen.append(ArgumentNode(name=NameNode(value=argument), value=random.choice(offered or ())))
    return chosen


def _enum_values(of: GraphQLInputType) -> Sequence[ConstValueNode]:
    """The values of an argument whose type is an enum, or a list of one."""
    named = get_named_type(of)
    if not isinstance(named, GraphQLEnumType):
        return ()
    values = [EnumValueNode(value=name) for name in named.values]
    return [ConstListValueNode(values=(one,)) for one in values] if is_list_type(get_nullable_type(of)) else values


def _aliased(selections: SelectionSetNode, suffix: str) -> SelectionSetNode:
    """The fields under aliases that no other type's fields have: members may differ in the types of fields."""
    return SelectionSetNode(
        selections=tuple(
            FieldNode(
                name=one.name,
                alias=NameNode(value=f"{(one.alias or one.name).value}{suffix}"),
                arguments=one.arguments,
                directives=(),
                selection_set=one.selection_set,
            )
            if isinstance(one, FieldNode)
            else one
            for one in selections.selections
        )
    )


class _Scrambler(Visitor):
    """Rewrites selection sets from the innermost outwards."""

    info: TypeInfo

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self.fragments: list[FragmentDefinitionNode] = []

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        parent = self.info.get_parent_type()
        selections: list[SelectionNode] = []
        for selection in node.selections:
            selections += self._rewritten(selection, parent.name if parent else None)
        return SelectionSetNode(selections=tuple(selections))

    def _rewritten(self, selection: SelectionNode, parent: str | None) -> list[SelectionNode]:
        chance = self._random.random()
        if chance < 0.6:
            return [selection]
        if chance < 0.7:
            return [self._switched(selection)]
        if chance < 0.78:
            return [selection, self._switched(selection)]
        if chance < 0.84:
            return [self._switched(selection), selection]
        if chance < 0.9:
            inner = SelectionSetNode(
                selections=(selection, FieldNode(name=NameNode(value="__typename"), directives=()))
            )
            return [self._switched(InlineFragmentNode(selection_set=inner, directives=())), selection]
        return self._spread(selection, parent)

    def _spread(self, selection: SelectionNode, parent: str | None) -> list[SelectionNode]:
        if parent is None:
            return [selection]
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(
            FragmentDefinitionNode(
                name=name,
                type_condition=NamedTypeNode(name=NameNode(value=parent)),
                directives=(),
                selection_set=SelectionSetNode(selections=(selection,)),
            )
        )
        spread = FragmentSpreadNode(name=name, directives=())
        return [self._switched(spread), spread] if self._random.random() < 0.3 else [spread]

    def _switched(self, selection: Any) -> Any:
        condition = (
            VariableNode(name=NameNode(value=self._random.choice(SWITCHES)))
            if self._random.random() < 0.8
            else BooleanValueNode(value=self._random.random() < 0.5)
        )
        directive = _directive(self._random.choice(("skip", "include")), condition)
        keywords = {key: getattr(selection, key, None) for key in selection.keys}
        return type(selection)(**{**keywords, "directives": (directive,)})
