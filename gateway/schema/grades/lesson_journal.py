"""The journal of a class or a study group, as a teacher works on it."""

from auth.viewer import TEACHING
from gateway.resolvers import directory, grades
from gateway.schema.directory import Group
from gateway.schema.fields import batch, extends, one, shown, view_of
from gateway.schema.grades.records import Mark, Work
from gateway.schema.node import RootDocument
from gateway.schema.people import Person, Subject
from gateway.schema.references import Class, Lesson, Student
from gateway.schema.schedule.records import TimetableLesson


@view_of(grades.JournalRow, visible_to=TEACHING)
class JournalRow:
    """A row of a journal: one student."""

    person: Person | None = one(directory.people, "person_id")
    """The student by name."""

    student: Student | None = one(directory.students, "student_id")
    """The student, with averages and final grades."""

    lessons: list[Lesson] = shown(list_size=20)
    """The lessons of the journal that the student attends, in order of time, with attendance and homework."""

    marks: list[Mark | None] = shown(list_size=20)
    """The marks of the student, one for each of the journal's `works` and in their order; null where there is none."""


@view_of(grades.LessonJournal, visible_to=TEACHING)
class LessonJournal:
    """The journal (классный журнал) of a class or a study group in one subject: students, lessons, works and marks."""

    class_: Class | None = one(directory.classes, "class_id", name="class")
    """The class; null for the journal of a study group."""

    group: Group | None = one(directory.groups, "group_id")
    """The study group; null for the journal of a class."""

    subject: Subject = one(directory.subjects, "subject_id")
    """The subject of the journal."""

    lessons: list[TimetableLesson] = shown(list_size=20)
    """The lessons, in order of time."""

    works: list[Work] = shown(list_size=20)
    """The works that are planned for these days or have marks of them, in order of time."""

    rows: list[JournalRow] = shown(list_size=30)
    """The students who are in the class or the group, by name; those who left before these days or came later are not
    among them."""


@extends(RootDocument)
class GradesOfQuery:
    """What the grades add to the queries."""

    lesson_journal: LessonJournal | None = batch(
        grades.lesson_journal,
        arguments={
            "days": "The days of the lessons, works and marks; at most 100.",
            "group_id": "The study group.",
            "class_id": "The class, instead of a study group.",
            "subject_id": "The subject; for a study group without it, the group's own.",
        },
        visible_to=TEACHING,
        days_per_unit=1,
    )
    """The journal of a class in a subject, or of a study group, that the viewer teaches today; for a class teacher also
    those of all subjects of the class. Not found where the viewer has no such journal."""
