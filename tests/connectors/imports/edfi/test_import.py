from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.imports.edfi import FILES, ImportFailed, MalformedFile
from tests.connectors.imports.edfi.conftest import (
    ISSUER,
    YEAR,
    District,
    of_organization,
    of_school,
    of_section,
    of_session,
    of_staff,
    of_student,
    person,
    section_identity,
    word,
)

ATTENDANCE, SECTION_ATTENDANCE = "StudentSchoolAttendance.xml", "StudentSectionAttendance-Tardy.xml"
GRADEBOOK, STAFF, CONTACT = "StudentGradebook.xml", "StaffAssociation.xml", "Contact.xml"


def event(day: str, category: str, *, arrival: str | None = None, **more: str) -> dict[str, Any]:
    description = {"AttendanceEvent": {"EventDate": day, "AttendanceEventCategory": word(category), **more}}
    return {**description, "ArrivalTime": arrival} if arrival else description


def day_event(uid: str, day: str, category: str, **more: Any) -> dict[str, Any]:
    return {**event(day, category, **more), **of_student(uid), **of_school(), **of_session()}


def entry(uid: str = "e1", title: str = "Unit 1 Test", *, due: str = "2021-09-11") -> dict[str, Any]:
    dates = {"DateAssigned": "2021-09-08", "DueDate": due}
    return {"GradebookEntryIdentifier": uid, "Namespace": "n", "Title": title, **of_section("A"), **dates}


def earned(student: str, number: str, work: str = "e1") -> dict[str, Any]:
    identity = {"GradebookEntryIdentifier": work, "Namespace": "n"}
    named = {"GradebookEntryReference": {"GradebookEntryIdentity": identity}}
    return {**named, **of_student(student), "NumericGradeEarned": number}


def contact_of(uid: str, ref: str, **more: str) -> dict[str, Any]:
    return {**of_student(uid), "@ContactReference": ref, "Relation": word("Mother"), **more}


async def test_second_run_changes_nothing(school: District) -> None:
    first = await school.run()
    second = await school.run()
    assert first.inserted.total() > 0
    assert not second.inserted
    assert not second.changed
    assert second.unchanged == first.inserted


async def test_missing_files_are_reported_and_the_others_imported(school: District) -> None:
    summary = await school.run()
    assert summary.missing_files == ["Contact.xml", "StudentDiscipline.xml", GRADEBOOK, SECTION_ATTENDANCE]
    assert summary.read["Student"] == 2
    assert len(await school.all("directory.people", roles="STUDENT")) == 2


async def test_a_malformed_file_is_named_with_its_line_and_nothing_is_written(school: District) -> None:
    school.write("StudentDiscipline.xml", "<InterchangeStudentDiscipline>\n<DisciplineIncident>\n</Wrong>\n")
    with pytest.raises(MalformedFile) as failure:
        await school.run()
    assert str(failure.value) == "StudentDiscipline.xml, line 3: mismatched tag"
    assert await school.all("directory.people") == []


async def test_a_directory_without_files_says_so(district: District) -> None:
    with pytest.raises(ImportFailed, match=r"no interchange files \(\*\.xml\)$"):
        await district.run()


async def test_progress_goes_up_to_the_size_of_two_readings(school: District) -> None:
    await school.run()
    total = 2 * sum(file.stat().st_size for file in school.directory.iterdir())
    done = [progress.bytes_done for progress in school.progress]
    assert done == sorted(done)
    assert done[-1] == total
    assert {progress.bytes_total for progress in school.progress} == {total}
    assert {progress.file for progress in school.progress} <= {*FILES, "lessons"}


async def test_what_has_no_place_is_skipped_with_its_reason(school: District) -> None:
    school.add("EducationOrganization.xml", "Program", {"ProgramId": "7"}, id="PRGM_7")
    summary = await school.run()
    skipped = summary.skipped["Program"]["has no place in the graph"]
    assert skipped.count == 1
    assert skipped.examples[0].startswith("PRGM_7 (EducationOrganization.xml:")


# Attendance


