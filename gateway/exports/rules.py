"""The limits of exports."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ExportRules(BaseModel):
    """How long and how large a file may be."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 100_000
    """Rows of one file."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60
    """How long the making of a file may take, with the wait for its turn and for the quota."""
    at_once: Annotated[int, Field(gt=0, le=64)] = 2
    """Files that one process makes at a time; other requests for files wait."""
