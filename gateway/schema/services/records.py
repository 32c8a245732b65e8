"""Services and payments (услуги, оплата), for parents alone."""

from typing import Final

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import services as documents
from connectors.services import InvoiceState, ServicePer
from gateway.resolvers import directory
from gateway.resolvers import services as resolvers
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, view_of
from gateway.schema.node import Node
from gateway.schema.people import Person
from gateway.schema.scalars import Date, DateTime, DecimalString

described_enum(InvoiceState)
described_enum(ServicePer)

PARENTS: Final = frozenset({Role.PARENT})


@view_of(documents.Subscription, visible_to=PARENTS)
class ServiceSubscription:
    """The subscription of the student to a service (подписка на услугу)."""

    id: strawberry.ID
    """Identifies the subscription."""

    subscribed_by: Person | None = one(directory.people, "subscribed_by_id")
    """The parent who subscribed."""

    subscribed_at: DateTime = instant("subscribed_at")
    """When they subscribed."""


@view_of(resolvers.StudentService, visible_to=PARENTS, found_by=resolvers.services_by_ids)
class Service(Node):
    """A service that the school offers to the student (услуга)."""

    id: strawberry.ID
    name: str
    """The name of the service."""

    description: str | None
    """What the service is; null where the school does not say."""

    price: DecimalString
    """The price in roubles."""

    per: ServicePer
    """What the price is for."""

    starts_on: Date | None
    """The first day of the service; null where the school does not say."""

    ends_on: Date | None
    """The last day of the service; null where the school does not say."""

    subscription: ServiceSubscription | None = batch(resolvers.subscriptions, "student_id", "service_id")
    """The subscription that runs; null where there is none."""


@view_of(documents.Invoice, visible_to=PARENTS)
class Invoice:
    """An invoice (счёт), as the connected system of payments gives it."""

    id: strawberry.ID
    """Identifies the invoice."""

    title: str
    """What is to be paid."""

    amount: DecimalString
    """The amount in roubles."""

    paid: DecimalString
    """The part of the sum that is paid."""

    issued_on: Date
    """The day of the invoice."""

    due_on: Date | None
    """The day until which it is to be paid; null where there is none."""

    state: InvoiceState
    """Whether the invoice is paid."""


@view_of(documents.Account, visible_to=PARENTS)
class Account:
    """The account of the student (лицевой счёт), as the connected system of payments gives it."""

    balance: DecimalString
    """The balance in roubles; below 0 where something is to be paid."""

    as_of: DateTime = instant("as_of")
    """When the balance was so."""


@view_of(resolvers.PaymentsDocument, visible_to=PARENTS)
class Payments:
    """The payments for the student (оплата); money is not taken here."""

    account: Account | None = batch(resolvers.accounts, "student_id")
    """The account; null where the connected system has none."""

    invoices: Connection[Invoice] | None = batch(resolvers.invoices_of, "student_id")
    """The invoices (счета), the latest first."""


@extends(people.Person)
class ServicesOfStudent:
    """What the services add to a student."""

    services: list[Service] | None = batch(
        resolvers.services_of, "student_id", "school_id", "enrolments", visible_to=PARENTS, list_size=10
    )
    """The services that the school offers to the student (услуги), by name."""

    payments: Payments | None = batch(resolvers.payments_of, "student_id", "school_id", visible_to=PARENTS)
    """The payments for the student (оплата)."""
