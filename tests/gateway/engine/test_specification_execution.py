"""Chapter 6 of the GraphQL specification (September 2025), and what it relies on of chapter 5."""

import asyncio
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLResolveInfo

from gateway.engine.execute import execute
from tests.gateway.engine.running import answered, data, run, schema_of

# 6.1 Executing requests


@pytest.mark.parametrize(
    ("document", "name", "message"),
    [
        ("query A { a } query B { a }", None, "Must provide operation name if query contains multiple operations."),
        ("query A { a }", "C", "Unknown operation named 'C'."),
        ("fragment F on Query { a }", None, "Must provide an operation."),
        ("mutation { a }", None, "Schema is not configured to execute mutation operation."),
        ("{ a", None, "Syntax Error: Expected Name, found <EOF>."),
    ],
)
def test_request_is_refused_when_there_is_nothing_to_run(document: str, name: str | None, message: str) -> None:
    result: Any = execute(schema_of("type Query { a: Int }"), document, operation_name=name)
    assert result.data is None
    assert [(error.path, error.message) for error in result.errors] == [(None, message)]


async def test_operation_is_chosen_by_name() -> None:
    document = "query A { a } query B { b: a }"
    assert await data("type Query { a: Int }", document, {"a": 1}, name="B") == {"b": 1}


async def test_result_comes_at_once_when_no_resolver_waits() -> None:
    assert execute(schema_of("type Query { a: Int }"), "{ a }", {"a": 1}) == ({"a": 1}, None)


_VARIABLES = "type Query { echo(a: Int, b: Int! = 7, c: [Int!]): String }"


def _echo(_source: Any, _info: Any, **arguments: Any) -> str:
    return str(arguments)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({}, "{'a': 1, 'b': 7}"),
        ({"a": None}, "{'a': None, 'b': 7}"),
        ({"a": 2, "b": 3}, "{'a': 2, 'b': 3}"),
        ({"c": 4}, "{'a': 1, 'b': 7, 'c': [4]}"),
        ({"unknown": 4}, "{'a': 1, 'b': 7}"),
    ],
)
async def test_variables_are_coerced_as_they_are_declared(sent: Any, shown: str) -> None:
    schema = schema_of(_VARIABLES, Query__echo=_echo)
    document = "query ($a: Int = 1, $b: Int! = 7, $c: [Int!]) { echo(a: $a, b: $b, c: $c) }"
    assert await data(schema, document, variables=sent) == {"echo": shown}


async def test_every_wrong_variable_is_told_when_there_are_several() -> None:
    schema = schema_of(_VARIABLES, Query__echo=_echo)
    document = "query ($a: Int, $b: Int!) { echo(a: $a, b: $b) }"
    _, errors = await answered(schema, document, variables={"a": "x"})
    assert [path for path, _ in errors] == [None, None]
    assert "$a" in errors[0][1]
    assert "$b" in errors[1][1]


# 6.2 Executing operations


async def test_mutations_run_one_after_the_other_with_all_below_them() -> None:
    events: list[str] = []

    async def begin(_source: Any, _info: Any, name: str) -> dict[str, str]:
        events.append(f"{name} begins")
        await asyncio.sleep(0)
        if name == "b":
            raise GraphQLError("b fails")
        return {"name": name}

    async def end(source: dict[str, str], _info: Any) -> str:
        await asyncio.sleep(0)
        events.append(f"{source['name']} ends")
        return source["name"]

    schema = schema_of(
        "type Query { a: Int } type Mutation { do(name: String!): Done } type Done { end: String }",
        Mutation__do=begin,
        Done__end=end,
    )
    document = 'mutation { a: do(name: "a") { end } b: do(name: "b") { end } c: do(name: "c") { end } }'
    assert await answered(schema, document) == (
        {"a": {"end": "a"}, "b": None, "c": {"end": "c"}},
        [(["b"], "b fails")],
    )
    assert events == ["a begins", "a ends", "b begins", "c begins", "c ends"]


async def test_later_mutations_do_not_run_when_nothing_is_left_of_the_answer() -> None:
    ran: list[str] = []

    def do(_source: Any, _info: Any, name: str) -> str | None:
        ran.append(name)
        return None if name == "a" else name

    schema = schema_of("type Query { a: Int } type Mutation { do(name: String!): String! }", Mutation__do=do)
    data_, errors = await answered(schema, 'mutation { a: do(name: "a") b: do(name: "b") }')
    assert (data_, len(errors), ran) == (None, 1, ["a"])


async def test_queries_wait_for_all_fields_of_a_level_at_once() -> None:
    barrier = asyncio.Barrier(3)

    async def meet(_source: Any, _info: GraphQLResolveInfo[Any]) -> int:
        await asyncio.wait_for(barrier.wait(), 5)
        return 1

    schema = schema_of("type Query { a: Int b: Int c: Int }", Query__a=meet, Query__b=meet, Query__c=meet)
    assert await data(schema, "{ a b c }") == {"a": 1, "b": 1, "c": 1}


