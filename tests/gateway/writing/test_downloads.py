"""Secret addresses, made, fetched and revoked: calendars of students, and keys of saved queries."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import icalendar
import orjson
import pytest
from structlog.testing import capture_logs

from auth.viewer import Role
from connectors.downloads import hash_of
from gateway.app import connectors_of, open_clients, operation_service, reports_of
from gateway.exports.saved_queries import load
from gateway.jobs.exports import Reports
from gateway.resolvers.downloads import signature
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, codes_of, limits_of

PERM: Final = timedelta(hours=5)


async def feed_of(acts: Acting, who: str = "olga", role: Role = Role.PARENT, student: str = "ivan") -> dict[str, Any]:
    values = {"studentId": acts.id("Student", student)}
    return await acts.act(who, role, "createCalendarFeed", values, "feed { id } path", Idempotency_Key=f"of {student}")


async def fetched(
    acts: Acting, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    response = await acts.served.client.get(path, headers={"Accept-Encoding": "identity", **(headers or {})})
    return response.status, response.headers, await response.read()


async def refused(acts: Acting, path: str) -> tuple[int, str]:
    status, _, body = await fetched(acts, path)
    return status, orjson.loads(body)["errors"][0]["extensions"]["code"]


async def events(acts: Acting, path: str) -> dict[str, Any]:
    """The events of a calendar, by what stands before the @ of their ids."""
    status, headers, body = await fetched(acts, path)
    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8"), body
    calendar = icalendar.Calendar.from_ical(body)
    return {str(own["uid"]).partition("@")[0]: own for own in calendar.walk("VEVENT")}


async def test_a_calendar_has_the_lessons_that_the_diary_has(acts: Acting) -> None:
    found = await events(acts, (await feed_of(acts))["path"])
    query = """query ($id: ID!) { student(id: $id) { diary { days { lessons {
      id startsAt endsAt room status isControlWork subject { name } homework { text } } } } } }"""
    answer = await acts.answer("olga", Role.PARENT, query, {"id": acts.id("Student", "ivan")})
    lessons = [own for day in answer["data"]["student"]["diary"]["days"] for own in day["lessons"]]
    assert len(lessons) > 3
    assert {own["status"] for own in lessons} > {"PLANNED"}
    for lesson in lessons:
        event = found[lesson["id"]]
        assert event["dtstart"].dt == datetime.fromisoformat(lesson["startsAt"])
        assert event["dtstart"].dt.utcoffset() == PERM
        assert event["dtend"].dt == datetime.fromisoformat(lesson["endsAt"])
        assert lesson["subject"]["name"] in str(event["summary"])
        assert str(event["summary"]).startswith("Контрольная работа") is lesson["isControlWork"]
        assert str(event.get("location", "")) == (f"каб. {lesson['room']}" if lesson["room"] else "")
        assert (str(event["status"]) == "CANCELLED") is (lesson["status"] in {"CANCELLED", "MOVED"})
        for task in lesson["homework"]:
            assert task["text"] in str(event["description"])


async def test_a_calendar_tells_nothing_of_marks_and_remarks(acts: Acting) -> None:
    _, _, before = await fetched(acts, (path := (await feed_of(acts))["path"]))
    texts = [own["text"] for own in await acts.found("diary.remarks", student_id=acts.id("Student", "ivan"))]
    assert texts
    assert not any(text.encode() in before for text in texts)
    await acts.client[f"{acts.prefix}_diary"].remarks.delete_many({})
    await acts.client[f"{acts.prefix}_grades"].marks.delete_many({})
    assert (await fetched(acts, path))[2] == before


async def test_tests_are_in_the_calendar_of_the_student_alone(acts: Acting) -> None:
    own = await events(acts, (await feed_of(acts, "ivan", Role.STUDENT))["path"])
    mothers = await events(acts, (await feed_of(acts))["path"])
    assert any(key.startswith("tst_") for key in own)
    assert not any(key.startswith("tst_") for key in mothers)
    assert {key for key in own if key.startswith("les_")} == {key for key in mothers if key.startswith("les_")}


async def test_the_secret_is_shown_once_and_stored_nowhere(acts: Acting) -> None:
    with capture_logs() as lines:
        first = await feed_of(acts)
        again = await feed_of(acts)
        await fetched(acts, first["path"])
    assert (again["feed"], again["path"]) == (first["feed"], None)
    secret = first["path"].removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) > 40
    assert secret not in repr(lines)
    for place in ("calendar_feeds", "facts", "idempotency"):
        documents = await acts.found(f"downloads.{place}")
        assert documents
        assert secret not in repr(documents)
    [feed] = await acts.found("downloads.calendar_feeds")
    assert feed["secret_hash"] == hash_of(secret)


async def test_a_calendar_is_not_sent_again_until_it_changes(acts: Acting) -> None:
    path = (await feed_of(acts))["path"]
    _, first, body = await fetched(acts, path)
    assert first["Cache-Control"] == "private, no-cache"
    status, _, empty = await fetched(acts, path, {"If-None-Match": first["ETag"]})
    assert (status, empty) == (304, b"")
    lesson = acts.id("Lesson", "sat1")
    before = (await events(acts, path))[f"{lesson}.{acts.id('Student', 'ivan')}"]
    await acts.change("downloads.calendar_feeds", {}, {"$set": {"created_at": datetime(2026, 11, 1, tzinfo=UTC)}})
    await acts.change("schedule.lessons", {"_id": lesson}, {"$set": {"room": "101"}})
    status, changed, _ = await fetched(acts, path, {"If-None-Match": first["ETag"]})
    assert (status, changed["ETag"] == first["ETag"]) == (200, False)
    after = (await events(acts, path))[f"{lesson}.{acts.id('Student', 'ivan')}"]
    assert str(after["location"]) == "каб. 101"
    assert after["uid"] == before["uid"]
    assert int(after["sequence"]) > int(before["sequence"])
    assert body


async def test_a_calendar_ends_when_it_is_revoked(acts: Acting) -> None:
    new = await feed_of(acts)
    revoked = await acts.act("olga", Role.PARENT, "revokeCalendarFeed", {"feedId": new["feed"]["id"]}, "feed { id }")
    assert revoked == {"feed": new["feed"], "userErrors": []}
    assert await refused(acts, new["path"]) == (410, "GONE")
    again = await acts.act("olga", Role.PARENT, "revokeCalendarFeed", {"feedId": new["feed"]["id"]}, "feed { id }")
    assert again == revoked
    facts = await acts.found("downloads.facts")
    assert [own["action"] for own in facts] == ["createCalendarFeed", "revokeCalendarFeed"]
    assert {own["student_id"] for own in facts} == {acts.id("Student", "ivan")}


async def test_a_calendar_ends_with_the_right_of_who_made_it(acts: Acting) -> None:
    path = (await feed_of(acts))["path"]
    assert (await fetched(acts, path))[0] == 200
    of_olga = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", of_olga, {"$set": {"valid_to": "2026-11-17"}})
    assert await refused(acts, path) == (410, "GONE")
    await acts.change("directory.guardianships", of_olga, {"$set": {"valid_to": None, "data_access": False}})
    assert await refused(acts, path) == (410, "GONE")
    await acts.change("directory.guardianships", of_olga, {"$set": {"data_access": True}})
    assert (await fetched(acts, path))[0] == 200
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"roles": []}})
    assert await refused(acts, path) == (410, "GONE")


@pytest.mark.parametrize("path", ["/calendar/nothing.ics", f"/calendar/{'x' * 43}.ics"])
async def test_an_address_that_nobody_made_is_not_found(acts: Acting, path: str) -> None:
    assert await refused(acts, path) == (404, "NOT_FOUND")


async def test_a_person_has_a_bounded_number_of_calendars(acts: Acting) -> None:
    most = WriteRules().calendar_feeds
    for number in range(most):
        values = {"studentId": acts.id("Student", "ivan")}
        new = await acts.act("olga", Role.PARENT, "createCalendarFeed", values, Idempotency_Key=str(number))
        assert codes_of(new) == []
    refused_ = await acts.act(
        "olga", Role.PARENT, "createCalendarFeed", {"studentId": "stu_x"}, "feed { id } path", Idempotency_Key="more"
    )
    assert limits_of(refused_) == [("NOT_FOUND", ["studentId"], None), ("TOO_MANY", None, str(most))]
    assert (refused_["feed"], refused_["path"]) == (None, None)


async def key_of(acts: Acting, who: str = "olga", role: Role = Role.PARENT, **values: Any) -> dict[str, Any]:
    sent = {"query": "own-marks", **values}
    return await acts.act(who, role, "createQueryKey", sent, "key { id query } secret", Idempotency_Key="k")


async def test_a_key_runs_one_saved_query_as_who_made_it(queries: Acting) -> None:
    new = await key_of(queries)
    address = f"/q/own-marks.json?key={new['secret']}&student={queries.id('Student', 'ivan')}"
    status, _, body = await fetched(queries, address)
    assert status == 200
    assert {row["student.displayName"] for row in orjson.loads(body)} == {"Иванов Иван Игоревич"}
    assert await refused(queries, f"/q/own-name.json?key={new['secret']}") == (401, "UNAUTHENTICATED")
    assert await refused(queries, "/q/own-marks.json?key=nothing") == (401, "UNAUTHENTICATED")
    stranger = f"/q/own-marks.json?key={new['secret']}&student={queries.id('Student', 'petr')}"
    assert (await refused(queries, stranger))[1] == "NOT_FOUND"
    [stored] = await queries.found("downloads.query_keys")
    assert stored["secret_hash"] == hash_of(new["secret"])
    assert stored["last_used_at"] is not None
    assert new["secret"] not in repr(stored)


async def test_a_key_ends_when_it_is_revoked_when_it_expires_and_with_the_rights(queries: Acting) -> None:
    new = await key_of(queries)
    address = f"/q/own-marks.json?key={new['secret']}&student={queries.id('Student', 'ivan')}"
    own = {"_id": new["key"]["id"]}
    await queries.change("downloads.query_keys", own, {"$set": {"expires_at": datetime.now(UTC)}})
    assert await refused(queries, address) == (410, "GONE")
    later = datetime.now(UTC) + timedelta(days=1)
    await queries.change("downloads.query_keys", own, {"$set": {"expires_at": later}})
    assert (await fetched(queries, address))[0] == 200
    of_olga = {"person_id": queries.id("Person", "olga"), "student_id": queries.id("Student", "ivan")}
    await queries.change("directory.guardianships", of_olga, {"$set": {"valid_to": "2026-11-17"}})
    assert (await refused(queries, address))[1] == "NOT_FOUND"
    revoked = await queries.act("olga", Role.PARENT, "revokeQueryKey", {"keyId": new["key"]["id"]}, "key { id }")
    assert revoked == {"key": own | {"id": own.pop("_id")}, "userErrors": []}
    assert await refused(queries, address) == (410, "GONE")


async def test_what_a_key_cannot_be_made_for(queries: Acting) -> None:
    wrong = await key_of(queries, query="subjects-behind", validDays=0)
    assert limits_of(wrong) == [("NOT_FOUND", ["query"], None), ("OUT_OF_RANGE", ["validDays"], "1")]
    most = WriteRules().query_key_days
    assert limits_of(await key_of(queries, query="nothing", validDays=most + 1)) == [
        ("NOT_FOUND", ["query"], None),
        ("OUT_OF_RANGE", ["validDays"], str(most)),
    ]
    assert (wrong["key"], wrong["secret"]) == (None, None)
    assert await queries.found("downloads.query_keys") == []
    assert await queries.found("downloads.facts") == []


MARKS: Final = "query Marks($id: ID!) { student(id: $id) { marks(first: 2) { nodes { value givenOn } } } }"
EXPORT: Final = "id state format rows failure size path"


@asynccontextmanager
async def background(acts: Acting) -> AsyncIterator[Reports]:
    """What the job of a process runs that works on the databases of *acts*."""
    settings = acts.served.settings
    async with open_clients(settings) as clients:
        connectors = connectors_of(settings, clients)
        service = operation_service(settings, connectors, None)
        yield reports_of(settings, connectors, service, load(settings.exports.queries))


async def sent(acts: Acting, key: str = "k", who: str = "olga", **values: Any) -> dict[str, Any]:
    whole = {"document": MARKS, "variables": f'{{"id": "{acts.id("Student", "ivan")}"}}', "format": "CSV", **values}
    return await acts.act(who, Role.PARENT, "exportReport", whole, f"export {{ {EXPORT} }}", Idempotency_Key=key)


async def exports_of(acts: Acting, who: str = "olga") -> list[dict[str, Any]]:
    answer = await acts.answer(who, Role.PARENT, f"{{ viewer {{ exports {{ {EXPORT} }} }} }}")
    found: list[dict[str, Any]] = answer["data"]["viewer"]["exports"]
    return found


async def test_an_export_waits_runs_and_is_the_file_that_the_graph_gives(acts: Acting) -> None:
    payload = await sent(acts, language="EN")
    assert payload["userErrors"] == []
    assert payload["export"] | {"id": ""} == {
        "id": "", "state": "QUEUED", "format": "CSV", "rows": 0, "failure": None, "size": None, "path": None,
    }  # fmt: skip
    async with background(acts) as reports:
        assert await reports.run_one()
        assert not await reports.run_one()
    [export] = await exports_of(acts)
    headers = {"Authorization": f"Bearer {acts.bearer('olga', Role.PARENT)}", "Accept": "text/csv"}
    body = {"query": MARKS, "variables": {"id": acts.id("Student", "ivan")}}
    direct = await (await acts.served.client.post("/graphql", json=body, headers=headers)).read()
    status, found, content = await fetched(acts, export["path"])
    assert (status, content) == (200, direct)
    assert found["Content-Disposition"] == 'attachment; filename="Marks.csv"'
    assert found["Cache-Control"] == "private, no-store"
    assert export["state"] == "DONE"
    assert export["rows"] == len(content.splitlines()) - 1 > 2
    assert export["size"] == len(content)
    assert await exports_of(acts, "igor") == []


async def test_an_address_of_a_file_ends_with_its_time_its_signature_and_the_rights(acts: Acting) -> None:
    await sent(acts)
    async with background(acts) as reports:
        await reports.run_one()
    [export] = await exports_of(acts)
    path = export["path"]
    assert await refused(acts, path.replace("signature=", "signature=0")) == (404, "NOT_FOUND")
    assert await refused(acts, path.replace("until=", "until=9")) == (404, "NOT_FOUND")
    assert await refused(acts, f"/exports/{export['id']}") == (404, "NOT_FOUND")
    [stored] = await acts.found("downloads.exports")
    past = int(datetime.now(UTC).timestamp()) - 1
    late = f"/exports/{export['id']}?until={past}&signature={signature(export['id'], past, stored['secret'])}"
    assert await refused(acts, late) == (410, "GONE")
    of_olga = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "anna")}
    await acts.change("directory.guardianships", of_olga, {"$set": {"valid_to": "2026-11-17"}})
    assert await refused(acts, path) == (410, "GONE")
    await acts.change("directory.guardianships", of_olga, {"$set": {"valid_to": None}})
    assert (await fetched(acts, path))[0] == 200


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"document": "{ viewer { shoeSize } }"}, "INVALID_INPUT"),
        ({"document": 'mutation { revokeQueryKey(input: {keyId: "x"}) { key { id } } }'}, "METHOD_NOT_ALLOWED"),
        ({"variables": '{"id": "stu_other"}'}, "NOT_FOUND"),
    ],
)
async def test_an_export_without_a_file_says_why(acts: Acting, values: dict[str, str], code: str) -> None:
    await sent(acts, **values)
    async with background(acts) as reports:
        assert await reports.run_one()
    [export] = await exports_of(acts)
    assert (export["state"], export["failure"], export["path"]) == ("FAILED", code, None)
    assert await acts.found("downloads.export_pieces") == []


async def test_an_export_of_somebody_who_has_lost_the_role_has_no_file(acts: Acting) -> None:
    await sent(acts)
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"roles": ["TEACHER"]}})
    async with background(acts) as reports:
        assert await reports.run_one()
    [stored] = await acts.found("downloads.exports")
    assert (stored["state"], stored["failure"]) == ("FAILED", "UNAUTHENTICATED")


async def test_an_export_whose_process_ended_is_begun_again_a_few_times(acts: Acting) -> None:
    await sent(acts)
    await acts.change("downloads.exports", {}, {"$set": {"state": "RUNNING", "attempts": 1}})
    async with background(acts) as reports:
        assert await reports.run_one()
        [export] = await exports_of(acts)
        assert export["state"] == "DONE"
        await acts.change("downloads.exports", {}, {"$set": {"state": "RUNNING", "attempts": 3}})
        assert await reports.run_one()
    [export] = await exports_of(acts)
    assert (export["state"], export["failure"]) == ("FAILED", "EXPORT_TOO_LONG")


async def test_what_cannot_be_exported(acts: Acting) -> None:
    wrong = await sent(acts, document=" ", variables="[]")
    assert codes_of(wrong) == [("REQUIRED", ["document"]), ("INVALID_INPUT", ["variables"])]
    most = WriteRules().export_characters
    assert limits_of(await sent(acts, document="x" * (most + 1))) == [("TOO_LONG", ["document"], str(most))]
    for number in range(WriteRules().exports):
        assert codes_of(await sent(acts, str(number))) == []
    assert limits_of(await sent(acts, "more")) == [("TOO_MANY", None, str(WriteRules().exports))]
