from graphql import build_schema

from auth.viewer import Role
from gateway.cli.permission_diff import rights_of, sentences
from tests.gateway.cli.running import run
from tests.requiring import NEEDS_HISTORY

BEFORE = """
type Query { student(id: ID!): Student }
type Student { id: ID! marks(first: Int): [Mark!]! remarks: [Remark!] state: State }
type Mark { value: String! }
type Remark { id: ID! text: String! }
enum State { HERE LEFT }
"""
NOW = """
type Query { student(id: ID!): Student school: School }
type Mutation { acknowledge(input: Seen!): Boolean }
input Seen { week: String! }
type School { id: ID! name: String! }
type Student { id: ID! marks(first: Int, after: String): [Mark!] state: State }
type Mark { value: String! }
enum State { HERE }
"""


def test_each_gain_and_loss_is_a_sentence() -> None:
    found = list(sentences(Role.ANALYST, *(rights_of(build_schema(sdl)) for sdl in (BEFORE, NOW))))
    assert found == [
        "An analyst may now ask for school.",
        "An analyst may now call acknowledge.",
        "An analyst may now pass `input` to acknowledge.",
        "An analyst may now send Seen: week.",
        "An analyst may now read School: id, name.",
        "An analyst may now pass `after` to Student.marks.",
        "An analyst may no longer read Student: remarks.",
        "An analyst may no longer read Remark: id, text.",
        "An analyst may no longer use State: LEFT.",
        "An analyst may read Student.marks as [Mark!], which was [Mark!]!.",
    ]


def test_nothing_is_said_when_nothing_changed() -> None:
    rights = rights_of(build_schema(NOW))
    assert list(sentences(Role.PARENT, rights, rights)) == []


@NEEDS_HISTORY
async def test_a_revision_without_the_schema_is_an_error() -> None:
    said = await run("schema", "diff", "no-such-revision")
    assert said.code == 1
    assert "no-such-revision" in said.err


@NEEDS_HISTORY
async def test_the_schema_is_compared_with_that_of_a_revision() -> None:
    said = await run("schema", "diff", "HEAD")
    assert said.code == 0
    assert said.out
