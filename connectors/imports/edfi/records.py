"""Ed-Fi interchange files as a stream of records: one element below the root at a time, and nothing kept behind it."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers import expat

from connectors.errors import ConnectorError
from connectors.ids import Day

CHUNK: Final = 1 << 16
"""Bytes parsed at once."""

LARGEST_RECORD: Final = 1_000_000
"""Characters and elements of one record; the largest of the Ed-Fi samples has a few thousand."""

REMEMBERED: Final = 5_000
SHORT: Final = 64
"""How many texts of a file, and how long ones, are kept once however often they are told."""

DEEPEST: Final = 40
"""Levels of elements; Ed-Fi's schema needs about a dozen."""


class ImportFailed(ConnectorError):
    """The files cannot be imported; the text says which, where and why."""


class MalformedFile(ImportFailed):
    """A file that is no well-formed Ed-Fi interchange."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}, line {line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class Unusable(Exception):
    """One record cannot be imported; the text is the reason."""


class Record:
    """One entity as its file tells it: the texts of its leaves by path, such as `Name/FirstName`.

    The `ref` attribute of an element is found under its path and `@ref`.
    """

    __slots__ = ("entity", "file", "line", "texts", "xml_id")

    def __init__(self, entity: str, file: str, line: int, xml_id: str | None) -> None:
        self.entity = entity
        self.file = file
        self.line = line
        self.xml_id = xml_id
        self.texts: dict[str, list[str]] = {}

    def every(self, path: str) -> list[str]:
        """All texts at *path*, in the order of the file."""
        return self.texts.get(path, [])

    def one(self, path: str) -> str | None:
        """The first text at *path*."""
        found = self.texts.get(path)
        return found[0] if found else None

    def need(self, path: str) -> str:
        """The first text at *path*, without which the record is unusable."""
        found = self.texts.get(path)
        if not found:
            raise Unusable(f"without {_last(path)}")
        return found[0]

    def term(self, path: str) -> str | None:
        """The word of a descriptor: `Tardy` of `uri://ed-fi.org/AttendanceEventCategoryDescriptor#Tardy`."""
        found = self.texts.get(path)
        return word(found[0]) if found else None

    def flag(self, path: str) -> bool | None:
        """A truth value, or None where the file says neither."""
        return _FLAGS.get(self.one(path) or "")

    def day(self, path: str) -> Day:
        """The day at *path*, without which the record is unusable."""
        return _day(self.need(path), path)

    def day_or_none(self, path: str) -> Day | None:
        """The day at *path*, if any."""
        found = self.one(path)
        return _day(found, path) if found else None

    def whole(self, path: str) -> int | None:
        """The whole number at *path*, if any."""
        found = self.number(path)
        return None if found is None else int(found)

    def number(self, path: str) -> int | float | None:
        """The number at *path*, if any: int where it is whole."""
        found = self.one(path)
        if found is None:
            return None
        try:
            number = Decimal(found)
        except InvalidOperation:
            raise Unusable(f"{_last(path)} is not a number") from None
        if not number.is_finite():
            raise Unusable(f"{_last(path)} is not a number")
        return int(number) if number == number.to_integral_value() else float(number)

    @property
    def label(self) -> str:
        """What to call this record when it is skipped: its own name, and where it stands."""
        named = self.xml_id or next((found[0] for path, found in self.texts.items() if path.endswith(_NAMES)), "?")
        return f"{named} ({self.file}:{self.line})"


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_NAMES: Final = ("UniqueId", "Identifier", "Id", "Name", "Code", "@ref")


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def word(descriptor: str) -> str:
    """The word of a descriptor's URI."""
    return descriptor.rpartition("#")[2]


def _day(text: str, path: str) -> Day:
    try:
        return Day(date.fromisoformat(text[:10]).isoformat())
    except ValueError:
        raise Unusable(f"{_last(path)} is not a date") from None


def clock(text: str) -> str:
    """A time of day as `08:35`."""
    try:
        return time.fromisoformat(text[:8]).isoformat("minutes")
    except ValueError:
        raise Unusable("a time of day cannot be read") from None


def records_in(path: Path) -> Iterator[tuple[list[Record], int]]:
    """The records of a file in portions, each with the number of bytes read so far."""
    parser = _Parser(path.name)
    done = 0
    with _opened(path) as source:
        while chunk := source.read(CHUNK):
            done += len(chunk)
            yield parser.feed(chunk), done
    yield parser.feed(b"", last=True), done


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportFailed(f"{path.name}: {error.strerror}") from error


class _Parser:
    """Expat without what XML can be abused for: no document type, hence no entities and nothing external."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._open: list[str] = []  # the path of each open element; empty for the root and for the record
        self._text: list[str] = []
        self._lately: dict[str, str] = {}
        self._size = 0
        self._record = Record("", file, 0, None)
        self._finished: list[Record] = []

    def feed(self, chunk: bytes, *, last: bool = False) -> list[Record]:
        """The records that *chunk* completes."""
        try:
            self._expat.Parse(chunk, last)
        except expat.ExpatError as error:
            raise MalformedFile(self._file, error.lineno, expat.ErrorString(error.code)) from error
        finished, self._finished = self._finished, []
        return finished

    def _refuse(self, problem: str) -> MalformedFile:
        return MalformedFile(self._file, self._expat.CurrentLineNumber, problem)

    def _doctype(self, *_: object) -> None:
        raise self._refuse("a document type declaration is not accepted")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        depth = len(self._open)
        if depth == 0:
            if not local.startswith("Interchange"):
                raise self._refuse(f"<{local}> is no Ed-Fi interchange")
            path = ""
        elif depth == 1:
            self._record = Record(local, self._file, self._expat.CurrentLineNumber, attributes.get("id"))
            self._size = 0
            path = ""
        else:
            path = f"{self._open[-1]}/{local}" if depth > 2 else local  # noqa: PLR2004 - below the record
            if "ref" in attributes:
                self._record.texts.setdefault(f"{path}@ref", []).append(attributes["ref"])
            self._grow(1)
        if depth > DEEPEST:
            raise self._refuse(f"elements are nested deeper than {DEEPEST}")
        self._open.append(path)
        self._text.clear()

    def _end(self, _: str) -> None:
        path = self._open.pop()
        if path:
            text = "".join(self._text).strip()
            if text:
                self._record.texts.setdefault(path, []).append(self._shared(text))
        elif len(self._open) == 1:
            self._finished.append(self._record)
        self._text.clear()

    def _characters(self, text: str) -> None:
        self._grow(len(text))
        self._text.append(text)

    def _shared(self, text: str) -> str:
        """The same short text as lately, as one string: what the survey keeps of a file repeats itself."""
        if len(text) > SHORT:
            return text
        if len(self._lately) >= REMEMBERED:
            self._lately.clear()
        return self._lately.setdefault(text, text)

    def _grow(self, by: int) -> None:
        self._size += by
        if self._size > LARGEST_RECORD:
            raise self._refuse(f"a record is larger than {LARGEST_RECORD:,} characters")
