"""Integrity: findings of the checks as administrators read, accept and reopen them, and the runs that they request."""

from gateway.resolvers.integrity.deciding import accept_finding, reopen_finding
from gateway.resolvers.integrity.reading import (
    CheckedSchool,
    HandledFinding,
    findings,
    integrity_findings,
    last_runs,
    runs,
)
from gateway.resolvers.integrity.running import run_integrity_check
from gateway.resolvers.integrity.sentences import MessageLanguage, responsible, sentences

__all__ = [
    "CheckedSchool",
    "HandledFinding",
    "MessageLanguage",
    "accept_finding",
    "findings",
    "integrity_findings",
    "last_runs",
    "reopen_finding",
    "responsible",
    "run_integrity_check",
    "runs",
    "sentences",
]
