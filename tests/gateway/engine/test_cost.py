"""What operations cost: by tables, for every role, and never less than their answers turn out to cost."""

from collections.abc import Mapping
from functools import lru_cache
from random import Random
from timeit import timeit
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    parse,
    print_ast,
)

from auth.viewer import Role
from gateway.engine.cost import directives
from gateway.engine.cost.directives import depth, field_weight, list_size
from gateway.engine.cost.operation_cost import Cost, Heaviest
from gateway.engine.documents import PreparedOperation
from gateway.engine.prepare.operation import Operation, OperationRefused, prepare
from gateway.engine.prepare.visibility import View
from gateway.schema.printed import printed
from gateway.schema.query import graphql_schema
from tests.gateway.engine.differential import SWITCHES, scrambled

DIRECTIVES = """
directive @cost(weight: Int!) on
  ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(
  assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION
"""

BOOKSHOP = """
type Query {
  book(id: ID): Book
  bestsellers: [Book] @listSize(assumedSize: 5)
  newestAdditions(after: ID, limit: Int!): [Book] @listSize(slicingArguments: ["limit"])
}
type Book { title: String author: Author publisher: Publisher }
type Author { name: String }
type Publisher { name: String address: Address }
"""

CHEAP_ADDRESS = "type Address { zipCode: Int! }"
DEAR_ADDRESS = "type Address @cost(weight: 5) { zipCode: Int! }"

OF_BOOK = "{ title author { name } publisher { name address { zipCode } } }"


def costs(sdl: str, text: str, *, default_list_size: int = 10) -> Cost:
    return Cost(prepare(text, None, view_of(sdl)), default_list_size)


@lru_cache
def view_of(sdl: str) -> View:
    return View(build_schema(DIRECTIVES + sdl), "ANYBODY")


@pytest.mark.parametrize(
    ("address", "text", "cost"),
    [
        (CHEAP_ADDRESS, "{ book(id: 1) %s }", 4),
        (DEAR_ADDRESS, "{ book(id: 1) %s }", 8),
        (DEAR_ADDRESS, "{ bestsellers %s }", 40),
        (DEAR_ADDRESS, "{ newestAdditions(limit: 3) %s }", 24),
        (DEAR_ADDRESS, "{ newestAdditions(limit: 7) %s }", 56),
    ],
)
def test_the_bookshop_costs_what_the_router_documents(address: str, text: str, cost: int) -> None:
    assert costs(BOOKSHOP + address, text % OF_BOOK).estimated({}) == cost


