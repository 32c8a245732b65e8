"""Trusted documents: the operations that were written down when a client was built, by the ids it sends."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused

APOLLO: Final = "apollo-persisted-query-manifest"


_log = structlog.get_logger(__name__)


class ManifestError(ValueError):
    """A manifest that cannot be read; the gateway does not start on it."""


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """The one operation under an id."""

    text: str
    name: str | None


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """All operations of all manifests."""

    by_id: Mapping[str, TrustedDocument]
    texts: frozenset[str]

    @classmethod
    def load(cls, directory: Path | None) -> "TrustedDocuments":
        """The manifests `*.json` of *directory*, in Apollo's or in Relay's form; `ManifestError` names the file."""
        by_id: dict[str, TrustedDocument] = {}
        if directory is not None and not directory.is_dir():
            raise ManifestError(f"{directory} is not a directory of manifests.")
        for path in sorted(directory.glob("*.json")) if directory else ():
            for key, text in _entries(path).items():
                document = _document(path, key, text)
                if by_id.setdefault(key, document) != document:
                    raise ManifestError(f"{path}: the id {key} stands for another document in another manifest.")
        return cls(by_id, frozenset(document.text for document in by_id.values()))

    @property
    def names(self) -> frozenset[str]:
        """The names of the operations."""
        return frozenset(document.name for document in self.by_id.values() if document.name)

    def warm(self, documents: Documents, roles: Sequence[str]) -> None:
        """Prepare and compile every document for each of the *roles*, so that no request waits for it."""
        started = time.perf_counter()
        refused: list[str] = []
        for key, document in self.by_id.items():
            errors = [error for role in roles if (error := _warmed(documents, document.text, role))]
            # A mutation may be one role's alone; what no role may run is not of this schema.
            if len(errors) == len(roles):
                refused.append(key)
                _log.warning("trusted document is refused", id=key, name=document.name, error=errors[0])
        took = round(time.perf_counter() - started, 3)
        _log.info("trusted documents are ready", documents=len(self.by_id), refused=len(refused), seconds=took)


def _warmed(documents: Documents, text: str, role: str) -> str | None:
    try:
        list(documents.pin(text, role).plan.compile_rest())
    except OperationRefused as refusal:
        return str(refusal.errors[0].message)
    return None


def _entries(path: Path) -> dict[str, str]:
    try:
        found = _texts(orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"{path}: neither an Apollo manifest nor a map of ids to texts ({error}).") from error
    if not all(isinstance(part, str) for entry in found.items() for part in entry):
        raise ManifestError(f"{path}: an id or a document is not a string.")
    return found


def _texts(manifest: Any) -> dict[Any, Any]:
    if not isinstance(manifest, dict):
        raise TypeError("not an object")
    if "format" not in manifest:
        return manifest
    if manifest["format"] != APOLLO or manifest["version"] != 1:
        raise ValueError(f"format {manifest['format']!r}, version {manifest['version']!r}")
    return {operation["id"]: operation["body"] for operation in manifest["operations"]}


def _document(path: Path, key: str, text: str) -> TrustedDocument:
    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLError as error:
        raise ManifestError(f"{path}: the document {key} is not GraphQL: {error.message}") from error
    operations = [definition for definition in definitions if isinstance(definition, OperationDefinitionNode)]
    if len(operations) != 1:
        raise ManifestError(f"{path}: the document {key} has {len(operations)} operations; it must have one.")
    name = operations[0].name
    return TrustedDocument(text, name.value if name else None)
