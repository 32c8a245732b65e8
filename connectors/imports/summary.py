"""The result of an import: what was read, written and skipped, what ended, and what a person should know of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from connectors.vocabulary import StudentId

EXAMPLES: Final = 5
"""How many skipped records the summary names for each reason."""

NAMED_CONFLICTS: Final = 1_000
"""How many fields the summary names that differ from the source: each is for a person to look at."""

CONFLICTS: Final = "fields that were changed here and in the source"

NAMED_ENDINGS: Final = 20
"""How many ended links of each kind the summary names: as many as may end without confirmation by default."""


class Place(NamedTuple):
    """Where a record stands: its file, and the number of its first line there."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Skipped:
    """Records of one entity that were not imported for one reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    """The first of them: name, file and line."""


class DocumentConflict(NamedTuple):
    """A field that was changed both here and in the source: what is stored here stays."""

    collection: str
    document_id: str
    field: str
    here: Any
    source: Any


@dataclass(slots=True)
class Ended:
    """Links of one kind that gave access, and that the source no longer names."""

    count: int = 0
    in_force: int = 0
    """How many links of this kind were in force before the import."""
    examples: list[str] = field(default_factory=list)
    """The first of these links, as names: who was linked to whom."""


@dataclass(slots=True)
class Summary:
    """Counts of records that an import read, wrote, skipped and ended.

    Every record that was read stands exactly once in *written*, *unchanged_records* or *skipped*: `is_balanced`.
    *findings* are further counts, *notes* the sentences a person should read. *inserted*, *changed* and *unchanged*
    count documents by `subsystem.collection`.
    """

    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    """Records, by entity, from which a document was made or changed."""
    unchanged_records: Counter[str] = field(default_factory=Counter)
    """Records, by entity, whose documents were there already."""
    skipped: dict[str, dict[str, Skipped]] = field(default_factory=dict)
    """By entity and reason, the records that left nothing."""
    ended: dict[str, Ended] = field(default_factory=dict)
    """By kind, the links that the source no longer names, and that are therefore over."""
    differing: list[DocumentConflict] = field(default_factory=list)
    """The first fields that were changed both here and in the source; *findings* counts all."""
    formats: dict[str, list[str]] = field(default_factory=dict)
    """The standards and versions that were found, each with its files."""
    findings: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    missing_files: list[str] = field(default_factory=list)
    inserted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    suggested_today: str | None = None
    suggested_students: list[StudentId] = field(default_factory=list)

    @property
    def is_balanced(self) -> bool:
        """Whether every record that was read is accounted for exactly once."""
        accounted = self.written + self.unchanged_records
        for entity in self.skipped:
            accounted[entity] += self.skipped_of(entity)
        return accounted == self.read

    @property
    def used(self) -> int:
        """How many records were written or unchanged."""
        return self.written.total() + self.unchanged_records.total()

    def skip(self, entity: str, reason: str, example: str) -> None:
        """Count one record of *entity* as left out."""
        skipped = self.skipped.setdefault(entity, {}).setdefault(reason, Skipped())
        skipped.count += 1
        if len(skipped.examples) < EXAMPLES:
            skipped.examples.append(example)

    def add_conflict(self, conflict: DocumentConflict) -> None:
        """Note a field that was changed both here and in the source."""
        if any(one[:3] == conflict[:3] and one.source == conflict.source for one in self.differing):
            return  # it was merged once more, because somebody changed the document meanwhile
        self.findings[CONFLICTS] += 1
        if len(self.differing) < NAMED_CONFLICTS:
            self.differing.append(conflict)

    def skipped_of(self, entity: str) -> int:
        """How many records of *entity* were skipped, for whatever reason."""
        return sum(skipped.count for skipped in self.skipped.get(entity, {}).values())
