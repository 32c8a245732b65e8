"""Errors of an import as a whole, and of one record of it."""

from connectors.errors import ConnectorError
from connectors.imports.summary import Summary


class ImportFailed(ConnectorError):
    """The files cannot be imported; the text says which, where and why, for the person who runs the import."""


class MalformedFile(ImportFailed):
    """A file that cannot be read as what its format says."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}, line {line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class NothingImported(ImportFailed):
    """The files hold no record that could be used; *summary* says why each was ignored."""

    def __init__(self, summary: Summary, understood: str) -> None:
        found = "; ".join(f"{name} ({', '.join(files)})" for name, files in sorted(summary.formats.items()))
        ignored = ", ".join(
            f"{skipped.count:,} {entity} ({reason})"
            for entity, reasons in sorted(summary.skipped.items())
            for reason, skipped in reasons.items()
        )
        super().__init__(
            f"Nothing could be imported. Found: {found}; understood: {understood}. Ignored: {ignored or 'no records'}."
        )
        self.summary = summary


class Unusable(Exception):
    """One record cannot be imported; the text is the reason."""
