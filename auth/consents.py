"""Which required consents a viewer missing (F13, F30).

Consents are read at every request, so that one that is withdrawn counts at once.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from auth.viewer import FAMILY, Role, Viewer
from connectors.directory import ConsentRules, Directory, Person
from connectors.mongo import Deadline
from connectors.vocabulary import Day, StudentId

BORN: Final = frozenset({"_id", "student_id", "school_id", "birth_date"})
"""The columns of students that `may_give_for` needs."""
_CONSENT_COLUMNS: Final = frozenset({"text", "version"})


class MissingConsents(NamedTuple):
    """Whose required consents are missing: the viewer's own, and those for children."""

    own: bool
    children: frozenset[StudentId]


async def missing_consents(viewer: Viewer, directory: Directory, deadline: Deadline) -> MissingConsents:
    """Whose required consents are missing."""
    rules = directory.consent_rules
    if viewer.role not in FAMILY or not rules.required:
        return MissingConsents(own=False, children=frozenset())
    read_own = directory.consents_of_people([viewer.person_id], columns=_CONSENT_COLUMNS, deadline=deadline)
    if viewer.role is Role.STUDENT:
        own = await read_own
        return MissingConsents(own=not rules.are_given(own[viewer.person_id]), children=frozenset())
    children = sorted(viewer.student_ids)
    read_children = directory.consents_of_students(children, columns=_CONSENT_COLUMNS, deadline=deadline)
    own, of_children = await asyncio.gather(read_own, read_children)
    return MissingConsents(
        own=not rules.are_given(own[viewer.person_id]),
        children=frozenset(child for child in children if not rules.are_given(of_children[child])),
    )


async def must_consent_first(
    viewer: Viewer, missing: MissingConsents, directory: Directory, today: Callable[[str], Day], deadline: Deadline
) -> bool:
    """Whether the viewer is shown nothing: their own consent is missing, or one that they may give, or all are."""
    if missing.own or missing.children == viewer.student_ids:
        return True
    born = await directory.students_by_ids(sorted(missing.children), columns=BORN, deadline=deadline)
    return any(
        may_give_for(viewer, born[child], directory.consent_rules, today(viewer.zones[born[child]["school_id"]]))
        for child in missing.children
        if child in born and born[child].get("school_id") in viewer.zones
    )


def may_give_for(viewer: Viewer, student: Person, rules: ConsentRules, today: Day) -> bool:
    """Whether the viewer may give and withdraw the consents of a student of theirs, on the student's *today*."""
    birth_date = student.get("birth_date")
    if viewer.role is Role.STUDENT:
        return rules.student_may_give(birth_date, today)
    return student["student_id"] in viewer.represented_ids and rules.representative_may_give(birth_date, today)
