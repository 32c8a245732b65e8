"""Reads of the findings and runs of the integrity checks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from connectors.declarations import Connector, Read, by_ids
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.integrity.documents import CHECK_RUNS, FINDINGS, IN_ORDER, CheckRun, IntegrityFinding
from connectors.mongo import Deadline, without_none
from connectors.vocabulary import Columns, Page, Paging, SchoolId


class FindingsFilter(NamedTuple):
    """Which findings are wanted; None asks nothing."""

    school_ids: tuple[SchoolId, ...]
    state: str | None
    rule: str | None
    severity: str | None


class Integrity(Connector):
    """Reads of the integrity checks."""

    collections = (FINDINGS, CHECK_RUNS, FACTS, KEYS)

    findings_by_ids: Read[str, IntegrityFinding] = by_ids(FINDINGS)
    """The finding of each id."""

    runs_by_ids: Read[str, CheckRun] = by_ids(CHECK_RUNS)
    """The run of each id."""

    async def findings_in(
        self, filters: Sequence[FindingsFilter], /, *, columns: Columns, deadline: Deadline, paging: Paging
    ) -> Mapping[FindingsFilter, Page]:
        """A page of the findings that each filter lets through: errors first, then the latest."""
        wheres = {
            own: {
                "school_id": {"$in": list(own.school_ids)},
                **without_none(state=own.state, rule=own.rule, severity=own.severity),
            }
            for own in filters
        }
        return await self.source.pages_of(
            FINDINGS.name, wheres, order=IN_ORDER, paging=paging, columns=columns, deadline=deadline
        )

    async def last_runs(
        self, schools: Sequence[SchoolId], /, *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, Any]:
        """The run of each school that was requested last."""
        pages = await self.source.pages_of(
            CHECK_RUNS.name,
            {school: {"school_id": school} for school in schools},
            order=[("requested_at", -1), ("_id", -1)],
            paging=Paging(1, None, looks_on=False),
            columns=columns,
            deadline=deadline,
        )
        return {school: page.nodes[0] for school, page in pages.items() if page.nodes}
