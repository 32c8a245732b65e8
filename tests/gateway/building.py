"""Documents of a school written by hand: each maker fills in what a test does not care about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.assembly import Clients
from connectors.directory import name_tokens, sort_name
from connectors.messages import terms_of
from connectors.migrations import versions
from connectors.mongo.bulk_write import Sink
from connectors.vocabulary import mint
from tests.gateway.served import ISSUER

Document = dict[str, Any]


def at(day: str, time: str, zone: str = "Asia/Yekaterinburg") -> datetime:
    """The instant at which clocks of *zone* show *time* on *day*."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Builder:
    """Gathers documents under keys that are words; the id of a key is known before the document is."""

    def __init__(self, space: str) -> None:
        self._space = space
        self.home = "perm"
        """The school that documents are of where nothing is said."""
        self.documents: dict[tuple[str, str], list[Document]] = defaultdict(list)

    def id(self, kind: str, key: str) -> str:
        return mint(kind, self._space, key)

    def ids(self, kind: str, keys: Sequence[str]) -> list[str]:
        return [self.id(kind, key) for key in keys]

    def maybe(self, kind: str, key: str | None) -> str | None:
        return None if key is None else self.id(kind, key)

    def subject_of_token(self, key: str) -> str:
        """The name under which the tokens' issuer knows a person: no other school of the run has it."""
        return f"{self._space}:{key}"

    def put(self, place: str, kind: str, key: str, /, **columns: Any) -> str:
        subsystem, collection = place.split(".")
        document = {"_id": self.id(kind, key), **columns}
        if "school" in document:
            document["school_id"] = self.id("School", document.pop("school"))
        self.documents[subsystem, collection].append(document)
        return str(document["_id"])

    async def write(self, uri: str, prefix: str) -> None:
        """Into databases of *prefix* that hold nothing else."""
        async with Clients(uri, prefix=prefix, timeout_s=30) as clients:
            connectors = clients.connectors
            for name, database in connectors.databases.items():
                for collection in {place for subsystem, place in self.documents if subsystem == name}:
                    await database[collection].delete_many({})
            await versions.record_latest(connectors.databases.values())
            sink = Sink(connectors.databases, fresh=True)
            for (subsystem, collection), documents in self.documents.items():
                await sink.put(subsystem, collection, documents)
            await sink.flush()

    # ── directory ──

    def school(self, key: str, **changes: Any) -> None:
        self.put(
            "directory.schools",
            "School",
            key,
            **{
                "name": f"Школа {key}",
                "short_name": None,
                "time_zone": "Asia/Yekaterinburg",
                "kind": "SCHOOL",
                "average_kind": "WEIGHTED",
                **changes,
            },
        )

    def school_class(self, key: str, school: str | None = None, level: int = 7, **more: Any) -> None:
        of_class = {"name": key.upper(), "sort_name": key, "grade_level": level, **more}
        self.put("directory.classes", "Class", key, school=school or self.home, **of_class)

    def group(self, key: str, classes: Sequence[str], subject: str | None) -> None:
        self.put(
            "directory.groups",
            "Group",
            key,
            school=self.home,
            name=key,
            subject_id=self.maybe("Subject", subject),
            class_ids=self.ids("Class", classes),
        )

    def subject(self, key: str, name: str, school: str | None = None) -> None:
        school = school or self.home
        self.put("directory.subjects", "Subject", key, school=school, name=name, short_name=None)

    def person(
        self, key: str, name: str, roles: Sequence[str], schools: Sequence[str] = ("perm",), **more: Any
    ) -> None:
        family, given_name, *patronymic = name.split()
        self.put(
            "directory.people",
            "Person",
            key,
            **{
                "display_name": name,
                "family_name": family,
                "given_name": given_name,
                "patronymic": patronymic[0] if patronymic else None,
                "sort_name": sort_name(name),
                "name_tokens": name_tokens(name),
                "roles": list(roles),
                "school_ids": self.ids("School", schools),
                **more,
            },
        )
        self.put(
            "directory.external_ids",
            "ExternalId",
            key,
            issuer=ISSUER,
            subject=self.subject_of_token(key),
            person_id=self.id("Person", key),
        )

    def student(
        self,
        key: str,
        name: str,
        *enrolments: Document,
        groups: Sequence[Document] = (),
        school: str | None = None,
        **more: Any,
    ) -> None:
        school = school or self.home
        self.person(
            key,
            name,
            ["STUDENT"],
            [school],
            student_id=self.id("Student", key),
            school_id=self.id("School", school),
            enrolments=list(enrolments),
            memberships=list(groups),
            **more,
        )

    def enrolment(self, school_class: str, first: str = "2026-09-01", last: str | None = None) -> Document:
        return {
            "class_id": self.id("Class", school_class),
            "starts_on": first,
            "ends_on": last,
            "is_primary": True,
        }

    def membership(self, group: str, first: str = "2026-09-01", last: str | None = None) -> Document:
        return {"group_id": self.id("Group", group), "starts_on": first, "ends_on": last}

    def guardianship(self, person: str, student: str, relation: str, **changes: Any) -> None:
        self.put(
            "directory.guardianships",
            "Guardianship",
            f"{person}:{student}",
            **{
                "school": self.home,
                "person_id": self.id("Person", person),
                "student_id": self.id("Student", student),
                "relation": relation,
                "is_legal_representative": True,
                "lives_with": True,
                "data_access": True,
                "valid_from": None,
                "valid_to": None,
                **changes,
            },
        )

    def consent(self, person: str, text: str, version: str, *, student: str | None = None, by: str = "olga") -> None:
        """The consent of a *person*, who is also the *student* if they are one, given *by* somebody."""
        self.put(
            "directory.consents",
            "Consent",
            f"{person}:{text}:{version}",
            person_id=self.id("Person", person),
            **({} if student is None else {"student_id": self.id("Student", student)}),
            text=text,
            version=version,
            given_by_id=self.id("Person", by),
            given_at=at("2026-09-01", "08:00"),
            withdrawn_by_id=None,
            withdrawn_at=None,
        )

    def assignment(
        self,
        person: str,
        *,
        leads: str | None = None,
        teaches: str | None = None,
        to: str | None = None,
        group: str | None = None,
        **changes: Any,
    ) -> None:
        """*person* leads a class, or teaches a subject to a class or to a group."""
        self.put(
            "directory.staff_assignments",
            "StaffAssignment",
            f"{person}:{leads}:{teaches}:{to}:{group}",
            **{
                "school": self.home,
                "person_id": self.id("Person", person),
                "kind": "CLASS_TEACHER" if leads else "TEACHER",
                "class_id": self.maybe("Class", leads or to),
                "group_id": self.maybe("Group", group),
                "subject_id": self.maybe("Subject", teaches),
                "starts_on": "2026-09-01",
                "ends_on": None,
                **changes,
            },
        )

    # ── schedule and diary ──

    def lesson(
        self,
        key: str,
        day: str,
        number: int,
        subject: str,
        *,
        classes: Sequence[str] = ("7a",),
        group: str | None = None,
        teacher: str = "smirnov",
        time: tuple[str, str] = ("08:30", "09:10"),
        zone: str = "Asia/Yekaterinburg",
        **changes: Any,
    ) -> None:
        self.put(
            "schedule.lessons",
            "Lesson",
            key,
            **{
                "school": self.home,
                "class_ids": self.ids("Class", classes),
                "group_id": self.maybe("Group", group),
                "date": day,
                "number": number,
                "starts_at": at(day, time[0], zone),
                "ends_at": at(day, time[1], zone),
                "subject_id": self.id("Subject", subject),
                "teacher_ids": [self.id("Person", teacher)],
                "room": "21",
                "building": "Главный корпус",
                "status": "HELD" if day < "2026-11-18" else "PLANNED",
                "topic": f"Тема {key}",
                "is_control_work": False,
                "is_extended": False,
                "substitution": None,
                **changes,
            },
        )

    def substitution(
        self, *, subject: str | None = None, original: str | None = None, substitute: str | None = None
    ) -> Document:
        return {
            "instead_of_subject_id": self.maybe("Subject", subject),
            "original_teacher_id": self.maybe("Person", original),
            "substitute_teacher_id": self.maybe("Person", substitute),
        }

    def homework(
        self,
        key: str,
        lesson: str | None,
        day: str,
        subject: str = "math",
        *,
        classes: Sequence[str] = ("7a",),
        group: str | None = None,
        students: Sequence[str] | None = None,
        **changes: Any,
    ) -> None:
        classwork = changes.get("kind") == "CLASSWORK"
        self.put(
            "diary.homework",
            "Homework",
            key,
            **{
                "school": self.home,
                "kind": "HOMEWORK",
                "class_ids": self.ids("Class", classes),
                "group_id": self.maybe("Group", group),
                "student_ids": None if students is None else self.ids("Student", students),
                "lesson_id": self.maybe("Lesson", lesson),
                "subject_id": self.id("Subject", subject),
                "text": f"Задание {key}",
                "date": day,
                "assigned_on": day,
                "due_on": None if classwork else day,
                "estimated_minutes": 20,
                "is_individual": students is not None,
                "attachments": [attachment(key)],
                "author_id": self.id("Person", "smirnov"),
                **changes,
            },
        )

    def submission(self, homework: str, student: str, state: str, **changes: Any) -> None:
        self.put(
            "diary.submissions",
            "Submission",
            f"{homework}:{student}",
            **{
                "school": self.home,
                "homework_id": self.id("Homework", homework),
                "student_id": self.id("Student", student),
                "submitted_at": at("2026-11-15", "20:00"),
                "text": None,
                "attachments": [],
                "is_late": False,
                "state": state,
                "answer": None,
                **self._place_of(homework),
                **changes,
            },
        )

    def _place_of(self, homework: str) -> dict[str, Any]:
        """The subject, the classes and the group of a homework."""
        known = next(one for one in self.documents["diary", "homework"] if one["_id"] == self.id("Homework", homework))
        return {key: known[key] for key in ("subject_id", "class_ids", "group_id")}

    def about(
        self,
        kind: str,
        key: str,
        student: str,
        day: str,
        *,
        lesson: str | None = None,
        subject: str | None = "math",
        author: str = "smirnov",
    ) -> None:
        """A remark about a student, or a comment to him."""
        collection = {"Remark": "remarks", "TeacherComment": "comments"}[kind]
        of_remark = {"kind": "Поведение"} if kind == "Remark" else {}
        self.put(
            f"diary.{collection}",
            kind,
            key,
            school=self.home,
            student_id=self.id("Student", student),
            made_on=day,
            text=f"Слово {key}",
            lesson_id=self.maybe("Lesson", lesson),
            subject_id=self.maybe("Subject", subject),
            author_id=self.id("Person", author),
            **of_remark,
        )

    def attendance(
        self,
        key: str,
        student: str,
        day: str,
        status: str,
        lesson: str | None = None,
        subject: str | None = None,
        **m: Any,
    ) -> None:
        self.put(
            "diary.attendance",
            "AttendanceRecord",
            key,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "lesson_id": self.maybe("Lesson", lesson),
                "subject_id": self.maybe("Subject", subject),
                "date": day,
                "status": status,
                "minutes_late": None,
                "reason": None,
                "source_status": None,
                **m,
            },
        )

    def notice(self, key: str, student: str, by: str, days: tuple[str, str], **changes: Any) -> None:
        self.put(
            "diary.absence_notices",
            "AbsenceNotice",
            key,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "kind": "DAYS",
                "days": {"first": days[0], "last": days[1]},
                "lesson_ids": [],
                "reason": "Болезнь",
                "state": "SENT",
                "sent_by_id": self.id("Person", by),
                "sent_at": at(days[0], "07:00"),
                "confirmed_by_id": None,
                "confirmed_at": None,
                **changes,
            },
        )

    def acknowledgement(self, student: str, monday: str, by: str, moment: datetime) -> None:
        self.put(
            "diary.acknowledgements",
            "Acknowledgement",
            f"{student}:{monday}:{by}",
            school=self.home,
            student_id=self.id("Student", student),
            week_starts_on=monday,
            person_id=self.id("Person", by),
            acknowledged_at=moment,
        )

    # ── grades ──

    def period(self, key: str, ordinal: int, first: str, last: str, subject: str | None = None, **changes: Any) -> None:
        self.put(
            "grades.attestation_periods",
            "AttestationPeriod",
            key,
            **{
                "school": self.home,
                "academic_year": "2026/27",
                "name": key,
                "kind": "QUARTER",
                "ordinal": ordinal,
                "subject_id": self.maybe("Subject", subject),
                "starts_on": first,
                "ends_on": last,
                **changes,
            },
        )

    def work(self, key: str, subject: str = "math", *, kind: str | None = "answer", **changes: Any) -> None:
        self.put(
            "grades.works",
            "Work",
            key,
            **{
                "school": self.home,
                "class_ids": self.ids("Class", ["7a"]),
                "group_id": None,
                "subject_id": self.id("Subject", subject),
                "title": f"Работа {key}",
                "kind_id": self.maybe("WorkKind", kind),
                "planned_on": None,
                "is_control_work": False,
                "max_score": None,
                **changes,
            },
        )

    def mark(
        self,
        key: str,
        student: str,
        day: str,
        value: str,
        subject: str = "math",
        *,
        of_class: str = "7a",
        lesson: str | None = None,
        kind: str | None = "answer",
        **changes: Any,
    ) -> None:
        """A mark with a work of its own."""
        number = int(value) if value.isdigit() else None
        self.put(
            "grades.marks",
            "Mark",
            key,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "class_id": self.id("Class", of_class),
                "subject_id": self.id("Subject", subject),
                "work_id": self.id("Work", changes.pop("work", key)),
                "kind_id": self.maybe("WorkKind", kind),
                "lesson_id": self.maybe("Lesson", lesson),
                "value": value,
                "numeric_value": number,
                "scale_id": self.id("GradeScale", "five"),
                "weight": 1,
                "is_point": False,
                "point_valid_until": None,
                "counts_towards_average": number is not None,
                "is_exam": False,
                "comment": None,
                "given_on": day,
                "given_by_id": self.id("Person", "smirnov"),
                "history": [],
                **changes,
            },
        )

    def review(self, mark: str, student: str, subject: str, by: str, key: str = "", **changes: Any) -> None:
        """A request to review a mark, which names it where *key* does not."""
        self.put(
            "grades.grade_reviews",
            "GradeReview",
            key or mark,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "subject_id": self.id("Subject", subject),
                "mark_id": self.id("Mark", mark),
                "reason": "Ответ верный",
                "state": "OPEN",
                "requested_by_id": self.id("Person", by),
                "requested_at": at("2026-11-17", "18:00"),
                "answer": None,
                "answered_by_id": None,
                "answered_at": None,
                "old_value": None,
                "new_value": None,
                "version": 1,
                **changes,
            },
        )

    def final_grade(self, key: str, student: str, value: str, *, period: str | None = None, **changes: Any) -> None:
        self.put(
            "grades.final_grades",
            "FinalGrade",
            key,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "subject_id": self.id("Subject", "math"),
                "period_id": self.maybe("AttestationPeriod", period),
                "academic_year": "2026/27",
                "kind": "PERIOD" if period else "YEAR",
                "value": value,
                "numeric_value": int(value) if value.isdigit() else None,
                "computed_average": None,
                **changes,
            },
        )

    # ── announcements ──

    def announcement(
        self, key: str, roles: str, *, classes: Sequence[str] = (), groups: Sequence[str] = (), **changes: Any
    ) -> None:
        """An announcement to the *roles*, in classes, in groups of 7А, or in the whole school."""
        school = changes.pop("school", self.home)
        class_ids, group_ids = self.ids("Class", classes), self.ids("Group", groups)
        places = [*class_ids, *group_ids] or [self.id("School", school)]
        led = self.ids("Class", classes or (["7a"] if groups else []))
        readers = [f"{place}:{role}" for place in places for role in roles.split()]
        self.put(
            "announcements.announcements",
            "Announcement",
            key,
            **{
                "school": school,
                "title": f"Объявление {key}",
                "body": f"Текст {key}",
                "author_id": self.id("Person", "kuznetsova"),
                "class_ids": class_ids,
                "group_ids": group_ids,
                "roles": roles.split(),
                "audience": [*readers, *(f"{own}:CLASS_TEACHER" for own in led)],
                "published_at": at("2026-11-16", "12:00"),
                "valid_until": None,
                "starts_on": None,
                "ends_on": None,
                "event_id": None,
                "is_banner": False,
                "attachments": [],
                "archived_at": None,
                "edited_at": None,
                "version": 1,
                **changes,
            },
        )

    def read(self, announcement: str, person: str, school: str | None = None) -> None:
        """Somebody has read an announcement."""
        own = f"{self.id('Announcement', announcement)}:{self.id('Person', person)}"
        self.documents["announcements", "reads"].append(
            {
                "_id": own,
                "school_id": self.id("School", school or self.home),
                "announcement_id": self.id("Announcement", announcement),
                "person_id": self.id("Person", person),
                "read_at": at("2026-11-17", "12:00"),
            }
        )

    # ── notifications ──

    def notification(
        self, key: str, person: str, role: str, student: str | None, kind: str, object_id: str, **changes: Any
    ) -> None:
        """A notification of something about a student, or about all who learn in 7А."""
        whose = None if student is None else self.id("Student", student)
        values = {
            "owner": f"{self.id('Person', person)}.{role}",
            "person_id": self.id("Person", person),
            "role": role,
            "kind": kind,
            "at": at("2026-11-17", "12:00"),
            "cause_id": object_id,
            "object_id": object_id,
            "right_id": whose or self.id("Class", "7a"),
            "student_id": whose,
            "is_read": False,
            "expires_at": at("2036-11-17", "12:00"),
        }
        school = changes.pop("school", self.home)
        self.put("notifications.notifications", "Notification", key, school=school, **{**values, **changes})

    # ── messages ──

    def conversation(
        self,
        key: str,
        members: Mapping[str, str],
        *messages: tuple[str, str],
        title: str | None = None,
        admin: str | None = None,
        homework: str | None = None,
        moment: str = "2026-11-16",
        **of_message: Any,
    ) -> None:
        """A dialogue, or with a *title* a group run by *admin*, of people on their sides, who wrote the *messages*."""
        own, kind = self.id("Conversation", key), "LETTER" if title is None else "GROUP"
        owners = {who: f"{self.id('Person', who)}.{side}" for who, side in members.items()}
        about = [] if homework is None else [homework]
        pair = {"pair": " ".join([*sorted(owners.values()), *about])} if title is None else {}
        common: dict[str, Any] = {"school": self.home, "kind": kind, "title": title, "version": 1}
        common |= {} if homework is None else {"homework_id": homework}
        created = {"created_by_id": self.id("Person", next(iter(members))), "created_at": at(moment, "07:00")}
        self.put("messages.conversations", "Conversation", key, **common, **pair, **created, seq=len(messages))
        for seq, (who, text) in enumerate(messages, start=1):
            self._message(own, seq, who, owners[who], text, moment, **of_message)
        files = len(messages) if of_message.get("attachments") else 0
        for who, owner in owners.items():
            sent = [seq for seq, (author, _) in enumerate(messages, start=1) if author == who]
            received = [seq for seq, (author, _) in enumerate(messages, start=1) if author != who]
            read = max(sent, default=0)
            row = {
                "_id": f"{own}:{owner}",
                "conversation_id": own,
                "owner": owner,
                "person_id": self.id("Person", who),
                "side": members[who],
                "member_ids": self.ids("Person", list(members)),
                "admin_ids": [self.id("Person", admin)] if admin else [],
                "joined_seq": 0,
                "left_seq": None,
                "hidden_seq": 0,
                "is_hidden": False,
                "read_seq": read,
                "last_seq": len(messages),
                "last_at": at(moment, f"08:{len(messages):02}"),
                "unread": len(messages) - read,
                "sent_seq": read,
                "received_seq": max(received, default=0),
                "files_seq": files,
                "sender_ids": sorted({self.id("Person", author) for author, _ in messages}),
            }
            school = {"school_id": self.id("School", self.home)}
            rest = {name: value for name, value in common.items() if name != "school"}
            self.documents["messages", "participants"].append({**school, **rest, **row})

    def mailbox_settings(self, who: str, side: str, **changes: Any) -> None:
        """The settings of somebody's mailbox on one side."""
        person, hours = self.id("Person", who), {"weekdays": ["MONDAY"], "starts_at": "09:00", "ends_at": "17:00"}
        own = {"_id": f"{person}.{side}", "person_id": person, "school_id": self.id("School", self.home)}
        defaults = {"signature": "signature", "office_hours": [hours], "version": 1}
        self.documents["messages", "mailbox_settings"].append({**own, **defaults, **changes})

    def report(self, key: str, author: str, by: str, day: str, **settled: Any) -> None:
        """The first message of a conversation, of *author*'s, that was reported to the school."""
        copied = {"author_id": self.id("Person", author), "sent_at": at(day, "09:00"), "text": "text"}
        reported = {"reported_by_id": self.id("Person", by), "reported_at": at(day, "10:00"), "reason": "reason"}
        message = f"msg_{self.id('Conversation', key).removeprefix('cnv_')}_1"
        rest = {"message_id": message, "messages": [copied], **settled}
        self.put("messages.reports", "MessageReport", key, school=self.home, **reported, **rest)

    def _message(self, conversation: str, seq: int, who: str, owner: str, text: str, moment: str, **more: Any) -> None:
        own = f"msg_{conversation.removeprefix('cnv_')}_{seq}"
        self.documents["messages", "messages"].append(
            {
                "_id": own,
                "school_id": self.id("School", self.home),
                "conversation_id": conversation,
                "seq": seq,
                "author_id": self.id("Person", who),
                "author_owner": owner,
                "sent_at": at(moment, f"08:{seq:02}"),
                "text": text,
                "terms": terms_of(text),
                "attachments": [],
                "attached_as": own,
                "edited_at": None,
                "revisions": [],
                "is_deleted": False,
                "version": 1,
                **more,
            }
        )

    # ── portfolio and assessments ──

    def achievement(self, key: str, student: str, kind: str, points: float, **changes: Any) -> None:
        self.put(
            "portfolio.achievements",
            "Achievement",
            key,
            **{
                "school": self.home,
                "student_id": self.id("Student", student),
                "class_id": self.id("Class", "7a"),
                "type_id": self.id("AchievementType", kind),
                "title": f"Достижение {key}",
                "achieved_on": "2026-10-10",
                "sort_on": "2026-10-10",
                "rounds": [],
                "points": points,
                "presence_points": None,
                "defence_points": None,
                "status": "CONFIRMED",
                "added_by_id": self.id("Person", student),
                "confirmed_by_id": self.id("Person", "kuznetsova"),
                "attachments": [],
                **changes,
            },
        )

    def service(self, key: str, student: str, by: str, *, number: int = 0) -> None:
        """A service that the student is subscribed to, with an invoice and, as the first one, the account."""
        who = {"school": self.home, "student_id": self.id("Student", student)}
        offered: dict[str, Any] = {"class_ids": [], "description": None, "price": 1500.5, "per": "MONTH"}
        days = {"starts_on": "2026-09-01", "ends_on": "2027-05-31"}
        self.put("services.services", "Service", key, school=self.home, name=f"Услуга {key}", **offered, **days)
        self.put(
            "services.subscriptions",
            "ServiceSubscription",
            f"{key}:{student}",
            **who,
            service_id=self.id("Service", key),
            subscribed_by_id=self.id("Person", by),
            subscribed_at=at("2026-09-05", "12:00"),
            is_running=True,
        )
        self.put(
            "services.invoices",
            "ServiceInvoice",
            f"{key}:{student}",
            **who,
            title=f"Услуга {key}",
            amount=1500.5,
            paid=500,
            issued_on=f"2026-11-0{number + 1}",
            due_on=None,
            state="OPEN",
        )
        if number == 0:
            self.put("services.accounts", "Account", student, **who, balance=-1000.5, as_of=at("2026-11-18", "06:00"))

    def test(self, key: str, opens: str, closes: str, limit: int = 3, **changes: Any) -> None:
        self.put(
            "assessments.tests",
            "Test",
            key,
            **{
                "school": self.home,
                "title": f"Тест {key}",
                "subject_id": self.id("Subject", "math"),
                "author_id": self.id("Person", "smirnov"),
                "opens_at": at(opens, "08:00"),
                "closes_at": at(closes, "20:00"),
                "question_count": 10,
                "max_score": 20,
                "attempt_limit": limit,
                **changes,
            },
        )

    def assign(self, test: str, student: str, *attempts: Mapping[str, Any]) -> None:
        """Assign the test; *attempts* are those the student made, in order."""
        who = {"school": self.home, "test_id": self.id("Test", test), "student_id": self.id("Student", student)}
        self.put("assessments.assignments", "TestAssignment", f"{test}:{student}", **who)
        for number, attempt in enumerate(attempts, start=1):
            self.put(
                "assessments.attempts",
                "TestAttempt",
                f"{test}:{student}:{number}",
                **{
                    **who,
                    "number": number,
                    "started_at": at("2026-11-17", "10:00"),
                    "submitted_at": None,
                    "score": None,
                    "state": "STARTED",
                    **attempt,
                },
            )


def attachment(key: str) -> Document:
    return {"name": f"{key}.pdf", "url": f"https://files.example/{key}.pdf", "media_type": None, "size_bytes": 10}
