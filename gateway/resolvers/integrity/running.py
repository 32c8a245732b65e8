"""An administrator has the data of a school checked (F134)."""

from dataclasses import dataclass
from typing import Final

from connectors.checks.runs import new_run
from connectors.integrity import CHECK_RUNS
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_SCHOOL: Final = Text("This is not a school of yours.", "Это не ваша школа.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIntegrityCheck:
    """The school whose data are to be checked."""

    school_id: SchoolId
    """A school of the administrator."""


async def run_integrity_check(input: RunIntegrityCheck, info: Info, transaction: Transaction) -> Outcome:
    """Have the school's data checked in the background; a run that waits or is at work already is the answer."""
    problems = Problems()
    if input.school_id not in info.viewer.school_ids:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_SCHOOL, "schoolId")
    unfinished = {"school_id": input.school_id, "is_unfinished": True}
    found = await transaction.find_one(CHECK_RUNS.name, unfinished, columns=frozenset({"_id"}))
    if found is not None:
        return Outcome({"run_id": found["_id"]}, is_new=False)
    run = new_run(input.school_id, info.viewer.person_id)
    await transaction.insert(CHECK_RUNS.name, [run])
    done = fact(info, "runIntegrityCheck", run["_id"], input.school_id)
    return Outcome({"run_id": run["_id"]}, [done])
