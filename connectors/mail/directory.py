"""Letters as files of a directory: a demo shows them there, and nothing leaves the machine."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

from connectors.mail.letters import Letter, NotDeliverable, Sending, message_of

SUFFIX: Final = ".eml"


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as it was written into the directory."""

    to: str
    subject: str
    text: str
    at: datetime


class MailDirectory:
    """Writes each letter as a file of *directory*, in the place of sending it; letters are from *sender*."""

    def __init__(self, directory: Path, sender: str) -> None:
        self._directory = directory
        self._sender = sender

    async def send(self, letters: Sequence[Letter]) -> list[Sending]:
        """Write all *letters*; one that was written before is overwritten."""
        return await asyncio.to_thread(lambda: list(map(self._write, letters)))

    async def answers(self) -> bool:
        """Whether the directory is there, or can be made."""
        return await asyncio.to_thread(self._is_made)

    async def latest(self, most: int) -> list[StoredLetter]:
        """The *most* letters that were written last, the latest first."""
        return await asyncio.to_thread(self._latest, most)

    def _write(self, letter: Letter) -> Sending:
        try:
            content = message_of(letter, self._sender).as_bytes()
        except NotDeliverable:
            return Sending.REFUSED
        if not self._is_made():
            return Sending.LATER
        path = self._directory / f"{hashlib.sha256(letter.id.encode()).hexdigest()[:32]}{SUFFIX}"
        new = path.with_suffix(".new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            new.replace(path)
        except OSError:
            return Sending.LATER
        return Sending.SENT

    def _is_made(self) -> bool:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            return False
        return True

    def _latest(self, most: int) -> list[StoredLetter]:
        times = [(path.stat().st_mtime_ns, path) for path in self._directory.glob(f"*{SUFFIX}")]
        return [_read(path) for _, path in sorted(times, reverse=True)[:most]]


def _read(path: Path) -> StoredLetter:
    message = message_from_bytes(path.read_bytes(), policy=default)
    return StoredLetter(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=message.get_content().replace("\r\n", "\n"),
        at=message["Date"].datetime,
    )
