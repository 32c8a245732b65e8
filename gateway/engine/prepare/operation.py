"""From the text of a document to an operation that a role may run: parsed, limited, pruned, validated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    OperationDefinitionNode,
    OperationType,
    Token,
)
from graphql.language.parser import Parser

from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.collect_fields import DENIED
from gateway.engine.prepare.columns import columns_of
from gateway.engine.prepare.introspection import Introspection
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.located_source import LocatedSource
from gateway.engine.prepare.operation_tree import OperationTree
from gateway.engine.prepare.pruning import Denial, prune
from gateway.engine.prepare.steps import MayPause, Steps, in_steps
from gateway.engine.prepare.validation import TOO_DEEP, directive_errors, validation_errors
from gateway.engine.prepare.visibility import View
from gateway.languages import Text

__all__ = ["DENIED", "Denial", "Operation", "OperationRefused"]

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

LONG: Final = 2_000
"""Characters of a document that takes several steps to parse and to validate."""


@dataclass(frozen=True, eq=False)
class Operation:
    """A validated operation as one role may run it."""

    source: str
    """The text of the document as its client sent it."""
    name: str | None
    kind: OperationType
    view: View
    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    denials: tuple[Denial, ...]
    limits: Limits | None = None

    @cached_property
    def tree(self) -> OperationTree:
        """The selected fields at every place, over the full schema."""
        return OperationTree(self.view.full, self.node, self.fragments)

    @cached_property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """The columns needed of the documents behind each type."""
        return columns_of(self.tree)

    @cached_property
    def introspection(self) -> Introspection:
        """The answers to `__schema` and `__type`, from the schema that the role sees."""
        return Introspection(self.view.schema, self.view.sizes, self.tree, self.limits)


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
    """`prepare` in steps, with a pause after each that may take long."""
    if limits is not None:
        limits.check_text(source)
    document = yield from _stepwise(source, lambda pause: _parsed(source, pause))
    yield
    if limits is not None:
        limits.check_document(document)
    sent = _chosen(document, name)
    pruned = prune(document, sent, view)
    yield
    if pruned.denials and sent.operation is not OperationType.QUERY:  # whose root the role may not even have
        denied = [denial_error(denial) for denial in pruned.denials]
        raise OperationRefused(denied, stage="access", kind=sent.operation.value)
    most = (limits or Limits()).errors
    errors = yield from _stepwise(source, lambda pause: validation_errors(view.schema, pruned.checked, most, pause))
    if errors:
        raise OperationRefused(errors, stage="validation")
    if pruned.denials and reject:
        raise OperationRefused([denial_error(denial) for denial in pruned.denials], stage="access")
    yield
    executed = _chosen(pruned.executed, name)
    operation = Operation(
        source,
        name,
        executed.operation,
        view,
        pruned.executed,
        executed,
        _fragments(pruned.executed),
        pruned.denials,
        limits,
    )
    if operation.kind is OperationType.MUTATION and operation.tree.root:
        errors = list(directive_errors(operation.tree.root))[:most]
        if errors:
            raise OperationRefused(errors, stage="validation")
    if not view.introspects and operation.introspection.is_selected:
        raise OperationRefused([_introspection_is_off()], stage="access")
    return operation


def _stepwise(source: str, work: Callable[[MayPause], T]) -> Steps[T]:
    """The result of *work* on the document *source*: in one step where that is short."""
    if len(source) < LONG:
        return work(lambda: None)
    return (yield from in_steps(work))


class _PausingLexer(Lexer):
    """A lexer that calls *pause* after each token."""

    def __init__(self, source: LocatedSource, pause: MayPause) -> None:
        super().__init__(source)
        self._pause = pause

    def advance(self) -> Token:
        """Advance to the next token that is not ignored."""
        self._pause()
        return super().advance()


def _parsed(source: str, pause: MayPause) -> DocumentNode:
    lexer = _PausingLexer(LocatedSource(source), pause)
    token: Token | None = lexer.token
    try:
        return Parser(lexer.source, lexer=lexer, allow_empty_selection_sets=False).parse_document()
    except RecursionError:
        raise OperationRefused([GraphQLError(TOO_DEEP)], stage="syntax") from None
    except GraphQLError as error:
        raise OperationRefused([error], stage="syntax") from error
    finally:
        while token is not None:  # else each is in a cycle with the next, which only the garbage collector ends
            following = token.next
            token.prev = token.next = None
            token = following


def whole_operation(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> Operation:
    """An operation over *schema* as it is: nothing pruned, nothing validated."""
    name = node.name.value if node.name else None
    return Operation("", name, node.operation, View.whole(schema), document, node, _fragments(document), ())


def _introspection_is_off() -> GraphQLError:
    return GraphQLError(INTROSPECTION_IS_OFF, extensions={"code": "UNAUTHORIZED_FIELD_OR_TYPE"})


def denial_error(denial: Denial) -> GraphQLError:
    """The error of a field that the role may not see."""
    return GraphQLError(
        UNAUTHORIZED,
        path=list(denial.path),
        extensions={"code": "UNAUTHORIZED_FIELD_OR_TYPE", "visibleTo": list(denial.visible_to)},
    )


def denial_errors(operation: Operation, variables: Mapping[str, Any]) -> list[GraphQLError]:
    """The errors of denied fields that a request with these coerced *variables* includes, one for each path."""
    applying = {denial.path: denial for denial in reversed(operation.denials) if denial.applies(variables)}
    return [denial_error(denial) for denial in reversed(applying.values())]


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
