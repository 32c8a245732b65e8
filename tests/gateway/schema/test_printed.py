"""The schema as it is committed, as introspection shows it, and as clients were promised it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    DefinitionNode,
    EnumTypeDefinitionNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    build_client_schema,
    build_schema,
    get_introspection_query,
    parse,
    print_ast,
    print_type,
)

from auth.viewer import Role
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import prepare
from gateway.engine.prepare.visibility import View
from gateway.printing import DIRECTORY, files
from gateway.schema.query import graphql_schema
from tests.gateway.generated import Generated

CONTRACT: Final = Path(__file__).parents[4] / "shared" / "contract.graphql"
FULL: Final = graphql_schema()
LATER: Final = re.compile(
    r"^(Announcement|Conversation|Message|Analytics|ValueCount)|Aggregate|Dimension$"
    r"|^(unreadAnnouncements|unreadMessages|announcements|conversations|analytics)$"
)
"""Names of the contract that come with messages and analytics."""


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
    query = get_introspection_query()
    data = await school.served.data(school.own(role), query)
    # A server tells of the scalars it builds in whether or not they are used; an SDL need not.
    builtin = {"Boolean", "Float", "ID", "Int", "String"}
    told = types_of(build_client_schema(data))  # type: ignore[arg-type] # it checks what it is given
    printed = types_of(shown_to(role))
    assert {n: t for n, t in told.items() if n not in builtin} == {n: t for n, t in printed.items() if n not in builtin}
    assert school.served.recorder.commands == []


HIDDEN: Final[Mapping[Role, str]] = {
    Role.STUDENT: "Remark RemarkConnection RemarkEdge AttestationDebt DebtState AbsenceNotice AbsenceState "
    "Acknowledgement MarkChange StudentConnection",
    Role.PARENT: "Test TestAttempt TestState AttemptState ModuleCourse ModuleCourseKind CourseChoice CoursePeriod "
    "Submission SubmissionState MarkChange StudentConnection",
    Role.TEACHER: "Remark Test ModuleCourse AttestationDebt Submission AbsenceNotice Guardianship PortfolioRating",
    Role.CLASS_TEACHER: "Remark RemarkConnection Test TestAttempt ModuleCourse Submission",
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
    variables = " ".join(f"$v{i}: {name[:-1]}" for i, name in enumerate(sorted(types)))
    messages: list[str] = []
    for start in range(0, len(fragments), 40):  # no document may define more than 50
        query = f"query ({variables}) {{ __typename }} " + " ".join(fragments[start : start + 40])
        with pytest.raises(OperationRefused) as refusal:
            prepare(query, None, view, limits=Limits(errors=1_000))
        messages += [error.message for error in refusal.value.errors]
    assert sum("Did you mean" in message for message in messages) > 0
    suggested = set(re.findall(r"'(\w+)'", " ".join(m.partition("Did you mean")[2] for m in messages)))
    kept = {name for named in shown.values() for name in getattr(named, "fields", {})}
    assert suggested & (types | ({name for _, name in fields} - kept)) == set()


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


def fields_of(definition: DefinitionNode) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, type and arguments (with type and default) of each field."""
    if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        for own in definition.fields or ():
            arguments = {a.name.value: print_ast(a).partition(" @")[0] for a in own.arguments or ()}
            yield own.name.value, print_ast(own.type), {n: t.split('"""')[-1].strip() for n, t in arguments.items()}
    if isinstance(definition, InputObjectTypeDefinitionNode):
        for entry in definition.fields or ():
            yield entry.name.value, print_ast(entry.type), {}
    if isinstance(definition, EnumTypeDefinitionNode):
        for value in definition.values or ():
            yield value.name.value, "", {}


def directives_of(definition: DefinitionNode) -> dict[str, list[str]]:
    """The @visibleTo of each field."""
    return {
        own.name.value: [print_ast(d) for d in own.directives or () if d.name.value == "visibleTo"]
        for own in getattr(definition, "fields", None) or ()
    }


@pytest.mark.skipif(not CONTRACT.is_file(), reason=f"the contract of the clients is not at {CONTRACT}")
def test_the_names_and_types_of_the_contract_are_all_there_and_unchanged() -> None:
    promised = [d for d in parse(CONTRACT.read_text()).definitions if not LATER.search(d.name.value)]  # type: ignore[attr-defined] # every definition of a schema has a name
    served = {d.name.value: d for d in parse(committed()).definitions}  # type: ignore[attr-defined]
    changed = []
    for definition in promised:
        name = definition.name.value  # type: ignore[attr-defined]
        now = served.get(name)
        if now is None or type(now) is not type(definition):
            changed.append(name)
            continue
        here = {field: (shown, arguments) for field, shown, arguments in fields_of(now)}
        for field, shown, arguments in fields_of(definition):
            if not LATER.search(field) and here.get(field) != (shown, arguments):
                changed.append(f"{name}.{field}: {shown} {arguments} is now {here.get(field)}")
        roles = directives_of(now)
        for field, directives in directives_of(definition).items():
            if directives and not LATER.search(field) and roles.get(field) != directives:
                changed.append(f"{name}.{field} {directives} is now {roles.get(field)}")
    assert changed == []
    assert len(promised) > 80
