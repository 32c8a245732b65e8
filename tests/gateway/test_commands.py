"""The number of MongoDB commands depends on the query and never on the number of rows: one test an edge.

Two families learn in schools of their own. The small one has two children with two rows of everything, the large one
seven children with five. Each edge of the schema is asked for under both; what reaches MongoDB must be equal and small.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_composite_type

from auth.viewer import Role
from gateway.engine.declarations import Batch, declaration_of
from gateway.schema.query import build
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder, at, attachment
from tests.gateway.school import TODAY
from tests.gateway.served import served
from tests.gateway.writing.acting import VOLUNTARY

SMALL: Final = ("small", 2, 2)
LARGE: Final = ("large", 7, 5)
AT_MOST: Final = 8
"""Commands of one query, those of the way to the edge among them."""

MORE: Final = {("Conversation", "participants"): 9, ("Conversation", "admins"): 9}
"""Commands of edges that ask the directory where every participant belongs today: rights, posts, classes, schools."""

DAYS: Final = [f"2026-11-{day}" for day in range(16, 21)]

CHILDREN: Final = (Role.PARENT, "viewer { children { %s } }")
HIMSELF: Final = (Role.STUDENT, "viewer { student { %s } }")
CLASSES: Final = (Role.CLASS_TEACHER, "viewer { classes { %s } }")


def under(root: tuple[Role, str], path: str) -> tuple[Role, str]:
    return root[0], root[1] % path


OFFERED: Final = (Role.ADMINISTRATOR, "viewer { schools { moduleCourses { %s } } }")
AUTHORED: Final = (Role.TEACHER, "viewer { authoredTests(first: 40) { nodes { %s } } }")
LESSONS: Final = "diary { days { lessons { %s } } }"
PLANNED: Final = "timetable { days { lessons { %s } } }"
WAYS: Final[Mapping[str, tuple[Role, str]]] = {
    "Viewer": (Role.PARENT, "viewer { %s }"),
    "Student": CHILDREN,
    "School": under(CHILDREN, "school { %s }"),
    "Class": under(CHILDREN, "class { %s }"),
    "Group": under(CHILDREN, "groups { %s }"),
    "TeacherOfSubject": under(CHILDREN, "class { teachers { %s } }"),
    "Enrolment": under(CHILDREN, "enrolments { %s }"),
    "Guardianship": under(CHILDREN, "guardians { %s }"),
    "TimetableWeek": under(CHILDREN, "timetable { %s }"),
    "TimetableDay": under(CHILDREN, "timetable { days { %s } }"),
    "TimetableLesson": under(CHILDREN, PLANNED),
    "Substitution": under(CHILDREN, PLANNED % "substitution { %s }"),
    "SchoolEvent": under(CHILDREN, "school { events { %s } }"),
    "DiaryWeek": under(CHILDREN, "diary { %s }"),
    "DiaryDay": under(CHILDREN, "diary { days { %s } }"),
    "Acknowledgement": under(CHILDREN, "diary { acknowledgement { %s } }"),
    "Lesson": under(CHILDREN, LESSONS),
    "Homework": under(CHILDREN, "homework(first: 100) { nodes { %s } }"),
    "Submission": under(HIMSELF, "homework(first: 100) { nodes { submission { %s } } }"),
    "Attachment": under(CHILDREN, "homework(first: 100) { nodes { attachments { %s } } }"),
    "File": (Role.PARENT, "viewer { files(first: 100) { nodes { %s } } }"),
    "FileConnection": (Role.PARENT, "viewer { files { %s } }"),
    "Upload": (Role.PARENT, "viewer { files(first: 100) { nodes { upload { %s } } } }"),
    "SubmissionConnection": (Role.TEACHER, "viewer { submissions { %s } }"),
    "Remark": under(CHILDREN, "remarks { nodes { %s } }"),
    "TeacherComment": under(CHILDREN, "comments { nodes { %s } }"),
    "AttendanceRecord": under(CHILDREN, "attendance { nodes { %s } }"),
    "AbsenceNotice": under(CHILDREN, "absenceNotices { nodes { %s } }"),
    "Mark": under(CHILDREN, "marks { nodes { %s } }"),
    "MarkChange": under(CLASSES, "students { nodes { marks { nodes { history { %s } } } } }"),
    "GradeReview": under(CHILDREN, "gradeReviews { nodes { %s } }"),
    "GradeReviewConnection": under(CHILDREN, "gradeReviews { %s }"),
    "Work": under(CHILDREN, "plannedControlWorks { %s }"),
    "FinalGrade": under(CHILDREN, "finalGrades { %s }"),
    "AttestationPeriod": under(CHILDREN, "finalGrades { period { %s } }"),
    "AttestationDebt": under(CHILDREN, "attestationDebts { %s }"),
    "SubjectPerformance": under(CHILDREN, "performance { %s }"),
    "CurriculumItem": under(CHILDREN, "curriculum { items { %s } }"),
    "WorkProgramme": under(CHILDREN, "workProgrammes { %s }"),
    "ModuleCourse": under(HIMSELF, "moduleCourses { %s }"),
    "CourseChoice": under(HIMSELF, "moduleCourses { choice { %s } }"),
    "CoursePeriod": under(HIMSELF, "moduleCourses { periods { %s } }"),
    "OfferedCourse": OFFERED,
    "ChoiceOfStudent": under(OFFERED, "choices { nodes { %s } }"),
    "ChoiceOfStudentConnection": under(OFFERED, "choices { %s }"),
    "Announcement": (Role.PARENT, "announcements(first: 100) { nodes { %s } }"),
    "AnnouncementConnection": (Role.PARENT, "announcements { %s }"),
    "Notification": (Role.PARENT, "notifications(first: 100) { nodes { %s } }"),
    "NotificationConnection": (Role.PARENT, "notifications { %s }"),
    "Conversation": (Role.PARENT, "conversations(first: 100) { nodes { %s } }"),
    "ConversationConnection": (Role.PARENT, "conversations { %s }"),
    "Message": (Role.PARENT, "conversations(first: 100) { nodes { lastMessage { %s } } }"),
    "MessageConnection": (Role.PARENT, "conversations(first: 100) { nodes { messages { %s } } }"),
    "MessageRevision": (Role.PARENT, "conversations(first: 100) { nodes { lastMessage { revisions { %s } } } }"),
    "MessageRecipient": (Role.TEACHER, "messageRecipients(category: STUDENTS, first: 100) { nodes { %s } }"),
    "MailboxSettings": (Role.PARENT, "viewer { mailboxSettings { %s } }"),
    "MessageRecipientConnection": (Role.PARENT, "messageRecipients(category: GUARDIANS) { %s }"),
    "OwnMessageReport": (Role.PARENT, "conversations(first: 100) { nodes { lastMessage { ownReport { %s } } } }"),
    "MessageReport": (Role.ADMINISTRATOR, "messageReports(first: 100) { nodes { %s } }"),
    "MessageReportConnection": (Role.ADMINISTRATOR, "messageReports { %s }"),
    "ReportedText": (Role.ADMINISTRATOR, "messageReports(first: 100) { nodes { messages { %s } } }"),
    "Service": under(CHILDREN, "services { %s }"),
    "ServiceSubscription": under(CHILDREN, "services { subscription { %s } }"),
    "Payments": under(CHILDREN, "payments { %s }"),
    "Account": under(CHILDREN, "payments { account { %s } }"),
    "Invoice": under(CHILDREN, "payments { invoices { nodes { %s } } }"),
    "InvoiceConnection": under(CHILDREN, "payments { invoices { %s } }"),
    "Portfolio": under(CHILDREN, "portfolio { %s }"),
    "Achievement": under(CHILDREN, "portfolio { achievements { nodes { %s } } }"),
    "Test": under(HIMSELF, "tests { %s }"),
    "TestAttempt": under(HIMSELF, "tests { attempts { %s } }"),
    "AuthoredTest": AUTHORED,
    "AuthoredTestConnection": (Role.TEACHER, "viewer { authoredTests { %s } }"),
    "AttemptToCheck": under(AUTHORED, "attempts(first: 5) { nodes { %s } }"),
    "AttemptToCheckConnection": under(AUTHORED, "attempts { %s }"),
    "StudentConnection": under(CLASSES, "students { %s }"),
    "ClassConnection": (Role.CLASS_TEACHER, "classes { %s }"),
    "PersonConnection": (Role.PARENT, "people { %s }"),
    "HomeworkConnection": under(CHILDREN, "homework { %s }"),
    "RemarkConnection": under(CHILDREN, "remarks { %s }"),
    "CommentConnection": under(CHILDREN, "comments { %s }"),
    "AttendanceConnection": under(CHILDREN, "attendance { %s }"),
    "LessonConnection": under(CHILDREN, "missedLessons { %s }"),
    "AbsenceNoticeConnection": under(CHILDREN, "absenceNotices { %s }"),
    "MarkConnection": under(CHILDREN, "marks { %s }"),
    "CurriculumConnection": under(CHILDREN, "school { curricula { %s } }"),
    "WorkProgrammeConnection": under(CHILDREN, "school { workProgrammes { %s } }"),
    "SubstituteLesson": (Role.TEACHER, "viewer { substitutions { %s } }"),
    "SubstituteLessonMember": (Role.TEACHER, "viewer { substitutions { members { %s } } }"),
    "AuditEvent": (Role.ADMINISTRATOR, "auditEvents(first: 100) { nodes { %s } }"),
    "AuditEventConnection": (Role.ADMINISTRATOR, "auditEvents { %s }"),
    "IntegrityFinding": (Role.ADMINISTRATOR, "integrityFindings(first: 100) { nodes { %s } }"),
    "IntegrityFindingConnection": (Role.ADMINISTRATOR, "integrityFindings { %s }"),
    "IntegrityRun": (Role.ADMINISTRATOR, "viewer { schools { integrityRun { %s } } }"),
    "Disclosure": under(CHILDREN, "disclosures(first: 100) { nodes { %s } }"),
    "DisclosureConnection": under(CHILDREN, "disclosures { %s }"),
    "RefusedMutation": (Role.ADMINISTRATOR, "refusedMutations(first: 100) { nodes { %s } }"),
    "RefusedMutationConnection": (Role.ADMINISTRATOR, "refusedMutations { %s }"),
    "Person": (Role.ADMINISTRATOR, "people(first: 100) { nodes { %s } }"),
    "AchievementType": under(CHILDREN, "school { achievementTypes { %s } }"),
    "PreparedAchievement": (Role.TEACHER, "viewer { preparedAchievements { nodes { %s } } }"),
    "PreparedAchievementConnection": (Role.TEACHER, "viewer { preparedAchievements { %s } }"),
    "Consent": (Role.PARENT, "consents { %s }"),
    "CalendarFeed": (Role.PARENT, "viewer { calendarFeeds { %s } }"),
    "Export": (Role.PARENT, "viewer { exports { %s } }"),
    "HeldRole": (Role.ADMINISTRATOR, "staff(first: 100) { nodes { heldRoles { %s } } }"),
    "AchievementConnection": under(CHILDREN, "portfolio { achievements { %s } }"),
}
"""How each type is reached, many objects of it at once."""

FOR: Final[Mapping[tuple[str, str], tuple[Role, str]]] = {
    ("Viewer", "student"): (Role.STUDENT, "viewer { %s }"),
    ("Viewer", "classes"): (Role.CLASS_TEACHER, "viewer { %s }"),
    ("Viewer", "groups"): (Role.TEACHER, "viewer { %s }"),
    ("Viewer", "substitutions"): (Role.TEACHER, "viewer { %s }"),
    ("Viewer", "absenceNotices"): (Role.CLASS_TEACHER, "viewer { %s }"),
    ("Viewer", "gradeReviews"): (Role.TEACHER, "viewer { %s }"),
    ("Viewer", "authoredTests"): (Role.TEACHER, "viewer { %s }"),
    ("Viewer", "achievementsToConfirm"): (Role.CLASS_TEACHER, "viewer { %s }"),
    ("Viewer", "preparedAchievements"): (Role.TEACHER, "viewer { %s }"),
    ("Student", "tests"): HIMSELF,
    ("Student", "moduleCourses"): HIMSELF,
    ("School", "moduleCourses"): (Role.ADMINISTRATOR, "viewer { schools { %s } }"),
    ("School", "integrityRun"): (Role.ADMINISTRATOR, "viewer { schools { %s } }"),
    ("Class", "students"): CLASSES,
    ("TimetableLesson", "classes"): (
        Role.ADMINISTRATOR,
        "classes(first: 100) { nodes { timetable { days { lessons { %s } } } } }",
    ),
    ("Student", "email"): (Role.ADMINISTRATOR, "students(first: 100) { nodes { %s } }"),
    ("Student", "phone"): (Role.ADMINISTRATOR, "students(first: 100) { nodes { %s } }"),
    ("Viewer", "submissions"): (Role.TEACHER, "viewer { %s }"),
    ("Submission", "student"): (Role.TEACHER, "viewer { submissions(first: 100) { nodes { %s } } }"),
    ("Homework", "submission"): under(HIMSELF, "homework(first: 100) { nodes { %s } }"),
    ("Query", "viewer"): (Role.PARENT, "%s"),
    ("Query", "school"): (Role.PARENT, "%s"),
    ("Query", "students"): (Role.CLASS_TEACHER, "%s"),
    ("Query", "classes"): (Role.PARENT, "%s"),
    ("Query", "people"): (Role.PARENT, "%s"),
    ("Query", "staff"): (Role.ADMINISTRATOR, "%s"),
    ("Query", "announcements"): (Role.PARENT, "%s"),
    ("Query", "banners"): (Role.PARENT, "%s"),
    ("Query", "notifications"): (Role.PARENT, "%s"),
    ("Query", "consents"): (Role.PARENT, "%s"),
    ("Query", "conversations"): (Role.PARENT, "%s"),
    ("Query", "messageReports"): (Role.ADMINISTRATOR, "%s"),
    ("Query", "auditEvents"): (Role.ADMINISTRATOR, "%s"),
    ("Query", "refusedMutations"): (Role.ADMINISTRATOR, "%s"),
    ("Query", "integrityFindings"): (Role.ADMINISTRATOR, "%s"),
}
"""Fields that another role reads, and those of the root."""

BY_ID: Final = {
    ("Query", "node"),
    ("Query", "student"),
    ("Query", "class"),
    ("Query", "lessonJournal"),
    ("Query", "file"),
    ("Query", "assignedHomework"),
    ("Query", "messageRecipients"),
    ("Viewer", "missingFields"),
}
"""One object by its id, what needs another argument, and what a parent with all contacts has none of: there are no rows
to count by."""

COUNTED_ELSEWHERE: Final = {
    "AssignedHomework",
    "InvitationCode",
    "LaterNotice",
    "LessonJournal",
    "JournalRow",
    "MarkWarning",
    "MarkEvent",
    "RemarkEvent",
    "HomeworkEvent",
    "LessonEvent",
    "AttendanceEvent",
    "AbsenceNoticeEvent",
}
"""Types of one object, reached through an id, a mutation or an event: tests of these count their commands."""

STATISTICS: Final = re.compile(r"Analytics|(Marks|Attendance|Points|Families)Aggregate")
"""Types that are read from files: tests of the analytics count the commands of what stands beside."""

ONE_PARENT: Final = {
    "Query",
    "Viewer",
    "ClassConnection",
    "FileConnection",
    "SubmissionConnection",
    "AuthoredTestConnection",
    "PersonConnection",
    "AnnouncementConnection",
    "NotificationConnection",
    "ConversationConnection",
    "MessageRecipientConnection",
    "MessageReportConnection",
    "PreparedAchievementConnection",
    "AuditEventConnection",
    "RefusedMutationConnection",
    "IntegrityFindingConnection",
}


def edges() -> Iterator[tuple[str, str, GraphQLField]]:
    """Every field that is answered by a batch resolver; a mutation and its payload are of one object, not of rows."""
    for named in build()._schema.type_map.values():
        if isinstance(named, GraphQLObjectType) and named.name not in {"Mutation", "Subscription", *COUNTED_ELSEWHERE}:
            if named.name.endswith("Payload"):
                continue
            for name, field in named.fields.items():
                declaration = declaration_of(field)
                if STATISTICS.match(named.name) or STATISTICS.match(get_named_type(field.type).name):
                    continue
                if declaration and isinstance(declaration.answer, Batch) and (named.name, name) not in BY_ID:
                    yield named.name, name, field


EDGES: Final = {f"{of}.{name}": (of, name, field) for of, name, field in edges()}


def query(of: str, name: str, field: GraphQLField) -> tuple[Role, str]:
    role, way = FOR.get((of, name)) or WAYS[of]
    answered = get_named_type(field.type)
    selection = ""
    if is_composite_type(answered):
        assert isinstance(answered, GraphQLObjectType | GraphQLInterfaceType)
        selection = "{ nodes { __typename } }" if "pageInfo" in answered.fields else "{ __typename }"
    return role, "{ %s }" % (way % f"edge: {name} {selection}")


def answers(data: Any) -> list[Any]:
    """What stands under `edge`, wherever in the data."""
    if isinstance(data, list):
        return [answer for item in data for answer in answers(item)]
    if not isinstance(data, dict):
        return []
    return [found for key, value in data.items() for found in ([value] if key == "edge" else answers(value))]


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"counted_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    built = Builder(prefix)
    for name, children, rows in (SMALL, LARGE):
        _family(built, name, children, rows)
    await built.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=TODAY, consents=VOLUNTARY) as gateway:
        yield TinySchool(gateway, built, is_counted=True)


PEOPLE: Final = {
    Role.PARENT: "%s parent",
    Role.STUDENT: "%s 0",
    Role.CLASS_TEACHER: "%s leader",
    Role.TEACHER: "%s teacher",
    Role.ADMINISTRATOR: "%s admin",
}


@pytest.mark.parametrize("edge", EDGES)
async def test_commands_do_not_grow_with_the_rows(tiny: TinySchool, edge: str) -> None:
    of, name, field = EDGES[edge]
    role, text = query(of, name, field)
    found = {}
    for family, *_ in (SMALL, LARGE):
        data = await tiny.data(PEOPLE[role] % family, role, text)
        values = answers(data)
        # Otherwise there would be nothing to read for either, and nothing to compare.
        assert any(value is not None and value != [] for value in values), text
        found[family] = (
            len(values),
            [(base.rpartition("_")[2], where) for base, where, _ in tiny.served.recorder.commands],
        )
    (few, small), (many, large) = found["small"], found["large"]
    assert sorted(small) == sorted(large)
    assert len(large) <= MORE.get((of, name), AT_MOST)
    is_one = of in ONE_PARENT or (of, role) == ("Student", Role.STUDENT)
    assert (few, many) == (1, 1) if is_one else few < many


WEEK: Final = """{ viewer { children { displayName class { name } diary { acknowledgement { acknowledgedAt } days {
  date holiday lessons { number startsAt endsAt topic subject { name } teachers { displayName } room
  homework { text status } marks { value displayWeight isPoint work { kind { name } } } attendance { status }
  comments { text } remarks { text } } } } } } }"""


async def test_commands_of_the_week_of_all_children_are_few_and_equal(tiny: TinySchool) -> None:
    counts = []
    for family, *_ in (SMALL, LARGE):
        await tiny.data(f"{family} parent", Role.PARENT, WEEK)
        counts.append(len(tiny.served.recorder.commands))
    # One each: students, classes, acknowledgements, holidays, lessons, subjects, teachers, homework, submissions,
    # marks, works, kinds, attendance, comments, remarks.
    assert counts == [15, 15]


@pytest.mark.parametrize("field", ["homework", "remarks", "comments", "attendance", "absenceNotices", "marks"])
async def test_page_reads_one_row_more_than_it_shows_behind_a_cursor_too(tiny: TinySchool, field: str) -> None:
    page = "{ nodes { id } pageInfo { endCursor } }"
    student = tiny.id("Student", "large 0")
    after = ""
    for _ in range(2):
        text = f'{{ student(id: "{student}") {{ {field}(first: 2{after}) {page} }} }}'
        found = (await tiny.data("large parent", Role.PARENT, text))["student"][field]
        assert len(found["nodes"]) == 2
        after = f', after: "{found["pageInfo"]["endCursor"]}"'
        [limit] = [command["limit"] for *_, command in tiny.served.recorder.commands if "limit" in command]
        assert limit == 3


# ── the families ──


def _family(one: Builder, name: str, children: int, rows: int) -> None:
    schools = [f"{name} school {i}" for i in range(children)]
    for role, key in (
        (Role.PARENT, "parent"),
        (Role.CLASS_TEACHER, "leader"),
        (Role.TEACHER, "teacher"),
        (Role.ADMINISTRATOR, "admin"),
    ):
        own = {"email": f"{key}@example.org", "phone": "+7 900 000-00-00"}
        one.person(f"{name} {key}", f"{name.title()} {key.title()}", [role], schools, **own)
    _new_email(one, f"{name} parent")
    one.consent(f"{name} parent", "photos", "1", by=f"{name} parent")
    for number, school in enumerate(schools):
        one.home = school
        _child(one, name, f"{name} {number}", rows)


def _child(one: Builder, family: str, child: str, rows: int) -> None:
    one.school(one.home)
    one.school_class(child)
    one.put(
        "directory.academic_years",
        "AcademicYear",
        child,
        school=one.home,
        name="2026/27",
        starts_on="2026-09-01",
        ends_on="2027-05-31",
    )
    one.person(f"{child} absent", f"Absent {child.title()}", ["TEACHER"], [one.home])
    for row in range(rows):
        one.subject(f"{child} {row}", f"Subject {row}")
        one.group(f"{child} {row}", [child], f"{child} {row}")
        one.assignment(f"{family} teacher", teaches=f"{child} {row}", to=child)
        one.assignment(f"{family} teacher", teaches=f"{child} {row}", group=f"{child} {row}")
    one.student(
        child,
        f"Child {child.title()}",
        one.enrolment(child),
        email="child@example.org",
        phone="+7 900 000-00-01",
        groups=[one.membership(f"{child} {row}") for row in range(rows)],
    )
    one.mailbox_settings(child, "STUDENT")
    one.consent(child, "photos", "1", student=child, by=f"{family} parent")
    one.guardianship(f"{family} parent", child, "мать")
    one.assignment(f"{family} leader", leads=child)
    one.acknowledgement(child, DAYS[0], f"{family} parent", at(DAYS[0], "20:00"))
    one.period(child, 1, "2026-09-01", "2026-12-31")
    _kinds(one, child)
    for row in range(rows):
        _row(one, family, child, f"{child} {row}", DAYS[row])
        _address(one, family, child, f"{child} {row}")
        for state in ("PENDING", "STORED"):
            _file(one, f"{family} parent", f"{child} {row}", state)
    _curriculum(one, child, rows)


def _new_email(one: Builder, person: str) -> None:
    """An address that the person has yet to confirm; MongoDB deletes what has expired."""
    moment = at(DAYS[0], "20:00")
    one.put(
        "directory.email_confirmations",
        "EmailConfirmation",
        person,
        person_id=one.id("Person", person),
        email="new@example.org",
        requested_at=moment,
        expires_at=moment + timedelta(days=3_650),
        sent_at=moment,
        is_refused=False,
    )


def _address(one: Builder, family: str, child: str, row: str) -> None:
    """An address of every kind, and an export, of the parent."""
    moment = at(DAYS[0], "20:00")
    person = one.id("Person", f"{family} parent")
    own: dict[str, Any] = {"person_id": person, "role": "PARENT", "last_used_at": moment}
    own |= {"created_at": moment, "revoked_at": None}
    student = one.id("Student", child)
    one.put(
        "downloads.calendar_feeds",
        "CalendarFeed",
        row,
        school=one.home,
        student_id=student,
        secret_hash=f"feed {row}",
        digest=None,
        changed_at=moment,
        **own,
    )
    later = moment + timedelta(days=3_650)
    one.put(
        "downloads.query_keys", "QueryKey", row, school=one.home, secret_hash=row, query="own", expires_at=later, **own
    )
    one.put(
        "downloads.exports",
        "Export",
        row,
        school=one.home,
        person_id=person,
        state="DONE",
        secret=row,
        expires_at=later,
        queued_at=moment,
    )


def _file(one: Builder, parent: str, row: str, state: str) -> None:
    one.put(
        "files.files",
        "File",
        f"{parent} {row} {state}",
        school=one.home,
        person_id=one.id("Person", parent),
        role=Role.PARENT,
        purpose="ACHIEVEMENT",
        name="a.pdf",
        size_bytes=1,
        sha256="0" * 64,
        media_type="image/png",
        state=state,
        created_at=at(DAYS[0], "10:00"),
        expires_at=at(DAYS[0], "11:00"),
        removed_at=None,
        content_keys=[],
        content=None,
    )


def _kinds(one: Builder, child: str) -> None:
    one.put(
        "grades.work_kinds",
        "WorkKind",
        child,
        school=one.home,
        name="kind",
        abbreviation=None,
        weight=1,
        counts_towards_average=True,
    )
    one.put(
        "grades.grade_scales",
        "GradeScale",
        child,
        school=one.home,
        name="scale",
        min_value=2,
        max_value=5,
        values=[{"value": "5", "numeric_value": 5, "is_passing": True}],
    )
    one.put(
        "schedule.bell_schedules",
        "BellSchedule",
        child,
        school=one.home,
        name="bells",
        valid_from="2026-09-01",
        valid_to="2027-05-31",
        weekdays=[],
        dates=["2026-11-18"],  # a holiday for the large family
        periods=[{"number": 1, "shift": 1, "starts_at": "08:30", "ends_at": "09:10"}],
    )


def _row(one: Builder, family: str, child: str, key: str, day: str) -> None:
    """One of everything: *key* names it, and the subject and the group that it is of."""
    of_class: dict[str, Any] = {"classes": [child]}
    author = one.id("Person", f"{family} teacher")
    substitution = one.substitution(subject=key, original=f"{child} absent", substitute=f"{family} teacher")
    lesson: dict[str, Any] = {"teacher": f"{family} teacher", "substitution": substitution, "status": "HELD"}
    lesson |= {"moved_to_id": one.id("Lesson", key), "moved_from_id": one.id("Lesson", key)}  # itself: there is one
    one.lesson(key, day, 1, key, group=key, **of_class, **lesson)
    photo = {**attachment(key), "url": None, "media_type": "image/png", "file_id": one.id("File", key)}
    one.homework(key, key, day, key, **of_class, author_id=author, attachments=[photo], items=["№ 5"])
    one.homework(f"{key} classwork", key, day, key, kind="CLASSWORK", **of_class, author_id=author)
    one.submission(key, child, "SUBMITTED", attachments=[attachment(key)], done_items=["№ 5"])
    for kind in ("Remark", "TeacherComment"):
        one.about(kind, key, child, day, lesson=key, subject=key, author=f"{family} teacher")
    one.attendance(key, child, day, "ABSENT", key, key)
    confirmed = {"confirmed_by_id": author, "confirmed_at": at(day, "09:00"), "lesson_ids": [one.id("Lesson", key)]}
    one.notice(key, child, f"{family} parent", (day, day), kind="LESSONS", **confirmed)
    values = {"old_value": "4", "new_value": "5"}
    changed = {
        "changed_at": at(day, "12:00"),
        "changed_by_id": author,
        "review_id": one.id("GradeReview", key),
        **values,
    }
    one.review(key, child, key, f"{family} parent", answered_by_id=author, answered_at=at(day, "18:00"), **values)
    one.work(
        key,
        key,
        kind=child,
        class_ids=[one.id("Class", child)],
        planned_on=f"2026-12-0{DAYS.index(day) + 1}",
        is_control_work=True,
    )
    of_mark: dict[str, Any] = {"given_by_id": author, "history": [changed], "scale_id": one.id("GradeScale", child)}
    one.mark(key, child, day, "5", key, of_class=child, lesson=key, kind=child, **of_mark)
    for mate in range(4):  # enough for an average of the class to be told
        one.mark(f"{key} {mate}", f"{child} mate {mate}", day, "4", key, of_class=child)
    bound = {"class_ids": [one.id("Class", child)], "group_id": one.id("Group", key)}
    one.period(key, 1, "2026-09-01", "2026-12-30", key, **bound)
    one.final_grade(key, child, "5", period=key, subject_id=one.id("Subject", key), given_by_id=author)
    one.put(
        "grades.attestation_debts",
        "AttestationDebt",
        key,
        school=one.home,
        student_id=one.id("Student", child),
        subject_id=one.id("Subject", key),
        period_id=one.id("AttestationPeriod", key),
        since=day,
        resit_on=None,
        state="OPEN",
    )
    one.put(
        "schedule.events",
        "SchoolEvent",
        key,
        school=one.home,
        date=day,
        title="event",
        starts_at=at(day, "18:00"),
        ends_at=at(day, "19:00"),
        place=None,
    )
    one.put(
        "schedule.holidays",
        "Holiday",
        key,
        school=one.home,
        academic_year="2026/27",
        name="holiday",
        starts_on=day,
        ends_on=day,
        kind="HOLIDAYS",
    )
    one.put("portfolio.achievement_types", "AchievementType", key, school=one.home, name=key, kind="POINTS", area=key)
    one.put(
        "portfolio.scoring_tables",
        "AchievementType",
        f"{key} points",
        school=one.home,
        type_id=one.id("AchievementType", key),
        points_by_place=[],
        points_for_participation=0,
        max_presence_points=5,
        max_defence_points=5,
    )
    decided = {"confirmed_by_id": author, "added_by_id": author, "teacher_id": author}
    one.achievement(key, child, key, 5, attachments=[attachment(key)], class_id=one.id("Class", child), **decided)
    one.achievement(f"{key} 2", child, key, 5, status="UNCONFIRMED", added_by_id=author)
    text = {"kind": "TEXT", "text": "question", "points": 1, "options": [], "accepted": [], "tolerance": 0}
    questions = [{"_id": one.id("TestQuestion", key), "number": None, **text}]
    of_test: dict[str, Any] = {"subject_id": one.id("Subject", key), "author_id": author, "questions": questions}
    one.test(key, "2026-11-16", "2026-11-20", **of_test)
    one.service(key, child, f"{family} parent", number=DAYS.index(day))
    _talk(one, family, child, key, day)
    one.assign(key, child, {"submitted_at": at("2026-11-17", "11:00")})
    one.put(
        "audit.events",
        "AuditEvent",
        key,
        school=one.home,
        number=DAYS.index(day) + 1,
        at=at(day, "12:00"),
        action="changeMark",
        role="TEACHER",
        actor_id=author,
        student_id=one.id("Student", child),
        object_id=one.id("Mark", key),
        changes=[{"field": "value", "before": "4", "after": "5"}],
    )
    read = {"person_id": author, "role": "TEACHER", "kinds": ["MARKS"], "own_kinds": ["MARKS"]}
    student = one.id("Student", child)
    one.put("audit.disclosures", "Person", key, student_id=student, day=day, count=1, own_count=1, **read)
    counted = {"person_id": author, "role": "TEACHER", "mutation": "giveMark", "code": "OUT_OF_RANGE", "count": 1}
    one.put(
        "integrity.findings",
        "IntegrityFinding",
        key,
        school=one.home,
        rule="PARENT_WITHOUT_CHILD",
        severity="WARNING",
        state="ACCEPTED",
        object_id=author,
        person_id=author,
        student_id=one.id("Student", child),
        details={},
        first_seen_at=at(day, "12:00"),
        last_seen_at=at(day, "12:00"),
        fixed_at=at(day, "12:00"),
        accepted_at=at(day, "12:00"),
        accepted_by_id=author,
        reason=None,
        version=1,
    )
    one.put(
        "integrity.runs",
        "IntegrityRun",
        key,
        school=one.home,
        state="DONE",
        requested_at=at(day, "12:00"),
        requested_by_id=author,
        started_at=at(day, "12:00"),
        ended_at=at(day, "12:00"),
        open_count=1,
        fixed_count=0,
    )
    one.put("audit.refusals", "Person", key, school_ids=[one.id("School", one.home)], day=day, **counted)


def _talk(one: Builder, family: str, child: str, key: str, day: str) -> None:
    """An announcement that was read, and a conversation."""
    parent, teacher = f"{family} parent", f"{family} teacher"
    about: dict[str, Any] = {"event_id": one.id("SchoolEvent", key), "is_banner": True, "edited_at": at(day, "12:00")}
    readers = "STUDENT PARENT TEACHER CLASS_TEACHER ADMINISTRATOR"
    files: dict[str, Any] = {"attachments": [attachment(key)]}
    places: dict[str, Any] = {"classes": [child], "groups": [key]}
    one.announcement(key, readers, author_id=one.id("Person", teacher), **places, **about, **files)
    one.read(key, parent)
    one.notification(f"{key} mark", parent, "PARENT", child, "MARK", one.id("Mark", key))
    one.notification(f"{key} all", parent, "PARENT", child, "ANNOUNCEMENT", one.id("Announcement", key))
    revision = {"text": "text", "replaced_at": at(day, "09:00")}
    edited: dict[str, Any] = {"edited_at": at(day, "09:00"), "revisions": [revision]}
    sides = {parent: "PARENT", teacher: "STAFF"}
    one.conversation(key, sides, (teacher, "text"), title=key, admin=teacher, moment=day, **edited, **files)
    task = f"{one.id('Homework', key)}.{one.id('Student', child)}"
    one.conversation(f"{key} comment", sides, (teacher, "text"), homework=task, moment=day, **edited, **files)
    settled = {"settled_by_id": one.id("Person", teacher), "settled_at": at(day, "11:00"), "decision": "UPHELD"}
    one.report(key, teacher, parent, day, **settled)


def _curriculum(one: Builder, child: str, rows: int) -> None:
    item = {"workload_hours": 34, "hours_per_week": 1, "hours_by_month": [], "passed_hours": None}
    common: dict[str, Any] = {"school": one.home, "class_ids": [one.id("Class", child)]}
    subjects = [one.id("Subject", f"{child} {row}") for row in range(rows)]
    items = [{"subject_id": subject, **item} for subject in subjects]
    year = "2026/27"
    one.put("curriculum.curricula", "Curriculum", child, **common, academic_year=year, name="plan", items=items)
    one.put(
        "curriculum.calendar_periods",
        "CalendarPeriod",
        child,
        school=one.home,
        academic_year=year,
        name="study",
        kind="STUDY",
        starts_on="2026-09-01",
        ends_on="2027-05-31",
        colour="#4CAF50",
    )
    for row, subject in enumerate(subjects):
        key = f"{child} {row}"
        of_year = {"academic_year": year, "subject_id": subject}
        one.put("curriculum.work_programmes", "WorkProgramme", key, **common, **of_year, name=key, topics=[])
        period: dict[str, Any] = {
            "_id": one.id("CoursePeriod", key),
            "name": "I",
            "starts_on": "2026-09-01",
            "ends_on": "2026-12-30",
        }
        period["capacity"] = 5
        course = {"title": key, "kind": "ELECTIVE", "description": None, "periods": [period], "capacity": 10}
        one.put("curriculum.module_courses", "ModuleCourse", key, **common, **course)
        one.put(
            "curriculum.course_choices",
            "CourseChoice",
            key,
            school=one.home,
            course_id=one.id("ModuleCourse", key),
            student_id=one.id("Student", child),
            period_id=period["_id"],
            chosen_at=at("2026-09-05", "12:00"),
        )
