"""The action of administrators who form a study group of the students who chose a module course (F93)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from connectors.curriculum import CoursePeriod, ModuleCourse
from connectors.directory import Group, Membership, class_on
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import CourseId, GroupId, PublicId, StudentId, SubjectId, mint
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_COURSE: Final = Text("Your schools have no such course.", "В ваших школах нет такого курса.")
_NO_PERIOD: Final = Text("The course has no such period.", "У курса нет такого периода.")
_NO_SUBJECT: Final = Text("The school has no such subject.", "В школе нет такого предмета.")
_OVER: Final = Text("This period is over.", "Этот период уже закончился.")
_NOBODY: Final = Text("No student of the school has chosen this yet.", "Этого ещё не выбрал ни один ученик школы.")

_COURSE: Final = frozenset({"school_id", "class_ids", "title", "periods"})
_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "merged_to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCourseGroup:
    """The module course and the period whose students become a study group."""

    course_id: PublicId
    """The course (`OfferedCourse.id`)."""

    period_id: PublicId
    """The period (`CoursePeriod.id`)."""

    name: str | None = None
    """The name of the study group; without it that of the course and the period, or the name that the group has."""

    subject_id: SubjectId | None = None
    """The subject that the group learns; without it none, or the subject that the group has."""


async def form_course_group(input: FormCourseGroup, info: Info, transaction: Transaction) -> Outcome:
    """Make a study group of those who chose a period of a course, or bring the members of that group up to date.

    Who withdrew the choice meanwhile, or left the classes of the course, leaves the group from today on.
    """
    problems = Problems()
    course, period = await _checked_period(input, info, problems)
    today = info.today_at(course["school_id"] if course else None)
    first = max(period["starts_on"], today) if period else today
    wanted = await _students(course, period, first, info) if course and period else []
    group_id = GroupId(mint("Group", input.course_id, input.period_id))
    before: Any = await transaction.find_one("groups", {"_id": group_id}, columns=frozenset())
    most = info.writing.rules.name_characters
    name = None if input.name is None else checked_text(input.name, problems, "name", most=most)
    await _check_subject(input.subject_id, course, info, problems)
    problems.check()
    if course is None or period is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    members = await _members(group_id, today, transaction)
    if before is None and not wanted:
        problems.reject(UserErrorCode.NOT_FOUND, _NOBODY, "periodId")
    group = Group(
        _id=group_id,
        school_id=course["school_id"],
        name=name or (before["name"] if before else f"{course['title']}, {period['name']}"),
        subject_id=input.subject_id or (before["subject_id"] if before else None),
        class_ids=course["class_ids"],
    )
    ids = {"group_id": group_id, "student_ids": wanted}
    joining, leaving = [own for own in wanted if own not in members], [own for own in members if own not in wanted]
    if group == before and not joining and not leaving:
        return Outcome(ids, is_new=False)
    await transaction.put("groups", [group])
    if joining:
        place = Membership(group_id=group_id, starts_on=first, ends_on=period["ends_on"])
        await transaction.update_all("people", _people(joining), {"$push": {"memberships": place}})
    if leaving:
        await transaction.update_all("people", _people(leaving), _ended(group_id, today))
    done = fact(
        info,
        "formCourseGroup",
        group_id,
        course["school_id"],
        before={"students": members, "subject_id": before["subject_id"]} if before else None,
        after={"course_id": course["_id"], "students": wanted, "subject_id": group["subject_id"]},
    )
    return Outcome(ids, [done])


async def _checked_period(
    input: FormCourseGroup, info: Info, problems: Problems
) -> tuple[ModuleCourse | None, CoursePeriod | None]:
    """The course of the viewer's schools and its period; notes a problem where there is none, or it is over."""
    [course] = await info.check(info.connectors.curriculum.courses_by_ids, [CourseId(input.course_id)], columns=_COURSE)
    if course is None or course["school_id"] not in info.viewer.school_ids:
        problems.add(UserErrorCode.NOT_FOUND, _NO_COURSE, "courseId")
        return None, None
    period = next((one for one in course["periods"] if one["_id"] == input.period_id), None)
    if period is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_PERIOD, "periodId")
    elif period["ends_on"] < info.today_at(course["school_id"]):
        problems.add(UserErrorCode.WINDOW_CLOSED, _OVER, "periodId")
    return course, period


async def _check_subject(sent: SubjectId | None, course: ModuleCourse | None, info: Info, problems: Problems) -> None:
    if sent is None or course is None:
        return
    [subject] = await info.check(info.connectors.directory.subjects_by_ids, [sent], columns=frozenset({"school_id"}))
    if subject is None or subject["school_id"] != course["school_id"]:
        problems.add(UserErrorCode.NOT_FOUND, _NO_SUBJECT, "subjectId")


async def _students(course: ModuleCourse, period: CoursePeriod, first: str, info: Info) -> list[StudentId]:
    """Who chose the period and is in a class of the course on the day *first*, in the order of their choices."""
    [choices] = await info.check(
        info.connectors.curriculum.choices_of_periods, [period["_id"]], columns=frozenset({"student_id", "chosen_at"})
    )
    chosen = sorted(choices or (), key=lambda one: (one["chosen_at"], one["student_id"]))
    read = info.connectors.directory.students_by_ids
    people = await info.check(read, [one["student_id"] for one in chosen], columns=_STUDENT)
    return [
        person["student_id"]
        for person in people
        if person is not None
        and not person.get("merged_to")
        and person.get("school_id") == course["school_id"]
        and class_on(person, first) in course["class_ids"]
    ]


async def _members(group_id: GroupId, today: str, transaction: Transaction) -> list[StudentId]:
    """Who is in the group today, or will be."""
    columns = frozenset({"student_id", "memberships"})
    found = await transaction.find("people", {"memberships.group_id": group_id}, columns=columns)
    return [
        person["student_id"]
        for person in found
        if any(
            own["group_id"] == group_id and (own["ends_on"] is None or own["ends_on"] >= today)
            for own in person["memberships"]
        )
    ]


def _people(students: Sequence[StudentId]) -> dict[str, Any]:
    return {"student_id": {"$in": list(students)}}


def _ended(group_id: GroupId, today: str) -> list[Mapping[str, Any]]:
    """The change that ends memberships of the group with yesterday; one that has not begun by then is taken away."""
    yesterday = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    is_of_group = {"$eq": ["$$own.group_id", group_id]}
    begins_later = {"$and": [is_of_group, {"$gte": ["$$own.starts_on", today]}]}
    is_running = {
        "$and": [is_of_group, {"$or": [{"$eq": ["$$own.ends_on", None]}, {"$gte": ["$$own.ends_on", today]}]}]
    }
    ended = {"$mergeObjects": ["$$own", {"ends_on": yesterday}]}
    left = {"$filter": {"input": "$memberships", "as": "own", "cond": {"$not": begins_later}}}
    cut = {"$map": {"input": left, "as": "own", "in": {"$cond": [is_running, ended, "$$own"]}}}
    return [{"$set": {"memberships": cut}}]
