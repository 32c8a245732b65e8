"""The text of a document, which finds its lines once for all errors that name a place in it."""

import re
from bisect import bisect_left
from functools import cached_property
from typing import Final

from graphql import Source, SourceLocation

_LINE_TERMINATOR: Final = re.compile(r"\r\n|[\n\r]")


class LocatedSource(Source):
    """A source that keeps where its lines begin; graphql-core's reads the text from its start for every error."""

    @cached_property
    def _terminators(self) -> list[tuple[int, int]]:
        return [found.span() for found in _LINE_TERMINATOR.finditer(self.body)]

    def get_location(self, position: int) -> SourceLocation:
        """The line and the column of *position*, both counted from 1."""
        before = bisect_left(self._terminators, (position, 0))
        line_start = self._terminators[before - 1][1] if before else 0
        return SourceLocation(before + 1, position + 1 - line_start)
