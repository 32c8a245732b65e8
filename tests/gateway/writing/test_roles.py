"""Every mutation × every role × whose it is: their own, another's, and one to which the right has ended."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from connectors.directory.email_confirmations import code_of, new_confirmation
from connectors.vocabulary import PersonId
from gateway.schema.query import graphql_schema
from tests.gateway.building import Builder, at
from tests.gateway.writing.acting import LETTERS_KEY, Acting, mutation
from tests.gateway.writing.registrations import NUMBER, invitation, registration
from tests.gateway.writing.seeing import observe
from tests.gateway.writing.uploading import uploaded

WHO: Final = {
    Role.STUDENT: "ivan",
    Role.PARENT: "olga",
    Role.TEACHER: "smirnov",
    Role.CLASS_TEACHER: "kuznetsova",
    Role.ADMINISTRATOR: "admin",
    Role.ANALYST: "analyst",
}
MARKS: Final = (
    "giveMark",
    "giveMarks",
    "changeMark",
    "removeMark",
    "setPoint",
    "createWork",
    "planControlWork",
)
REVIEWS: Final = ("requestGradeReview", "answerGradeReview")
KEPT: Final = ("addAchievement", "editAchievement", "attachToAchievement", "deleteAchievement")
DECIDED: Final = ("confirmAchievement", "rejectAchievement")
COURSES: Final = ("chooseModuleCourse", "withdrawChoice")
FEEDS: Final = ("createCalendarFeed", "revokeCalendarFeed")
FOUND: Final = ("runIntegrityCheck", "acceptFinding", "reopenFinding")
KEYS: Final = ("createQueryKey", "revokeQueryKey", "exportReport")
ACCOUNTS: Final = (
    "updateMyProfile",
    "confirmEmail",
    "enterRegistrationNumber",
    "grantRole",
    "endRole",
    "issueInvitationCodes",
    "addChildByCode",
    "mergeAccounts",
    "giveConsent",
    "withdrawConsent",
    "formCourseGroup",
)
"""The mutations that change the directory."""
TAKEN: Final = ("startTest", "saveAnswers", "submitTest")
MADE: Final = ("createTest", "updateTest", "assignTest", "gradeTest")
SUBSCRIBED: Final = ("subscribeToService", "unsubscribe")
TALKED: Final = (
    "sendMessage",
    "editMessage",
    "deleteMessage",
    "createConversation",
    "editConversation",
    "leaveConversation",
    "markConversationRead",
    "markConversationUnread",
    "hideConversation",
    "reportMessage",
)
TOLD: Final = ("markNotificationsRead", "setNotificationSettings")
ANNOUNCED: Final = ("createAnnouncement", "editAnnouncement", "archiveAnnouncement", "deleteAnnouncement")
MAY: Final[Mapping[str, tuple[Role, ...]]] = {
    "acknowledgeDiary": (Role.PARENT,),
    "submitAbsenceNotice": (Role.PARENT,),
    "cancelAbsenceNotice": (Role.PARENT,),
    "confirmAbsenceNotice": (Role.CLASS_TEACHER,),
    "rejectAbsenceNotice": (Role.CLASS_TEACHER,),
    "markHomeworkDone": (Role.STUDENT,),
    "submitHomework": (Role.STUDENT,),
    "withdrawSubmission": (Role.STUDENT,),
    "answerSubmission": (Role.TEACHER, Role.CLASS_TEACHER),
    # the timetable
    "editLesson": (Role.ADMINISTRATOR,),
    "moveLesson": (Role.ADMINISTRATOR,),
    "cancelLesson": (Role.ADMINISTRATOR,),
    "substitute": (Role.ADMINISTRATOR,),
    # one's own data
    "confirmEmail": (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    "updateMyProfile": (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    # secret addresses
    **dict.fromkeys(FEEDS, (Role.PARENT, Role.STUDENT)),
    **dict.fromkeys(FOUND, (Role.ADMINISTRATOR,)),
    **dict.fromkeys(KEYS, (Role.ADMINISTRATOR, *(role for role in Role if role is not Role.ADMINISTRATOR))),
    # files
    **dict.fromkeys(
        ("requestUpload", "removeFile"),
        (Role.STUDENT, Role.PARENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    ),
    # messages: an administrator of the school is as much a stranger to a conversation as anybody else
    **dict.fromkeys(TALKED, (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR)),
    "setMailboxSettings": (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    "settleMessageReport": (Role.ADMINISTRATOR,),
    # announcements
    **dict.fromkeys(ANNOUNCED, (Role.CLASS_TEACHER, Role.ADMINISTRATOR)),
    "markAnnouncementRead": (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    **dict.fromkeys(TOLD, (Role.PARENT, Role.STUDENT)),
    "enterRegistrationNumber": (Role.CLASS_TEACHER,),
    **dict.fromkeys(
        ("grantRole", "endRole", "issueInvitationCodes", "mergeAccounts", "formCourseGroup"), (Role.ADMINISTRATOR,)
    ),
    "addChildByCode": (Role.PARENT,),
    **dict.fromkeys(("giveConsent", "withdrawConsent"), (Role.PARENT, Role.STUDENT)),
    # marks
    **dict.fromkeys(MARKS, (Role.TEACHER, Role.CLASS_TEACHER)),
    "setFinalGrade": (Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR),
    "recordAttendance": (Role.TEACHER,),
    "assignHomework": (Role.TEACHER,),
    "updateHomework": (Role.TEACHER,),
    "addRemark": (Role.TEACHER, Role.CLASS_TEACHER),
    "withdrawRemark": (Role.TEACHER, Role.CLASS_TEACHER),
    "addComment": (Role.TEACHER, Role.CLASS_TEACHER),
    **dict.fromkeys(KEPT, (Role.PARENT, Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER)),
    **dict.fromkeys(DECIDED, (Role.TEACHER, Role.CLASS_TEACHER)),
    "setScoringTable": (Role.ADMINISTRATOR,),
    **dict.fromkeys(SUBSCRIBED, (Role.PARENT,)),
    **dict.fromkeys((*COURSES, *TAKEN), (Role.STUDENT,)),
    **dict.fromkeys((*MADE, "publishTestToJournal"), (Role.TEACHER, Role.CLASS_TEACHER)),
    "requestGradeReview": (Role.PARENT, Role.STUDENT),
    "answerGradeReview": (Role.TEACHER, Role.ADMINISTRATOR),
}
"""Who may call each mutation. The first role is the one tried where one is enough."""

CHANGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("editLesson", "moveLesson", "cancelLesson", "substitute"), "schedule"),
    **dict.fromkeys((*MARKS, "setFinalGrade", *REVIEWS), "grades"),
    "updateMyProfile": "directory",
    **dict.fromkeys((*MARKS, "setFinalGrade", *REVIEWS, "publishTestToJournal"), "grades"),
    **dict.fromkeys((*TAKEN, *MADE), "assessments"),
    **dict.fromkeys(SUBSCRIBED, "services"),
    **dict.fromkeys((*KEPT, *DECIDED, "setScoringTable"), "portfolio"),
    **dict.fromkeys(COURSES, "curriculum"),
    **dict.fromkeys((*FEEDS, *KEYS), "downloads"),
    **dict.fromkeys(FOUND, "integrity"),
    **dict.fromkeys(("requestUpload", "removeFile"), "files"),
    **dict.fromkeys((*ANNOUNCED, "markAnnouncementRead"), "announcements"),
    **dict.fromkeys(TOLD, "notifications"),
    **dict.fromkeys((*TALKED, "setMailboxSettings", "settleMessageReport"), "messages"),
    **dict.fromkeys(ACCOUNTS, "directory"),
}
"""The subsystem that a mutation changes, where that is not the diary."""

NOW: Final = datetime.now(UTC)
FACTS: Final = {
    "publishTestToJournal": 2,
    "markAnnouncementRead": 0,
    "markConversationRead": 0,
    "markConversationUnread": 0,
    **dict.fromkeys(TOLD, 0),
    "hideConversation": 0,
}
"""The number of facts of a mutation that changes more than one object, or that concerns nobody but its viewer."""

STRANGER: Final = {Role.CLASS_TEACHER: "anna", Role.TEACHER: "maria", Role.ADMINISTRATOR: "maria"}
"""A student of whom the person of that role may read nothing; for the others it is Petr."""

PAYLOAD: Final = {
    "acknowledgeDiary": "week { startsOn } student { id }",
    "submitAbsenceNotice": "notice { id } student { id }",
    "cancelAbsenceNotice": "notice { id } student { id }",
    "confirmAbsenceNotice": "notice { id } student { id }",
    "rejectAbsenceNotice": "notice { id } student { id }",
    **dict.fromkeys(("markHomeworkDone", "submitHomework", "withdrawSubmission"), "homework { id } student { id }"),
    "answerSubmission": "submission { id }",
    # the timetable
    **dict.fromkeys(
        ("editLesson", "moveLesson", "cancelLesson", "substitute"), "lesson { id movedTo { id } } overlapping { id }"
    ),
    "updateMyProfile": "viewer { email version }",
    "confirmEmail": "viewer { email emailToConfirm version }",
    **dict.fromkeys(FEEDS, "feed { id }"),
    "runIntegrityCheck": "run { id state }",
    **dict.fromkeys(FOUND[1:], "finding { id state version }"),
    **dict.fromkeys(KEYS[:2], "key { id }"),
    "exportReport": "export { id }",
    "requestUpload": "file { id }",
    "removeFile": "removedFileId",
    "enterRegistrationNumber": "account { displayName birthDate } linkedPerson { id }",
    **dict.fromkeys(("grantRole", "endRole", "mergeAccounts"), "person { id heldRoles { role } }"),
    "issueInvitationCodes": "codes { student { id } code }",
    "addChildByCode": "children { id }",
    **dict.fromkeys(("giveConsent", "withdrawConsent"), "consents { person { id } text givenAt }"),
    # marks
    **dict.fromkeys(("giveMark", "changeMark", "removeMark", "setPoint"), "mark { id } lesson { id } student { id }"),
    "giveMarks": "marks { id } students { id } work { id } warnings { code }",
    **dict.fromkeys(("createWork", "planControlWork"), "work { id }"),
    "setFinalGrade": "finalGrade { id } student { id }",
    "recordAttendance": "lessons { id attendance { status } } students { id }",
    "assignHomework": "homework { id tasks { id } }",
    "updateHomework": "homework { id tasks { id } }",
    "addRemark": "id madeAt",
    "withdrawRemark": "withdrawnRemarkId",
    "addComment": "comment { id } student { id } lesson { id }",
    **dict.fromkeys((*KEPT, *DECIDED), "achievement { id } student { id }"),
    "setScoringTable": "type { id }",
    **dict.fromkeys((*ANNOUNCED[:3], "markAnnouncementRead"), "announcement { id } viewer { unreadAnnouncements }"),
    "deleteAnnouncement": "deletedAnnouncementId announcement { id }",
    "markNotificationsRead": "notifications { id isRead } viewer { unreadNotifications }",
    "setNotificationSettings": "settings { kinds { kind channels } }",
    **dict.fromkeys(TALKED[:3], "message { id } conversations { id unreadCount } viewer { unreadMessages }"),
    **dict.fromkeys(TALKED[3:8], "conversation { id unreadCount } viewer { unreadMessages }"),
    "hideConversation": "hiddenConversationId viewer { unreadMessages }",
    "reportMessage": "reportedMessageId",
    "settleMessageReport": "report { id }",
    "setMailboxSettings": "settings { signature }",
    **dict.fromkeys(SUBSCRIBED, "service { id } student { id }"),
    **dict.fromkeys(TAKEN, "attempt { id } test { id }"),
    **dict.fromkeys(("createTest", "updateTest", "assignTest"), "id doneAt"),
    "gradeTest": "attempt { id }",
    "publishTestToJournal": "work { id } marks { id }",
    **dict.fromkeys(COURSES, "course { id freePlaces } student { id }"),
    "formCourseGroup": "group { id name } students { id }",
    **dict.fromkeys(REVIEWS, "review { id } mark { id } student { id }"),
}
OF_THE_VIEWER: Final = {
    "updateMyProfile",
    "confirmEmail",
    "createQueryKey",
    "exportReport",
    "requestUpload",
    "addChildByCode",
    "setMailboxSettings",
    "setNotificationSettings",
}
"""The mutations that are about the viewer, or what a code gives: no other's, and no right that could have ended."""

