"""Stages the rows of a OneRoster delivery: each record once, and none that the source has deleted."""

from collections.abc import Iterator
from typing import Final

from connectors.imports import delimited
from connectors.imports.errors import MalformedFile, Unusable
from connectors.imports.inputs import InputFile
from connectors.imports.oneroster.files import Delivery, Header, Mode
from connectors.imports.progress import ProgressReport
from connectors.imports.roster.entries import Origin
from connectors.imports.roster.importing import DELETED, Refusal
from connectors.imports.staging import StagedRow, Staging
from connectors.imports.summary import Place

_DELETED: Final = frozenset({"tobedeleted", "inactive"})
_STANDING: Final = frozenset({"", "active"})


def stage(delivery: Delivery, staging: Staging, progress: ProgressReport) -> Iterator[Refusal]:
    """Stage every row of the files, and yield those that are not staged, with the reason.

    Raises:
        ImportFailed: a file cannot be read.
    """
    for entity, (file, mode) in delivery.files.items():
        if mode is Mode.BULK:
            staging.replace(entity)
        yield from _stage_file(entity, file, staging)
        progress.advance(file.name, file.size)


def origin_of(row: StagedRow) -> Origin:
    """The record that a row is, for the summary."""
    return Origin(row.entity, row.place, f"{row.key} ({row.place})")


def _stage_file(entity: str, file: InputFile, staging: Staging) -> Iterator[Refusal]:
    rows = delimited.rows(file)
    first = next(rows, None)
    if first is None:
        raise MalformedFile(file.name, 1, "the file is empty; not even a heading is there")
    header = Header(file.name, entity, first)
    deleted: set[str] = set()
    for cells in rows:
        place = Place(file.name, cells.line)
        try:
            _stage_row(StagedRow(entity, header.key(cells), place, header.values(cells)), staging, deleted)
        except Unusable as reason:
            yield Origin(entity, place, f"{header.key(cells) or 'a row'} ({place})"), str(reason)
    for key in deleted:
        staging.remove(entity, key)


def _stage_row(row: StagedRow, staging: Staging, deleted: set[str]) -> None:
    if not row.key:
        raise Unusable("without sourcedId")
    status = row.values.get("status", "").casefold()
    if status in _DELETED:
        deleted.add(row.key)
        raise Unusable(DELETED)
    if status not in _STANDING:
        raise Unusable(f"status {row.values['status']!r} is neither active nor tobedeleted")
    other = staging.put(row)
    if other is not None:
        raise Unusable(f"the sourcedId stands in two rows; that of line {other.place.line} does not count")
