"""The kinds of file that a list can become."""

from enum import StrEnum
from pathlib import Path
from typing import Final


class Format(StrEnum):
    """The kinds of file, by the ends of their names."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    PDF = "pdf"
    ICS = "ics"

    @property
    def media_type(self) -> str:
        """The media type of such files."""
        return _MEDIA_TYPES[self]

    @property
    def is_text(self) -> bool:
        """Whether such a file is a text in UTF-8, and smaller when it is compressed."""
        return self in {Format.CSV, Format.JSON, Format.ICS}


_MEDIA_TYPES: Final = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.PDF: "application/pdf",
    Format.ICS: "text/calendar",
}

TEMPLATES: Final = Path(__file__).parent / "print"
"""The directory of the templates of printed pages."""

BY_ACCEPT: Final = (Format.CSV, Format.XLSX, Format.PDF, Format.ICS)
"""The kinds that a client asks for by `Accept`; JSON is there the answer of the graph itself."""
