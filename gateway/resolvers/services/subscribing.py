"""Actions of parents: subscribe a child to a service of the school, end the subscription."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

from connectors.directory import Person, class_on
from connectors.mongo.transactions import Transaction
from connectors.services import Service, Subscription
from connectors.vocabulary import PublicId, ServiceId, mint, of_student, shared_and_student
from gateway.context import NOBODY, Info
from gateway.daily_limits import count_change
from gateway.languages import Text
from gateway.resolvers.services.reading import is_offered
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_SERVICE: Final = Text("No such service is offered to the student.", "Ученику не предлагают такой услуги.")
_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "merged_to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeToService:
    """The service that a parent takes for a child."""

    service_id: PublicId
    """The service of the child (`Service.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """The service that a parent no longer wants for a child."""

    service_id: PublicId
    """The service of the child (`Service.id`)."""


class _Offer(NamedTuple):
    """A service that is offered to a child of the viewer, and the subscription that runs."""

    service: Service
    student: Person
    running: Subscription | None

    @property
    def ids(self) -> dict[str, Any]:
        student = self.student["student_id"]
        return {"service_id": of_student(self.service["_id"], student), "student_id": student}


async def subscribe_to_service(input: SubscribeToService, info: Info, transaction: Transaction) -> Outcome:
    """Subscribe a child to a service; one subscription of a child to a service runs at a time (F125)."""
    problems = Problems()
    offer = await _checked_offer(input.service_id, info, transaction, problems)
    if offer.running is not None:
        return Outcome(offer.ids, is_new=False)
    await _count(offer, info, transaction, problems)
    school, student = offer.service["school_id"], offer.student["student_id"]
    subscription = Subscription(
        _id=mint("ServiceSubscription", uuid4().hex),
        school_id=school,
        service_id=offer.service["_id"],
        student_id=student,
        subscribed_by_id=info.viewer.person_id,
        subscribed_at=info.now_at(school),
        is_running=True,
    )
    await transaction.insert("subscriptions", [subscription])
    after = {"service_id": subscription["service_id"], "is_running": True}
    done = fact(info, "subscribeToService", subscription["_id"], school, student_id=student, after=after)
    return Outcome(offer.ids, [done])


async def unsubscribe(input: Unsubscribe, info: Info, transaction: Transaction) -> Outcome:
    """End the subscription of a child to a service; without one nothing is changed."""
    problems = Problems()
    offer = await _checked_offer(input.service_id, info, transaction, problems)
    if offer.running is None:
        return Outcome(offer.ids, is_new=False)
    await _count(offer, info, transaction, problems)
    school, running = offer.service["school_id"], offer.running
    ended = {"is_running": False, "ended_by_id": info.viewer.person_id, "ended_at": info.now_at(school)}
    await transaction.update("subscriptions", {"_id": running["_id"]}, {"$set": ended})
    done = fact(
        info,
        "unsubscribe",
        running["_id"],
        school,
        student_id=running["student_id"],
        before={"is_running": True},
        after={"is_running": False},
    )
    return Outcome(offer.ids, [done])


async def _checked_offer(service_id: str, info: Info, transaction: Transaction, problems: Problems) -> _Offer:
    """The service as it is offered to a child of the viewer; raises `Rejected` where it is not.

    The commands are the same whether there is such a service or not.
    """
    named, student = shared_and_student(service_id) or (ServiceId("srv_"), NOBODY)
    service: Any = await transaction.find_one("services", {"_id": named}, columns=frozenset())
    running: Any = await transaction.find_one(
        "subscriptions", {"service_id": named, "student_id": student, "is_running": True}, columns=frozenset()
    )
    [person] = await info.read(info.connectors.directory.students_by_ids, [student], columns=_STUDENT)
    is_mine = person is not None and info.viewer.may_read_student(student, person["school_id"])
    if service is None or not is_mine or service["school_id"] != person["school_id"]:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_SERVICE, "serviceId")
    today = info.today_at(person["school_id"])
    if running is None and not is_offered(service, class_on(person, today), today):
        problems.reject(UserErrorCode.NOT_FOUND, _NO_SERVICE, "serviceId")
    return _Offer(service, person, running)


async def _count(offer: _Offer, info: Info, transaction: Transaction, problems: Problems) -> None:
    most, school = info.writing.rules.subscriptions_a_day, offer.service["school_id"]
    await count_change("subscribeToService", offer.student["student_id"], school, most, info, transaction, problems)
    problems.check(**offer.ids)
