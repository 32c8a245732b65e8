"""The rules of erasing a person, for the documents of each collection; a test compares them with all collections.

A key that names a person or a student has a rule. Most that is kept holds ids alone, which lead to a person without a
name. What is kept, the law has kept: a school's journals of marks and attendance, and its accounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Who(StrEnum):
    """Which ids of the person a key holds."""

    PERSON = "PERSON"
    STUDENT = "STUDENT"
    OWNER = "OWNER"
    """Of a mailbox, see `connectors.messages.documents.owner_of`."""


class Fate(StrEnum):
    """The outcome of an erasure for a document."""

    DELETED = "deleted"
    CLEARED = "cleared"
    """The document is kept; its fields about the person are emptied."""
    KEPT = "kept"
    """The document is kept unchanged: its id leads to a person who has no name any more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Says what becomes of the documents that name the person under a key."""

    key: str
    who: Who
    fate: Fate
    why: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The keys of a document that is cleared, with their new values."""
    owner: str = "_id"
    """The key with the id under which files are attached to the document: they go with it."""


def _delete(key: str, who: Who = Who.STUDENT) -> Rule:
    return Rule(key, who, Fate.DELETED)


def _clear(key: str, values: Mapping[str, Any], who: Who = Who.STUDENT, owner: str = "_id") -> Rule:
    return Rule(key, who, Fate.CLEARED, values=values, owner=owner)


def _keep(why: str, *keys: str, who: Who = Who.PERSON) -> tuple[Rule, ...]:
    return tuple(Rule(key, who, Fate.KEPT, why) for key in keys)


_AUTHOR: Final = "who did it is an id without a name"
_JOURNAL: Final = "part of the journal, which a school keeps for 5 to 50 years"
_ACCOUNTS: Final = "a document of the school's accounts, which are kept for 5 years"
_CONSENT: Final = "the proof that the data were processed with consent; ids without names"
_NOBODY: Final[tuple[Rule, ...]] = ()
"""Of a collection that says nothing of any person."""
_FACTS: Final = _keep("sealed into the audit, by which they are erased", "actor.person_id") + _keep(
    "sealed into the audit, by which they are erased", "student_id", who=Who.STUDENT
)
_ATTACHED: Final = _keep("follows the document that has the file", "attached_by_id")
_OF_ALL: Final[Mapping[str, tuple[Rule, ...]]] = {
    "facts": _FACTS,
    "idempotency": _NOBODY,
    "attached_files": _ATTACHED,
    "snapshots": _NOBODY,  # those of documents that are deleted or cleared are emptied with them
    "leases": _NOBODY,
}
"""The collections that several subsystems have."""