async def test_two_events_of_one_day_are_both_kept(school: District) -> None:
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", day_event("s1", "2021-09-08", "Excused Absence"))
    reason = {"AttendanceEventReason": "Absent excused"}
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", day_event("s1", "2021-09-08", "Partial", **reason))
    await school.run()
    document = await school.all("diary.attendance", student_id=school.ids.student("s1"), date="2021-09-08")
    assert {(record["status"], record["source_status"]) for record in document} == {
        ("EXCUSED", "Excused Absence"),
        ("EXCUSED", "Partial"),
    }


async def test_an_event_of_an_unknown_student_or_category_is_skipped(school: District) -> None:
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", day_event("nobody", "2021-09-08", "Tardy"))
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", day_event("s1", "2021-09-08", "Daydreaming"))
    summary = await school.run()
    reasons = {reason: skipped.count for reason, skipped in summary.skipped["StudentSchoolAttendanceEvent"].items()}
    assert reasons == {"unknown student": 1, "an attendance category that is not known": 1}
    assert len(await school.all("diary.attendance")) == 2


async def test_a_lateness_told_for_day_and_lesson_is_kept_once_with_its_lesson(school: District) -> None:
    late = event("2021-09-08", "Tardy", arrival="10:05:00")
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", {**late, **of_student("s1"), **of_school(), **of_session()})
    lesson = {**late, **of_student("s1"), **of_section("A"), "SectionAttendanceDuration": "5"}
    school.add(SECTION_ATTENDANCE, "StudentSectionAttendanceEvent", lesson)
    summary = await school.run()
    document = await school.one("diary.attendance", status="LATE")
    assert document["lesson_id"] == school.ids.lesson(school.section("A"), "2021-09-08", "10:00")
    assert document["minutes_late"] == 5
    assert summary.skipped_of("StudentSchoolAttendanceEvent") == 1


# Gradebook


async def test_a_mark_is_given_at_the_first_lesson_after_the_work_is_due(school: District) -> None:
    school.add(GRADEBOOK, "GradebookEntry", entry(due="2021-09-11"))  # a Saturday
    school.add(GRADEBOOK, "StudentGradebookEntry", earned("s1", "74.00"))
    await school.run()
    mark = await school.one("grades.marks")
    assert (mark["value"], mark["numeric_value"], mark["given_on"]) == ("74", 74, "2021-09-13")
    lesson = await school.one("schedule.lessons", _id=mark["lesson_id"])
    assert lesson["date"] == "2021-09-13"
    assert lesson["is_control_work"]
    assert mark["given_by_id"] == school.person_id("staff", "t1")
    assert mark["work_id"] == (await school.one("grades.works", is_control_work=True))["_id"]


@pytest.mark.parametrize("numbers", [("74", "80"), ("80", "74")])
async def test_of_two_marks_of_a_student_for_a_work_one_is_kept_in_whichever_order(
    school: District, numbers: tuple[str, str]
) -> None:
    await school.connectors.grades.create_indexes()
    school.add(GRADEBOOK, "GradebookEntry", entry())
    for number in numbers:
        school.add(GRADEBOOK, "StudentGradebookEntry", earned("s1", number))
    summary = await school.run()
    assert (await school.one("grades.marks"))["value"] == "74"
    contradicted = summary.skipped["StudentGradebookEntry"][
        "contradicts another record about the same, which takes precedence"
    ]
    assert contradicted.count == 1


async def test_a_mark_above_the_scale_is_kept_and_told(school: District) -> None:
    school.add(GRADEBOOK, "GradebookEntry", entry())
    school.add(GRADEBOOK, "StudentGradebookEntry", earned("s1", "102.50"))
    summary = await school.run()
    assert (await school.one("grades.marks"))["numeric_value"] == 102.5
    assert summary.findings["marks outside 0 to 100"] == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (earned("s1", "NaN"), "NumericGradeEarned is not a number"),
        (earned("nobody", "7"), "unknown student"),
        (earned("s1", "7", work="other"), "unknown gradebook entry"),
    ],
)
async def test_a_mark_that_cannot_be_used_is_skipped(school: District, fields: dict[str, Any], reason: str) -> None:
    school.add(GRADEBOOK, "GradebookEntry", entry())
    school.add(GRADEBOOK, "StudentGradebookEntry", fields)
    summary = await school.run()
    assert summary.skipped["StudentGradebookEntry"][reason].count == 1
    assert await school.all("grades.marks") == []


