"""Rules about people: mandatory fields, records that are there twice, dates, families, accounts."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from connectors.checks.scope import Found, Scope
from connectors.directory import IGNORES_CASE, MANDATORY_COLUMNS, in_force, missing_fields, must_differ
from connectors.integrity import IntegrityRule as Rule
from connectors.mongo import Document

OF_AGE: Final = 18
"""Years from which on a student needs no guardian."""
_COLUMNS: Final = frozenset(
    {
        *MANDATORY_COLUMNS,
        "_id",
        "sort_name",
        "snils",
        "enrolments",
        "memberships",
        "posts",
        "school_id",
        "school_ids",
    }
)
_RIGHT: Final = ("_id", "person_id", "student_id", "valid_from", "valid_to")
_SPANS: Final = ("enrolments", "memberships", "posts")
_ACCOUNT: Final = ("issuer", "subject", "person_id")
_PARENT: Final = "PARENT"


async def check_people(scope: Scope) -> AsyncIterator[list[Found]]:
    """Violations by the people of the school, a page of them at a time."""
    where = {"school_ids": scope.school_id, "merged_to": None}
    async for page in scope.pages("directory.people", where, _COLUMNS):
        people = [own for own in page if not own.get("student_id") or own.get("school_id") == scope.school_id]
        found = [violation for person in people for violation in _of_one(person)]
        found += await _families(people, scope)
        found += await _twice(people, scope)
        found += await _shared_emails(people, scope)
        found += await _shared_accounts(people, scope)
        yield found


def _about(rule: Rule, person: Mapping[str, Any], key: str = "", object_id: str = "", **details: str) -> Found:
    return Found(rule, object_id or person["_id"], person["_id"], person.get("student_id"), details, key)


def _of_one(person: Mapping[str, Any]) -> Iterator[Found]:
    """Violations that one record shows by itself."""
    for field in missing_fields(person):
        yield _about(Rule.FIELD_MISSING, person, field.value, field=field.value)
    for name in _SPANS:
        for place, span in enumerate(person.get(name) or ()):
            if _is_reversed(span["starts_on"], span["ends_on"]):
                yield _about(
                    Rule.DATES_REVERSED, person, f"{name}.{place}", first=span["starts_on"], last=span["ends_on"]
                )
    if person.get("student_id"):
        enrolments = person.get("enrolments") or ()
        if not enrolments:
            yield _about(Rule.STUDENT_WITHOUT_CLASS, person)
        mains = [own for own in enrolments if own["is_primary"] and not _is_reversed(own["starts_on"], own["ends_on"])]
        for one, other in combinations(mains, 2):
            first = max(one["starts_on"], other["starts_on"])
            if all(own["ends_on"] is None or first <= own["ends_on"] for own in (one, other)):
                yield _about(Rule.ENROLMENTS_OVERLAP, person, day=first)
                break


async def _families(people: Sequence[Mapping[str, Any]], scope: Scope) -> list[Found]:
    """Students for whom nobody is responsible, parents without children, guardianships that end before they begin."""
    students = [own for own in people if own.get("student_id")]
    parents = [own for own in people if not own.get("student_id") and _PARENT in own["roles"]]
    if not students and not parents:
        return []
    of_students = {"student_id": {"$in": [own["student_id"] for own in students]}}
    of_parents = {"person_id": {"$in": [own["_id"] for own in parents]}}
    rights = await scope.find("directory.guardianships", {"$or": [of_students, of_parents]}, _RIGHT)
    valid = [right for right in rights if in_force(right["valid_from"], right["valid_to"], scope.today)]
    guarded, guarding = ({right[key] for right in valid} for key in ("student_id", "person_id"))
    found = [
        _about(Rule.STUDENT_WITHOUT_GUARDIAN, own)
        for own in students
        if own["student_id"] not in guarded and _needs_guardian(own, scope.today)
    ]
    found += [_about(Rule.PARENT_WITHOUT_CHILD, own) for own in parents if own["_id"] not in guarding]
    by_student = {own["student_id"]: own for own in students}
    found += [
        _about(
            Rule.DATES_REVERSED,
            by_student[right["student_id"]],
            object_id=right["_id"],
            first=right["valid_from"],
            last=right["valid_to"],
        )
        for right in rights
        if right["student_id"] in by_student and _is_reversed(right["valid_from"], right["valid_to"])
    ]
    return found


def _needs_guardian(student: Mapping[str, Any], today: str) -> bool:
    born = student.get("birth_date") or ""
    is_of_age = born != "" and f"{int(born[:4]) + OF_AGE:04}{born[4:]}" <= today
    return not is_of_age and any(in_force(e["starts_on"], e["ends_on"], today) for e in student.get("enrolments") or ())


async def _twice(people: Sequence[Mapping[str, Any]], scope: Scope) -> list[Found]:
    """Records with the same name and birth date, or the same СНИЛС, as another record of the school."""
    named = {"sort_name": {"$in": _values(people, "sort_name")}, "birth_date": {"$in": _values(people, "birth_date")}}
    numbered = {"snils": {"$in": _values(people, "snils"), "$type": "string"}}
    at_school = {"school_ids": scope.school_id, "merged_to": None}
    where = {"$or": [{**at_school, **named}, {**at_school, **numbered}]}
    others = await scope.find("directory.people", where, ("_id", "sort_name", "birth_date", "snils"))
    by_name, by_number = _by(others, "sort_name", "birth_date"), _by(others, "snils")
    found: list[Found] = []
    for person in people:
        same = [
            *by_name.get((person["sort_name"], person.get("birth_date")), ()),
            *by_number.get((person.get("snils"),), ()),
        ]
        earlier = dict.fromkeys(one["_id"] for one in same if one["_id"] < person["_id"])
        found += [_about(Rule.PERSON_TWICE, person, other, other=other) for other in earlier]
    return found


async def _shared_emails(people: Sequence[Mapping[str, Any]], scope: Scope) -> list[Found]:
    """Students whose e-mail address is that of another student or of a parent, here or at another school."""
    students = [own for own in people if own.get("student_id") and own.get("email")]
    if not students:
        return []
    where = {"email": {"$in": _values(students, "email"), "$type": "string"}, "merged_to": None}
    others = await scope.find("directory.people", where, ("_id", "email", "student_id", "roles"), IGNORES_CASE)
    by_email = defaultdict(list)
    for other in others:
        by_email[other["email"].casefold()].append(other)
    return [
        _about(Rule.EMAIL_SHARED, own)
        for own in students
        if any(one["_id"] != own["_id"] and must_differ(own, one) for one in by_email[own["email"].casefold()])
    ]


async def _shared_accounts(people: Sequence[Mapping[str, Any]], scope: Scope) -> list[Found]:
    """People one of whose accounts is linked to somebody else, too, who was not merged into them."""
    own = await scope.find("directory.external_ids", {"person_id": {"$in": [one["_id"] for one in people]}}, _ACCOUNT)
    where = {"issuer": {"$in": _values(own, "issuer")}, "subject": {"$in": _values(own, "subject")}}
    linked: dict[tuple[str, str], set[str]] = defaultdict(set)
    for link in await scope.find("directory.external_ids", where, _ACCOUNT):
        linked[link["issuer"], link["subject"]].add(link["person_id"])
    shared = {account: holders for account, holders in linked.items() if len(holders) > 1}
    everybody = sorted(set().union(*shared.values()))
    unmerged = {
        one["_id"]
        for one in await scope.find("directory.people", {"_id": {"$in": everybody}, "merged_to": None}, ("_id",))
    }
    return [
        _about(Rule.ACCOUNT_SHARED, person, f"{issuer} {subject}", issuer=issuer)
        for (issuer, subject), holders in sorted(shared.items())
        for person in people
        if person["_id"] in holders and len(holders & unmerged) > 1
    ]


def _is_reversed(first: str | None, last: str | None) -> bool:
    return first is not None and last is not None and last < first


def _values(documents: Iterable[Mapping[str, Any]], key: str) -> list[Any]:
    return sorted({document[key] for document in documents if document.get(key)})


def _by(documents: Iterable[Document], *keys: str) -> dict[tuple[Any, ...], list[Document]]:
    """The documents by their values of *keys*, of which none is empty."""
    found: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
    for document in documents:
        if all(document.get(key) for key in keys):
            found[tuple(document[key] for key in keys)].append(document)
    return found
