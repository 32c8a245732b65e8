"""Inputs with null in the place of a value, and the limits of inputs."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type

from auth.viewer import Role
from gateway.schema.query import graphql_schema
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, acting, mutation
from tests.gateway.writing.test_roles import CHANGES, INPUTS, MAY, WHO

VERSION: Final = frozenset({"version"})
MAY_BE_NULL: Final[Mapping[str, frozenset[str]]] = {
    "cancelAbsenceNotice": VERSION,
    "confirmAbsenceNotice": VERSION,
    "rejectAbsenceNotice": VERSION,
    "editLesson": VERSION | {"number", "startsAt", "endsAt", "room", "building", "teacherIds"},
    "moveLesson": VERSION | {"number", "startsAt", "endsAt", "room", "building"},
    "cancelLesson": VERSION,
    "updateMyProfile": VERSION | {"familyName", "givenName", "patronymic", "email", "phone"},
    "issueInvitationCodes": frozenset({"relation"}),
    "giveConsent": frozenset({"personId"}),
    "withdrawConsent": frozenset({"personId"}),
    "grantRole": frozenset({"schoolId", "startsOn", "endsOn"}),
    "endRole": frozenset({"schoolId", "endsOn"}),
    "substitute": VERSION | {"teacherId", "originalTeacherId", "subjectId"},
    "giveMark": frozenset({"weight", "comment", "lessonId", "givenOn", "scaleId"}),
    "giveMarks": frozenset({"lessonId", "givenOn", "scaleId"}),
    "changeMark": VERSION | {"value", "weight", "comment"},
    "removeMark": VERSION,
    "setPoint": VERSION | {"comment", "lessonId", "givenOn"},
    "createWork": frozenset({"subjectId", "kindId", "plannedOn", "scaleId"}),
    "planControlWork": frozenset({"subjectId", "kindId", "plannedOn", "scaleId"}),
    "setFinalGrade": VERSION | {"periodId", "kind", "academicYear"},
    "assignHomework": frozenset({"studentIds", "estimatedMinutes"}),
    "updateHomework": VERSION | {"items", "lessonId", "text", "studentIds", "estimatedMinutes", "attachmentIds"},
    "submitHomework": frozenset({"text"}),
    "answerSubmission": VERSION | {"answer", "doneItems"},
    "addAchievement": frozenset({"achievedOn", "defencePoints", "presencePoints", "rounds", "teacherId"}),
    "editAchievement": VERSION
    | {"achievedOn", "attachmentIds", "defencePoints", "presencePoints", "rounds", "teacherId", "title"},
    "deleteAchievement": VERSION,
    "confirmAchievement": VERSION,
    "rejectAchievement": VERSION | {"reason"},
    "setScoringTable": VERSION | {"maxDefencePoints", "maxPresencePoints", "pointsByPlace", "pointsForParticipation"},
    "updateTest": VERSION | {"attemptLimit", "closesAt", "opensAt", "questions", "title"},
    "gradeTest": VERSION,
    "formCourseGroup": frozenset({"name", "subjectId"}),
    "publishTestToJournal": frozenset({"givenOn", "kindId", "scaleId", "title"}),
    "answerGradeReview": VERSION | {"newValue"},
    "createAnnouncement": frozenset({"days", "eventId", "validUntil"}),
    "editAnnouncement": VERSION
    | {"title", "body", "audience", "roles", "validUntil", "days", "eventId", "isBanner", "attachmentIds"},
    "archiveAnnouncement": VERSION,
    "deleteAnnouncement": VERSION,
    "editMessage": VERSION,
    "editConversation": VERSION | {"adminIds", "title"},
    "markConversationRead": frozenset({"messageId"}),
    "markConversationUnread": frozenset({"messageId"}),
    "setMailboxSettings": VERSION | {"signature", "officeHours"},
    "settleMessageReport": VERSION | {"answer"},
    "acceptFinding": VERSION,
    "reopenFinding": VERSION,
    "markNotificationsRead": frozenset({"notificationIds", "until"}),
    "setNotificationSettings": frozenset({"kinds", "quietHours", "language", "timeZone", "digest"}),
    "addRemark": frozenset({"lessonId", "subjectId", "kind"}),
    "addComment": frozenset({"lessonId", "subjectId"}),
}
"""The fields of each mutation's input that may be null: null as the version overwrites any, elsewhere it is nothing.

