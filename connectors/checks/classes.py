"""Rules about classes, and about who teaches what."""

from collections.abc import AsyncIterator
from typing import Final

from connectors.checks.scope import Found, Scope
from connectors.directory import AssignmentKind, in_force
from connectors.integrity import IntegrityRule as Rule

_ASSIGNMENT: Final = ("_id", "person_id", "kind", "class_id", "starts_on", "ends_on")
_CLASSES: Final = 50
"""Classes of a page, each with its students."""


async def check_classes(scope: Scope) -> AsyncIterator[list[Found]]:
    """Classes with students and without a class teacher today."""
    async for page in scope.pages("directory.classes", {"school_id": scope.school_id}, ("_id", "name"), _CLASSES):
        ids = [own["_id"] for own in page]
        where = {"class_id": {"$in": ids}, "kind": AssignmentKind.CLASS_TEACHER}
        led = {
            own["class_id"]
            for own in await scope.find("directory.staff_assignments", where, _ASSIGNMENT)
            if in_force(own["starts_on"], own["ends_on"], scope.today)
        }
        learning = {
            enrolment["class_id"]
            for student in await scope.find(
                "directory.people", {"enrolments.class_id": {"$in": ids}, "merged_to": None}, ("enrolments",)
            )
            for enrolment in student["enrolments"]
            if in_force(enrolment["starts_on"], enrolment["ends_on"], scope.today)
        }
        yield [
            Found(Rule.CLASS_WITHOUT_TEACHER, own["_id"], details={"name": own["name"]})
            for own in page
            if own["_id"] in learning - led
        ]


async def check_assignments(scope: Scope) -> AsyncIterator[list[Found]]:
    """Assignments of staff that end before they begin."""
    where = {"school_id": scope.school_id, "$expr": {"$lt": ["$ends_on", "$starts_on"]}, "ends_on": {"$ne": None}}
    async for page in scope.pages("directory.staff_assignments", where, _ASSIGNMENT):
        yield [
            Found(
                Rule.DATES_REVERSED,
                own["_id"],
                own["person_id"],
                details={"first": own["starts_on"], "last": own["ends_on"]},
            )
            for own in page
        ]