# 6.3 Collecting fields, and 5.3.2 merging

_TREE = "type Query { a: Int b: Int tree: Query trees: [Query] }"
_ROOT = {"a": 1, "b": 2, "tree": {"a": 3, "b": 4, "tree": {"a": 5}}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ a a x: a }", {"a": 1, "x": 1}),
        ("{ tree { a } tree { b } }", {"tree": {"a": 3, "b": 4}}),
        ("{ ...F tree { tree { a } } } fragment F on Query { tree { b } }", {"tree": {"b": 4, "tree": {"a": 5}}}),
        ("{ ...F ...F } fragment F on Query { a ... { b } }", {"a": 1, "b": 2}),
        ("{ ... @include(if: false) { a } b @skip(if: false) }", {"b": 2}),
        ("{ a @skip(if: true) @include(if: true) b }", {"b": 2}),
        ("{ tree { a @skip(if: true) } }", {"tree": {}}),
    ],
)
async def test_fields_with_one_response_key_are_merged(document: str, expected: Any) -> None:
    assert await data(_TREE, document, _ROOT) == expected


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
async def test_variables_decide_what_is_included_and_in_which_order(first: bool, second: bool) -> None:  # noqa: FBT001
    document = """query ($first: Boolean!, $second: Boolean!) {
      tree @include(if: $first) { a }
      ...F @include(if: $second)
      a
      ...F @skip(if: $second)
      tree { tree { a @include(if: $second) } }
    } fragment F on Query { b tree @skip(if: $first) { b } }"""
    tree: dict[str, Any] = {"a": 3} if first else {"b": 4}
    tree["tree"] = {"a": 5} if second else {}
    expected: dict[str, Any] = {"tree": tree} if first else {}
    expected |= {"b": 2, **({} if first else {"tree": tree}), "a": 1} if second else {"a": 1, "b": 2, "tree": tree}
    found = await data(_TREE, document, _ROOT, variables={"first": first, "second": second})
    assert found == expected
    assert list(found) == list(expected)


async def test_object_is_an_error_when_a_directive_below_it_has_no_value() -> None:
    document = "query ($on: Boolean = true) { a trees { b @include(if: $on) } }"
    found, errors = await answered(_TREE, document, {"a": 1, "trees": [{}, {}]}, variables={"on": None})
    assert found == {"a": 1, "trees": [None, None]}
    assert [path for path, _ in errors] == [["trees", 0], ["trees", 1]]


async def test_request_is_an_error_when_a_directive_at_its_root_has_no_value() -> None:
    found, errors = await answered(
        _TREE, "query ($on: Boolean = true) { a @skip(if: $on) }", {"a": 1}, variables={"on": None}
    )
    assert found is None
    assert [path for path, _ in errors] == [None]


async def test_fragment_that_contains_itself_ends_where_the_data_does() -> None:
    document = "{ ...F } fragment F on Query { a tree { ...F } }"
    assert await data(_TREE, document, _ROOT, valid=False) == {
        "a": 1,
        "tree": {"a": 3, "tree": {"a": 5, "tree": None}},
    }


async def test_fields_that_the_type_does_not_have_are_left_out() -> None:
    assert await data(_TREE, "{ a unheard { of } }", _ROOT, valid=False) == {"a": 1}


# 6.4 Executing fields


async def test_argument_error_is_an_error_of_the_field() -> None:
    schema = schema_of("type Query { echo(a: Int!): String b: Int }", Query__echo=_echo)
    document = "query ($a: Int = 1) { echo(a: $a) b }"
    found, errors = await answered(schema, document, {"b": 1}, variables={"a": None})
    assert found == {"echo": None, "b": 1}
    assert [path for path, _ in errors] == [["echo"]]


async def test_resolver_learns_where_it_is() -> None:
    def where(_source: Any, info: GraphQLResolveInfo[Any]) -> str:
        return f"{info.parent_type.name}.{info.field_name} {info.path.as_list()} {len(info.field_nodes)} {info.context}"

    schema = schema_of("type Query { items: [Item] } type Item { where: String }", Item__where=where)
    result = execute(schema, "{ items { at: where ... { at: where } } }", {"items": [{}, {}]}, "context")
    assert result == (
        {
            "items": [
                {"at": "Item.where ['items', 0, 'at'] 2 context"},
                {"at": "Item.where ['items', 1, 'at'] 2 context"},
            ]
        },
        None,
    )


