"""What a person should know of an import beyond its counts: above all, what the source did not say itself."""

from collections.abc import Iterator

from connectors.imports.edfi.run import Run


def conclude(run: Run) -> None:
    """Complete the summary once everything is written."""
    summary = run.summary
    summary.findings["students with attendance events"] = len(run.attending)
    summary.findings["class teachers chosen by rule"] = len(run.leaders)
    summary.findings["records joined as one person"] = len(run.same)
    summary.findings["records kept apart though they claim to be one person"] = len(run.doubted)
    summary.notes += _notes(run)
    run.suggest()


def _notes(run: Run) -> Iterator[str]:
    findings, rosters = run.summary.findings, run.rosters
    inferred = findings["students whose school is inferred from the year of birth"]
    if inferred:
        yield (
            f"{inferred} students stand in no record of a school. Their school and class are those of their age: the "
            f"rule holds for {rosters.confirmed} of the {rosters.seen} students who do."
        )
    if findings["students without a school"]:
        yield f"{findings['students without a school']} students have no school that could be told or inferred."
    if findings["students without a study group"]:
        yield (
            f"{findings['students without a study group']} students have no study group, hence no lessons of their "
            "own: no roster, mark or section's attendance names them."
        )
    if run.leaders:
        yield f"The source names no class teachers: one was chosen for each of {len(run.leaders)} classes by rule."
    unnamed = sum(span.name is None for days in run.timetable.years.values() for span in days.holidays)
    if unnamed:
        yield (
            f"Grading periods count fewer days of teaching than there are weekdays: {unnamed} times, days on which "
            "nothing was recorded were taken for days off."
        )
    if findings["marks outside 0 to 100"]:
        yield f"{findings['marks outside 0 to 100']} marks lie outside the scale of 0 to 100 and are kept as they are."
    if run.doubted:
        records = ", ".join(f"{person.kind}/{person.uid}" for person in sorted(run.doubted))
        yield f"Claims to be the same person under another name or birth date were not believed: {records}."