ENDED: Final = "granny"
"""A guardian of Ivan until the end of October."""


async def _diary_week(acts: Acting, student: str) -> dict[str, Any]:
    return {"studentId": acts.id("Student", student), "weekStart": "2026-11-02"}


async def _absence(acts: Acting, student: str) -> dict[str, Any]:
    return {"studentId": acts.id("Student", student), "absence": {"days": ["2026-12-01"]}, "reason": "Болеет"}


async def _homework(acts: Acting, student: str) -> dict[str, Any]:
    for task in await acts.found("diary.homework", kind="HOMEWORK", student_ids=None):
        done = await acts.found("diary.submissions", homework_id=task["_id"])
        if not done and task["class_ids"] == [acts.id("Class", "7a")] and task["group_id"] is None:
            return {"homeworkId": f"{task['_id']}.{acts.id('Student', student)}"}
    raise AssertionError("the school has no homework that nobody has done")


async def _hand_in(acts: Acting, student: str) -> dict[str, Any]:
    return {**await _homework(acts, student), "text": "Решение"}


async def _work_there(acts: Acting, student: str) -> str:
    """The id of work that the student handed in."""
    task = (await _change_of_task(acts, student))["homeworkId"]
    [homework] = await acts.found("diary.homework", _id=task)
    work = {
        "_id": acts.id("Submission", f"of {student}"),
        "homework_id": task,
        "student_id": acts.id("Student", student),
        "submitted_at": None,
        "text": "Решение",
        "attachments": [],
        "is_late": False,
        "state": "SUBMITTED",
        "answer": None,
        **{key: homework[key] for key in ("school_id", "subject_id", "class_ids", "group_id")},
    }
    await acts.client[f"{acts.prefix}_diary"].submissions.delete_many({"homework_id": task})
    await acts.client[f"{acts.prefix}_diary"].submissions.insert_one(work)
    return str(work["_id"])


