"""Rows of `doctor` about the integrity checks: the findings that are open, and runs that failed."""

from connectors.assembly import Connectors
from connectors.integrity import CHECK_RUNS, FINDINGS, CheckState, FindingState
from gateway.cli.terminal import console


async def check_integrity(connectors: Connectors) -> bool:
    """Print how many findings are open by their rule, and return whether the last run of each school succeeded.

    Findings are for a school's administrators to look at: they are no fault of the installation.
    """
    database = connectors.databases["integrity"]
    counts = {}
    for rule in await database[FINDINGS.name].distinct("rule", {"state": FindingState.OPEN.value}):
        where = {"rule": rule, "state": FindingState.OPEN.value}
        counts[rule] = await database[FINDINGS.name].count_documents(where)
    named = ", ".join(f"{count:,} {rule}" for rule, count in sorted(counts.items()))
    console.print(f"integrity: {named or 'no finding is open'}", highlight=False, soft_wrap=True)
    failed = 0
    for school in await database[CHECK_RUNS.name].distinct("school_id"):
        last = await database[CHECK_RUNS.name].find_one({"school_id": school}, sort=[("requested_at", -1)])
        failed += last is not None and last["state"] == CheckState.FAILED.value
    if failed:
        console.print(f"integrity: [red]the last check of {failed:,} schools failed[/]")
    return not failed
