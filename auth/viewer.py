"""The viewer: one person in one role, with the students they may read. This module does no input or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson
from pydantic import TypeAdapter

from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, StudentId, SubjectId


class Role(StrEnum):
    """The role in which a person is signed in. There is exactly one: the rights of several roles are never combined."""

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


FAMILY: Final = frozenset({Role.STUDENT, Role.PARENT})
TEACHING: Final = frozenset({Role.TEACHER, Role.CLASS_TEACHER})
STAFF: Final = TEACHING | {Role.ADMINISTRATOR}

ENUMERATED: Final = FAMILY | TEACHING
"""The roles whose readable students are listed in `Viewer.student_ids`."""

_NO_SUBJECTS: Final[frozenset[SubjectId]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A person in their active role, with the rights that the directory gives them on one day (table 2.3).

    Raises `ValueError` for a combination that no role allows, such as a teacher without a list of subjects.
    """

    role: Role
    person_id: PersonId
    school_ids: tuple[SchoolId, ...] = ()
    """The schools of the person; for a parent those of the children."""
    zones: Mapping[SchoolId, str] = field(default_factory=dict)
    """The IANA time zone of each school in `school_ids`."""
    class_ids: frozenset[ClassId] = frozenset()
    """The classes that the person, or a child of theirs, learns in, or that they teach or lead."""
    group_ids: frozenset[GroupId] = frozenset()
    """The study groups that the person, or a child of theirs, learns in, or that they teach."""
    student_ids: frozenset[StudentId] = frozenset()
    """The students that the person may read, for the roles in `ENUMERATED`; empty for the others."""
    subjects: Mapping[StudentId, frozenset[SubjectId]] | None = None
    """For a teacher, the subjects that they teach each student; None for other roles, which read all subjects."""
    student_id: StudentId | None = None
    """For a student, their own id; None for other roles."""
    represented_ids: frozenset[StudentId] = frozenset()
    """For a parent, the children whom they represent legally, also those in `closed_ids`."""
    closed_ids: frozenset[StudentId] = frozenset()
    """For a parent, children who are not in `student_ids` since a consent is missing that this parent may not give."""
    awaits_consent: bool = False
    """Whether a required consent is missing, so that the viewer may do nothing but read, give and withdraw consents."""

    def __post_init__(self) -> None:
        listed = self.role in ENUMERATED
        if self.zones.keys() != set(self.school_ids):
            raise ValueError("a viewer needs the time zone of each of their schools, and of no other")
        if self.student_ids and not listed:
            raise ValueError("only roles of `ENUMERATED` list their students")
        if (self.subjects is not None) != (self.role is Role.TEACHER):
            raise ValueError("a teacher, and nobody else, is restricted to subjects")
        if self.subjects is not None and self.subjects.keys() != self.student_ids:
            raise ValueError("a teacher needs subjects for each of their students, and for no other")
        if (self.student_id is not None) != (self.role is Role.STUDENT):
            raise ValueError("a student, and nobody else, has a student id")
        if self.student_id is not None and self.student_ids != {self.student_id}:
            raise ValueError("a student reads only themselves")

    def may_read_student(self, student_id: StudentId, school_id: SchoolId | None) -> bool:
        """Whether the viewer may read the student, who learns at *school_id* today."""
        match self.role:
            case Role.ADMINISTRATOR:
                return school_id in self.school_ids
            case Role.ANALYST:
                return False
            case _:
                return student_id in self.student_ids

    def subjects_of(self, student_id: StudentId) -> frozenset[SubjectId] | None:
        """The subjects in which the viewer may read the student; None where these are all subjects."""
        if self.role is Role.ADMINISTRATOR:
            return None
        if student_id not in self.student_ids:
            return _NO_SUBJECTS
        return None if self.subjects is None else self.subjects[student_id]

    def is_own_class(self, class_id: ClassId) -> bool:
        """Whether the class is one of `class_ids`; an administrator has none."""
        return class_id in self.class_ids

    def to_json(self) -> bytes:
        """The viewer as JSON, for `from_json`."""
        return orjson.dumps(self, default=list)

    @staticmethod
    def from_json(text: bytes) -> "Viewer":
        """The viewer that `to_json` has written. Raises `ValueError` for any other text."""
        return _VIEWERS.validate_json(text, strict=True)


_VIEWERS: Final[TypeAdapter[Viewer]] = TypeAdapter(Viewer)
