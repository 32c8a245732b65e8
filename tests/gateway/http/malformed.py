"""Requests that are no HTTP, or more of it than is taken: each with the statuses that may answer it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SECRET: Final = "SECRETtoken"
"""Stands in every request, and may stand in no answer and no line of the log."""


@dataclass(frozen=True, slots=True)
class Malformed:
    name: str
    data: bytes
    statuses: frozenset[int]
    """Of the last answer; none where the sender breaks off, so that nobody is there to be answered."""
    rest: bytes = b""
    """Sent after a pause, in a packet of its own."""


def _one(name: str, data: str | bytes, *statuses: int, rest: bytes = b"") -> Malformed:
    raw = data if isinstance(data, bytes) else data.replace("\n", "\r\n").encode()
    return Malformed(name, raw, frozenset(statuses), rest)


GET: Final = f"GET /healthz HTTP/1.1\nHost: x\nX-Token: {SECRET}\nConnection: close\n"
POST: Final = f"POST /graphql HTTP/1.1\nHost: x\nX-Token: {SECRET}\nContent-Type: application/json\nConnection: close\n"


def by_hand() -> list[Malformed]:
    """One of each kind."""
    return [
        _one("two content types", POST + "Content-Type: text/plain\n\n", 400),
        _one("two hosts", GET + "Host: y\n\n", 400),
        _one("no host", f"GET /healthz HTTP/1.1\nX-Token: {SECRET}\n\n", 400),
        _one("long header", GET + f"Authorization: Bearer {SECRET}{'a' * 20_000}\n\n", 431),
        _one("long name of a header", GET + f"{SECRET}{'a' * 20_000}: a\n\n", 431),
        _one("endless header", GET + f"Authorization: Bearer {SECRET}{'a' * 2_000_000}\n\n", 431),
        _one(
            "headers that are too long together", GET + "".join(f"X-{n}: {'a' * 900}\n" for n in range(60)) + "\n", 431
        ),
        _one(
            "headers that do not end", GET + "".join(f"X-{n}: {'a' * 900}\n" for n in range(60)), 431, rest=b"X: a\r\n"
        ),
        _one("many headers", GET + "".join(f"X-{n}: a\n" for n in range(200)) + "\n", 431),
        _one("long url", f"GET /graphql?query={SECRET}{'a' * 20_000} HTTP/1.1\nHost: x\n\n", 414),
        _one("endless url", f"GET /graphql?query={SECRET}{'a' * 2_000_000}", 414),
        _one("no request line", f"HELLO {SECRET}\n\n", 400),
        _one("only a word", f"{SECRET}\n\n", 400),
        _one("lower case", f"get /{SECRET} http/1.1\nHost: x\n\n", 400),
        _one("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SECRET.encode() + b"\0" * 200, 400),
        _one("nothing but zeros", b"\0" * 100, 400),
        _one("zero in a header", f"GET /healthz HTTP/1.1\r\nHost: x\r\nX: {SECRET}\0\r\n\r\n".encode(), 400),
        _one("space in a name", GET + f"Bad {SECRET}: a\n\n", 400),
        _one("no colon", GET + f"{SECRET}\n\n", 400),
        _one("folded header", GET + f"X: a\n {SECRET}\n\n", 400),
        _one("bare line feeds", f"GET /healthz HTTP/1.1\nHost: x\nX: {SECRET}\n\n".encode(), 400),
        _one("http 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        _one("http 9", f"GET /{SECRET} HTTP/9.9\nHost: x\n\n", 400),
        _one("url of one word", f"GET {SECRET} HTTP/1.1\nHost: x\n\n", 400),
        _one("url with half an address", f"GET http://[{SECRET}/ HTTP/1.1\nHost: x\n\n", 400),
        _one("bytes in the path", f"GET /{SECRET}".encode() + b"\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        _one("connect", f"CONNECT {SECRET}:80 HTTP/1.1\nHost: x\nConnection: close\n\n", 404, 405),
        _one("options of all", GET.replace("GET /healthz", "OPTIONS *") + "\n", 404, 405),
        _one("unknown path", GET.replace("healthz", SECRET) + "\n", 404),
        _one("unknown method of a path", GET.replace("GET", "POST") + "\n", 405),
        _one("long name of an asset", GET.replace("healthz", f"graphiql/assets/{SECRET}{'a' * 5_000}") + "\n", 404),
        _one("expectation", GET + f"Expect: {SECRET}\n\n", 417),
        _one("length below zero", POST + "Content-Length: -1\n\n", 400),
        _one("length of letters", POST + f"Content-Length: {SECRET}\n\n", 400),
        _one("length beyond all", POST + f"Content-Length: {'9' * 30}\n\n", 400),
        _one("two lengths", POST + "Content-Length: 3\nContent-Length: 4\n\n{}", 400),
        _one("length and chunks", POST + "Content-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n", 400),
        _one("unknown coding", POST + f"Transfer-Encoding: {SECRET}\n\n", 400),
        _one(
            "chunk of letters",
            POST + f"Authorization: Bearer a.b.c\nTransfer-Encoding: chunked\n\n{SECRET}\n",
            400,
            401,
        ),
        _one("compressed", POST + "Content-Encoding: gzip\nContent-Length: 2\n\n{}", 401),
        _one(
            "token of bytes",
            (POST + "Content-Length: 2\n").replace("\n", "\r\n").encode() + b"Authorization: Bearer \xff\xfe\r\n\r\n{}",
            401,
        ),
        _one("second request", f"GET /healthz HTTP/1.1\nHost: x\n\nHELLO {SECRET}\n\n", 400),
        _one("after an upgrade", GET.replace("close", "upgrade") + f"Upgrade: websocket\n\nHELLO {SECRET}\n\n", 400),
        _one("breaks off in the line", f"GET /{SECRET}"),
        _one("breaks off in a header", GET + "X: a"),
        _one("breaks off in the body", POST + "Authorization: Bearer a.b.c\nContent-Length: 100\n\n{", 401),
        _one("nothing", b""),
    ]


def by_chance(count: int, seed: int) -> Iterator[Malformed]:
    """Good requests of which some bytes are replaced, doubled, or left out."""
    chance = random.Random(seed)
    for number in range(count):
        data = bytearray((chance.choice([GET, POST]) + "Content-Length: 2\n\n{}").replace("\n", "\r\n").encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    data[at:at] = data[at : at + chance.randint(1, 30)]
                case _:
                    del data[at : at + chance.randint(1, 5)]
        yield Malformed(f"by chance {number}", bytes(data), frozenset())
