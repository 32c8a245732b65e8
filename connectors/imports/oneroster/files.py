"""The files of a OneRoster CSV delivery, by its manifest, with their columns."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from connectors.imports import delimited
from connectors.imports.errors import ImportFailed, MalformedFile, Unusable
from connectors.imports.inputs import InputFile

UNDERSTOOD: Final = "OneRoster 1.1 and 1.2"

MANIFEST: Final = "manifest.csv"

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "orgs": ("name", "type"),
    "academicSessions": ("title", "type", "startDate", "endDate"),
    "courses": ("title", "orgSourcedId"),
    "classes": ("title", "classType", "schoolSourcedId"),
    "users": ("givenName", "familyName"),
    "roles": ("userSourcedId", "role", "orgSourcedId"),
    "userProfiles": ("userSourcedId", "username"),
    "demographics": (),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "categories": ("title",),
    "lineItems": ("title", "classSourcedId"),
    "results": ("lineItemSourcedId", "studentSourcedId"),
}
"""The files that are understood, with the columns without which their rows say nothing."""

NO_PLACE: Final = frozenset(
    {
        "classResources",
        "courseResources",
        "lineItemLearningObjectiveIds",
        "lineItemScoreScales",
        "resources",
        "resultLearningObjectiveIds",
        "resultScoreScales",
        "scoreScales",
    }
)
"""The files of the standard for whose records the graph has no place."""

SECRET: Final = frozenset({"password"})
"""Columns that are never stored, not even between two runs."""


class Mode(StrEnum):
    """How much a file of a delivery holds."""

    BULK = "bulk"
    """All records."""

    DELTA = "delta"
    """The records that changed."""

    ABSENT = "absent"
    """Nothing: the file is not there."""


class Delivery(NamedTuple):
    """The files to read, each with its mode, by entity; and the names of those that are left out, with the reason."""

    version: str | None
    files: Mapping[str, tuple[InputFile, Mode]]
    left_out: Mapping[str, str]


_VERSION: Final = re.compile(r"1\.[12](\.\d+)?")


def delivery_of(files: Mapping[str, InputFile]) -> Delivery:
    """Find out what is delivered; *files* by their names. Without a manifest, all files are whole.

    Raises:
        ImportFailed: there is no file of the standard, the version is another one, or a file is missing that the
            manifest announces.
    """
    by_name = {name.casefold(): file for name, file in files.items()}
    manifest = by_name.pop(MANIFEST, None)
    properties = _properties(manifest) if manifest else {}
    version = properties.get("oneroster.version")
    if version is not None and not _VERSION.fullmatch(version):
        raise ImportFailed(f"{MANIFEST}: OneRoster {version} was found, while {UNDERSTOOD} are understood.")
    found: dict[str, tuple[InputFile, Mode]] = {}
    for entity in COLUMNS:
        file = by_name.pop(f"{entity}.csv".casefold(), None)
        mode = _mode(properties, entity, has_file=file is not None)
        if file is not None and mode is not Mode.ABSENT:
            found[entity] = file, mode
        elif mode is not Mode.ABSENT:
            raise ImportFailed(f"{MANIFEST} announces {entity}.csv, which is not there. Nothing was written.")
    if not found:
        raise ImportFailed(f"There is no file of the standard, such as users.csv; understood: {UNDERSTOOD}.")
    ours = {name.casefold() for name in NO_PLACE}
    left_out = {
        file.name: "has no place in the graph" if name.removesuffix(".csv") in ours else "is no file of OneRoster"
        for name, file in by_name.items()
    }
    return Delivery(version, found, left_out)


def _properties(manifest: InputFile) -> dict[str, str]:
    return {cells.values[0]: cells.values[1] for cells in delimited.rows(manifest) if len(cells.values) > 1}


def _mode(properties: Mapping[str, str], entity: str, *, has_file: bool) -> Mode:
    said = properties.get(f"file.{entity}", "").casefold()
    if not said:
        return Mode.BULK if has_file and not properties else Mode.ABSENT
    try:
        return Mode(said)
    except ValueError:
        raise ImportFailed(f"{MANIFEST}: file.{entity} is {said!r}, neither bulk, delta nor absent.") from None


class Header:
    """The columns of a file, as its first row names them."""

    def __init__(self, file: str, entity: str, cells: delimited.Cells) -> None:
        known = {name.casefold(): name for name in _ALL_COLUMNS}
        self.columns = [known.get(name.casefold(), name) for name in cells.values]
        missing = [column for column in ("sourcedId", *COLUMNS[entity]) if column not in self.columns]
        if missing:
            raise MalformedFile(file, cells.line, f"the heading has no column {', '.join(missing)}")
        twice = sorted({column for column in self.columns if column and self.columns.count(column) > 1})
        if twice:
            raise MalformedFile(file, cells.line, f"the heading has two columns {', '.join(twice)}")

    def key(self, cells: delimited.Cells) -> str:
        """The sourcedId of a row; empty where it has none."""
        position = self.columns.index("sourcedId")
        return cells.values[position] if position < len(cells.values) else ""

    def values(self, cells: delimited.Cells) -> dict[str, str]:
        """The values of a row that are not empty, by column.

        Raises:
            Unusable: the row has another number of cells than the heading, so that nobody knows what each says.
        """
        row, width = cells.values, len(self.columns)
        if len(row) < width or any(row[width:]):
            raise Unusable(f"the row has {len(row)} cells, the heading {width}")
        own = zip(self.columns, row, strict=False)
        return {column: value for column, value in own if value and column not in SECRET}


_ALL_COLUMNS: Final = frozenset(
    {
        *("sourcedId", "status", "dateLastModified", "identifier", "parentSourcedId", "schoolYear", "courseCode"),
        *(
            "classCode",
            "courseSourcedId",
            "termSourcedIds",
            "grades",
            "orgSourcedIds",
            "agentSourcedIds",
            "enabledUser",
        ),
        *("username", "userIds", "middleName", "email", "sms", "phone", "userMasterIdentifier", "primaryOrgSourcedId"),
        *("roleType", "beginDate", "endDate", "schoolSourcedId", "primary", "birthDate", "dueDate", "assignDate"),
        *("categorySourcedId", "academicSessionSourcedId", "gradingPeriodSourcedId", "resultValueMin", "password"),
        *("resultValueMax", "scoreStatus", "score", "scoreDate", "comment", "textScore", "subjects", "description"),
        *(column for columns in COLUMNS.values() for column in columns),
    }
)
"""The columns that are read, however their letters are written."""