async def _work_to_withdraw(acts: Acting, student: str) -> dict[str, Any]:
    task = acts.id("Homework", "today")
    await _work_there(acts, "ivan")
    return {"homeworkId": f"{task}.{acts.id('Student', student)}"}


async def _work_to_answer(acts: Acting, student: str) -> dict[str, Any]:
    return {"submissionId": await _work_there(acts, student), "version": 0, "decision": "CHECKED"}


async def _notice(acts: Acting, student: str) -> dict[str, Any]:
    notice: dict[str, Any] = {
        "_id": acts.id("AbsenceNotice", f"of {student}"),
        "school_id": acts.id("School", "perm"),
        "student_id": acts.id("Student", student),
        "kind": "DAYS",
        "days": {"first": "2026-12-01", "last": "2026-12-01"},
        "lesson_ids": [],
        "reason": "Болеет",
        "state": "SENT",
        "sent_by_id": acts.id("Person", "olga"),
        "sent_at": None,
        "confirmed_by_id": None,
        "confirmed_at": None,
    }
    await acts.client[f"{acts.prefix}_diary"].absence_notices.insert_one(notice)
    return {"noticeId": notice["_id"], "version": 0}


def _lesson(**more: str) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        lesson = acts.id("Lesson", "monm" if student == "maria" else "sat1")
        ids = {key: acts.id("Person", own) for key, own in more.items() if key == "teacherId"}
        return {"lessonId": lesson, "version": 0, **more, **ids}

    return values


async def _own_profile(_: Acting, __: str) -> dict[str, Any]:
    return {"version": 0, "email": "new@example.org"}


async def _code_of_letter(acts: Acting, _: str) -> dict[str, Any]:
    """The code of a letter to Olga, who is the first of those who may confirm an address."""
    waiting = new_confirmation(PersonId(acts.id("Person", "olga")), "new@example.org", NOW, is_sent=True)
    place = acts.client[f"{acts.prefix}_directory"].email_confirmations
    await place.replace_one({"person_id": waiting["person_id"]}, waiting, upsert=True)
    return {"code": code_of(waiting, LETTERS_KEY.encode())}


async def _student(acts: Acting, student: str) -> dict[str, Any]:
    return {"studentId": acts.id("Student", student)}


async def _feed(acts: Acting, student: str) -> dict[str, Any]:
    feed = {
        "_id": acts.id("CalendarFeed", f"of {student}"),
        "school_id": acts.id("School", "perm"),
        "student_id": acts.id("Student", student),
        "person_id": acts.id("Person", "olga" if student == "ivan" else "pavel"),
        "role": "PARENT",
        "secret_hash": f"of {student}",
        "created_at": NOW,
        "revoked_at": None,
        "last_used_at": None,
        "digest": None,
        "changed_at": NOW,
    }
    await acts.client[f"{acts.prefix}_downloads"].calendar_feeds.insert_one(feed)
    return {"feedId": feed["_id"]}


