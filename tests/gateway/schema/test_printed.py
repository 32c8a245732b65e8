"""The schema as it is committed, as introspection shows it, and as clients were promised it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    DangerousChangeType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    get_introspection_query,
    print_ast,
    print_type,
)

from auth.viewer import Role
from gateway.cli.schema import DIRECTORY, files
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.schema.query import graphql_schema
from tests.gateway.generated import Generated
from tests.requiring import CONTRACT, NEEDS_CONTRACT

FULL: Final = graphql_schema()


def committed(role: Role | None = None) -> str:
    name = f"schema.{role.lower()}.graphql" if role else "schema.graphql"
    return (DIRECTORY / name).read_text()


@cache
def shown_to(role: Role) -> GraphQLSchema:
    return build_schema(committed(role))


@pytest.mark.parametrize(("path", "text"), [pytest.param(path, text, id=path.name) for path, text in files()])
def test_the_committed_schema_is_the_one_that_is_served(path: Path, text: str) -> None:
    assert path.read_text() == text, "run `make schema`"


def types_of(schema: GraphQLSchema) -> dict[str, str]:
    return {name: print_type(named) for name, named in schema.type_map.items() if not name.startswith("__")}


@pytest.mark.parametrize("role", Role)
async def test_introspection_shows_each_role_its_printed_schema(school: Generated, role: Role) -> None:
    query = get_introspection_query(one_of=True)
    data = await school.served.data(school.own(role), query)
    # A server tells of the scalars it builds in whether or not they are used; an SDL need not.
    builtin = {"Boolean", "Float", "ID", "Int", "String"}
    served_types = types_of(build_client_schema(data))  # type: ignore[arg-type] # it checks what it is given
    printed = types_of(shown_to(role))
    assert {n: t for n, t in served_types.items() if n not in builtin} == {
        n: t for n, t in printed.items() if n not in builtin
    }
    assert school.served.recorder.commands == []


HIDDEN: Final[Mapping[Role, str]] = {
    Role.STUDENT: "Remark RemarkConnection RemarkEdge AttestationDebt DebtState AbsenceNotice AbsenceState "
    "Acknowledgement MarkChange StudentConnection",
    Role.PARENT: "Test TestAttempt TestState AttemptState ModuleCourse ModuleCourseKind CourseChoice CoursePeriod "
    "Submission SubmissionState MarkChange StudentConnection",
    Role.TEACHER: "Remark Test ModuleCourse AttestationDebt AbsenceNotice Guardianship PortfolioRating",
    Role.CLASS_TEACHER: "Remark RemarkConnection Test TestAttempt ModuleCourse",
    Role.ADMINISTRATOR: "Remark RemarkConnection Test ModuleCourse Submission AbsenceNotice Acknowledgement",
    Role.ANALYST: "Student Lesson Homework Mark FinalGrade Work Achievement Remark Test TimetableLesson Guardianship",
}


@pytest.mark.parametrize("role", Role)
def test_a_role_has_no_types_that_only_others_reach(role: Role) -> None:
    hidden = HIDDEN[role].split()
    assert [name for name in hidden if name not in FULL.type_map] == []
    assert [name for name in hidden if name in shown_to(role).type_map] == []


def test_no_description_tells_a_student_of_remarks_or_a_parent_of_tests() -> None:
    assert re.findall(r"(?i).*\bremark.*", committed(Role.STUDENT)) == []
    assert re.findall(r"(?i).*\btests?\b.*", committed(Role.PARENT)) == []


@pytest.mark.parametrize("role", Role)
def test_suggestions_never_name_what_is_hidden(role: Role) -> None:
    full, view = FULL, View(FULL, role)
    shown = view.schema.type_map
    types = {name for name in full.type_map if name not in shown}
    fields = {(named, name) for named, name in view.hidden_fields if named in shown}
    fragments = [
        f"fragment t{i} on {name[:-1]} {{ id }}" for i, name in enumerate(sorted(types)) if name[:-1] not in shown
    ]
    fragments += [
        f"fragment f{i} on {named} {{ {name[:-1]} {name}s }}" for i, (named, name) in enumerate(sorted(fields))
    ]
    variables = "(" + " ".join(f"$v{i}: {name[:-1]}" for i, name in enumerate(sorted(types))) + ")"
    messages: list[str] = []
    for start in range(0, len(fragments), 40):  # no document may define more than 50
        query = f"query {variables if not start else ''} {{ __typename }} " + " ".join(fragments[start : start + 40])
        with pytest.raises(OperationRefused) as refusal:
            prepare(query, None, view, limits=Limits(errors=1_000))
        messages += [error.message for error in refusal.value.errors]
    assert sum("Did you mean" in message for message in messages) > 0
    suggested = set(re.findall(r"'(\w+)'", " ".join(m.partition("Did you mean")[2] for m in messages)))
    common_fields = {name for named in shown.values() for name in getattr(named, "fields", {})}
    assert suggested & (types | ({name for _, name in fields} - common_fields)) == set()


@pytest.mark.parametrize(
    ("role", "name"),
    [(Role.STUDENT, "Remark"), (Role.PARENT, "Test"), (Role.TEACHER, "Remark"), (Role.ANALYST, "Student")],
)
async def test_a_hidden_type_asked_for_by_name_is_no_type(school: Generated, role: Role, name: str) -> None:
    query = """query ($name: String!) {
        direct: __type(name: $name) { ...Shown }
        none: __type(name: "Nothing") { ...Shown }
        node: __type(name: "Node") { possibleTypes { name } }
        __schema { types { name } }
      }
      fragment Shown on __Type { name fields { name } }"""
    data = await school.served.data(school.own(role), query, {"name": name})
    assert data["direct"] == data["none"] is None
    assert {"name": name} not in data["node"]["possibleTypes"]
    assert {"name": name} not in data["__schema"]["types"]


def promised() -> GraphQLSchema:
    """The schema that the contract promises."""
    text = CONTRACT.read_text()
    connections = set(re.findall(r"\b\w+Connection\b", re.sub("#.*", "", text)))  # most are described by a comment
    connections -= set(re.findall(r"^type (\w+)", text, re.MULTILINE))
    return build_schema(text + "".join(f"\ntype {name} {{ totalCount: Int }}" for name in connections))


def roles_of_fields(schema: GraphQLSchema) -> dict[str, str]:
    """The @visibleTo of each field that has one."""
    return {
        f"{named}.{name}": print_ast(directive)
        for named, kind in schema.type_map.items()
        for name, field in getattr(kind, "fields", {}).items()
        for directive in (field.ast_node and field.ast_node.directives) or ()
        if directive.name.value == "visibleTo"
    }


@NEEDS_CONTRACT
def test_the_graph_keeps_what_the_contract_promises_and_may_add_to_it() -> None:
    old, new = promised(), build_schema(committed())
    assert [change.description for change in find_breaking_changes(old, new)] == []
    dangerous = find_dangerous_changes(old, new)
    assert [d.description for d in dangerous if d.type is DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE] == []
    assert roles_of_fields(old).items() <= roles_of_fields(new).items()
    assert len(old.type_map) > 80
