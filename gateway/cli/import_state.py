"""Rows of `doctor` about imports: how the last run of each source ended, and what it left for a person to look at."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.markup import escape

from connectors import leases
from connectors.assembly import Connectors
from connectors.directory.imports import ImportRunRecord, RunState
from connectors.imports.history import last_run_of_each, lease_of, missing_of
from gateway.cli.terminal import console


async def check_imports(connectors: Connectors) -> bool:
    """Print the last run of each source, and return whether none was broken off."""
    directory, now = connectors.databases["directory"], datetime.now(UTC)
    at_work = {lease["_id"] for lease in await leases.every(directory) if lease["ends_at"] > now}
    lines = [
        _line(run, await missing_of(directory, run["source"]), is_at_work=lease_of(run["source"]) in at_work)
        for run in await last_run_of_each(directory)
    ]
    for line, _ in lines:
        console.print(line, highlight=False, soft_wrap=True)
    return all(is_well for _, is_well in lines)


def _line(run: ImportRunRecord, missing: Mapping[str, int], *, is_at_work: bool) -> tuple[str, bool]:
    named = f"import {escape(run['source'])}: {run['format']}, {run['started_at']:%Y-%m-%d %H:%M}"
    counts = run.get("counts", {})
    match run["state"]:
        case RunState.RUNNING if is_at_work:
            return f"{named}, is running", True
        case RunState.DONE:
            left = [f"{counts[name]:,} {name}" for name in ("refused", "differing") if counts.get(name)]
            left += [f"{count:,} {collection} no longer named" for collection, count in missing.items()]
            return f"{named}, done; {', '.join(left) or 'nothing refused'} (`import runs {run['_id']}`)", True
        case RunState.FAILED:
            return f"{named}, wrote nothing: {escape(run.get('failure', ''))}", True
        case _:
            return f"{named}, [red]was broken off[/]: `import repeat {run['_id']}`", False
