"""Whom a lesson or a piece of work is for, and which subjects a teacher may read: what students belong to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from connectors.mongo.filters import NOTHING, Document
from connectors.vocabulary import StudentId, SubjectId


class Span(NamedTuple):
    """A class or group a student belonged to, from and to a day inclusive; *last* None: still does."""

    id: str
    first: str
    last: str | None


class Audience(NamedTuple):
    """The classes and groups of a student, each with its dates: they decide which lessons the student attends."""

    student_id: StudentId
    classes: tuple[Span, ...]
    groups: tuple[Span, ...]

    def includes(self, class_ids: Sequence[str], group_id: str | None, day: str) -> bool:
        """Whether what is held for these classes, or for this group of theirs, on *day* is for this student."""
        spans = self.classes if group_id is None else self.groups
        wanted = class_ids if group_id is None else (group_id,)
        for own, first, last in spans:  # noqa: SIM110 - asked of every lesson, and a generator takes twice as long
            if own in wanted and first <= day and (last is None or day <= last):
                return True
        return False


class SubjectsOf:
    """The subjects of each student that a teacher may read: those that they teach the student (table 2.3)."""

    def __init__(self, subjects: Mapping[StudentId, frozenset[SubjectId]]) -> None:
        self._subjects = subjects

    @cached_property
    def every(self) -> frozenset[SubjectId]:
        """The subjects of all students together."""
        return frozenset().union(*self._subjects.values())

    def of(self, student: StudentId) -> frozenset[SubjectId]:
        """The subjects of one student; none for a student whom the teacher does not teach."""
        return self._subjects.get(student, frozenset())


def of_subjects(only: SubjectsOf | None, students: Iterable[StudentId]) -> Document:
    """The condition that a document is of a subject that may be read of its student."""
    if only is None:
        return {}
    alike: dict[frozenset[SubjectId], list[StudentId]] = defaultdict(list)
    for student in students:
        alike[only.of(student)].append(student)
    alternatives = [
        {"student_id": {"$in": same}, "subject_id": {"$in": sorted(subjects)}} for subjects, same in alike.items()
    ]
    return {"$or": alternatives} if alternatives else {"student_id": None}


def audience_condition(audiences: Iterable[Audience]) -> Document:
    """The condition that something is held for a class or a group of the *audiences*; its day is theirs to check."""
    classes = sorted({span.id for audience in audiences for span in audience.classes})
    groups = sorted({span.id for audience in audiences for span in audience.groups})
    alternatives = []
    if classes:
        alternatives.append({"class_ids": {"$in": classes}, "group_id": None})
    if groups:
        alternatives.append({"group_id": {"$in": groups}})
    return {"$or": alternatives} if alternatives else NOTHING
