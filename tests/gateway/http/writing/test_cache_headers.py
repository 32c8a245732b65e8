"""What is kept, on the way and in the gateway, and that nobody gets what is another's."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, Final, TypedDict

import pytest
import strawberry
from graphql import GraphQLSchema

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.change_streams import SILENT_S
from gateway.engine.declarations import CacheControl
from gateway.engine.prepare.cache_control import cache_policy
from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.schema.fields import batch, shown, view_of
from gateway.settings import CacheSettings
from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder
from tests.gateway.http.asking import get, post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served, served, token

PROCESS_S: Final = 1.0
BOUND_S: Final = SILENT_S + PROCESS_S + 10  # a busy machine takes its time over the requests that look
NO_STORE: Final = "private, no-store"
SCHOOL: Final = "{ school { name bells { number } holidays { name } } }"
WEEK: Final = """{ viewer { student {
  diary { days { date lessons { id number room subject { id name } teachers { id displayName } marks { id value } } } }
  timetable { days { date holiday lessons { id room subject { name } } } } } } }"""
DIARY: Final = "diary { days { lessons { id topic room subject { name } homework { id text } marks { value } } } }"
JOURNAL: Final = f"""{{ viewer {{ classes {{ id name timetable {{ days {{ lessons {{ id room }} }} }} }} }}
  school {{ name holidays {{ name }} calendar {{ name }} gradeScales {{ name }} }}
  classes(first: 50) {{ nodes {{ id name }} }}
  student(id: "%s") {{ id displayName {DIARY} timetable {{ days {{ lessons {{ id }} }} }} }} }}"""

VIEWERS: Final = [
    ("ivan", Role.STUDENT),
    ("maria", Role.STUDENT),
    ("boris", Role.STUDENT),
    ("olga", Role.PARENT),
    ("igor", Role.PARENT),
    ("smirnov", Role.TEACHER),
    ("rusova", Role.TEACHER),
    ("anglin", Role.TEACHER),
    ("kuznetsova", Role.CLASS_TEACHER),
    ("admin", Role.ADMINISTRATOR),
    ("analyst", Role.ANALYST),
]


# ── Cache-Control ──


async def test_what_is_the_same_all_year_may_be_kept_by_who_asked_for_it(gateway: Served, ivan: str) -> None:
    for answer in (await get(gateway, ivan, {"query": SCHOOL}), await post(gateway, ivan, {"query": SCHOOL})):
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert answer.headers["Vary"] == "Accept, Accept-Encoding, Authorization, Cookie"


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ viewer { role } }",
        "{ viewer { school { name } } }",
        "{ school { name } viewer { student { id } } }",
        "{ classes(first: 5) { nodes { name } } }",
        "{ __schema { queryType { name } } school { name } }",
        "query { school { ...A } } fragment A on School { name } fragment B on School { id }",
        "{ school { name } nobody }",
        "{ school { name } students(first: 1) { nodes { id } } }",
    ],
)
async def test_an_answer_is_not_kept_where_anything_in_it_is_not_to_be(gateway: Served, ivan: str, query: str) -> None:
    got, posted = await get(gateway, ivan, {"query": query}), await post(gateway, ivan, {"query": query})
    assert posted.headers["Cache-Control"] == NO_STORE
    assert "ETag" not in posted.headers
    # With a tag, a client may keep it to ask for it again; an error has none.
    assert got.headers["Cache-Control"] == ("private, no-cache" if "ETag" in got.headers else NO_STORE)
    assert ("ETag" in got.headers) is ("errors" not in got.json)


async def test_an_answer_that_tells_its_cost_is_not_kept(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": SCHOOL}, X_GraphQL_Cost="1")
    assert answer.json["extensions"]["cost"]
    assert answer.headers["Cache-Control"] == NO_STORE


class _Document(TypedDict):
    _id: str
    name: str
    brief: str


async def _nothing(roots: list[object], info: Any) -> list[Any]:
    del info
    return [None] * len(roots)


@view_of(_Document, cache=CacheControl(60))
class _Public:
    id: strawberry.ID
    name: str


@view_of(_Document, cache=CacheControl(120))
class _Longer:
    name: str
    public: _Public | None = batch(_nothing)


@view_of(_Document, cache=CacheControl(600, is_private=True))
class _Private:
    name: str
    brief: str = shown(cache=CacheControl(5))


@view_of(_Document)
class _Silent:
    name: str


@strawberry.type
class _Query:
    public: _Public | None = batch(_nothing)
    longer: _Longer | None = batch(_nothing)
    private: _Private | None = batch(_nothing)
    silent: _Silent | None = batch(_nothing)
    spoken: _Silent | None = batch(_nothing, cache=CacheControl(30))
    hidden: _Private | None = batch(_nothing, cache=CacheControl(900))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return strawberry.Schema(query=_Query)._schema


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ public { name } }", CacheControl(60)),
        ("{ longer { name } }", CacheControl(120)),
        ("{ longer { name public { name } } }", CacheControl(60)),
        ("{ longer { ...L } } fragment L on Longer { public { ... on Public { name } } }", CacheControl(60)),
        ("{ public { name } private { name } }", CacheControl(60, is_private=True)),
        ("{ private { name brief } }", CacheControl(5, is_private=True)),
        ("{ spoken { name } }", CacheControl(30)),
        ("{ hidden { name } }", CacheControl(900, is_private=True)),
        ("{ public { name } silent { name } }", None),
        ("query Q($no: Boolean = false) { public { name } silent @include(if: $no) { name } }", None),
        ("{ __typename }", None),
    ],
)
def test_an_answer_lasts_as_long_as_the_shortest_of_its_fields_and_is_private_where_one_is(
    schema: GraphQLSchema, query: str, expected: CacheControl | None
) -> None:
    operation = prepare(query, None, View.whole(schema))
    assert cache_policy(operation.tree) == expected


# ── ETag ──


async def test_who_has_the_answer_already_gets_304_without_it(gateway: Served, ivan: str) -> None:
    first = await get(gateway, ivan, {"query": SCHOOL})
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await get(gateway, ivan, {"query": SCHOOL}, If_None_Match=known)
        assert (again.status, again.body) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[name] == first.headers[name]
    headers = [("Authorization", f"Bearer {ivan}"), ("If-None-Match", '"other"'), ("If-None-Match", tag)]
    async with gateway.client.get(
        "/graphql", params={"query": SCHOOL}, headers=[*headers, ("Accept", first.headers["Content-Type"])]
    ) as response:
        assert response.status == 304, "lines of one header are one list"
    other = await get(gateway, ivan, {"query": SCHOOL}, If_None_Match='"other"')
    assert (other.status, other.body) == (200, first.body)


async def test_a_tag_is_of_the_bytes_in_their_type_and_coding(gateway: Served, ivan: str, built: Builder) -> None:
    long = "{ school { " + " ".join(f"a{n}: name b{n}: timeZone" for n in range(20)) + " } }"
    tags = [
        (await get(gateway, ivan, {"query": long}, **headers)).headers["ETag"]
        for headers in (
            {"Accept_Encoding": "identity"},
            {"Accept_Encoding": "gzip"},
            {"Accept_Encoding": "br"},
            {"Accept_Encoding": "identity", "Accept": "application/json"},
        )
    ]
    assert len(set(tags)) == 4
    anna = token(built.subject_of_token("anna"), Role.STUDENT)
    same = (await get(gateway, anna, {"query": long}, Accept_Encoding="identity")).headers["ETag"]
    assert same == tags[0], "the same bytes, whoever asked for them"


async def test_errors_and_posts_have_no_tag(gateway: Served, ivan: str) -> None:
    failed = await get(gateway, ivan, {"query": "{ school { name } nobody }"}, If_None_Match="*")
    pruned = await get(gateway, ivan, {"query": "{ school { name } students(first: 1) { nodes { id } } }"})
    posted = await post(gateway, ivan, {"query": SCHOOL}, If_None_Match="*")
    assert failed.status == 400
    for answer in (failed, pruned, posted):
        assert "ETag" not in answer.headers
        assert answer.body


async def test_a_tag_opens_nothing_to_who_may_not_ask(gateway: Served, ivan: str) -> None:
    tag = (await get(gateway, ivan, {"query": SCHOOL})).headers["ETag"]
    assert (await get(gateway, None, {"query": SCHOOL}, If_None_Match=tag, X_Apollo_Operation_Name="a")).status == 401


# ── shared reads ──


@pytest.fixture(scope="module")
async def cached(serve: Serve, built: Builder) -> AsyncIterator[TinySchool]:
    async with serve(cache=CacheSettings(process_s=PROCESS_S)) as gateway:
        await asyncio.sleep(0.5)
        yield TinySchool(gateway, built, is_counted=True)


async def test_the_same_query_again_reads_only_what_is_the_students(cached: TinySchool) -> None:
    await cached.data("ivan", Role.STUDENT, WEEK)
    first = cached.served.recorder
    await cached.data("ivan", Role.STUDENT, WEEK)
    assert {name for _, name, _ in first.commands} == {"people", "marks"}
    assert first.touched("directory", "people") == 1, "the student himself; the teachers' names are kept"


async def test_an_explanation_says_what_answered_the_reads_that_are_kept(cached: TinySchool, built: Builder) -> None:
    bearer = token(built.subject_of_token("admin"), Role.ADMINISTRATOR)
    question = {"query": "{ school { gradeScales { name } } }"}
    await post(cached.served, bearer, question)
    explained = (await post(cached.served, bearer, question, X_GraphQL_Explain="1")).json["extensions"]["explain"]
    assert explained["shared"] == [
        {"read": "Directory.schools_by_ids", "answeredBy": "process", "keys": 1},
        {"read": "Grades.scales_of", "answeredBy": "process", "keys": 1},
    ]
    assert explained["commands"] == []


async def test_a_change_of_the_timetable_shows_in_the_next_answer_within_the_bound(
    cached: TinySchool, mongo_uri: str, prefix: str
) -> None:
    query = WEEK.replace("lessons { id room subject", "lessons { id room status subject")
    lesson = cached.id("Lesson", "wed1")

    async def rooms() -> set[str]:
        student = (await cached.data("ivan", Role.STUDENT, query))["viewer"]["student"]
        lived = [one for day in student["diary"]["days"] for one in day["lessons"] if one["id"].startswith(lesson)]
        shown = [one for day in student["timetable"]["days"] for one in day["lessons"] if one["id"] == lesson]
        return {one["room"] for one in (*lived, *shown)}

    async with Clients(mongo_uri, prefix=prefix) as clients:
        lessons = clients.connectors.databases["schedule"]["lessons"]
        [before] = await rooms()
        try:
            for room in ("101", "102"):
                await lessons.update_one({"_id": lesson}, {"$set": {"room": room}})
                async with asyncio.timeout(BOUND_S):
                    while await rooms() != {room}:  # noqa: ASYNC110 - nothing tells
                        await asyncio.sleep(0.02)
        finally:
            await lessons.update_one({"_id": lesson}, {"$set": {"room": before}})
            await asyncio.sleep(PROCESS_S)


async def test_nobody_gets_what_is_anothers_whoever_asked_before_him(
    serve: Serve, built: Builder, cached: TinySchool
) -> None:
    students = [built.id("Student", who) for who in ("ivan", "maria", "anna", "petr")]
    queries = [JOURNAL % student for student in students]

    async def all_of(question: TinySchool, who: str, role: Role) -> list[Any]:
        answers = await asyncio.gather(*(_quietly(question, who, role, query) for query in queries))
        return [_without_ids(answer) for answer in answers]

    async with serve() as plain:
        expected = {one: await all_of(TinySchool(plain, built), *one) for one in VIEWERS}
    assert len({repr(answers) for answers in expected.values()}) >= len(VIEWERS) - 1, "they are told different things"
    for order in (VIEWERS, VIEWERS[::-1]):
        for one in order:
            assert await all_of(cached, *one) == expected[one], one
    together = await asyncio.gather(*(all_of(cached, *one) for one in VIEWERS))
    assert dict(zip(VIEWERS, together, strict=True)) == expected


async def _quietly(question: TinySchool, who: str, role: Role, query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {question.bearer(who, role)}"}
    async with question.served.client.post("/graphql", json={"query": query}, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        return answer


def _without_ids(answer: dict[str, Any]) -> Any:
    """All but the ids of requests."""
    errors = sorted((str(one.get("path")), one["extensions"]["code"]) for one in answer.get("errors", ()))
    return answer.get("data"), errors


async def test_a_teacher_sees_the_lessons_of_his_subjects_after_others_saw_all(cached: TinySchool) -> None:
    student = cached.id("Student", "ivan")
    query = f'{{ student(id: "{student}") {{ diary {{ days {{ lessons {{ subject {{ name }} }} }} }} }} }}'

    async def subjects(who: str, role: Role) -> set[str]:
        days = (await cached.data(who, role, query))["student"]["diary"]["days"]
        return {lesson["subject"]["name"] for day in days for lesson in day["lessons"]}

    assert len(await subjects("kuznetsova", Role.CLASS_TEACHER)) > 1
    assert await subjects("smirnov", Role.TEACHER) == {"Математика"}
    assert await subjects("rusova", Role.TEACHER) == {"Русский язык"}
    assert len(await subjects("olga", Role.PARENT)) > 1


async def test_without_redis_answers_are_the_same(
    mongo_uri: str, built: Builder, prefix: str, cached: TinySchool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    cache = CacheSettings(process_s=0)
    async with served(
        mongo_uri, f"redis://127.0.0.1:{port}/0", prefix=prefix, today=school.TODAY, cache=cache
    ) as gateway:
        down = TinySchool(gateway, built)
        for _ in range(2):
            found = await down.data("ivan", Role.STUDENT, WEEK)
            assert found == await cached.data("ivan", Role.STUDENT, WEEK)
