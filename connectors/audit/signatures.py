"""Signatures over the end of a school's chain: Ed25519, with keys in PEM files as `openssl genpkey` writes them."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_PEM_END: Final = "-----END PUBLIC KEY-----"


class Signer:
    """Signs the end of a chain with a private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key: Final = key.public_key()
        self.key_id: Final = key_id_of(self.public_key)

    @classmethod
    def of(cls, pem: str) -> Self:
        """The signer with the private key in *pem*. Raises `ValueError` where that is no Ed25519 key."""
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the key is not an Ed25519 key")  # noqa: TRY004 - what is wrong is the text
        return cls(key)

    def sign(self, school: str, number: int, event_hash: str) -> str:
        """The signature over the hash of the event *number* of a school, in base64."""
        return base64.b64encode(self._key.sign(_signed(school, number, event_hash))).decode()


class PublicKeys:
    """The keys whose signatures count, by their ids."""

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys = {key_id_of(key): key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def verifies(self, key_id: str | None, signature: str | None, school: str, number: int, event_hash: str) -> bool:
        """Whether the signature is one of these keys over the hash of the event *number* of a school."""
        key = self._keys.get(key_id or "")
        if key is None or signature is None:
            return False
        try:
            key.verify(base64.b64decode(signature, validate=True), _signed(school, number, event_hash))
        except (InvalidSignature, ValueError):
            return False
        return True


def public_keys_in(pem: str) -> list[Ed25519PublicKey]:
    """The public keys of a PEM text with any number of them. Raises `ValueError` for anything but Ed25519 keys."""
    keys = []
    for part in pem.split(_PEM_END)[:-1]:
        key = load_pem_public_key(f"{part.strip()}\n{_PEM_END}\n".encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("a key is not an Ed25519 key")  # noqa: TRY004 - what is wrong is the text
        keys.append(key)
    if not keys:
        raise ValueError("there is no public key in PEM form")
    return keys


def key_id_of(key: Ed25519PublicKey) -> str:
    """The name of a key: the first 16 hexadecimal digits of the SHA-256 of its DER form."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def _signed(school: str, number: int, event_hash: str) -> bytes:
    """The bytes that are signed, which anybody can make again from a checkpoint: four lines of text."""
    return f"school-gateway audit\n{school}\n{number}\n{event_hash}\n".encode()
