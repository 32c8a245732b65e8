"""Prunes from a document what a role may not see, before anything is fetched."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from gateway.engine.prepare.collect_fields import DENIED
from gateway.engine.prepare.visibility import Composite, View

MAX_DENIALS: Final = 500
"""More paths than this are not reported one by one: fragments can name a field exponentially often."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A path that was pruned, who could have read it, and the conditions under which it was asked for."""

    path: tuple[str, ...]
    visible_to: tuple[str, ...]
    conditions: tuple[DirectiveNode, ...] = ()

    def applies(self, variables: Mapping[str, Any]) -> bool:
        """Whether no `@skip` or `@include` on the way took the field out."""
        return all(_included(condition, variables) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Pruned:
    """A document without what its role may not see: as it is validated, and as it is executed."""

    checked: DocumentNode
    executed: DocumentNode
    denials: tuple[Denial, ...]


def prune(document: DocumentNode, operation: OperationDefinitionNode, view: View) -> Pruned:
    """Prune from *document* what *view* hides; the denials are those of *operation*."""
    pruner = _Pruner(document, view)
    denials = pruner.denials_of(operation)
    if not pruner.touched:
        return Pruned(document, document, ())
    checked = [pruner.definition(definition, executed=False) for definition in document.definitions]
    executed = [pruner.definition(definition, executed=True) for definition in document.definitions]
    return Pruned(
        _without_orphans(document, [d for d in checked if d is not None]),
        # The conditions of denials are looked at when the rest has been executed.
        _without_orphans(document, [d for d in executed if d is not None], needed=_in_conditions(denials)),
        tuple(dict.fromkeys(denials)),
    )


class _Pruner:
    def __init__(self, document: DocumentNode, view: View) -> None:
        self.view = view
        self.touched = False
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._of_fragment: dict[str, list[Denial]] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.denials_of(definition)
            elif isinstance(definition, FragmentDefinitionNode):
                self._fragment(definition.name.value)

    def denials_of(self, operation: OperationDefinitionNode) -> list[Denial]:
        root = self._root(operation.operation)
        return self._selections(root, operation.selection_set) if root else []

    def _root(self, operation: OperationType) -> GraphQLObjectType | None:
        return self.view.full.get_root_type(operation)

    def _selections(self, parent: Composite, selections: SelectionSetNode) -> list[Denial]:
        denials: list[Denial] = []
        for selection in selections.selections:
            if len(denials) < MAX_DENIALS:
                denials += self._selection(parent, selection)
        return denials[:MAX_DENIALS]

    def _selection(self, parent: Composite, selection: SelectionNode) -> Iterable[Denial]:
        conditions = _conditions(selection.directives)
        if isinstance(selection, FieldNode):
            return self._field(parent, selection, conditions)
        if isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments.get(selection.name.value)
            condition = fragment.type_condition.name.value if fragment else None
            inner = self._fragment(selection.name.value) if fragment else []
        else:
            inline = cast("InlineFragmentNode", selection)
            condition = inline.type_condition.name.value if inline.type_condition else None
            target = self.view.full.get_type(condition) if condition else parent
            hidden = condition in self.view.hidden_types
            inner = (
                [] if hidden or not isinstance(target, Composite) else self._selections(target, inline.selection_set)
            )
        roles = self.view.hidden_types.get(condition or "")
        if roles is not None:
            self.touched = True
            return [Denial((f"... on {condition}",), tuple(sorted(roles)), conditions)]
        return [_under((), conditions, denial) for denial in inner]

    def _field(self, parent: Composite, node: FieldNode, conditions: tuple[DirectiveNode, ...]) -> Iterable[Denial]:
        key = (node.alias or node.name).value
        roles = self.view.denied(parent, node.name.value)
        if roles is not None:
            self.touched = True
            return [Denial((key,), tuple(sorted(roles)), conditions)]
        definition = None if isinstance(parent, GraphQLUnionType) else self.view.full.get_field(parent, node.name.value)
        if definition is None or node.selection_set is None:
            return []
        named = get_named_type(definition.type)
        if not isinstance(named, Composite):
            return []
        return [_under((key,), conditions, denial) for denial in self._selections(named, node.selection_set)]

    def _fragment(self, name: str) -> list[Denial]:
        if name not in self._of_fragment:
            self._of_fragment[name] = []  # a cycle ends here; validation refuses it
            fragment = self._fragments[name]
            target = self.view.full.get_type(fragment.type_condition.name.value)
            if isinstance(target, Composite) and target.name not in self.view.hidden_types:
                self._of_fragment[name] = self._selections(target, fragment.selection_set)
        return self._of_fragment[name]

    # The document again, without the denied parts.

    def definition(self, node: Any, *, executed: bool) -> Any:
        if isinstance(node, OperationDefinitionNode):
            target: GraphQLNamedType | None = self._root(node.operation)
        elif isinstance(node, FragmentDefinitionNode):
            if node.type_condition.name.value in self.view.hidden_types:
                return None
            target = self.view.full.get_type(node.type_condition.name.value)
        else:
            return node
        if not isinstance(target, Composite):
            return node
        return _changed(node, selection_set=self._visible(target, node.selection_set, executed=executed))

    def _visible(self, parent: Composite, selections: SelectionSetNode, *, executed: bool) -> SelectionSetNode:
        visible = [self._visible_selection(parent, selection, executed=executed) for selection in selections.selections]
        if not executed:
            pairs = zip(visible, selections.selections, strict=True)
            visible = [own or _placeholder(pruned) for own, pruned in pairs]
        return _changed(selections, selections=tuple(selection for selection in visible if selection is not None))

    def _visible_selection(self, parent: Composite, node: SelectionNode, *, executed: bool) -> SelectionNode | None:
        if isinstance(node, FieldNode):
            return self._visible_field(parent, node, executed=executed)
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return None if fragment and fragment.type_condition.name.value in self.view.hidden_types else node
        inline = cast("InlineFragmentNode", node)
        condition = inline.type_condition.name.value if inline.type_condition else None
        if condition in self.view.hidden_types:
            return None
        target = self.view.full.get_type(condition) if condition else parent
        if not isinstance(target, Composite):
            return node
        return _changed(inline, selection_set=self._visible(target, inline.selection_set, executed=executed))

    def _visible_field(self, parent: Composite, node: FieldNode, *, executed: bool) -> FieldNode | None:
        if self.view.denied(parent, node.name.value) is not None:
            if not executed:
                return None
            return FieldNode(
                alias=node.alias or node.name, name=NameNode(value=DENIED), arguments=(), directives=node.directives
            )
        definition = None if isinstance(parent, GraphQLUnionType) else self.view.full.get_field(parent, node.name.value)
        named = get_named_type(definition.type) if definition else None
        if node.selection_set is None or not isinstance(named, Composite):
            return node
        return _changed(node, selection_set=self._visible(named, node.selection_set, executed=executed))


def _placeholder(pruned: SelectionNode) -> SelectionNode:
    """The selection that is validated in place of a pruned one: its directives alone, since they are evaluated."""
    typename = FieldNode(name=NameNode(value="__typename"))
    return InlineFragmentNode(directives=pruned.directives, selection_set=SelectionSetNode(selections=(typename,)))


def _under(prefix: tuple[str, ...], conditions: tuple[DirectiveNode, ...], denial: Denial) -> Denial:
    return Denial(prefix + denial.path, denial.visible_to, conditions + denial.conditions)


N = TypeVar("N", bound=Node)


def _changed(node: N, **changes: Any) -> N:
    return type(node)(**{**{key: getattr(node, key, None) for key in node.keys}, **changes})


def _conditions(directives: Sequence[DirectiveNode] | None) -> tuple[DirectiveNode, ...]:
    return tuple(d for d in directives or () if d.name.value in {"skip", "include"})


def _included(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    argument: ArgumentNode | None = next((a for a in directive.arguments or () if a.name.value == "if"), None)
    value = argument.value if argument else None
    if isinstance(value, VariableNode):
        holds = bool(variables.get(value.name.value))
    else:
        holds = isinstance(value, BooleanValueNode) and value.value
    return holds if directive.name.value == "include" else not holds


@dataclass(slots=True)
class _UsedNames(Visitor):
    """Collects the variables and fragments that a part of a document uses."""

    variables: set[str] = field(default_factory=set)
    fragments: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        Visitor.__init__(self)

    def enter_variable_definition(self, *_: Any) -> Any:
        return False

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.fragments.add(node.name.value)


def _in_conditions(denials: Iterable[Denial]) -> set[str]:
    """The variables that say whether a denial applies."""
    return {
        argument.value.name.value
        for denial in denials
        for condition in denial.conditions
        for argument in condition.arguments or ()
        if isinstance(argument.value, VariableNode)
    }


def _without_orphans(
    original: DocumentNode, definitions: Sequence[Any], *, needed: Collection[str] = ()
) -> DocumentNode:
    """*definitions* without the fragments and variables that only pruned parts used, except those *needed*."""
    before, after = _uses(original.definitions), _uses(definitions)
    lost = _reached(before) - _reached(after)
    needed_definitions = []
    for definition in definitions:
        if isinstance(definition, FragmentDefinitionNode) and definition.name.value in lost:
            continue
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else None
            gone = _variables(name, before) - _variables(name, after) - set(needed)
            kept_variables = tuple(
                v for v in definition.variable_definitions or () if v.variable.name.value not in gone
            )
            needed_definitions.append(_changed(definition, variable_definitions=kept_variables))
        else:
            needed_definitions.append(definition)
    return DocumentNode(definitions=tuple(needed_definitions))


def _uses(definitions: Iterable[Any]) -> dict[Any, _UsedNames]:
    """The names that each definition uses: fragments by name, operations by ("operation", name)."""
    uses = {}
    for definition in definitions:
        names = _UsedNames()
        visit(definition, names)
        name = definition.name.value if getattr(definition, "name", None) else None
        uses[name if isinstance(definition, FragmentDefinitionNode) else ("operation", name)] = names
    return uses


def _closure(start: set[str], uses: Mapping[Any, _UsedNames]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        names = uses.get(waiting.pop())
        new = names.fragments - reached if names else set()
        reached |= new
        waiting += new
    return reached


def _reached(uses: Mapping[Any, _UsedNames]) -> set[str]:
    """The fragments that an operation uses, directly or through other fragments."""
    start: set[str] = set()
    for name, names in uses.items():
        if isinstance(name, tuple):
            start |= names.fragments
    return _closure(start, uses)


def _variables(operation: str | None, uses: Mapping[Any, _UsedNames]) -> set[str]:
    own = uses.get(("operation", operation))
    if own is None:
        return set()
    return own.variables.union(*(uses[name].variables for name in _closure(own.fragments, uses) if name in uses))
