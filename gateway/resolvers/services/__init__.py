"""Services and payments of a school's students, for their parents."""

from gateway.resolvers.services.reading import (
    PaymentsDocument,
    StudentService,
    accounts,
    invoices_of,
    payments_of,
    services_by_ids,
    services_of,
    subscriptions,
)
from gateway.resolvers.services.subscribing import subscribe_to_service, unsubscribe

__all__ = [
    "PaymentsDocument",
    "StudentService",
    "accounts",
    "invoices_of",
    "payments_of",
    "services_by_ids",
    "services_of",
    "subscribe_to_service",
    "subscriptions",
    "unsubscribe",
]
