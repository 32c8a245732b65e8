"""The campaign asks for every field that a role has."""

from random import Random

import pytest

from tests.privacy.coverage import Coverage, fields_of, reachable
from tests.privacy.gateways import Observed, Request
from tests.privacy.questions import mutations, tour
from tests.privacy.requests import ROLES


@pytest.mark.parametrize("role", ROLES)
def test_every_field_of_a_role_is_asked_for(role: str) -> None:
    questions = [*tour(role, Random(1)), *mutations(role, Random(1))]
    named = {own for question in questions for one in fields_of(question.text) for own in one.coordinates()}
    assert reachable(role) - named == set()


def test_coverage_tells_what_was_asked_for_from_what_had_a_value() -> None:
    text = (
        """query { viewer { role kids: children { ...S } student { id } } } fragment S on Student { id displayName }"""
    )
    body = b'{"data":{"viewer":{"role":"PARENT","kids":[{"id":"stu_1","displayName":null}],"student":null}}}'
    coverage = Coverage()
    headers = (("Content-Type", "application/json"),)
    coverage.note("PARENT", Request("POST", "/graphql", {}, b"", [text]), Observed(200, headers, body, ()))
    of_viewer = {"Query.viewer", "Viewer.role", "Viewer.children", "Viewer.student"}
    assert coverage.fields["PARENT"] == of_viewer | {"Student.id", "Student.displayName"}
    assert coverage.values["PARENT"] == of_viewer - {"Viewer.student"} | {"Student.id"}


def test_coverage_tells_the_mutations_that_were_carried_out() -> None:
    text = "mutation { %s(input: {}) { userErrors { code } } }"
    coverage = Coverage()
    for name, errors in (("addComment", b"[]"), ("addRemark", b'[{"code":"NOT_FOUND"}]')):
        body = b'{"data":{"%s":{"userErrors":%s}}}' % (name.encode(), errors)
        observed = Observed(200, (("Content-Type", "application/json"),), body, ())
        coverage.note("TEACHER", Request("POST", "/graphql", {}, b"", [text % name], is_write=True), observed)
    assert coverage.values["TEACHER"] >= {"Mutation.addComment", "Mutation.addRemark"}
    assert coverage.sent["TEACHER"] == {"Mutation.addComment": 1, "Mutation.addRemark": 1}
    assert coverage.changes["TEACHER"] == {"Mutation.addComment": 1}
    assert coverage.problems == {"Mutation.addComment": {}, "Mutation.addRemark": {"NOT_FOUND": 1}}