async def test_a_mark_before_its_work_in_the_file_implies_the_group_of_the_work(school: District) -> None:
    school.add(GRADEBOOK, "StudentGradebookEntry", earned("s1", "74"))
    school.add(GRADEBOOK, "GradebookEntry", entry())
    await school.run()
    dates = {"starts_on": "2021-09-06", "ends_on": "2021-09-17"}
    group = {"group_id": school.ids.group(school.section("A")), **dates, "source": ISSUER}
    assert (await school.one("directory.people", student_id=school.ids.student("s1")))["memberships"] == [group]
    assert (await school.one("directory.people", student_id=school.ids.student("s2")))["memberships"] == []


# Groups, lessons and classes


async def test_a_section_without_a_teacher_meets_all_the_same(school: District) -> None:
    summary = await school.run()
    lessons = await school.all("schedule.lessons", group_id=school.ids.group(school.section("B")))
    assert len(lessons) == 2 * 10  # ten weekdays, two meetings a day
    assert all(lesson["teacher_ids"] == [] for lesson in lessons)
    assert summary.findings["sections without a teacher"] == 1


async def test_lessons_are_instants_of_the_schools_zone_and_of_one_number_around_lunch(school: District) -> None:
    await school.run(time_zone="America/Denver")
    of_day = await school.all("schedule.lessons", group_id=school.ids.group(school.section("A")), date="2021-09-08")
    assert {(lesson["starts_at"], lesson["number"]) for lesson in of_day} == {
        (datetime(2021, 9, 8, 15, 0, tzinfo=UTC), 4),
        (datetime(2021, 9, 8, 16, 0, tzinfo=UTC), 4),
    }


async def test_a_section_of_an_unknown_course_or_session_is_skipped(school: District) -> None:
    school.add("MasterSchedule.xml", "Section", section_identity("C", course="HIST"))
    school.add("MasterSchedule.xml", "Section", section_identity("D", session="Summer"))
    summary = await school.run()
    reasons = {reason: skipped.count for reason, skipped in summary.skipped["Section"].items()}
    assert reasons == {"unknown course": 1, "unknown session": 1}
    assert len(await school.all("directory.groups")) == 2


async def test_a_class_is_a_grade_and_its_teacher_the_one_who_teaches_it(school: District) -> None:
    await school.run()
    third = await school.one("directory.classes", grade_level=3)
    assert third["name"] == "Grade 3"
    lead = await school.one("directory.staff_assignments", kind="CLASS_TEACHER")
    assert (lead["class_id"], lead["person_id"]) == (third["_id"], school.person_id("staff", "t1"))
    group = await school.one("directory.groups", _id=school.ids.group(school.section("A")))
    assert (group["name"], group["class_ids"]) == ("Math, Grade 3, period 4, Fall Semester", [third["_id"]])


async def test_enrolments_are_dated_and_the_latest_school_is_todays_after_a_transfer(school: District) -> None:
    description = {"NameOfInstitution": "Dale School", "SchoolId": "2", "GradeLevel": [word("Fourth grade")]}
    school.add("EducationOrganization.xml", "School", description)
    for uid, grade, dates in (
        ("1", "Fourth grade", {"EntryDate": "2021-09-06", "ExitWithdrawDate": "2021-10-31"}),
        ("2", "Fourth grade", {"EntryDate": "2021-11-01"}),
    ):
        entered = {**of_student("s1"), **of_school(uid), "EntryGradeLevel": word(grade), **dates}
        school.add("StudentEnrollment.xml", "StudentSchoolAssociation", entered)
    await school.run()
    student = await school.one("directory.people", student_id=school.ids.student("s1"))
    assert student["school_id"] == school.ids.school("2")
    assert [(e["class_id"], e["starts_on"], e["ends_on"]) for e in student["enrolments"]] == [
        (school.ids.school_class("1", 4), "2021-09-06", "2021-10-31"),
        (school.ids.school_class("2", 4), "2021-11-01", None),
    ]


