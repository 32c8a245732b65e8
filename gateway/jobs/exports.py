"""The job that makes the files of exports, one at a time."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
import structlog

from auth.errors import AuthError
from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors.downloads import MOST_ATTEMPTS, Downloads, Export, ExportLanguage, ExportState
from connectors.vocabulary import Day
from gateway.exports.export import ExportedFile, Exports
from gateway.exports.formats import Format
from gateway.jobs.job import Job
from gateway.languages import Language
from gateway.operations.request import OperationRequest

RUN: Final = "exports-run"
_LOOK_S: Final = 2.0
_MARGIN_S: Final = 60.0
_READS_S: Final = 30.0
"""How long the reads of one page may take: nobody waits for them."""
_PROGRESS_S: Final = 2.0
PIECE_BYTES: Final = 1_000_000

_log = structlog.get_logger(__name__)


def export_jobs(reports: "Reports") -> list[Job]:
    """The job that runs exports that wait."""
    return [
        Job(name=RUN, run=reports.run_one, period_s=_LOOK_S, deadline_s=reports.exports.rules.timeout_s + _MARGIN_S)
    ]


@dataclass(slots=True)
class Reports:
    """Makes the files of exports."""

    exports: Exports
    viewers: Viewers
    downloads: Downloads
    today: Callable[[str], Day]

    async def run_one(self) -> bool:
        """Run the export that has waited longest; returns whether there was one."""
        export = await self.downloads.begin_export()
        if export is None:
            return False
        if export["attempts"] > MOST_ATTEMPTS:
            await self._fail(export, "EXPORT_TOO_LONG")
            return True
        try:
            viewer = await self.viewers.of_person(
                export["person_id"], Role(export["role"]), today=self.today, deadline=self._deadline()
            )
        except AuthError as error:
            await self._fail(export, error.code)
            return True
        await self._make(export, viewer)
        return True

    async def _make(self, export: Export, viewer: Viewer) -> None:
        noted = asyncio.get_running_loop().time()

        async def progress(rows: int) -> None:
            nonlocal noted
            now = asyncio.get_running_loop().time()
            if now - noted > _PROGRESS_S:
                noted = now
                await self.downloads.change_export(export["_id"], rows=rows)

        request = OperationRequest(
            query=export["document"],
            variables=orjson.loads(export["variables"]),
            client="exports",
            request_id=export["_id"],
            is_derived=True,
        )
        language = Language.RUSSIAN if export["language"] == ExportLanguage.RU else Language.ENGLISH
        file = await self.exports.export(
            viewer, request, Format(export["format"].lower()), language, self._deadline, progress
        )
        if not isinstance(file, ExportedFile):
            codes = [error["extensions"]["code"] for error in file.answer["errors"]]
            await self._fail(export, codes[0])
            return
        size = 0
        with file.directory:
            for number, piece in enumerate(file.pieces(PIECE_BYTES)):
                size += len(piece)
                await self.downloads.put_piece(export, number, piece)
        await self.downloads.change_export(
            export["_id"],
            state=ExportState.DONE,
            rows=file.rows,
            rights=digest_of(viewer),
            file_name=file.name,
            size=size,
            ended_at=datetime.now(UTC),
        )

    async def _fail(self, export: Export, code: str) -> None:
        _log.info("export failed", code=code)
        await self.downloads.change_export(
            export["_id"], state=ExportState.FAILED, failure=code, ended_at=datetime.now(UTC)
        )

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + _READS_S


def digest_of(viewer: Viewer) -> str:
    """A digest of the rights of a viewer: a file that was made with other rights is not given away."""
    return hashlib.sha256(orjson.dumps(viewer, default=sorted, option=orjson.OPT_SORT_KEYS)).hexdigest()
