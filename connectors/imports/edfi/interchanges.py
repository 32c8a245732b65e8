"""Ed-Fi interchange files as streams of records: one element below the root at a time, and nothing kept of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers import expat

from connectors.imports.edfi.records import Record
from connectors.imports.errors import ImportFailed, MalformedFile

CHUNK: Final = 1 << 16
"""Bytes parsed at once."""

LARGEST_RECORD: Final = 1_000_000
"""Characters and elements of one record; the largest of the Ed-Fi samples has a few thousand."""

REMEMBERED: Final = 5_000
SHORT: Final = 64
"""How many texts of a file, and how long ones, are one string however often they occur."""

DEEPEST: Final = 40
"""Levels of elements; Ed-Fi's schema needs about a dozen."""

_VERSION: Final = re.compile(r"(?:https?://)?(?:www\.)?ed-fi\.org/(?:(\d{2})(\d)(\d)|(\d+(?:\.\d+)*))/?", re.ASCII)
"""Of a namespace: `http://ed-fi.org/5.2.0`; before version 3 four digits without points, `http://ed-fi.org/0220`."""


class InterchangeFile:
    """One file; what its root says is known once its first records are read."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.interchange = ""
        """The name of its root element, such as `InterchangeStudent`."""
        self.version: str | None = None
        """The version of the Ed-Fi data standard, such as `5.2.0`; None where the root names none."""
        self._path = path

    def records(self) -> Iterator[tuple[list[Record], int]]:
        """The records in portions, each with how many more bytes were read for it.

        Raises:
            ImportFailed: the file cannot be opened.
            MalformedFile: it is no well-formed interchange.
        """
        parser = _Parser(self)
        with self._open() as source:
            while chunk := source.read(CHUNK):
                yield parser.feed(chunk), len(chunk)
        yield parser.feed(b"", last=True), 0

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise ImportFailed(f"{self.name}: {error.strerror}") from error


def version_of(namespace: str) -> str | None:
    """The version that a namespace names: `5.2.0` as it is, `0220` as `2.2`."""
    found = _VERSION.fullmatch(namespace)
    if found is None:
        return None
    major, minor, patch, pointed = found.groups()
    if pointed:
        return str(pointed)
    return f"{int(major)}.{minor}" + (f".{patch}" if patch != "0" else "")


class _Parser:
    """Expat without what XML can be abused for: no document type, hence no entities and nothing external."""

    def __init__(self, file: InterchangeFile) -> None:
        self._about = file
        self._file = file.name
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._open: list[str] = []  # the path of each open element; empty for the root and for a record
        self._text: list[str] = []
        self._lately: dict[str, str] = {}
        self._size = 0
        self._record = Record("", file.name, 0, 0, None)
        self._finished: list[Record] = []

    def feed(self, chunk: bytes, *, last: bool = False) -> list[Record]:
        """The records that *chunk* completes."""
        try:
            self._expat.Parse(chunk, last)
        except expat.ExpatError as error:
            raise MalformedFile(self._file, error.lineno, expat.ErrorString(error.code)) from error
        except (LookupError, ValueError) as error:  # what Python's codecs say of an encoding that expat does not know
            raise self._refuse("its encoding cannot be read; UTF-8 can") from error
        finished, self._finished = self._finished, []
        return finished

    def _refuse(self, problem: str) -> MalformedFile:
        return MalformedFile(self._file, self._expat.CurrentLineNumber, problem)

    def _doctype(self, *_: object) -> None:
        raise self._refuse("a document type declaration is not accepted")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        depth = len(self._open)
        if depth == 0:
            if not local.startswith("Interchange"):
                raise self._refuse(f"<{local}> is no Ed-Fi interchange")
            self._about.interchange, self._about.version = local, version_of(namespace)
            path = ""
        elif depth == 1:
            ordinal = self._record.ordinal + 1
            self._record = Record(local, self._file, self._expat.CurrentLineNumber, ordinal, attributes.get("id"))
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
        """Equal short texts of a file as one string, for the survey keeps many of them."""
        if len(text) > SHORT:
            return text
        if len(self._lately) >= REMEMBERED:
            self._lately.clear()
        return self._lately.setdefault(text, text)

    def _grow(self, by: int) -> None:
        self._size += by
        if self._size > LARGEST_RECORD:
            raise self._refuse(f"a record is larger than {LARGEST_RECORD:,} characters")
