"""The roles that posts and sections give to staff, with their dates; and who teaches and leads whom."""

from collections.abc import Iterator
from typing import Final

from connectors import directory
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import PersonKey, SectionKey
from connectors.vocabulary import Day

ADMINISTRATORS: Final = frozenset(
    {
        "Assistant Principal",
        "Assistant Superintendent",
        "LEA Administrator",
        "LEA System Administrator",
        "Principal",
        "School Administrator",
        "Superintendent",
    }
)
"""Staff classifications of those who run a school's journal."""

_RoleSpan = tuple[str, str, Day | None, Day | None]
"""Role, school, first and last day."""


def posts_of(context: Context, person: PersonKey) -> list[directory.Post]:
    """The roles of a member of staff at each school; spans of one role that overlap are one."""
    if person.kind != "staff":
        return []
    return [
        directory.Post(
            role=role,
            school_id=context.ids.school(school),
            starts_on=starts_on,
            ends_on=ends_on,
            source=context.options.issuer,
        )
        for role, school, starts_on, ends_on in _united(_role_spans(context, person.uid))
    ]


def order(post: directory.Post) -> tuple[str, str, str]:
    """The sort key of posts: by the day on which they begin, then by role and school."""
    return post["starts_on"] or "", post["role"], post["school_id"]


def schools_of(context: Context, uid: str) -> set[str]:
    """The schools at which a member of staff has a post that is not long over, teaches, or is associated."""
    return named_schools(context, uid, since=context.roles_since)


def named_schools(context: Context, uid: str, *, since: str = "") -> set[str]:
    """The schools with which a member of staff is linked; *since*: leave out those of posts that ended before."""
    own = {school for _, school, _, last in _role_spans(context, uid) if (last or since) >= since}
    own.update(
        school
        for post in context.survey.posts.get(uid, {}).values()
        if (post.ends_on or since) >= since
        for school in context.schools_of(post.organization)
    )
    own.update(context.associated_with.get(uid, ()))
    return own & context.survey.schools.keys()


def _role_spans(context: Context, uid: str) -> Iterator[_RoleSpan]:
    for post in context.survey.posts.get(uid, {}).values():
        role = _role_of(post.classification)
        if role is not None:
            for school in context.schools_of(post.organization):
                yield role, school, post.begins_on, post.ends_on
    for school, begins_on, ends_on in context.rosters.spans_taught(uid, context.taught_by.get(uid, ())):
        yield "TEACHER", school, begins_on, ends_on
    for school, lead in context.led_by.get(uid, ()):
        yield "CLASS_TEACHER", school, lead.starts_on, lead.ends_on


def _role_of(classification: str) -> str | None:
    if classification in ADMINISTRATORS:
        return "ADMINISTRATOR"
    return "TEACHER" if classification == "Teacher" else None


def _united(spans: Iterator[_RoleSpan]) -> Iterator[_RoleSpan]:
    """The spans of each role and school, of which those that overlap become one."""
    united: list[_RoleSpan] = []
    for role, school, first, last in sorted(spans, key=lambda span: (*span[:2], span[2] or "", span[3] or "~")):
        before = united[-1] if united else None
        if before and before[:2] == (role, school) and (before[3] is None or (first or "") <= before[3]):
            later = None if before[3] is None or last is None else max(before[3], last)
            united[-1] = (role, school, before[2], later)
        else:
            united.append((role, school, first, last))
    return iter(united)


def teaching_id(context: Context, uid: str, section: SectionKey, ordinal: int) -> str:
    """The id of a span in which a member of staff teaches a section; the first of them has *ordinal* 0."""
    return context.ids.of("StaffAssignment", "section", uid, *section, *([ordinal] if ordinal else []))


def class_teacher_id(context: Context, school: str, grade: int, uid: str) -> str:
    """The id of the assignment of a member of staff as teacher of a class."""
    return context.ids.of("StaffAssignment", "class", school, grade, uid)
