"""Shared by all commands that import: records the run, shows its progress, and turns failures into a sentence."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

import typer

from connectors.assembly import Connectors
from connectors.demo import ownership
from connectors.imports.edfi import import_directory
from connectors.imports.endings import EndingRefused, EndingRules
from connectors.imports.errors import ImportFailed, NothingImported
from connectors.imports.history import alone, recorded
from connectors.imports.inputs import SizeRules
from connectors.imports.oneroster import import_oneroster
from connectors.imports.options import RunOptions
from connectors.imports.runs import OnSkip
from connectors.imports.summary import Place, Summary
from connectors.imports.tables import import_tables
from gateway.app import open_clients
from gateway.cli.load import (
    listed_in,
    print_dry_run,
    print_import,
    print_sign_in_names,
    progress_of_import,
    suggested_by,
)
from gateway.cli.migrate import require_latest_version
from gateway.cli.terminal import console, fail, out, run, settings_of_environment
from gateway.settings import Settings

_REPEAT: Final = "The import ended here: repeat it when this is mended."

AllowEnding = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Let up to N links end that are no longer in the files.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, and write nothing.")]
SkippedList = Annotated[
    Path | None, typer.Option(dir_okay=False, help="A CSV file to list every skipped record in, with its reason.")
]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The files that an import reads, and its options: enough to repeat it."""

    format: str
    path: str
    time_zone: str
    issuer: str
    tables: tuple[str, ...] = ()
    """Further paths; of tables alone, as what follows."""
    source: str | None = None
    """Whose ids these are, if the issuer has several schools."""
    school: str | None = None
    is_renamed: bool = False
    mapping: str | None = None
    application: str | None = None
    """Of OneRoster alone."""

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """The options as the record of a run has them."""
        return cls(**{**options, "tables": tuple(options["tables"])})


def import_files(
    options: ImportOptions, *, allow_ending: int | None, skipped: Path | None, is_dry: bool = False
) -> None:
    """Import files and print what came of it; end the command with a sentence where that fails."""
    settings, source = settings_of_environment(), options.source or options.issuer
    require_latest_version(settings)

    async def work(on_skip: OnSkip | None) -> None:
        async with open_clients(settings) as clients:
            connectors = clients.connectors
            if is_dry:
                shown = _both(_print_refused, on_skip)
                async with alone(connectors.databases["directory"], source):
                    summary = await _read(settings, connectors, options, allow_ending, shown, is_dry=True)
                print_dry_run(summary)
                return
            await ownership.remove_marks(connectors)
            await connectors.create_indexes()
            async with recorded(
                connectors.databases["directory"],
                source=source,
                format_=options.format,
                options=asdict(options),
                days=settings.imports.run_days,
            ) as recording:
                summary = await _read(settings, connectors, options, allow_ending, _both(recording.refuse, on_skip))
                recording.summary = summary
            print_import(summary)
            console.print(f"Run {recording.run_id}", highlight=False)
            loaded = suggested_by(summary)
            await print_sign_in_names(connectors, loaded, options.issuer)

    with _failing_with_a_sentence(skipped) as on_skip:
        run(work(on_skip))


async def _read(
    settings: Settings,
    connectors: Connectors,
    options: ImportOptions,
    allow_ending: int | None,
    on_skip: OnSkip,
    *,
    is_dry: bool = False,
) -> Summary:
    imports = settings.imports
    sizes = SizeRules(imports.largest_bytes, imports.largest_workbook_bytes, imports.largest_ratio)
    with progress_of_import() as on_progress:
        every = RunOptions(
            issuer=options.issuer,
            time_zone=options.time_zone,
            today=settings.today,
            endings=EndingRules(imports.ending_number, imports.ending_share, allow_ending),
            on_progress=on_progress,
            on_skip=on_skip,
        )
        path, databases = Path(options.path), connectors.databases
        if options.format == "edfi":
            return await import_directory(path, databases, every)
        if options.format == "tables":
            return await import_tables(
                [path, *map(Path, options.tables)],
                databases,
                every,
                source=options.source,
                school=options.school,
                is_renamed=options.is_renamed,
                mapping=Path(options.mapping) if options.mapping else None,
                sizes=sizes,
                is_dry=is_dry,
            )
        return await import_oneroster(
            path, databases, every, application=options.application, sizes=sizes, is_dry=is_dry
        )


def _print_refused(_: str, place: Place, reason: str) -> None:
    out.print(f"{place}: {reason}", markup=False)


def _both(first: OnSkip, then: OnSkip | None) -> OnSkip:
    """Hand a refused record to *first*, and to *then* if there is one."""

    def take(entity: str, place: Place, reason: str) -> None:
        first(entity, place, reason)
        if then is not None:
            then(entity, place, reason)

    return take


@contextmanager
def _failing_with_a_sentence(skipped: Path | None) -> Iterator[OnSkip | None]:
    """Yield what lists skipped records in the CSV file *skipped*; end the command where an import fails."""
    try:
        with listed_in(skipped) as on_skip:
            yield on_skip
    except EndingRefused as error:
        fail(f"{error} That is: --allow-ending {error.total}")
    except NothingImported as error:
        print_import(error.summary)
        fail(str(error))
    except ImportFailed as error:
        fail(str(error))
    except OSError as error:
        fail(f"Cannot write {error.filename or skipped or tempfile.gettempdir()}: {error.strerror or error}. {_REPEAT}")
    except sqlite3.Error as error:  # the rows on their way, in a file beside the databases
        fail(f"The rows in {tempfile.gettempdir()} cannot be read or written: {error}. {_REPEAT}")
