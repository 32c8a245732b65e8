"""The query engine: it knows GraphQL and knows no school."""

from gateway.engine.adapter import execute
from gateway.engine.plan import Plan, compile  # noqa: A004 - read as gateway.engine.compile

__all__ = ["Plan", "compile", "execute"]