SHOP = """
type Query {
  thing: Thing!
  named: Named
  any: Any
  things(first: Int = 4, last: Int): [Thing!]!
    @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  either(first: Int, last: Int): [Thing] @listSize(slicingArguments: ["first", "last"])
  assumed(first: Int): [Thing] @listSize(assumedSize: 6, slicingArguments: ["first"], requireOneSlicingArgument: false)
  unknown: [Thing]
  page(first: Int = 20): Page @listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"])
  search(input: Search): [Thing] @listSize(slicingArguments: ["input.page.first"])
  scored(input: Search, many: [Search!], dear: Int @cost(weight: 7), plain: Int): Thing
  counted: Int @cost(weight: 3)
  counts: [Int] @cost(weight: 3) @listSize(assumedSize: 4)
  price: Price
  colour: Colour
  grid: [[Thing]]
}
type Mutation { buy(id: ID): Thing  rename: String }
type Thing { id: ID  thing: Thing  things: [Thing!] @listSize(assumedSize: 3)  size: Int @cost(weight: 2) }
type Dear implements Named @cost(weight: 9) { name: String things: [Thing] @listSize(assumedSize: 2) part: Thing }
type Cheap implements Named { name: String part: Thing things: [Thing] @listSize(assumedSize: 5) }
interface Named { name: String }
union Any = Thing | Cheap
type Page { edges: [Edge] nodes: [Thing] total: Int @cost(weight: 2) }
type Edge { node: Thing }
input Search { words: String page: Window nothing: Int @cost(weight: 4) }
input Window { first: Int }
scalar Price @cost(weight: 6)
enum Colour { RED }
"""


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        # Weights
        ("{ __typename }", 0),
        ("{ thing { id } }", 1),
        ("{ a: thing { id } b: thing { id } }", 2),
        ("{ thing { id size } }", 3),
        ("{ counted colour price }", 9),
        ("{ counts }", 12),
        ("mutation { rename }", 10),
        ("mutation { buy(id: 1) { id } }", 11),
        ("{ __schema { queryType { name } } }", 1),
        ('{ a: __type(name: "Thing") { name } b: __type(name: "Nothing") { name } }', 2),
        # Lists
        ("{ unknown { id } }", 10),
        ("{ unknown { thing { id } } }", 20),
        ("{ things { id } }", 4),
        ("{ things(first: 9) { id } }", 9),
        ("{ things(first: 9, last: 12) { id } }", 12),
        ("{ things(first: null) { id } }", 4),
        ("{ things(first: -5) { id } }", 0),
        ("{ things(first: 2) { things { id } } }", 2 * (1 + 3)),
        ("{ assumed { id } }", 6),
        ("{ assumed(first: 2) { id } }", 2),
        ("{ either(last: 5) { id } }", 5),
        ("{ page { nodes { id } } }", 1 + 20),
        ("{ page(first: 3) { edges { node { id } } nodes { id } total } }", 1 + 3 * 2 + 3 + 2),
        ("{ page(first: 3) { ... on Page { nodes { things { id } } } } }", 1 + 3 * (1 + 3)),
        ('{ search(input: { words: "a", page: { first: 4 } }) { id } }', 4 + 2),
        ("{ grid { id } }", 10),
        # Arguments
        ("{ scored { id } }", 1),
        ("{ scored(plain: 1, dear: 2) { id } }", 1 + 7),
        ("{ scored(dear: null) { id } }", 1),
        ('{ scored(input: { words: "a", nothing: 1 }) { id } }', 1 + 1 + 4),
        ('{ scored(many: [{ words: "a" }, { nothing: 1 }]) { id } }', 1 + 1 + 5),
        ("{ thing { things { thing { id } } } }", 1 + 3 * 2),
        # Members of interfaces and unions: the most expensive one
        ("{ named { name } }", 9),
        ("{ named { name ... on Cheap { things { id } } } }", 9),
        ("{ named { ... on Cheap { things { things { id } } } } }", 1 + 5 * (1 + 3)),
        (
            "{ named { ... on Dear { part { id } things { id } } ... on Cheap { part { id } things { id } } } }",
            9 + 1 + 2,
        ),
        ("{ any { ... on Thing { thing { id } } ... on Cheap { things { id } } } }", 1 + 5),
        # Merging, fragments, directives
        ("{ thing { thing { id } thing { things { id } } } }", 1 + 1 + 3),
        ("{ thing { ...F ...F } } fragment F on Thing { things { id } }", 1 + 3),
        ("{ thing { ...F things { thing { id } } } } fragment F on Thing { things { id } }", 1 + 3 * 2),
        ("{ a: unknown { ...F } b: thing { ...F } } fragment F on Thing { thing { id } }", 10 * 2 + 2),
        ("{ thing { thing @skip(if: true) { id } things @include(if: false) { id } } }", 1),
        ("{ thing { thing @skip(if: false) { id } things @include(if: true) { id } } }", 1 + 1 + 3),
        ("{ thing { ... @include(if: false) { thing { id } } ...F @skip(if: true) } } fragment F on Thing { id }", 1),
    ],
)
def test_operations_cost_what_the_table_says(text: str, cost: int) -> None:
    assert costs(SHOP, text).estimated({}) == cost


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("query($n: Int) { things(first: $n) { id } }", {"n": 7}, 7),
        ("query($n: Int) { things(first: $n) { id } }", {"n": 7.0}, 7),
        ("query($n: Int) { things(first: $n) { id } }", {"n": -7}, 0),
        ("query($n: Int) { things(first: $n) { id } }", {}, 4),
        ("query($n: Int) { things(first: $n) { id } }", {"n": None}, 4),
        ("query($n: Int) { things(first: $n) { id } }", {"n": "many"}, 4),
        ("query($n: Int = 8) { things(first: $n) { id } }", {}, 8),
        ("query($n: Int = 8) { things(first: $n) { id } }", {"n": 2}, 2),
        ("query($n: Int, $m: Int) { things(first: $n, last: $m) { id } }", {"n": 2, "m": 3}, 3),
        ("query($n: Int) { things(first: 5, last: $n) { id } }", {"n": 3}, 5),
        ("query($n: Int) { assumed(first: $n) { id } }", {}, 6),
        ("query($n: Int) { page(first: $n) { nodes { things { id } } } }", {"n": 5}, 1 + 5 * 4),
        ("query($n: Int) { a: page(first: $n) { nodes { id } } b: page(first: $n) { edges { node { id } } } }",
         {"n": 5}, 2 + 5 + 10),
        ("query($i: Search) { search(input: $i) { id } }", {"i": {"page": {"first": 3}}}, 3 + 2),
        ("query($p: Window) { search(input: { page: $p }) { id } }", {"p": {"first": 3}}, 3 + 2),
        ("query($n: Int) { search(input: { page: { first: $n } }) { id } }", {"n": 3}, 3 + 2),
        ("query($i: Search) { scored(input: $i) { id } }", {"i": {"nothing": 1}}, 1 + 5),
        ("query($i: Search) { scored(input: $i) { id } }", {}, 1),
        ("query($i: [Search!]) { scored(many: $i) { id } }", {"i": [{"words": "a"}] * 3}, 1 + 3),
        ('query($w: Int) { scored(many: [{ nothing: $w }, { words: "a" }]) { id } }', {"w": 1}, 1 + 5 + 1),
        ('query($w: Int) { scored(many: [{ nothing: $w }, { words: "a" }]) { id } }', {}, 1 + 1 + 1),
        ("query($a: Boolean!) { thing { things @include(if: $a) { id } } }", {"a": True}, 4),
        ("query($a: Boolean!) { thing { things @include(if: $a) { id } } }", {"a": False}, 1),
        ("query($a: Boolean = true) { thing { things @skip(if: $a) { id } } }", {}, 1),
        ("query($a: Boolean!) { thing { ... @include(if: $a) { things { id } } ... @skip(if: $a) { thing { id } } } }",
         {"a": False}, 2),
        ("query($a: Boolean!, $n: Int) { things(first: $n) @include(if: $a) { things @skip(if: $a) { id } } }",
         {"a": True, "n": 3}, 3),
        ("""query($a: Boolean!) { thing { ...F @include(if: $a) things { id } } }
         fragment F on Thing { things { thing { id } } }""",
         {"a": True}, 1 + 3 * 2),
        ("query($a: Boolean!) { named { ... on Dear @include(if: $a) { part { id } } ... on Cheap { part { id } } } }",
         {"a": False}, 9),
    ],
)  # fmt: skip
def test_variables_decide_when_the_request_is_there(text: str, variables: dict[str, Any], cost: int) -> None:
    assert costs(SHOP, text).estimated(variables) == cost


