"""Plans over declared fields: what is read, how failures are told, what is kept."""

import asyncio
import gc
import linecache
import resource
import sys
import traceback
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

import pytest
import strawberry
from graphql import DocumentNode, GraphQLSchema, parse

from auth.viewer import Role
from gateway.engine import reference_executor
from gateway.engine.documents import Documents, PreparedOperation
from gateway.engine.encoding import encoded
from gateway.engine.execute import execute
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.plan import LATEST, Plan
from gateway.engine.plan.slow_paths import SLOW_PATHS
from gateway.engine.prepare.operation import Operation, prepare, whole_operation
from gateway.engine.prepare.visibility import View
from gateway.schema import fields
from gateway.schema.fields import view_of
from tests.gateway.engine.library import Library, schema


class NameDocument(TypedDict):
    name: str


class LentDocument(TypedDict):
    _id: str
    writer_id: str | None


@pytest.fixture(scope="module")
def library() -> GraphQLSchema:
    return schema()


def operation(library: GraphQLSchema, document: str, role: Role = Role.PARENT, name: str | None = None) -> Operation:
    return prepare(document, name, View(library, role.value))


async def answer(library: GraphQLSchema, document: str, context: Library | None = None, **options: Any) -> Any:
    """Data and errors (path, message) of an operation, the same of both executors."""
    variables = options.pop("variables", None)
    prepared = operation(library, document, **options)
    result = await Plan.of(prepared).run(context or Library(), variables)
    expected = await reference_executor.run(library, prepared, Library(), variables)
    assert encoded(result.data) == encoded(expected.data)
    errors = [(error.path, error.message) for error in result.errors or ()]
    assert sorted(errors, key=str) == sorted([(e.path, e.message) for e in expected.errors or ()], key=str)
    return result.data, errors


# What is read


async def test_resolver_is_called_once_for_all_parents_of_a_level(library: GraphQLSchema) -> None:
    context = Library()
    await answer(library, "{ books(first: 3) { writer { books(first: 1) { name } } rating } }", context)
    assert [name for name, _ in context.reads] == ["books", "writers", "ratings", "books_of"]
    assert context.reads[3] == ("books_of", ("wri_1", "wri_2"))


async def test_documents_that_many_parents_share_are_shown_once(library: GraphQLSchema) -> None:
    context = Library()
    await answer(library, "{ books(first: 60) { writer { name books(first: 1) { id } } } }", context)
    assert context.reads[2] == ("books_of", ("wri_1", "wri_2", "wri_3"))


async def test_each_id_is_asked_for_once_when_documents_name_others_by_id(library: GraphQLSchema) -> None:
    context = Library()
    data, errors = await answer(library, "{ books(first: 8) { reviewer { name books(first: 1) { id } } } }", context)
    assert context.reads[1:] == [("writers_by_ids", ("wri_1", "wri_2")), ("books_of", ("wri_1", "wri_2"))]
    assert data["books"][0]["reviewer"] is data["books"][2]["reviewer"]
    assert data["books"][1]["reviewer"] == {"name": "Bulgakov", "books": [{"id": "boo_2"}]}
    assert errors == []


async def test_an_error_at_the_root_ends_what_is_asked_by_id_when_others_are_resolved_one_by_one() -> None:
    async def slowly(ids: Sequence[str], info: Any) -> list[Any]:  # noqa: ARG001
        await asyncio.sleep(0.05)
        return [{"_id": one, "name": one} for one in ids]

    @view_of(NameDocument)
    class Name:
        name: str

    @view_of(LentDocument)
    class Lent:
        id: strawberry.ID
        writer: Name | None = fields.one(slowly, "writer_id")

    @strawberry.type
    class Query:
        @strawberry.field
        def lent(self) -> list[Lent]:
            return [{"_id": "x", "writer_id": "y"}]  # type: ignore[list-item] # documents stand for objects

        @strawberry.field
        async def boom(self) -> str:
            raise ValueError("boom")

    built = strawberry.Schema(Query)._schema
    result = await cast("Any", execute(built, parse("{ lent { id writer { name } } boom }"), {}, Library()))
    assert result.data is None
    assert [error.message for error in result.errors] == ["boom"]


async def test_nobody_is_asked_when_no_document_has_an_id(library: GraphQLSchema) -> None:
    context = Library()
    data, errors = await answer(library, "{ books(first: 1) { name editor { name } } }", context)
    assert (data, errors) == ({"books": [{"name": "Book 0", "editor": None}]}, [])
    assert [name for name, _ in context.reads] == ["books"]


