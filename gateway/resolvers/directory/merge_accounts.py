"""Merging two records of one adult, who came in by two accounts (F23, trap T20)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.directory import held_posts, in_force
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_PERSON: Final = Text("There is no such person at your schools.", "В ваших школах нет такого человека.")
_SAME: Final = Text("These are one person already.", "Это уже один человек.")
_STUDENT: Final = Text("Students are merged where they are entered.", "Учеников объединяют там, где их вносят.")
_ELSEWHERE: Final = Text(
    "The person belongs to another school too, whose administrator must merge them.",
    "Этот человек относится и к другой школе: объединить записи должен её администратор.",
)
_CONTRADICT: Final = Text(
    "One of the two records has no access to a child, and the other one has: correct that first.",
    "У одной из записей нет доступа к данным ребёнка, а у другой есть: сначала исправьте это.",
)
_ALL: Final[frozenset[str]] = frozenset()
_PERSON: Final = frozenset({"_id", "roles", "posts", "school_ids", "student_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeAccounts:
    """Two records of one adult: one stays, and the other one's rights and accounts become those of the first."""

    kept_person_id: PublicId
    """The record that stays (`Person.id`), with its name and contacts."""

    merged_person_id: PublicId
    """The surplus record (`Person.id`); whoever signs in by its accounts is the person that stays."""


async def merge_accounts(input: MergeAccounts, info: Info, transaction: Transaction) -> Outcome:
    """Have all rights and accounts of one record be those of another one."""
    problems = Problems()
    remaining, merged = await _people(input, info, transaction, problems)
    problems.check()
    if remaining is None or merged is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    own = await _of("guardianships", remaining, transaction)
    surplus = await _of("guardianships", merged, transaction)
    if _contradict(own, surplus, info):
        problems.add(UserErrorCode.NOT_ALLOWED, _CONTRADICT, "mergedPersonId")
    problems.check()
    await _move("guardianships", surplus, remaining["_id"], transaction)
    await _move("consents", await _of("consents", merged, transaction), remaining["_id"], transaction)
    assignments = await _of("staff_assignments", merged, transaction)
    await _move("staff_assignments", assignments, remaining["_id"], transaction)
    await transaction.update("people", {"_id": remaining["_id"]}, {"$set": _united(remaining, merged)})
    await transaction.update("people", {"_id": merged["_id"]}, {"$set": {"merged_to": remaining["_id"]}})
    school = next(school for school in remaining["school_ids"] if school in info.viewer.school_ids)
    done = fact(info, "mergeAccounts", remaining["_id"], SchoolId(school), after={"merged_person_id": merged["_id"]})
    return Outcome({"person_id": remaining["_id"]}, [done])


async def _people(
    input: MergeAccounts, info: Info, transaction: Transaction, problems: Problems
) -> tuple[Any | None, Any | None]:
    """The two records, as they are in the transaction; what speaks against merging them is noted."""
    sent = {"keptPersonId": input.kept_person_id, "mergedPersonId": input.merged_person_id}
    schools = list(info.viewer.school_ids)
    where = {"_id": {"$in": list(sent.values())}, "merged_to": None, "school_ids": {"$in": schools}}
    found = {one["_id"]: one for one in await transaction.find("people", where, columns=_PERSON)}
    for path, person in sent.items():
        if person not in found:
            problems.add(UserErrorCode.NOT_FOUND, _NO_PERSON, path)
        elif "student_id" in found[person]:
            problems.add(UserErrorCode.NOT_ALLOWED, _STUDENT, path)
        elif not set(found[person]["school_ids"]) <= set(schools):
            problems.add(UserErrorCode.NOT_ALLOWED, _ELSEWHERE, path)
    if input.kept_person_id == input.merged_person_id and not problems.found:
        problems.add(UserErrorCode.INVALID_INPUT, _SAME, "mergedPersonId")
    return found.get(input.kept_person_id), found.get(input.merged_person_id)


async def _of(collection: str, person: Mapping[str, Any], transaction: Transaction) -> list[Any]:
    """The documents of a collection that are about *person*, whole."""
    return await transaction.find(collection, {"person_id": person["_id"]}, columns=_ALL)


def _contradict(one: Sequence[Any], other: Sequence[Any], info: Info) -> bool:
    """Whether of two guardianships over one student, in force today, one opens the diary and the other does not."""
    access: dict[str, set[bool]] = {}
    for right in (*one, *other):
        if in_force(right["valid_from"], right["valid_to"], info.today_at(right["school_id"])):
            access.setdefault(right["student_id"], set()).add(right["data_access"])
    return any(len(opens) > 1 for opens in access.values())


async def _move(collection: str, documents: Iterable[Any], person: str, transaction: Transaction) -> None:
    moved = [{**document, "person_id": person} for document in documents]
    if moved:
        await transaction.put(collection, moved)


def _united(remaining: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """The roles, posts and schools of both; roles of staff get posts, so that each holds where and when it did."""
    united: dict[str, Any] = {
        "roles": list(dict.fromkeys([*remaining["roles"], *merged["roles"]])),
        "school_ids": list(dict.fromkeys([*remaining["school_ids"], *merged["school_ids"]])),
    }
    posts = [*held_posts(remaining), *(post for post in held_posts(merged) if post not in held_posts(remaining))]
    if posts:
        united["posts"] = posts
    return united
