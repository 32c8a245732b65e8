"""The audit: what administrators read of it, and what never shows in it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from connectors.assembly import Clients, Connectors
from connectors.audit.documents import PERSONAL
from connectors.audit.sealer import Sealer
from connectors.facts import Fact, digest_of
from connectors.vocabulary import PersonId, SchoolId, StudentId, mint
from gateway.resolvers.audit import READABLE
from tests.gateway.asking import TinySchool
from tests.gateway.building import at
from tests.gateway.schema.table import A, readers_of_type

READ: Final = "auditEvents"


@dataclass(frozen=True, slots=True)
class Audited:
    """The tiny school, with an audit that a test fills."""

    tiny: TinySchool
    connectors: Connectors

    async def seal(self, *facts: Fact, place: str = "diary") -> None:
        """Let facts happen in a subsystem, and seal them."""
        if facts:
            await self.connectors.databases[place]["facts"].insert_many([dict(one) for one in facts])
        sources = self.connectors.sources
        await Sealer(sources["audit"], [sources["diary"], sources["audit"]]).seal()

    def fact(
        self,
        key: str,
        *,
        action: str = "giveMark",
        student: str = "ivan",
        school: str = "perm",
        moment: datetime | None = None,
        changes: Sequence[tuple[str, Any, Any]] = (("value", None, "5"),),
        object_id: str = "",
        actor: str = "smirnov",
    ) -> Fact:
        tiny = self.tiny
        return Fact(
            _id=f"fct_{key}",
            school_id=SchoolId(tiny.id("School", school)),
            at=moment or at("2026-11-17", "10:00"),
            actor={"person_id": PersonId(tiny.id("Person", actor)), "role": "TEACHER"},
            action=action,
            object_id=object_id or mint("Mark", key),
            student_id=StudentId(tiny.id("Student", student)),
            changes=[{"field": name, "before": before, "after": after} for name, before, after in changes],
            request_id="request",
            client="journal",
        )

    async def events(self, arguments: str = "", fields: str = "action objectId", who: str = "admin") -> dict[str, Any]:
        own = f"({arguments})" if arguments else ""
        query = f"{{ auditEvents{own} {{ totalCount nodes {{ {fields} }} }} }}"
        found: dict[str, Any] = (await self.tiny.data(who, Role.ADMINISTRATOR, query))["auditEvents"]
        return found

    async def actions(self, arguments: str = "") -> list[str]:
        """The actions that are found, but for the readings of these tests."""
        nodes = (await self.events(arguments))["nodes"]
        return [node["action"] for node in nodes if node["action"] != READ]


@pytest.fixture(scope="module")
async def _opened(tiny: TinySchool, mongo_uri: str) -> AsyncIterator[Audited]:
    async with Clients(mongo_uri, prefix=tiny.served.settings.mongo.prefix, timeout_s=30) as clients:
        yield Audited(tiny, clients.connectors)


@pytest.fixture
async def audited(_opened: Audited) -> AsyncIterator[Audited]:
    yield _opened
    for place in ("diary.facts", "audit.facts", "audit.events"):
        subsystem, collection = place.split(".")
        await _opened.connectors.databases[subsystem][collection].delete_many({})


async def test_an_administrator_reads_who_changed_what(audited: Audited) -> None:
    await audited.seal(audited.fact("1", changes=[("value", "4", "5"), ("lesson_id", None, 7)]))
    fields = """number at action role actor { familyName } objectId studentId student { id }
        changes { field before after isWithheld } client requestId isErased"""
    found = await audited.events(fields=fields)
    student = audited.tiny.id("Student", "ivan")
    assert found == {
        "totalCount": 1,
        "nodes": [
            {
                "number": 1,
                "at": "2026-11-17T10:00:00+05:00",
                "action": "giveMark",
                "role": "TEACHER",
                "actor": {"familyName": "Смирнов"},
                "objectId": mint("Mark", "1"),
                "studentId": student,
                "student": {"id": student},
                "changes": [
                    {"field": "value", "before": "4", "after": "5", "isWithheld": False},
                    {"field": "lessonId", "before": None, "after": "7", "isWithheld": False},
                ],
                "client": "journal",
                "requestId": "request",
                "isErased": False,
            }
        ],
    }


async def test_events_are_paged_the_latest_first(audited: Audited) -> None:
    noon = at("2026-11-17", "12:00")
    facts = [audited.fact(str(n), action=f"act{n}", moment=noon + timedelta(minutes=n // 2)) for n in range(7)]
    await audited.seal(*facts)
    seen: list[str] = []
    after = ""
    for _ in range(4):
        query = (
            f'{{ auditEvents(first: 2, days: {{first: "2026-11-17", last: "2026-11-17"}}{after}) '
            "{ totalCount edges { cursor node { action at } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
        )
        page = (await audited.tiny.data("admin", Role.ADMINISTRATOR, query))["auditEvents"]
        assert page["totalCount"] == 7
        assert page["pageInfo"]["hasPreviousPage"] == bool(seen)
        seen += [edge["node"]["action"] for edge in page["edges"]]
        assert page["pageInfo"]["hasNextPage"] == (len(seen) < 7)
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
    assert sorted(seen) == [f"act{n}" for n in range(7)]
    assert [int(action[3:]) // 2 for action in seen] == [3, 2, 2, 1, 1, 0, 0]


async def test_events_are_found_by_object_actor_student_action_and_day(audited: Audited) -> None:
    night = at("2026-11-17", "00:30")  # the evening of the 16th in UTC
    await audited.seal(
        audited.fact("mark"),
        audited.fact("early", action="early", moment=night),
        audited.fact("petr", action="ofPetr", student="petr"),
        audited.fact("head", action="byHead", actor="kuznetsova"),
    )
    tiny = audited.tiny
    assert await audited.actions(f'object: "{mint("Mark", "mark")}"') == ["giveMark"]
    assert await audited.actions(f'actor: "{tiny.id("Person", "kuznetsova")}"') == ["byHead"]
    assert await audited.actions(f'student: "{tiny.id("Student", "petr")}"') == ["ofPetr"]
    assert await audited.actions('action: "early"') == ["early"]
    assert await audited.actions('days: {first: "2026-11-16", last: "2026-11-16"}') == []
    assert len(await audited.actions('days: {first: "2026-11-17", last: "2026-11-17"}')) == 4
    assert await audited.actions('days: {first: "9999-12-31", last: "9999-12-31"}') == []
    assert await audited.actions('days: {first: "0001-01-01", last: "2026-11-16"}') == []


async def test_another_school_s_events_are_not_found(audited: Audited) -> None:
    await audited.seal(audited.fact("here"), audited.fact("there", school="elsewhere", action="elsewhere"))
    assert await audited.actions() == ["giveMark"]
    found = await audited.events(f'object: "{mint("Mark", "there")}"')
    assert found == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_nobody_else_reads_the_audit(audited: Audited, role: Role) -> None:
    await audited.seal(audited.fact("1"))
    who = {Role.STUDENT: "ivan", Role.PARENT: "olga", Role.TEACHER: "smirnov", Role.ANALYST: "analyst"}
    errors = await audited.tiny.failing(who.get(role, "kuznetsova"), role, "{ auditEvents { totalCount } }")
    assert [error["code"] for error in errors] == ["UNAUTHORIZED_FIELD_OR_TYPE"]
    assert audited.tiny.served.recorder.touched("audit", "events") == 0
    assert await audited.connectors.databases["audit"]["facts"].count_documents({}) == 0


async def test_reading_the_audit_is_recorded_in_it_with_what_was_asked(audited: Audited) -> None:
    student = audited.tiny.id("Student", "ivan")
    await audited.events(f'student: "{student}", action: "giveMark"')
    await audited.seal()
    fields = "action objectId studentId actor { id } role changes { field after isWithheld }"
    [node] = (await audited.events(fields=fields))["nodes"]
    assert node == {
        "action": READ,
        "objectId": audited.tiny.id("School", "perm"),
        "studentId": student,
        "actor": {"id": audited.tiny.id("Person", "admin")},
        "role": "ADMINISTRATOR",
        "changes": [{"field": "action", "after": "giveMark", "isWithheld": False}],
    }


async def test_the_days_that_were_asked_for_are_recorded_with_the_reading(audited: Audited) -> None:
    await audited.events('days: { first: "2026-11-16", last: "2026-11-18" }')
    await audited.seal()
    [node] = (await audited.events(fields="changes { field after }"))["nodes"]
    assert node["changes"] == [{"field": "days", "after": "2026-11-16/2026-11-18"}]


async def test_an_audit_whose_reading_cannot_be_recorded_is_not_read(audited: Audited) -> None:
    await audited.seal(audited.fact("1"))
    database = audited.connectors.databases["audit"]
    # A validator that refuses everything: nothing can be inserted.
    await database.command({"collMod": "facts", "validator": {"_id": 1}})
    try:
        errors = await audited.tiny.failing("admin", Role.ADMINISTRATOR, "{ auditEvents { totalCount } }")
    finally:
        await database.command({"collMod": "facts", "validator": {}})
    assert [error["code"] for error in errors] == ["SOURCE_UNAVAILABLE"]
    assert audited.tiny.served.recorder.touched("audit", "events") == 0


async def test_no_value_of_what_administrators_may_not_read_shows(audited: Audited) -> None:
    await audited.seal(
        audited.fact("a", object_id=mint("AbsenceNotice", "a"), changes=[("days", None, "2026-11-17")]),
        audited.fact("b", object_id="xyz_unknown", changes=[("days", None, "2026-11-18")]),
    )
    fields = "changes { field before after isWithheld }"
    withheld = {"field": "days", "before": None, "after": None, "isWithheld": True}
    assert [node["changes"] for node in (await audited.events(fields=fields))["nodes"]] == [[withheld], [withheld]]


_DIGEST: Final = digest_of("Опоздал", b"key")


@pytest.mark.parametrize(("before", "after"), [(_DIGEST, None), (None, _DIGEST)])
async def test_a_text_that_was_added_or_taken_away_shows_neither_its_length_nor_its_digest(
    audited: Audited, before: Any, after: Any
) -> None:
    await audited.seal(audited.fact("a", changes=[("comment", before, after)]))
    [node] = (await audited.events(fields="changes { field before after isWithheld }"))["nodes"]
    assert node["changes"] == [{"field": "comment", "before": None, "after": None, "isWithheld": True}]


def test_the_types_whose_values_show_are_those_that_administrators_may_read() -> None:
    assert [kind for kind in READABLE if A not in readers_of_type(kind)] == []


async def test_two_remarks_of_one_length_show_alike(audited: Audited) -> None:
    """Two worlds: the texts of a remark differ, and all that an administrator reads is equal but for ids."""
    answers = []
    fields = (
        "number at action role changes { field before after isWithheld } client isErased actor { id } student { id }"
    )
    for text in ("Опоздал на урок", "Шумел на уроке!"):
        changes = [("kind", None, "BEHAVIOUR"), ("text", None, digest_of(text, b"key"))]
        remark = audited.fact("r", action="addRemark", object_id=mint("Remark", text), changes=changes)
        await audited.seal(remark)
        answers.append(orjson.dumps(await audited.events('action: "addRemark"', fields)))
        for place in ("diary.facts", "audit.facts", "audit.events"):
            subsystem, collection = place.split(".")
            await audited.connectors.databases[subsystem][collection].delete_many({})
    assert answers[0] == answers[1]
    assert b"addRemark" in answers[0]
    assert b"BEHAVIOUR" not in answers[0]


async def test_an_event_whose_details_were_erased_still_stands(audited: Audited) -> None:
    await audited.seal(audited.fact("1"))
    await audited.connectors.databases["audit"]["events"].update_many({}, {"$unset": dict.fromkeys(PERSONAL, "")})
    fields = (
        "number action role actor { id } objectId studentId student { id } changes { field } client requestId isErased"
    )
    [node] = (await audited.events(fields=fields))["nodes"]
    assert node == {
        "number": 1,
        "action": "giveMark",
        "role": "TEACHER",
        "actor": None,
        "objectId": None,
        "studentId": None,
        "student": None,
        "changes": [],
        "client": None,
        "requestId": None,
        "isErased": True,
    }


async def test_events_cost_a_constant_number_of_commands(audited: Audited) -> None:
    commands = []
    fields = "actor { familyName } student { id } changes { after }"
    for count in (1, 9):
        await audited.seal(*(audited.fact(f"{count} {n}") for n in range(count)))
        await audited.events(fields=fields)
        recorder = audited.tiny.served.recorder
        assert recorder.touched("audit", "events") == 2  # the page, and the count
        commands.append((len(recorder.commands), len(recorder.writes)))
    assert commands[0] == commands[1]


async def test_a_cursor_of_another_list_is_refused(audited: Audited) -> None:
    for wrong in ("WyJhIiwiYiJd", "W10", "x"):
        query = f'{{ auditEvents(after: "{wrong}") {{ totalCount }} }}'
        [error] = await audited.tiny.failing("admin", Role.ADMINISTRATOR, query)
        assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["after"])


@pytest.mark.parametrize("name", ["object", "actor", "student", "action"])
async def test_a_criterion_that_is_too_long_is_refused_and_not_recorded(audited: Audited, name: str) -> None:
    query = f'{{ auditEvents({name}: "stu_{"x" * 100}") {{ totalCount }} }}'
    [error] = await audited.tiny.failing("admin", Role.ADMINISTRATOR, query)
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", [name])
    assert await audited.connectors.databases["audit"]["facts"].count_documents({}) == 0
    longest = f'{{ auditEvents({name}: "stu_{"x" * 96}") {{ totalCount }} }}'
    assert await audited.tiny.data("admin", Role.ADMINISTRATOR, longest) == {"auditEvents": {"totalCount": 0}}
