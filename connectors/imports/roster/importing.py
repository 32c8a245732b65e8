"""The steps of an import that makes a roster of its files, whatever their format.

The rows are staged on the disk first (`connectors.imports.staging`), over those that earlier runs of the source left.
A roster is made of them, and nothing is written before all files were found readable and no more links would end than
may.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Final, NamedTuple, Protocol

from connectors.imports import states
from connectors.imports.errors import NothingImported
from connectors.imports.inputs import InputFile, SizeRules, input_files
from connectors.imports.links import DirectoryLinks
from connectors.imports.options import RunOptions
from connectors.imports.progress import ProgressReport
from connectors.imports.roster.entries import Origin
from connectors.imports.roster.links import RosterLinks
from connectors.imports.roster.roster import Roster
from connectors.imports.roster.writing import PART_OF, write_roster
from connectors.imports.runs import ImportRun
from connectors.imports.staging import Staging, complete_of
from connectors.imports.summary import Summary
from connectors.imports.withdrawals import Coverage, Withdrawals
from connectors.mongo import Database

DELETED: Final = "deleted by the source"
"""The reason for a record that the source itself takes back."""

_WRITING: Final = "documents"
"""The name that progress shows in place of a file while documents are written."""

Refusal = tuple[Origin, str]
"""A record that cannot be used, with the reason."""

Needs = Mapping[str, Sequence[str]]
"""Names, each with the entities that have to be delivered for it."""


class LessonsAndMarks(Protocol):
    """The documents of a source that are not in its roster: lessons, works, marks."""

    async def write(self, run: ImportRun | Withdrawals) -> None:
        """Write the documents, and account for their records; an object of this kind is used once."""


class Surveyed(NamedTuple):
    """The results of a survey, beside the roster that it fills."""

    coverage: Coverage
    """The documents of which the files name all."""
    lessons_and_marks: Callable[[], LessonsAndMarks]
    """Makes them anew for each pass over them."""


class RosterFormat(Protocol):
    """A format whose files are made into a roster; an import calls the methods in this order."""

    understood: ClassVar[str]
    """The files of this format, for the user whose files are none."""
    complete: ClassVar[Needs]
    """The collections, each with the entities without which a document that is not named is not missing."""
    withdrawn: ClassVar[Needs]
    """The collections, each with the entities without which a document that is not named is not withdrawn."""

    def stage(
        self, files: Sequence[InputFile], staging: Staging, summary: Summary, progress: ProgressReport
    ) -> Iterator[Refusal]:
        """Stage the rows of the files, and yield those that are not staged, with the reason.

        Raises:
            ImportFailed: the files cannot be used.
        """

    def survey(self, staging: Staging, roster: Roster, summary: Summary) -> Surveyed:
        """Fill the roster with the staged rows."""


async def import_roster(
    format_: RosterFormat,
    paths: Sequence[Path],
    databases: Mapping[str, Database],
    options: RunOptions,
    *,
    source: str,
    sizes: SizeRules | None = None,
    is_dry: bool = False,
) -> Summary:
    """Read files, directories or zip archives of one format into the *databases* of the subsystems.

    *source* names whose ids and rows these are. *sizes* says how large the files may be, *is_dry* to check everything
    and write nothing.

    Raises:
        ImportFailed: there is nothing to read, a file cannot be read, no record can be used (`NothingImported`), or too
            many links would end (`EndingRefused`). Nothing was written; the text is for the user.
    """
    directory = databases["directory"]
    roster = Roster(source, options.time_zone, options.day)
    summary, progress = Summary(), ProgressReport(options.on_progress)
    with TemporaryDirectory(prefix="school-gateway-import-") as folder, ExitStack() as opened:
        rows = Path(folder, "rows")
        files = [file for path in paths for file in opened.enter_context(input_files(path, sizes))]
        await states.restore(directory, source, rows)
        staging = opened.enter_context(Staging(rows))
        staged = format_.stage(files, staging, summary, progress)
        # In a thread each, so that the lease is renewed meanwhile.
        refused = await asyncio.to_thread(lambda: list(staged))
        surveyed = await asyncio.to_thread(format_.survey, staging, roster, summary)
        _check_not_empty(format_, roster, refused, summary)
        links = DirectoryLinks(directory, RosterLinks(roster), summary)
        names = complete_of(format_.withdrawn, staging)
        withdrawals = Withdrawals(databases, staging, surveyed.coverage, names, source=source, day=roster.day)
        await surveyed.lessons_and_marks().write(withdrawals)
        await links.end(options.endings, withdrawn=await withdrawals.find(), is_dry=is_dry)
        staging.finish()
        if not is_dry:
            await states.keep(directory, source, rows)
        progress.report(_WRITING)
        run = ImportRun(
            databases,
            summary,
            source=source,
            part_of=PART_OF,
            merges={"directory.people": links.merge_person},
            on_skip=options.on_skip,
            is_dry=is_dry,
            complete=complete_of(format_.complete, staging),
            day=roster.day,
        )
        for origin, reason in refused:
            run.refuse(*origin, reason)
        await write_roster(roster, run)
        await surveyed.lessons_and_marks().write(run)
        await run.finish()
        if not is_dry:
            await withdrawals.write(summary)
    return summary


def _check_not_empty(format_: RosterFormat, roster: Roster, refused: Sequence[Refusal], summary: Summary) -> None:
    """Let an import go on that names people, or takes back what earlier ones named.

    Raises:
        NothingImported: the files do neither.
    """
    if summary.formats and (roster.people or any(reason == DELETED for _, reason in refused)):
        return
    for origin, reason in (*refused, *roster.refused):
        summary.skip(origin.entity, reason, origin.label)
    raise NothingImported(summary, format_.understood)
