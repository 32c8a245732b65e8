"""Actions about reviews of marks: a family asks for one, the teacher or an administrator answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from auth.viewer import Role
from connectors.directory import audience_of
from connectors.facts import Fact
from connectors.grades import GradeReview, GradeReviewState, Mark
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, mint
from gateway.context import NOBODY, Info
from gateway.daily_limits import count_change
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.grades.marking import NO_MARK, STUDENT, Pupil
from gateway.resolvers.grades.stored_marks import MARK, change_mark_there, counts, scales_and_kind
from gateway.resolvers.grades.values import checked_value, possible_scales
from gateway.resolvers.grades.windows import some_school, windows_of
from gateway.teaching import teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_POINT: Final = Text(
    "A point awaits an answer: there is nothing to review yet.", "Точка — ещё не отметка: пересматривать пока нечего."
)
_OPEN: Final = Text("A review of this mark was requested already.", "Запрос на пересмотр этой отметки уже отправлен.")
_OLD: Final = Text(
    "Marks of an earlier school year are no longer reviewed.", "Отметки прошлых учебных лет не пересматриваются."
)
_NO_REVIEW: Final = Text("There is no such request for a review.", "Нет такого запроса на пересмотр.")
_ANSWERED: Final = Text("This request was answered already.", "На этот запрос уже ответили.")
_REMOVED: Final = Text("The mark was removed meanwhile.", "Отметка тем временем удалена.")
_NOT_TAUGHT: Final = Text(
    "You did not teach the student on the day of this mark.", "В день этой отметки вы не вели у ученика этот предмет."
)
_SAME: Final = Text("This is the value that the mark has.", "У отметки уже такое значение.")

_REVIEW: Final = frozenset({"_id", "school_id", "student_id", "subject_id", "mark_id", "state", "version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestGradeReview:
    """A request to review a mark."""

    mark_id: PublicId
    """The id of the mark (`Mark.id`)."""

    reason: str
    """Why the mark should be reviewed, in the words of the family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGradeReview:
    """The answer to a request to review a mark."""

    review_id: PublicId
    """The id of the request (`GradeReview.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`GradeReview.version`); null answers the request whatever its version is."""

    answer: str
    """The answer, which the family reads."""

    new_value: str | None = None
    """The new value of the mark, as its scale writes it; without one the mark stays as it is."""


async def request_grade_review(input: RequestGradeReview, info: Info, transaction: Transaction) -> Outcome:
    """Ask the teacher to review a mark; one request of a mark is open at a time (F77)."""
    problems, rules = Problems(), info.writing.rules
    mark: Any = await transaction.find_one("marks", {"_id": input.mark_id}, columns=MARK)
    is_mine = mark is not None and mark["student_id"] in info.viewer.student_ids
    open_one = {"mark_id": input.mark_id, "state": GradeReviewState.OPEN}
    there, [year] = await asyncio.gather(
        transaction.find_one("grade_reviews", open_one, columns=frozenset({"_id"})),
        info.school_years([mark["school_id"] if is_mine else some_school(info)]),
    )
    ids: dict[str, Any] = {}
    if not is_mine:
        problems.add(UserErrorCode.NOT_FOUND, NO_MARK, "markId")
    else:
        ids = {"mark_id": mark["_id"], "student_id": mark["student_id"]}
        if mark["is_point"]:
            problems.add(UserErrorCode.NOT_ALLOWED, _POINT, "markId")
        elif mark["given_on"] < year.days.first:
            problems.add(UserErrorCode.WINDOW_CLOSED, _OLD, "markId")
        elif there is not None:
            ids["review_id"] = there["_id"]
            problems.add(UserErrorCode.TAKEN, _OPEN, "markId")
    reason = checked_text(input.reason, problems, "reason", most=rules.review_characters)
    problems.check(**ids)
    student, school = mark["student_id"], mark["school_id"]
    await count_change("requestGradeReview", student, school, rules.reviews_a_day, info, transaction, problems)
    problems.check(**ids)
    review = GradeReview(
        _id=mint("GradeReview", uuid4().hex),
        school_id=school,
        student_id=student,
        subject_id=mark["subject_id"],
        mark_id=mark["_id"],
        reason=reason,
        state=GradeReviewState.OPEN,
        requested_by_id=info.viewer.person_id,
        requested_at=info.now_at(school),
        answer=None,
        answered_by_id=None,
        answered_at=None,
        old_value=None,
        new_value=None,
        version=1,
    )
    await transaction.insert("grade_reviews", [review])
    after = {"mark_id": review["mark_id"], "state": review["state"], "reason": reason}
    done = fact(info, "requestGradeReview", review["_id"], school, student_id=student, after=after, texts={"reason"})
    return Outcome({**ids, "review_id": review["_id"]}, [done])


