"""Runs an operation for a viewer: the one road that every request takes, whichever transport or command it comes by.

The document is found (`persisted`), prepared for the viewer's role, priced (`demand`), charged (`rate_limits`) and run;
whatever goes wrong becomes an answer (`errors`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from graphql import ExecutionResult, OperationType

from auth.errors import ConsentMissing
from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.errors import Overloaded
from connectors.mongo.read_log import LoggedDeadline, ReadLog
from connectors.vocabulary import Day, StudentId
from gateway.context import DEFAULT_ZONE, Clock, RequestContext, Writing
from gateway.disclosures import JOURNALED
from gateway.engine.documents import Documents, PreparedOperation
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import Limits
from gateway.engine.reads import Reads
from gateway.events import Event
from gateway.languages import Text
from gateway.observability.metrics import PHASE, USER_ERRORS
from gateway.observability.operation_names import OperationNames
from gateway.operations.demand import Demand
from gateway.operations.disclosures import DisclosureBuffer
from gateway.operations.errors import Refused, error_result, public_errors
from gateway.operations.explain import run_explained
from gateway.operations.persisted import PersistedDocuments
from gateway.operations.rate_limits import RateLimits
from gateway.operations.refusals import Refusals
from gateway.operations.request import OperationRequest
from gateway.operations.result import OperationResult
from gateway.write_rules import WriteRules

_BY_POST: Final = Text("Send mutations by POST.", "Отправляйте мутации методом POST.")

_LIVE_ONLY: Final = Text(
    "Send subscriptions over a WebSocket (graphql-transport-ws), or accept text/event-stream.",
    "Подписки отправляйте через WebSocket (graphql-transport-ws) или принимайте text/event-stream.",
)

_ONE_KEY: Final = Text(
    "The header Idempotency-Key is for one mutation: give each field its own key by @idempotent(key:).",
    "Заголовок Idempotency-Key — для одной мутации: задайте каждому полю свой ключ через @idempotent(key:).",
)

BEFORE_CONSENT: Final = frozenset({"consents", "giveConsent", "withdrawConsent", "__typename", "__schema", "__type"})
"""The fields of the roots for viewers who await a consent; an operation with any other field is refused to them."""

Execute = Callable[[PreparedOperation, RequestContext, Mapping[str, Any]], Awaitable[ExecutionResult]]
"""Runs a prepared operation with these variables."""
Fresh = Callable[[], Awaitable[Viewer]]
"""Asks the directory who the viewer is now."""


async def execute_plan(
    prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]
) -> ExecutionResult:
    """Run an operation by its plan, which its first request compiles."""
    compile_s = None
    began = perf_counter()
    is_new = not prepared.is_compiled
    plan = await prepared.compile()
    if is_new:
        compile_s = perf_counter() - began
        PHASE["compile"].observe(compile_s)
    if context.explain:
        compile_ms = None if compile_s is None else compile_s * 1000
        return await run_explained(prepared, context, variables, lambda: plan.run(context, variables), compile_ms)
    began = perf_counter()
    result = await plan.run(context, variables)
    PHASE["run"].observe(perf_counter() - began)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationService:
    """Runs operations."""

    connectors: Connectors
    documents: Documents
    persisted: PersistedDocuments
    limits: Limits
    demand: Demand
    rate_limits: RateLimits
    names: OperationNames
    clock: Clock
    execute: Execute = execute_plan
    explains_to_all: bool = False
    """Whether everyone may ask how an answer came about; an administrator always may."""
    write_rules: WriteRules = field(default_factory=WriteRules)
    answer_s: float = 2.0
    """How long reading the answer to a change may take."""
    refusals: Refusals | None = None
    """Counts refused mutations; without it nobody does."""
    disclosures: DisclosureBuffer | None = None
    """Counts who of the staff read data of which student; without it nobody does."""

    async def prepare(self, viewer: Viewer, request: OperationRequest) -> PreparedOperation:
        """Return the operation that *viewer* asks for, validated; raises what `run` would make an answer of."""
        return await _Run(self, viewer, request, 0).prepared()

    async def run(
        self,
        viewer: Viewer,
        request: OperationRequest,
        deadline: float,
        *,
        fresh: Fresh | None = None,
        event: Event | None = None,
    ) -> OperationResult:
        """Run *request* for *viewer*; its reads end by *deadline*, in the event loop's time. Never raises an error.

        A mutation runs for the viewer whom *fresh* returns; without it, the rights of *viewer* are those of now. A
        subscription runs once for its beginning and then for each *event*, and is refused without one.
        """
        run = _Run(self, viewer, request, deadline, fresh, event)
        try:
            result = await run.result()
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            if isinstance(error, OperationRefused) and self.refusals is not None:
                self.refusals.count_denied(viewer, self.day_of(viewer), error)
            result = error_result(error, request.request_id)
        result.operation, result.kind, result.estimated, result.actual = run.name, run.kind, run.estimated, run.actual
        return result

    def count_refused(self, viewer: Viewer, refused: Sequence[tuple[str, str]]) -> None:
        """Count the mutations that were refused with `userErrors`, each with its code."""
        for mutation, code in refused:
            USER_ERRORS.inc(mutation, code)
        if refused and self.refusals is not None:
            self.refusals.count(viewer, self.day_of(viewer), refused)

    def gathers(self, viewer: Viewer) -> dict[frozenset[str], set[StudentId]] | None:
        """A place for the students whose data the viewer reads; None where the journal does not record it."""
        return {} if self.disclosures is not None and viewer.role in JOURNALED else None

    def count_disclosed(self, viewer: Viewer, disclosed: Mapping[frozenset[str], set[StudentId]] | None) -> None:
        """Have the journal record that the viewer read of these students data of these kinds."""
        if self.disclosures is not None and disclosed:
            self.disclosures.record(viewer, self.day_of(viewer), disclosed)

    def day_of(self, viewer: Viewer) -> Day:
        """Today's date at the first school of the viewer."""
        return self.clock.day_in(next(iter(viewer.zones.values()), DEFAULT_ZONE))


