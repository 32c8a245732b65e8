"""Moves some records to a lesson of another subject, as happens when a teacher opens the wrong page of the journal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.demo.register import Register
from connectors.vocabulary import LessonId, SubjectId

DISPLACED: Final = ("marks", "comments", "attendance", "homework")
"""The collections of which one record of the story's class is moved to another lesson; date and subject stay."""

_DATES: Final = {"marks": "given_on", "comments": "made_on"}


def displaced(register: Register, collections: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    """The *collections* of one class; in the story's class the latest suitable record of each kind is displaced.

    A displaced record stands at another lesson of the same day.
    """
    if register.one is not register.plan.story_class:
        return {name: list(records) for name, records in collections.items()}
    lessons: dict[str, list[tuple[LessonId, SubjectId]]] = defaultdict(list)
    for occurrence in register.occurrences:
        if occurrence.is_held and occurrence.lesson["group_id"] is None:
            lessons[occurrence.lesson["date"]].append((occurrence.lesson["_id"], occurrence.load.subject_id))
    lists = {name: list(records) for name, records in collections.items()}
    for name in lists.keys() & set(DISPLACED):
        _displace(lists[name], lessons, _DATES.get(name, "date"))
    return lists


def _displace(records: list[Any], lessons: Mapping[str, list[tuple[LessonId, SubjectId]]], date: str) -> None:
    taken = {(record.get("student_id"), record["lesson_id"]) for record in records}
    for record in sorted(records, key=lambda record: (record[date], record["_id"]), reverse=True):
        own, student = record["lesson_id"], record.get("student_id")
        of_day = lessons.get(record[date], [])
        if record.get("is_individual") or own not in {lesson for lesson, _ in of_day}:
            continue
        for lesson, subject in of_day:
            if subject != record["subject_id"] and (student, lesson) not in taken:
                record["lesson_id"] = lesson
                return