async def answer_grade_review(input: AnswerGradeReview, info: Info, transaction: Transaction) -> Outcome:
    """Answer a request to review a mark; a new value changes the mark in the same transaction (F77, T22)."""
    problems = Problems()
    review: Any = await transaction.find_one("grade_reviews", {"_id": input.review_id}, columns=_REVIEW)
    mark: Any = await transaction.find_one("marks", {"_id": review and review["mark_id"]}, columns=MARK)
    own, [person] = await asyncio.gather(
        teaching(info),
        info.read(
            info.connectors.directory.students_by_ids, [review["student_id"] if review else NOBODY], columns=STUDENT
        ),
    )
    is_found = False
    if review is not None and person is not None and not person.get("merged_to"):
        today = info.today_at(review["school_id"])
        is_found = info.viewer.may_read_student(review["student_id"], person.get("school_id")) and (
            info.viewer.role is Role.ADMINISTRATOR or own.of_student(audience_of(person), review["subject_id"], today)
        )
    known = mark if is_found else None
    windows = await windows_of(known["school_id"] if known else some_school(info), info)
    scales, kind = await scales_and_kind(known, info)
    ids: dict[str, Any] = {}
    if not is_found:
        problems.add(UserErrorCode.NOT_FOUND, _NO_REVIEW, "reviewId")
    else:
        ids = {"review_id": review["_id"], "mark_id": review["mark_id"], "student_id": review["student_id"]}
    problems.require_version(input.version)
    is_seen = is_found and input.version is not ABSENT and not problems.is_stale(input.version, review)
    if is_seen and review["state"] != GradeReviewState.OPEN:
        problems.add(UserErrorCode.NOT_ALLOWED, _ANSWERED, "reviewId")
    answer = checked_text(input.answer, problems, "answer", most=info.writing.rules.review_characters)
    changed: dict[str, Any] = {}
    if is_found and review["state"] == GradeReviewState.OPEN and input.new_value is not None:
        if mark is None:
            problems.add(UserErrorCode.NOT_FOUND, _REMOVED, "newValue")
        else:
            pupil = Pupil(person, audience_of(person))
            is_of_the_day = info.viewer.role is Role.ADMINISTRATOR or own.of_student(
                pupil.audience, mark["subject_id"], mark["given_on"]
            )
            if not is_of_the_day:
                problems.add(UserErrorCode.NOT_ALLOWED, _NOT_TAUGHT, "newValue")
            windows.check_day(
                mark["given_on"], [pupil.place(mark["subject_id"], mark["given_on"])], problems, "newValue"
            )
            changed = _changed_value(input.new_value, mark, scales, kind, problems)
    problems.in_order_of(input)
    problems.check(**ids)
    facts = await _answer(review, mark, changed, answer, info, transaction)
    return Outcome(ids, facts)


def _changed_value(
    sent: str, mark: Mark, scales: Any, kind: Mapping[str, Any] | None, problems: Problems
) -> dict[str, Any]:
    """The columns of the mark with its new value; empty where there is a problem with the value."""
    work: Any = {"scale_id": mark["scale_id"]}
    own = possible_scales(None, work, scales, problems)
    value = checked_value(sent, own[0], problems, "newValue") if own else None
    if value is None:
        return {}
    if value.value == mark["value"]:
        problems.add(UserErrorCode.INVALID_INPUT, _SAME, "newValue")
    changed = {"value": value.value, "numeric_value": value.numeric_value}
    if mark["is_point"]:
        changed |= {"is_point": False, "point_valid_until": None, "counts_towards_average": counts(kind)}
    return changed


async def _answer(
    review: GradeReview, mark: Mark, changed: Mapping[str, Any], answer: str, info: Info, transaction: Transaction
) -> list[Fact]:
    """Store the answer and the changed mark, and return their facts."""
    school = review["school_id"]
    answered: dict[str, Any] = {
        "state": GradeReviewState.CHANGED if changed else GradeReviewState.UPHELD,
        "answer": answer,
        "answered_by_id": info.viewer.person_id,
        "answered_at": info.now_at(school),
    }
    done = []
    if changed:
        answered |= {"old_value": mark["value"], "new_value": changed["value"]}
        done.append(
            await change_mark_there("answerGradeReview", mark, changed, info, transaction, review_id=review["_id"])
        )
    await transaction.update("grade_reviews", {"_id": review["_id"]}, {"$set": answered, "$inc": {"version": 1}})
    recorded = {key: value for key, value in answered.items() if not key.startswith("answered_")}
    done.append(
        fact(
            info,
            "answerGradeReview",
            review["_id"],
            school,
            student_id=review["student_id"],
            before={"state": review["state"], "answer": None},
            after=recorded,
            texts={"answer"},
        )
    )
    return done
