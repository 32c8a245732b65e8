"""The audit: who changed what, in an order that nobody can alter unnoticed."""

from connectors.audit.disclosures import Disclosure
from connectors.audit.documents import EVENTS, PERSONAL, AuditChange, AuditEvent
from connectors.audit.reads import Audit, SchoolTime
from connectors.audit.refusals import Refusal

__all__ = ["EVENTS", "PERSONAL", "Audit", "AuditChange", "AuditEvent", "Disclosure", "Refusal", "SchoolTime"]
