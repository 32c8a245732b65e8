"""The generated school and college, served, with one student in whose data nothing is missing."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from auth.viewer import Role
from connectors import demo
from connectors.analytics import build
from connectors.assembly import Clients, Connectors
from connectors.demo.school import TODAY
from connectors.directory import Person, name_tokens, sort_name
from connectors.messages import message_id
from connectors.migrations import versions
from connectors.mongo.bulk_write import Sink
from connectors.vocabulary import PersonId, SchoolId, StudentId, mint, of_student
from gateway.settings import MongoSettings
from tests.databases import drop
from tests.gateway.served import ISSUER, Served, served, token

PATIENT: Final[Mapping[str, float]] = {"timeout_s": 30, "read_timeout_s": 25}
"""A busy machine is slow, not down."""
ROOMY: Final[Mapping[str, Any]] = {
    "limits": {
        "characters": 10**6,
        "tokens": 10**5,
        "aliases": 10**4,
        "root_fields": 10**3,
        "fields": 10**5,
        "repetitions": 10**6,
    },
    "demand": {"mode": "measure"},
    "rate_limit": {"enabled": False},
    "consents": {"texts": {"photos": {"version": "1", "url": "https://school.example/1", "is_required": False}}},
}
"""Queries that ask for everything are no clients' queries."""
KEY: Final = b"a key of statistics, of 32 bytes"
NOW: Final = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
DAY: Final = TODAY.isoformat()
ATTACHED: Final = [
    {
        "name": "a.png",
        "url": None,
        "media_type": "image/png",
        "size_bytes": 1,
        "file_id": mint("File", "complete"),
    }
]


@dataclass(slots=True)
class Generated:
    """The served gateway, its data, and whom the tests are about: Kirill, his lesson today, those around him."""

    served: Served
    connectors: Connectors
    summary: demo.Summary
    student: Person
    lesson: Mapping[str, Any]
    known: Mapping[str, str]
    """The sign-in name of every person."""

    @property
    def student_id(self) -> StudentId:
        return self.student["student_id"]

    @property
    def class_id(self) -> str:
        return self.student["enrolments"][-1]["class_id"]

    def story(self, role: Role, note: str = "") -> demo.StoryPerson:
        """The first person of the story in that role, whose note has these words."""
        return next(person for person in self.summary.story if person.role == role and note in person.note)

    def bearer(self, person_id: str, role: Role | str) -> str:
        """A token for a person in a role."""
        return token(self.known[person_id], role)

    def own(self, role: Role | str) -> str:
        """A token in that role for somebody who may read the student, where the role lets anybody do so."""
        return self.bearer(self.around[Role(role)], role)

    @property
    def around(self) -> Mapping[Role, str]:
        """For each role the person beside the student."""
        return {
            Role.STUDENT: self.student["_id"],
            Role.PARENT: self.story(Role.PARENT).person_id,
            Role.TEACHER: self.lesson["teacher_ids"][0],
            Role.CLASS_TEACHER: self.story(Role.CLASS_TEACHER).person_id,
            Role.ADMINISTRATOR: self.story(Role.ADMINISTRATOR).person_id,
            Role.ANALYST: self.story(Role.ANALYST).person_id,
        }

    async def find(self, name: str, **where: Any) -> list[Any]:
        """The documents of a `subsystem.collection`."""
        subsystem, collection = name.split(".")
        found: list[Any] = await self.connectors.databases[subsystem][collection].find(where).to_list(length=None)
        return found

    async def one(self, name: str, **where: Any) -> Any:
        """The first of them in the order of ids."""
        return min(await self.find(name, **where), key=lambda document: str(document["_id"]))

    async def nodes(self) -> dict[str, str]:
        """An id of each type with ids: the student's own where the type is about a student."""
        key, lesson, school = self.student_id, self.lesson, self.student["school_id"]
        subject = lesson["subject_id"]
        own = {name: mint(name, "complete") for name in ("Mark", "Work", "Remark", "TeacherComment", "AbsenceNotice")}
        programme = await self.one("curriculum.work_programmes", class_ids=self.class_id, subject_id=subject)
        return own | {
            "Student": key,
            "School": school,
            "Class": self.class_id,
            "Group": self.student["memberships"][0]["group_id"],
            "Subject": subject,
            "Person": self.around[Role.CLASS_TEACHER],
            "Lesson": of_student(lesson["_id"], key),
            "Submission": mint("Submission", "complete"),
            "Homework": of_student(mint("Homework", "complete"), key),
            "FinalGrade": mint("FinalGrade", "complete"),
            "AttestationPeriod": mint("AttestationPeriod", "complete"),
            "Curriculum": (await self.one("curriculum.curricula", class_ids=self.class_id))["_id"],
            "WorkProgramme": programme["_id"],
            "ModuleCourse": of_student(mint("ModuleCourse", "complete"), key),
            "Achievement": mint("Achievement", "complete"),
            "IntegrityFinding": mint("IntegrityFinding", "complete"),
            "GradeReview": mint("GradeReview", "complete"),
            "Announcement": mint("Announcement", "complete"),
            "Conversation": mint("Conversation", "complete"),
            "Message": message_id(mint("Conversation", "complete"), 1),
            "Service": of_student(mint("Service", "complete"), key),
            "Test": of_student(mint("Test", "complete"), key),
        }


