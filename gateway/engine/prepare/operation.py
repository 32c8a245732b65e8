"""From the text of a document to an operation that a role may run: parsed, pruned, validated, its columns known."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    parse,
)

from gateway.engine.declarations import declared
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.introspection import Introspection
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.pruning import DENIED, Denial, prune
from gateway.engine.prepare.validation import validation_errors
from gateway.engine.prepare.visibility import View
from gateway.languages import Text

__all__ = ["DENIED", "Denial", "Operation", "OperationRefused", "call_of"]

UNAUTHORIZED: Final = Text("Unauthorized field or type", "Нет доступа к полю или типу")
SEVERAL_OPERATIONS: Final = Text(
    "The document has several operations: say which one to run by operationName.",
    "В документе несколько операций: укажите нужную в operationName.",
)
NO_OPERATION: Final = Text("The document has no operation.", "В документе нет операции.")
NO_SUCH_OPERATION: Final = Text(
    "The document has no operation named {name}.", "В документе нет операции с именем {name}."
)
INTROSPECTION_IS_OFF: Final = Text("Introspection is switched off for your role", "Для вашей роли схема недоступна")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A validated operation as one role may run it."""

    name: str | None
    kind: OperationType
    view: View
    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    denials: tuple[Denial, ...]
    columns: Mapping[str, frozenset[str]]
    introspection: Introspection


Steps = Generator[None, None, T]
"""Work in steps: whoever runs it may do something else between them."""


def prepare(
    source: str, name: str | None, view: View, *, reject: bool = False, limits: Limits | None = None
) -> Operation:
    """Parse, choose, prune and validate; within *limits*, where there are any. Raises `OperationRefused`."""
    steps = prepare_in_steps(source, name, view, reject=reject, limits=limits)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            prepared: Operation = done.value
            return prepared


