"""All that somebody is told: to compare a world with a hidden object and a world without it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from auth.viewer import Role
from gateway.schema.query import graphql_schema
from tests.gateway.schema.walk import walk
from tests.gateway.writing.acting import Acting

UNLIKE: Final = frozenset({"Date", "X-Request-ID"})
"""Headers that differ between any two answers."""


class Outcome(NamedTuple):
    """All that somebody can tell of a mutation that they sent."""

    body: bytes
    headers: Mapping[str, str]
    read: set[tuple[str, str]]
    """The databases and collections that were read.

    How often they were is left out: reads by id that are asked for in one turn of the event loop are one command, and
    whether two fall into one turn depends on when the database answers.
    """
    writes: Sequence[Any]


async def observe(
    acts: Acting, who: str, role: Role, document: str, values: Mapping[str, Any], *, unlike: frozenset[str] = UNLIKE
) -> Outcome:
    """Send a mutation with its input; headers of the names *unlike* are left out."""
    bearer = acts.bearer(who, role)
    await acts.served.warm(bearer)
    recorder = acts.served.recorder
    recorder.clear()
    response = await acts.served.client.post(
        "/graphql",
        json={"query": document, "variables": {"input": values}},
        headers={"Authorization": f"Bearer {bearer}", "Idempotency-Key": "k", "X-Cost": "1"},
    )
    headers = {key: value for key, value in response.headers.items() if key not in unlike}
    read = {(database, collection) for database, collection, _ in recorder.commands}
    return Outcome(await response.read(), headers, read, list(recorder.writes))


def questions(acts: Acting, role: Role, hidden: str) -> Sequence[str]:
    """Every field that the role can come to, all about Ivan's week, lists of his records, and what *hidden* is."""
    nodes = {
        "Lesson": acts.own("Lesson", "mon1", "ivan"),
        "Homework": acts.own("Homework", "today", "ivan"),
        "TeacherComment": acts.id("TeacherComment", "praise"),
        "Mark": acts.id("Mark", "m1"),
        "Remark": hidden,
        "Test": hidden,
    }
    student = acts.id("Student", "ivan")
    everything = walk(graphql_schema(), role, student, acts.id("Class", "7a"), nodes).text
    lists = f"""{{ student(id: "{student}") {{
      diary(week: "2026-11-16") {{ days {{ lessons {{
        id attendance {{ status }} comments {{ id text }}
        marks {{ id value hasComment }} homework {{ id status }} }} }} }}
      comments(first: 50) {{ totalCount nodes {{ id }} }} attendance(first: 50) {{ totalCount nodes {{ id }} }}
      homework(first: 50) {{ totalCount nodes {{ id }} }} marks(first: 50) {{ totalCount nodes {{ id hasComment }} }}
      missedLessons(first: 50) {{ totalCount nodes {{ id }} }}
      attendanceSummary {{ absent late excused present lessons }} }} }}"""
    return everything, lists, f'{{ node(id: "{hidden}") {{ id __typename }} }}'


async def answers(acts: Acting, who: str, role: Role, hidden: str) -> list[Any]:
    """All that answers say: bodies, headers, and the commands that they took."""
    found: list[Any] = []
    bearer = acts.bearer(who, role)
    # Compressed, the ids of two requests may differ in length.
    headers = {"Authorization": f"Bearer {bearer}", "X-Cost": "1", "Accept-Encoding": "identity"}
    await acts.served.warm(bearer)
    for query in questions(acts, role, hidden):
        acts.served.recorder.clear()
        response = await acts.served.client.post("/graphql", json={"query": query}, headers=headers)
        body = re.sub(r'"(requestId|timestamp)":"[^"]*"', "", await response.text())
        shown = {key: value for key, value in response.headers.items() if key not in UNLIKE}
        read = {(database, collection) for database, collection, _ in acts.served.recorder.commands}
        found.append((response.status, body, shown, sorted(read)))
    assert '"data"' in found[0][1], "the document was refused, and says nothing"
    return found
