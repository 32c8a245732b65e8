"""Import of OneRoster CSV, 1.1 and 1.2, into the connectors' databases.

The rows of a delivery are laid over those that earlier deliveries left (see `connectors.imports.roster.importing`), so
that a delivery of changes is understood with what it does not repeat. A roster is made of them (see `survey`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from connectors.imports.inputs import InputFile, SizeRules
from connectors.imports.oneroster.files import UNDERSTOOD, delivery_of
from connectors.imports.oneroster.gradebook import Gradebook, YearCoverage
from connectors.imports.oneroster.staged import stage
from connectors.imports.oneroster.survey import Survey
from connectors.imports.options import RunOptions
from connectors.imports.progress import ProgressReport
from connectors.imports.roster.importing import Needs, Refusal, RosterFormat, Surveyed, import_roster
from connectors.imports.roster.roster import Roster
from connectors.imports.staging import Staging
from connectors.imports.summary import Summary
from connectors.imports.withdrawals import MARKS, WORKS
from connectors.mongo import Database

__all__ = ["import_oneroster"]


async def import_oneroster(
    path: Path,
    databases: Mapping[str, Database],
    options: RunOptions,
    *,
    application: str | None = None,
    sizes: SizeRules | None = None,
    is_dry: bool = False,
) -> Summary:
    """Read the CSV files of a directory or a zip archive into the *databases* of the subsystems.

    The issuer names the source: who signs in, and whose ids these are. *application* is the application or vendor whose
    `userProfiles` are sign-in names, too. *sizes* says how large the files may be, *is_dry* to check everything and
    write nothing.

    Raises:
        ImportFailed: see `import_roster`.
    """
    format_ = _OneRoster(application)
    return await import_roster(format_, [path], databases, options, source=options.issuer, sizes=sizes, is_dry=is_dry)


class _OneRoster(RosterFormat):
    """The files of OneRoster; *application* is the one whose `userProfiles` are sign-in names."""

    understood: ClassVar = UNDERSTOOD
    complete: ClassVar[Needs] = {
        "directory.classes": ("classes", "enrollments", "users"),
        "directory.groups": ("classes",),
        "directory.people": ("users",),
        "directory.subjects": ("classes", "courses"),
    }
    withdrawn: ClassVar[Needs] = {
        MARKS: ("results", "lineItems", "classes", "users", "academicSessions"),
        WORKS: ("lineItems", "classes", "academicSessions"),
    }

    def __init__(self, application: str | None) -> None:
        self._application = application

    def stage(
        self, files: Sequence[InputFile], staging: Staging, summary: Summary, progress: ProgressReport
    ) -> Iterator[Refusal]:
        """Stage the files that the manifest names, or whose names are those of the standard."""
        delivery = delivery_of({file.name: file for file in files})
        version = f"OneRoster {delivery.version}" if delivery.version else "OneRoster without a manifest"
        summary.formats[version] = sorted(f"{file.name} ({mode})" for file, mode in delivery.files.values())
        summary.notes += [f"{name} is left out: it {reason}." for name, reason in sorted(delivery.left_out.items())]
        progress.expect(sum(file.size for file, _ in delivery.files.values()))
        yield from stage(delivery, staging, progress)

    def survey(self, staging: Staging, roster: Roster, summary: Summary) -> Surveyed:
        """Fill the roster by the rules of `survey`."""
        survey = Survey(staging, roster, self._application)
        survey.make()
        return Surveyed(YearCoverage(roster), partial(Gradebook, staging, survey))
