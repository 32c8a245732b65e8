"""Invitation codes: ten characters that nobody confuses, as a school prints them for a family (F16)."""

import hashlib
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
LENGTH: Final = 10
"""Fifty random bits: with ten attempts a day nobody meets one of a million codes in a billion years."""
_ALIKE: Final = str.maketrans("OIL", "011")


def new_code() -> str:
    """A random code, in two groups as it is printed."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def read_code(text: str) -> str | None:
    """The letters of the code that somebody wrote, in whatever letters and groups; None where it can be none."""
    code = "".join(filter(str.isalnum, text.upper())).translate(_ALIKE)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def hash_of(text: str) -> str | None:
    """The hash of the code that somebody wrote, in whatever letters and groups; None where it can be none.

    A code has too many random bits to be found from its hash, so that the hash needs no salt.
    """
    code = read_code(text)
    return None if code is None else hashlib.sha256(code.encode()).hexdigest()
