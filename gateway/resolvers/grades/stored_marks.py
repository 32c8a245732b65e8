"""Marks as they are stored: new ones, changed ones with their history, and the facts of both."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import uuid4

from connectors.directory import class_on
from connectors.facts import Fact
from connectors.grades import GradeScale, Journal, Mark, MarkChange
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import MarkId, StudentId, mint
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.resolvers.grades.marking import Occasion, Pupil
from gateway.resolvers.grades.values import LIGHTEST, SCALE, Value
from gateway.resolvers.grades.windows import some_school
from gateway.writing import Problems, digest, fact

_KIND: Final = frozenset({"weight", "counts_towards_average"})
"""The columns of a kind of work that its marks follow."""

_RECORDED: Final = ("value", "weight", "scale_id", "is_point", "point_valid_until", "work_id", "lesson_id", "given_on")
"""The columns of a mark that stand in facts as they are; of its comment a digest stands there."""

MARK: Final = frozenset(
    {
        "_id",
        "school_id",
        "student_id",
        "subject_id",
        "kind_id",
        "numeric_value",
        "comment",
        "given_by_id",
        "history",
        "version",
        *_RECORDED,
    }
)
"""The columns of a mark that a change needs."""


class Content(NamedTuple):
    """The value of a mark, its weight where that is not the one of its kind of work, and its comment."""

    value: Value
    weight: int | None
    comment: str | None


async def scales_and_kind(
    own: Mapping[str, Any] | None, info: Info
) -> tuple[Sequence[GradeScale], Mapping[str, Any] | None]:
    """The grade scales of the school of *own* (a work or a mark), and its kind of work.

    Where there is no such work, the scales of any school of the viewer, so that the values sent are still checked.
    """
    grades = info.connectors.grades
    school = own["school_id"] if own else some_school(info)
    [scales], [kind] = await asyncio.gather(
        info.read(grades.scales_of, [school], columns=SCALE),
        info.read(grades.kinds_by_ids, [own and own["kind_id"]], columns=_KIND),
    )
    return scales or (), kind


def checked_comment(sent: str | None, info: Info, problems: Problems, *path: str | int) -> str | None:
    """The comment on a mark as it is stored; None where none was sent."""
    if sent is None:
        return None
    return checked_text(sent, problems, *path, most=info.writing.rules.mark_comment_characters)


async def marks_there(work_id: str, students: Sequence[StudentId], transaction: Transaction) -> dict[StudentId, Mark]:
    """The mark that each of the students has for the work."""
    where = {"work_id": work_id, "student_id": {"$in": sorted(set(students))}}
    found: list[Any] = await transaction.find("marks", where, columns=MARK)
    return {mark["student_id"]: mark for mark in found}


def new_mark(occasion: Occasion, pupil: Pupil, content: Content, kind: Mapping[str, Any] | None, info: Info) -> Mark:
    """A mark that the viewer gives now; its history goes on that of one that was removed."""
    work, lesson = occasion.work, occasion.lesson
    removed = work.get("removed_marks", {}).get(pupil.student_id)
    is_extended = lesson is not None and lesson["is_extended"]
    return Mark(
        _id=MarkId(mint("Mark", uuid4().hex)),
        school_id=work["school_id"],
        student_id=pupil.student_id,
        class_id=class_on(pupil.person, occasion.day),
        subject_id=work["subject_id"],
        work_id=work["_id"],
        kind_id=work["kind_id"],
        lesson_id=lesson["_id"] if lesson else None,
        value=content.value.value,
        numeric_value=content.value.numeric_value,
        scale_id=content.value.scale_id,
        weight=weight_of(kind) if content.weight is None else content.weight,
        is_point=False,
        point_valid_until=None,
        counts_towards_average=counts(kind),
        is_exam=False,
        comment=content.comment,
        given_on=occasion.day,
        given_by_id=info.viewer.person_id,
        history=[*removed, changed_mark(None, content.value.value, info)] if removed else [],
        journal=Journal.EXTENDED if is_extended else Journal.MAIN,
        version=1,
    )


def counts(kind: Mapping[str, Any] | None) -> bool:
    """Whether marks of the kind of work count towards averages; those of no kind do."""
    return kind is None or bool(kind["counts_towards_average"])


def weight_of(kind: Mapping[str, Any] | None) -> int:
    """The weight that marks of the kind of work have where nothing else is said."""
    return LIGHTEST if kind is None else int(kind["weight"])


async def change_mark_there(
    action: str,
    stored: Mark,
    changed: Mapping[str, Any],
    info: Info,
    transaction: Transaction,
    *,
    review_id: str | None = None,
) -> Fact:
    """Change a mark, keeping its old value in its history where the value changes (T22); returns the fact of it.

    *review_id* names the request for a review that the change answers, if it answers one.
    """
    update: dict[str, Any] = {"$set": dict(changed), "$inc": {"version": 1}}
    if changed.get("value", stored["value"]) != stored["value"]:
        change = changed_mark(stored["value"], changed["value"], info)
        if review_id is not None:
            change["review_id"] = review_id
        update["$push"] = {"history": change}
    await transaction.update("marks", {"_id": stored["_id"]}, update)
    now: Any = {**stored, **changed}
    old: Mapping[str, Any] = stored
    differing = {name for name, value in changed.items() if old.get(name) != value}
    before, after = recorded(stored, info), recorded(now, info)
    return fact(
        info,
        action,
        stored["_id"],
        stored["school_id"],
        student_id=stored["student_id"],
        before={name: value for name, value in before.items() if name in differing},
        after={name: value for name, value in after.items() if name in differing},
    )


async def remove_mark_there(mark: Mark, info: Info, transaction: Transaction) -> None:
    """Delete a mark; its work holds its history, which a mark that the student is given anew goes on (T22)."""
    await transaction.delete("marks", {"_id": mark["_id"]})
    history = [*(mark.get("history") or []), changed_mark(mark["value"], None, info)]
    where = {"_id": mark["work_id"]}
    await transaction.update("works", where, {"$set": {f"removed_marks.{mark['student_id']}": history}})


def changed_mark(old: str | None, new: str | None, info: Info) -> MarkChange:
    """The change of a mark's value that the viewer makes now; None stands for no mark."""
    return MarkChange(changed_at=info.now, changed_by_id=info.viewer.person_id, old_value=old, new_value=new)


def fact_of_new(action: str, mark: Mark, info: Info) -> Fact:
    """The fact that the viewer gave a mark."""
    return fact(info, action, mark["_id"], mark["school_id"], student_id=mark["student_id"], after=recorded(mark, info))


def recorded(mark: Mapping[str, Any], info: Info) -> dict[str, Any]:
    """The fields of a mark that stand in a fact."""
    return {**{column: mark[column] for column in _RECORDED}, "comment": digest(info, mark["comment"])}
