"""Consents of families (F13, F30): what is closed without one, who gives it, and how it ends."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

import pytest
from pydantic import ValidationError

from auth.viewer import Role
from connectors.directory import ConsentRules
from tests.gateway.building import Builder
from tests.gateway.http.live.listening import MARKS, connected
from tests.gateway.writing.acting import Acting, acting, mutation
from tests.gateway.writing.test_downloads import feed_of, fetched, refused

TEXTS: Final = {
    "photos": {"version": "1", "is_required": False},
    "personal-data": {"version": "2", "url": "https://school.example/personal-data"},
}
PERSONAL: Final = {"text": "personal-data", "version": "2"}
CONSENTS: Final = "consents { person { displayName } text version url isRequired mayGive givenBy { displayName } }"
NAMES: Final = "{ viewer { person { displayName } } }"
CHILDREN: Final = "{ viewer { children { displayName } } }"
IVAN, OLGA, IGOR = ("ivan", Role.STUDENT), ("olga", Role.PARENT), ("igor", Role.PARENT)
FAMILY: Final = ("olga", "ivan", "anna", "maria")
Who = tuple[str, Role]


@pytest.fixture(scope="session")
async def _requiring(mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    prefix = f"consents_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with acting(mongo_uri, redis_uri, prefix, consents={"texts": TEXTS}) as served:
        yield served


@pytest.fixture
async def school(_requiring: Acting) -> Acting:
    """A school that requires a consent of its families, and has none."""
    await _requiring.restore()
    return _requiring


async def give_required(acts: Acting, *people: str, version: str = "2") -> None:
    """Store the required consents of these people."""
    built = Builder(acts.prefix)
    for person in people:
        [known] = await acts.found("directory.people", _id=acts.id("Person", person))
        built.consent(person, "personal-data", version, student=person if "student_id" in known else None)
    await acts.put(built)


async def born(acts: Acting, student: str, day: str | None) -> None:
    await acts.change("directory.people", {"_id": acts.id("Person", student)}, {"$set": {"birth_date": day}})


async def code(acts: Acting, who: Who, query: str = NAMES) -> str | None:
    """The code with which an operation is refused whole; None where it is answered."""
    answer = await acts.answer(*who, query)
    if "data" in answer:
        assert "errors" not in answer, answer["errors"]
        return None
    [error] = answer["errors"]
    return str(error["extensions"]["code"])


async def children(acts: Acting, who: Who) -> list[str]:
    answer = await acts.answer(*who, CHILDREN)
    return [child["displayName"].split()[1] for child in answer["data"]["viewer"]["children"]]


async def give(acts: Acting, who: Who, person: str | None = None, **changes: str) -> list[str]:
    """The codes of the problems of giving the required consent."""
    own = {} if person is None else {"personId": acts.id("Person", person)}
    return [code for code, _ in await acts.codes(*who, "giveConsent", {**PERSONAL, **own, **changes})]


async def withdraw(acts: Acting, who: Who, person: str | None = None, text: str = "personal-data") -> list[str]:
    own = {} if person is None else {"personId": acts.id("Person", person)}
    return [code for code, _ in await acts.codes(*who, "withdrawConsent", {"text": text, **own})]


async def test_a_family_without_a_required_consent_is_refused_and_told_what_to_do(school: Acting) -> None:
    for who, role in (IVAN, OLGA):
        headers = {"Authorization": f"Bearer {school.bearer(who, role)}"}
        for language, words in (("en", 'under "Consents"'), ("ru", "в разделе «Согласия»")):
            response = await school.served.client.post(
                "/graphql", json={"query": NAMES}, headers={**headers, "Accept-Language": language}
            )
            answer = await response.json()
            assert (response.status, list(answer)) == (403, ["errors"])
            [error] = answer["errors"]
            assert error["extensions"]["code"] == "CONSENT_MISSING"
            assert words in error["message"]


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("smirnov", Role.TEACHER),
        ("kuznetsova", Role.CLASS_TEACHER),
        ("admin", Role.ADMINISTRATOR),
        ("analyst", Role.ANALYST),
    ],
)
async def test_staff_need_no_consent_and_have_none_to_read(school: Acting, who: str, role: Role) -> None:
    assert await code(school, (who, role), "{ viewer { role } }") is None
    answer = await school.answer(who, role, "{ consents { text } }")
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert "consents" not in str(await school.answer(who, role, "{ __schema { queryType { fields { name } } } }"))
    for name in ("giveConsent", "withdrawConsent"):
        answer = await school.answer(who, role, mutation(name), {"input": {**PERSONAL}})
        assert "data" not in answer


async def test_a_parent_gives_what_is_missing_one_by_one_until_the_diary_opens(school: Acting) -> None:
    answer = await school.answer(*OLGA, f"{{ {CONSENTS} }}")
    rows = [(one["person"]["displayName"].split()[1], one["text"]) for one in answer["data"]["consents"]]
    people = ["Ольга", "Иван", "Анна", "Мария"]
    assert rows == [(person, text) for person in people for text in ("personal-data", "photos")]
    assert answer["data"]["consents"][0] == {
        "person": {"displayName": "Иванова Ольга Петровна"},
        "text": "personal-data",
        "version": "2",
        "url": "https://school.example/personal-data",
        "isRequired": True,
        "mayGive": True,
        "givenBy": None,
    }
    for person in FAMILY:
        assert await code(school, OLGA) == "CONSENT_MISSING"
        assert await give(school, OLGA, person) == []
    assert await children(school, OLGA) == ["Иван", "Анна", "Мария"]
    assert await code(school, IVAN) is None, "his mother has given it"
    assert await code(school, IGOR) == "CONSENT_MISSING", "his own is missing"
    assert await give(school, IGOR) == []
    assert await children(school, IGOR) == ["Иван"]
    answer = await school.answer(*IVAN, f"{{ {CONSENTS} }}")
    assert [one["givenBy"] for one in answer["data"]["consents"]] == [{"displayName": "Иванова Ольга Петровна"}, None]


@pytest.mark.parametrize(
    ("birth_date", "student", "parent"),
    [
        (None, False, True),
        ("2012-11-19", False, True),  # 14 tomorrow
        ("2012-11-18", True, True),  # 14 today
        ("2008-11-19", True, True),  # 18 tomorrow
        ("2008-11-18", True, False),  # 18 today
    ],
)
async def test_the_age_decides_who_gives_and_withdraws(
    school: Acting, birth_date: str | None, *, student: bool, parent: bool
) -> None:
    await give_required(school, "igor")
    await born(school, "ivan", birth_date)
    for who, may in ((IVAN, student), (IGOR, parent)):
        answer = await school.answer(*who, f"{{ {CONSENTS} }}")
        of_ivan = [
            own["mayGive"] for own in answer["data"]["consents"] if "Иван" in own["person"]["displayName"].split()
        ]
        assert set(of_ivan) == {may}
        problems = [] if may else ["NOT_ALLOWED"]
        assert await give(school, who, "ivan") == problems
        assert await code(school, who) == (None if may else "CONSENT_MISSING")
        assert await withdraw(school, who, "ivan") == problems
        assert await code(school, who) == "CONSENT_MISSING"


async def test_a_student_who_may_not_give_it_is_told_who_does(school: Acting) -> None:
    payload = await school.act(*IVAN, "giveConsent", PERSONAL, Accept_Language="ru")
    [problem] = payload["userErrors"]
    assert (problem["code"], problem["field"]) == ("NOT_ALLOWED", ["personId"])
    assert "законный представитель" in problem["message"]


async def test_only_a_legal_representative_gives_it_for_a_child(school: Acting) -> None:
    own = {"person_id": school.id("Person", "igor")}
    await school.change("directory.guardianships", own, {"$set": {"is_legal_representative": False}})
    await give_required(school, "igor")
    assert await code(school, IGOR) == "CONSENT_MISSING", "there is no other child"
    assert await give(school, IGOR, "ivan") == ["NOT_ALLOWED"]
    await give_required(school, "ivan")
    assert await children(school, IGOR) == ["Иван"]
    assert await withdraw(school, IGOR, "ivan") == ["NOT_ALLOWED"]


async def test_a_grown_up_child_closes_their_own_diary_and_not_that_of_the_others(school: Acting) -> None:
    await born(school, "maria", "2008-01-01")
    await give_required(school, "olga", "ivan", "anna")
    assert await children(school, OLGA) == ["Иван", "Анна"]
    student = f'{{ student(id: "{school.id("Student", "maria")}") {{ displayName }} }}'
    answer = await school.answer(*OLGA, student)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    answer = await school.answer(*OLGA, f"{{ {CONSENTS} viewer {{ schools {{ name }} }} }}")
    [of_maria] = [
        own
        for own in answer["data"]["consents"]
        if "Мария" in own["person"]["displayName"] and own["text"] == "personal-data"
    ]
    assert (of_maria["mayGive"], of_maria["givenBy"]) == (False, None)
    assert len(answer["data"]["viewer"]["schools"]) == 1
    assert await give(school, OLGA, "maria") == ["NOT_ALLOWED"]
    assert await give(school, ("maria", Role.STUDENT)) == []
    assert await children(school, OLGA) == ["Иван", "Анна", "Мария"]
    assert await withdraw(school, ("maria", Role.STUDENT)) == []
    assert await children(school, OLGA) == ["Иван", "Анна"]


async def test_a_withdrawn_consent_closes_the_diary_to_the_whole_family_at_the_next_request(school: Acting) -> None:
    await give_required(school, *FAMILY, "igor")
    family = (IVAN, OLGA, IGOR)
    assert [await code(school, who) for who in family] == [None] * 3  # their rights are cached now
    assert await withdraw(school, OLGA, "ivan") == []
    assert [await code(school, who) for who in family] == ["CONSENT_MISSING"] * 3
    marks = f'{{ student(id: "{school.id("Student", "ivan")}") {{ marks {{ nodes {{ value }} }} }} }}'
    assert await code(school, ("kuznetsova", Role.CLASS_TEACHER), marks) is None
    [stored] = await school.found("directory.consents", person_id=school.id("Person", "ivan"))
    assert stored["withdrawn_by_id"] == school.id("Person", "olga")
    assert stored["withdrawn_at"] is not None, "it stays as a proof"
    assert await give(school, IGOR, "ivan") == []
    assert [await code(school, who) for who in family] == [None] * 3


@pytest.mark.parametrize(
    "query",
    [
        "{ consents { text } viewer { role } }",
        "{ consents: viewer { role } }",
        "{ ...F } fragment F on Query { consents { text } viewer { role } }",
        "query ($no: Boolean = false) { consents { text } viewer @include(if: $no) { role } }",
        "{ school { name } }",
        "{ people { nodes { displayName } } }",
        '{ node(id: "per_nobody") { id } }',
        (
            'mutation { giveConsent(input: {text: "", version: ""}) { __typename } ...F } '
            'fragment F on Mutation { confirmEmail(input: {code: ""}) { __typename } }'
        ),
        "mutation { updateMyProfile(input: {version: 0, phone: null}) { userErrors { code } } }",
    ],
)
async def test_an_operation_that_asks_for_more_than_consents_is_refused_whole(school: Acting, query: str) -> None:
    assert await code(school, OLGA, query) == "CONSENT_MISSING"
    assert await school.found("directory.facts") == []


async def test_the_schema_and_consents_are_read_without_any(school: Acting) -> None:
    assert await code(school, OLGA, "{ __typename ...F } fragment F on Query { c: consents { text givenAt } }") is None
    assert await code(school, OLGA, "{ __schema { queryType { name } } }") is None


async def test_there_is_no_other_way_in_without_a_consent(school: Acting) -> None:
    await give_required(school, *FAMILY)
    path = (await feed_of(school))["path"]
    assert (await fetched(school, path))[0] == 200
    headers = {"Authorization": f"Bearer {school.bearer(*OLGA)}"}
    async with connected(school.served, headers) as open_before:
        await open_before.subscribe(MARKS)
        assert await withdraw(school, OLGA, "ivan") == []
        await school.change("grades.marks", {"_id": school.id("Mark", "m1")}, {"$set": {"comment": "again"}})
        assert await open_before.closed() == 4403
    assert await refused(school, path) == (410, "GONE")
    client = school.served.client
    schema = await client.get("/schema.graphql", headers=headers)
    assert (schema.status, (await schema.json())["errors"][0]["extensions"]["code"]) == (403, "CONSENT_MISSING")
    batch = await client.post("/graphql", json=[{"query": NAMES}, {"query": "{ consents { text } }"}], headers=headers)
    assert "displayName" not in await batch.text()
    file = await client.post(
        "/graphql", json={"query": "{ viewer { children { displayName } } }"}, headers={**headers, "Accept": "text/csv"}
    )
    assert file.status == 403
    events = await client.post("/graphql", json={"query": MARKS}, headers={**headers, "Accept": "text/event-stream"})
    assert "CONSENT_MISSING" in await events.text()
    socket = await client.ws_connect("/graphql", protocols=["graphql-transport-ws"], headers=headers)
    await socket.send_json({"type": "connection_init"})
    async with asyncio.timeout(30):
        while not socket.closed:
            assert "connection_ack" not in str((await socket.receive()).data)


async def test_strangers_learn_nothing_of_consents(school: Acting) -> None:
    await give_required(school, "pavel", "petr", *FAMILY)
    answers = []
    for person in ("ivan", "igor", "nobody", "admin"):
        for name, more in (("giveConsent", PERSONAL), ("withdrawConsent", {"text": "personal-data"})):
            values = {**more, "personId": school.id("Person", person)}
            payload = await school.act("pavel", Role.PARENT, name, values, CONSENTS)
            assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
            answers.append(payload)
    assert all(payload == answers[0] for payload in answers)
    assert {one["person"]["displayName"] for one in answers[0]["consents"]} == {
        "Петров Павел",
        "Петров Пётр Павлович",
    }
    granny = await school.answer("granny", Role.PARENT, f"{{ {CONSENTS} }}")  # her right has ended
    assert {one["person"]["displayName"] for one in granny["data"]["consents"]} == {"Иванова Бабушка"}
    assert await school.found("directory.facts") == []


async def test_a_new_version_needs_a_consent_of_its_own(school: Acting) -> None:
    await give_required(school, "igor", "ivan", version="1")
    assert await code(school, IGOR) == "CONSENT_MISSING"
    payload = await school.act(*IGOR, "giveConsent", {**PERSONAL, "version": "1"})
    assert [(e["code"], e["field"], e["limit"]) for e in payload["userErrors"]] == [("CONFLICT", ["version"], "2")]
    assert await give(school, IGOR, text="nothing") == ["NOT_FOUND"]
    assert await withdraw(school, IGOR, text="nothing") == ["NOT_FOUND"]
    assert await give(school, IGOR) == []
    assert await withdraw(school, IGOR) == [], "of all versions"
    assert await school.found("directory.consents", person_id=school.id("Person", "igor"), withdrawn_at=None) == []


async def test_giving_and_withdrawing_are_facts_and_repeated_change_nothing(school: Acting) -> None:
    for _ in range(2):
        assert await give(school, OLGA, "ivan") == []
    for _ in range(2):
        assert await withdraw(school, OLGA, "ivan") == []
    [consent] = await school.found("directory.consents")
    facts = await school.found("directory.facts")
    assert [(one["action"], one["object_id"], one["student_id"], one["school_id"]) for one in facts] == [
        (action, consent["_id"], school.id("Student", "ivan"), school.id("School", "perm"))
        for action in ("giveConsent", "withdrawConsent")
    ]
    shown = [{change["field"]: (change["before"], change["after"]) for change in one["changes"]} for one in facts]
    assert shown == [
        {"text": (None, "personal-data"), "version": (None, "2")},
        {"text": ("personal-data", None), "version": ("2", None)},
    ]


async def test_a_voluntary_consent_opens_and_closes_nothing(school: Acting) -> None:
    await give_required(school, "igor", "ivan")
    for act in (give, withdraw):
        more = {"text": "photos", "version": "1"} if act is give else {"text": "photos"}
        assert await act(school, IGOR, "ivan", **more) == []
        assert await children(school, IGOR) == ["Иван"]


async def test_merged_records_have_the_consents_of_both(school: Acting) -> None:
    await give_required(school, "ivan", "petr", "pavel")
    records = {"keptPersonId": school.id("Person", "igor"), "mergedPersonId": school.id("Person", "pavel")}
    assert await school.codes("admin", Role.ADMINISTRATOR, "mergeAccounts", records) == []
    # A mutation reads the rights afresh; queries may have those of a minute ago.
    shown = await school.act(*IGOR, "updateMyProfile", {"version": None}, CHILDREN[1:-1])
    assert [child["displayName"].split()[1] for child in shown["viewer"]["children"]] == ["Иван", "Пётр"]


async def test_consents_are_read_by_one_command_for_the_person_and_one_for_the_children(school: Acting) -> None:
    await give_required(school, *FAMILY)
    for who, commands in ((OLGA, 2), (IVAN, 1), (("smirnov", Role.TEACHER), 0)):
        await code(school, who)
        school.served.recorder.clear()
        assert await code(school, who) is None
        assert school.served.recorder.touched("directory", "consents") == commands


async def test_where_nothing_is_required_nobody_is_asked_and_nothing_is_read(acts: Acting) -> None:
    acts.served.recorder.clear()
    for who in (IVAN, OLGA):
        assert await code(acts, who) is None
    assert acts.served.recorder.touched("directory", "consents") == 0
    payload = await acts.act(*IVAN, "giveConsent", {"text": "photos", "version": "1"}, "consents { isRequired }")
    assert payload["consents"] == [{"isRequired": False}]
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_ALLOWED"]


def test_ages_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="own_from_age"):
        ConsentRules(own_from_age=18, alone_from_age=14)
