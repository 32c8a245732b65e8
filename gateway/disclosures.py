"""The kinds of data of a student that the journal of disclosures tells apart.

The kinds follow from what an operation selects, not from what was found: whoever asked for marks and got an empty list
has seen that there are none. Remarks have no kind, since nobody of the staff reads them.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from auth.viewer import STAFF


class DisclosedKind(StrEnum):
    """A kind of data of a student."""

    PERSONAL = "PERSONAL"
    """Birth date, classes and groups (личные данные)."""

    CONTACTS = "CONTACTS"
    """Telephone number, e-mail address and guardians (контакты, представители)."""

    DIARY = "DIARY"
    """Lessons with their topics, homework (дневник, домашние задания)."""

    MARKS = "MARKS"
    """Marks, averages and final grades (отметки)."""

    ATTENDANCE = "ATTENDANCE"
    """Attendance and missed lessons (посещаемость)."""

    COMMENTS = "COMMENTS"
    """Teachers' comments (комментарии)."""

    ABSENCE_NOTICES = "ABSENCE_NOTICES"
    """Notices of absence (уведомления об отсутствии)."""

    DEBTS = "DEBTS"
    """Academic debts (академические задолженности)."""

    PORTFOLIO = "PORTFOLIO"
    """Achievements and rating (портфолио)."""

    CHANGES = "CHANGES"
    """The changes of any of these in the audit (журнал изменений)."""


NOT_OF_STUDENTS: Final = frozenset({DisclosedKind.ABSENCE_NOTICES, DisclosedKind.DEBTS})
"""The kinds of what students themselves may not read: their journal must not tell that there is any."""

JOURNALED: Final = STAFF
"""The roles whose reading is recorded. Students and guardians read what is theirs, and analysts read of nobody."""

KIND_OF: Final[Mapping[str, DisclosedKind]] = {
    "AbsenceNotice": DisclosedKind.ABSENCE_NOTICES,
    "Achievement": DisclosedKind.PORTFOLIO,
    "AttendanceRecord": DisclosedKind.ATTENDANCE,
    "AttendanceSummary": DisclosedKind.ATTENDANCE,
    "AttestationDebt": DisclosedKind.DEBTS,
    "DiaryWeek": DisclosedKind.DIARY,
    "Enrolment": DisclosedKind.PERSONAL,
    "FinalGrade": DisclosedKind.MARKS,
    "GradeReview": DisclosedKind.MARKS,
    "Guardianship": DisclosedKind.CONTACTS,
    "Homework": DisclosedKind.DIARY,
    "Lesson": DisclosedKind.DIARY,
    "Mark": DisclosedKind.MARKS,
    "Portfolio": DisclosedKind.PORTFOLIO,
    "Student.birthDate": DisclosedKind.PERSONAL,
    "Student.email": DisclosedKind.CONTACTS,
    "Student.missedLessons": DisclosedKind.ATTENDANCE,
    "Student.phone": DisclosedKind.CONTACTS,
    "Submission": DisclosedKind.DIARY,
    "SubjectPerformance": DisclosedKind.MARKS,
    "TeacherComment": DisclosedKind.COMMENTS,
}
"""The kind of data that is read by whoever selects a type, or a field, of a student."""


@lru_cache(maxsize=4_096)
def kinds_of(selected: frozenset[str]) -> frozenset[str]:
    """The kinds of data that a selection reads; *selected* has the names of its types and the coordinates of fields."""
    return frozenset(KIND_OF[name].value for name in selected & KIND_OF.keys())
