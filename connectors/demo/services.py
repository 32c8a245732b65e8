"""The services of the demo's schools, some subscriptions, and invoices of the last two months."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from connectors.demo.families import Student
from connectors.demo.plan import SchoolPlan
from connectors.demo.register import Register
from connectors.services import Account, Invoice, InvoiceState, Service, ServicePer, Subscription
from connectors.vocabulary import ServiceId


class Offer(NamedTuple):
    """A service with its price."""

    name: str
    description: str
    price: int
    per: ServicePer


OFFERS: Final = (
    Offer("Группа продлённого дня", "С 13:00 до 18:00, прогулка и полдник", 4500, ServicePer.MONTH),
    Offer("Шахматный клуб", "Два занятия в неделю", 2000, ServicePer.MONTH),
    Offer("Подготовка к экзаменам", "Занятие в малой группе", 600, ServicePer.LESSON),
    Offer("Бассейн", "Абонемент на учебный год", 12000, ServicePer.COURSE),
)
_SUBSCRIBED: Final = 0.25
_MONTHS: Final = 2


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The services of a school."""
    return {"services": [_service(plan, offer) for offer in OFFERS]}


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The subscriptions, invoices and accounts of the students of one class."""
    subscriptions: list[Subscription] = []
    invoices: list[Invoice] = []
    accounts: list[Account] = []
    for student in register.own:
        chosen = list(_chosen(register, student))
        subscriptions += [_subscription(register.plan, student, offer) for offer in chosen]
        own = [one for offer in chosen for one in _invoices(register.plan, student, offer)]
        invoices += own
        accounts.append(_account(register.plan, student, own))
    return {"subscriptions": subscriptions, "invoices": invoices, "accounts": accounts}


def _service_id(plan: SchoolPlan, offer: Offer) -> ServiceId:
    return ServiceId(plan.mint("Service", offer.name))


def _service(plan: SchoolPlan, offer: Offer) -> Service:
    return {
        "_id": _service_id(plan, offer),
        "school_id": plan.school_id,
        "class_ids": [],
        "name": offer.name,
        "description": offer.description,
        "price": offer.price,
        "per": offer.per,
        "starts_on": plan.year.first.isoformat(),
        "ends_on": plan.year.terms[-1].last.isoformat(),
    }


def _chosen(register: Register, student: Student) -> Iterator[Offer]:
    rng = register.plan.chance("services", student.student_id)
    for number, offer in enumerate(OFFERS):
        is_chosen = rng.random() < _SUBSCRIBED
        if student.family.guardians and (is_chosen or (student.is_shown and number == 0)):
            yield offer


def _subscription(plan: SchoolPlan, student: Student, offer: Offer) -> Subscription:
    return {
        "_id": plan.mint("ServiceSubscription", student.student_id, offer.name),
        "school_id": plan.school_id,
        "service_id": _service_id(plan, offer),
        "student_id": student.student_id,
        "subscribed_by_id": student.family.guardians[0].person_id,
        "subscribed_at": plan.now - timedelta(days=60),
        "is_running": True,
    }


def _invoices(plan: SchoolPlan, student: Student, offer: Offer) -> Iterator[Invoice]:
    for ago in range(_MONTHS):
        issued = _first_of_month(plan.today, ago)
        is_paid = ago > 0
        yield {
            "_id": plan.mint("ServiceInvoice", student.student_id, offer.name, issued),
            "school_id": plan.school_id,
            "student_id": student.student_id,
            "title": offer.name,
            "amount": offer.price,
            "paid": offer.price if is_paid else 0,
            "issued_on": issued.isoformat(),
            "due_on": (issued + timedelta(days=20)).isoformat(),
            "state": InvoiceState.PAID if is_paid else InvoiceState.OPEN,
        }


def _first_of_month(day: date, ago: int) -> date:
    first = day.replace(day=1)
    for _ in range(ago):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def _account(plan: SchoolPlan, student: Student, invoices: list[Any]) -> Account:
    return {
        "_id": plan.mint("Account", student.student_id),
        "school_id": plan.school_id,
        "student_id": student.student_id,
        "balance": -sum(one["amount"] - one["paid"] for one in invoices),
        "as_of": plan.now,
    }
