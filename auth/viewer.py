"""Who asks: one person in one role, and the students he may read. Pure questions, no input or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson
from pydantic import TypeAdapter

from connectors.ids import ClassId, GroupId, PersonId, SchoolId, StudentId, SubjectId


class Role(StrEnum):
    """The role in which a person is signed in: exactly one; the rights of several roles are never united."""

    STUDENT = "STUDENT"
    """A student (ученик, студент): reads their own data."""

    PARENT = "PARENT"
    """A parent or legal representative (родитель): reads their children's data."""

    TEACHER = "TEACHER"
    """A teacher (учитель): reads the students they teach, in their own subjects."""

    CLASS_TEACHER = "CLASS_TEACHER"
    """A class teacher (классный руководитель, куратор): reads the students of their class."""

    ADMINISTRATOR = "ADMINISTRATOR"
    """An administrator (администратор): reads the students of their school."""

    ANALYST = "ANALYST"
    """An analyst (аналитик): reads no data of persons."""


ENUMERATED: Final = frozenset({Role.STUDENT, Role.PARENT, Role.TEACHER, Role.CLASS_TEACHER})
"""The roles whose students are listed one by one."""

_NO_SUBJECTS: Final[frozenset[SubjectId]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A person in his active role, with what follows from the directory on one day (table 2.3, the row rule).

    A combination that no role allows is a ValueError, so a teacher cannot by accident be given every subject.
    """

    role: Role
    person_id: PersonId
    school_ids: tuple[SchoolId, ...] = ()
    """His schools; a parent's are those of the children."""
    zones: Mapping[SchoolId, str] = field(default_factory=dict)
    """The IANA time zone of each of these schools."""
    class_ids: frozenset[ClassId] = frozenset()
    """His own classes: he learns there, or his children do, or he teaches or leads them."""
    group_ids: frozenset[GroupId] = frozenset()
    """His own study groups, likewise."""
    student_ids: frozenset[StudentId] = frozenset()
    """The students he may read, for the roles in ENUMERATED; empty for the others."""
    subjects: Mapping[StudentId, frozenset[SubjectId]] | None = None
    """Of a TEACHER alone: the subjects he teaches each of them. None: all subjects."""
    student_id: StudentId | None = None
    """Of a STUDENT alone: himself."""

    def __post_init__(self) -> None:
        listed = self.role in ENUMERATED
        if self.zones.keys() != set(self.school_ids):
            raise ValueError("a viewer needs the zone of each of his schools, and of no other")
        if self.student_ids and not listed:
            raise ValueError("students are listed only for the roles that are bound to them")
        if (self.subjects is not None) != (self.role is Role.TEACHER):
            raise ValueError("a teacher, and nobody else, is bound to subjects")
        if self.subjects is not None and self.subjects.keys() != self.student_ids:
            raise ValueError("a teacher needs his subjects with each of his students, and with no other")
        if (self.student_id is not None) != (self.role is Role.STUDENT):
            raise ValueError("a student, and nobody else, is a student himself")
        if self.student_id is not None and self.student_ids != {self.student_id}:
            raise ValueError("a student reads himself alone")

    def may_read_student(self, student_id: StudentId, school_id: SchoolId | None) -> bool:
        """Whether he may read this student, who is at that school today."""
        match self.role:
            case Role.ADMINISTRATOR:
                return school_id in self.school_ids
            case Role.ANALYST:
                return False
            case _:
                return student_id in self.student_ids

    def subjects_of(self, student_id: StudentId) -> frozenset[SubjectId] | None:
        """The subjects in which he may read this student; None: in all of them."""
        if self.role is Role.ADMINISTRATOR:
            return None
        if student_id not in self.student_ids:
            return _NO_SUBJECTS
        return None if self.subjects is None else self.subjects[student_id]

    def is_own_class(self, class_id: ClassId) -> bool:
        """Whether he belongs to this class; an administrator belongs to none."""
        return class_id in self.class_ids

    def to_json(self) -> bytes:
        """What `from_json` makes this viewer of again."""
        return orjson.dumps(self, default=list)

    @staticmethod
    def from_json(text: bytes) -> "Viewer":
        """The viewer that `to_json` wrote; ValueError for anything else."""
        return _VIEWERS.validate_json(text, strict=True)


_VIEWERS: Final[TypeAdapter[Viewer]] = TypeAdapter(Viewer)
