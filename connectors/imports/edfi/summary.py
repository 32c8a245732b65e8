"""What an import tells: how far it is, and at the end what was read, skipped and written."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from connectors.ids import StudentId

EXAMPLES: Final = 5
"""Ids given of the records that were skipped for one reason."""


class Progress(NamedTuple):
    """How far an import is: every file is read twice, and *bytes_total* counts it twice."""

    file: str
    bytes_done: int
    bytes_total: int


@dataclass(slots=True)
class Skipped:
    """Records of one entity that were not imported for one reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """What was read, skipped and why, found out on the way, and written.

    *read* counts the records of every Ed-Fi entity; *skipped* gives, by entity and reason, those of them that left
    nothing behind. *findings* are further counts, *notes* the sentences a person should read. *inserted*, *changed*
    and *unchanged* count documents by `subsystem.collection`.
    """

    read: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, dict[str, Skipped]] = field(default_factory=dict)
    findings: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    missing_files: list[str] = field(default_factory=list)
    inserted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    suggested_today: str | None = None
    suggested_students: list[StudentId] = field(default_factory=list)

    def skip(self, entity: str, reason: str, example: str) -> None:
        """Count one record of *entity* as left out."""
        skipped = self.skipped.setdefault(entity, {}).setdefault(reason, Skipped())
        skipped.count += 1
        if len(skipped.examples) < EXAMPLES:
            skipped.examples.append(example)

    def skipped_of(self, entity: str) -> int:
        """How many records of *entity* were skipped, for whatever reason."""
        return sum(skipped.count for skipped in self.skipped.get(entity, {}).values())
