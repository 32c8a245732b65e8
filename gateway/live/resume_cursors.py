"""Cursors: texts by which a client that was away says what it has received.

A cursor is encrypted: the position in it follows from everything that is written on the server, also from what the
viewer may not see. It can be used by the same person in the same role alone, for events of the same kind.
"""

import secrets
from typing import Final

from auth.sign_in.encryption import Encryption
from auth.viewer import Role

_PURPOSE: Final = "live cursors"


class Cursors:
    """Makes cursors, and reads those that were made with the same key; without one, those of this process alone."""

    def __init__(self, key: str | None) -> None:
        self._encryption = Encryption(key or secrets.token_urlsafe(32), _PURPOSE)

    def cursor(self, position: str, person: str, role: Role, place: str) -> str:
        """The cursor of a position in the changes of a *place*, such as `grades.marks`."""
        return self._encryption.encrypt(bytes.fromhex(position), _holder(person, role, place))

    def position(self, cursor: str, person: str, role: Role, place: str) -> str | None:
        """The position of a cursor; None where it was not made for this person, role and place."""
        position = self._encryption.decrypt(cursor, _holder(person, role, place))
        return None if position is None else position.hex().upper()


def _holder(person: str, role: Role, place: str) -> str:
    return f"{person}\x1f{role}\x1f{place}"
