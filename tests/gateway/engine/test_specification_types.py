"""Chapter 3 of the GraphQL specification (September 2025) as far as execution shows it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType

from tests.gateway.engine.running import answered, data, run, schema_of

# 3.5 Scalars: result coercion


@pytest.mark.parametrize(
    ("scalar", "value", "shown"),
    [
        ("Int", 1, 1),
        ("Int", -(2**31), -(2**31)),
        ("Int", 1.0, 1),
        ("Int", "123", 123),
        ("Int", True, 1),
        ("Float", 1.5, 1.5),
        ("Float", 1, 1.0),
        ("Float", "1.5", 1.5),
        ("Float", Decimal("0.5"), 0.5),
        ("String", "a", "a"),
        ("String", 1, "1"),
        ("String", True, "true"),
        ("Boolean", True, True),
        ("Boolean", 0, False),
        ("ID", "4", "4"),
        ("ID", 4, "4"),
    ],
)
async def test_scalar_is_shown_when_it_can_be_coerced(scalar: str, value: Any, shown: Any) -> None:
    found = await data(f"type Query {{ field: {scalar} }}", "{ field }", {"field": value})
    assert found == {"field": shown}
    assert type(found["field"]) is type(shown)


@pytest.mark.parametrize(
    ("scalar", "value", "message"),
    [
        ("Int", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("Int", 1.5, "Int cannot represent non-integer value: 1.5"),
        ("Int", "one", "Int cannot represent non-integer value: 'one'"),
        ("Float", float("nan"), "Float cannot represent non numeric value: nan"),
        ("Float", float("inf"), "Float cannot represent non numeric value: inf"),
        ("String", [], "String cannot represent value: []"),
        ("Boolean", "yes", "Boolean cannot represent a non boolean value: 'yes'"),
        ("ID", True, "ID cannot represent value: True"),
    ],
)
async def test_scalar_is_an_error_when_it_cannot_be_coerced(scalar: str, value: Any, message: str) -> None:
    assert await answered(f"type Query {{ field: {scalar} }}", "{ field }", {"field": value}) == (
        {"field": None},
        [(["field"], message)],
    )


async def test_custom_scalar_is_serialised_by_its_own_function() -> None:
    schema = schema_of("scalar Even type Query { even: Even odd: Even none: Even }")
    even: Any = schema.type_map["Even"]
    assert isinstance(even, GraphQLScalarType)

    def halved(value: int) -> int | None:
        if value % 2:
            raise GraphQLError("odd", extensions={"code": "ODD"})
        return value // 2 or None

    even.coerce_output_value = halved
    result = await run(schema, "{ even odd none }", {"even": 4, "odd": 3, "none": 0})
    assert result.data == {"even": 2, "odd": None, "none": None}
    assert [(error.message, error.extensions) for error in result.errors or ()] == [
        ("odd", {"code": "ODD"}),
        ("Expected `Even.coerce_output_value(0)` to return non-nullable value, returned: None", {}),
    ]


# 3.6 Objects


async def test_fields_come_in_the_order_in_which_they_are_asked() -> None:
    schema = "type Query { foo: Int bar: Int qux: Int baz: Int }"
    document = "{ foo ...F qux baz } fragment F on Query { bar qux foo }"
    assert json.dumps(await data(schema, document, {"foo": 1, "bar": 2, "qux": 3, "baz": 4})) == (
        '{"foo": 1, "bar": 2, "qux": 3, "baz": 4}'
    )


async def test_fields_of_other_types_leave_no_trace_in_the_order() -> None:
    schema = "type Query { foo: Int bar: Int } type Other { bar: Int } union U = Query | Other"
    document = """{ foo ...Ignored ...Matching bar }
      fragment Ignored on U { ... on Other { bar } } fragment Matching on Query { bar foo }"""
    assert list(await data(schema, document, {})) == ["foo", "bar"]


async def test_typename_is_told_wherever_it_is_asked() -> None:
    schema = "type Query { self: Query }"
    assert await data(schema, "{ __typename self { kind: __typename } }", {"self": {}}) == {
        "__typename": "Query",
        "self": {"kind": "Query"},
    }


async def test_arguments_reach_the_resolver_when_given_or_by_default() -> None:
    schema = schema_of(
        "type Query { field(a: Int = 1, b: [String], c: Int): String }",
        Query__field=lambda _source, _info, **arguments: str(arguments),
    )
    document = 'query ($c: Int) { one: field two: field(a: null, b: "x") three: field(c: $c) }'
    assert await data(schema, document) == {
        "one": "{'a': 1}",
        "two": "{'a': None, 'b': ['x']}",
        "three": "{'a': 1}",
    }


# 3.7 and 3.8 Interfaces and unions

_PETS = """
interface Named { name: String }
interface Pet implements Named { name: String legs: Int }
type Dog implements Pet & Named { name: String legs: Int barks: Boolean }
type Fish implements Named { name: String fins: Int }
union Animal = Dog | Fish
type Query { named: [Named] animal: Animal pet: Pet }
"""
_DOG = {"__typename": "Dog", "name": "Rex", "legs": 4, "barks": True}
_FISH = {"__typename": "Fish", "name": "Bubbles", "fins": 3}


async def test_fragments_apply_to_the_object_type_its_interfaces_and_its_unions() -> None:
    document = """{ named { name ... on Pet { legs } ... on Animal { ... on Dog { barks } ... on Fish { fins } } } }"""
    assert await data(_PETS, document, {"named": [_DOG, _FISH]}) == {
        "named": [{"name": "Rex", "legs": 4, "barks": True}, {"name": "Bubbles", "fins": 3}]
    }


async def test_type_is_resolved_when_the_value_does_not_name_it() -> None:
    schema = schema_of(_PETS, Animal__resolve_type=lambda value, _info, _type: value["kind"])
    root = {"animal": {"kind": "Fish", "fins": 2}}
    assert await data(schema, "{ animal { __typename ... on Fish { fins } } }", root) == {
        "animal": {"__typename": "Fish", "fins": 2}
    }


async def test_type_is_asked_of_each_member_when_nothing_else_tells_it() -> None:
    async def swims(value: Any, _info: Any) -> bool:
        return "fins" in value

    schema = schema_of(_PETS, Dog__is_type_of=lambda value, _info: "barks" in value, Fish__is_type_of=swims)
    root = {"named": [{"name": "Rex", "barks": False}, {"name": "Bubbles", "fins": 1}]}
    assert await data(schema, "{ named { __typename name } }", root) == {
        "named": [{"__typename": "Dog", "name": "Rex"}, {"__typename": "Fish", "name": "Bubbles"}]
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"__typename": "Cat"},
            "Abstract type 'Pet' was resolved to a type 'Cat' that does not exist inside the schema.",
        ),
        ({"__typename": "Fish"}, "Runtime Object type 'Fish' is not a possible type for 'Pet'."),
        ({"__typename": "Named"}, "Abstract type 'Pet' was resolved to a non-object type 'Named'."),
        (
            {},
            (
                "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.pet'. Either the 'Pet'"
                " type should provide a 'resolve_type' function or each possible type should provide an 'is_type_of'"
                " function."
            ),
        ),
    ],
)
async def test_value_is_an_error_when_its_type_is_none_of_the_possible(value: Any, message: str) -> None:
    assert await answered(_PETS, "{ pet { name } }", {"pet": value}) == ({"pet": None}, [(["pet"], message)])


# 3.9 Enums


async def test_enum_value_is_told_by_name() -> None:
    schema = schema_of("enum Colour { RED GREEN } type Query { colours: [Colour] }")
    colours: Any = schema.type_map["Colour"]
    colours.values["GREEN"].value = 2
    colours.__dict__.pop("_value_lookup", None)
    assert await answered(schema, "{ colours }", {"colours": ["RED", 2, "BLUE", None, ["RED"]]}) == (
        {"colours": ["RED", "GREEN", None, None, None]},
        [
            (["colours", 2], "Enum 'Colour' cannot represent value: 'BLUE'"),
            (["colours", 4], "Enum 'Colour' cannot represent value: ['RED']"),
        ],
    )


# 3.10 Input objects

_INPUT = "input Range { low: Int! = 0 high: Int! } input One @oneOf { a: Int b: String } "


def _echo(_source: Any, _info: Any, **arguments: Any) -> str:
    return json.dumps(arguments, sort_keys=True)


async def test_input_object_is_coerced_when_it_is_given_in_any_way() -> None:
    schema = schema_of(_INPUT + "type Query { echo(range: Range): String }", Query__echo=_echo)
    document = """query ($range: Range $high: Int!) {
      literal: echo(range: {high: 3}) variable: echo(range: $range) inside: echo(range: {low: 1, high: $high})
    }"""
    assert await data(schema, document, variables={"range": {"high": 4}, "high": 5}) == {
        "literal": '{"range": {"high": 3, "low": 0}}',
        "variable": '{"range": {"high": 4, "low": 0}}',
        "inside": '{"range": {"high": 5, "low": 1}}',
    }


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ({"low": 1}, "high"),
        ({"high": None}, ".high"),
        ({"high": 1, "depth": 2}, "depth"),
        ({"high": "1"}, "Int cannot represent non-integer value: '1'"),
    ],
)
async def test_request_is_refused_when_an_input_object_does_not_fit(sent: Any, part: str) -> None:
    schema = schema_of(_INPUT + "type Query { echo(range: Range): String }", Query__echo=_echo)
    result = await run(schema, "query ($range: Range) { echo(range: $range) }", variables={"range": sent})
    assert result.data is None
    assert result.errors
    [error] = result.errors
    assert error.path is None
    assert "$range" in error.message
    assert part in error.message


async def test_one_of_takes_exactly_one_field() -> None:
    schema = schema_of(_INPUT + "type Query { echo(one: One): String }", Query__echo=_echo)
    document = "query ($one: One) { echo(one: $one) }"
    assert await data(schema, document, variables={"one": {"a": 1}}) == {"echo": '{"one": {"a": 1}}'}
    for sent in ({"a": 1, "b": "x"}, {}, {"a": None}):
        result = await run(schema, document, variables={"one": sent})
        assert result.data is None
        assert result.errors


# 3.11 Lists


@pytest.mark.parametrize("value", [[1, 2], (1, 2), range(1, 3), iter([1, 2])])
async def test_list_is_made_of_anything_iterable(value: Any) -> None:
    assert await data("type Query { list: [Int] }", "{ list }", {"list": value}) == {"list": [1, 2]}


@pytest.mark.parametrize("value", ["12", {"a": 1}, 12])
async def test_list_is_an_error_when_the_value_is_not_iterable(value: Any) -> None:
    message = "Expected Iterable, but did not find one for field 'Query.list'."
    assert await answered("type Query { list: [Int] }", "{ list }", {"list": value}) == (
        {"list": None},
        [(["list"], message)],
    )


async def test_lists_of_lists_keep_their_shape_and_tell_both_indexes() -> None:
    assert await answered("type Query { grid: [[Int]] }", "{ grid }", {"grid": [[1, "x"], None, [], [2, None]]}) == (
        {"grid": [[1, None], None, [], [2, None]]},
        [(["grid", 0, 1], "Int cannot represent non-integer value: 'x'")],
    )


# 3.12 Non-Null

_NULL = "Cannot return null for non-nullable field Query.list."


@pytest.mark.parametrize(
    ("listed", "value", "shown", "path"),
    [
        ("[Int]", [1, None], {"list": [1, None]}, None),
        ("[Int]!", [1, None], {"list": [1, None]}, None),
        ("[Int]!", None, None, ["list"]),
        ("[Int!]", [1, None], {"list": None}, ["list", 1]),
        ("[Int!]", None, {"list": None}, None),
        ("[Int!]!", [1, None], None, ["list", 1]),
        ("[[Int!]]", [[1], [None]], {"list": [[1], None]}, ["list", 1, 0]),
        ("[[Int!]!]", [[1], [None]], {"list": None}, ["list", 1, 0]),
        ("[[Int!]!]!", [[1], [None]], None, ["list", 1, 0]),
        ("[[Int]!]", [[1], None], {"list": None}, ["list", 1]),
    ],
)
async def test_null_goes_up_to_what_may_be_null(listed: str, value: Any, shown: Any, path: Any) -> None:
    expected = [] if path is None else [(path, _NULL)]
    assert await answered(f"type Query {{ list: {listed} }}", "{ list }", {"list": value}) == (shown, expected)


# 4 Introspection


async def test_introspection_stands_beside_other_fields() -> None:
    schema = "type Query { a: Int } type Other { b: Int }"
    document = "query ($name: String!) { a type: __type(name: $name) { name } __schema { queryType { name } } b: a }"
    assert await data(schema, document, {"a": 1}, variables={"name": "Other"}) == {
        "a": 1,
        "type": {"name": "Other"},
        "__schema": {"queryType": {"name": "Query"}},
        "b": 1,
    }
