"""Rights over what an import wrote: dates decide, and a link that the files no longer name gives nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from auth.errors import AuthError
from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role, Viewer
from connectors.vocabulary import Day
from tests.connectors.imports.edfi.conftest import (
    ISSUER,
    District,
    described,
    of_organization,
    of_school,
    of_section,
    of_staff,
    of_student,
    person,
    word,
)
from tests.databases import own_databases

TODAY = Day("2021-09-10")
CONTACT, STAFF, ENROLMENT = "Contact.xml", "StaffAssociation.xml", "StudentEnrollment.xml"


@pytest.fixture
async def district(tmp_path: Path, mongo_uri: str) -> AsyncIterator[District]:
    """A parent of two students, their teacher, and principals of several times."""
    async with own_databases(mongo_uri, "rights") as (connectors, _):
        school = described(District(tmp_path, connectors))
        school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park")}, id="C1")
        for uid in ("s1", "s2"):
            school.add(CONTACT, "StudentContactAssociation", {**of_student(uid), "@ContactReference": "C1"})
            entered = {
                **of_student(uid),
                **of_school(),
                "EntryDate": "2021-09-06",
                "EntryGradeLevel": word("Third grade"),
            }
            school.add(ENROLMENT, "StudentSchoolAssociation", entered)
            place = {**of_student(uid), **of_section("A"), "BeginDate": "2021-09-06"}
            school.add(ENROLMENT, "StudentSectionAssociation", place)
        for uid, dates in (
            ("past", {"BeginDate": "2010-08-01", "EndDate": "2015-06-30"}),
            ("over", {"BeginDate": "2015-07-01", "EndDate": "2021-09-09"}),
            ("now", {"BeginDate": "2021-09-10", "EndDate": "2021-09-10"}),
            ("future", {"BeginDate": "2021-09-11"}),
        ):
            school.add(STAFF, "Staff", {"StaffUniqueId": uid, **person("Paul", uid)})
            post = {**of_staff(uid), **of_organization("9"), "StaffClassification": word("Principal"), **dates}
            school.add(STAFF, "StaffEducationOrganizationAssignmentAssociation", post)
        yield school


async def import_on(district: District, day: str) -> None:
    await district.run(today=date.fromisoformat(day), issuer=ISSUER)


async def viewer_of(district: District, subject: str, role: Role) -> Viewer | None:
    """The viewer that a person is on TODAY; None where they are not let in."""
    claims = Claims(ISSUER, subject, role, None, 0)
    deadline = asyncio.get_running_loop().time() + 30
    viewers = Viewers(district.connectors.directory, None)
    try:
        return await viewers.viewer(claims, today=lambda _: TODAY, deadline=deadline)
    except AuthError:
        return None


async def students_of(district: District, subject: str, role: Role) -> set[str]:
    viewer = await viewer_of(district, subject, role)
    return set(viewer.student_ids) if viewer else set()


@pytest.mark.parametrize(("principal", "acts"), [("past", False), ("over", False), ("now", True), ("future", False)])
async def test_a_principal_acts_from_the_first_to_the_last_day_of_the_post(
    district: District, principal: str, *, acts: bool
) -> None:
    await import_on(district, TODAY)
    viewer = await viewer_of(district, f"staff/{principal}", Role.ADMINISTRATOR)
    assert (viewer is not None) == acts
    if viewer is not None:
        assert viewer.school_ids == (district.ids.school("1"),)


async def test_a_parent_reads_no_longer_a_child_whom_the_files_no_longer_name(district: District) -> None:
    first, second = district.ids.student("s1"), district.ids.student("s2")
    await import_on(district, "2021-09-09")
    assert await students_of(district, "contact/c1", Role.PARENT) == {first, second}
    district.omit("<StudentContactAssociation>", ">s2<")
    await import_on(district, TODAY)
    assert await students_of(district, "contact/c1", Role.PARENT) == {first}


@pytest.mark.parametrize(
    "omitted",
    [("<StaffSectionAssociation>", ">t1<"), (">t1<",), ("<StudentSectionAssociation>", ">s2<"), ("<Student>", ">s2<")],
    ids=str,
)
async def test_a_teacher_reads_no_longer_whom_the_files_no_longer_name(
    district: District, omitted: tuple[str, ...]
) -> None:
    first, second = district.ids.student("s1"), district.ids.student("s2")
    await import_on(district, "2021-09-09")
    assert await students_of(district, "staff/t1", Role.TEACHER) == {first, second}
    assert await students_of(district, "staff/t1", Role.CLASS_TEACHER) == {first, second}
    district.omit(*omitted)
    await import_on(district, TODAY)
    remaining = set() if any("t1" in text for text in omitted) else {first}
    assert await students_of(district, "staff/t1", Role.TEACHER) == remaining
    if "<StudentSectionAssociation>" not in omitted:  # still enrolled, hence still in the class
        assert await students_of(district, "staff/t1", Role.CLASS_TEACHER) == remaining
