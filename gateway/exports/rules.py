"""The limits of exports."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ExportRules(BaseModel):
    """How long and how large a file may be."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    queries: Path | None = None
    """The directory of further saved queries, `*.toml`; read at the start (docs/clients.md)."""
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 100_000
    """Rows of one file."""
    pdf_rows: Annotated[int, Field(gt=0, le=20_000)] = 2_000
    """Rows of one table in a PDF file."""
    pdf_memory_mb: Annotated[int, Field(ge=128, le=8_192)] = 512
    """Memory that the making of a PDF file may take, in a process of its own."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60
    """How long the making of a file may take, with the wait for its turn and for the quota."""
    job_timeout_s: Annotated[float, Field(gt=0, le=7_200)] = 900
    """How long the making of a file may take that is made in the background (`exportReport`)."""
    at_once: Annotated[int, Field(gt=0, le=64)] = 2
    """Files that one process makes at a time; other requests for files wait."""