async def test_a_membership_told_with_dates_has_those_dates(school: District) -> None:
    dates = {"BeginDate": "2021-09-08", "EndDate": "2021-09-10"}
    school.add("StudentEnrollment.xml", "StudentSectionAssociation", {**of_student("s2"), **of_section("B"), **dates})
    await school.run()
    (membership,) = (await school.one("directory.people", student_id=school.ids.student("s2")))["memberships"]
    assert (membership["starts_on"], membership["ends_on"]) == ("2021-09-08", "2021-09-10")


@pytest.mark.parametrize(
    ("entity", "description", "reason"),
    [
        ("StudentSchoolAssociation", {**of_student("s1"), **of_school("7")}, "unknown school"),
        (
            "StudentSchoolAssociation",
            {**of_student("s1"), **of_school(), "EntryGradeLevel": word("Ninth grade")},
            "a grade that the school does not have",
        ),
        ("StudentSectionAssociation", {**of_student("s1"), **of_section("Z")}, "unknown section"),
        ("StudentSectionAssociation", {**of_student("nobody"), **of_section("A")}, "unknown student"),
        ("StaffSectionAssociation", {**of_staff("nobody"), **of_section("A")}, "unknown staff"),
        ("Student", {"StudentUniqueId": "s9"}, "without FirstName"),
    ],
)
async def test_what_hangs_in_the_air_is_skipped(
    school: District, entity: str, description: dict[str, Any], reason: str
) -> None:
    school.add("StudentEnrollment.xml", entity, {**description, "EntryDate": "2021-09-06", "BeginDate": "2021-09-06"})
    summary = await school.run()
    assert {reason: skipped.count for reason, skipped in summary.skipped[entity].items()} == {reason: 1}
    assert len(await school.all("directory.people")) == 3


# People


async def test_a_contact_restriction_takes_the_data_away_and_nothing_else(school: District) -> None:
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park")}, id="C1")
    school.add(CONTACT, "StudentContactAssociation", contact_of("s1", "C1", LivesWith="false"))
    school.add(CONTACT, "StudentContactAssociation", contact_of("s2", "C1", ContactRestrictions="Court order"))
    summary = await school.run()
    of_parent = await school.all("directory.guardianships", person_id=school.person_id("contact", "c1"))
    assert {(g["student_id"], g["data_access"], g["lives_with"]) for g in of_parent} == {
        (school.ids.student("s1"), True, False),
        (school.ids.student("s2"), False, None),
    }
    assert summary.findings["student-contact links with contact restrictions"] == 1
    parent = await school.one("directory.people", roles="PARENT")
    assert parent["school_ids"] == [school.ids.school("1")]


async def test_a_contact_of_no_student_is_skipped(school: District) -> None:
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park")}, id="C1")
    school.add(CONTACT, "StudentContactAssociation", contact_of("nobody", "C1"))
    summary = await school.run()
    assert summary.skipped["Contact"]["a contact of no known student"].examples[0].startswith("C1 (Contact.xml:")
    assert summary.skipped["StudentContactAssociation"]["unknown student"].count == 1
    assert await school.all("directory.external_ids", subject="contact/c1") == []


async def test_everyone_can_sign_in_under_the_issuer(school: District) -> None:
    await school.run()
    known = await school.one("directory.external_ids", subject="staff/t1")
    assert (known["issuer"], known["person_id"]) == ("urn:test:district", school.person_id("staff", "t1"))
    assert len(await school.all("directory.external_ids")) == 3