In a lesson null takes a room, a building or a substitution away, or is as if the field were not there.
"""

ABSENCES: Final[tuple[object, ...]] = (
    None,
    {"days": None},
    {"lessonIds": None},
    {"span": None},
    {"days": [None]},
    {"lessonIds": [None]},
    {"days": ["2026-12-01"], "span": None},
    {"days": ["2026-12-01"], "lessonIds": None},
    {"span": {"first": None, "last": "2026-12-01"}},
    {"span": {"first": "2026-12-01", "last": None}},
)


def fields_of(name: str) -> Iterator[tuple[str, bool]]:
    """The fields of a mutation's input, and whether the schema lets each be null."""
    root = graphql_schema().mutation_type
    assert root is not None
    values = get_named_type(root.fields[name].args["input"].type)
    assert isinstance(values, GraphQLInputObjectType)
    for field, definition in values.fields.items():
        yield field, not isinstance(definition.type, GraphQLNonNull)


async def _is_refused(acts: Acting, name: str, values: Mapping[str, Any] | None) -> None:
    before = await acts.found("diary.absence_notices")
    changed, role = CHANGES.get(name, "diary"), MAY[name][0]
    answer = await acts.answer(WHO[role], role, mutation(name), {"input": values}, Idempotency_Key="k")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_INPUT"}
    assert "data" not in answer
    assert await acts.found("diary.absence_notices") == before
    assert await acts.found(f"{changed}.facts") == await acts.found(f"{changed}.idempotency") == []


@pytest.mark.parametrize("name", MAY)
async def test_null_is_refused_in_the_place_of_each_value(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    await _is_refused(acts, name, None)
    for field, may_be_null in fields_of(name):
        assert may_be_null == (field in MAY_BE_NULL.get(name, ()))
        if not may_be_null:
            await _is_refused(acts, name, {**values, field: None})


@pytest.mark.parametrize("absence", ABSENCES)
async def test_null_is_refused_inside_of_an_absence(acts: Acting, absence: object) -> None:
    values = await INPUTS["submitAbsenceNotice"](acts, "ivan")
    await _is_refused(acts, "submitAbsenceNotice", {**values, "absence": absence})


@pytest.fixture
async def strict(acts: Acting, mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    """The school under narrower limits."""
    writing = WriteRules(timeout_s=30, absence_days=2, absence_lessons=1, user_errors=2, key_characters=36)
    async with acting(mongo_uri, redis_uri, f"{acts.prefix}_strict", writing=writing) as served:
        yield served


async def test_the_limits_of_inputs_are_settings(strict: Acting) -> None:
    values = await INPUTS["submitAbsenceNotice"](strict, "ivan")

    async def errors(absence: Mapping[str, Any]) -> list[tuple[str, str | None]]:
        sent = {**values, "absence": absence}
        payload = await strict.act("olga", Role.PARENT, "submitAbsenceNotice", sent, Idempotency_Key="k")
        return [(error["code"], error["limit"]) for error in payload["userErrors"]]

    assert await errors({"days": ["2026-12-01", "2026-12-02", "2026-12-03"]}) == [("TOO_MANY", "2")]
    assert await errors({"lessonIds": ["les_a", "les_b"]}) == [("TOO_MANY", "1")]
    values = {**values, "reason": " "}
    assert len(await errors({"days": ["2026-11-01", "2026-11-02"]})) == strict.served.settings.writing.user_errors
    query = mutation("submitAbsenceNotice")
    answer = await strict.answer("olga", Role.PARENT, query, {"input": values}, Idempotency_Key="x" * 37)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["extensions"]["reason"] == "An idempotency key has 1 to 36 characters."