async def test_values_come_from_attributes_keys_and_methods() -> None:
    class Root:
        a = 1

        def b(self, _info: Any) -> int:
            return 2

        async def tree(self, _info: Any) -> dict[str, Any]:
            return {"a": lambda _info: 3}

    assert await data(_TREE, "{ a b tree { a b } }", Root()) == {"a": 1, "b": 2, "tree": {"a": 3, "b": None}}


async def test_items_are_awaited_when_they_are_awaitable() -> None:
    async def item(number: int) -> dict[str, int]:
        await asyncio.sleep(0)
        if number == 2:
            raise GraphQLError("two")
        return {"a": number}

    async def items(_info: Any) -> Any:
        for number in range(4):
            yield item(number) if number % 2 == 0 else {"a": number}

    assert await answered(_TREE, "{ trees { a } }", {"trees": items}) == (
        {"trees": [{"a": 0}, {"a": 1}, None, {"a": 3}]},
        [(["trees", 2], "two")],
    )


# 6.4.4 Handling execution errors

_STRICT = """
type Query { nullable: Node strict: Node! list: [Node!] }
type Node { fine: Int bad: Int worse: Int! strict: Node! nullable: Node }
"""


def _bad(_source: Any, _info: Any) -> None:
    raise GraphQLError("bad")


def _worse(_source: Any, _info: Any) -> None:
    raise GraphQLError("worse")


def _strict_schema() -> Any:
    return schema_of(_STRICT, Node__bad=_bad, Node__worse=_worse)


_NODE: dict[str, Any] = {"fine": 1}
_DEEP: dict[str, Any] = {"fine": 1, "strict": {"fine": 2, "strict": _NODE}}


@pytest.mark.parametrize(
    ("document", "shown", "errors"),
    [
        ("{ nullable { fine bad } }", {"nullable": {"fine": 1, "bad": None}}, [(["nullable", "bad"], "bad")]),
        ("{ nullable { fine worse } }", {"nullable": None}, [(["nullable", "worse"], "worse")]),
        (
            "{ nullable { strict { strict { worse } } } }",
            {"nullable": None},
            [(["nullable", "strict", "strict", "worse"], "worse")],
        ),
        ("{ strict { strict { worse } } }", None, [(["strict", "strict", "worse"], "worse")]),
        (
            "{ list { worse } nullable { fine } }",
            {"list": None, "nullable": {"fine": 1}},
            [(["list", 0, "worse"], "worse")],
        ),
        # Errors found before stay; those of a position that is null already are dropped.
        (
            "{ nullable { bad worse again: worse } }",
            {"nullable": None},
            [(["nullable", "bad"], "bad"), (["nullable", "worse"], "worse")],
        ),
        ("{ nullable { worse bad } }", {"nullable": None}, [(["nullable", "worse"], "worse")]),
    ],
)
async def test_error_makes_null_what_may_be_null_and_is_told_once(document: str, shown: Any, errors: Any) -> None:
    root = {"nullable": _DEEP, "strict": _DEEP, "list": [_NODE, _NODE]}
    assert await answered(_strict_schema(), document, root) == (shown, errors)


async def test_error_tells_locations_of_every_node_and_its_extensions() -> None:
    def fail(_source: Any, _info: Any) -> None:
        raise GraphQLError("no", extensions={"code": "NO"})

    schema = schema_of("type Query { a: Int }", Query__a=fail)
    result = await run(schema, "query ($b: Boolean!) { a\n  a @include(if: $b)\n  a }", variables={"b": False})
    assert result.errors
    [error] = result.errors
    assert error.formatted == {
        "message": "no",
        "locations": [{"line": 1, "column": 24}, {"line": 3, "column": 3}],
        "path": ["a"],
        "extensions": {"code": "NO"},
    }


async def test_slow_sibling_is_not_waited_for_when_its_parent_is_null() -> None:
    cancelled = asyncio.Event()

    async def never(_source: Any, _info: Any) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def fail(_source: Any, _info: Any) -> None:
        await asyncio.sleep(0)
        raise GraphQLError("worse")

    schema = schema_of(_STRICT, Node__bad=never, Node__worse=fail)
    found = await asyncio.wait_for(answered(schema, "{ nullable { bad worse } list { fine } }", {"nullable": {}}), 5)
    assert found == ({"nullable": None, "list": None}, [(["nullable", "worse"], "worse")])
    assert cancelled.is_set()


async def test_nulls_stay_where_they_are_when_the_operation_asks_for_it() -> None:
    sdl = "directive @experimental_disableErrorPropagation on QUERY " + _STRICT
    document = "query @experimental_disableErrorPropagation { nullable { fine worse } }"
    schema = schema_of(sdl, Node__worse=_worse)
    assert await answered(schema, document, {"nullable": _NODE}) == (
        {"nullable": {"fine": 1, "worse": None}},
        [(["nullable", "worse"], "worse")],
    )
