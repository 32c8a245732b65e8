"""Exports: files that are made in the background, for lists that take longer than a request may."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from uuid import uuid4

import orjson

from connectors.downloads import EXPORTS, Export, ExportFormat, ExportLanguage, ExportState, new_secret
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import mint
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserError, UserErrorCode, fact

ADDRESS_LASTS_S: Final = 900
"""How long an address of a file can be used at least. It ends on the grid of this length, so that an export gives one
address to all who look at it within a quarter of an hour: equal requests have equal answers."""
_EMPTY: Final = Text("Send the operation to run.", "Отправьте операцию, которую нужно выполнить.")
_TOO_LONG: Final = Text("This has more than {limit} characters.", "Здесь больше символов, чем {limit}.")
_NO_OBJECT: Final = Text("This is not a JSON object.", "Это не объект JSON.")
_TOO_MANY: Final = Text(
    "{limit} exports of yours wait or run already: send this one later.",
    "Уже выполняются или ждут ваши выгрузки ({limit}): отправьте эту позже.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """The operation whose list is to become a file."""

    document: str
    """The document of one query, as it would be sent to the graph."""

    format: ExportFormat
    """The kind of file."""

    variables: str = "{}"
    """The variables as JSON."""

    language: ExportLanguage = ExportLanguage.RU
    """The language of the file."""


class ReportedExport(TypedDict):
    """A resolver's value for the payload: which export it is, and the user's errors."""

    export_id: str | None
    user_errors: list[UserError]


async def export_report(input: ExportReport, info: Info, transaction: Transaction) -> Outcome:
    """Have the list of an operation made into a file in the background, as the viewer."""
    problems, viewer, rules = Problems(), info.viewer, info.writing.rules
    if not input.document.strip():
        problems.add(UserErrorCode.REQUIRED, _EMPTY, "document")
    for name, text in (("document", input.document), ("variables", input.variables)):
        if len(text) > rules.export_characters:
            limit = rules.export_characters
            problems.add(UserErrorCode.TOO_LONG, _TOO_LONG.format(limit=limit), name, limit=limit)
    if not _is_object(input.variables):
        problems.add(UserErrorCode.INVALID_INPUT, _NO_OBJECT, "variables")
    own = {"person_id": viewer.person_id, "state": {"$in": [ExportState.QUEUED, ExportState.RUNNING]}}
    if await transaction.count(EXPORTS.name, own, most=rules.exports) >= rules.exports:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=rules.exports), limit=rules.exports)
    problems.check()
    now = datetime.now(UTC)
    export = Export(
        _id=mint("Export", uuid4().hex),
        person_id=viewer.person_id,
        role=viewer.role,
        document=input.document,
        variables=input.variables,
        format=input.format,
        language=input.language,
        state=ExportState.QUEUED,
        attempts=0,
        rows=0,
        failure=None,
        rights=None,
        secret=new_secret(),
        file_name=None,
        size=None,
        queued_at=now,
        ended_at=None,
        expires_at=now + timedelta(hours=rules.keep_exports_hours),
    )
    await transaction.insert(EXPORTS.name, [export])
    schools = viewer.school_ids[:1]
    facts = [fact(info, "exportReport", export["_id"], school, after={"format": input.format}) for school in schools]
    return Outcome({"export_id": export["_id"]}, facts)


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


async def exports_of_viewer(viewers: Sequence[object], info: Info) -> list[list[Any]]:
    """The exports of the viewer that have not expired, the latest first."""
    columns = info.columns | {"expires_at"}
    [found] = await info.read(info.connectors.downloads.exports_of, [info.viewer.person_id], columns=columns)
    now = datetime.now(UTC)
    return [[own for own in found or () if own["expires_at"] > now]] * len(viewers)


async def exports(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The viewer's own export of each id."""
    columns = info.columns | {"person_id"}
    found = await info.read(info.connectors.downloads.exports_by_ids, ids, columns=columns)
    return [own if own and own["person_id"] == info.viewer.person_id else None for own in found]


def paths(exports: Sequence[Mapping[str, Any]], info: Info) -> list[str | None]:
    """The address of each file, signed anew; None where there is none."""
    until = (int(datetime.now(UTC).timestamp()) // ADDRESS_LASTS_S + 2) * ADDRESS_LASTS_S
    return [
        f"/exports/{own['_id']}?until={until}&signature={signature(own['_id'], until, own['secret'])}"
        if own["state"] == ExportState.DONE
        else None
        for own in exports
    ]


def signature(export_id: str, until: int, secret: str) -> str:
    """The HMAC in the download address of an exported file, valid *until* a Unix time in seconds."""
    return hmac.new(secret.encode(), f"{export_id} {until}".encode(), hashlib.sha256).hexdigest()
