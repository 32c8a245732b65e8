"""Snapshots of documents as their source last described them: the base of a three-way merge.

Three versions of a document are merged: the *base* is what the source said last, the *source* what it says now, and
*here* what is stored. So a change that was made here is not mistaken for one of the source.

A snapshot lies in the database of its document, so that a backup has both from one moment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.declarations import Collection


class Snapshot(TypedDict):
    """A document as its source described it."""

    _id: str  # see `id_of`
    collection: str
    source: str
    document: dict[str, Any]
    missing_since: NotRequired[str]  # the day on which the source no longer named it
    erased_at: NotRequired[
        datetime
    ]  # when a person was erased with it: the document has its id alone, and stays as it is


SNAPSHOTS: Final = Collection(
    "snapshots", Snapshot, indexes=[IndexModel([("source", ASCENDING), ("collection", ASCENDING)])]
)


class Conflict(NamedTuple):
    """A field that was changed both here and in the source since the base: what is stored here stays."""

    field: str
    here: Any
    source: Any


class _Absent:
    """Stands for a field that a document does not have."""


_ABSENT: Final = _Absent()

_NEVER_MERGED: Final = frozenset({"_id", "version"})
"""The fields that no source describes."""


_TOGETHER: Final = (
    ("display_name", "family_name", "given_name", "patronymic", "sort_name", "name_tokens"),
    ("value", "numeric_value", "scale_id"),
)
"""Fields that are stored together because one follows from the others: all are of one side."""

_UNITS: Final = {field: fields for fields in _TOGETHER for field in fields}


def id_of(collection: str, document_id: str) -> str:
    """The id of the snapshot of a document."""
    return f"{collection}/{document_id}"


def merged(
    base: Mapping[str, Any], source: Mapping[str, Any], here: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Conflict]]:
    """The document that is to be stored, and the fields in conflict.

    A field that the source did not change stays as it is here; one that it changed is taken, unless it was changed
    here, too. The parts of a name are merged as one field, and so are the value of a mark and its number.
    """
    document: dict[str, Any] = {}
    conflicts = []
    for fields in dict.fromkeys(_unit_of(field) for field in [*here, *source]):
        of_here, of_source, of_base = ([one.get(field, _ABSENT) for field in fields] for one in (here, source, base))
        chosen = of_here
        if fields[0] not in _NEVER_MERGED and of_source not in (of_base, of_here):
            if of_here == of_base:
                chosen = of_source
            else:
                conflicts.append(_conflict(fields, of_here, of_source))
        document.update({field: value for field, value in zip(fields, chosen, strict=True) if value is not _ABSENT})
    return document, conflicts


def _unit_of(field: str) -> tuple[str, ...]:
    return _UNITS.get(field) or (field,)


def _conflict(fields: Sequence[str], of_here: Sequence[Any], of_source: Sequence[Any]) -> Conflict:
    """The first of the fields that differ."""
    values = zip(fields, of_here, of_source, strict=True)
    return next(Conflict(field, _shown(here), _shown(source)) for field, here, source in values if here != source)


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value