def test_one_formula_serves_requests_with_different_variables() -> None:
    cost = costs(SHOP, "query($n: Int) { page(first: $n) { nodes { id } } }")
    assert [cost.estimated({"n": n}) for n in (0, 1, 100)] == [1, 2, 101]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ either { id } }", {}),
        ("{ either(first: 1, last: 2) { id } }", {}),
        ("query($n: Int) { either(first: $n) { id } }", {}),
        ("query($n: Int) { either(first: $n, last: 1) { id } }", {"n": 2}),
    ],
)
def test_an_operation_is_refused_that_does_not_give_exactly_one_slicing_argument(
    text: str, variables: dict[str, Any]
) -> None:
    with pytest.raises(OperationRefused) as refused:
        costs(SHOP, text).estimated(variables)
    assert "Query.either(first, last)" in refused.value.errors[0].message


def test_the_cost_is_worked_out_once_for_an_operation() -> None:
    prepared = PreparedOperation(prepare("{ thing { id } }", None, view_of(SHOP)))
    assert prepared.cost is prepared.cost


def test_a_list_is_as_long_as_the_settings_say_where_the_schema_does_not() -> None:
    assert costs(SHOP, "{ unknown { id } }", default_list_size=3).estimated({}) == 3


def test_fragments_that_multiply_are_priced_at_once() -> None:
    fragments = " ".join(
        f"fragment F{i} on Thing {{ a: thing {{ ...F{i + 1} }} b: thing {{ ...F{i + 1} }} }}" for i in range(40)
    )
    cost = costs(SHOP, f"{{ thing {{ ...F0 }} }} {fragments} fragment F40 on Thing {{ id }}")
    assert cost.estimated({}) == 2**41 - 1


