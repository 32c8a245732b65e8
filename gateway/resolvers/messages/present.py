"""Who takes part in conversations today.

The next message closes the window of whoever belongs to a group no longer. Until then these fields ask the directory as
that message would, so that nobody is shown who has left.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.messages import ConversationKind, participant_id
from connectors.vocabulary import PersonId
from gateway.context import Info
from gateway.membership import no_longer_members

PRESENT: Final = ("kind", "conversation_id", "owner", "left_seq", "member_ids", "admin_ids")
"""The columns of a participant's row that these fields need."""
_ROW: Final = frozenset(
    {"_id", "conversation_id", "school_id", "owner", "person_id", "side", "left_seq", "member_ids", "admin_ids"}
)


async def have_left(conversations: Sequence[Mapping[str, Any]], info: Info) -> list[bool]:
    """Whether the viewer has left each conversation, or belongs to it no longer."""
    gone, _ = await _changes(conversations, info)
    return [own["left_seq"] is not None or _row_id(own) in gone for own in conversations]


async def members_of(conversations: Sequence[Mapping[str, Any]], info: Info) -> list[list[PersonId]]:
    """The people who take part in each conversation today; once the viewer has left, those who took part then."""
    gone, rows = await _changes(conversations, info)
    return [_present(own, gone, rows) for own in conversations]


async def admins_of(conversations: Sequence[Mapping[str, Any]], info: Info) -> list[list[PersonId]]:
    """The people who run each conversation today: where none of them is left, the first participant."""
    gone, rows = await _changes(conversations, info)
    found = []
    for own in conversations:
        present = _present(own, gone, rows)
        running = [person for person in own["admin_ids"] if person in present]
        found.append(running or (present[:1] if own["admin_ids"] else []))
    return found


def _present(own: Mapping[str, Any], gone: set[str], rows: Mapping[str, list[Any]]) -> list[PersonId]:
    members: list[PersonId] = own["member_ids"]
    of_group = rows.get(own["conversation_id"])
    if of_group is None or _row_id(own) in gone:
        return members
    staying = {row["person_id"] for row in of_group if row["_id"] not in gone}
    return [person for person in members if person in staying]


async def _changes(
    conversations: Sequence[Mapping[str, Any]], info: Info
) -> tuple[set[str], dict[str, list[Mapping[str, Any]]]]:
    """The ids of rows whose owners belong to their group no longer, and the rows of each group of the viewer."""
    groups = [
        own["conversation_id"]
        for own in conversations
        if own["kind"] == ConversationKind.GROUP and own["left_seq"] is None
    ]
    # Without a group as many commands are sent, so that their number does not depend on what there is.
    found = await info.check(info.connectors.messages.participants_of, groups or ["cnv_"], columns=_ROW)
    rows = {
        group: [row for row in own or () if row["left_seq"] is None] for group, own in zip(groups, found, strict=False)
    }
    return await no_longer_members([row for own in rows.values() for row in own], info), rows


def _row_id(own: Mapping[str, Any]) -> str:
    return participant_id(own["conversation_id"], own["owner"])