_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "directory.schools": _NOBODY,
    "directory.academic_years": _NOBODY,
    "directory.people": (
        Rule("_id", Who.PERSON, Fate.CLEARED),
        *_keep("an id without a name", "merged_to"),
        *_keep("an id without a name", "student_id", who=Who.STUDENT),
    ),
    "directory.guardianships": (_delete("person_id", Who.PERSON), _delete("student_id")),
    "directory.classes": _NOBODY,
    "directory.groups": _NOBODY,
    "directory.subjects": _NOBODY,
    "directory.staff_assignments": _keep("who taught whom is part of the journal", "person_id"),
    "directory.external_ids": (_delete("person_id", Who.PERSON), *_keep(_AUTHOR, "linked_by_id")),
    "directory.registrations": _NOBODY,  # an account that is nobody's yet; it expires by itself
    "directory.email_confirmations": (_delete("person_id", Who.PERSON),),
    "directory.invitations": (_delete("student_id"),),
    "directory.consents": (
        *_keep(_CONSENT, "person_id"),
        *_keep(_CONSENT, "student_id", who=Who.STUDENT),
        *_keep(_AUTHOR, "given_by_id", "withdrawn_by_id"),
    ),
    "directory.import_runs": _NOBODY,
    "directory.import_states": _NOBODY,
    "directory.import_state_pieces": _NOBODY,  # the rows of a source's last files: the source deletes them
    "diary.homework": (
        *_keep("the id of a student without a name", "student_ids", who=Who.STUDENT),
        *_keep(_AUTHOR, "author_id"),
    ),
    "diary.submissions": (_delete("student_id"), *_keep(_AUTHOR, "answered_by_id")),
    "diary.remarks": (_delete("student_id"), *_keep(_AUTHOR, "author_id")),
    "diary.comments": (_delete("student_id"), *_keep(_AUTHOR, "author_id")),
    "diary.attendance": (_clear("student_id", {"reason": None}),),
    "diary.absence_notices": (_delete("student_id"), *_keep(_AUTHOR, "sent_by_id", "confirmed_by_id")),
    "diary.acknowledgements": (_delete("student_id"), _delete("person_id", Who.PERSON)),
    "grades.works": _keep(_AUTHOR, "created_by_id"),
    "grades.work_kinds": _NOBODY,
    "grades.marks": (
        _clear("student_id", {"comment": None}),
        *_keep(_AUTHOR, "given_by_id", "history.changed_by_id"),
    ),
    "grades.grade_reviews": (
        _clear("student_id", {"reason": "", "answer": None}),
        *_keep(_AUTHOR, "requested_by_id", "answered_by_id"),
    ),
    "grades.final_grades": (
        *_keep(_JOURNAL, "student_id", who=Who.STUDENT),
        *_keep(_AUTHOR, "given_by_id", "history.changed_by_id"),
    ),
    "grades.grade_scales": _NOBODY,
    "grades.attestation_periods": _NOBODY,
    "grades.attestation_debts": _keep(_JOURNAL, "student_id", who=Who.STUDENT),
    "curriculum.curricula": _NOBODY,
    "curriculum.work_programmes": _NOBODY,
    "curriculum.calendar_periods": _NOBODY,
    "curriculum.module_courses": _NOBODY,
    "curriculum.course_choices": _keep(_JOURNAL, "student_id", who=Who.STUDENT),
    "schedule.lessons": _keep(
        "who taught whom is part of the journal",
        "teacher_ids",
        "substitution.original_teacher_id",
        "substitution.substitute_teacher_id",
    ),
    "schedule.bell_schedules": _NOBODY,
    "schedule.holidays": _NOBODY,
    "schedule.events": _NOBODY,
    "integrity.findings": (
        _delete("person_id", Who.PERSON),
        _delete("student_id"),
        *_keep(_AUTHOR, "accepted_by_id"),
    ),
    "integrity.runs": _keep(_AUTHOR, "requested_by_id"),
    "notifications.notifications": (_delete("person_id", Who.PERSON), _delete("student_id")),
    "notifications.settings": (_delete("person_id", Who.PERSON),),
    "notifications.letters": (_delete("person_id", Who.PERSON),),
    "portfolio.achievements": (
        _delete("student_id"),
        *_keep(_AUTHOR, "added_by_id", "confirmed_by_id", "teacher_id", "edited_by_ids", "rejected_by_id"),
    ),
    "portfolio.achievement_types": _NOBODY,
    "portfolio.scoring_tables": _NOBODY,
    "assessments.tests": _keep(_AUTHOR, "author_id"),
    "assessments.assignments": (_delete("student_id"),),
    "assessments.attempts": (_delete("student_id"), *_keep(_AUTHOR, "checked_by_id")),
    "services.services": _NOBODY,
    "services.subscriptions": (
        *_keep(_ACCOUNTS, "student_id", who=Who.STUDENT),
        *_keep(_AUTHOR, "subscribed_by_id", "ended_by_id"),
    ),
    "services.invoices": _keep(_ACCOUNTS, "student_id", who=Who.STUDENT),
    "services.accounts": _keep(_ACCOUNTS, "student_id", who=Who.STUDENT),
    "announcements.announcements": _keep(_AUTHOR, "author_id"),
    "announcements.reads": (_delete("person_id", Who.PERSON),),
    "messages.conversations": _keep(_AUTHOR, "created_by_id"),
    "messages.participants": (
        _delete("person_id", Who.PERSON),
        *_keep("ids without names", "member_ids", "admin_ids", "sender_ids"),
    ),
    "messages.messages": (
        _clear(
            "author_id",
            {"text": None, "signature": None, "terms": [], "attachments": [], "revisions": [], "is_deleted": True},
            Who.PERSON,
            owner="attached_as",
        ),
    ),
    "messages.reports": (
        *_keep("what was handed to the school is kept for its retention", "messages.author_id"),
        *_keep(_AUTHOR, "reported_by_id", "settled_by_id"),
    ),
    "messages.mailbox_settings": (_delete("person_id", Who.PERSON),),
    "audit.disclosures": (
        _delete("student_id"),
        *_keep("families may read who saw their data; an id without a name", "person_id"),
    ),
    "audit.events": (
        *_keep("details about a student are erased, the chain stays", "student_id", who=Who.STUDENT),
        *_keep("details of what a student or parent did are erased; of staff, by `audit erase`", "actor_id"),
    ),
    "audit.refusals": (_delete("person_id", Who.PERSON),),
    "analytics.questions": _keep("by them it is seen that somebody asks for suspiciously many tables", "person_id"),
    "downloads.calendar_feeds": (_delete("student_id"), _delete("person_id", Who.PERSON)),
    "downloads.query_keys": (_delete("person_id", Who.PERSON),),
    "downloads.exports": (_delete("person_id", Who.PERSON),),
    "downloads.export_pieces": _NOBODY,  # they expire with the export, within days
    "files.files": _keep("deleted by `files-sweep` once no document has it", "person_id"),
    "files.usage": _NOBODY,  # counts
    "files.url_keys": _NOBODY,
}


def rules_of(subsystem: str, collection: str) -> Sequence[Rule] | None:
    """The rules of a collection; None where nobody has said what becomes of it."""
    found = _RULES.get(f"{subsystem}.{collection}")
    return _OF_ALL.get(collection) if found is None else found


def named() -> frozenset[str]:
    """The collections with rules of their own."""
    return frozenset(_RULES)
