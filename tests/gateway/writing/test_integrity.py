"""Checks of a school's data: what they find, and what administrators do with it. Today is 18 November 2026."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pymongo.errors import PyMongoError

from auth.viewer import Role
from connectors.assembly import SUBSYSTEMS, Clients
from connectors.checks import Checks
from connectors.checks.broken_references import CHECKED_COLLECTIONS
from connectors.checks.runs import new_run
from connectors.checks.scope import Scope
from connectors.integrity import IntegrityRule
from connectors.references import references
from connectors.vocabulary import Day, SchoolId, mint
from gateway.resolvers.audit import READABLE
from tests.gateway.served import Recorder
from tests.gateway.writing.acting import Acting, codes_of
from tests.scans import scans_of

ADMIN: Final = ("admin", Role.ADMINISTRATOR)
RUN: Final = "run { state requestedBy { displayName } startedAt endedAt openCount fixedCount }"
FINDING: Final = "finding { id state reason version acceptedBy { displayName } }"
FIELDS: Final = "id rule severity state objectId studentId message responsible version person { displayName }"


def checks(acts: Acting) -> Checks:
    databases: Any = {name: acts.client[f"{acts.prefix}_{name}"] for name in SUBSYSTEMS}
    return Checks(databases, references(SUBSYSTEMS), lambda _zone: Day("2026-11-18"))


async def check(acts: Acting) -> None:
    """Have the school checked, as its administrator requests it."""
    payload = await acts.act(*ADMIN, "runIntegrityCheck", {"schoolId": acts.id("School", "perm")}, RUN)
    assert payload["run"]["state"] == "WAITING"
    assert await checks(acts).run_next()


async def found(
    acts: Acting, arguments: str = "state: OPEN", fields: str = FIELDS, *, first: int = 100
) -> list[dict[str, Any]]:
    """All findings that match, read in pages of *first*, each of which says how many they are in all."""
    nodes: list[dict[str, Any]] = []
    counts: set[int] = set()
    after = "null"
    while after:
        query = (
            f"{{ integrityFindings(first: {first}, after: {after}, {arguments}) "
            f"{{ totalCount nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
        answer = await acts.answer(*ADMIN, query)
        assert "errors" not in answer, answer["errors"]
        page = answer["data"]["integrityFindings"]
        nodes += page["nodes"]
        counts.add(page["totalCount"])
        after = f'"{page["pageInfo"]["endCursor"]}"' if page["pageInfo"]["hasNextPage"] else ""
    assert counts == {len(nodes)}
    return nodes


async def about_m1(acts: Acting, fields: str = FIELDS, arguments: str = "rule: MARK_OUT_OF_SCALE") -> dict[str, Any]:
    """The finding about the mark that these tests put beyond its scale."""
    every = await found(acts, arguments, f"objectId {fields}")
    [one] = [own for own in every if own["objectId"] == acts.id("Mark", "m1")]
    return {name: value for name, value in one.items() if name != "objectId" or "objectId" in fields}


async def objects(acts: Acting, rule: IntegrityRule) -> list[str]:
    """The objects of the open findings of one rule."""
    return [one["objectId"] for one in await found(acts, f"state: OPEN, rule: {rule}", "objectId")]


async def test_a_school_is_checked_and_errors_come_first(acts: Acting) -> None:
    await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "7", "numeric_value": 7}})
    payload = await acts.act(*ADMIN, "runIntegrityCheck", {"schoolId": acts.id("School", "perm")}, RUN)
    assert payload["run"] == {
        "state": "WAITING",
        "requestedBy": {"displayName": "Директоров Дмитрий"},
        "startedAt": None,
        "endedAt": None,
        "openCount": None,
        "fixedCount": None,
    }
    assert await checks(acts).run_next()
    assert not await checks(acts).run_next(), "nothing waits any longer"
    nodes = await found(acts)
    assert [one["severity"] for one in nodes] == sorted(one["severity"] for one in nodes)
    first = await about_m1(acts)
    assert first["rule"] == "MARK_OUT_OF_SCALE"
    assert first["message"] == "Отметки 7 нет на её шкале. Сверьте с бумажным журналом и исправьте."
    assert first["person"] == {"displayName": "Иванов Иван Игоревич"}
    assert first["studentId"] == acts.id("Student", "ivan")
    assert first["responsible"] == "TEACHER"
    english = await about_m1(acts, "message(language: EN)")
    assert english["message"].startswith("The mark 7 is not on its scale.")
    answer = await acts.answer(*ADMIN, f"{{ school {{ integrityRun {{ {RUN[6:-2]} }} }} }}")
    run = answer["data"]["school"]["integrityRun"]
    assert (run["state"], run["openCount"], run["fixedCount"]) == ("DONE", len(nodes), 0)
    assert run["startedAt"]
    assert run["endedAt"]


async def test_what_was_corrected_is_fixed_and_what_comes_back_is_open_again(acts: Acting) -> None:
    mark, good = {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "5", "numeric_value": 5}}
    bad = {"$set": {"value": "7", "numeric_value": 7}}
    states = []
    one: dict[str, Any] = {}
    for change in (bad, bad, good, bad):
        await acts.change("grades.marks", mark, change)
        await check(acts)
        one = await about_m1(acts, "state version firstSeenAt lastSeenAt fixedAt")
        states.append((one["state"], one["version"], one["fixedAt"] is not None))
    assert states == [("OPEN", 0, False), ("OPEN", 0, False), ("FIXED", 1, True), ("OPEN", 2, False)]
    assert one["firstSeenAt"] <= one["lastSeenAt"]  # in seconds, of which all of this may take one
    [stored] = await acts.found("integrity.findings", rule="MARK_OUT_OF_SCALE", object_id=mark["_id"])
    assert stored["first_seen_at"] < stored["last_seen_at"]
    [run, *_] = sorted(await acts.found("integrity.runs"), key=lambda own: own["requested_at"], reverse=True)
    assert run["fixed_count"] == 0
    assert "is_unfinished" not in run


async def test_an_accepted_finding_stays_accepted_as_long_as_the_same_is_found(acts: Acting) -> None:
    mark = {"_id": acts.id("Mark", "m1")}
    await acts.change("grades.marks", mark, {"$set": {"value": "7", "numeric_value": 7}})
    await check(acts)
    one = await about_m1(acts, "id version")
    values = {"findingId": one["id"], "reason": "  Так в журнале ", "version": 0}
    payload = await acts.act(*ADMIN, "acceptFinding", values, FINDING)
    assert payload["finding"] == {
        "id": one["id"],
        "state": "ACCEPTED",
        "reason": "Так в журнале",
        "version": 1,
        "acceptedBy": {"displayName": "Директоров Дмитрий"},
    }
    await check(acts)
    assert acts.id("Mark", "m1") not in await objects(acts, IntegrityRule.MARK_OUT_OF_SCALE)
    await acts.change("grades.marks", mark, {"$set": {"value": "8", "numeric_value": 8}})
    await check(acts)
    again = await about_m1(acts, "state reason version acceptedBy { id }")
    assert again == {"state": "OPEN", "reason": None, "version": 2, "acceptedBy": None}, "another value was accepted"


async def test_accepting_and_reopening_are_recorded_without_the_reason(acts: Acting) -> None:
    await check(acts)
    one, *_ = await found(acts)
    own = {"findingId": one["id"], "version": one["version"]}
    assert await acts.codes(*ADMIN, "acceptFinding", {**own, "reason": "Причина"}) == []
    payload = await acts.act(*ADMIN, "reopenFinding", {"findingId": one["id"], "version": None}, FINDING)
    assert (payload["finding"]["state"], payload["finding"]["reason"]) == ("OPEN", None)
    [_, accepted, reopened] = await acts.found("integrity.facts")
    assert (accepted["action"], accepted["object_id"]) == ("acceptFinding", one["id"])
    assert [(own["field"], own["before"]) for own in accepted["changes"]] == [("state", "OPEN"), ("reason", None)]
    assert accepted["changes"][1]["after"]["length"] == len("Причина")
    assert reopened["action"] == "reopenFinding"
    assert "Причина" not in repr([accepted, reopened])
    assert "IntegrityFinding" in READABLE


async def test_a_finding_is_not_decided_twice_nor_by_strangers(acts: Acting) -> None:
    await check(acts)
    [one, *_] = await found(acts)
    own = {"findingId": one["id"], "version": one["version"]}
    accept = {**own, "reason": "Причина"}
    assert await acts.codes(*ADMIN, "acceptFinding", {"findingId": "itf_x", "reason": " "}) == [
        ("NOT_FOUND", ["findingId"]),
        ("REQUIRED", ["reason"]),
        ("REQUIRED", ["version"]),
    ]
    assert await acts.codes(*ADMIN, "acceptFinding", {**accept, "reason": "а" * 501}) == [("TOO_LONG", ["reason"])]
    assert await acts.codes(*ADMIN, "acceptFinding", {**accept, "reason": "а\x00"}) == [("INVALID_INPUT", ["reason"])]
    assert await acts.codes(*ADMIN, "reopenFinding", own) == [("NOT_ALLOWED", ["findingId"])]
    assert await acts.codes(*ADMIN, "reopenFinding", {"findingId": one["id"]}) == [("REQUIRED", ["version"])]
    assert await acts.codes(*ADMIN, "acceptFinding", accept) == []
    payload = await acts.act(*ADMIN, "acceptFinding", accept, FINDING)
    assert codes_of(payload) == [("CONFLICT", ["version"])]
    assert payload["finding"]["state"] == "ACCEPTED"
    stays = {**accept, "version": None}
    assert await acts.codes(*ADMIN, "acceptFinding", stays) == [("NOT_ALLOWED", ["findingId"])]
    assert await acts.codes(*ADMIN, "reopenFinding", own) == [("CONFLICT", ["version"])]
    await acts.change("integrity.findings", {"_id": one["id"]}, {"$set": {"school_id": acts.id("School", "moscow")}})
    assert await acts.codes(*ADMIN, "acceptFinding", stays) == [("NOT_FOUND", ["findingId"])]
    assert await acts.codes(*ADMIN, "reopenFinding", own) == [("NOT_FOUND", ["findingId"])]


async def test_a_run_that_waits_or_is_at_work_is_the_answer(acts: Acting) -> None:
    values = {"schoolId": acts.id("School", "perm")}
    first = await acts.act(*ADMIN, "runIntegrityCheck", values, "run { id state }")
    assert await acts.act(*ADMIN, "runIntegrityCheck", values, "run { id state }") == first
    await acts.change("integrity.runs", {"_id": first["run"]["id"]}, {"$set": {"state": "RUNNING"}})
    again = await acts.act(*ADMIN, "runIntegrityCheck", values, "run { id state }")
    assert again["run"] == {"id": first["run"]["id"], "state": "RUNNING"}
    assert await checks(acts).run_next(), "a run whose process ended is run again"
    [run] = await acts.found("integrity.runs")
    assert run["state"] == "DONE"
    other = {"schoolId": acts.id("School", "moscow")}
    assert await acts.codes(*ADMIN, "runIntegrityCheck", other) == [("NOT_FOUND", ["schoolId"])]
    assert len(await acts.found("integrity.facts")) == 1


async def test_every_school_is_checked_once_a_day(acts: Acting) -> None:
    jobs = checks(acts)
    await jobs.queue_daily_runs()
    await jobs.queue_daily_runs()
    schools = {run["school_id"] for run in await acts.found("integrity.runs")}
    assert len(await acts.found("integrity.runs")) == len(schools) == 2
    while await jobs.run_next():
        pass
    await jobs.queue_daily_runs()
    assert {run["state"] for run in await acts.found("integrity.runs")} == {"DONE"}
    await acts.client[f"{acts.prefix}_integrity"].runs.update_many(
        {}, {"$set": {"requested_at": datetime(2026, 1, 1, tzinfo=UTC)}}
    )
    await jobs.queue_daily_runs()
    assert Counter(run["state"] for run in await acts.found("integrity.runs")) == {"DONE": 2, "WAITING": 2}


async def test_a_run_that_fails_leaves_the_findings_as_they_were(acts: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    await check(acts)
    before = await acts.found("integrity.findings")

    async def fails(*_: object) -> list[Any]:
        raise PyMongoError

    await acts.insert("integrity.runs", new_run(SchoolId(acts.id("School", "perm")), None))
    monkeypatch.setattr(Scope, "find", fails)  # a database that does not answer in the middle
    with pytest.raises(PyMongoError):
        await checks(acts).run_next()
    assert {run["state"] for run in await acts.found("integrity.runs")} == {"DONE", "FAILED"}
    after = await acts.found("integrity.findings")
    assert [one["state"] for one in after] == [one["state"] for one in before]


async def test_findings_are_paged_and_filtered(acts: Acting) -> None:
    await check(acts)
    every = await found(acts)
    assert len(every) > 20
    assert await found(acts, first=20) == every
    assert {one["severity"] for one in await found(acts, "severity: WARNING")} == {"WARNING"}
    assert len(await found(acts, f'schoolId: "{acts.id("School", "perm")}"')) == len(every)
    query = f'{{ integrityFindings(schoolId: "{acts.id("School", "moscow")}") {{ nodes {{ id }} }} }}'
    answer = await acts.answer(*ADMIN, query)
    assert answer["data"]["integrityFindings"] is None
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_finding_is_a_node_of_its_school_alone(acts: Acting) -> None:
    await check(acts)
    [one, *_] = await found(acts)
    query = f'{{ node(id: "{one["id"]}") {{ ... on IntegrityFinding {{ rule }} }} }}'
    assert (await acts.answer(*ADMIN, query))["data"]["node"] == {"rule": one["rule"]}
    await acts.change("integrity.findings", {"_id": one["id"]}, {"$set": {"school_id": acts.id("School", "moscow")}})
    assert (await acts.answer(*ADMIN, query))["data"]["node"] is None
    refused = await acts.answer("olga", Role.PARENT, f'{{ node(id: "{one["id"]}") {{ id }} }}')
    assert refused["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_what_a_student_reads_does_not_depend_on_findings(acts: Acting) -> None:
    query = (
        "{ viewer { role student { id displayName school { id } marks(first: 5) { nodes { value } totalCount } } } "
        "people(first: 50) { nodes { id displayName } totalCount } }"
    )
    before = await acts.answer("ivan", Role.STUDENT, query)
    await check(acts)
    assert await acts.found("integrity.findings", student_id=acts.id("Student", "petr"))
    assert await acts.answer("ivan", Role.STUDENT, query) == before
    node = '{{ node(id: "{}") {{ id }} }}'
    [one, *_] = await acts.found("integrity.findings")
    there = await acts.answer("ivan", Role.STUDENT, node.format(one["_id"]))
    absent = await acts.answer("ivan", Role.STUDENT, node.format(mint("IntegrityFinding", "nobody")))
    assert _without_request(there) == _without_request(absent)


def _without_request(answer: Mapping[str, Any]) -> str:
    return re.sub(r"'(requestId|timestamp)': '[^']*'", "", repr(answer))


# Each rule: what violates it is found, and what does not is not.


async def test_mandatory_fields_that_are_empty_are_found(acts: Acting) -> None:
    await check(acts)
    nodes = await found(acts, "rule: FIELD_MISSING", "objectId message responsible")
    fields = Counter(
        (one["objectId"], re.findall(r"поле: (.*)\. Внесите", one["message"])[0], one["responsible"]) for one in nodes
    )
    igor, anna = acts.id("Person", "igor"), acts.id("Person", "anna")
    assert fields[igor, "номер телефона", "PARENT"] == fields[igor, "адрес электронной почты", "PARENT"] == 1
    assert fields[anna, "дата рождения", "ADMINISTRATOR"] == 1
    named = {one["objectId"] for one in nodes}
    assert acts.id("Person", "olga") not in named, "she has both"
    assert acts.id("Person", "ivan") not in named
    assert acts.id("Person", "smirnov") not in named, "nothing is mandatory for staff"
    assert acts.id("Person", "ivan-twice") not in named, "it was merged"
    assert acts.id("Person", "maria") not in named, "she learns elsewhere"


async def test_parents_are_shown_which_of_their_own_contacts_are_missing(acts: Acting) -> None:
    query = "{ viewer { missingFields } }"
    for who, missing in (("olga", []), ("igor", ["EMAIL", "PHONE"])):
        answer = await acts.answer(who, Role.PARENT, query)
        assert answer["data"]["viewer"] == {"missingFields": missing}
    assert await acts.codes("igor", Role.PARENT, "updateMyProfile", {"version": 0, "phone": "+7 900 000-00-00"}) == []
    answer = await acts.answer("igor", Role.PARENT, query)
    assert answer["data"]["viewer"] == {"missingFields": ["EMAIL"]}


async def test_one_person_with_two_records_is_found_once(acts: Acting) -> None:
    [ivan] = await acts.found("directory.people", _id=acts.id("Person", "ivan"))
    same = {"birth_date": "2013-05-01", "sort_name": ivan["sort_name"]}
    petr, boris, vera = (acts.id("Person", name) for name in ("petr", "boris", "vera"))
    await acts.change("directory.people", {"_id": petr}, {"$set": same})
    await acts.change("directory.people", {"_id": boris}, {"$set": {"snils": "11223344595"}})
    await acts.change("directory.people", {"_id": vera}, {"$set": {"snils": "11223344595"}})
    await check(acts)
    later = {max(petr, acts.id("Person", "ivan")), max(boris, vera)}
    assert set(await objects(acts, IntegrityRule.PERSON_TWICE)) == later


async def test_an_email_address_that_a_student_shares_is_found(acts: Acting) -> None:
    ivan, anna = acts.id("Person", "ivan"), acts.id("Person", "anna")
    await acts.change("directory.people", {"_id": acts.id("Person", "igor")}, {"$set": {"email": "IVAN@example.org"}})
    await acts.change("directory.people", {"_id": acts.id("Person", "admin")}, {"$set": {"email": "anna@example.org"}})
    await acts.change("directory.people", {"_id": anna}, {"$set": {"email": "anna@example.org"}})
    await check(acts)
    assert await objects(acts, IntegrityRule.EMAIL_SHARED) == [ivan]


async def test_an_account_of_two_people_is_found_unless_they_were_merged(acts: Acting) -> None:
    olga, igor = acts.id("Person", "olga"), acts.id("Person", "igor")
    account = {"issuer": "https://id.example", "subject": "1"}
    twice = acts.id("Person", "ivan-mother-twice")
    await acts.insert(
        "directory.external_ids",
        {"_id": "x1", **account, "person_id": olga},
        {"_id": "x2", **account, "person_id": igor},
        {"_id": "x3", **account, "subject": "2", "person_id": olga},
        {"_id": "x4", **account, "subject": "2", "person_id": twice},
    )
    await check(acts)
    assert sorted(await objects(acts, IntegrityRule.ACCOUNT_SHARED)) == sorted([olga, igor])


async def test_families_that_are_not_linked_are_found(acts: Acting) -> None:
    await check(acts)
    lonely = set(await objects(acts, IntegrityRule.STUDENT_WITHOUT_GUARDIAN))
    ids = {name: acts.id("Person", name) for name in ("ivan", "petr", "boris", "alyona", "fedor", "granny", "aunt")}
    assert {ids["alyona"], ids["fedor"]} <= lonely
    assert not {ids["ivan"], ids["petr"], ids["boris"]} & lonely
    childless = set(await objects(acts, IntegrityRule.PARENT_WITHOUT_CHILD))
    assert {ids["granny"], ids["aunt"]} <= childless, "one right has ended, the other has not begun"
    assert acts.id("Person", "olga") not in childless
    await acts.change("directory.people", {"_id": ids["alyona"]}, {"$set": {"birth_date": "2008-11-18"}})
    await acts.change("directory.people", {"_id": ids["fedor"]}, {"$set": {"birth_date": "2008-11-19"}})
    await check(acts)
    lonely = set(await objects(acts, IntegrityRule.STUDENT_WITHOUT_GUARDIAN))
    assert ids["alyona"] not in lonely, "she is 18 today"
    assert ids["fedor"] in lonely, "he will be tomorrow"


async def test_enrolments_that_contradict_each_other_are_found(acts: Acting) -> None:
    petr, boris, vera = (acts.id("Person", name) for name in ("petr", "boris", "vera"))
    second = acts.school.enrolment("7b", "2026-11-01")
    await acts.change("directory.people", {"_id": petr}, {"$push": {"enrolments": second}})
    backwards = acts.school.enrolment("7a", "2026-11-10", "2026-11-01")
    await acts.change("directory.people", {"_id": boris}, {"$push": {"enrolments": backwards}})
    await acts.change("directory.people", {"_id": vera}, {"$set": {"enrolments": []}})
    right = acts.id("Guardianship", "pavel:petr")
    dates = {"$set": {"valid_from": "2026-11-10", "valid_to": "2026-11-09"}}
    await acts.change("directory.guardianships", {"_id": right}, dates)
    taught = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    [assignment] = await acts.found("directory.staff_assignments", **taught)
    dates = {"$set": {"starts_on": "2026-11-10", "ends_on": "2026-11-09"}}
    await acts.change("directory.staff_assignments", {"_id": assignment["_id"]}, dates)
    await check(acts)
    assert await objects(acts, IntegrityRule.ENROLMENTS_OVERLAP) == [petr], "not Timofey, who changed the class"
    assert set(await objects(acts, IntegrityRule.DATES_REVERSED)) == {boris, right, assignment["_id"]}
    assert await objects(acts, IntegrityRule.STUDENT_WITHOUT_CLASS) == [vera]


async def test_a_class_without_a_class_teacher_is_found(acts: Acting) -> None:
    await check(acts)
    assert await objects(acts, IntegrityRule.CLASS_WITHOUT_TEACHER) == [acts.id("Class", "7b")], "9А has no students"


async def test_marks_outside_of_an_enrolment_are_found(acts: Acting) -> None:
    petr = acts.id("Person", "petr")
    await acts.change("directory.people", {"_id": petr}, {"$set": {"enrolments.0.starts_on": "2027-01-01"}})
    marks = {mark["_id"] for mark in await acts.found("grades.marks", student_id=acts.id("Student", "petr"))}
    await check(acts)
    assert marks
    assert set(await objects(acts, IntegrityRule.MARK_OUTSIDE_ENROLMENT)) >= marks


async def test_marks_that_were_entered_twice_are_found(acts: Acting) -> None:
    [mark] = await acts.found("grades.marks", _id=acts.id("Mark", "m2"))
    await acts.insert("grades.marks", {**mark, "_id": "mrk_zz", "work_id": "wrk_other"})
    await check(acts)
    nodes = await found(acts, "rule: MARK_REPEATED", "objectId message")
    assert max("mrk_zz", mark["_id"]) in {one["objectId"] for one in nodes}
    assert nodes[0]["message"].startswith("За 2026-11-16 у ученика отметок одного вида за один урок: 2.")


async def test_references_that_lead_nowhere_are_found_once_each(acts: Acting) -> None:
    gone = acts.id("Subject", "gone")
    marks = await acts.found("grades.marks", student_id=acts.id("Student", "ivan"))
    await acts.client[f"{acts.prefix}_grades"].marks.update_many(
        {"student_id": acts.id("Student", "ivan")}, {"$set": {"subject_id": gone}}
    )
    await acts.change("directory.groups", {"_id": acts.id("Group", "eng1")}, {"$set": {"subject_id": gone}})
    await check(acts)
    nodes = [one for one in await found(acts, "rule: REFERENCE_LOST", "objectId message") if one["objectId"] == gone]
    assert len(nodes) >= 2
    said = " ".join(one["message"] for one in nodes)
    assert f"grades.marks.subject_id ссылается на то, чего нет, например в {min(own['_id'] for own in marks)}." in said
    assert f"directory.groups.subject_id ссылается на то, чего нет, например в {acts.id('Group', 'eng1')}." in said


async def test_a_student_who_does_not_exist_is_found_by_an_index(acts: Acting) -> None:
    gone = mint("Student", "gone")
    mark = {"_id": acts.id("Mark", "m1")}
    await acts.change("grades.marks", mark, {"$set": {"student_id": gone}})
    await acts.change("directory.people", {"_id": acts.id("Person", "ivan")}, {"$set": {"snils": "11223344595"}})
    async with scans_of(acts.client, acts.prefix) as scans:
        await check(acts)
    assert scans == []
    nodes = [one for one in await found(acts, "rule: REFERENCE_LOST", "objectId message") if one["objectId"] == gone]
    [one] = [one for one in nodes if "grades.marks.student_id" in one["message"]]
    assert mark["_id"] in one["message"]


def test_no_collection_is_checked_that_administrators_may_not_read() -> None:
    every = {f"{name}.{one.name}" for name, connector in SUBSYSTEMS.items() for one in connector.collections}
    assert every >= CHECKED_COLLECTIONS
    hidden = {"diary.remarks", "diary.absence_notices", "diary.acknowledgements", "messages.messages"}
    assert not CHECKED_COLLECTIONS & hidden
    assert not [place for place in CHECKED_COLLECTIONS if place.startswith(("assessments.", "messages.", "services."))]


async def test_a_page_costs_as_many_commands_as_one_person(acts: Acting, mongo_uri: str) -> None:
    counts = []
    [petr] = await acts.found("directory.people", _id=acts.id("Person", "petr"))
    [mark, *_] = await acts.found("grades.marks", student_id=acts.id("Student", "petr"))
    for number in range(31):
        student = {"_id": f"per_n{number}", "student_id": f"stu_n{number}"}
        await acts.insert("directory.people", {**petr, **student, "sort_name": f"n{number}", "email": f"{number}@a.ru"})
        own = {"_id": f"mrk_n{number}", "work_id": f"wrk_n{number}", "student_id": student["student_id"]}
        await acts.insert("grades.marks", {**mark, **own})
        if number in {0, 30}:
            recorder = Recorder()
            await acts.insert("integrity.runs", new_run(SchoolId(acts.id("School", "perm")), None))
            async with Clients(mongo_uri, prefix=acts.prefix, timeout_s=30, listeners=[recorder]) as clients:
                run = Checks(clients.connectors.databases, references(SUBSYSTEMS), lambda _: Day("2026-11-18"))
                assert await run.run_next()
            counts.append(len(recorder.commands))
    assert counts[0] == counts[1]