async def test_resolver_learns_columns_and_selection(library: GraphQLSchema) -> None:
    context = Library()
    await answer(library, "{ books { name writer { born } ... on Book { pages } } }", context)
    [books, writers] = context.calls
    assert books.columns == {"name", "writer_id", "pages"}
    assert books.selects("pages")
    assert not books.selects("born")
    assert writers.columns == {"born"}
    assert writers.columns_of("Book") == books.columns


async def test_fields_left_out_are_not_read(library: GraphQLSchema) -> None:
    context = Library()
    document = "query ($on: Boolean!) { books(first: 1) { id rating @include(if: $on) writer @skip(if: true) { id } } }"
    assert await answer(library, document, context, variables={"on": False}) == ({"books": [{"id": "boo_0"}]}, [])
    assert [name for name, _ in context.reads] == ["books"]


async def test_levels_without_documents_ask_nothing(library: GraphQLSchema) -> None:
    context = Library()
    await answer(library, "{ books(first: 0) { writer { id } rating(minimum: -1) } }", context)
    assert [name for name, _ in context.reads] == ["books"]


async def test_arguments_become_what_the_resolver_takes(library: GraphQLSchema) -> None:
    document = """query ($wish: Wish!) {
      a: wished(wish: {words: "x"}) b: wished(wish: $wish, also: [{words: [], limit: 2}])
    }"""
    found, _ = await answer(library, document, variables={"wish": {"words": ["y", "z"], "genre": "ESSAY"}})
    assert found == {"a": "['x'] None 3 0", "b": "['y', 'z'] Genre.ESSAY 3 2"}


async def test_requests_are_not_mixed_up_when_they_send_other_variables(library: GraphQLSchema) -> None:
    plan = Plan.of(
        operation(
            library, 'query ($n: Int!, $s: String = "x") { books(first: $n) { id } a: wished(wish: {words: [$s]}) }'
        )
    )
    for number in [1, 3, 1, *range(2 * LATEST), 3]:
        result = await plan.run(Library(), {"n": number})
        assert (len(cast("Any", result.data)["books"]), result.errors) == (number, None)
    for wrong in (True, "1", 1.5, None, [1]):
        assert (await plan.run(Library(), {"n": wrong})).errors, wrong


async def test_a_refused_argument_is_refused_again_when_it_is_sent_again(library: GraphQLSchema) -> None:
    plan = Plan.of(operation(library, "query ($m: Int!) { books(first: 1) { rating(minimum: $m) } }"))
    for minimum, failed in ((-1, True), (2, False), (-1, True), (2, False)):
        assert bool((await plan.run(Library(), {"m": minimum})).errors) is failed


# Failures


async def test_exception_among_the_answers_is_the_error_of_its_parent_alone(library: GraphQLSchema) -> None:
    found, errors = await answer(library, "{ books(first: 2, skip: 4) { summary } }")
    assert found == {"books": [{"summary": "About Book 4"}, {"summary": None}]}
    assert errors == [(["books", 1, "summary"], "Unfit: boo_5")]


async def test_exception_of_the_resolver_is_one_error_for_all_parents(library: GraphQLSchema) -> None:
    found, errors = await answer(library, "{ books(first: 2) { id rating(minimum: -1) wrongAtOnce } }")
    assert [one["id"] for one in found["books"]] == ["boo_0", "boo_1"]
    assert sorted(errors) == [
        (["books", 0, "rating"], "Unfit: minimum"),
        (["books", 0, "wrongAtOnce"], "Unfit: at once"),
    ]
    assert found["books"][1] == {"id": "boo_1", "rating": None, "wrongAtOnce": None}


@pytest.mark.parametrize("name", ["tooFew", "noList"])
async def test_resolver_that_does_not_answer_each_parent_is_an_internal_error(
    library: GraphQLSchema, name: str
) -> None:
    result = await Plan.of(operation(library, f"{{ books(first: 2) {{ {name} }} }}")).run(Library())
    assert result.data == {"books": [{name: None}] * 2}
    assert [error.extensions for error in result.errors or ()] == [{"code": "INTERNAL"}]
    assert {error.message for error in result.errors or ()} == {"Internal error"}


async def test_value_that_cannot_be_made_is_the_error_of_its_document(library: GraphQLSchema) -> None:
    found, errors = await answer(
        library, '{ books(first: 1) { writer { name } } book(id: "boo_3") { writer { length } } }'
    )
    assert found == {"books": [{"writer": None}], "book": {"writer": {"length": None}}}
    assert errors == [(["book", "writer", "length"], "object of type 'NoneType' has no len()")]


