"""Grades: works, marks, final grades, scales, attestation periods and debts."""

from connectors.grades.documents import (
    AttestationDebt,
    AttestationPeriod,
    DebtState,
    FinalGrade,
    FinalGradeKind,
    GradeReview,
    GradeReviewState,
    GradeScale,
    GradeScaleValue,
    Journal,
    Mark,
    MarkChange,
    MarkOrder,
    Number,
    PeriodKind,
    Work,
    WorkKind,
)
from connectors.grades.pages import MarkFilter, Ranked
from connectors.grades.reads import ClassMarks, ClassSubject, Grades
from connectors.grades.scales import NotOnScale, lists, refusal_of

__all__ = [
    "AttestationDebt",
    "AttestationPeriod",
    "ClassMarks",
    "ClassSubject",
    "DebtState",
    "FinalGrade",
    "FinalGradeKind",
    "GradeReview",
    "GradeReviewState",
    "GradeScale",
    "GradeScaleValue",
    "Grades",
    "Journal",
    "Mark",
    "MarkChange",
    "MarkFilter",
    "MarkOrder",
    "NotOnScale",
    "Number",
    "PeriodKind",
    "Ranked",
    "Work",
    "WorkKind",
    "lists",
    "refusal_of",
]
