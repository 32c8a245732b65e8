"""Submissions name the subject and the classes of their homework, by which a teacher finds those to check."""

from collections.abc import Sequence
from typing import Final

from pymongo import DeleteOne, UpdateOne

from connectors.migrations.migration import Databases, Migration, Rewrite
from connectors.mongo import Document

_OF_HOMEWORK: Final = ("subject_id", "class_ids", "group_id")


async def _submissions(databases: Databases, submissions: Sequence[Document]) -> Sequence[UpdateOne | DeleteOne]:
    wanted = list({one["homework_id"] for one in submissions})
    found = databases["diary"]["homework"].find({"_id": {"$in": wanted}}, dict.fromkeys(_OF_HOMEWORK, 1))
    homework = {one["_id"]: one async for one in found}
    return [
        UpdateOne({"_id": one["_id"]}, {"$set": {key: homework[one["homework_id"]].get(key) for key in _OF_HOMEWORK}})
        for one in submissions
        if one["homework_id"] in homework  # others lead nowhere: `doctor` names them
    ]


MIGRATION: Final = Migration(
    "diary",
    "submissions that name the subject and the classes of their homework",
    [Rewrite("submissions", {"subject_id": {"$exists": False}}, _submissions)],
)
