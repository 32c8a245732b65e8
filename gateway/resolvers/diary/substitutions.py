"""The lessons at which a teacher substitutes, with the students of each lesson and nothing else of them (trap T10)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from connectors.directory import PeopleFilter
from connectors.schedule import Lesson
from connectors.vocabulary import Day, Paging, PersonId, as_of_student
from gateway.context import Info, week_of
from gateway.resolvers.diary.lessons import LESSON, StudentLesson
from gateway.teaching import admit_substitute

MEMBERS = Paging(200, None, looks_on=False)
"""How many students of a substituted lesson are read: more than any lesson has."""


class SubstituteLessonMember(TypedDict):
    """One student of a substituted lesson, and the lesson as that student has it."""

    person_id: PersonId
    lesson: StudentLesson


class SubstituteLesson(Lesson):
    """A lesson that the viewer gives in place of another teacher, with its students."""

    members: list[SubstituteLessonMember]


async def substitutions(
    viewers: Sequence[Mapping[str, Any]], info: Info, week: Day | None = None
) -> list[list[SubstituteLesson]]:
    """The lessons at which the viewer substitutes in the week that contains the day *week*; without one, in today's."""
    days = week_of(week or info.today)
    columns = info.columns_of("Lesson") | info.columns_of("SubstituteLesson") | LESSON | {"substitution"}
    [found] = await info.read(
        info.connectors.schedule.substituted_lessons, [info.viewer.person_id], columns=columns, days=days
    )
    lessons = [lesson for lesson in found if admit_substitute(lesson, info)]
    filters = [_members_of(lesson) for lesson in lessons]
    read, columns = info.connectors.directory.people_in, frozenset({"_id", "student_id"})
    pages = await info.read(read, filters, columns=columns, search=None, paging=MEMBERS)
    info.disclose("SubstituteLesson", [person["student_id"] for page in pages for person in page.nodes])
    own = [_with_members(lesson, page.nodes) for lesson, page in zip(lessons, pages, strict=True)]
    return [own] * len(viewers)


def _with_members(lesson: Lesson, people: Sequence[Any]) -> SubstituteLesson:
    members = [
        SubstituteLessonMember(person_id=person["_id"], lesson=as_of_student(lesson, person["student_id"], "lesson_id"))
        for person in people
    ]
    return {**lesson, "members": members}


def _members_of(lesson: Lesson) -> PeopleFilter:
    group = lesson["group_id"]
    return PeopleFilter(
        on=lesson["date"],
        classes=tuple(lesson["class_ids"]) if group is None else None,
        groups=None if group is None else (group,),
        only_students=True,
    )
