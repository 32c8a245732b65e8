"""Services that are offered to a student, with the subscription, and what is to be paid."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from connectors.directory import Person, class_on
from connectors.services import Account, InvoiceState, Service, Subscription
from connectors.vocabulary import ClassId, Paging, SchoolId, ServiceId, StudentId, as_of_student, shared_and_student
from gateway.context import Connection, Info
from gateway.errors import NotFound

OFFERED: Final = frozenset({"_id", "school_id", "class_ids", "ends_on"})
"""The columns of a service that `is_offered` needs."""


class StudentService(Service):
    """A service of one student: `_id` identifies service and student together, `service_id` the service alone."""

    service_id: ServiceId
    student_id: StudentId


class PaymentsDocument(TypedDict):
    """The payments of one student."""

    student_id: StudentId
    school_id: SchoolId


def is_offered(service: Mapping[str, Any], class_id: ClassId | None, today: str) -> bool:
    """Whether a service is offered to students of the class, and is not over."""
    return (not service["class_ids"] or class_id in service["class_ids"]) and today <= (service["ends_on"] or today)


async def services_of(owners: Sequence[Person], info: Info) -> list[list[StudentService]]:
    """For each student the services that their school offers to their class, by name (F125)."""
    columns = info.columns_of("Service") | OFFERED
    read = info.connectors.services.services_of
    found = await info.read(read, [own["school_id"] for own in owners], columns=columns)
    classes = [_class_of(own, info) for own in owners]
    return [
        [
            as_of_student(service, own["student_id"], "service_id")
            for service in services or ()
            if is_offered(service, class_id, info.today_at(own["school_id"]))
        ]
        for own, class_id, services in zip(owners, classes, found, strict=True)
    ]


def _class_of(person: Person, info: Info) -> ClassId | None:
    return class_on(person, info.today_at(person["school_id"]))


async def subscriptions(services: Sequence[StudentService], info: Info) -> list[Subscription | None]:
    """For each service the subscription of the student that runs; None where there is none."""
    keys = [(service["student_id"], service["service_id"]) for service in services]
    columns = info.columns | {"is_running"}
    found = await info.read(info.connectors.services.subscriptions_of, keys, columns=columns)
    return [next((one for one in own or () if one["is_running"]), None) for own in found]


def payments_of(owners: Sequence[Person], info: Info) -> list[PaymentsDocument]:
    """For each student the payments, whose fields are read by themselves."""
    return [PaymentsDocument(student_id=own["student_id"], school_id=own["school_id"]) for own in owners]


async def accounts(payments: Sequence[PaymentsDocument], info: Info) -> list[Account | None]:
    """For each student the account; None where the connected system has none."""
    found = await info.read(info.connectors.services.accounts_of, [own["student_id"] for own in payments])
    return [next(iter(own or ()), None) for own in found]


async def invoices_of(
    payments: Sequence[PaymentsDocument], info: Info, state: InvoiceState | None = None, *, page: Paging
) -> list[Connection]:
    """For each student a page of invoices, the latest first."""
    read = info.connectors.services.invoices_of
    students = [own["student_id"] for own in payments]
    return await info.page(read, students, page, order=("issued_on", "_id"), state=state)


async def services_by_ids(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the service that is offered to one of the viewer's children; else `NotFound`."""
    parts = [shared_and_student(own or "") for own in ids]
    own = [part if part and part[1] in info.viewer.student_ids else None for part in parts]
    connectors, columns = info.connectors, info.columns_of("Service") | OFFERED
    people, found = await asyncio.gather(
        info.read(
            connectors.directory.students_by_ids,
            [part and part[1] for part in own],
            columns=frozenset({"student_id", "school_id", "enrolments"}),
        ),
        info.read(connectors.services.services_by_ids, [part and part[0] for part in own], columns=columns),
    )
    return [
        as_of_student(service, person["student_id"], "service_id")
        if person
        and service
        and service["school_id"] == person["school_id"]
        and is_offered(service, _class_of(person, info), info.today_at(person["school_id"]))
        else NotFound()
        for person, service in zip(people, found, strict=True)
    ]
