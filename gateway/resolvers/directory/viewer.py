"""Who a viewer is: their own contacts, schools, classes and study groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from auth.viewer import Role
from connectors.directory import (
    AcademicYear,
    Class,
    Group,
    MandatoryField,
    Person,
    School,
    in_force,
    missing_fields,
    posts_of,
    school_year_on,
)
from connectors.vocabulary import SchoolId, version_of
from gateway.context import Info
from gateway.errors import NotFound
from gateway.orders import by_name
from gateway.resolvers.directory.classes import classes, found_by_ids, groups
from gateway.resolvers.directory.scope import ViewerDocument


async def viewer(roots: Sequence[object], info: Info) -> list[ViewerDocument]:
    """The person who sent the request, in the role of their token."""
    school = next(iter(info.viewer.school_ids), None)
    return [ViewerDocument(role=info.viewer.role, person_id=info.viewer.person_id, school_id=school)] * len(roots)


async def email(viewers: Sequence[ViewerDocument], info: Info) -> list[str | None]:
    """The viewer's own address, shown to nobody else."""
    return await _own(viewers, info, "email")


async def phone(viewers: Sequence[ViewerDocument], info: Info) -> list[str | None]:
    """The viewer's own telephone number, shown to nobody else."""
    return await _own(viewers, info, "phone")


async def missing_contacts(viewers: Sequence[ViewerDocument], info: Info) -> list[list[MandatoryField]]:
    """The mandatory fields of the viewer's own data that are empty."""
    return [missing_fields(person) for person in await _own_data(viewers, info)]


async def profile_version(viewers: Sequence[ViewerDocument], info: Info) -> list[int]:
    """How often the viewer's own data were changed."""
    return [version_of(person) for person in await _own_data(viewers, info)]


async def roles(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Role]]:
    """The roles in which the viewer could sign in today, in the order of `Role`."""
    return [
        [role for role in Role if role in person.get("roles", ()) and _may_act(person, role, info)]
        for person in await _own_data(viewers, info)
    ]


def _may_act(person: Mapping[str, Any], role: Role, info: Info) -> bool:
    """Whether a role that the person holds is in force: staff need a post wherever posts are recorded."""
    if role is Role.STUDENT:
        return "student_id" in person
    posts = posts_of(cast("Person", person), role)
    return not posts or any(in_force(p["starts_on"], p["ends_on"], info.today_at(p["school_id"])) for p in posts)


async def _own(viewers: Sequence[ViewerDocument], info: Info, column: str) -> list[str | None]:
    return [person.get(column) for person in await _own_data(viewers, info)]


async def _own_data(viewers: Sequence[ViewerDocument], info: Info) -> list[Mapping[str, Any]]:
    """The viewer's own record, read once for all fields that show something of it."""
    columns = frozenset({"email", "phone", "roles", "posts", "student_id", "version"})
    read = info.connectors.directory.people_by_ids
    return [person or {} for person in await info.read(read, [v["person_id"] for v in viewers], columns=columns)]


async def schools(ids: Sequence[SchoolId | None], info: Info) -> list[Any]:
    """The viewer's schools, by id."""
    own = [school if school in info.viewer.school_ids else None for school in ids]
    found = await info.read(info.connectors.directory.schools_by_ids, own, columns=info.columns_of("School"))
    return found_by_ids(ids, found)


async def schools_of_viewer(viewers: Sequence[ViewerDocument], info: Info) -> list[list[School]]:
    """All schools of the viewer, by name."""
    columns = info.columns_of("School") | {"_id", "name"}
    found = await info.read(info.connectors.directory.schools_by_ids, info.viewer.school_ids, columns=columns)
    own = sorted((one for one in found if one), key=lambda one: (one["name"], one["_id"]))
    return [own] * len(viewers)


async def school(roots: Sequence[object], info: Info) -> list[Any]:
    """The viewer's school; of a parent whose children are at several, the first."""
    return list(await schools([next(iter(info.viewer.school_ids), None)], info)) * len(roots)


async def viewer_classes(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Class]]:
    """The classes the viewer teaches or leads."""
    return [_by_name(await classes(sorted(info.viewer.class_ids), info, "sort_name"))] * len(viewers)


async def viewer_groups(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Group]]:
    """The study groups the viewer teaches."""
    own = await groups(sorted(info.viewer.group_ids), info, "name")
    return [sorted((g for g in own if not isinstance(g, NotFound)), key=by_name)] * len(viewers)


async def academic_years(owners: Sequence[School], info: Info) -> list[list[AcademicYear]]:
    """The academic years of the school, the latest first."""
    return await info.read(info.connectors.directory.years_of, [own["_id"] for own in owners])


async def current_year(owners: Sequence[School], info: Info) -> list[AcademicYear | None]:
    """The academic year that today belongs to, the summer after its lessons included."""
    years = await info.read(info.connectors.directory.years_of, [own["_id"] for own in owners])
    return [
        school_year_on(own, info.today_at(school["_id"])).document for school, own in zip(owners, years, strict=True)
    ]


def _by_name(found: Iterable[Any]) -> list[Any]:
    return sorted((c for c in found if not isinstance(c, NotFound)), key=lambda c: (c["sort_name"], c["_id"]))
