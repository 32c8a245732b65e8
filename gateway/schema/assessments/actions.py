"""The mutations of tests, and what they answer: students see their attempts, teachers no more than ids and times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypedDict

import strawberry

from auth.viewer import TEACHING, Role
from gateway import writing
from gateway.resolvers import assessments
from gateway.schema.actions import UserError, mutation
from gateway.schema.assessments.authored import AttemptToCheck
from gateway.schema.assessments.records import Test, TestAttempt
from gateway.schema.fields import column, extends, one, shown, value, view_of
from gateway.schema.node import RootDocument
from gateway.schema.scalars import DateTime

TAKES: Final = frozenset({Role.STUDENT})


class MadeTest(TypedDict):
    """A resolver's value for `TestMadePayload`: all that it shows of a test, and the user's errors."""

    test_id: str
    done_at: str
    user_errors: list[writing.UserError]


class WrittenAttempt(TypedDict):
    """A resolver's value for the payloads about an attempt: what their fields are found by, and the user's errors."""

    attempt_id: str
    student_test_id: str
    user_errors: list[writing.UserError]


def _done_at(payload: Mapping[str, Any]) -> datetime | None:
    done_at = payload.get("done_at")
    return datetime.fromisoformat(done_at) if done_at else None


@view_of(MadeTest)
class TestMadePayload:
    """The result of making, changing or assigning a test: the teacher finds it among `viewer { authoredTests }`."""

    id: strawberry.ID | None = column("test_id")
    """The id of the test, which `assignTest` and `publishTestToJournal` take; null where nothing was done."""

    done_at: DateTime | None = value(_done_at, "done_at")
    """When it was done; null where it was not."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(WrittenAttempt)
class TestAttemptPayload:
    """The result of starting an attempt, saving answers or handing it in."""

    attempt: TestAttempt | None = one(assessments.attempts_by_ids, "attempt_id")
    """The attempt with its questions and the answers that are saved."""

    test: Test | None = one(assessments.tests_by_ids, "student_test_id")
    """The test with the attempts that are left."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(WrittenAttempt)
class GradeTestPayload:
    """The result of checking an attempt."""

    attempt: AttemptToCheck | None = one(assessments.checked_attempts, "attempt_id")
    """The attempt as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the attempt was checked."""


@extends(RootDocument)
class AssessmentsOfMutation:
    """What the assessments add to the mutations."""

    create_test: TestMadePayload | None = mutation(
        assessments.create_test, subsystem="assessments", visible_to=TEACHING, needs_key=True
    )
    """Makes a test (тест) with its questions; nobody sees it until it is assigned. Needs an idempotency key. User
    errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TAKEN, TOO_LONG, TOO_MANY."""

    update_test: TestMadePayload | None = mutation(
        assessments.update_test, subsystem="assessments", visible_to=TEACHING
    )
    """Changes a test that the teacher made, until it is assigned. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT,
    OUT_OF_RANGE, TAKEN, TOO_LONG, TOO_MANY, NOT_ALLOWED, CONFLICT, whose `limit` is the version of now."""

    assign_test: TestMadePayload | None = mutation(
        assessments.assign_test, subsystem="assessments", visible_to=TEACHING
    )
    """Assigns a test to a class, a study group or single students; those who have it already keep it. User errors:
    NOT_FOUND, REQUIRED, WINDOW_CLOSED, TOO_MANY."""

    start_test: TestAttemptPayload | None = mutation(assessments.start_test, subsystem="assessments", visible_to=TAKES)
    """Starts an attempt at a test while it is open; an attempt that is started already is answered again. User errors:
    NOT_FOUND, WINDOW_CLOSED, ATTEMPTS_EXHAUSTED, NOT_ALLOWED."""

    save_answers: TestAttemptPayload | None = mutation(
        assessments.save_answers, subsystem="assessments", visible_to=TAKES
    )
    """Saves answers of an attempt, each in the place of an earlier one; a broken connection loses none of them. User
    errors: NOT_FOUND, INVALID_INPUT, TAKEN, NOT_ALLOWED, WINDOW_CLOSED, TOO_LONG."""

    submit_test: TestAttemptPayload | None = mutation(
        assessments.submit_test, subsystem="assessments", visible_to=TAKES
    )
    """Hands an attempt in; sent again, it changes nothing. Where no answer has to be checked by the teacher, the
    attempt has its points at once. User errors: NOT_FOUND, INVALID_INPUT, TAKEN, WINDOW_CLOSED, TOO_LONG."""

    grade_test: GradeTestPayload | None = mutation(assessments.grade_test, subsystem="assessments", visible_to=TEACHING)
    """Checks an attempt at a test that the teacher made: one that was handed in, or was left open when the test closed.
    User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TAKEN, NOT_ALLOWED, CONFLICT."""
