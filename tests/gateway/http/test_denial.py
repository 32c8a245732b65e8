"""What a role may not see: the shape of the answer in every corner of a document; nothing is fetched for it."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from itertools import product
from typing import Any, Final

import orjson
import pytest
from graphql import get_introspection_query

from auth.viewer import Role
from gateway.settings import AccessMode, AccessSettings
from tests.gateway.generated import DAY, Generated
from tests.gateway.served import Served, served

REMARKS: Final = {"diary": ["remarks"]}
TESTS: Final = {"assessments": ["tests", "assignments", "attempts"], "curriculum": ["module_courses", "course_choices"]}


class Case:
    """A query, its answer without the errors, and the paths that are denied with those who may read them."""

    def __init__(self, query: str, data: Any, *denied: str, visible_to: str = "PARENT", **sent: Any) -> None:
        self.query = query
        self.data = data
        self.denied = [(path.split("/"), visible_to.split()) for path in denied]
        self.sent = sent


NAME: Final = "Зотов Кирилл Игоревич"
IN_DIARY: Final = {"student": {"diary": {"days": [{"lessons": [{"r": None}]}]}}}

CASES: Final = {
    "a field": Case(
        "query ($s: ID!) { student(id: $s) { displayName remarks { totalCount } } }",
        {"student": {"displayName": NAME, "remarks": None}},
        "student/remarks",
    ),
    "nothing but denied fields": Case(
        "query ($s: ID!) { student(id: $s) { remarks { totalCount } } }",
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "aliases": Case(
        "query ($s: ID!) { kid: student(id: $s) { a: remarks { totalCount } b: remarks { nodes { text } } } }",
        {"kid": {"a": None, "b": None}},
        "kid/a",
        "kid/b",
    ),
    "one path asked for three times": Case(
        """query ($s: ID!) {
        student(id: $s) { remarks { totalCount } ...F ... on Student { remarks { nodes { id } } } } }
        fragment F on Student { remarks { pageInfo { hasNextPage } } }""",
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "a named fragment": Case(
        "query ($s: ID!) { student(id: $s) { ...F } } fragment F on Student { remarks { totalCount } }",
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "fragments in fragments": Case(
        """query ($s: ID!) { student(id: $s) { ...A } } fragment A on Student { ... { ...B } displayName }
        fragment B on Node { ... on Student { x: remarks { totalCount } } }""",
        {"student": {"x": None, "displayName": NAME}},
        "student/x",
    ),
    "a fragment spread in two places": Case(
        """query ($s: ID!, $n: ID!) {
        node(id: $n) { ...L } other: node(id: $n) { ...L } student(id: $s) { displayName } }
        fragment L on Lesson { remarks { text } number }""",
        {
            "node": {"remarks": None, "number": 3},
            "other": {"remarks": None, "number": 3},
            "student": {"displayName": NAME},
        },
        "node/remarks",
        "other/remarks",
    ),
    "a deep path through lists": Case(
        "query ($s: ID!) { student(id: $s) { diary { days { lessons { number r: remarks { text } } } } } }",
        ...,
        "student/diary/days/lessons/r",
    ),
    "an inline fragment on a hidden type": Case(
        "query ($n: ID!) { node(id: $n) { ... on Remark { text } ... on Lesson { number } } }",
        {"node": {"number": 3}},
        "node/... on Remark",
    ),
    "nothing but a fragment on a hidden type": Case(
        "query ($n: ID!) { node(id: $n) { ...R } } fragment R on Remark { text lesson { ...L } } "
        "fragment L on Lesson { topic }",
        {"node": {}},
        "node/... on Remark",
    ),
    "inside of a selection on an interface": Case(
        """query ($n: ID!) { node(id: $n) { ...N } } fragment N on Node {
        id ... on Remark { text } ... on Lesson { remarks { text }
        ... on Node { ... on Lesson { topic: remarks { id } } } } }""",
        {"node": {"id": "les", "remarks": None, "topic": None}},
        "node/... on Remark",
        "node/remarks",
        "node/topic",
    ),
    "a variable that only the denied field uses": Case(
        """query ($s: ID!, $first: Int!, $days: Days!) { student(id: $s) { id: displayName
        remarks(first: $first, days: $days) { totalCount } } }""",
        {"student": {"id": NAME, "remarks": None}},
        "student/remarks",
    ),
    "a variable that both use": Case(
        """query ($s: ID!, $first: Int!) { student(id: $s) { remarks(first: $first) { totalCount }
        comments(first: $first) { pageInfo { hasPreviousPage } } } }""",
        {"student": {"remarks": None, "comments": {"pageInfo": {"hasPreviousPage": False}}}},
        "student/remarks",
        variables={"first": 1},
    ),
    "fragments that only the denied field uses": Case(
        """query ($s: ID!) { student(id: $s) { displayName remarks { ...C } } }
        fragment C on RemarkConnection { nodes { ...R } } fragment R on Remark { text lesson { ...L } }
        fragment L on Lesson { remarks { id } }""",
        {"student": {"displayName": NAME, "remarks": None}},
        "student/remarks",
    ),
    "what is asked of the denied field is not looked at": Case(
        'query ($s: ID!) { student(id: $s) { remarks(nonsense: 1, first: "x") { whatever { more } } } }',
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "the operation that is run": Case(
        """query A($s: ID!) { student(id: $s) { displayName } }
        query B($s: ID!, $first: Int) { student(id: $s) { remarks(first: $first) { totalCount } } }""",
        {"student": {"remarks": None}},
        "student/remarks",
        operationName="B",
    ),
    "an operation that is not run": Case(
        """query A($s: ID!) { student(id: $s) { displayName } }
        query B($s: ID!, $first: Int) { student(id: $s) { remarks(first: $first) { totalCount } } }""",
        {"student": {"displayName": NAME}},
        operationName="A",
    ),
    "skipped by a constant": Case(
        "query ($s: ID!) { student(id: $s) { displayName remarks @skip(if: true) { totalCount } } }",
        {"student": {"displayName": NAME}},
    ),
    "skipped once, asked for once": Case(
        "query ($s: ID!) { student(id: $s) { remarks @skip(if: true) { totalCount } remarks { nodes { id } } } }",
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "below what is skipped": Case(
        "query ($s: ID!, $x: Boolean!) { student(id: $s) @include(if: $x) { remarks { totalCount } } __typename }",
        {"__typename": "Query"},
        variables={"x": False},
    ),
    "by a default of a variable": Case(
        "query ($s: ID!, $x: Boolean! = true) { student(id: $s) { remarks @include(if: $x) { totalCount } } }",
        {"student": {"remarks": None}},
        "student/remarks",
    ),
    "at the root": Case(
        "{ students { totalCount } viewer { role children { id } } }",
        {"students": None, "viewer": {"role": "STUDENT", "children": None}},
        "students",
        "viewer/children",
        visible_to="",
    ),
}


def variables_of(school: Generated, case: Case) -> dict[str, Any]:
    lesson = f"{school.lesson['_id']}.{school.student_id}"
    known = {"s": school.student_id, "n": lesson, **case.sent.get("variables", {})}
    return {name: value for name, value in known.items() if f"${name}:" in case.query}


@pytest.mark.parametrize("name", CASES)
async def test_a_denied_field_is_null_with_one_error_a_path(school: Generated, name: str) -> None:
    case = CASES[name]
    sent = {key: value for key, value in case.sent.items() if key != "variables"}
    answer = await school.served.ask(school.own("STUDENT"), case.query, variables_of(school, case), **sent)
    errors = answer.get("errors", [])
    for error in errors:
        assert error.keys() == {"message", "path", "extensions"}
        assert error["message"] == "Unauthorized field or type"
        assert error["extensions"].keys() == {"code", "visibleTo", "requestId", "timestamp"}
        assert error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    shown = [(error["path"], error["extensions"]["visibleTo"]) for error in errors]
    assert sorted(path for path, _ in shown) == sorted(path for path, _ in case.denied)
    if case.denied and case.denied[0][1]:
        assert sorted(shown) == sorted(case.denied)
    if case.data is not ...:
        assert shortened(answer["data"]) == case.data
    assert school.served.recorder.touched("diary", "remarks") == 0


def shortened(data: Any) -> Any:
    """The data with ids of lessons cut to their kind."""
    if isinstance(data, dict):
        return {k: v[:3] if isinstance(v, str) and v.startswith("les_") else shortened(v) for k, v in data.items()}
    return data


async def test_a_denied_field_is_null_in_every_object_of_a_list(school: Generated) -> None:
    case = CASES["a deep path through lists"]
    answer = await school.served.ask(school.own("STUDENT"), case.query, {"s": school.student_id})
    lessons = [lesson for day in answer["data"]["student"]["diary"]["days"] for lesson in day["lessons"]]
    assert len(lessons) > 10
    assert all(lesson.keys() == {"number", "r"} and lesson["r"] is None for lesson in lessons)
    assert len(answer["errors"]) == 1


CONDITIONAL: Final = {
    "field": "query ($s: ID!, $x: Boolean!) { student(id: $s) { __typename "
    "remarks @DIRECTIVE(if: $x) { totalCount } } }",
    "inline fragment": "query ($s: ID!, $x: Boolean!) { student(id: $s) { __typename "
    "... @DIRECTIVE(if: $x) { remarks { totalCount } } } }",
    "hidden type": "query ($n: ID!, $x: Boolean!) { node(id: $n) { __typename "
    "... on Remark @DIRECTIVE(if: $x) { text } } }",
    "spread": "query ($n: ID!, $x: Boolean!) { node(id: $n) { __typename ...R @DIRECTIVE(if: $x) } } "
    "fragment R on Remark { text }",
    "spread of a field": "query ($s: ID!, $x: Boolean!) { student(id: $s) { __typename ...F @DIRECTIVE(if: $x) } } "
    "fragment F on Student { remarks { totalCount } }",
}


@pytest.mark.parametrize(
    ("place", "directive", "value"), list(product(CONDITIONAL, ("skip", "include"), (True, False)))
)
async def test_a_condition_decides_whether_there_is_anything_to_deny(
    school: Generated, place: str, directive: str, *, value: bool
) -> None:
    case = Case(CONDITIONAL[place].replace("DIRECTIVE", directive), None, variables={"x": value})
    answer = await school.served.ask(school.own("STUDENT"), case.query, variables_of(school, case))
    is_included = value is (directive == "include")
    assert len(answer.get("errors", [])) == is_included
    [parent] = answer["data"].values()
    assert ("remarks" in parent) == (is_included and "Student" in parent["__typename"])


@pytest.mark.parametrize(
    "directives", ['@include(if: "yes")', "@include(if: $nowhere)", "@include", "@skip(unless: true)", "@nonsense"]
)
async def test_a_directive_that_makes_no_sense_is_refused_on_a_denied_field_too(
    school: Generated, directives: str
) -> None:
    query = f"query ($s: ID!) {{ student(id: $s) {{ displayName remarks {directives} {{ totalCount }} }} }}"
    answer = await school.served.ask(school.own("STUDENT"), query, {"s": school.student_id})
    assert answer.get("data") is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_INPUT"}


async def test_the_stand_in_for_a_denied_field_is_no_field_that_a_client_can_name(school: Generated) -> None:
    query = "query ($s: ID!) { student(id: $s) { __denied } }"
    answer = await school.served.ask(school.own("STUDENT"), query, {"s": school.student_id})
    assert answer.get("data") is None
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_document_that_names_denied_fields_without_end_is_answered_briefly(school: Generated) -> None:
    levels = 6  # with three branches each more than 500 paths, and yet within the limits
    branch = "{0}: attendance {{ lesson {{ ...F{1} }} }}"
    fragments = [
        f"fragment F{i} on Lesson {{ {' '.join(branch.format(f'{way}{i}', i + 1) for way in 'abc')} }}"
        for i in range(levels)
    ]
    fragments.append(f"fragment F{levels} on Lesson {{ remarks {{ id }} }}")
    query = "query ($n: ID!) { node(id: $n) { ...F0 } } " + " ".join(fragments)
    answer = await school.served.ask(school.own("STUDENT"), query, {"n": "les_aaaaaaaaaaaaaaaa.stu_aaaaaaaaaaaaaaaa"})
    assert 100 < len(answer["errors"]) <= 501
    assert answer["data"] == {"node": None}


# Nothing is fetched for what is denied.

TO_REMARKS: Final = {
    "field": "query ($s: ID!) { student(id: $s) { id remarks { nodes { text } totalCount } } }",
    "lesson": "query ($s: ID!, $d: Date) { student(id: $s) { "
    "diary(week: $d) { days { lessons { remarks { text } } } } } }",
    "lesson by id": "query ($n: ID!) { node(id: $n) { ... on Lesson { remarks { text } } } }",
    "comment": "query ($s: ID!) { student(id: $s) { comments { nodes { lesson { remarks { id } } } } } }",
    "mark": "query ($s: ID!) { student(id: $s) { marks { nodes { lesson { remarks { id } } } } } }",
    "attendance": "query ($s: ID!) { student(id: $s) { attendance { edges { node { lesson { remarks { id } } } } } } }",
    "missed": "query ($s: ID!) { student(id: $s) { missedLessons { nodes { remarks { id } } } } }",
    "report card": "query ($s: ID!) { student(id: $s) { performance { marks { lesson { remarks { id } } } } } }",
    "id": "query ($r: ID!) { node(id: $r) { __typename id ... on Remark { text } } }",
    "id alone": "query ($r: ID!) { node(id: $r) { id } }",
    "fragments": "query ($s: ID!) { a: student(id: $s) { ...F } b: student(id: $s) { ...F } } "
    "fragment F on Student { r: remarks(first: 1) { ...C } } fragment C on RemarkConnection { edges { cursor } }",
    "viewer": "{ viewer { student { remarks { totalCount } diary { days { lessons { remarks { id } } } } } } }",
    "students": "{ viewer { classes { students { nodes { remarks { totalCount } } } } } students { nodes { remarks { "
    "totalCount } } } }",
}
TO_TESTS: Final = {
    "field": "query ($s: ID!) { student(id: $s) { id tests { title attempts { score } attemptsLeft } } }",
    "courses": "query ($s: ID!) { student(id: $s) { moduleCourses { title freePlaces choice { chosenAt } } } }",
    "id": "query ($t: ID!) { node(id: $t) { __typename id ... on Test { title attempts { id } } } }",
    "course": "query ($c: ID!) { node(id: $c) { id ... on ModuleCourse { title choice { chosenAt } } } }",
    "viewer": "{ viewer { children { tests { id } moduleCourses { id } displayName } student { tests { id } } } }",
    "fragments": "query ($s: ID!) { a: student(id: $s) { ...F } } "
    "fragment F on Student { t: tests(state: OPEN) { ...T } c: moduleCourses { ...C } } fragment T on Test { id } "
    "fragment C on ModuleCourse { id }",
}
WAYS: Final = [
    *((role, REMARKS, TO_REMARKS[way], way) for role in Role if role is not Role.PARENT for way in TO_REMARKS),
    *((role, TESTS, TO_TESTS[way], way) for role in Role if role is not Role.STUDENT for way in TO_TESTS),
]


async def test_no_command_reaches_what_a_role_may_not_see(school: Generated) -> None:
    nodes = await school.nodes()
    values = {
        "s": school.student_id,
        "d": DAY,
        "n": nodes["Lesson"],
        "r": nodes["Remark"],
        "t": nodes["Test"],
        "c": nodes["ModuleCourse"],
    }
    for role, hidden, query, way in WAYS:
        sent = {name: value for name, value in values.items() if f"${name}:" in query}
        answer = await school.served.ask(school.own(role), query, sent)
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes <= {"UNAUTHORIZED_FIELD_OR_TYPE", "NOT_FOUND"}, (role, way, answer)
        for subsystem, collections in hidden.items():
            for collection in collections:
                assert school.served.recorder.touched(subsystem, collection) == 0, (role, way)


async def test_the_recorder_sees_what_those_who_may_do_fetch(school: Generated) -> None:
    await school.served.data(school.own("PARENT"), TO_REMARKS["field"], {"s": school.student_id})
    assert school.served.recorder.touched("diary", "remarks") > 0
    await school.served.data(school.own("PARENT"), TO_REMARKS["lesson"], {"s": school.student_id, "d": DAY})
    assert school.served.recorder.touched("diary", "remarks") > 0
    own = school.own("STUDENT")
    await school.served.data(own, TO_TESTS["field"], {"s": school.student_id})
    assert all(school.served.recorder.touched("assessments", name) > 0 for name in TESTS["assessments"])
    await school.served.data(own, TO_TESTS["courses"], {"s": school.student_id})
    assert all(school.served.recorder.touched("curriculum", name) > 0 for name in TESTS["curriculum"])


async def test_a_document_that_a_parent_has_asked_for_is_another_one_for_a_student(school: Generated) -> None:
    query = "query ($s: ID!) { student(id: $s) { remarks { nodes { text } } } } # asked by both"
    for extensions in (
        {},
        {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}},
    ):
        sent = {"variables": {"s": school.student_id}, "extensions": extensions}
        for role in (Role.PARENT, Role.STUDENT, Role.PARENT):
            headers = {"Authorization": f"Bearer {school.own(role)}"}
            async with school.served.client.post(
                "/graphql", json={"query": query, **sent}, headers=headers
            ) as response:
                answer = await response.json()
            shown = answer["data"]["student"]["remarks"]
            assert (shown is None) == ("errors" in answer) == (role is Role.STUDENT), answer


# Introspection, dressed up.


@pytest.mark.parametrize("role", [Role.STUDENT, Role.PARENT])
async def test_introspection_hides_the_same_however_it_is_asked(school: Generated, role: Role) -> None:
    hidden, field = ("Remark", "remarks") if role is Role.STUDENT else ("Test", "tests")
    query = """query ($hidden: String!, $on: Boolean!) {
        s: __schema { ...Schema } ... @include(if: $on) { t: __type(name: $hidden) { ...Type } }
        student: __type(name: "Student") { ... { ...Type } } lesson: __type(name: "Lesson") { ...Type }
        node: __type(name: "Node") { possibleTypes { ...Type } } viewer { __typename }
      }
      fragment Schema on __Schema { all: types { ...Type } query: queryType { ...Type }
        directives { args { type { name } } } }
      fragment Type on __Type { n: name f: fields(includeDeprecated: true) { n: name type { ...Deep }
        args { type { ...Deep } } } }
      fragment Deep on __Type { name kind ofType { name ofType { name ofType { name } } } }"""
    data = await school.served.data(school.own(role), query, {"hidden": hidden, "on": True})
    assert data["t"] is None
    shown = orjson.dumps({key: value for key, value in data.items() if key != "t"}).decode()
    assert f'"{hidden}"' not in shown
    assert f'"{field}"' not in shown
    assert f'"{hidden}Connection"' not in shown
    assert '"Mark"' in shown


# Refusing whole operations.


@pytest.fixture(scope="module")
async def refusing(school: Generated) -> AsyncIterator[Served]:
    mongo = school.served.settings.mongo
    redis = school.served.settings.redis.uri
    async with served(
        mongo.uri.get_secret_value(),
        redis.get_secret_value() if redis else None,
        prefix=mongo.prefix,
        today=school.served.settings.today,
        access=AccessSettings(mode=AccessMode.REJECT),
    ) as running:
        yield running


async def refused(gateway: Served, bearer: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    await gateway.warm(bearer)
    gateway.recorder.clear()
    response = await gateway.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {bearer}"})
    return response.status, await response.json()


async def test_an_operation_is_refused_whole_in_reject_mode(school: Generated, refusing: Served) -> None:
    query = "query ($s: ID!) { viewer { role } student(id: $s) { displayName remarks { totalCount } } }"
    status, answer = await refused(
        refusing, school.own("STUDENT"), {"query": query, "variables": {"s": school.student_id}}
    )
    assert status == 403
    assert answer.keys() == {"errors"}
    [error] = answer["errors"]
    assert error["path"] == ["student", "remarks"]
    assert error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert error["extensions"]["visibleTo"] == ["PARENT"]
    assert refusing.recorder.commands == []


async def test_reject_mode_refuses_only_the_operation_that_is_run(school: Generated, refusing: Served) -> None:
    query = "query A { viewer { role } } query B { students { totalCount } }"
    status, answer = await refused(refusing, school.own("STUDENT"), {"query": query, "operationName": "A"})
    assert (status, answer["data"]) == (200, {"viewer": {"role": "STUDENT"}})
    status, answer = await refused(refusing, school.own("STUDENT"), {"query": query, "operationName": "B"})
    assert (status, "data" in answer) == (403, False)


async def test_introspection_is_not_refused_in_reject_mode(school: Generated, refusing: Served) -> None:
    status, answer = await refused(refusing, school.own("STUDENT"), {"query": get_introspection_query()})
    assert status == 200
    assert "errors" not in answer
