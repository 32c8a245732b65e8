import time
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import CODE, Limits
from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.schema.query import graphql_schema

LIMITS = Limits()
VIEW = View(graphql_schema(), "PARENT")


def refused(text: str, limits: Limits = LIMITS) -> dict[str, Any]:
    """The extensions of the refusal of *text*; empty when it is within the limits."""
    try:
        limits.check_text(text)
        limits.check_document(parse(text))
    except OperationRefused as refusal:
        return {**(refusal.errors[0].extensions or {}), "stage": refusal.stage, "message": refusal.errors[0].message}
    return {}


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def doubled(levels: int) -> str:
    """A document that names 2 ** levels fields."""
    parts = [f"fragment F{i} on T {{ a {{ ...F{i + 1} }} b {{ ...F{i + 1} }} }}" for i in range(levels)]
    return "{ ...F0 } " + " ".join(parts) + f" fragment F{levels} on T {{ x }}"


@pytest.mark.parametrize(
    ("limit", "maximum", "within", "beyond"),
    [
        ("characters", 10, "{ aaaaaa }", "{ aaaaaaa }"),
        ("tokens", 5, "{ a b c }", "{ a b c d }"),
        ("lines", 3, "{\r\na\n}", "{\ra\r\n\n}"),
        ("depth", 3, nested(3), nested(4)),
        ("input_depth", 2, "{ a(x: [{y: 1}]) }", "{ a(x: [{y: [1]}]) }"),
        ("aliases", 2, "{ a: x b: x c(y: {z: 1}) }", "{ a: x b: x c: x }"),
        ("directives", 1, "{ a @skip(if: true) }", "{ a @skip(if: true) @b }"),
        ("fragments", 1, "{ ...A } fragment A on T { a }", "{ ...A } fragment A on T { a } fragment B on T { a }"),
        ("root_fields", 2, "{ a b b }", "{ a b ... on Q { c } }"),
        ("fields", 10, doubled(2), doubled(3)),
        ("repetitions", 3, "{ a a a }", "{ a a a ... { a } }"),
        ("list_items", 2, "{ a(x: [1, [2, 3]]) }", "{ a(x: {y: [1, 2, 3]}) }"),
    ],
)
def test_a_document_is_refused_when_it_exceeds_a_limit(limit: str, maximum: int, within: str, beyond: str) -> None:
    limits = LIMITS.model_copy(update={limit: maximum})
    assert refused(within, limits) == {}
    refused_limits = refused(beyond, limits)
    assert (refused_limits["code"], refused_limits["limit"], refused_limits["maximum"]) == (CODE, limit, maximum)
    assert refused_limits["stage"] == "limits"
    assert refused_limits["value"] > maximum
    assert f"{refused_limits['value']}" in refused_limits["message"]
    assert f"{maximum} is the most" in refused_limits["message"]


@pytest.mark.parametrize(
    "text",
    [
        "{ a } # " + "{" * 100 + "@" * 100,
        '{ a(x: "{{{ @@ : [ \\" ::") }',
        '{ a(x: """ {{{ \\""" @@@ "" [[ """) }',
        "query Q($a: [Int!]! = [1], $b: I = {c: {d: 1}}) { a(x: $a) }",
        "\ufeff , {a}",
    ],
)
def test_what_stands_in_strings_comments_and_arguments_is_not_counted_as_fields(text: str) -> None:
    strict = LIMITS.model_copy(update={"depth": 1, "aliases": 0, "directives": 0, "input_depth": 2})
    assert refused(text, strict) == {}


def test_the_introspection_of_clients_is_within_the_limits() -> None:
    text = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    assert refused(text) == {}


def test_fields_of_one_name_are_counted_where_they_are_merged_not_where_they_are_written() -> None:
    limits = LIMITS.model_copy(update={"repetitions": 1})
    apart = "{ a { ...F } b { ...F } } fragment F on T { x }"
    merged = "{ a { x } ...G ... on Q { a { x } } } fragment G on Q { a { x } }"
    assert refused(apart, limits) == {}
    assert refused(merged, limits)["limit"] == "repetitions"


def test_a_fragment_that_no_operation_spreads_is_limited_too() -> None:
    limits = LIMITS.model_copy(update={"depth": 2})
    assert refused("{ a } fragment F on T " + nested(3), limits)["limit"] == "depth"


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on T { ...A }",
        "{ ...A } fragment A on T { a { ...B } } fragment B on T { ... { ...A } }",
        "{ x } fragment A on T { ...B } fragment B on T { ...A }",
    ],
)
def test_a_fragment_that_contains_itself_is_named(text: str) -> None:
    with pytest.raises(OperationRefused) as refusal:
        LIMITS.check_document(parse(text))
    assert refusal.value.stage == "validation"
    assert "within itself" in refusal.value.errors[0].message


