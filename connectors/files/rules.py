"""The limits on files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.attachments import FilePurpose

MEGABYTE = 1_000_000


def _largest() -> Mapping[FilePurpose, int]:
    return {
        FilePurpose.MATERIAL: 100 * MEGABYTE,
        FilePurpose.SUBMISSION: 50 * MEGABYTE,
        FilePurpose.ACHIEVEMENT: 20 * MEGABYTE,
        FilePurpose.ANNOUNCEMENT: 20 * MEGABYTE,
        FilePurpose.MESSAGE: 20 * MEGABYTE,
    }


@dataclass(frozen=True, kw_only=True)
class FileRules:
    """How large files may be, how many there may be, and how long they wait."""

    largest: Mapping[FilePurpose, int] = field(default_factory=_largest)
    """Bytes of one file of each purpose."""
    person_files: int = 5_000
    """Files of one person."""
    person_bytes: int = 2_000 * MEGABYTE
    """Bytes of all files of one person."""
    school_bytes: int = 200_000 * MEGABYTE
    """Bytes of all files of one school."""
    attachments: int = 10
    """Files of one document."""
    name_characters: int = 200
    """Characters of the name of a file."""
    upload: timedelta = timedelta(minutes=30)
    """How long the content of an announced file may take to arrive."""
    unclaimed: timedelta = timedelta(days=1)
    """How long a file that no document has stays in the store."""
    url: timedelta = timedelta(minutes=10)
    """How long the address of a file is valid, at least; at most twice as long."""
    base_url: str = ""
    """The beginning of addresses of files; empty: they are relative to the gateway."""
