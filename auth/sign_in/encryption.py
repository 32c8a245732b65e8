"""Encrypts what is kept outside of the process: sessions in Redis, and sign-ins that are under way in a cookie."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""The nonce of AES-GCM (NIST SP 800-38D, 8.2)."""


class Encryption:
    """Encrypts and authenticates by AES-256-GCM, with a key of its own for each *purpose*.

    Raises `ValueError` for a key of fewer than `MIN_KEY_BYTES` bytes.
    """

    def __init__(self, key: str, purpose: str) -> None:
        if len(key.encode()) < MIN_KEY_BYTES:
            raise ValueError(f"a key needs at least {MIN_KEY_BYTES} bytes")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
        self._cipher = AESGCM(derived)

    def encrypt(self, text: bytes, place: str) -> str:
        """*text* encrypted, as URL-safe characters; it can be opened only as what lies at *place*."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        encrypted = nonce + self._cipher.encrypt(nonce, text, place.encode())
        return urlsafe_b64encode(encrypted).decode().rstrip("=")

    def decrypt(self, encrypted: str, place: str) -> bytes | None:
        """The text that `encrypt` was given; None where this is not what it returned for *place*."""
        try:
            raw = urlsafe_b64decode(encrypted + "=" * (-len(encrypted) % 4))
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            return None
