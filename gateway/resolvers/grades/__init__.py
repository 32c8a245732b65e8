"""Grades: marks, the report card and its averages, final grades, debts, planned control works."""

from gateway.resolvers.grades.changing import change_mark, remove_mark
from gateway.resolvers.grades.giving import give_mark, give_marks
from gateway.resolvers.grades.lesson_journal import JournalRow, LessonJournal, lesson_journal
from gateway.resolvers.grades.mark_pages import marks_of
from gateway.resolvers.grades.marks import (
    computed_average,
    debts_of,
    display_weight,
    final_grades_by_ids,
    final_grades_of,
    has_comment,
    history_of,
    is_overdue,
    journal_of,
    kinds,
    kinds_of_schools,
    marks_by_ids,
    planned_control_works,
    scales,
    scales_of_schools,
    works,
    works_by_ids,
)
from gateway.resolvers.grades.payloads import (
    MarkWarning,
    MarkWarningCode,
    warnings_of,
    written_marks,
    written_works,
)
from gateway.resolvers.grades.periods import periods, periods_by_ids, periods_of_schools
from gateway.resolvers.grades.planning import create_work, plan_control_work
from gateway.resolvers.grades.points import set_point
from gateway.resolvers.grades.publishing import publish_test_to_journal
from gateway.resolvers.grades.report_card import (
    WEIGHED,
    MarkTally,
    SubjectPerformance,
    WeeklyAverage,
    average,
    class_average,
    final_grade_of_rows,
    mark_count,
    performance_of,
    simple_average,
    weekly,
    weighted_average,
)
from gateway.resolvers.grades.reviewing import answer_grade_review, request_grade_review
from gateway.resolvers.grades.reviews import (
    grade_reviews_by_ids,
    grade_reviews_of,
    grade_reviews_of_marks,
    grade_reviews_to_answer,
    marks_of_reviews,
)
from gateway.resolvers.grades.setting_finals import set_final_grade

__all__ = [
    "WEIGHED",
    "JournalRow",
    "LessonJournal",
    "MarkTally",
    "MarkWarning",
    "MarkWarningCode",
    "SubjectPerformance",
    "WeeklyAverage",
    "answer_grade_review",
    "average",
    "change_mark",
    "class_average",
    "computed_average",
    "create_work",
    "debts_of",
    "display_weight",
    "final_grade_of_rows",
    "final_grades_by_ids",
    "final_grades_of",
    "give_mark",
    "give_marks",
    "grade_reviews_by_ids",
    "grade_reviews_of",
    "grade_reviews_of_marks",
    "grade_reviews_to_answer",
    "has_comment",
    "history_of",
    "is_overdue",
    "journal_of",
    "kinds",
    "kinds_of_schools",
    "lesson_journal",
    "mark_count",
    "marks_by_ids",
    "marks_of",
    "marks_of_reviews",
    "performance_of",
    "periods",
    "periods_by_ids",
    "periods_of_schools",
    "plan_control_work",
    "planned_control_works",
    "publish_test_to_journal",
    "remove_mark",
    "request_grade_review",
    "scales",
    "scales_of_schools",
    "set_final_grade",
    "set_point",
    "simple_average",
    "warnings_of",
    "weekly",
    "weighted_average",
    "works",
    "works_by_ids",
    "written_marks",
    "written_works",
]