@pytest.mark.parametrize(
    ("text", "variables", "heaviest"),
    [
        ("{ __typename }", {}, Heaviest((), 0)),
        ("{ a: thing { id } b: page(first: 90) { nodes { things { id } } } }", {},
         Heaviest(("b", "nodes", "things"), 270)),
        ("query($n: Int) { page(first: $n) { nodes { id } edges { node { id } } } }", {"n": 50},
         Heaviest(("page", "edges"), 100)),
        ("query($n: Int) { page(first: $n) { nodes { id } edges { node { id } } } }", {"n": 0}, Heaviest(("page",), 1)),
        ("{ named { ... on Cheap { things { things { id } } } } }", {}, Heaviest(("named", "things", "things"), 15)),
    ],
)  # fmt: skip
def test_the_heaviest_path_is_where_at_least_half_of_the_cost_lies(
    text: str, variables: dict[str, Any], heaviest: Heaviest
) -> None:
    assert costs(SHOP, text).heaviest(variables) == heaviest


# What an answer cost


@pytest.mark.parametrize(
    ("text", "variables", "data", "cost"),
    [
        ("{ thing { id } }", {}, None, 0),
        ("mutation { buy { id } }", {}, None, 10),
        ("mutation { buy { id } }", {}, {"buy": {"id": 1}}, 11),
        ("{ named { name } }", {}, {"named": None}, 0),
        ("{ unknown { id } }", {}, {"unknown": [{"id": 1}, None, {"id": 2}]}, 2),
        ("{ unknown { thing { id } } }", {}, {"unknown": [{"thing": {"id": 1}}, {"thing": None}]}, 3),
        ("{ grid { id } }", {}, {"grid": [[{"id": 1}], None, [{"id": 1}, None]]}, 2),
        ("{ grid { thing { id } } }", {}, {"grid": [[{"thing": {"id": 1}}], []]}, 2),
        ("{ counted counts }", {}, {"counted": 4, "counts": [1, None, 2]}, 9),
        ("{ counted counts }", {}, {"counted": None, "counts": None}, 0),
        ("{ scored(input: {}) { id } }", {}, {"scored": {"id": 1}}, 2),
        ("{ scored(input: {}) { id } }", {}, {"scored": None}, 1),
        ("query($i: Search) { scored(input: $i) { id } }", {"i": {"nothing": 1}}, {"scored": {"id": 1}}, 6),
        ("query($a: Boolean!) { thing { things @include(if: $a) { id } } }", {"a": False}, {"thing": {}}, 1),
        ("{ page { nodes { id } total } }", {}, {"page": {"nodes": [{"id": 1}] * 2, "total": 2}}, 1 + 2 + 2),
        ("{ named { name ... on Cheap { part { id } } } }", {}, {"named": {"name": "a", "part": {"id": 1}}}, 9 + 0),
        ("{ any { ... on Thing { thing { id } } ... on Cheap { things { id } } } }", {},
         {"any": {"things": [{"id": 1}] * 3}}, 4),
        ("{ __schema { queryType { name } } }", {}, {"__schema": {"queryType": {"name": "Query"}}}, 1),
        ("{ a: thing { id } b: thing { id } }", {}, {"a": {"id": 1}, "b": {"id": 1}}, 2),
    ],
)  # fmt: skip
def test_answers_cost_what_the_table_says(text: str, variables: dict[str, Any], data: Any, cost: int) -> None:
    assert costs(SHOP, text).actual(data, variables) == cost


# The school's own schema

SCHOOL = graphql_schema()
VIEWS = {role: View(SCHOOL, role.value) for role in Role}
WEEK = "query($id: ID!) { student(id: $id) { diary { days { date lessons { subject { name } marks { value } } } } } }"


