"""Roles that write to nobody."""

from types import SimpleNamespace
from typing import cast

import pytest

from auth.viewer import Role, Viewer
from connectors.vocabulary import PersonId
from gateway.context import Info
from gateway.recipients import RecipientCategory, own_mailbox, recipients


def info_of(role: Role) -> Info:
    """What a viewer without any rights asks with; it has nothing to read with, so that a read would fail."""
    viewer = Viewer(role=role, person_id=PersonId("per_one"))
    return cast("Info", SimpleNamespace(viewer=viewer, today="2026-11-18"))


@pytest.mark.parametrize("category", RecipientCategory)
async def test_an_analyst_writes_to_nobody_and_has_no_mailbox(category: RecipientCategory) -> None:
    info = info_of(Role.ANALYST)
    found = await recipients(category, info)
    assert (found.people, found.schools, found.students, found.staff_of) == ((), None, None, None)
    assert own_mailbox(info) == ""
    assert own_mailbox(info_of(Role.ADMINISTRATOR)) != ""