async def test_denied_fields_are_null_and_told_when_the_request_asks_for_them(library: GraphQLSchema) -> None:
    document = """query ($on: Boolean!, $of: Boolean = true) {
      hidden @include(if: $on) { id } books(first: 1) { id secret: notes other: notes @skip(if: $of) }
    }"""
    denied = "Unauthorized field or type"
    assert await answer(library, document, variables={"on": True}) == (
        {"hidden": None, "books": [{"id": "boo_0", "secret": None}]},
        [(["hidden"], denied), (["books", "secret"], denied)],
    )
    assert await answer(library, document, variables={"on": False, "of": False}) == (
        {"books": [{"id": "boo_0", "secret": None, "other": None}]},
        [(["books", "secret"], denied), (["books", "other"], denied)],
    )


async def test_introspection_is_that_of_the_role(library: GraphQLSchema) -> None:
    document = '{ __type(name: "Book") { fields { name } } book(id: "boo_1") { __typename } }'
    seen = {}
    for role in (Role.PARENT, Role.TEACHER):
        found, _ = await answer(library, document, role=role)
        assert found["book"] == {"__typename": "Book"}
        seen[role] = {field["name"] for field in found["__type"]["fields"]}
    assert seen[Role.TEACHER] - seen[Role.PARENT] == {"notes"}


