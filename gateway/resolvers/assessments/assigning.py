"""The action of a teacher who assigns a test to a class, a study group or single students."""

from dataclasses import dataclass
from typing import Any, Final

from connectors.assessments import TestAssignment
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import ClassId, GroupId, PublicId, SchoolId, StudentId, mint
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.assessments.making import NO_TEST
from gateway.teaching import Teaching, made_test, teaches, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_NO_STUDENT: Final = Text("You teach no such student this subject.", "Вы не ведёте этот предмет у такого ученика.")
_NO_CLASS: Final = Text("You teach no such class this subject.", "Вы не ведёте этот предмет в таком классе.")
_NO_GROUP: Final = Text("You teach no such study group this subject.", "Вы не ведёте этот предмет в такой группе.")
_NOBODY: Final = Text("Name at least one student.", "Назовите хотя бы одного ученика.")
_OVER: Final = Text("The test is closed already.", "Тест уже закрыт.")

_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "memberships", "merged_to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAudience:
    """Whom a test is assigned to: a class, a study group or single students; exactly one of them."""

    is_one_of = True

    class_id: ClassId | None = None
    """All who are in the class today."""

    group_id: GroupId | None = None
    """All who are in the study group today."""

    student_ids: tuple[StudentId, ...] | None = None
    """Single students."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTest:
    """A test and whom it is assigned to."""

    test_id: PublicId
    """The id of the test, as `createTest` answered it."""

    audience: TestAudience
    """Whom the test is for; those who have it already keep it."""


async def assign_test(input: AssignTest, info: Info, transaction: Transaction) -> Outcome:
    """Assign a test of the viewer's to a class, a group or students whom they teach its subject today (F94)."""
    problems = Problems()
    found: Any = await transaction.find_one("tests", {"_id": input.test_id}, columns=frozenset())
    own = await teaching(info)
    test = found if made_test(found, own, info) else None
    school = test["school_id"] if test else next(iter(info.viewer.school_ids), SchoolId("sch_"))
    students = await _students(input.audience, test, own, school, info, problems)
    if test is None:
        problems.found.clear()
        problems.add(UserErrorCode.NOT_FOUND, NO_TEST, "testId")
    elif test["closes_at"] < info.now:
        problems.add(UserErrorCode.WINDOW_CLOSED, _OVER, "testId")
    problems.in_order_of(input)
    problems.check()
    if test is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    there = await transaction.find("assignments", {"test_id": test["_id"]}, columns=frozenset({"student_id"}))
    before = {one["student_id"] for one in there}
    new = [student for student in dict.fromkeys(students) if student not in before]
    now = info.now_at(school).isoformat()
    ids = {"test_id": test["_id"], "done_at": now}
    if not new:
        return Outcome(ids, is_new=False)
    rows = [
        TestAssignment(
            _id=mint("TestAssignment", test["_id"], one), school_id=school, test_id=test["_id"], student_id=one
        )
        for one in new
    ]
    await transaction.insert("assignments", rows)
    # Of an assignment and a change of the test at the same time, one has to wait for the other.
    await transaction.update("tests", {"_id": test["_id"]}, {"$inc": {"version": 1}})
    done = fact(info, "assignTest", test["_id"], school, after={"students": new})
    return Outcome(ids, [done])


async def _students(
    audience: TestAudience, test: Any, own: Teaching, school: SchoolId, info: Info, problems: Problems
) -> list[StudentId]:
    """The students of an audience whom the viewer teaches the subject today; notes a problem where there are none."""
    directory, today, most = info.connectors.directory, info.today_at(school), info.writing.rules.test_students
    subject = test["subject_id"] if test else None
    if audience.student_ids is not None:
        ids = audience.student_ids
        if not ids or len(ids) > most:
            code, text = (
                (UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most)) if ids else (UserErrorCode.REQUIRED, _NOBODY)
            )
            problems.add(code, text, "audience", "studentIds", limit=most if ids else None)
            return []
        people = await info.read(directory.students_by_ids, ids, columns=_STUDENT)
        for place, person in enumerate(people):
            if not teaches(person, subject, own, today, info):
                problems.add(UserErrorCode.NOT_FOUND, _NO_STUDENT, "audience", "studentIds", place)
        return list(ids)
    is_group = audience.group_id is not None
    groups: Any = directory.groups_by_ids if is_group else directory.classes_by_ids
    read: Any = directory.students_in_groups if is_group else directory.students_in_classes
    key = audience.group_id or audience.class_id
    columns = frozenset({"_id", "class_ids"} if is_group else {"_id"})
    [[found], [members]] = [
        await info.check(groups, [key], columns=columns),
        await info.read(read, [key], columns=_STUDENT, on=today),
    ]
    classes = (found["class_ids"] if is_group else [found["_id"]]) if found else []
    if found is None or not own.of_place(classes, audience.group_id, subject, today):
        text, name = (_NO_GROUP, "groupId") if is_group else (_NO_CLASS, "classId")
        problems.add(UserErrorCode.NOT_FOUND, text, "audience", name)
        return []
    return [person["student_id"] for person in members or () if not person.get("merged_to")]
