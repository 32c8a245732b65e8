"""An administrator accepts a finding as it is, with a reason, or has it open again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.integrity import FINDINGS, FindingState
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, version_of
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_FINDING: Final = Text("There is no such finding at your schools.", "В ваших школах нет такого замечания проверки.")
_NOT_OPEN: Final = Text(
    "This finding is not open: it was accepted or corrected already.",
    "Это замечание не открыто: его уже приняли или исправили.",
)
_NOT_ACCEPTED: Final = Text("This finding was not accepted.", "Это замечание не было принято.")
_COLUMNS: Final = frozenset({"_id", "school_id", "student_id", "state", "reason", "version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptFinding:
    """A finding that stays as it is, and why."""

    finding_id: PublicId
    """The finding (`IntegrityFinding.id`)."""

    reason: str
    """Why it stays as it is: «однофамильцы, родились в один день»."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`IntegrityFinding.version`); null overwrites whatever is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenFinding:
    """An accepted finding that has to be looked at again."""

    finding_id: PublicId
    """The finding (`IntegrityFinding.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`IntegrityFinding.version`); null overwrites whatever is there."""


async def accept_finding(input: AcceptFinding, info: Info, transaction: Transaction) -> Outcome:
    """Accept a finding as it is: it stays accepted as long as the checks find the same."""
    problems = Problems()
    reason = checked_text(input.reason, problems, "reason", most=info.writing.rules.reason_characters)
    finding = await _finding(input.finding_id, input.version, FindingState.OPEN, info, transaction, problems)
    changes = {
        "state": FindingState.ACCEPTED.value,
        "reason": reason,
        "accepted_at": datetime.now(UTC),
        "accepted_by_id": info.viewer.person_id,
    }
    return await _changed("acceptFinding", finding, changes, info, transaction)


async def reopen_finding(input: ReopenFinding, info: Info, transaction: Transaction) -> Outcome:
    """Have an accepted finding open again."""
    finding = await _finding(input.finding_id, input.version, FindingState.ACCEPTED, info, transaction, Problems())
    changes = {"state": FindingState.OPEN.value, "reason": None, "accepted_at": None, "accepted_by_id": None}
    return await _changed("reopenFinding", finding, changes, info, transaction)


async def _finding(
    finding_id: PublicId,
    version: int | Absent | None,
    state: FindingState,
    info: Info,
    transaction: Transaction,
    problems: Problems,
) -> Any:
    """The finding, as it is in the transaction, if it is in this *state* and was seen so."""
    where = {"_id": finding_id, "school_id": {"$in": list(info.viewer.school_ids)}}
    found = await transaction.find_one(FINDINGS.name, where, columns=_COLUMNS)
    if found is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_FINDING, "findingId")
    problems.require_version(version)
    problems.in_order_of(AcceptFinding(finding_id=finding_id, reason=""))
    problems.check()
    ids = {"finding_id": finding_id}
    if not problems.is_stale(version, found or {}) and (found or {})["state"] != state:
        message = _NOT_OPEN if state is FindingState.OPEN else _NOT_ACCEPTED
        problems.add(UserErrorCode.NOT_ALLOWED, message, "findingId")
    problems.check(**ids)
    return found


async def _changed(action: str, finding: Any, changes: dict[str, Any], info: Info, transaction: Transaction) -> Outcome:
    change = {"$set": {**changes, "version": version_of(finding) + 1}}
    await transaction.update(FINDINGS.name, {"_id": finding["_id"]}, change)
    done = fact(
        info,
        action,
        finding["_id"],
        finding["school_id"],
        student_id=finding["student_id"],
        before={name: finding.get(name) for name in ("state", "reason")},
        after={name: changes[name] for name in ("state", "reason")},
        texts=("reason",),
    )
    return Outcome({"finding_id": finding["_id"]}, [done])
