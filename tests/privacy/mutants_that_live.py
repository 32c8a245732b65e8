"""The mutants that no test can kill, each with the reason why it changes nothing that matters."""

from collections.abc import Mapping
from typing import Final

_SAVES = "without the shortcut a read of no keys is made, which finds nothing"

REASONS: Final[Mapping[tuple[str, str], str]] = {
    ("auth.identity", "if not ids → never"): _SAVES,
    ("auth.identity", "person and (not person.get('merged_to')) → not person.get('merged_to')"): (
        "somebody was found for each: only the type says that there may be nobody"
    ),
    ("auth.scope", "if not ids → never"): _SAVES,
    ("auth.scope", "if not students → never"): _SAVES,
    ("auth.scope", "for … if a['group_id'] is None → for …"): (
        "the students of a class are read in vain: an assignment that names a group takes those of the group"
    ),
}
"""The reason of each, by its module and what it changes."""
