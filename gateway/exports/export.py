"""Runs an operation page after page and writes its rows into a file; a file is whole, or there is none."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from graphql import DocumentNode, OperationDefinitionNode, parse

from auth.viewer import Viewer
from connectors.processes import run_module
from gateway.engine.documents import PreparedOperation
from gateway.engine.encoding import encoded
from gateway.exports.columns import Table
from gateway.exports.csv_file import PLAIN, RUSSIAN, CsvFile
from gateway.exports.formats import Format
from gateway.exports.ics_file import IcsFile
from gateway.exports.json_file import JsonFile
from gateway.exports.pages import ChangedMeanwhileError, PagedDocument, cut_list, next_cursor, read_whole
from gateway.exports.paper import TABLE, PagesAsRows, PagesAsWhole, print_pages
from gateway.exports.rows import Cell, rows_of
from gateway.exports.rules import ExportRules
from gateway.exports.saved_queries import SavedQuery
from gateway.languages import Language, Text, in_language
from gateway.operations.errors import Refused, error_result
from gateway.operations.request import OperationRequest
from gateway.operations.result import OperationResult
from gateway.operations.service import OperationService

PRUNED: Final = "UNAUTHORIZED_FIELD_OR_TYPE"
"""The code of a field that the role may not read: its column is there, and empty."""
_PIECE: Final = 65_536

_TOO_MANY: Final = Text(
    "The list has more than {maximum} rows: narrow it by its arguments.",
    "В списке больше строк, чем {maximum}: сузьте выборку аргументами.",
)
_TOO_LONG: Final = Text(
    "The file was not ready after {maximum} s: narrow the list by its arguments.",
    "Файл не удалось подготовить за {maximum} с: сузьте выборку аргументами.",
)
_CUT: Final = Text(
    "The inner list {name} goes on beyond its page, and shares its cursor with another list: give it one of its own.",
    "Вложенный список {name} не помещается на страницу и делит курсор с другим списком: дайте ему свой.",
)
_CHANGED: Final = Text(
    "The list changed while the file was written: ask for the file again.",
    "Список изменился, пока создавался файл: запросите файл ещё раз.",
)


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A finished file, in a temporary directory of its own; whoever has sent it removes the directory."""

    directory: tempfile.TemporaryDirectory[str]
    path: Path
    format: Format
    name: str
    """The name under which a browser saves the file."""
    results: list[OperationResult]
    """The results of all pages, without their answers."""

    rows: int
    """How many rows it has."""

    def pieces(self, size: int = _PIECE) -> Iterator[bytes]:
        """The content of the file, in pieces of *size* bytes."""
        with self.path.open("rb") as file:
            while piece := file.read(size):
                yield piece


Progress = Callable[[int], Awaitable[None]]
"""Called with the number of rows that are written."""


class _Writer(Protocol):
    def write(self, rows: Iterator[list[Cell]], data: Mapping[str, Any]) -> None: ...


_FILES: Final[Mapping[Format, type[IcsFile | JsonFile]]] = {Format.ICS: IcsFile, Format.JSON: JsonFile}
"""The writers of files that have an end to be written."""


@dataclass(slots=True)
class Exports:
    """Runs operations and writes the list that each returns into a file."""

    service: OperationService
    rules: ExportRules = field(default_factory=ExportRules)
    printed: Mapping[str, SavedQuery] = field(default_factory=dict)
    """The saved queries that have a template for print, by their documents."""
    _turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.rules.at_once)

    async def export(
        self,
        viewer: Viewer,
        request: OperationRequest,
        format_: Format,
        spoken: Language,
        deadline: Callable[[], float],
        progress: Progress | None = None,
    ) -> ExportedFile | OperationResult:
        """The list of an operation as a file for readers of a language; a result with errors where there is none.

        *progress* is told after each page how many rows there are. *deadline* returns the time, in the event loop's, by
        which the reads of a page that begins now have to end.
        """
        export = _Export(self, viewer, replace(request, queries_only=True, tells_cost=False), deadline, progress)
        try:
            async with asyncio.timeout(self.rules.timeout_s), self._turns:
                return await export.file(format_, spoken)
        except TimeoutError:
            maximum = f"{self.rules.timeout_s:g}"
            refused = Refused(HTTPStatus.BAD_REQUEST, _TOO_LONG.format(maximum=maximum), code="EXPORT_TOO_LONG")
            return export.failed(refused)
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            return export.failed(error)