async def test_a_claim_to_be_one_person_is_believed_where_the_names_agree(school: District) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "t2", **person("Eve", "Park", claims="p")})
    school.add(STAFF, "StaffSectionAssociation", {**of_staff("t2"), **of_section("A")})
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park", claims="p")}, id="C1")
    school.add(CONTACT, "StudentContactAssociation", contact_of("s1", "C1"))
    summary = await school.run()
    both = await school.one("directory.people", family_name="Park")
    assert both["roles"] == ["PARENT", "TEACHER"]
    assert (await school.one("directory.guardianships"))["person_id"] == both["_id"]
    names = await school.all("directory.external_ids", person_id=both["_id"])
    assert {name["subject"] for name in names} == {"staff/t2", "contact/c1"}
    assert summary.findings["records joined as one person"] == 1


async def test_a_claim_to_be_one_person_is_not_believed_where_the_names_differ(school: District) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "t2", **person("Adam", "Park", claims="p")})
    school.add(CONTACT, "Contact", {"ContactUniqueId": "c1", **person("Eve", "Park", claims="p")}, id="C1")
    school.add(CONTACT, "StudentContactAssociation", contact_of("s1", "C1"))
    summary = await school.run()
    assert len(await school.all("directory.people", family_name="Park")) == 2
    assert any("contact/c1" in note for note in summary.notes)


@pytest.mark.parametrize("organization", ["1", "9"])
async def test_an_administrator_is_one_of_his_school_or_of_all_of_his_district(
    school: District, organization: str
) -> None:
    school.add(STAFF, "Staff", {"StaffUniqueId": "a1", **person("Max", "Boss")})
    post = {**of_staff("a1"), **of_organization(organization), "StaffClassification": word("Principal")}
    school.add(STAFF, "StaffEducationOrganizationAssignmentAssociation", post)
    await school.run()
    boss = await school.one("directory.people", roles="ADMINISTRATOR")
    assert boss["school_ids"] == [school.ids.school("1")]


async def test_a_student_nobody_saw_is_placed_by_age_while_age_tells_the_school(school: District) -> None:
    unseen = {"StudentUniqueId": "s3", **person("Kim", "S3"), "BirthData": {"BirthDate": "2014-01-01"}}
    school.add("Student.xml", "Student", unseen)
    summary = await school.run()
    student = await school.one("directory.people", student_id=school.ids.student("s3"))
    assert student["enrolments"][0]["class_id"] == school.ids.school_class("1", 3)
    assert summary.findings["students whose school is inferred from the year of birth"] == 1


async def test_a_student_nobody_saw_has_no_school_where_age_does_not_tell_it(school: District) -> None:
    adult = {"StudentUniqueId": "s3", **person("Kim", "S3"), "BirthData": {"BirthDate": "1990-01-01"}}
    school.add("Student.xml", "Student", adult)
    school.add(ATTENDANCE, "StudentSchoolAttendanceEvent", day_event("s3", "2021-09-08", "Tardy"))
    unseen = {"StudentUniqueId": "s4", **person("Kim", "S4"), "BirthData": {"BirthDate": "2014-01-01"}}
    school.add("Student.xml", "Student", unseen)
    summary = await school.run()
    student = await school.one("directory.people", student_id=school.ids.student("s4"))
    assert "school_id" not in student
    assert student["enrolments"] == []
    assert summary.findings["students without a school"] == 1


# Incidents


async def test_an_incident_is_a_remark_about_its_cause_by_its_reporter(school: District) -> None:
    file = "StudentDiscipline.xml"
    when = {"IncidentIdentifier": "i1", "IncidentDate": "2021-09-08", "IncidentTime": "14:20:00"}
    school.add(file, "DisciplineIncident", {**when, "IncidentLocation": word("Library"), **of_school()}, id="D1")
    named = {"DisciplineIncidentReference": {"DisciplineIncidentIdentity": {"IncidentIdentifier": "i1", **of_school()}}}
    description = {**of_staff("t1"), **named, "DisciplineIncidentParticipationCode": word("Reporter")}
    school.add(file, "StaffDisciplineIncidentAssociation", description)
    cause = {**of_student("s1"), "@DisciplineIncidentReference": "D1", "Behavior": word("Noise")}
    school.add(file, "StudentDisciplineIncidentBehaviorAssociation", cause)
    witness = {**of_student("s2"), "@DisciplineIncidentReference": "D1"}
    school.add(file, "StudentDisciplineIncidentNonOffenderAssociation", witness)
    await school.run()
    remark = await school.one("diary.remarks")
    assert (remark["student_id"], remark["made_on"]) == (school.ids.student("s1"), "2021-09-08")
    assert (remark["kind"], remark["text"]) == ("Noise", "Noise. Library, 14:20.")
    assert remark["author_id"] == school.person_id("staff", "t1")


