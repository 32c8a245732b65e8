"""Traces whose spans a test reads in memory."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.observability.telemetry import Tracing


def in_memory() -> tuple[InMemorySpanExporter, Tracing]:
    """A tracing for a gateway, and where the spans that it finishes are found."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, Tracing(provider)
