"""Tables as text with delimiters (CSV): their encoding and delimiter are found, rows come with their line numbers."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Final, NamedTuple

from connectors.imports.errors import ImportFailed, MalformedFile
from connectors.imports.inputs import InputFile, readable

_CHUNK: Final = 2**16
_LONGEST_LINE: Final = 2**20
"""No row of a table is longer, and a file without line breaks would fill the memory."""

_DELIMITERS: Final = ",;\t"
_LOOKED_AT: Final = 5
"""Lines by which the delimiter is found: a title without any may stand above the heading."""

_ENCODINGS: Final = ("utf-8-sig", "cp1251")
"""Tried in this order: a text of windows-1251 with a Cyrillic letter in it is almost never valid UTF-8."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Cells(NamedTuple):
    """A row of a table: the number of its first line, and its cells, composed and without spaces around them."""

    line: int
    values: list[str]


def rows(file: InputFile) -> Iterator[Cells]:
    """The rows of a file that are not empty, the heading among them.

    Raises:
        ImportFailed: the file cannot be read as text of a known encoding.
        MalformedFile: a quotation mark is never closed, or a cell or a line is longer than any value.
    """
    with readable(file.name):
        encoding = _encoding(file)
        with file.open() as binary, io.TextIOWrapper(binary, encoding, newline="") as text:
            yield from _rows(file.name, text)


def _rows(name: str, text: io.TextIOWrapper) -> Iterator[Cells]:
    lines = _lines(name, text)
    first = list(islice(lines, _LOOKED_AT))
    looked_at = "".join(first)
    delimiter = max(_DELIMITERS, key=lambda one: (looked_at.count(one), -_DELIMITERS.index(one)))
    reader = csv.reader(chain(first, lines), delimiter=delimiter, strict=True)
    line = 1
    try:
        for values in reader:
            cells = [unicodedata.normalize("NFC", value).strip() for value in values]
            if any(cells):
                yield Cells(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise MalformedFile(name, line, f"the row cannot be read: {error}") from error


def _lines(name: str, text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise MalformedFile(name, number, f"the line has more than {_LONGEST_LINE:,} characters")
        yield line


def _encoding(file: InputFile) -> str:
    with file.open() as binary:
        if binary.read(2) in _UTF_16:
            return "utf-16"
    for encoding in _ENCODINGS:
        with suppress(UnicodeDecodeError), file.open() as binary:
            decoder = codecs.getincrementaldecoder(encoding)()
            while chunk := binary.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return encoding
    raise ImportFailed(f"{file.name}: the text is neither UTF-8 nor windows-1251. Save it as CSV UTF-8.")