async def _query(_: Acting, __: str) -> dict[str, Any]:
    return {"query": "subjects-behind", "validDays": 30}


async def _operation(_: Acting, __: str) -> dict[str, Any]:
    return {"document": "{ viewer { role } }", "format": "CSV"}


async def _key(acts: Acting, student: str) -> dict[str, Any]:
    key = {
        "_id": acts.id("QueryKey", f"of {student}"),
        "person_id": acts.id("Person", "admin" if student == "ivan" else "analyst"),
        "role": "ADMINISTRATOR",
        "query": "subjects-behind",
        "secret_hash": f"of {student}",
        "created_at": NOW,
        "expires_at": NOW,
        "revoked_at": None,
        "last_used_at": None,
    }
    await acts.client[f"{acts.prefix}_downloads"].query_keys.insert_one(key)
    return {"keyId": key["_id"]}


async def _new_file(_: Acting, __: str) -> dict[str, Any]:
    return {"name": "a.txt", "sizeBytes": 5, "sha256": "0" * 64, "purpose": "SUBMISSION"}


async def _file(acts: Acting, student: str) -> dict[str, Any]:
    file: dict[str, Any] = {
        "_id": acts.id("File", f"of {student}"),
        "school_id": acts.id("School", "perm"),
        "person_id": acts.id("Person", student),
        "role": "STUDENT",
        "purpose": "SUBMISSION",
        "name": "a.txt",
        "state": "PENDING",
        "removed_at": None,
    }
    await acts.client[f"{acts.prefix}_files"].files.insert_one(file)
    return {"fileId": file["_id"]}


async def _registration(acts: Acting, student: str) -> dict[str, Any]:
    place = acts.client[f"{acts.prefix}_directory"].registrations
    await place.insert_one(registration(NUMBER))
    return {"number": NUMBER, "personId": acts.id("Person", student), "confirmed": True}


async def _student_to_invite(acts: Acting, student: str) -> dict[str, Any]:
    return {"studentIds": [acts.id("Student", student)]}


async def _code(acts: Acting, student: str) -> dict[str, Any]:
    """A code of Alyona, who is not yet the viewer's child; for anybody else one that does not exist."""
    if student != "ivan":
        return {"codes": ["00000-00001"]}
    place = acts.client[f"{acts.prefix}_directory"].invitations
    await place.insert_one(invitation(acts, "alyona", "7K3QX-9TM2A"))
    return {"codes": ["7K3QX-9TM2A"]}


COLLEAGUES: Final = {"ivan": "kuznetsova", "maria": "maria"}
"""A colleague of the administrator, and somebody of another school."""


async def _two_records(acts: Acting, student: str) -> dict[str, Any]:
    surplus = "granny" if student == "ivan" else student
    return {"keptPersonId": acts.id("Person", "igor"), "mergedPersonId": acts.id("Person", surplus)}


async def _school_to_check(acts: Acting, student: str) -> dict[str, Any]:
    return {"schoolId": acts.id("School", "perm" if student == "ivan" else "moscow")}


def _finding(state: str, **more: str) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        own = acts.id("IntegrityFinding", f"of {student}")
        finding: dict[str, Any] = {
            "_id": own,
            "school_id": acts.id("School", "perm" if student == "ivan" else "moscow"),
            "rule": "STUDENT_WITHOUT_CLASS",
            "state": state,
            "student_id": acts.id("Student", student),
            "details": {},
            "reason": None,
            "version": 0,
        }
        await acts.client[f"{acts.prefix}_integrity"].findings.replace_one({"_id": own}, finding, upsert=True)
        return {"findingId": own, "version": 0, **more}

    return values


async def _new_role(acts: Acting, student: str) -> dict[str, Any]:
    return {"personId": acts.id("Person", COLLEAGUES[student]), "role": "TEACHER"}


async def _held_role(acts: Acting, student: str) -> dict[str, Any]:
    return {"personId": acts.id("Person", COLLEAGUES[student]), "role": "CLASS_TEACHER"}


async def _mark(acts: Acting, student: str) -> dict[str, Any]:
    return {"workId": acts.id("Work", "today"), "studentId": acts.id("Student", student), "value": "4"}


async def _marks(acts: Acting, student: str) -> dict[str, Any]:
    return {
        "workId": acts.id("Work", "today"),
        "marks": [{"studentId": acts.id("Student", student), "value": "4"}],
    }


