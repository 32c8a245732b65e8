"""The links that give access, as a roster names them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.directory import Enrolment, Membership, Post
from connectors.imports.links import NamedLinks
from connectors.imports.roster.entries import PersonEntry, PostEntry
from connectors.imports.roster.roster import FIRST_DAY, LAST_DAY, Roster, account_id


class RosterLinks(NamedLinks):
    """The links of a roster, with the ids and dates that its documents have."""

    def __init__(self, roster: Roster) -> None:
        self.source = roster.source
        self.day = roster.day
        self.schools = {roster.ids.school(key): school.name for key, school in roster.schools.items()}
        self._roster = roster

    def names_all(self, kind: str) -> bool:
        """Whether the files were to name all links of a kind."""
        return kind in self._roster.complete

    def spans_of(self, person_id: str) -> Mapping[str, Sequence[Any]] | None:
        """Enrolments, places in groups and posts."""
        person = self._roster.people_by_id.get(person_id)
        return None if person is None else spans(self._roster, person)

    def schools_of_staff(self, person_id: str) -> Iterator[str]:
        """Schools of posts, of teaching, and those that the person's own record names."""
        person = self._roster.people_by_id.get(person_id)
        if person is not None:
            yield from map(self._roster.ids.school, schools_of_staff(self._roster, person))

    def guardianships(self) -> Iterator[str]:
        """The ids of guardianships: one for each adult and student that are linked."""
        return (self._roster.ids.guardianship(*pair) for pair in self._roster.guardianships)

    def assignments(self) -> Iterator[str]:
        """The ids of staff assignments: one for each span in which somebody teaches or is class teacher."""
        return (self._roster.ids.of("StaffAssignment", key) for key in self._roster.assignments)

    def accounts(self) -> Iterator[str]:
        """The ids of accounts: one for each name by which a person signs in."""
        return (account_id(self._roster, account) for account in self._roster.accounts)


def spans(roster: Roster, person: PersonEntry) -> dict[str, list[Any]]:
    """The spans of a person, by the keys of the document, in time."""
    ids, source = roster.ids, roster.source
    return {
        "enrolments": [
            Enrolment(
                class_id=ids.school_class(stay.place),
                starts_on=stay.starts_on,
                ends_on=stay.ends_on,
                is_primary=True,
                source=source,
            )
            for stay in sorted(person.enrolments, key=lambda stay: (stay.starts_on, stay.place))
        ],
        "memberships": [
            Membership(group_id=ids.group(stay.place), starts_on=stay.starts_on, ends_on=stay.ends_on, source=source)
            for stay in sorted(person.memberships, key=lambda stay: (stay.starts_on, stay.place))
        ],
        "posts": [
            Post(role=post.role, school_id=ids.school(post.school), starts_on=first, ends_on=last, source=source)
            for post in sorted(set(person.posts), key=_order)
            for first, last in [(post.starts_on, post.ends_on)]
        ],
    }


def _order(post: PostEntry) -> tuple[str, str, str, str]:
    return post.starts_on or FIRST_DAY, post.role, post.school, post.ends_on or LAST_DAY


def schools_of_staff(roster: Roster, person: PersonEntry) -> set[str]:
    """The keys of the schools of a member of staff."""
    posts = {post.school for post in person.posts}
    return posts | person.schools | roster.schools_taught.get(person.key, set())
