"""Services: what a school offers for money, who subscribed to it, and invoices as the connected system gives them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection, Connector, Read, by_ids, many, paged, pairs
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import Document
from connectors.vocabulary import ClassId, Page, PersonId, SchoolId, ServiceId, StudentId


class ServicePer(StrEnum):
    """The unit that the price of a service is for."""

    MONTH = "MONTH"
    """A month."""

    LESSON = "LESSON"
    """A lesson."""

    COURSE = "COURSE"
    """The whole course."""


class InvoiceState(StrEnum):
    """Whether an invoice is paid."""

    OPEN = "OPEN"
    """Not paid yet."""

    PAID = "PAID"
    """Paid."""

    CANCELLED = "CANCELLED"
    """Withdrawn; nothing is to be paid."""


class Service(TypedDict):
    """A service that a school offers to the parents of some classes, or of all (F125)."""

    _id: ServiceId
    school_id: SchoolId
    class_ids: list[ClassId]  # none: all classes
    name: str
    description: str | None
    price: int | float
    per: ServicePer
    starts_on: str | None
    ends_on: str | None


class Subscription(TypedDict):
    """A student's subscription to a service; at most one of a student and a service runs at a time."""

    _id: str
    school_id: SchoolId
    service_id: ServiceId
    student_id: StudentId
    subscribed_by_id: PersonId
    subscribed_at: datetime
    is_running: bool
    ended_by_id: NotRequired[PersonId]
    ended_at: NotRequired[datetime]


class Invoice(TypedDict):
    """An invoice, as the connected system of payments writes it."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    title: str
    amount: int | float
    paid: int | float
    issued_on: str
    due_on: str | None
    state: InvoiceState


class Account(TypedDict):
    """The balance of a student's account, as the connected system of payments writes it."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    balance: int | float
    as_of: datetime


_LATEST: Final = [("issued_on", DESCENDING), ("_id", DESCENDING)]

SERVICES: Final = Collection("services", Service, indexes=[IndexModel([("school_id", ASCENDING), ("name", ASCENDING)])])
SUBSCRIPTIONS: Final = Collection(
    "subscriptions",
    Subscription,
    indexes=[
        IndexModel(
            [("student_id", ASCENDING), ("service_id", ASCENDING)],
            name="one_running",
            unique=True,
            partialFilterExpression={"is_running": True},
        ),
        IndexModel([("student_id", ASCENDING), ("service_id", ASCENDING), ("subscribed_at", DESCENDING)]),
    ],
)
INVOICES: Final = Collection("invoices", Invoice, indexes=[IndexModel([("student_id", ASCENDING), *_LATEST])])
ACCOUNTS: Final = Collection("accounts", Account, indexes=[IndexModel([("student_id", ASCENDING)], unique=True)])


def _in_state(_: Sequence[StudentId], *, state: InvoiceState | None) -> Document:
    """The condition that an invoice is in a state."""
    return {} if state is None else {"state": str(state)}


class Services(Connector):
    """Reads of the services."""

    collections = (SERVICES, SUBSCRIPTIONS, INVOICES, ACCOUNTS, FACTS, KEYS)

    services_of: Read[SchoolId, list[Service]] = many(
        SERVICES, by="school_id", order=[("name", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """The services that each school offers, by name."""

    services_by_ids: Read[ServiceId, Service] = by_ids(SERVICES, cached=True)
    """The service of each id."""

    subscriptions_of: Read[tuple[StudentId, ServiceId], list[Subscription]] = pairs(
        SUBSCRIPTIONS, by=("student_id", "service_id"), order=[("subscribed_at", DESCENDING)], needs=("is_running",)
    )
    """The subscriptions of each student to each service, the latest first."""

    invoices_of: Read[StudentId, Page] = paged(INVOICES, by="student_id", order=_LATEST, where=_in_state)
    """The invoices of each student, the latest first."""

    accounts_of: Read[StudentId, list[Account]] = many(ACCOUNTS, by="student_id")
    """The account of each student: one document or none."""