def of_school(text: str, role: Role) -> Operation:
    return prepare(text, None, VIEWS[role])


def test_a_week_of_a_diary_costs_its_days_lessons_and_what_is_in_them() -> None:
    assert Cost(of_school(WEEK, Role.PARENT)).estimated({}) == 1 + 1 + 7 * (1 + 8 * (1 + 1 + 2))


@pytest.mark.parametrize("role", Role)
def test_a_field_the_role_may_not_see_costs_nothing(role: Role) -> None:
    query_text = 'query { student(id: "stu_aaaaaaaaaaaaaaaa") { displayName %s } }'
    hidden = "remarks(first: 100) { nodes { text author { displayName } } }"
    may_see = role is Role.PARENT
    with_it = Cost(of_school(query_text % hidden, role))
    without = Cost(of_school(query_text % "", role))
    assert (with_it.estimated({}) > without.estimated({})) is may_see
    data = {"student": {"displayName": "A", "remarks": None}}
    assert with_it.actual(data, {}) == without.actual(data, {})


def attendance(argument: str) -> str:
    """A query for the attendance summary with *argument*, which says the variables."""
    definitions = {"$a": "$a: Days", "$b": '$b: Date! = "2026-09-07"'}
    variables = [definition for name, definition in definitions.items() if name in argument]
    head = f"query({', '.join(variables)})" if variables else ""
    argument = f"({argument})" if argument else ""
    return f'{head} {{ student(id: "a") {{ attendanceSummary{argument} {{ present }} }} }}'


@pytest.mark.parametrize(
    ("argument", "variables", "more"),
    [
        ("", {}, 52),
        ("days: null", {}, 52),
        ('days: {first: "2026-09-01", last: "2026-09-06"}', {}, 1),
        ('days: {first: "2026-09-01", last: "2026-09-07"}', {}, 1 + 1),
        ('days: {first: "2026-09-01", last: $b}', {}, 1 + 1),
        ('days: {first: "2026-09-01", last: $b}', {"b": "2026-09-14"}, 1 + 2),
        ("days: $a", {"a": {"first": "2026-09-01", "last": "2027-05-31"}}, 1 + 39),
        ("days: $a", {"a": {"first": "0001-01-01", "last": "9999-12-31"}}, 1 + 575),
        ("days: $a", {"a": {"first": "2026-09-07", "last": "2026-09-01"}}, 1),
        ("days: $a", {"a": {"first": "never", "last": 7}}, 1),
        ("days: $a", {}, 52),
    ],
)
def test_a_field_over_days_costs_more_the_more_days_there_are(
    argument: str, variables: dict[str, Any], more: int
) -> None:
    """A range is an input object, which costs 1 as well."""
    cost = Cost(of_school(attendance(argument), Role.PARENT))
    assert cost.estimated(variables) == 1 + 5 + more
    assert cost.actual({"student": {"attendanceSummary": {"present": 1}}}, variables) == 1 + 5 + more


def test_every_field_that_reads_all_of_a_range_of_days_costs_by_their_number() -> None:
    reads_all = {"attendanceSummary", "missedLessons", "events", "plannedControlWorks", "lessonJournal"}
    taking_days = {
        name: directives.days_per_unit(field)
        for named in graphql_schema().type_map.values()
        for name, field in getattr(named, "fields", {}).items()
        if isinstance(field, GraphQLField) and "days" in field.args and "after" not in field.args
    }
    assert {name for name, days in taking_days.items() if days} >= taking_days.keys() & reads_all == taking_days.keys()


def test_every_list_of_objects_says_how_long_it_is() -> None:
    silent = [
        f"{named.name}.{name}"
        for named in SCHOOL.type_map.values()
        if isinstance(named, GraphQLObjectType) and not named.name.startswith("__")
        for name, field in named.fields.items()
        if depth(field) and not sized(named, name, field)
    ]
    assert silent == []