def _mark_there(**changes: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def found(acts: Acting, student: str) -> dict[str, Any]:
        where = {"student_id": acts.id("Student", student), "given_on": {"$gte": "2026-11-09"}, "is_point": False}
        subjects = acts.school.ids("Subject", ["math", "prog"])
        [mark, *_] = await acts.found("grades.marks", subject_id={"$in": subjects}, **where)
        return {"markId": mark["_id"], "version": 0, **changes}

    return found


async def _point(acts: Acting, student: str) -> dict[str, Any]:
    return {
        "workId": acts.id("Work", "today"),
        "studentId": acts.id("Student", student),
        "validUntil": "2026-12-01",
    }


async def _work(acts: Acting, student: str) -> dict[str, Any]:
    [person] = await acts.found("directory.people", student_id=acts.id("Student", student))
    return {
        "audience": {"classId": person["enrolments"][0]["class_id"]},
        "subjectId": acts.id("Subject", "math"),
        "title": "Диктант",
        "plannedOn": "2026-11-30",
    }


async def _final_grade(acts: Acting, student: str) -> dict[str, Any]:
    return {
        "studentId": acts.id("Student", student),
        "subjectId": acts.id("Subject", "math"),
        "kind": "FINAL",
        "value": "4",
    }


LESSONS: Final = {"ivan": "mon1", "maria": "monm"}
"""A lesson that each student had on Monday."""


async def _attendance(acts: Acting, student: str) -> dict[str, Any]:
    record = {"studentId": acts.id("Student", student), "status": "ABSENT"}
    return {"lessonId": acts.id("Lesson", LESSONS[student]), "records": [record]}


async def _task(acts: Acting, student: str) -> dict[str, Any]:
    return {"lessonId": acts.id("Lesson", LESSONS[student]), "kind": "CLASSWORK", "text": "Задача 5"}


async def _change_of_task(acts: Acting, student: str) -> dict[str, Any]:
    task = acts.id("Homework", "today")
    if student != "ivan":
        [known] = await acts.found("diary.homework", _id=task)
        task = acts.id("Homework", f"of {student}")
        place = {"class_ids": [acts.id("Class", "i21")], "lesson_id": acts.id("Lesson", "monm")}
        subject = acts.id("Subject", "prog")
        await acts.client[f"{acts.prefix}_diary"].homework.insert_one(
            {**known, **place, "_id": task, "school_id": acts.id("School", "moscow"), "subject_id": subject}
        )
    return {"homeworkId": task, "version": 0, "text": "Задача 6"}


async def _words(acts: Acting, student: str) -> dict[str, Any]:
    return {"studentId": acts.id("Student", student), "text": "Молодец"}


async def _remark(acts: Acting, student: str) -> dict[str, Any]:
    [known] = await acts.found("diary.remarks", _id=acts.id("Remark", "noise"))
    author = acts.id("Person", "smirnov" if student == "ivan" else "rusova")
    remark = acts.id("Remark", f"of {student}")
    about = {"student_id": acts.id("Student", student), "author_id": author}
    await acts.client[f"{acts.prefix}_diary"].remarks.insert_one({**known, **about, "_id": remark})
    return {"remarkId": remark}


async def _request_for_review(acts: Acting, student: str) -> dict[str, Any]:
    return {"markId": acts.id("Mark", "m1" if student == "ivan" else f"{student} m"), "reason": "Ответ верный"}


async def _answer_to_review(acts: Acting, student: str) -> dict[str, Any]:
    mark, subject = ("m1", "math") if student == "ivan" else (student, "prog")
    school = {} if student == "ivan" else {"school": "moscow"}
    built = Builder(acts.prefix)
    built.review(mark, student, subject, "olga", **school)
    [review] = built.documents["grades", "grade_reviews"]
    await acts.client[f"{acts.prefix}_grades"].grade_reviews.insert_one(review)
    return {"reviewId": review["_id"], "version": 1, "answer": "Посмотрим вместе"}


async def _new_achievement(acts: Acting, student: str) -> dict[str, Any]:
    return {
        "studentId": acts.id("Student", student),
        "typeId": acts.id("AchievementType", "olympiad"),
        "title": "Олимпиада",
        "rounds": [{"name": "Школьный"}],
    }


def _achievement_there(**changes: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def found(acts: Acting, student: str) -> dict[str, Any]:
        built = Builder(acts.prefix)
        unconfirmed = {"status": "UNCONFIRMED", "confirmed_by_id": None, "added_by_id": built.id("Person", "igor")}
        built.achievement(f"of {student}", student, "olympiad", 0, **unconfirmed)
        [achievement] = built.documents["portfolio", "achievements"]
        await acts.client[f"{acts.prefix}_portfolio"].achievements.insert_one(achievement)
        return {"achievementId": achievement["_id"], "version": 0, **changes}

    return found


async def _file_for_achievement(acts: Acting, student: str) -> dict[str, Any]:
    achievement = (await _achievement_there()(acts, student))["achievementId"]
    file = await uploaded(acts, "olga", Role.PARENT, b"%PDF-1.4")
    return {"achievementId": achievement, "attachmentIds": [file]}


async def _scoring_table(acts: Acting, student: str) -> dict[str, Any]:
    section = acts.id("AchievementType", "olympiad" if student == "ivan" else "of the college")
    if student != "ivan":
        school = acts.id("School", "moscow")
        other = {"_id": section, "school_id": school, "name": "Олимпиады", "kind": "ROUNDS", "area": "Наука"}
        await acts.client[f"{acts.prefix}_portfolio"].achievement_types.insert_one(other)
    return {
        "typeId": section,
        "version": 0,
        "pointsByPlace": ["5", "4", "3"],
        "pointsForParticipation": "1",
    }


async def _new_announcement(acts: Acting, student: str) -> dict[str, Any]:
    place = {"ivan": "7a", "anna": "7b"}[student]
    return {
        "title": "Собрание",
        "body": "В 18:30",
        "audience": {"classIds": [acts.id("Class", place)]},
        "roles": ["PARENT"],
    }


def _announcement(**more: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        key = {"ivan": "meeting", "anna": "for teachers of 7b", "petr": "for 7b alone"}[student]
        if student != "ivan":
            built = Builder(acts.prefix)
            built.announcement(key, "TEACHER", classes=["7b"])
            [announcement] = built.documents["announcements", "announcements"]
            await acts.client[f"{acts.prefix}_announcements"].announcements.insert_one(announcement)
        return {"announcementId": acts.id("Announcement", key), **more}

    return values


async def _notification(acts: Acting, student: str) -> dict[str, Any]:
    return {"notificationIds": [acts.id("Notification", {"ivan": "comment", "petr": "of petr"}[student])]}


async def _choice(_: Acting, __: str) -> dict[str, Any]:
    return {"kinds": [{"kind": "MARK", "channels": []}]}


STRANGERS: Final = {"ivan": "olga smirnov", "petr": "petr pavel"}
"""A dialogue that Olga takes part in, and one of which she knows nothing."""


async def _message(acts: Acting, student: str) -> dict[str, Any]:
    return {"to": {"conversationId": acts.id("Conversation", STRANGERS[student])}, "text": "Добрый день"}


def _message_there(**more: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        own = f"msg_{acts.id('Conversation', STRANGERS[student]).removeprefix('cnv_')}_1"
        sent_today = {"$set": {"sent_at": at("2026-11-18", "00:00")}}
        await acts.change("messages.messages", {"_id": own}, sent_today)
        return {"messageId": own, **more}

    return values


async def _new_conversation(acts: Acting, student: str) -> dict[str, Any]:
    who = f"{acts.id('Person', 'igor')}.PARENT" if student == "ivan" else f"{acts.id('Person', 'vera')}.STUDENT"
    return {"title": "Поход", "recipientIds": [who]}


def _conversation(**more: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        if more or student != "ivan":
            change = {"$set": {"admin_ids": [acts.id("Person", "olga")]}}
            parents = {"conversation_id": acts.id("Conversation", "parents")}
            await acts.client[f"{acts.prefix}_messages"].participants.update_many(parents, change)
        key = "parents" if student == "ivan" else "petr pavel"
        return {"conversationId": acts.id("Conversation", key), **more}

    return values


async def _own_settings(_: Acting, __: str) -> dict[str, Any]:
    return {"version": 0, "signature": "Иванова О. П."}


async def _report(acts: Acting, student: str) -> dict[str, Any]:
    """A report of the administrator's school; for anybody else one of another school."""
    own = acts.id("MessageReport", "2026-11-16")
    if student != "ivan":
        await acts.change("messages.reports", {"_id": own}, {"$set": {"school_id": acts.id("School", "moscow")}})
    return {"reportId": own, "version": 0, "decision": "UPHELD"}


def _service(key: str) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        return {"serviceId": acts.own("Service", key, student)}

    return values


def _course(key: str, **more: str) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        return {"courseId": acts.own("ModuleCourse", key, student)} | {
            name: acts.id("CoursePeriod", period) for name, period in more.items()
        }

    return values


async def _group_to_form(acts: Acting, student: str) -> dict[str, Any]:
    if student == "ivan":
        return {"courseId": acts.id("ModuleCourse", "robots"), "periodId": acts.id("CoursePeriod", "robots 2")}
    [known] = await acts.found("curriculum.module_courses", _id=acts.id("ModuleCourse", "robots"))
    other = {"_id": acts.id("ModuleCourse", "of the college"), "school_id": acts.id("School", "moscow")}
    await acts.client[f"{acts.prefix}_curriculum"].module_courses.insert_one({**known, **other})
    return {"courseId": other["_id"], "periodId": acts.id("CoursePeriod", "robots 2")}


ASKED: Final[dict[str, Any]] = {
    "_id": "tqu_one",
    "kind": "TEXT",
    "text": "2 + 2",
    "points": 1,
    "options": [],
    "accepted": ["4"],
    "number": None,
    "tolerance": 0,
}


async def _put_test(acts: Acting, student: str, *attempts: dict[str, Any], closes: str = "2026-11-20") -> str:
    """The id of a test of Smirnov's for one student; of a student whom he does not teach, of another teacher's."""
    built, is_own = Builder(acts.prefix), student in {"ivan", "petr"}
    author = built.id("Person", "smirnov" if is_own else "rusova")
    built.test(f"of {student}", "2026-11-16", closes, author_id=author, questions=[ASKED])
    built.assign(f"of {student}", student, *attempts)
    await acts.put(built)
    return built.id("Test", f"of {student}")


async def _new_test(acts: Acting, student: str) -> dict[str, Any]:
    return {
        "subjectId": acts.id("Subject", "math" if student == "ivan" else "prog"),
        "title": "Тест",
        "opensAt": "2026-11-18T08:00:00+05:00",
        "closesAt": "2026-11-20T08:00:00+05:00",
        "questions": [{"kind": "TEXT", "text": "2 + 2", "points": "1"}],
    }


async def _test_to_assign(acts: Acting, student: str) -> dict[str, Any]:
    students = [acts.id("Student", "alyona" if student == "ivan" else student)]
    return {"testId": await _put_test(acts, student), "audience": {"studentIds": students}}


async def _test_to_change(acts: Acting, student: str) -> dict[str, Any]:
    test = await _put_test(acts, student)
    await acts.client[f"{acts.prefix}_assessments"].assignments.delete_many({"test_id": test})
    return {"testId": test, "version": 0, "title": "Другой тест"}


async def _test_to_start(acts: Acting, student: str) -> dict[str, Any]:
    return {"testId": f"{await _put_test(acts, student)}.{acts.id('Student', student)}"}


def _attempt(**more: Any) -> Callable[[Acting, str], Awaitable[dict[str, Any]]]:
    async def values(acts: Acting, student: str) -> dict[str, Any]:
        state = {"state": "SUBMITTED"} if "version" in more else {}
        await _put_test(acts, student, state)
        return {"attemptId": acts.id("TestAttempt", f"of {student}:{student}:1"), **more}

    return values


async def _test_to_publish(acts: Acting, student: str) -> dict[str, Any]:
    test = await _put_test(acts, student, {"state": "CHECKED", "score": 1}, closes="2026-11-17")
    return {"testId": test, "marks": [{"value": "5", "minScore": "1"}]}


async def _new_consent(acts: Acting, student: str) -> dict[str, Any]:
    return {"text": "photos", "version": "1", "personId": acts.id("Person", student)}


async def _consent(acts: Acting, student: str) -> dict[str, Any]:
    built = Builder(acts.prefix)
    built.consent(student, "photos", "1", student=student)
    await acts.put(built)
    return {"text": "photos", "personId": acts.id("Person", student)}


INPUTS: Final[Mapping[str, Callable[[Acting, str], Awaitable[dict[str, Any]]]]] = {
    "acknowledgeDiary": _diary_week,
    "submitAbsenceNotice": _absence,
    "cancelAbsenceNotice": _notice,
    "confirmAbsenceNotice": _notice,
    "rejectAbsenceNotice": _notice,
    "markHomeworkDone": _homework,
    "submitHomework": _hand_in,
    "withdrawSubmission": _work_to_withdraw,
    "answerSubmission": _work_to_answer,
    # the timetable
    "editLesson": _lesson(room="35"),
    "moveLesson": _lesson(date="2026-11-23"),
    "cancelLesson": _lesson(),
    "substitute": _lesson(teacherId="zamenin"),
    "updateMyProfile": _own_profile,
    "confirmEmail": _code_of_letter,
    "createCalendarFeed": _student,
    "revokeCalendarFeed": _feed,
    "createQueryKey": _query,
    "revokeQueryKey": _key,
    "exportReport": _operation,
    "requestUpload": _new_file,
    "removeFile": _file,
    "runIntegrityCheck": _school_to_check,
    "acceptFinding": _finding("OPEN", reason="Так и есть"),
    "reopenFinding": _finding("ACCEPTED"),
    "enterRegistrationNumber": _registration,
    "issueInvitationCodes": _student_to_invite,
    "addChildByCode": _code,
    "mergeAccounts": _two_records,
    "giveConsent": _new_consent,
    "withdrawConsent": _consent,
    "grantRole": _new_role,
    "endRole": _held_role,
    # marks
    "giveMark": _mark,
    "giveMarks": _marks,
    "changeMark": _mark_there(weight=5),
    "removeMark": _mark_there(),
    "setPoint": _point,
    "createWork": _work,
    "planControlWork": _work,
    "setFinalGrade": _final_grade,
    "recordAttendance": _attendance,
    "assignHomework": _task,
    "updateHomework": _change_of_task,
    "addRemark": _words,
    "withdrawRemark": _remark,
    "addComment": _words,
    "addAchievement": _new_achievement,
    "editAchievement": _achievement_there(title="Олимпиада города"),
    "attachToAchievement": _file_for_achievement,
    "deleteAchievement": _achievement_there(),
    "confirmAchievement": _achievement_there(),
    "rejectAchievement": _achievement_there(reason="Нет диплома"),
    "setScoringTable": _scoring_table,
    "createAnnouncement": _new_announcement,
    "editAnnouncement": _announcement(version=1, title="Собрание переносится"),
    "archiveAnnouncement": _announcement(version=1),
    "deleteAnnouncement": _announcement(version=1),
    "markAnnouncementRead": _announcement(),
    "markNotificationsRead": _notification,
    "setNotificationSettings": _choice,
    "sendMessage": _message,
    "editMessage": _message_there(version=1, text="Когда прийти?"),
    "deleteMessage": _message_there(),
    "createConversation": _new_conversation,
    "editConversation": _conversation(version=1, title="Родители"),
    "leaveConversation": _conversation(),
    "markConversationRead": _conversation(),
    "markConversationUnread": _conversation(),
    "hideConversation": _conversation(),
    "reportMessage": _message_there(reason="Грубость"),
    "settleMessageReport": _report,
    "setMailboxSettings": _own_settings,
    "subscribeToService": _service("new"),
    "unsubscribe": _service("pool"),
    "createTest": _new_test,
    "updateTest": _test_to_change,
    "assignTest": _test_to_assign,
    "startTest": _test_to_start,
    "saveAnswers": _attempt(answers=[{"questionId": "tqu_one", "text": "4"}]),
    "submitTest": _attempt(),
    "gradeTest": _attempt(version=0, points=[{"questionId": "tqu_one", "points": "1"}]),
    "publishTestToJournal": _test_to_publish,
    "chooseModuleCourse": _course("drama", periodId="drama 1"),
    "withdrawChoice": _course("robots"),
    "formCourseGroup": _group_to_form,
    "requestGradeReview": _request_for_review,
    "answerGradeReview": _answer_to_review,
}
"""What each mutation takes for something of a student's."""


NOT_THERE: Final = {"createConversation": "RECIPIENT_NOT_ALLOWED"}
"""The code for people who do not exist or are out of reach, where it is not NOT_FOUND."""


async def facts_of(acts: Acting, name: str) -> list[dict[str, Any]]:
    return await acts.found(f"{CHANGES.get(name, 'diary')}.facts")


def test_every_mutation_is_tried() -> None:
    root = graphql_schema().mutation_type
    assert root is not None
    assert set(root.fields) == set(MAY)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MAY)
async def test_a_mutation_is_carried_out_for_its_role_and_refused_whole_to_others(
    acts: Acting, name: str, role: Role
) -> None:
    values = await INPUTS[name](acts, "ivan")
    answer = await acts.answer(WHO[role], role, mutation(name, key="k"), {"input": values})
    shown = await acts.answer(WHO[role], role, "{ __schema { mutationType { fields { name } } } }")
    root = shown["data"]["__schema"]["mutationType"]
    names = {field["name"] for field in root["fields"]} if root else set()
    if role in MAY[name]:
        if role is MAY[name][0]:
            assert answer["data"][name]["userErrors"] == []
            assert [fact["action"] for fact in await facts_of(acts, name)] == [name] * FACTS.get(name, 1)
        assert name in names
    else:
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
        assert await facts_of(acts, name) == []
        assert name not in names


@pytest.mark.parametrize("name", [name for name in MAY if name not in OF_THE_VIEWER])
async def test_what_is_another_s_is_not_found_like_what_does_not_exist(acts: Acting, name: str) -> None:
    role = MAY[name][0]
    who, document = WHO[role], mutation(name, PAYLOAD[name])
    nothing = await INPUTS[name](acts, STRANGER.get(role, "petr"))
    await observe(acts, who, role, document, nothing)  # fills the caches that all share
    others = await observe(acts, who, role, document, nothing)
    nobodys = await observe(acts, who, role, document, _of_nobody(nothing))
    assert others == nobodys
    payload = orjson.loads(others.body)["data"][name]
    assert [error["code"] for error in payload["userErrors"]] == [NOT_THERE.get(name, "NOT_FOUND")]
    assert await facts_of(acts, name) == []


def _of_nobody(values: dict[str, Any]) -> dict[str, Any]:
    nobody = {
        "studentId": "stu_nobody",
        "noticeId": "abn_nothing",
        "homeworkId": "hw_nothing.stu_nobody",
        "lessonId": "les_nothing",
        "remarkId": "rem_nothing",
        "markId": "mrk_nothing",
        "classId": "cls_nothing",
        "reviewId": "grv_nothing",
        "achievementId": "ach_nothing",
        "typeId": "act_nothing",
        "testId": "tst_nothing",
        "attemptId": "tat_nothing",
        "serviceId": "srv_nothing.stu_nobody",
        **({"subjectId": "sub_nothing"} if "questions" in values else {}),
        "courseId": "crs_nothing.stu_nobody",
        "periodId": "cpd_nothing",
        "feedId": "fed_nothing",
        "keyId": "qky_nothing",
        "findingId": "itf_nothing",
        "schoolId": "sch_nothing",
        "announcementId": "ann_nothing",
        "conversationId": "cnv_nothing",
        "messageId": "msg_nothing_1",
        "reportId": "rep_nothing",
        "notificationIds": ["ntf_nothing"],
        "recipientIds": ["per_nobody.STUDENT"],
        "classIds": ["cls_nothing"],
        "fileId": "fil_nothing",
        "submissionId": "sbm_nothing",
        "personId": "per_nobody",
        "mergedPersonId": "per_nobody",
        "studentIds": ["stu_nobody"],
        "codes": ["00000-00002"],
    }
    return {
        key: nobody[key]
        if key in nobody
        else _of_nobody(value)
        if isinstance(value, dict)
        else [_of_nobody(row) for row in value]
        if key in {"marks", "records"}
        else value
        for key, value in values.items()
    }


@pytest.mark.parametrize(
    "name", [name for name, roles in MAY.items() if roles[0] is Role.PARENT and name not in OF_THE_VIEWER]
)
async def test_a_right_that_has_ended_gives_none(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    codes = await acts.codes(ENDED, Role.PARENT, name, values, Idempotency_Key="k")
    assert [code for code, _ in codes] == [NOT_THERE.get(name, "NOT_FOUND")]
    barred = await acts.codes("banned", Role.PARENT, name, values, Idempotency_Key="k")
    assert barred == codes
    assert await facts_of(acts, name) == []


OF_TEACHING: Final = ("answerSubmission", *DECIDED, *MADE, "publishTestToJournal")
OF_A_CLASS: Final = ("markHomeworkDone", "submitHomework", "withdrawSubmission", *COURSES)


@pytest.mark.parametrize("name", OF_TEACHING)
async def test_a_teacher_whose_teaching_has_ended_writes_no_more(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    database = acts.client[f"{acts.prefix}_directory"]
    own = {"person_id": acts.id("Person", WHO[Role.TEACHER])}
    await database.staff_assignments.update_many(own, {"$set": {"ends_on": "2026-11-17"}})
    codes = await acts.codes(WHO[Role.TEACHER], Role.TEACHER, name, values, Idempotency_Key="k")
    assert codes[0][0] == "NOT_FOUND"
    assert await facts_of(acts, name) == []


@pytest.mark.parametrize("name", DECIDED)
async def test_a_class_teacher_whose_class_has_another_one_writes_no_more(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    own = {"person_id": acts.id("Person", WHO[Role.CLASS_TEACHER])}
    await acts.change("directory.staff_assignments", own, {"$set": {"ends_on": "2026-11-17"}})
    codes = await acts.codes(WHO[Role.CLASS_TEACHER], Role.CLASS_TEACHER, name, values, Idempotency_Key="k")
    assert [code for code, _ in codes] == ["NOT_FOUND"]
    assert await facts_of(acts, name) == []


@pytest.mark.parametrize("name", OF_A_CLASS)
async def test_a_student_who_has_left_the_class_hands_in_and_chooses_nothing_of_it(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    left = {"$set": {"enrolments.0.ends_on": "2026-10-01"}}
    await acts.change("directory.people", {"_id": acts.id("Person", "ivan")}, left)
    codes = await acts.codes("ivan", Role.STUDENT, name, values, Idempotency_Key="k")
    assert [code for code, _ in codes] == ["NOT_FOUND"]
    assert await facts_of(acts, name) == []


@pytest.mark.parametrize("name", TAKEN)
async def test_a_test_that_is_no_longer_assigned_is_taken_no_more(acts: Acting, name: str) -> None:
    values = await INPUTS[name](acts, "ivan")
    place = acts.client[f"{acts.prefix}_assessments"].assignments
    await place.delete_many({"student_id": acts.id("Student", "ivan")})
    codes = await acts.codes("ivan", Role.STUDENT, name, values, Idempotency_Key="k")
    assert [code for code, _ in codes] == ["NOT_FOUND"]
    assert await facts_of(acts, name) == []
