"""Invitations say for whom they are, so that a student has one for a parent and one of their own."""

from collections.abc import Sequence
from typing import Final

from pymongo import UpdateOne

from connectors.migrations.migration import Databases, Migration, Rewrite
from connectors.mongo import Document


async def _invitations(_: Databases, invitations: Sequence[Document]) -> Sequence[UpdateOne]:
    return [UpdateOne({"_id": one["_id"]}, {"$set": {"audience": "PARENT"}}) for one in invitations]


MIGRATION: Final = Migration(
    "directory",
    "invitations that say for whom they are",
    [Rewrite("invitations", {"audience": {"$exists": False}}, _invitations)],
    dropped_indexes={"invitations": ["student_id_1"]},
)
