"""Diary: homework, what was handed in, remarks, comments, attendance, absence notices, acknowledgements."""

from connectors.diary.documents import (
    AbsenceKind,
    AbsenceNotice,
    AbsenceState,
    Acknowledgement,
    AttendanceRecord,
    AttendanceStatus,
    DaysRange,
    Homework,
    HomeworkKind,
    Remark,
    Submission,
    SubmissionState,
    TeacherComment,
    dates_of,
)
from connectors.diary.reads import AttendanceIn, Diary, LessonOf, StudentLesson, ToCheck

__all__ = [
    "AbsenceKind",
    "AbsenceNotice",
    "AbsenceState",
    "Acknowledgement",
    "AttendanceIn",
    "AttendanceRecord",
    "AttendanceStatus",
    "DaysRange",
    "Diary",
    "Homework",
    "HomeworkKind",
    "LessonOf",
    "Remark",
    "StudentLesson",
    "Submission",
    "SubmissionState",
    "TeacherComment",
    "ToCheck",
    "dates_of",
]
