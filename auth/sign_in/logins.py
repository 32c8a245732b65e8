"""Sign-ins that are under way: kept in the browser that began them, encrypted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import orjson
from pydantic import TypeAdapter

from auth.sign_in.encryption import Encryption
from auth.sign_in.sessions import secret

LIFETIME_S: Final = 600
"""How long somebody may take to sign in at the provider: a code by SMS may be late."""
MOST: Final = 3
"""Sign-ins that one browser may have under way, one a tab; an older one has to be begun anew."""
_PLACE: Final = "logins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A sign-in that a browser has begun."""

    provider: str
    state: str
    nonce: str
    verifier: str
    return_to: str
    started_at: float

    @classmethod
    def begin(cls, provider: str, return_to: str, now: float) -> "Login":
        """A sign-in by *provider* that leads back to the path *return_to*, with 256 random bits for each secret."""
        state, nonce, verifier = (secret() for _ in range(3))
        return cls(provider=provider, state=state, nonce=nonce, verifier=verifier, return_to=return_to, started_at=now)


_LOGINS: Final = TypeAdapter(list[Login])


class Logins:
    """Reads and writes the cookie in which a browser keeps its sign-ins."""

    def __init__(self, encryption: Encryption, *, clock: Callable[[], float] = time.time) -> None:
        self._encryption = encryption
        self.clock = clock

    def read(self, cookie: str | None) -> list[Login]:
        """The sign-ins of a cookie that are not too old; none where the cookie is not ours."""
        text = self._encryption.decrypt(cookie, _PLACE) if cookie else None
        if text is None:
            return []
        since = self.clock() - LIFETIME_S
        return [login for login in _LOGINS.validate_json(text) if login.started_at > since]

    def write(self, logins: Sequence[Login]) -> str:
        """The cookie that holds the newest of *logins*."""
        return self._encryption.encrypt(orjson.dumps([asdict(login) for login in logins[-MOST:]]), _PLACE)
