"""Runs of imports keep no values of cells, and are deleted after 90 days."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pymongo import DeleteOne, UpdateOne

from connectors.migrations.migration import Databases, Migration, Rewrite
from connectors.mongo import Document

_DAYS: Final = timedelta(days=90)
_VALUE: Final = re.compile(r"""(») = (?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
"""The value of a cell in the reason for which its record was refused."""


async def _runs(_: Databases, runs: Sequence[Document]) -> Sequence[UpdateOne | DeleteOne]:
    return [UpdateOne({"_id": run["_id"]}, {"$set": _without_values(run)}) for run in runs]


def _without_values(run: Document) -> Document:
    changed: Document = {"expires_at": run["started_at"] + _DAYS}
    if "refused" in run:
        changed["refused"] = [{**one, "reason": _VALUE.sub(r"\1", one["reason"])} for one in run["refused"]]
    if "differing" in run:
        fields = ("collection", "document_id", "field")
        changed["differing"] = [{field: one[field] for field in fields} for one in run["differing"]]
    if "failure" in run:
        changed["failure"] = _VALUE.sub(r"\1", run["failure"])
    return changed


MIGRATION: Final = Migration(
    "directory",
    "runs of imports without values of cells, and with an end",
    [Rewrite("import_runs", {"expires_at": {"$exists": False}}, _runs)],
)