@dataclass(slots=True)
class _Run:
    """One operation on its way, and what is known of it when it fails."""

    service: OperationService
    viewer: Viewer
    request: OperationRequest
    deadline: float
    fresh: Fresh | None = None
    event: Event | None = None
    name: str = ""
    kind: str = ""
    estimated: int = 0
    actual: int = 0
    prepare_s: float = 0.0

    async def result(self) -> OperationResult:
        began = perf_counter()
        prepared = await self.prepared()
        if prepared.operation.kind is OperationType.SUBSCRIPTION and self.event is None:
            raise Refused(HTTPStatus.BAD_REQUEST, _LIVE_ONLY)
        self.prepare_s = perf_counter() - began
        return await self._charge_and_run(prepared)

    async def prepared(self) -> PreparedOperation:
        service, request, person = self.service, self.request, self.viewer.person_id
        if request.variables:
            service.limits.check_variables(request.variables)
        found = await service.persisted.find(request, person)
        prepared = await self._known_or_new(found.text)
        operation = prepared.operation
        node = operation.node.name
        self.name, self.kind = service.names.used(node.value if node else ""), operation.kind.value
        if found.remember is not None:
            await service.persisted.remember(found, person)
        if request.queries_only and operation.kind is OperationType.MUTATION:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, _BY_POST, code="METHOD_NOT_ALLOWED")
        _check_consent(self.viewer, prepared)
        return prepared

    async def _known_or_new(self, text: str) -> PreparedOperation:
        """The operation; whoever sends one that is new pays for its preparation, whatever comes of it."""
        documents, viewer, name = self.service.documents, self.viewer, self.request.operation_name
        prepared = documents.find(text, name, viewer.role, person=viewer.person_id)
        if prepared is None:
            price = documents.preparation_cost(text)
            if price:
                await self.service.rate_limits.charge(viewer, self.request.client, price)
            prepared = await documents.prepare(text, name, viewer.role, person=viewer.person_id)
        return prepared

    async def _charge_and_run(self, prepared: PreparedOperation) -> OperationResult:
        """Run an operation if its price and what is left of the quota allow it."""
        service, viewer, request = self.service, self.viewer, self.request
        price = service.demand.price(prepared, request.variables, viewer.role)
        self.estimated = price.estimated
        charge = await service.rate_limits.charge(viewer, request.client, price.estimated)
        result = await self._executed(prepared)
        result.quota = charge.quota
        result.cost = price.settle(result.answer, charge, tells=request.tells_cost)
        self.actual = price.actual
        return result

    async def _executed(self, prepared: PreparedOperation) -> OperationResult:
        service, viewer, request = self.service, self.viewer, self.request
        is_mutation = prepared.operation.kind is OperationType.MUTATION
        if is_mutation and self.fresh is not None:
            viewer = await self.fresh()
            _check_consent(viewer, prepared)
        explains = request.explains and (service.explains_to_all or viewer.role is Role.ADMINISTRATOR)
        reads = Reads(LoggedDeadline(self.deadline, log=ReadLog()) if explains else self.deadline)
        context = RequestContext(
            viewer,
            service.connectors,
            reads,
            request.request_id,
            service.clock,
            explains,
            event=self.event,
            disclosed=service.gathers(viewer),
        )
        if is_mutation:
            root = prepared.operation.tree.root
            if request.idempotency_key is not None and root is not None and len(root.fields) > 1:
                raise Refused(HTTPStatus.BAD_REQUEST, _ONE_KEY)
            writing = Writing(
                rules=service.write_rules,
                answer_s=service.answer_s,
                client=request.client,
                key=request.idempotency_key,
            )
            context = replace(context, writing=writing)
        result = await service.execute(prepared, context, request.variables)
        service.count_refused(viewer, context.writing.refused)
        service.count_disclosed(viewer, context.disclosed)
        extensions = dict(result.extensions or {})
        if "explain" in extensions:
            extensions["explain"]["times"]["prepareMs"] = round(self.prepare_s * 1000, 2)
        if context.writing.replayed:
            extensions["replayed"] = [[key] for key in context.writing.replayed]
        answer: dict[str, Any] = {"extensions": extensions} if extensions else {}
        if result.errors:
            is_overloaded = any(isinstance(error.original_error, Overloaded) for error in result.errors)
            if is_overloaded and not context.writing.has_written:
                raise Overloaded  # half an answer would not say that the other half is to be had in a moment
            answer["errors"] = public_errors(result.errors, request.request_id)
        if result.data is not None or not result.errors or any(error.path for error in result.errors):
            answer["data"] = result.data
            is_bare = set(answer) == {"data"} and not request.tells_cost
            policy = prepared.cache_policy if is_bare else None
            has_changed = context.writing.has_changed_rights
            return OperationResult(answer, cache_policy=policy, has_changed_rights=has_changed)
        # The variables could not be coerced: nothing was run.
        return OperationResult(answer, HTTPStatus.BAD_REQUEST)


def _check_consent(viewer: Viewer, prepared: PreparedOperation) -> None:
    """Raise `ConsentMissing` where the viewer awaits a consent and the operation is not about consents alone."""
    root = prepared.operation.tree.root
    if viewer.awaits_consent and (root is None or not {field.name for field in root.fields} <= BEFORE_CONSENT):
        raise ConsentMissing("a required consent is missing")