def prepare_in_steps(
    source: str, name: str | None, view: View, *, reject: bool = False, limits: Limits | None = None
) -> Steps[Operation]:
    """`prepare`, with a pause after each step that may take long."""
    if limits is not None:
        limits.check_text(source)
    try:
        document = parse(source, no_location=False, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise OperationRefused([error], stage="syntax") from error
    yield
    if limits is not None:
        limits.check_document(document)
    operation = _chosen(document, name)
    pruned = prune(document, operation, view)
    yield
    errors = validation_errors(view.schema, pruned.checked, (limits or Limits()).errors)
    if errors:
        raise OperationRefused(errors, stage="validation")
    if pruned.denials and (reject or operation.operation is not OperationType.QUERY):
        raise OperationRefused([denied(denial) for denial in pruned.denials], stage="access")
    yield
    executed = _chosen(pruned.executed, name)
    fragments = _fragments(pruned.executed)
    columns = _Columns(view.full, fragments)
    columns.walk(view.full.get_root_type(executed.operation), executed.selection_set)
    introspection = Introspection(view.schema, executed, fragments, limits)
    if introspection.is_selected and not view.introspects:
        raise OperationRefused([_introspection_is_off()], stage="access")
    return Operation(
        name,
        executed.operation,
        view,
        pruned.executed,
        executed,
        fragments,
        pruned.denials,
        columns.frozen(),
        introspection,
    )


def described(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> Operation:
    """An operation over *schema* as it is: nothing pruned, nothing validated."""
    fragments = _fragments(document)
    columns = _Columns(schema, fragments)
    columns.walk(schema.get_root_type(node.operation), node.selection_set)
    name = node.name.value if node.name else None
    introspection = Introspection(schema, node, fragments)
    view = View.whole(schema)
    return Operation(name, node.operation, view, document, node, fragments, (), columns.frozen(), introspection)


def _introspection_is_off() -> GraphQLError:
    return GraphQLError(INTROSPECTION_IS_OFF, extensions={"code": "UNAUTHORIZED_FIELD_OR_TYPE"})


def denied(denial: Denial) -> GraphQLError:
    """The error that stands for a field the role may not see."""
    return GraphQLError(
        UNAUTHORIZED,
        path=list(denial.path),
        extensions={"code": "UNAUTHORIZED_FIELD_OR_TYPE", "visibleTo": list(denial.visible_to)},
    )


def denials_among(operation: Operation, variables: Mapping[str, Any]) -> list[GraphQLError]:
    """The errors of the fields that these (coerced) *variables* ask for and the role may not see, one a path."""
    asked = {denial.path: denial for denial in reversed(operation.denials) if denial.applies(variables)}
    return [denied(denial) for denial in reversed(asked.values())]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        message = SEVERAL_OPERATIONS if operations else NO_OPERATION
    else:
        for operation in operations:
            if operation.name and operation.name.value == name:
                return operation
        message = NO_SUCH_OPERATION.format(name=repr(name))
    raise OperationRefused([GraphQLError(message)], stage="operation")


class _Columns:
    """The columns that an operation needs of the documents behind each type, wherever they stand in it."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._needs: dict[str, set[str]] = defaultdict(set)
        self._seen: set[tuple[str, str]] = set()

    def walk(self, parent: GraphQLNamedType | None, selections: SelectionSetNode | None) -> None:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                self._field(parent, selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                self.walk(self._schema.get_type(condition.name.value) if condition else parent, selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                self._spread(parent, selection.name.value)

    def _spread(self, parent: GraphQLNamedType | None, name: str) -> None:
        # A fragment on an interface adds to the members of the place it is spread in, hence the pair.
        place = (name, parent.name if parent else "")
        fragment = self._fragments.get(name)
        if fragment is not None and place not in self._seen:
            self._seen.add(place)
            self.walk(self._schema.get_type(fragment.type_condition.name.value), fragment.selection_set)

    def _field(self, parent: GraphQLNamedType | None, node: FieldNode) -> None:
        name = node.name.value
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name not in parent.fields:
            return
        owners = self._schema.get_possible_types(parent) if isinstance(parent, GraphQLInterfaceType) else [parent]
        for owner in owners:
            declaration = declared(owner.fields[name])
            self._needs[owner.name] |= declaration.answer.needs if declaration else set()
        self.walk(get_named_type(parent.fields[name].type), node.selection_set)

    def frozen(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(needs) for name, needs in self._needs.items()}


_AT_LEAST: Final = frozenset({"_id"})


class FieldCall:
    """What a batch resolver may ask about the field it answers."""

    __slots__ = ("_nodes", "_operation", "_selected", "columns")

    def __init__(self, operation: Operation, item: str, nodes: Sequence[FieldNode]) -> None:
        self._operation = operation
        self._nodes = nodes
        self._selected: frozenset[str] | None = None
        self.columns = self.columns_of(item)

    def columns_of(self, type_name: str) -> frozenset[str]:
        """The columns that the operation needs of the documents behind *type_name*."""
        return self._operation.columns.get(type_name) or _AT_LEAST

    def selects(self, field_name: str) -> bool:
        """Whether the field's own selection names *field_name* (its GraphQL name)."""
        if self._selected is None:
            selected: set[str] = set()
            for node in self._nodes:
                _collect(node.selection_set, self._operation.fragments, selected)
            self._selected = frozenset(selected)
        return field_name in self._selected


def call_of(operation: Operation, returns: GraphQLOutputType, nodes: Sequence[FieldNode]) -> FieldCall:
    """The call of a field that *returns* what its *nodes* select; of a connection, the columns are its nodes'."""
    named = get_named_type(returns)
    fields: Mapping[str, Any] = getattr(named, "fields", {})
    item = get_named_type(fields["nodes"].type) if "nodes" in fields and "pageInfo" in fields else named
    return FieldCall(operation, item.name, nodes)


def _collect(
    selections: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], into: set[str]
) -> None:
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            into.add(selection.name.value)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, fragments, into)
        elif isinstance(selection, FragmentSpreadNode):
            _collect(fragments[selection.name.value].selection_set, fragments, into)
