"""Every field × every role × (own, other's), over HTTP, against table 2.3."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLNonNull, get_named_type

from auth.viewer import Role
from gateway.engine.declarations import declaration_of, type_roles
from gateway.engine.prepare.visibility import View
from gateway.schema.query import NODES, graphql_schema
from tests.gateway.generated import Generated
from tests.gateway.schema.table import (
    JOURNAL,
    PEOPLE,
    READERS,
    ROLES,
    STATISTICS,
    WRITTEN,
    P,
    S,
    named_twice,
    readers_of_type,
)
from tests.gateway.schema.walk import Walk, objects, walk

SCHEMA = graphql_schema()
FAMILY = {S, P}
CELLS = {*(f"{statistic}Aggregate" for statistic in STATISTICS), "ValueCount"}
"""Which fields of a cell are null depends on what it is grouped by: tests of the analytics see to that."""


def denials(answer: Mapping[str, Any]) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """The paths denied, and to whom they are visible; their shape is checked on the way."""
    found = []
    for error in answer.get("errors", []):
        if error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE":
            assert error.keys() == {"message", "path", "extensions"}
            assert error["message"] == "Unauthorized field or type"
            assert error["extensions"].keys() == {"code", "visibleTo", "requestId", "timestamp"}
            found.append((tuple(error["path"]), frozenset(error["extensions"]["visibleTo"])))
    return found


def others(answer: Mapping[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    """Path and code of every other error."""
    return [
        (tuple(error["path"]), error["extensions"]["code"])
        for error in answer.get("errors", [])
        if error["extensions"]["code"] != "UNAUTHORIZED_FIELD_OR_TYPE"
    ]


def test_every_field_of_the_schema_stands_in_the_table_once() -> None:
    every = {(named.name, name) for named in objects(SCHEMA) for name in named.fields}
    assert every - READERS.keys() == set(), "say who may see it, in table.py"
    assert READERS.keys() - every == set()
    assert named_twice() == []


@pytest.mark.parametrize("role", ROLES)
def test_no_object_holds_a_field_that_must_not_be_null_and_may_not_be_read(role: str) -> None:
    shown = View(SCHEMA, role).schema
    for named in objects(shown):
        full = SCHEMA.get_type(named.name)
        for name, field in full.fields.items():  # type: ignore[union-attr] # an object or interface
            if name not in named.fields:
                assert not isinstance(field.type, GraphQLNonNull), f"{named}.{name}"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_shown_by_introspection_what_the_table_lets_it_read(role: str) -> None:
    shown = {(named.name, name) for named in objects(View(SCHEMA, role).schema) for name in named.fields}
    assert {own for own in shown if role not in READERS[own]} == set()
    hidden_types = {named.name for named in objects(SCHEMA)} - {named for named, _ in shown}
    missing = {own for own, roles in READERS.items() if role in roles and own not in shown}
    assert {named for named, _ in missing} <= hidden_types, "a field is missing on a type that is shown"


def test_a_type_that_only_some_roles_reach_by_id_is_restricted_to_them() -> None:
    for node in NODES:
        named = SCHEMA.get_type(node.__name__)
        assert named is not None
        roles = type_roles(named)
        assert (roles or frozenset(ROLES)) == readers_of_type(node.__name__)


def test_restrictions_are_declared_on_fields_as_the_table_has_them() -> None:
    for named in objects(SCHEMA):
        own = type_roles(named)
        for name, field in named.fields.items():
            declaration = declaration_of(field)
            visible_to = declaration.visible_to if declaration else None
            inner = type_roles(get_named_type(field.type))
            roles = frozenset(ROLES).intersection(*(r for r in (own, visible_to, inner) if r is not None))
            assert READERS[named.name, name] <= roles, f"{named}.{name}"


async def walked(school: Generated, role: str) -> Walk:
    nodes = {**await school.nodes(), "Person": school.around[Role(role)]}
    return walk(SCHEMA, role, school.student_id, school.class_id, nodes)


@pytest.mark.parametrize("role", ROLES)
async def test_own_students_are_read_exactly_as_the_table_says(school: Generated, role: str) -> None:
    walked_query = await walked(school, role)
    answer = await school.served.ask(school.own(role), walked_query.text)
    assert sorted(denials(answer)) == sorted(walked_query.denied)
    unseen = {key for key, own_type in node_keys(walked_query) if role not in readers_of_type(own_type)}
    assert {path for path, _ in others(answer)} == {(key,) for key in unseen}
    assert {code for _, code in others(answer)} <= {"NOT_FOUND"}
    values = walked_query.values(answer["data"])
    for own in sorted(walked_query.selected):
        if role in READERS[own]:
            if own[0] in CELLS:
                continue
            seen = [value for value in values.get(own, []) if value is not None]
            assert seen, f"{own} is null for {role}"
        else:
            assert all(value is None for value in values.get(own, [])), f"{own} is told to {role}"


def node_keys(walked_query: Walk) -> list[tuple[str, str]]:
    return [(part.key, part.condition) for part in walked_query.root.parts if part.condition]


def test_every_field_is_asked_for_by_some_role() -> None:
    nodes = {node.__name__: "x" for node in NODES}
    walked_query = set().union(*(walk(SCHEMA, role, "x", "x", nodes).selected for role in ROLES))
    assert {own for own in READERS.keys() - walked_query if own[0] not in WRITTEN} == set(JOURNAL)


@pytest.mark.parametrize("role", sorted(PEOPLE))
async def test_nothing_of_another_s_student_is_told(school: Generated, role: str) -> None:
    walked_query = await walked(school, role)
    [part] = [part for part in walked_query.root.parts if part.key == "student"]
    own_text = part.text
    for stranger in await strangers(school, role):
        part.text = f'student(id: "{stranger}")'
        asked_alone = Walk(role, type(walked_query.root)(walked_query.root.parent, (), [part]))
        answer = await school.served.ask(school.own(role), asked_alone.text)
        assert answer["data"] == {"student": None}
        assert others(answer) == [(("student",), "NOT_FOUND")]
        assert sorted(denials(answer)) == sorted(d for d in walked_query.denied if d[0][0] == "student")
    part.text = own_text


async def strangers(school: Generated, role: str) -> list[str]:
    """Students whom the person of that role may not read, near and far."""
    college = await school.one(
        "directory.people", student_id={"$exists": True}, school_id={"$ne": school.student["school_id"]}
    )
    found = [college["student_id"], "stu_aaaaaaaaaaaaaaaa"]
    if role in FAMILY:
        mate = await school.one(
            "directory.people", **{"enrolments.class_id": school.class_id}, student_id={"$ne": school.student_id}
        )
        found.append(mate["student_id"])
    return found
