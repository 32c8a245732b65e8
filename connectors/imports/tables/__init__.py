"""Import of a school's own tables, CSV files and workbooks, into the connectors' databases.

Each table is recognised by its name or its headings (see `sheets`); a mapping file names other headings. The tables
that an import does not deliver are taken from the run before it, so that marks may come by themselves. A table is the
whole truth about what it delivers: a link that it no longer names ends.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from connectors.directory.names import normalized
from connectors.imports.errors import ImportFailed
from connectors.imports.inputs import InputFile, SizeRules
from connectors.imports.options import RunOptions
from connectors.imports.progress import ProgressReport
from connectors.imports.roster.entries import Origin
from connectors.imports.roster.importing import Needs, Refusal, RosterFormat, Surveyed, import_roster
from connectors.imports.roster.roster import Roster
from connectors.imports.staging import StagedRow, Staging
from connectors.imports.summary import Place, Summary
from connectors.imports.tables.cells import MORE
from connectors.imports.tables.coverage import SpanCoverage
from connectors.imports.tables.lessons_and_marks import LessonsAndMarks
from connectors.imports.tables.problems import CellProblem, Rule
from connectors.imports.tables.reading import (
    Mapped,
    TableRow,
    is_left_out_silently,
    is_table,
    mapping_of,
    read_table,
    tables_of,
)
from connectors.imports.tables.survey import SCHOOL, Survey
from connectors.imports.withdrawals import LESSONS, MARKS, WORKS
from connectors.mongo import Database

__all__ = ["import_tables"]


async def import_tables(
    paths: Sequence[Path],
    databases: Mapping[str, Database],
    options: RunOptions,
    *,
    source: str | None = None,
    school: str | None = None,
    is_renamed: bool = False,
    mapping: Path | None = None,
    sizes: SizeRules | None = None,
    is_dry: bool = False,
) -> Summary:
    """Read tables into the *databases* of the subsystems: files, directories or zip archives.

    *source* names whose ids and rows these are, by default the issuer: several schools behind one issuer need a source
    each. *school* is the school's name, needed the first time; another one is refused, if it is not *is_renamed*.
    *mapping* is a file of other headings. *sizes* says how large the files may be, *is_dry* to check everything and
    write nothing.

    Raises:
        ImportFailed: the source is another school's, or see `import_roster`.
    """
    source, sizes = source or options.issuer, sizes or SizeRules()
    format_ = _Tables(source, options.issuer, school, is_renamed, mapping_of(mapping), sizes)
    return await import_roster(format_, paths, databases, options, source=source, sizes=sizes, is_dry=is_dry)


@dataclass(frozen=True, slots=True)
class _Tables(RosterFormat):
    """A school's own tables."""

    understood: ClassVar = "tables with the headings of `import template`"
    complete: ClassVar[Needs] = {
        "directory.classes": ("students", "classes"),
        "directory.groups": ("groups",),
        "directory.people": ("students", "guardians", "staff"),
    }
    withdrawn: ClassVar[Needs] = {
        MARKS: ("marks", "students"),
        WORKS: ("marks", "students"),
        LESSONS: ("timetable", "students"),
    }

    source: str
    issuer: str
    school: str | None
    is_renamed: bool
    mapped: Mapped
    sizes: SizeRules

    def stage(
        self, files: Sequence[InputFile], staging: Staging, summary: Summary, progress: ProgressReport
    ) -> Iterator[Refusal]:
        """Stage the rows of all tables."""
        self._name_school(staging)
        progress.expect(sum(file.size for file in files))
        delivered: set[str] = set()
        for file in files:
            if not is_table(file.name) and not is_left_out_silently(file.name):
                summary.notes.append(
                    f"{file.name} is left out: it is neither a CSV file nor a workbook (.xlsx). Save it as one of "
                    "these. / Файл пропущен: сохраните его как .xlsx или CSV."
                )
            for table in tables_of(file, self.sizes):
                found = read_table(table, self.mapped)
                if found is None:
                    summary.notes.append(
                        f"{table.file} is left out: neither its name nor its headings are those of a table."
                    )
                    continue
                summary.formats.setdefault(f"table {found.sheet}", []).append(table.file)
                if found.sheet not in delivered:
                    delivered.add(found.sheet)
                    staging.replace(found.sheet)
                has_rows = False
                for row in found.rows:
                    has_rows = True
                    yield from _stage_row(row, staging)
                if not has_rows:
                    summary.notes.append(f"{table.file} has no rows: nothing of it holds any more. / Таблица пуста.")
            progress.advance(file.name, file.size)

    def survey(self, staging: Staging, roster: Roster, summary: Summary) -> Surveyed:
        """Fill the roster, and note which relatives have no rights."""
        survey = Survey(staging, roster, self.issuer)
        survey.make()
        summary.notes += _notes_of(survey)
        return Surveyed(SpanCoverage(roster), partial(LessonsAndMarks, staging, survey))

    def _name_school(self, staging: Staging) -> None:
        """Stage the school's name: as it is said, or as the run before staged it."""
        known = next((row.values["name"] for row in staging.rows(SCHOOL)), None)
        name = self.school or known
        if known is not None and name is not None and normalized(known) != normalized(name) and not self.is_renamed:
            raise ImportFailed(
                f"{self.source} is the source of «{known}», not of «{name}». Nothing was written. Give another school "
                "a source of its own (--source); if this one has a new name, say --rename-school."
            )
        if name is None:
            raise ImportFailed("The school has no name yet. Say it: --school 'Школа № 7'")
        if self.school is not None:
            staging.remember(SCHOOL, SCHOOL, {"name": name})


def _stage_row(row: TableRow, staging: Staging) -> Iterator[Refusal]:
    if not row.values:
        return
    place = Place(row.file, row.line)
    values = {**row.values, MORE: "yes"} if row.has_more else row.values
    key = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).hexdigest()
    if staging.put(StagedRow(row.sheet, key, place, values)) is not None:
        yield Origin(row.sheet, place, str(place)), str(CellProblem(Rule.TWICE, row.sheet))


def _notes_of(survey: Survey) -> Iterator[str]:
    """A sentence for each relation that gives no rights."""
    for relation, count in sorted(survey.without_rights.items()):
        if count:
            yield (
                f"«{relation}»: {count:,} без прав и без доступа к дневнику: права есть у матери, отца, опекуна, "
                "попечителя, усыновителя, приёмного родителя, законного представителя / without rights and access: "
                "these come with the relations of a legal representative, such as мать, отец, опекун."
            )
