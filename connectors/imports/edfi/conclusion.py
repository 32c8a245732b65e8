"""Adds notes for people to the summary of an import, above all on what was inferred because the source lacks it."""

from collections.abc import Iterator
from typing import Final

from connectors.imports.edfi.context import Context

UNDERSTOOD: Final = "Ed-Fi 5"
"""The major version of the data standard that is understood."""


def conclude(context: Context) -> None:
    """Complete the summary once everything is written."""
    summary = context.summary
    summary.findings["students with attendance events"] = len(context.attending)
    summary.findings["class teachers chosen by rule"] = len(context.class_teachers)
    summary.findings["records joined as one person"] = len(context.same)
    summary.findings["records kept apart though they claim to be one person"] = len(context.doubted)
    summary.notes += _notes(context)
    context.suggest()


def _notes(context: Context) -> Iterator[str]:
    findings, rosters = context.summary.findings, context.rosters
    inferred = findings["students whose school is inferred from the year of birth"]
    for version, files in sorted(context.summary.formats.items()):
        if not version.startswith(f"{UNDERSTOOD}."):
            yield f"{', '.join(files)}: found {version}, while {UNDERSTOOD} is understood."
    if inferred:
        yield (
            f"{inferred} students stand in no record of a school. Their school and class are those of their age: the "
            f"rule holds for {rosters.confirmed} of the {rosters.seen} students who do."
        )
    if findings["students without a school"]:
        yield (
            f"{findings['students without a school']} students have no school: no record names one, and their age "
            "implies none."
        )
    if findings["students without a study group"]:
        yield (
            f"{findings['students without a study group']} students have no study group, hence no lessons of their "
            "own: no roster, mark or section's attendance names them."
        )
    if context.class_teachers:
        classes = len(context.class_teachers)
        yield f"The source names no class teachers: one was chosen for each of {classes} classes by rule."
    unnamed = sum(span.name is None for days in context.timetable.years.values() for span in days.holidays)
    if unnamed:
        yield (
            f"Grading periods count fewer days of teaching than there are weekdays: {unnamed} times, days on which "
            "nothing was recorded were taken for days off."
        )
    if findings["marks outside 0 to 100"]:
        yield f"{findings['marks outside 0 to 100']} marks lie outside the scale of 0 to 100 and are kept as they are."
    if context.doubted:
        records = ", ".join(f"{person.kind}/{person.uid}" for person in sorted(context.doubted))
        yield f"Claims to be the same person under another name or birth date were not believed: {records}."
