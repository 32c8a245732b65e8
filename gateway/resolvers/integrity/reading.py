"""Findings and runs of the viewer's schools."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from connectors.directory import School
from connectors.integrity import FindingState, IntegrityRule, IntegritySeverity
from connectors.integrity.reads import FindingsFilter
from connectors.vocabulary import Paging, SchoolId
from gateway.context import Connection, Info
from gateway.disclosures import DisclosedKind
from gateway.errors import NotFound
from gateway.writing import UserError

_OF_MARKS: Final = frozenset(
    {IntegrityRule.MARK_OUTSIDE_ENROLMENT, IntegrityRule.MARK_OUT_OF_SCALE, IntegrityRule.MARK_REPEATED}
)


class CheckedSchool(TypedDict):
    """A resolver's value for `RunIntegrityCheckPayload`."""

    run_id: str | None
    user_errors: list[UserError]


class HandledFinding(TypedDict):
    """A resolver's value for the payloads about one finding."""

    finding_id: str | None
    user_errors: list[UserError]


async def integrity_findings(
    roots: Sequence[object],
    info: Info,
    school_id: SchoolId | None = None,
    state: FindingState | None = None,
    rule: IntegrityRule | None = None,
    severity: IntegritySeverity | None = None,
    *,
    page: Paging,
) -> list[Connection | NotFound]:
    """The findings at the viewer's schools, or at one of them: errors first, then the latest."""
    own = info.viewer.school_ids
    if school_id is not None and school_id not in own:
        return [NotFound()] * len(roots)
    wanted = FindingsFilter(own if school_id is None else (school_id,), state, rule, severity)
    [found] = await info.page(
        info.connectors.integrity.findings_in,
        [wanted],
        page,
        order=("severity", "first_seen_at", "_id"),
        columns=info.columns | {"rule", "student_id"},
    )
    _disclose(found["nodes"], info)
    return [found] * len(roots)


async def findings(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The finding of each id, if it is of a school of the viewer."""
    columns = info.columns_of("IntegrityFinding") | {"school_id", "rule", "student_id"}
    found = await info.read(info.connectors.integrity.findings_by_ids, ids, columns=columns)
    readable = [own if own and own["school_id"] in info.viewer.school_ids else None for own in found]
    _disclose(filter(None, readable), info)
    return [own if own or wanted is None else NotFound() for own, wanted in zip(readable, ids, strict=True)]


async def runs(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The run of each id, if it is of a school of the viewer."""
    columns = info.columns | {"school_id"}
    found = await info.read(info.connectors.integrity.runs_by_ids, ids, columns=columns)
    return [own if own and own["school_id"] in info.viewer.school_ids else None for own in found]


async def last_runs(schools: Sequence[School], info: Info) -> list[Any]:
    """The run of each school that was requested last."""
    ids = [own["_id"] if own["_id"] in info.viewer.school_ids else None for own in schools]
    return await info.read(info.connectors.integrity.last_runs, ids, columns=info.columns)


def _disclose(found: Iterable[Mapping[str, Any]], info: Info) -> None:
    """Note for the families whose data administrators have read."""
    for own in found:
        if own["student_id"] is not None:
            kind = DisclosedKind.MARKS if own["rule"] in _OF_MARKS else DisclosedKind.PERSONAL
            info.disclose_kinds(frozenset({kind.value}), [own["student_id"]])
