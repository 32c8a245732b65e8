"""Rights follow dates, and what the files no longer name ends."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.imports.edfi import EndingRefused, EndingRules
from tests.connectors.imports.edfi.conftest import (
    ISSUER,
    District,
    of_organization,
    of_school,
    of_section,
    of_staff,
    of_student,
    person,
    word,
)

STAFF, CONTACT, ENROLMENT = "StaffAssociation.xml", "Contact.xml", "StudentEnrollment.xml"
TODAY = date(2021, 9, 10)
BEFORE = "2021-09-09"


def post(uid: str, classification: str, **dates: str) -> dict[str, Any]:
    return {**of_staff(uid), **of_organization("1"), "StaffClassification": word(classification), **dates}


def add_post(district: District, uid: str, classification: str, **dates: str) -> None:
    entity = "StaffEducationOrganizationAssignmentAssociation"
    district.add(STAFF, entity, post(uid, classification, **dates))


@pytest.fixture
def family(school: District) -> District:
    """A parent of both students, enrolments, a second teacher of section B; files that name all links."""
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park")}, id="C1")
    for uid in ("s1", "s2"):
        link = {**of_student(uid), "@ContactReference": "C1", "Relation": word("Mother")}
        school.add(CONTACT, "StudentContactAssociation", link)
        entered = {**of_student(uid), **of_school(), "EntryDate": "2021-09-06", "EntryGradeLevel": word("Third grade")}
        school.add(ENROLMENT, "StudentSchoolAssociation", entered)
        place = {**of_student(uid), **of_section("B"), "BeginDate": "2021-09-06"}
        school.add(ENROLMENT, "StudentSectionAssociation", place)
    school.add(STAFF, "Staff", {"StaffUniqueId": "t2", **person("Adam", "Dale")})
    school.add(STAFF, "StaffSectionAssociation", {**of_staff("t2"), **of_section("B"), "BeginDate": "2021-09-06"})
    add_post(school, "t2", "Principal", BeginDate="2021-08-01")
    return school


async def member_of_staff(district: District, uid: str) -> dict[str, Any]:
    return await district.one("directory.people", _id=district.person_id("staff", uid))


async def test_a_post_gives_no_role_when_it_was_over_before_the_year(school: District) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "p1", **person("Paul", "Old")})
    add_post(school, "p1", "Principal", BeginDate="2010-08-01", EndDate="2015-06-30")
    await school.run(today=TODAY)
    principal = await member_of_staff(school, "p1")
    assert (principal["roles"], principal["school_ids"]) == ([], [])
    assert [(p["role"], p["starts_on"], p["ends_on"]) for p in principal["posts"]] == [
        ("ADMINISTRATOR", "2010-08-01", "2015-06-30")
    ]


@pytest.mark.parametrize(
    "dates",
    [
        {"BeginDate": "2099-01-01"},
        {"BeginDate": "2021-08-01", "EndDate": "2021-09-08"},
        {"BeginDate": "2021-08-01"},
        {},
    ],
)
async def test_a_post_keeps_its_dates(school: District, dates: dict[str, str]) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "p1", **person("Paul", "New")})
    add_post(school, "p1", "Principal", **dates)
    await school.run(today=TODAY)
    (remaining,) = (await member_of_staff(school, "p1"))["posts"]
    assert (remaining["starts_on"], remaining["ends_on"]) == (dates.get("BeginDate"), dates.get("EndDate"))


async def test_posts_of_one_role_are_one_when_they_overlap_and_two_when_they_do_not(school: District) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "p1", **person("Paul", "Twice")})
    add_post(school, "p1", "Principal", BeginDate="2015-08-01", EndDate="2016-06-30")
    add_post(school, "p1", "School Administrator", BeginDate="2016-01-01", EndDate="2017-06-30")
    add_post(school, "p1", "Principal", BeginDate="2021-08-01")
    await school.run(today=TODAY)
    posts = (await member_of_staff(school, "p1"))["posts"]
    assert [(p["starts_on"], p["ends_on"]) for p in posts] == [("2015-08-01", "2017-06-30"), ("2021-08-01", None)]


async def test_who_taught_a_class_for_a_time_leads_it_for_that_time(school: District) -> None:
    dates = {"BeginDate": "2021-09-06", "EndDate": "2021-09-10"}
    school.add(STAFF, "Staff", {"StaffUniqueId": "t2", **person("Adam", "Dale")})
    school.add(STAFF, "StaffSectionAssociation", {**of_staff("t2"), **of_section("B"), **dates})
    await school.run(today=TODAY)
    lead = await school.one("directory.staff_assignments", kind="CLASS_TEACHER")
    assert lead["person_id"] == school.person_id("staff", "t1")  # who teaches it to the end of the year
    assert (lead["starts_on"], lead["ends_on"]) == ("2021-09-06", "2021-09-17")


async def test_a_teacher_has_two_assignments_when_they_teach_a_section_in_two_spans(school: District) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "t2", **person("Adam", "Dale")})
    for first, last in (("2021-09-13", "2021-09-14"), ("2021-09-06", "2021-09-07")):
        dates = {"BeginDate": first, "EndDate": last}
        school.add(STAFF, "StaffSectionAssociation", {**of_staff("t2"), **of_section("B"), **dates})
    summary = await school.run(today=TODAY)
    teaches = {"person_id": school.person_id("staff", "t2"), "kind": "TEACHER"}
    remaining = await school.all("directory.staff_assignments", **teaches)
    assert {(a["starts_on"], a["ends_on"]) for a in remaining} == {
        ("2021-09-06", "2021-09-07"),
        ("2021-09-13", "2021-09-14"),
    }
    assert not summary.skipped_of("StaffSectionAssociation")


async def test_a_student_has_both_spans_of_a_place_in_a_section_in_whichever_order(school: District) -> None:
    for first, last in (("2021-09-13", "2021-09-14"), ("2021-09-06", "2021-09-07")):
        dates = {"BeginDate": first, "EndDate": last}
        school.add(ENROLMENT, "StudentSectionAssociation", {**of_student("s1"), **of_section("B"), **dates})
    await school.run(today=TODAY)
    student = await school.one("directory.people", student_id=school.ids.student("s1"))
    assert [(m["starts_on"], m["ends_on"]) for m in student["memberships"]] == [
        ("2021-09-06", "2021-09-07"),
        ("2021-09-13", "2021-09-14"),
    ]


async def test_an_enrolment_stands_once_when_it_is_recorded_twice(school: District) -> None:
    entered = {**of_student("s1"), **of_school(), "EntryDate": "2021-09-06", "EntryGradeLevel": word("Third grade")}
    for _ in range(2):
        school.add(ENROLMENT, "StudentSchoolAssociation", entered)
    summary = await school.run(today=TODAY)
    student = await school.one("directory.people", student_id=school.ids.student("s1"))
    assert len(student["enrolments"]) == 1
    assert summary.skipped["StudentSchoolAssociation"]["repeats another record"].count == 1


async def test_of_two_records_of_one_link_the_one_that_gives_less_access_is_kept(school: District) -> None:
    entered = {**of_student("s1"), **of_school(), "EntryDate": "2021-09-06", "EntryGradeLevel": word("Third grade")}
    school.add(ENROLMENT, "StudentSchoolAssociation", entered)
    school.add(ENROLMENT, "StudentSchoolAssociation", {**entered, "ExitWithdrawDate": "2021-09-08"})
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park")}, id="C1")
    link = {**of_student("s1"), "@ContactReference": "C1", "Relation": word("Mother")}
    by_id = {"ContactReference": {"ContactIdentity": {"ContactUniqueId": "c1"}}}
    school.add(CONTACT, "StudentContactAssociation", link)
    school.add(
        CONTACT, "StudentContactAssociation", {**of_student("s1"), **by_id, "ContactRestrictions": "Court order"}
    )
    await school.run(today=TODAY)
    student = await school.one("directory.people", student_id=school.ids.student("s1"))
    assert [enrolment["ends_on"] for enrolment in student["enrolments"]] == ["2021-09-08"]
    assert not (await school.one("directory.guardianships"))["data_access"]


async def test_a_reference_gives_no_access_when_two_contacts_bear_its_id(school: District) -> None:
    for uid in ("c1", "c2"):
        school.add(CONTACT, "Contact", {"ContactUniqueId": uid, **person("Eve", uid)}, id="C1")
    school.add(CONTACT, "StudentContactAssociation", {**of_student("s1"), "@ContactReference": "C1"})
    summary = await school.run(today=TODAY)
    assert await school.all("directory.guardianships") == []
    skipped = summary.skipped["StudentContactAssociation"]
    assert skipped["its reference leads to two elements of the file"].count == 1


# What the files no longer name


async def second_run(district: District, *omitted: str, **options: Any) -> Any:
    """Import once; take what holds all of the *omitted* texts out of the files; import again."""
    first = await district.run(today=date(2021, 9, 8))
    assert not first.ended
    district.omit(*omitted)
    return await district.run(today=TODAY, **options)


async def test_a_guardianship_ends_when_it_is_named_no_more(family: District) -> None:
    summary = await second_run(family, "<StudentContactAssociation>", ">s2<")
    remaining = await family.all("directory.guardianships")
    assert {(g["student_id"], g["valid_to"]) for g in remaining} == {
        (family.ids.student("s1"), None),
        (family.ids.student("s2"), BEFORE),
    }
    (kind,) = summary.ended
    assert (kind, summary.ended[kind].count, summary.ended[kind].in_force) == ("guardianships", 1, 2)
    assert summary.ended[kind].examples == ["Eve Park – Kim S2"]
    again = await family.run(today=date(2021, 9, 13))
    assert (again.inserted, again.changed, again.ended) == ({}, {}, {})


async def test_an_assignment_and_the_lead_of_a_class_end_when_a_section_is_named_no_more(family: District) -> None:
    summary = await second_run(family, "<StaffSectionAssociation>", ">t1<")
    of_teacher = await family.all("directory.staff_assignments", person_id=family.person_id("staff", "t1"))
    assert {(a["kind"], a["ends_on"]) for a in of_teacher} == {("TEACHER", BEFORE), ("CLASS_TEACHER", BEFORE)}
    assert summary.ended["assignments"].count == 2
    assert "Ann Hill – Math, Grade 3, period 4, Fall Semester" in summary.ended["assignments"].examples
    teacher = await member_of_staff(family, "t1")
    assert teacher["roles"] == []
    assert {p["ends_on"] for p in teacher["posts"]} == {BEFORE}


@pytest.mark.parametrize(
    ("entity", "key"), [("StudentSchoolAssociation", "enrolments"), ("StudentSectionAssociation", "memberships")]
)
async def test_a_place_of_a_student_ends_when_it_is_named_no_more(family: District, entity: str, key: str) -> None:
    await second_run(family, f"<{entity}>", ">s2<")
    student = await family.one("directory.people", student_id=family.ids.student("s2"))
    assert BEFORE in [span["ends_on"] for span in student[key]]
    other = await family.one("directory.people", student_id=family.ids.student("s1"))
    assert BEFORE not in [span["ends_on"] for span in other[key]]


async def test_a_post_ends_when_it_is_named_no_more(family: District) -> None:
    summary = await second_run(family, "<StaffEducationOrganizationAssignmentAssociation>", ">t2<")
    principal = await member_of_staff(family, "t2")
    assert principal["roles"] == ["TEACHER"]
    assert [p["ends_on"] for p in principal["posts"] if p["role"] == "ADMINISTRATOR"] == [BEFORE]
    assert summary.ended["posts"].examples == ["Adam Dale – ADMINISTRATOR, Hill School"]


async def test_a_school_of_a_member_of_staff_ends_when_only_an_association_named_it(family: District) -> None:
    family.add(STAFF, "StaffSchoolAssociation", {**of_staff("t2"), **of_school("2")})
    family.add("EducationOrganization.xml", "School", {"NameOfInstitution": "Dale School", "SchoolId": "2"})
    summary = await second_run(family, "<StaffSchoolAssociation>", ">t2<")
    teacher = await member_of_staff(family, "t2")
    assert teacher["school_ids"] == [family.ids.school("1")]
    assert list(summary.ended) == ["schools of staff"]
    assert summary.ended["schools of staff"].examples == ["Adam Dale – Dale School"]


async def test_all_rights_of_a_person_end_when_the_person_is_named_no_more(family: District) -> None:
    await second_run(family, ">t2<")
    principal = await member_of_staff(family, "t2")
    assert principal["roles"] == []
    assert all(p["ends_on"] == BEFORE for p in principal["posts"])
    assignments = await family.all("directory.staff_assignments", person_id=principal["_id"])
    assert {a["ends_on"] for a in assignments} == {BEFORE}


async def test_a_link_is_in_force_again_when_it_is_named_again(family: District) -> None:
    await second_run(family, "<StudentContactAssociation>", ">s2<")
    link = {**of_student("s2"), "@ContactReference": "C1", "Relation": word("Mother")}
    family.add(CONTACT, "StudentContactAssociation", link)
    await family.run(today=date(2021, 9, 13))
    assert {g["valid_to"] for g in await family.all("directory.guardianships")} == {None}


@pytest.mark.parametrize(
    "file", [CONTACT, STAFF, ENROLMENT, "Student.xml", "MasterSchedule.xml", "EducationOrganization.xml"]
)
async def test_nothing_ends_when_a_file_is_absent(family: District, file: str) -> None:
    await family.run(today=date(2021, 9, 8))
    family.drop_file(file)
    summary = await family.run(today=TODAY)
    assert summary.ended == {}


async def test_nothing_ends_at_a_school_that_the_files_do_not_describe(family: District, tmp_path: Path) -> None:
    await family.run(today=date(2021, 9, 8))
    other = District(tmp_path / "other", family.connectors)
    other.directory.mkdir()
    described = {"NameOfInstitution": "Dale School", "SchoolId": "2", "GradeLevel": word("Third grade")}
    other.add("EducationOrganization.xml", "School", described)
    for file, entity, tree in (
        ("Student.xml", "Student", {"StudentUniqueId": "s9", **person("Kim", "S9")}),
        (STAFF, "Staff", {"StaffUniqueId": "t9", **person("Ann", "T9")}),
        (CONTACT, "Contact", {"ContactUniqueId": "c9", **person("Eve", "C9")}),
    ):
        other.add(file, entity, tree)
    assert (await other.run(today=TODAY)).ended == {}


async def test_what_was_entered_otherwise_does_not_end(family: District) -> None:
    await family.run(today=date(2021, 9, 8))
    directory = family.connectors.databases["directory"]
    student, teacher = family.ids.student("s1"), family.person_id("staff", "t1")
    (link,) = await family.all("directory.guardianships", student_id=student)
    del link["source"]
    by_hand = {**link, "_id": "gua_hand", "person_id": teacher}
    other = {**link, "_id": "gua_other", "person_id": teacher, "source": "urn:other"}
    await directory["guardianships"].insert_many([by_hand, other])
    place = {"class_id": "cls_hand", "starts_on": "2021-09-06", "ends_on": None, "is_primary": False}
    await directory["people"].update_one({"student_id": student}, {"$push": {"enrolments": place}})
    own_post = {"role": "ANALYST", "school_id": family.ids.school("1"), "starts_on": None, "ends_on": None}
    await directory["people"].update_one({"_id": teacher}, {"$push": {"posts": own_post}})
    summary = await family.run(today=TODAY)
    assert summary.ended == {}
    assert (await family.one("directory.guardianships", _id="gua_hand")) == by_hand
    assert (await family.one("directory.guardianships", _id="gua_other")) == other
    assert place in (await family.one("directory.people", student_id=student))["enrolments"]
    person_ = await member_of_staff(family, "t1")
    assert own_post in person_["posts"]
    assert "ANALYST" in person_["roles"]


async def test_the_import_stops_before_it_writes_when_too_much_would_end(family: District) -> None:
    rules = EndingRules(number=1, share=0.4)
    await family.run(today=date(2021, 9, 8))
    family.omit("<StudentContactAssociation>")
    family.add(STAFF, "Staff", {"StaffUniqueId": "t3", **person("New", "Person")})
    with pytest.raises(
        EndingRefused, match=r"2 of 2 guardianships \(Eve Park – Kim S1, Eve Park – Kim S2\)"
    ) as refused:
        await family.run(today=TODAY, endings=rules)
    assert {g["valid_to"] for g in await family.all("directory.guardianships")} == {None}
    assert await family.all("directory.people", family_name="Person") == []
    summary = await family.run(today=TODAY, endings=rules._replace(allowed=refused.value.total))
    assert summary.ended["guardianships"].count == 2


async def test_files_of_a_year_long_past_speak_of_that_year(family: District) -> None:
    await family.run(today=date(2026, 11, 27))
    family.omit("<StudentContactAssociation>", ">s2<")
    await family.run(today=date(2026, 11, 27))
    (over,) = await family.all("directory.guardianships", student_id=family.ids.student("s2"))
    assert over["valid_to"] == "2021-09-05"  # not in force on any day of that year


async def test_links_carry_the_source_that_wrote_them(family: District) -> None:
    await family.run(today=TODAY)
    links = [*await family.all("directory.guardianships"), *await family.all("directory.staff_assignments")]
    for someone in await family.all("directory.people"):
        links += [span for key in ("enrolments", "memberships", "posts") for span in someone.get(key, [])]
    assert {link["source"] for link in links} == {ISSUER}
