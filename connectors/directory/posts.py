"""The posts of staff: which roles somebody holds at which school, from when to when."""

from collections.abc import Mapping
from typing import Any, Final, cast

from connectors.directory.documents import Person, Post, posts_of

STAFF_ROLES: Final = ("TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")
"""The roles, as `auth.viewer.Role` names them, of those who work at a school."""
DATED: Final = (*STAFF_ROLES, "ANALYST")
"""The roles that posts may date; whether somebody is a student or a parent follows from other records."""


def held_posts(person: Mapping[str, Any]) -> list[Post]:
    """A post for every role that *person* holds at a school: those recorded, and undated ones for roles without.

    A role without a post of its own holds at all of the person's schools, or as long as the posts on which it depends.
    """
    recorded: list[Post] = list(person.get("posts") or ())
    posts = list(recorded)
    for role in DATED:
        if role not in person["roles"] or any(post["role"] == role for post in recorded):
            continue
        others = posts_of(cast("Person", person), role)
        posts += [Post({**post, "role": role}) for post in others] or [
            Post(role=role, school_id=school, starts_on=None, ends_on=None) for school in person["school_ids"]
        ]
    return posts
