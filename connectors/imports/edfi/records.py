"""Records of Ed-Fi interchange files, and the values in them."""

from hashlib import blake2b
from typing import Final

from connectors.imports import values
from connectors.imports.errors import Unusable
from connectors.imports.summary import Place
from connectors.vocabulary import Day


class Record:
    """One entity of a file: the texts of its leaves by path, such as `Name/FirstName`.

    The `ref` attribute of an element is found under its path and `@ref`.
    """

    __slots__ = ("entity", "file", "line", "ordinal", "texts", "xml_id")

    def __init__(self, entity: str, file: str, line: int, ordinal: int, xml_id: str | None) -> None:
        self.entity = entity
        self.file = file
        self.line = line
        self.ordinal = ordinal
        """Which record of its file it is, counted from 1."""
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
        return values.day(self.need(path), _last(path))

    def day_or_none(self, path: str) -> Day | None:
        """The day at *path*, if any."""
        found = self.one(path)
        return values.day(found, _last(path)) if found else None

    def span(self, first: str, last: str) -> tuple[Day, Day | None]:
        """The days at two paths, of which the last may be open.

        Raises:
            Unusable: there is no first day, or the last one is before it.
        """
        begins_on, ends_on = self.day(first), self.day_or_none(last)
        if ends_on is not None and ends_on < begins_on:
            raise Unusable(f"{_last(last)} is before {_last(first)}")
        return begins_on, ends_on

    def open_span(self, first: str, last: str) -> tuple[Day | None, Day | None]:
        """The days at two paths, either of which may be open; as `span` does, it refuses a reversed one."""
        return self.span(first, last) if self.one(first) else (None, self.day_or_none(last))

    def time(self, path: str) -> str | None:
        """The time of day at *path* as `08:35`, if any."""
        found = self.one(path)
        return values.clock(found, _last(path)) if found else None

    def whole(self, path: str) -> int | None:
        """The whole number at *path*, if any."""
        found = self.one(path)
        return values.whole(found, _last(path)) if found else None

    def number(self, path: str) -> int | float | None:
        """The number at *path*, if any: int where it is whole."""
        found = self.one(path)
        return values.number(found, _last(path)) if found else None

    def fingerprint(self) -> str:
        """A short text that two records share only where their contents are equal; where they stand plays no part."""
        contents = repr((self.entity, sorted(self.texts.items())))
        return blake2b(contents.encode(), digest_size=8).hexdigest()

    @property
    def place(self) -> Place:
        """The file and line of the record."""
        return Place(self.file, self.line)

    @property
    def label(self) -> str:
        """How a skipped record is called: its own name, and where it stands."""
        named = self.xml_id or next((found[0] for path, found in self.texts.items() if path.endswith(_NAMES)), "?")
        return f"{named} ({self.place})"


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_NAMES: Final = ("UniqueId", "Identifier", "Id", "Name", "Code", "@ref")


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def word(descriptor: str) -> str:
    """The word of a descriptor's URI."""
    return descriptor.rpartition("#")[2]
