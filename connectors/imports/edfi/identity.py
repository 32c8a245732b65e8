"""Which records describe one person: what they claim, and when that is believed (trap T19).

Records claim it by equal `PersonReference`s. The sample has six such claims between records, of which four join people
of different names; so a claim is believed only when given and family name, and birth dates where both are known, agree.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.imports.edfi.keys import PersonKey
from connectors.imports.edfi.survey import Claim

PRIMARY: Final = ("student", "staff", "contact")
"""The kinds of record, the one that a joined person is written from first."""


def same_people(claims: Mapping[PersonKey, tuple[str, Claim]]) -> tuple[dict[PersonKey, PersonKey], list[PersonKey]]:
    """The records that are the same person as another, with that one's key; and those whose claim is not believed."""
    same: dict[PersonKey, PersonKey] = {}
    doubted: list[PersonKey] = []
    for primary, other in _pairs(claims):
        if _agree(primary, other):
            same[other.person] = primary.person
        else:
            doubted.append(other.person)
    return same, doubted


def _pairs(claims: Mapping[PersonKey, tuple[str, Claim]]) -> Iterator[tuple[Claim, Claim]]:
    alike: dict[str, list[Claim]] = defaultdict(list)
    for claimed, claim in claims.values():
        alike[claimed].append(claim)
    for same in alike.values():
        first, *others = sorted(same, key=lambda claim: (PRIMARY.index(claim.person.kind), claim.person.uid))
        yield from ((first, other) for other in others)


def _agree(one: Claim, other: Claim) -> bool:
    same_name = (one.given_name, one.family_name) == (other.given_name, other.family_name)
    return same_name and (None in {one.birth_date, other.birth_date} or one.birth_date == other.birth_date)
