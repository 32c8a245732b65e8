"""The changes of tests that subscriptions send, to students alone."""

from typing import Final

from auth.viewer import Role
from gateway.events import of_student
from gateway.resolvers import assessments
from gateway.schema.assessments.records import Test
from gateway.schema.events import event
from gateway.schema.fields import extends
from gateway.schema.node import RootDocument

ASSIGNED: Final = of_student(
    "assessments.assignments", lambda connectors: connectors.assessments.assignments_by_ids, inserted_only=True
)


@extends(RootDocument)
class AssessmentsOfSubscription:
    """What the assessments add to the subscriptions."""

    test_assigned: Test | None = event(ASSIGNED, assessments.tests_of_assignments, visible_to={Role.STUDENT})
    """A test (тест) that was assigned to the student."""