@pytest.mark.parametrize(
    ("limit", "variables"),
    [
        ("list_items", {"a": list(range(201))}),
        ("list_items", {"a": [{"b": list(range(201))}]}),
        ("values", {f"v{i}": [1] * 100 for i in range(50)}),
        ("input_depth", {"a": [[[[[[[[[[[1]]]]]]]]]]]}),
    ],
)
def test_variables_are_refused_when_they_exceed_a_limit(limit: str, variables: dict[str, Any]) -> None:
    with pytest.raises(OperationRefused) as refusal:
        LIMITS.check_variables(variables)
    assert (refusal.value.errors[0].extensions or {})["limit"] == limit


def test_variables_are_taken_when_they_are_within_the_limits() -> None:
    LIMITS.check_variables({"a": list(range(200)), "b": {"c": [[1]]}, "d": None})


@pytest.mark.processor_time
@pytest.mark.parametrize(
    "text",
    [
        "#" * 49_999,
        "#" * 49_000 + "\n%",
        '{ a(x: """' + '\\"""' * 12_000,
        '{ a(x: "' + '\\"' * 24_000,
        '"' * 49_999,
        '"""' * 16_000,
        "{" + "\\" * 49_000,
        doubled(30),
        "{ " + "a { b { c d } } " * 600 + "}",
        "{ "
        + "".join(f"...F{i} " for i in range(49))
        + "}"
        + "".join(f"fragment F{i} on T {{ {'a ' * 90} }} " for i in range(49)),
        "{ ...F0 } "
        + "".join(
            f"fragment F{i} on T {{ " + "".join(f"...F{j} " for j in range(i + 1, 49)) + "x } " for i in range(49)
        ),
    ],
    ids=range(11),
)
def test_looking_at_a_document_takes_milliseconds_whatever_it_is(text: str) -> None:
    def look() -> float:
        started = time.process_time()
        try:
            LIMITS.check_text(text)
            LIMITS.check_document(parse(text, max_tokens=LIMITS.tokens))
        except Exception:  # noqa: BLE001, S110 - whether it is refused, and as what, is not the question
            pass
        return time.process_time() - started

    # What else this process does meanwhile, such as collecting the garbage of other tests, is not the document's doing.
    assert min(look() for _ in range(3)) < 0.1


@pytest.mark.parametrize("text", ["{ viewer {} }", "{}", "{ viewer { ...F } } fragment F on Viewer {}"])
def test_an_empty_selection_set_is_a_syntax_error(text: str) -> None:
    with pytest.raises(OperationRefused) as refusal:
        prepare(text, None, VIEW)
    assert refusal.value.stage == "syntax"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{ student(id: "a") { diary(week: "2026-13-45") { startsOn } } }', 34),
        ('{ student(id: "a") { marks(minValue: 1e400) { nodes { id } } } }', 38),
        ('{ student(id: "a") { events: marks(days: {first: "x", last: "2026-09-01"}) { nodes { id } } } }', 50),
        ('query ($d: Date = "x") { student(id: "a") { diary(week: $d) { startsOn } } }', 19),
        ('{ student(id: "a") { marks(first: ' + "9" * 5_000 + ") { nodes { id } } } }", 35),
        ("query ($n: Int = " + "9" * 5_000 + ') { student(id: "a") { marks(first: $n) { nodes { id } } } }', 18),
        ('{ student(id: "a") { marks(minValue: ' + "9" * 5_000 + ") { nodes { id } } } }", 38),
    ],
)
def test_an_error_of_a_literal_says_where_it_is_and_is_short(text: str, column: int) -> None:
    with pytest.raises(OperationRefused) as refusal:
        prepare(text, None, VIEW)
    [error] = refusal.value.errors
    assert [(place.line, place.column) for place in error.locations or ()] == [(1, column)]
    assert len(error.message) < 200
    assert "sys." not in error.message


def test_names_are_limited_outside_of_strings_and_comments() -> None:
    name = "x" * 129
    assert refused(f"{{ {name} }}")["limit"] == "name_characters"
    assert refused(f"{{ {name}: a }}")["value"] == 129
    assert refused(f'{{ {"x" * 128} a(after: "{name}") }} # {name}') == {}