def sized(named: GraphQLObjectType, name: str, field: GraphQLField) -> bool:
    """Whether the field, or each field that returns the object it stands in, says how long the list is."""
    if list_size(field) or not isinstance(get_named_type(field.type), GraphQLObjectType):
        return True
    above = [
        list_size(one)
        for other in SCHOOL.type_map.values()
        if isinstance(other, GraphQLObjectType)
        for one in other.fields.values()
        if get_named_type(one.type) is named
    ]
    return bool(above) and all(size is not None and name in size.sized_fields for size in above)


def test_the_printed_schema_says_the_same_as_the_schema_itself() -> None:
    read: GraphQLSchema = build_schema(printed())
    for named in SCHOOL.type_map.values():
        if isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
            for name, field in named.fields.items():
                again = read.type_map[named.name].fields[name]  # type: ignore[attr-defined] # an object type as well
                assert (field_weight(again), list_size(again)) == (field_weight(field), list_size(field)), name
                assert directives.days_per_unit(again) == directives.days_per_unit(field), name


# Never less than the answer


@pytest.mark.parametrize("seed", range(100))
def test_the_estimate_is_never_less_than_the_answer_where_arguments_bound_the_lists(seed: int) -> None:
    random = Random(seed)
    view = view_of(BOUNDED)
    text = print_ast(scrambled(view.full, parse("{ " + grown("Query", random, 3) + " }"), random))
    operation = prepare(text, None, view)
    cost = Cost(operation)
    variables = {switch: random.random() < 0.5 for switch in SWITCHES}
    for fill in (0.3, 1.0):
        data = answered(operation, variables, random, fill)
        assert cost.actual(data, variables) <= cost.estimated(variables), text
    full = answered(operation, variables, random, 2.0)
    assert cost.actual(full, variables) == cost.estimated(variables), text


BOUNDED = """
type Query { one: Node @cost(weight: 2)  many(first: Int!): [Node] @listSize(slicingArguments: ["first"])
  page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes"]) }
type Page { nodes: [Node!] total: Int @cost(weight: 3) }
type Node { id: ID size: Int @cost(weight: 4) one: Node many(first: Int!): [Node] @listSize(slicingArguments: ["first"])
  page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes"]) }
"""


def grown(named: str, random: Random, deep: int) -> str:
    fields = ["__typename"]
    for number in range(random.randint(1, 3) if deep else 0):
        first = random.randint(0, 4)
        match random.choice(["one", "many", "page"]):
            case "one":
                fields.append(f"a{number}: one {{ {grown('Node', random, deep - 1)} }}")
            case "many":
                fields.append(f"a{number}: many(first: {first}) {{ {grown('Node', random, deep - 1)} }}")
            case _:
                inner = grown("Node", random, deep - 1)
                fields.append(f"a{number}: page(first: {first}) {{ total nodes {{ {inner} }} }}")
    return " ".join([*fields, *(["id", "size"] if named == "Node" else [])])


def answered(operation: Operation, variables: Mapping[str, Any], random: Random, fill: float) -> Any:
    """An answer to the operation as graphql-core gives it, of lists as full as *fill* says; 2 leaves nothing null."""

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        if info.field_name == "id" or random.random() > fill:
            return None
        first: Any = arguments.get("first", source.get("first") if isinstance(source, dict) else 0)
        if info.field_name in {"many", "nodes"}:
            length = first if fill >= 1 else random.randint(0, first)
            return [{} if info.field_name == "nodes" or random.random() < fill else None for _ in range(length)]
        return {"page": {"first": first}, "one": {}}.get(info.field_name, 1)

    result: Any = execute(
        operation.view.full, operation.document, field_resolver=resolve, variable_values=dict(variables)
    )
    assert not result.errors
    return result.data


# Speed


def test_pricing_a_request_takes_microseconds() -> None:
    text = """query($first: Int!, $marks: Boolean!) { students(first: $first) { nodes {
      marks(first: 5) @include(if: $marks) { nodes { value subject { name } } } diary { days { lessons { number } } }
    } } }"""
    cost = Cost(of_school(text, Role.TEACHER))
    variables = {"first": 50, "marks": True}
    assert cost.estimated(variables) == 1 + 50 * (1 + 1 + 5 * 2 + 1 + 7 * (1 + 8))
    assert timeit(lambda: cost.estimated(variables), number=1000) < 1000 * 100e-6  # five times what is asked for
