"""A clamd looks through contents; what it does not answer is not decided."""

from collections.abc import AsyncIterator

import pytest

from connectors.files.scanning import ScannerFailed
from tests.connectors.files.clamd import clamd


async def pieces(*every: bytes) -> AsyncIterator[bytes]:
    for piece in every:
        yield piece


async def test_a_virus_is_found_wherever_it_stands() -> None:
    async with clamd() as scanner:
        assert await scanner.finds_virus(pieces(b"a" * 300_000, b"EIC", b"AR")) is True
        assert await scanner.finds_virus(pieces(b"a" * 300_000, b"EIC")) is False


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0"])
async def test_an_answer_that_says_neither_decides_nothing(answer: bytes) -> None:
    async with clamd(answer) as scanner:
        with pytest.raises(ScannerFailed):
            await scanner.finds_virus(pieces(b"a"))


async def test_a_clamd_that_is_away_decides_nothing() -> None:
    async with clamd() as scanner:
        pass
    with pytest.raises(ScannerFailed):
        await scanner.finds_virus(pieces(b"a"))
