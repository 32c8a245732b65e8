"""OpenTelemetry traces by the semantic conventions: a span a request, an operation, a command of MongoDB and of Redis.

No span holds a value that a client sent or that is stored: no variables, no filters, no keys. This module is imported
only where traces are switched on.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from graphql import ExecutionResult
from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from gateway.context import RequestContext
from gateway.engine.documents import PreparedOperation
from gateway.observability.operation_names import OperationNames
from gateway.observability.request_record import RequestRecord

SERVICE: Final = "school-gateway"
_UNKNOWN: Final = "unknown_service"


Execute = Callable[[PreparedOperation, RequestContext, Mapping[str, Any]], Awaitable[ExecutionResult]]
"""Runs a prepared operation, as `gateway.operations.service` has it."""


def exporting() -> TracerProvider:
    """Sends spans by OTLP over HTTP, as the standard variables OTEL_* say."""
    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, _UNKNOWN)).startswith(_UNKNOWN):
        resource = resource.merge(Resource({SERVICE_NAME: SERVICE}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """Makes the spans of one process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)

    def close(self) -> None:
        """Send what is not sent yet."""
        self._provider.shutdown()

    @contextmanager
    def request(self, method: str, route: str, headers: Mapping[str, str], record: RequestRecord) -> Iterator[None]:
        """The span of an HTTP request, below that of its caller where a `traceparent` names one."""
        attributes = {"http.request.method": method, "http.route": route, "url.path": route}
        with self._span(
            f"{method} {route}", context=propagate.extract(headers), kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            record.trace_id = format_trace_id(span.get_span_context().trace_id)
            yield
            span.set_attribute("http.response.status_code", record.status)
            span.set_attribute("school_gateway.request_id", record.request_id)
            if record.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                span.set_attribute("error.type", str(record.status))
                span.set_status(Status(StatusCode.ERROR))

    def run(self, run: Execute, names: OperationNames) -> Execute:
        """*run* within the span of the GraphQL operation."""

        async def traced(
            prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]
        ) -> ExecutionResult:
            operation = prepared.operation
            kind = operation.kind.value
            with self._span(kind, attributes={"graphql.operation.type": kind}) as span:
                if operation.node.name:
                    span.set_attribute("graphql.operation.name", names.label(operation.node.name.value))
                result = await run(prepared, context, variables)
                if result.errors:
                    span.set_attribute("school_gateway.errors", len(result.errors))
                return result

        return traced

    @contextmanager
    def _span(self, name: str, **options: Any) -> Iterator[Span]:
        """A current span that holds of an exception only its class: the text may quote what a client sent."""
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False, **options
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
                span.set_status(Status(StatusCode.ERROR))
                raise

    def mongo(self) -> CommandListener:
        """The spans of MongoDB's commands."""
        return _MongoSpans(self)

    @contextmanager
    def redis(self, command: str) -> Iterator[None]:
        """The span of a command of Redis."""
        attributes = {"db.system.name": "redis", "db.operation.name": command}
        with self._span(command, kind=SpanKind.CLIENT, attributes=attributes):
            yield

    def started(self, event: CommandStartedEvent) -> Span:
        """The span of a command that MongoDB was sent."""
        target = event.command.get(event.command_name)
        collection = event.command.get("collection", target)
        attributes: dict[str, str | int] = {
            "db.system.name": "mongodb",
            "db.namespace": event.database_name,
            "db.operation.name": event.command_name,
            "server.address": event.connection_id[0],
        }
        if event.connection_id[1] is not None:
            attributes["server.port"] = event.connection_id[1]
        name = event.command_name
        if isinstance(collection, str):
            attributes["db.collection.name"] = collection
            name = f"{name} {collection}"
        return self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)


class _MongoSpans(CommandListener):
    """The driver calls it in the threads in which it runs commands, with the context of whoever sent them."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._spans: dict[tuple[int, Any], Span] = {}

    def started(self, event: CommandStartedEvent) -> None:
        self._spans[event.request_id, event.connection_id] = self._tracing.started(event)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        span = self._spans.pop((event.request_id, event.connection_id), None)
        if span is not None:
            span.end()

    def failed(self, event: CommandFailedEvent) -> None:
        span = self._spans.pop((event.request_id, event.connection_id), None)
        if span is not None:
            code = event.failure.get("code")
            span.set_attribute("error.type", str(event.failure.get("codeName") or event.failure.get("errtype")))
            if code is not None:
                span.set_attribute("db.response.status_code", str(code))
            span.set_status(Status(StatusCode.ERROR))
            span.end()