async def test_request_that_is_cancelled_cancels_its_reads(library: GraphQLSchema) -> None:
    task = asyncio.ensure_future(Plan.of(operation(library, "{ books { rating } }")).run(Library()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# JSON


async def test_instants_are_printed_by_the_encoder_as_their_scalar_would(library: GraphQLSchema) -> None:
    prepared = operation(library, "{ books(first: 2) { bought age } }")
    result = await Plan.of(prepared).run(Library())
    instants = [b'"2026-09-01T08:30:59+00:00"', b'"2026-09-01T08:30:59+05:00"']
    assert encoded(result.data) == b'{"books":[%s]}' % b",".join(
        b'{"bought":%s,"age":%s}' % (one, one) for one in instants
    )


async def test_answer_is_the_same_to_the_byte_whenever_it_is_asked(library: GraphQLSchema) -> None:
    document = "{ books { related { ... on Named { name } __typename } genres shelf { name } id } }"
    prepared = operation(library, document)
    first = encoded((await Plan.of(prepared).run(Library())).data)
    again = encoded((await Plan.of(operation(library, document)).run(Library())).data)
    assert first == again == encoded((await Plan.of(prepared).run(Library())).data)


# What is compiled, and kept


def test_plan_is_made_once_for_an_operation(library: GraphQLSchema) -> None:
    prepared = PreparedOperation(operation(library, "{ books { id } }"))
    assert prepared.plan is prepared.plan


def test_source_can_be_read(library: GraphQLSchema) -> None:
    source = Plan.of(operation(library, "{ books { id writer { name } } }")).source
    assert [line for line in source.splitlines() if line.startswith("def ")] == [
        "def Query_1(P, run, X, into=None, type=type, str=str, int=int):",
        "def Book_3(P, run, X, into=None, type=type, str=str, int=int):",
        "def Writer_7(P, run, X, into=None, type=type, str=str, int=int):",
    ]
    assert "'id': v if type(v := p['_id']) is str else" in source


async def test_one_plan_serves_requests_that_run_at_once(library: GraphQLSchema) -> None:
    document = "query ($first: Int!, $on: Boolean!) { books(first: $first) { id name @include(if: $on) } }"
    plan = Plan.of(operation(library, document))
    results = await asyncio.gather(*(plan.run(Library(), {"first": n, "on": n % 2 == 0}) for n in range(6)))
    assert [len(result.data["books"]) for result in results if result.data] == list(range(6))
    assert [list(result.data["books"][0]) for result in results[1:] if result.data] == [["id"], ["id", "name"]] * 2 + [
        ["id"]
    ]


async def test_operations_of_one_document_have_plans_of_their_own(library: GraphQLSchema) -> None:
    document = "query A { books(first: 1) { id } } query B { books(first: 1) { name } }"
    assert await answer(library, document, name="A") == ({"books": [{"id": "boo_0"}]}, [])
    assert await answer(library, document, name="B") == ({"books": [{"name": "Book 0"}]}, [])


async def test_declared_fields_answer_through_the_adapter_too(library: GraphQLSchema) -> None:
    result: Any = execute(library, '{ book(id: "boo_1") { writer { books(first: 1) { id } } } }', {}, Library())
    assert (await result) == ({"book": {"writer": {"books": [{"id": "boo_1"}]}}}, None)


async def test_fields_very_deep_in_a_document_are_compiled_when_they_are_reached(library: GraphQLSchema) -> None:
    depth = 60
    document = '{ book(id: "boo_1") ' + "{ writer { books(first: 1) " * depth + "{ id }" + " } }" * depth + " }"
    plan = Plan.of(operation(library, document))
    before = len(plan.source)
    result = await plan.run(Library())
    assert result.errors is None
    assert encoded(result.data).count(b"boo_1") == 1
    assert len(plan.source) > before


async def test_documents_that_name_fields_exponentially_often_are_compiled_as_far_as_they_are_reached(
    library: GraphQLSchema,
) -> None:
    once = "writer {{ books(first: 0) {{ ...F{} }} }}"
    fragments = [f"fragment F{n} on Book {{{{ a: {once} b: {once} }}}}".format(n + 1, n + 1) for n in range(14)]
    document = '{ book(id: "boo_1") { ...F0 } } fragment F14 on Book { id } ' + " ".join(fragments)
    plan = Plan(_target(library, document))
    assert len(plan.source) < 3_000_000
    result: Any = plan.start(Library(), {}, {})
    assert (await result).errors is None


def _target(library: GraphQLSchema, document: str) -> Any:
    parsed = parse(document)
    node: Any = parsed.definitions[0]
    return CompileInput(whole_operation(library, parsed, node))


def _resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.unmeasured  # ten thousand operations, all alike
async def test_memory_is_bounded_when_documents_never_repeat(library: GraphQLSchema) -> None:
    size = 200
    role = Role.PARENT.value
    documents = Documents(library, [role], size=size)
    settled = 0
    for number in range(10_000):
        _ = (await documents.operation(f"{{ a{number}: __typename }}", None, role)).plan
        if number == 2_000:
            settled = _resident_bytes()
    grown = _resident_bytes() - settled  # which collects what is not kept: other tests may have spared the collector
    assert sum(type(one) is Plan and one._input.schema is library for one in gc.get_objects()) < 2 * size
    assert grown < 60 * 2**20  # a tenth of what all of them would take


async def test_plans_are_freed_at_once_when_their_documents_are_forgotten(library: GraphQLSchema) -> None:
    documents = Documents(library, [Role.PARENT.value], size=20)
    query = "{ books(first: 2) { id tags shelf { id } writer { name } named { __typename } } }"
    gc.disable()  # as good as, where it is spared
    try:
        plans = [
            weakref.ref((await documents.operation(f"query Q{number} {query}", None, Role.PARENT.value)).plan)
            for number in range(60)
        ]
        assert sum(plan() is not None for plan in plans) == 4  # the share of those that were used once
    finally:
        gc.enable()


class _Unlucky(BaseException):
    """An error that no plan takes for an error of a field."""


def _unlucky(document: Mapping[str, Any]) -> str:
    del document
    raise _Unlucky


async def _one_thing(roots: Sequence[Any], info: Any) -> list[Any]:
    del info
    return [{"_id": "x", "name": "y"}] * len(roots)


async def test_a_traceback_through_a_plan_shows_its_lines_as_long_as_the_plan_is_there() -> None:
    @view_of(NameDocument)
    class Thing:
        name: str
        luck: str = fields.value(_unlucky)

    @strawberry.type
    class Query:
        thing: Thing | None = fields.batch(_one_thing)

    built = strawberry.Schema(Query)._schema
    plan = Plan.of(whole_operation(built, *_parsed("{ thing { name luck } }")))
    with pytest.raises(_Unlucky) as raised:
        await plan.run(Library())
    shown = "".join(traceback.format_exception(raised.value))
    [line] = [line for line in plan.source.splitlines() if "'luck'" in line]
    assert line.strip() in shown
    [name] = [name for name in linecache.cache if name.startswith("generated plan") and f'"{name}"' in shown]
    raised.value.with_traceback(None)
    del plan, raised
    gc.collect()
    assert name not in linecache.cache


async def test_a_list_that_falls_back_to_the_slow_path_is_counted(library: GraphQLSchema) -> None:
    counted = SLOW_PATHS.labels("rows")._value
    before = counted.get()
    await answer(library, "{ books(first: 3) { id length } }")
    assert counted.get() == before
    await answer(library, '{ book(id: "boo_3") { writer { length } } }')
    assert counted.get() > before


def _parsed(document: str) -> tuple[DocumentNode, Any]:
    parsed = parse(document)
    return parsed, parsed.definitions[0]
