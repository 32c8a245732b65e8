"""The mutations of services, and what they answer."""

from typing import TypedDict

from connectors.vocabulary import StudentId
from gateway import writing
from gateway.resolvers import directory, services
from gateway.schema.actions import UserError, mutation
from gateway.schema.fields import extends, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student
from gateway.schema.services.records import PARENTS, Service


class ChangedSubscription(TypedDict):
    """A resolver's value for `ServicePayload`: the ids by which its fields are found, and the user's errors."""

    service_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


@view_of(ChangedSubscription)
class ServicePayload:
    """The result of subscribing to a service, or of ending the subscription."""

    service: Service | None = one(services.services_by_ids, "service_id")
    """The service with its subscription as it is now."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom the service is for."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@extends(RootDocument)
class ServicesOfMutation:
    """What the services add to the mutations."""

    subscribe_to_service: ServicePayload | None = mutation(
        services.subscribe_to_service, subsystem="services", visible_to=PARENTS
    )
    """Subscribes a child to a service of the school (услуга); what is subscribed to already stays so. User errors:
    NOT_FOUND, TOO_MANY."""

    unsubscribe: ServicePayload | None = mutation(services.unsubscribe, subsystem="services", visible_to=PARENTS)
    """Ends the subscription of a child to a service; without one nothing is changed. User errors: NOT_FOUND, TOO_MANY.
    """