async def test_an_incident_that_names_no_student_is_skipped(school: District) -> None:
    incident = {"IncidentIdentifier": "i1", "IncidentDate": "2021-09-08", **of_school()}
    school.add("StudentDiscipline.xml", "DisciplineIncident", incident, id="D1")
    summary = await school.run()
    assert summary.skipped["DisciplineIncident"]["no student is named as its cause"].count == 1


# The calendar


async def test_grading_periods_are_attestation_periods(school: District) -> None:
    period = {"GradingPeriod": word("First Six Weeks"), "GradingPeriodName": "Exam 1", "PeriodSequence": "1"}
    dates = {"SchoolYear": YEAR, "BeginDate": "2021-09-06", "EndDate": "2021-09-17"}
    school.add("EducationOrgCalendar.xml", "GradingPeriod", {**of_school(), **period, **dates})
    await school.run()
    document = await school.one("grades.attestation_periods")
    assert (document["name"], document["kind"], document["ordinal"], document["academic_year"]) == (
        "Exam 1",
        "MODULE",
        1,
        "2021/22",
    )


@pytest.mark.parametrize("garbage", ["many", "1.5", "٤", "9" * 20])
async def test_a_record_that_cannot_be_used_displaces_none_of_the_same_key(school: District, garbage: str) -> None:
    period = {"GradingPeriod": word("First Six Weeks"), "GradingPeriodName": "1", "SchoolYear": YEAR, **of_school()}
    dates = {"BeginDate": "2021-09-06", "EndDate": "2021-09-17"}
    for days in (garbage, "10"):
        school.add("EducationOrgCalendar.xml", "GradingPeriod", {**period, **dates, "TotalInstructionalDays": days})
    summary = await school.run()
    assert len(await school.all("grades.attestation_periods")) == 1
    (reason,) = summary.skipped["GradingPeriod"]
    assert reason.startswith("TotalInstructionalDays is ")


async def test_a_holiday_of_the_schools_calendar_has_no_lessons(school: District) -> None:
    file, calendar = "EducationOrgCalendar.xml", {"CalendarCode": "k", **of_school()}
    school.add(file, "Calendar", {**calendar, "CalendarType": word("School")})
    named = {"CalendarReference": {"CalendarIdentity": calendar}}
    school.add(file, "CalendarDate", {"Date": "2021-09-06", "CalendarEvent": word("Holiday"), **named})
    await school.run()
    holiday = await school.one("schedule.holidays")
    assert (holiday["starts_on"], holiday["ends_on"], holiday["kind"]) == ("2021-09-06", "2021-09-06", "PUBLIC_HOLIDAY")
    assert await school.all("schedule.lessons", date="2021-09-06") == []
    periods = await school.all("curriculum.calendar_periods")
    assert {(p["kind"], p["starts_on"], p["ends_on"]) for p in periods} == {
        ("PUBLIC_HOLIDAY", "2021-09-06", "2021-09-06"),
        ("STUDY", "2021-09-07", "2021-09-17"),
    }


async def test_a_day_is_suggested_on_which_students_have_lessons(school: District) -> None:
    school.add(GRADEBOOK, "GradebookEntry", entry(due="2021-09-09"))
    for uid in ("s1", "s2"):
        school.add(GRADEBOOK, "StudentGradebookEntry", earned(uid, "74"))
    summary = await school.run()
    assert summary.suggested_today == "2021-09-10"
    assert set(summary.suggested_students) == {school.ids.student("s1"), school.ids.student("s2")}
