"""Which keys of documents name other documents: it follows from the types of the keys.

A key of type `SubjectId` names a document of the collection whose `_id` is a `SubjectId`, wherever that collection is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints, is_typeddict

from connectors.declarations import Connector


@dataclass(frozen=True, slots=True)
class Reference:
    """Where documents name others: *key* may lead through lists and parts of the document, by dots."""

    source: str
    collection: str
    key: str
    target_source: str
    target_collection: str
    target_key: str

    def __str__(self) -> str:
        target = f"{self.target_source}.{self.target_collection}"
        return f"{self.source}.{self.collection}.{self.key} → {target}"


def references(subsystems: Mapping[str, type[Connector]]) -> tuple[Reference, ...]:
    """All references between the collections of *subsystems*."""
    every = [(name, collection) for name, connector in subsystems.items() for collection in connector.collections]
    named = {
        type_: (name, collection.name, key)
        for name, collection in every
        for key, type_ in id_keys(collection.document)
        if key in {"_id", collection.alternate_key}
    }
    return tuple(
        Reference(name, collection.name, key, *named[type_])
        for name, collection in every
        for key, type_ in id_keys(collection.document)
        if type_ in named and named[type_] != (name, collection.name, key)
    )


def id_keys(document: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The keys of a document that hold ids of a type of their own, or lists of such."""
    for key, hint in get_type_hints(document).items():
        for type_ in _parts(hint):
            if isinstance(type_, NewType):
                yield prefix + key, type_
            elif is_typeddict(type_):
                yield from id_keys(type_, f"{prefix}{key}.")


def _parts(hint: Any) -> Iterator[Any]:
    """The types that a value of this type is made of, for example `ClassId` of `list[ClassId] | None`."""
    if get_origin(hint) in {list, Union, UnionType}:
        for part in get_args(hint):
            yield from _parts(part)
    else:
        yield hint