@dataclass(slots=True)
class _Export:
    exports: Exports
    viewer: Viewer
    request: OperationRequest
    deadline: Callable[[], float]
    progress: Progress | None = None
    rows: int = 0
    results: list[OperationResult] = field(default_factory=list)

    def failed(self, error: Exception) -> OperationResult:
        """The result of an export that raised *error*, with the costs of all pages that ran."""
        return self._with_costs(error_result(error, self.request.request_id))

    def _with_costs(self, result: OperationResult) -> OperationResult:
        last = self.results[-1:]
        return replace(
            result,
            operation=last[0].operation if last else "",
            kind=last[0].kind if last else "",
            estimated=sum(page.estimated for page in self.results),
            actual=sum(page.actual for page in self.results),
        )

    async def file(self, format_: Format, spoken: Language) -> ExportedFile | OperationResult:
        prepared = await self.exports.service.prepare(self.viewer, self.request)
        table = Table.of(prepared.operation.tree)
        directory = tempfile.TemporaryDirectory(prefix="school-gateway-export-")
        path = Path(directory.name, f"rows.{format_}")
        try:
            failed = await self._write(path, format_, spoken, prepared, table)
        except BaseException:
            directory.cleanup()
            raise
        if failed is not None:
            directory.cleanup()
            return failed
        name = prepared.operation.node.name
        return ExportedFile(
            directory, path, format_, f"{name.value if name else 'export'}.{format_}", self.results, self.rows
        )

    async def _write(
        self, path: Path, format_: Format, spoken: Language, prepared: PreparedOperation, table: Table
    ) -> OperationResult | None:
        document = _paged(prepared, table)
        if format_ is Format.PDF:
            return await self._print(path, spoken, prepared, table, document)
        if format_ is Format.CSV:
            with path.open("w", encoding="utf-8", newline="") as text:
                dialect = RUSSIAN if spoken is Language.RUSSIAN else PLAIN
                return await self._write_pages(CsvFile(text, table.columns, dialect), table, document)
        if format_ in _FILES:
            with path.open("wb") as file:
                writer = _FILES[format_](file, table.columns)
                failed = await self._write_pages(writer, table, document)
                writer.close()
                return failed
        lines = path.with_suffix(".jsonl")
        with lines.open("wb") as rows:
            heading = [[column.title for column in table.columns], [column.kind.value for column in table.columns]]
            rows.write(orjson.dumps(heading) + b"\n")
            failed = await self._write_pages(_Lines(rows), table, document)
        if failed is None:
            await run_module("gateway.exports.xlsx_file", lines, path)
        return failed

    async def _print(
        self, path: Path, spoken: Language, prepared: PreparedOperation, table: Table, document: PagedDocument
    ) -> OperationResult | None:
        """Print the pages of an operation: by the template of its saved query, or its rows as a table."""
        saved = self.exports.printed.get(prepared.operation.source.strip())
        template = saved.template if saved else None
        pages = PagesAsWhole(table) if template else PagesAsRows(table)
        most = self.exports.rules.pdf_rows
        failed = await self._write_pages(pages, table, document, most=most)
        if failed is None:
            name = prepared.operation.node.name
            title = in_language(saved.title, spoken) if saved else name.value if name else "Export"
            today = self.exports.service.day_of(self.viewer)
            about = {"title": title, "language": spoken, "today": today, "days": self.request.variables.get("days")}
            memory = self.exports.rules.pdf_memory_mb
            await print_pages(path, template or TABLE, {**about, **pages.content}, memory)
        return failed

    async def _write_pages(
        self, writer: _Writer, table: Table, document: PagedDocument, *, most: int | None = None
    ) -> OperationResult | None:
        """Write every page of the operation; returns the result of the page that failed, None where none did.

        There are *most* rows at most, by default those that a file may have.

        Raises `Refused` where there are too many rows, or not all of an inner list.
        """
        most = most or self.exports.rules.rows
        variables = {**document.begins_after, **self.request.variables}
        outermost = document.outermost
        while True:

            async def again(further: Mapping[str, Any], before: Mapping[str, Any] = variables) -> dict[str, Any]:
                return await self._data(document.text, {**before, **further})

            try:
                data = await again({})
                await read_whole(table, document, data, again, most)
            except _PageFailed as failed:
                return self._with_costs(_without_data(failed.result))
            except ChangedMeanwhileError as error:
                raise Refused(HTTPStatus.CONFLICT, _CHANGED, code="EXPORT_CHANGED") from error
            rows = list(rows_of(table, data))
            self.rows += len(rows)
            self._check(self.rows, cut_list(table, data), most)
            writer.write(iter(rows), data)
            if self.progress is not None:
                await self.progress(self.rows)
            cursor = next_cursor(table, data) if outermost is not None else None
            if cursor is None or outermost is None:
                return None
            variables = {**variables, outermost: cursor}

    async def _data(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of the operation with these variables; raises `_PageFailed` where it has errors."""
        result = await self._page(text, variables)
        answer = orjson.loads(encoded(result.answer))
        data: dict[str, Any] | None = answer.get("data")
        if data is None or any(error["extensions"]["code"] != PRUNED for error in answer.get("errors", ())):
            raise _PageFailed(result)
        return data

    def _check(self, count: int, cut: str | None, most: int) -> None:
        if count > most:
            extensions = {"limit": "rows", "maximum": most}
            raise Refused(
                HTTPStatus.BAD_REQUEST, _TOO_MANY.format(maximum=most), code="EXPORT_TOO_LARGE", extensions=extensions
            )
        if cut is not None:
            message = _CUT.format(name=cut)
            raise Refused(HTTPStatus.BAD_REQUEST, message, code="EXPORT_INCOMPLETE", extensions={"list": cut})

    async def _page(self, text: str, variables: Mapping[str, Any]) -> OperationResult:
        """Run one page; every page but the first waits while the quota does not allow it."""
        request = replace(
            self.request, query=text, variables=variables, document_id=None, persisted_hash=None, is_derived=True
        )
        while True:
            result = await self.exports.service.run(self.viewer, request, self.deadline())
            if result.status != HTTPStatus.TOO_MANY_REQUESTS or result.retry_after_s is None or not self.results:
                self.results.append(replace(result, answer={}))
                return result
            await asyncio.sleep(result.retry_after_s)


class _PageFailed(Exception):
    """A page of an export has errors."""

    def __init__(self, result: OperationResult) -> None:
        self.result = result


def _without_data(result: OperationResult) -> OperationResult:
    """The errors of a result, with a status that says that there is no file."""
    codes = [error["extensions"]["code"] for error in result.answer.get("errors", ())]
    status = result.status
    if status == HTTPStatus.OK:
        is_away = "SOURCE_UNAVAILABLE" in codes
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.BAD_REQUEST
    answer = {key: value for key, value in result.answer.items() if key != "data"}
    return replace(result, answer=answer, status=status, cache_policy=None)


def _paged(prepared: PreparedOperation, table: Table) -> PagedDocument:
    operation = prepared.operation
    document: DocumentNode = parse(operation.source, allow_empty_selection_sets=False)
    chosen = next(
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (operation.name is None or (node.name is not None and node.name.value == operation.name))
    )
    return PagedDocument.of(document, chosen, table)


class _Lines:
    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, rows: Iterator[list[Cell]], _data: Mapping[str, Any]) -> None:
        self._file.writelines(orjson.dumps(row) + b"\n" for row in rows)