@asynccontextmanager
async def generated(
    mongo_uri: str,
    redis_uri: str | None,
    *,
    uris: Mapping[str, str] | None = None,
    times: Mapping[str, float] = PATIENT,
    statistics: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Generated]:
    """Generate, complete and serve; the databases are dropped at the end.

    Some subsystems may be on servers of their own (*uris*), and reads may have other *times* (of MongoSettings). The
    statistics are built in the directory *statistics*, if there is one.
    """
    prefix = f"generated_{uuid.uuid4().hex[:8]}"
    mongo = MongoSettings.model_validate({"uri": mongo_uri, "uris": uris or {}, "prefix": prefix, **times})
    async with Clients(mongo_uri, uris=uris, prefix=prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        await versions.record_latest(connectors.databases.values())
        sink = Sink(connectors.databases, fresh=True)
        summary = await demo.generate(sink, students=120, today=TODAY, issuer=ISSUER)
        school = await _completed(connectors, summary)
        more = {"mongo": mongo, **ROOMY, **settings}
        if statistics is not None:
            await build(connectors.databases, statistics, key=KEY, today=TODAY.isoformat())
            more["analytics"] = {"directory": statistics, "timeout_s": PATIENT["timeout_s"]}
        async with served(mongo_uri, redis_uri, prefix=prefix, today=TODAY, **more) as running:
            whole = Generated(running, connectors, summary, *school)
            await _put_addresses(whole)
            await _put_conversation(whole)
            yield whole
        await drop(connectors)


async def _completed(
    connectors: Connectors, summary: demo.Summary
) -> tuple[Person, Mapping[str, Any], Mapping[str, str]]:
    databases = connectors.databases
    story = next(person for person in summary.story if person.role == Role.STUDENT)
    people = databases["directory"]["people"]
    await people.update_many({}, {"$set": {"email": "someone@example.test", "phone": "+73420000000"}})
    # Of age, and may read who has seen their data.
    await people.update_one({"student_id": story.student_ids[0]}, {"$set": {"birth_date": "2008-01-01"}})
    [parent] = [p for p in summary.story if p.role == Role.PARENT and story.student_ids[0] in p.student_ids][:1]
    await databases["directory"]["guardianships"].update_many(
        {"person_id": parent.person_id}, {"$set": {"valid_from": "2020-01-01", "valid_to": "2030-01-01"}}
    )
    leader = next(person for person in summary.story if person.role == Role.CLASS_TEACHER)
    head_id = next(person.person_id for person in summary.story if person.role == Role.ADMINISTRATOR)
    head = await people.find_one({"_id": head_id})
    dates = {"starts_on": "2020-01-01", "ends_on": "2030-01-01"}
    posts = [{"role": Role.ADMINISTRATOR.value, "school_id": own, **dates} for own in head["school_ids"]]
    await people.update_one({"_id": head_id}, {"$set": {"posts": posts}})
    left = {"class_id": await _class_left(connectors, story.class_id), "starts_on": "2019-09-01"}
    ended = {**left, "ends_on": "2020-05-31", "is_primary": False}
    await people.update_one({"_id": story.person_id}, {"$push": {"enrolments": {"$each": [ended], "$position": 0}}})
    student = await people.find_one({"_id": story.person_id})
    lesson = await _lesson(connectors, story)
    sink = Sink(databases)
    for name, document in _complete(student, lesson, parent.person_id, leader.person_id).items():
        subsystem, collection = name.split(".")
        for single in document if isinstance(document, list) else [document]:
            await sink.put(subsystem, collection, [{"school_id": student["school_id"], **single}])
    await sink.flush()
    known = {e["person_id"]: e["subject"] async for e in databases["directory"]["external_ids"].find({})}
    return student, lesson, known


async def _put_addresses(school: Generated) -> None:
    """An address of every kind, and an export, of each person beside the student."""
    sink = Sink(school.connectors.databases)
    later = NOW + timedelta(days=3_650)  # MongoDB deletes what has expired
    for person in sorted(set(school.around.values())):
        waiting = {
            "_id": mint("EmailConfirmation", person),
            "person_id": person,
            "email": "new@example.org",
            "requested_at": NOW,
            "expires_at": later,
            "sent_at": NOW,
            "is_refused": False,
        }
        await sink.put("directory", "email_confirmations", [waiting])
        consent = {
            "_id": mint("Consent", person),
            "person_id": person,
            **({"student_id": school.student_id} if person == school.student["_id"] else {}),
            "text": "photos",
            "version": "1",
            "given_by_id": person,
            "given_at": NOW,
            "withdrawn_by_id": None,
            "withdrawn_at": None,
        }
        await sink.put("directory", "consents", [consent])
    for role, person in school.around.items():
        own = {"person_id": person, "role": role, "last_used_at": NOW, "revoked_at": None, "created_at": NOW}
        feed = {
            "_id": mint("CalendarFeed", role),
            **own,
            "school_id": school.student["school_id"],
            "student_id": school.student_id,
            "secret_hash": f"feed {role}",
            "digest": None,
            "changed_at": NOW,
        }
        key = {"_id": mint("QueryKey", role), **own, "query": "own", "secret_hash": f"key {role}", "expires_at": later}
        export = {
            "_id": mint("Export", role),
            "person_id": person,
            "role": role,
            "document": "{ viewer { role } }",
            "variables": "{}",
            "format": "CSV",
            "language": "RU",
            "state": "DONE",
            "attempts": 1,
            "rows": 1,
            "failure": "NOT_FOUND",  # an odd export, but no field is empty
            "rights": None,
            "secret": "secret",
            "file_name": "own.csv",
            "size": 10,
            "queued_at": NOW,
            "ended_at": NOW,
            "expires_at": later,
        }
        if role in {Role.STUDENT, Role.PARENT}:
            await sink.put("downloads", "calendar_feeds", [feed])
            event = {"kind": "MARK", "cause_id": mint("Mark", "complete"), "object_id": mint("Mark", "complete")}
            notification = {
                "_id": mint("Notification", "complete", role),
                "school_id": school.student["school_id"],
                "owner": f"{person}.{role}",
                "person_id": person,
                "role": role,
                **event,
                "at": NOW,
                "right_id": school.student["student_id"],
                "student_id": school.student["student_id"],
                "is_read": True,
                "expires_at": later,
            }
            await sink.put("notifications", "notifications", [notification])
            weekly = {"frequency": "WEEKLY", "weekday": 7, "at": "18:00", "time_zone": "Asia/Yekaterinburg"}
            settings = {"_id": f"{person}.{role}", "person_id": person, "role": role, "digest": weekly}
            await sink.put("notifications", "settings", [settings])
        if role is Role.ADMINISTRATOR:
            here = {"school_id": school.student["school_id"]}
            files = [{**here, **_file(PersonId(person), role, state)} for state in ("PENDING", "STORED")]
            await sink.put("files", "files", files)
        await sink.put("downloads", "query_keys", [key])
        await sink.put("downloads", "exports", [export])
    await sink.flush()


async def _put_conversation(school: Generated) -> None:
    """A group conversation of all people beside the student, in which each of them has something to read."""
    own, here = mint("Conversation", "complete"), {"school_id": school.student["school_id"]}
    people = [(role, person) for role, person in school.around.items() if role is not Role.ANALYST]
    head = school.around[Role.ADMINISTRATOR]
    shown = {"kind": "GROUP", "title": "Поход", "version": 1, "conversation_id": own}
    shown["homework_id"] = of_student(mint("Homework", "complete"), school.student_id)
    names = {"member_ids": sorted({person for _, person in people}), "admin_ids": [head]}
    read = {"joined_seq": 0, "left_seq": None, "hidden_seq": 0, "read_seq": 0, "last_seq": 1, "unread": 1}
    found = {"is_hidden": False, "sent_seq": 0, "received_seq": 1, "files_seq": 1, "sender_ids": [head]}
    rows = {}
    for role, person in people:
        side = role.value if role in {Role.STUDENT, Role.PARENT} else "STAFF"
        owner = {"_id": f"{own}:{person}.{side}", "owner": f"{person}.{side}", "person_id": person, "side": side}
        rows[owner["_id"]] = {**here, **shown, **names, **read, **found, **owner, "last_at": NOW}
    text = {
        "text": "Выходим в 9:00",
        "signature": "Иванова О. П.",
        "terms": [],
        "attachments": ATTACHED,
        "attached_as": own,
        "version": 2,
    }
    edited = {"edited_at": NOW, "revisions": [{"text": "Выходим в 8:00", "replaced_at": NOW}], "is_deleted": False}
    by_head = {"author_id": head, "author_owner": f"{head}.STAFF", "sent_at": NOW}
    message = {"_id": message_id(own, 1), "conversation_id": own, "seq": 1, **here, **by_head, **text, **edited}
    conversation = {"_id": own, **here, "kind": "GROUP", "title": "Поход", "created_by_id": head, "created_at": NOW}
    copied = {"author_id": head, "sent_at": NOW, "text": "Выходим в 9:00"}
    copied["revisions"] = edited["revisions"]
    reported = {"message_id": message["_id"], "reported_at": NOW, "reason": "Рано", "messages": [copied]}
    settled = {"decision": "DISMISSED", "answer": "Так решили", "settled_by_id": head, "settled_at": NOW}
    reports = [
        {"_id": mint("MessageReport", role), **here, **reported, **settled, "reported_by_id": person}
        for role, person in people
    ]
    hours = [{"weekdays": ["MONDAY"], "starts_at": "09:00", "ends_at": "17:00"}]
    settings = [
        {"_id": row["owner"], **here, "person_id": row["person_id"], "signature": "До встречи", "office_hours": hours}
        for row in rows.values()
    ]
    sink = Sink(school.connectors.databases)
    await sink.put("messages", "reports", reports)
    await sink.put("messages", "mailbox_settings", settings)
    await sink.put("messages", "conversations", [{**conversation, "seq": 1, "version": 1}])
    await sink.put("messages", "participants", list(rows.values()))
    await sink.put("messages", "messages", [message])
    await sink.flush()


async def _class_left(connectors: Connectors, class_id: str | None) -> str:
    """A class of the past, in which nobody learns any more."""
    classes = connectors.databases["directory"]["classes"]
    own = await classes.find_one({"_id": class_id})
    left = {**own, "_id": mint("Class", "complete"), "name": "1А", "sort_name": "01а", "grade_level": 1}
    await classes.insert_one(left)
    return str(left["_id"])


async def _lesson(connectors: Connectors, story: demo.StoryPerson) -> Mapping[str, Any]:
    """A lesson of today's of the whole class whose teacher does not lead it, with a substitution."""
    lessons = connectors.databases["schedule"]["lessons"]
    assignments = connectors.databases["directory"]["staff_assignments"]
    leader = await assignments.find_one({"class_id": story.class_id, "kind": "CLASS_TEACHER"})
    where = {"class_ids": story.class_id, "group_id": None, "date": DAY, "teacher_ids": {"$ne": leader["person_id"]}}
    lesson = await lessons.find_one({**where, "number": 3})
    changed = {
        "instead_of_subject_id": lesson["subject_id"],
        "original_teacher_id": leader["person_id"],
        "substitute_teacher_id": lesson["teacher_ids"][0],
    }
    of_group = await lessons.find_one({"class_ids": story.class_id, "group_id": {"$ne": None}})
    moves = dict.fromkeys(("moved_to_id", "moved_from_id"), of_group["_id"])  # an odd move, but no field is empty
    ids = [lesson["_id"], of_group["_id"]]
    await lessons.update_many({"_id": {"$in": ids}}, {"$set": {"substitution": changed, **moves}})
    found: Mapping[str, Any] = await lessons.find_one({"_id": lesson["_id"]})
    return found


def _file(person: PersonId, role: Role, state: str) -> dict[str, Any]:
    return {
        "_id": mint("File", person, role, state),
        "person_id": person,
        "role": role,
        "purpose": "ACHIEVEMENT",
        "name": "Диплом.png",
        "size_bytes": 1,
        "sha256": "0" * 64,
        "media_type": "image/png",
        "state": state,
        "created_at": NOW,
        "expires_at": NOW,
        "removed_at": None,
        "content_keys": [],
        "content": None,
    }


def _complete(student: Person, lesson: Mapping[str, Any], parent: PersonId, leader: PersonId) -> dict[str, Any]:
    """A document of every kind, all its keys filled, for this student at this lesson."""
    owners = {
        student["_id"]: Role.STUDENT,
        parent: Role.PARENT,
        lesson["teacher_ids"][0]: Role.TEACHER,
        leader: Role.CLASS_TEACHER,
    }
    key, teacher, subject = student["student_id"], lesson["teacher_ids"][0], lesson["subject_id"]
    own = {"student_id": key, "subject_id": subject}
    here = {**own, "lesson_id": lesson["_id"]}
    class_id = student["enrolments"][-1]["class_id"]
    period = {
        "academic_year": "2026/27",
        "name": "II",
        "kind": "QUARTER",
        "ordinal": 2,
        "subject_id": subject,
        "class_ids": [class_id],
        "group_id": student["memberships"][0]["group_id"],
        "starts_on": "2026-11-02",
        "ends_on": "2026-12-30",
    }
    scale = {
        "name": "2..5",
        "min_value": 2,
        "max_value": 5,
        "values": [{"value": "5", "numeric_value": 5, "is_passing": True}],
    }
    achieved = {
        "student_id": key,
        "class_id": class_id,
        "type_id": mint("AchievementType", "complete"),
        "title": "Олимпиада",
        "achieved_on": DAY,
        "sort_on": DAY,
        "rounds": [{"name": "Школа", "place": 1, "participated": True, "points": 3}],
        "points": 3,
        "presence_points": 1,
        "defence_points": 2,
        "added_by_id": parent,
        "confirmed_by_id": teacher,
        "attachments": ATTACHED,
        "teacher_id": teacher,
        "rejection_reason": "Нет диплома",
    }
    test = {
        "title": "Функции",
        "subject_id": subject,
        "opens_at": NOW,
        "closes_at": NOW,
        "question_count": 1,
        "max_score": 10,
        "attempt_limit": 2,
        "questions": [
            {
                "_id": mint("TestQuestion", "complete"),
                "kind": "ONE",
                "text": "2 + 2",
                "points": 10,
                "options": [{"_id": mint("TestOption", "complete"), "text": "4", "is_correct": True}],
                "accepted": ["4"],
                "number": 4,
                "tolerance": 0,
            }
        ],
    }
    answer = {"option_ids": [mint("TestOption", "complete")], "text": "4", "number": 4}
    attempt = {
        "student_id": key,
        "number": 1,
        "started_at": NOW,
        "submitted_at": NOW,
        "score": 9,
        "state": "CHECKED",
        "answers": [{"question_id": mint("TestQuestion", "complete"), **answer}],
        "awarded": [{"question_id": mint("TestQuestion", "complete"), "points": 9}],
    }
    kind = {"name": "Контрольная", "abbreviation": "К", "weight": 3, "counts_towards_average": True}
    task = {
        "class_ids": [class_id],
        "group_id": None,
        "student_ids": [key],
        "lesson_id": lesson["_id"],
        "subject_id": subject,
        "text": "§ 5",
        "items": ["№ 5", "№ 6"],
        "date": DAY,
        "assigned_on": DAY,
        "due_on": DAY,
        "estimated_minutes": 20,
        "is_individual": True,
        "attachments": ATTACHED,
        "author_id": teacher,
    }
    return {
        "schedule.holidays": {
            "_id": mint("Holiday", "complete"),
            "academic_year": "2026/27",
            "name": "День школы",
            "starts_on": DAY,
            "ends_on": DAY,
            "kind": "PUBLIC_HOLIDAY",
        },
        "schedule.bell_schedules": {
            "_id": mint("BellSchedule", "complete"),
            "name": "День школы",
            "valid_from": DAY,
            "valid_to": DAY,
            "weekdays": [],
            "dates": [DAY],
            "periods": [
                {"number": 1, "shift": 1, "starts_at": "09:00", "ends_at": "09:30"},
                {"number": 2, "shift": 1, "starts_at": "09:40", "ends_at": "10:10"},
            ],
        },
        "diary.homework": [
            {"_id": mint("Homework", "complete"), "kind": "HOMEWORK", **task},
            {"_id": mint("Homework", "complete", "class"), "kind": "CLASSWORK", **task},
        ],
        "diary.submissions": {
            "_id": mint("Submission", "complete"),
            "homework_id": mint("Homework", "complete"),
            "student_id": key,
            "submitted_at": NOW,
            "text": "Сделано",
            "attachments": ATTACHED,
            "is_late": False,
            "state": "CHECKED",
            "answer": "Хорошо",
            "done_items": ["№ 5"],
            "subject_id": subject,
            "class_ids": [class_id],
            "group_id": None,
        },
        "diary.remarks": {
            "_id": mint("Remark", "complete"),
            **here,
            "made_on": DAY,
            "text": "Разговаривал на уроке",
            "kind": "BEHAVIOUR",
            "author_id": teacher,
        },
        "diary.comments": {
            "_id": mint("TeacherComment", "complete"),
            **here,
            "made_on": DAY,
            "text": "Молодец",
            "author_id": teacher,
        },
        "diary.attendance": {
            "_id": mint("AttendanceRecord", "complete"),
            **here,
            "date": DAY,
            "status": "LATE",
            "minutes_late": 5,
            "reason": "автобус",
            "source_status": "ОП",
        },
        "diary.absence_notices": {
            "_id": mint("AbsenceNotice", "complete"),
            "student_id": key,
            "kind": "LESSONS",
            "days": {"first": DAY, "last": DAY},
            "lesson_ids": [lesson["_id"]],
            "reason": "врач",
            "state": "CONFIRMED",
            "sent_by_id": parent,
            "sent_at": NOW,
            "confirmed_by_id": teacher,
            "confirmed_at": NOW,
        },
        "diary.acknowledgements": {
            "_id": mint("Acknowledgement", "complete"),
            "student_id": key,
            "week_starts_on": "2026-11-16",
            "person_id": parent,
            "acknowledged_at": NOW,
        },
        "grades.grade_scales": {"_id": mint("GradeScale", "complete"), **scale},
        "grades.work_kinds": {"_id": mint("WorkKind", "complete"), **kind},
        "grades.works": {
            "_id": mint("Work", "complete"),
            "class_ids": [class_id],
            "group_id": None,
            "subject_id": subject,
            "title": "Контрольная",
            "kind_id": mint("WorkKind", "complete"),
            "planned_on": DAY,
            "is_control_work": True,
            "max_score": 5,
        },
        "grades.marks": {
            "_id": mint("Mark", "complete"),
            **here,
            "class_id": class_id,
            "work_id": mint("Work", "complete"),
            "kind_id": mint("WorkKind", "complete"),
            "value": "5",
            "numeric_value": 5,
            "scale_id": mint("GradeScale", "complete"),
            "weight": 3,
            "is_point": False,
            "point_valid_until": DAY,
            "counts_towards_average": True,
            "is_exam": False,
            "comment": "Отлично",
            "given_on": DAY,
            "given_by_id": teacher,
            "history": [
                {
                    "changed_at": NOW,
                    "changed_by_id": teacher,
                    "old_value": "4",
                    "new_value": "5",
                    "review_id": mint("GradeReview", "complete"),
                }
            ],
        },
        "grades.grade_reviews": {
            "_id": mint("GradeReview", "complete"),
            **own,
            "mark_id": mint("Mark", "complete"),
            "reason": "Задача решена верно",
            "state": "CHANGED",
            "requested_by_id": parent,
            "requested_at": NOW,
            "answer": "Верно, исправлено",
            "answered_by_id": teacher,
            "answered_at": NOW,
            "old_value": "4",
            "new_value": "5",
            "version": 2,
        },
        "grades.attestation_periods": {"_id": mint("AttestationPeriod", "complete"), **period},
        "grades.final_grades": {
            "_id": mint("FinalGrade", "complete"),
            **own,
            "period_id": mint("AttestationPeriod", "complete"),
            "academic_year": "2026/27",
            "kind": "PERIOD",
            "value": "5",
            "numeric_value": 5,
            "computed_average": 4.75,
            "given_by_id": teacher,
            "history": [{"changed_at": NOW, "changed_by_id": teacher, "old_value": "4", "new_value": "5"}],
        },
        "grades.attestation_debts": {
            "_id": mint("AttestationDebt", "complete"),
            **own,
            "period_id": mint("AttestationPeriod", "complete"),
            "since": DAY,
            "resit_on": DAY,
            "state": "RESIT_PLANNED",
        },
        "curriculum.module_courses": {
            "_id": mint("ModuleCourse", "complete"),
            "class_ids": [class_id],
            "title": "Астрономия",
            "kind": "ELECTIVE",
            "description": "Звёзды",
            "periods": [
                {
                    "_id": mint("CoursePeriod", "complete"),
                    "name": "I",
                    "starts_on": DAY,
                    "ends_on": "2026-12-30",
                    "capacity": 12,
                }
            ],
            "capacity": 12,
            "choose_from": DAY,
            "choose_until": DAY,
        },
        "curriculum.course_choices": {
            "_id": mint("CourseChoice", "complete"),
            "course_id": mint("ModuleCourse", "complete"),
            "student_id": key,
            "period_id": mint("CoursePeriod", "complete"),
            "chosen_at": NOW,
        },
        "portfolio.achievement_types": {
            "_id": mint("AchievementType", "complete"),
            "name": "Олимпиады",
            "kind": "ROUNDS",
            "area": "Учёба",
        },
        "schedule.events": {
            "_id": mint("SchoolEvent", "complete"),
            "date": DAY,
            "title": "Концерт",
            "starts_at": NOW,
            "ends_at": NOW,
            "place": "Актовый зал",
        },
        "announcements.announcements": {
            "_id": mint("Announcement", "complete"),
            "title": "Экскурсия",
            "body": "Сбор в 9:00",
            "author_id": leader,
            "class_ids": [class_id],
            "group_ids": [student["memberships"][0]["group_id"]],
            "roles": [role.value for role in Role if role is not Role.ANALYST],
            "audience": [f"{place}:{role}" for place in (class_id, student["school_id"]) for role in Role],
            "published_at": NOW + timedelta(days=1),
            "valid_until": "2030-01-01",
            "starts_on": DAY,
            "ends_on": DAY,
            "event_id": mint("SchoolEvent", "complete"),
            "is_banner": True,
            "attachments": ATTACHED,
            "archived_at": None,
            "edited_at": NOW,
            "version": 1,
        },
        "files.files": [_file(*own, state) for own in owners.items() for state in ("PENDING", "STORED")],
        "portfolio.achievements": [
            {"_id": mint("Achievement", "complete"), "status": "UNCONFIRMED", **achieved},
            {"_id": mint("Achievement", "prepared"), "status": "CONFIRMED", **achieved},
            {
                "_id": mint("Achievement", "led"),
                "status": "CONFIRMED",
                **achieved,
                "teacher_id": lesson["substitution"]["original_teacher_id"],
            },
        ],
        "portfolio.scoring_tables": {
            "_id": mint("AchievementType", "complete", "points"),
            "type_id": mint("AchievementType", "complete"),
            "points_by_place": [3, 2, 1],
            "points_for_participation": 1,
            "max_presence_points": 0,
            "max_defence_points": 0,
        },
        "services.services": {
            "_id": mint("Service", "complete"),
            "class_ids": [class_id],
            "name": "Шахматы",
            "description": "Два занятия в неделю",
            "price": 2000,
            "per": "MONTH",
            "starts_on": DAY,
            "ends_on": DAY,
        },
        "services.subscriptions": {
            "_id": mint("ServiceSubscription", "complete"),
            "service_id": mint("Service", "complete"),
            "student_id": key,
            "subscribed_by_id": parent,
            "subscribed_at": NOW,
            "is_running": True,
        },
        "services.invoices": {
            "_id": mint("ServiceInvoice", "complete"),
            "student_id": key,
            "title": "Шахматы",
            "amount": 2000,
            "paid": 500,
            "issued_on": DAY,
            "due_on": DAY,
            "state": "OPEN",
        },
        "assessments.tests": [
            {"_id": mint("Test", "complete"), **test, "author_id": teacher},
            {"_id": mint("Test", "led"), **test, "author_id": lesson["substitution"]["original_teacher_id"]},
        ],
        "assessments.assignments": {
            "_id": mint("TestAssignment", "complete"),
            "test_id": mint("Test", "complete"),
            "student_id": key,
        },
        "assessments.attempts": [
            {"_id": mint("TestAttempt", name), "test_id": mint("Test", name), **attempt} for name in ("complete", "led")
        ],
        "audit.events": {
            "_id": mint("AuditEvent", "complete"),
            "number": 1,
            "at": NOW,
            "sealed_at": NOW,
            "action": "changeMark",
            "role": "TEACHER",
            "source": "grades",
            "fact_id": "fct_complete",
            "details_hash": "",
            "previous": "",
            "hash": "0",
            "key_id": None,
            "signature": None,
            "actor_id": teacher,
            "student_id": key,
            "object_id": mint("Mark", "complete"),
            "changes": [{"field": "value", "before": "4", "after": "5"}],
            "request_id": "complete",
            "client": "journal",
            "salt": "0",
        },
        "integrity.findings": {
            "_id": mint("IntegrityFinding", "complete"),
            "school_id": student["school_id"],
            "rule": "FIELD_MISSING",
            "severity": "WARNING",
            "state": "ACCEPTED",
            "object_id": teacher,
            "person_id": teacher,
            "student_id": key,
            "details": {"field": "PHONE"},
            "first_seen_at": NOW,
            "last_seen_at": NOW,
            "fixed_at": NOW,
            "accepted_at": NOW,
            "accepted_by_id": teacher,
            "reason": "Нет телефона",
            "version": 1,
        },
        "integrity.runs": {
            "_id": mint("IntegrityRun", "complete"),
            "school_id": student["school_id"],
            "state": "DONE",
            "requested_at": NOW,
            "requested_by_id": teacher,
            "started_at": NOW,
            "ended_at": NOW,
            "open_count": 1,
            "fixed_count": 1,
        },
        "audit.disclosures": {
            "_id": "complete",
            "student_id": key,
            "day": DAY,
            "person_id": teacher,
            "role": "TEACHER",
            "kinds": ["MARKS", "ATTENDANCE"],
            "count": 3,
            "own_kinds": ["MARKS", "ATTENDANCE"],
            "own_count": 3,
            "expires_at": NOW + timedelta(days=3_650),  # MongoDB deletes what has expired
        },
        "audit.refusals": {
            "_id": "complete",
            "school_ids": [student["school_id"]],
            "day": DAY,
            "person_id": teacher,
            "role": "TEACHER",
            "mutation": "giveMark",
            "code": "OUT_OF_RANGE",
            "count": 2,
            "expires_at": NOW + timedelta(days=3_650),  # MongoDB deletes what has expired
        },
    }


def person(school_id: SchoolId, *names: str, **more: Any) -> dict[str, Any]:
    """A new person of a school, who can be known under his id."""
    family, given_name = names
    return {
        "_id": mint("Person", "tests", *names),
        "display_name": f"{family} {given_name}",
        "family_name": family,
        "given_name": given_name,
        "patronymic": None,
        "sort_name": sort_name(*names),
        "name_tokens": name_tokens(*names),
        "roles": [],
        "school_ids": [school_id],
        **more,
    }
