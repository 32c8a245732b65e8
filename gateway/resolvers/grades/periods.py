"""Attestation periods of schools, and those that clients and final grades name."""

from collections.abc import Sequence
from typing import Any, Final

from connectors.directory import School
from connectors.grades import AttestationPeriod
from connectors.vocabulary import ClassId, PeriodId, SubjectId
from gateway.context import Info
from gateway.errors import InvalidInput, NotFound
from gateway.languages import Text

_NO_SUCH_PERIOD: Final = Text("no such attestation period", "такого аттестационного периода нет")

PERIOD: Final = frozenset(
    {"_id", "school_id", "academic_year", "name", "kind", "ordinal", "subject_id", "starts_on", "ends_on"}
)
"""The columns of a period that the report card and the filters of marks need."""


async def chosen_period(period_id: PeriodId, info: Info) -> AttestationPeriod:
    """The attestation period that a client names. Raises `InvalidInput` for a period of another school."""
    [found] = await info.read(info.connectors.grades.periods_by_ids, [period_id], columns=PERIOD)
    if found is None or found["school_id"] not in info.viewer.school_ids:
        raise InvalidInput("periodId", reason=_NO_SUCH_PERIOD)
    period: AttestationPeriod = found
    return period


async def periods(ids: Sequence[Any], info: Info) -> list[AttestationPeriod | None]:
    """For each id that a final grade names the attestation period."""
    return await info.read(info.connectors.grades.periods_by_ids, ids, columns=info.columns_of("AttestationPeriod"))


async def periods_of_schools(
    owners: Sequence[School],
    info: Info,
    academic_year: str | None = None,
    subject_id: SubjectId | None = None,
    class_id: ClassId | None = None,
) -> list[list[AttestationPeriod]]:
    """For each school its attestation periods in time (F78, trap T6).

    With a subject or a class, they are those bound to it; where it has none, those bound to no subject or class.
    """
    read = info.connectors.grades.periods_of
    found = await info.read(read, [own["_id"] for own in owners], academic_year=academic_year)
    return [_bound_to(own, subject_id, class_id) for own in found]


def _bound_to(
    periods: Sequence[AttestationPeriod], subject_id: SubjectId | None, class_id: ClassId | None
) -> list[AttestationPeriod]:
    if class_id is not None:
        periods = [own for own in periods if not own.get("class_ids") or class_id in own["class_ids"]]
    if subject_id is not None:
        own_periods = [own for own in periods if own["subject_id"] == subject_id]
        periods = own_periods or [own for own in periods if own["subject_id"] is None]
    if class_id is not None:
        subjects = {own["subject_id"] for own in periods if own.get("class_ids")}
        periods = [own for own in periods if own.get("class_ids") or own["subject_id"] not in subjects]
    return list(periods)


async def periods_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the attestation period of one of the viewer's schools; else `NotFound`."""
    columns = info.columns_of("AttestationPeriod") | {"school_id"}
    found = await info.read(info.connectors.grades.periods_by_ids, ids, columns=columns)
    return [own if own and own["school_id"] in info.viewer.school_ids else NotFound() for own in found]
