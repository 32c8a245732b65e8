"""Actions of students: choose a module course, withdraw the choice."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from connectors.curriculum import CourseChoice, CoursePeriod, ModuleCourse
from connectors.directory import class_on
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import CourseId, PublicId, StudentId, mint, of_student, shared_and_student
from gateway.context import NOBODY, Info
from gateway.daily_limits import count_change
from gateway.languages import Text
from gateway.resolvers.curriculum.courses import is_open
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_COURSE: Final = Text("No such course is offered to you.", "Вам не предлагают такого курса.")
_NO_PERIOD: Final = Text("The course has no such period.", "У курса нет такого периода.")
_NOT_NOW: Final = Text("This is not the time for choosing the course.", "Сейчас этот курс не выбирают.")
_OVER: Final = Text("This period is over.", "Этот период уже закончился.")
_FULL: Final = Text("All places are taken.", "Все места заняты.")

_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "merged_to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseModuleCourse:
    """The course that a student chooses, and when they will take it."""

    course_id: PublicId
    """The course (`ModuleCourse.id`)."""

    period_id: PublicId
    """The period (`CoursePeriod.id`); choosing another one of the course moves the choice there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawChoice:
    """The course that a student does not take after all."""

    course_id: PublicId
    """The course (`ModuleCourse.id`)."""


class _Offer(NamedTuple):
    """A course that is offered to the student, as it is stored now, and the student's choice of it."""

    course: ModuleCourse
    student: StudentId
    choice: CourseChoice | None

    @property
    def ids(self) -> dict[str, Any]:
        return {"course_id": of_student(self.course["_id"], self.student), "student_id": self.student}


async def choose_module_course(input: ChooseModuleCourse, info: Info, transaction: Transaction) -> Outcome:
    """Choose a course for a period, while it is the time for it and there are places (F93)."""
    problems = Problems()
    offer = await _checked_offer(input.course_id, info, transaction, problems)
    period = None
    if offer is not None:
        period = next((one for one in offer.course["periods"] if one["_id"] == input.period_id), None)
        if period is None:
            problems.add(UserErrorCode.NOT_FOUND, _NO_PERIOD, "periodId")
        elif period["ends_on"] < info.today_at(offer.course["school_id"]):
            problems.add(UserErrorCode.WINDOW_CLOSED, _OVER, "periodId")
    problems.check(**(offer.ids if offer else {}))
    if offer is None or period is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    course, student, choice = offer
    if choice is not None and choice["period_id"] == period["_id"]:
        return Outcome(offer.ids, is_new=False)
    await _check_places(offer, period, transaction, problems)
    problems.check(**offer.ids)
    await _count(offer, info, transaction, problems)
    school = course["school_id"]
    chosen = CourseChoice(
        _id=choice["_id"] if choice else mint("CourseChoice", course["_id"], student),
        school_id=school,
        course_id=course["_id"],
        student_id=student,
        period_id=period["_id"],
        chosen_at=info.now_at(school),
    )
    await transaction.put("course_choices", [chosen])
    done = fact(
        info,
        "chooseModuleCourse",
        chosen["_id"],
        school,
        student_id=student,
        before={"period_id": choice["period_id"]} if choice else None,
        after={"course_id": course["_id"], "period_id": period["_id"]},
    )
    return Outcome(offer.ids, [done])


async def withdraw_choice(input: WithdrawChoice, info: Info, transaction: Transaction) -> Outcome:
    """Withdraw the choice of a course, while it is the time for choosing; without a choice nothing is changed."""
    problems = Problems()
    offer = await _checked_offer(input.course_id, info, transaction, problems)
    problems.check(**(offer.ids if offer else {}))
    if offer is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    if offer.choice is None:
        return Outcome(offer.ids, is_new=False)
    await _count(offer, info, transaction, problems)
    await transaction.delete("course_choices", {"_id": offer.choice["_id"]})
    done = fact(
        info,
        "withdrawChoice",
        offer.choice["_id"],
        offer.course["school_id"],
        student_id=offer.student,
        before={"course_id": offer.course["_id"], "period_id": offer.choice["period_id"]},
    )
    return Outcome(offer.ids, [done])


async def _checked_offer(course_id: str, info: Info, transaction: Transaction, problems: Problems) -> _Offer | None:
    """The course, if it is offered to the viewer today; notes a problem where it is not, or cannot be chosen now.

    The commands are the same whether there is such a course or not.
    """
    named, student = shared_and_student(course_id) or (CourseId("crs_"), NOBODY)
    mine = info.viewer.student_id or NOBODY
    course: Any = await transaction.find_one("module_courses", {"_id": named}, columns=frozenset())
    choice: Any = await transaction.find_one(
        "course_choices", {"course_id": named, "student_id": mine}, columns=frozenset()
    )
    [person] = await info.read(info.connectors.directory.students_by_ids, [mine], columns=_STUDENT)
    is_offered = (
        course is not None
        and person is not None
        and student == mine
        and class_on(person, info.today_at(person["school_id"])) in course["class_ids"]
    )
    if not is_offered:
        problems.add(UserErrorCode.NOT_FOUND, _NO_COURSE, "courseId")
        return None
    today = info.today_at(course["school_id"])
    if not is_open(course, today):
        first = course.get("choose_from") or ""
        retry_at = info.start_of(first, course["school_id"]) if today < first else None
        problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_NOW, "courseId", retry_at=retry_at)
    return _Offer(course, mine, choice)


async def _check_places(offer: _Offer, period: CoursePeriod, transaction: Transaction, problems: Problems) -> None:
    """Note a problem where all places of the course or of the period are taken by others.

    Of two students who choose a course at once, the later one waits and then counts the choice of the other.
    """
    course = offer.course
    await transaction.update("course_locks", {"_id": course["_id"]}, {"$inc": {"choices": 1}}, upsert=True)
    others = {"course_id": course["_id"], "student_id": {"$ne": offer.student}}
    limits = (
        (course["capacity"], others, "courseId"),
        (period.get("capacity"), {**others, "period_id": period["_id"]}, "periodId"),
    )
    for most, where, name in limits:
        if most is not None and (not most or await transaction.count("course_choices", where, most=most) >= most):
            problems.add(UserErrorCode.NO_PLACES, _FULL, name, limit=most)


async def _count(offer: _Offer, info: Info, transaction: Transaction, problems: Problems) -> None:
    most, school = info.writing.rules.course_choices_a_day, offer.course["school_id"]
    await count_change("chooseModuleCourse", offer.student, school, most, info, transaction, problems)
    problems.check(**offer.ids)
