"""Integrity: what the checks of a school's data have found, and their runs."""

from connectors.integrity.documents import (
    CHECK_RUNS,
    FINDINGS,
    IN_ORDER,
    CheckRun,
    CheckState,
    FindingState,
    IntegrityFinding,
    IntegrityRule,
    IntegritySeverity,
)
from connectors.integrity.reads import Integrity

__all__ = [
    "CHECK_RUNS",
    "FINDINGS",
    "IN_ORDER",
    "CheckRun",
    "CheckState",
    "FindingState",
    "Integrity",
    "IntegrityFinding",
    "IntegrityRule",
    "IntegritySeverity",
]
