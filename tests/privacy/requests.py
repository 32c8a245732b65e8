"""From questions to requests over HTTP, by every transport that there is."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from tests.privacy.addresses import Addresses
from tests.privacy.gateways import Observed, Request
from tests.privacy.questions import Question, of_clients
from tests.privacy.values import Values
from tests.privacy.worlds import Person, World

PATH: Final = "/graphql"
ROLES: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR", "ANALYST")


def trusted_id(text: str) -> str:
    """The id of a trusted document."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_manifest(directory: Path) -> Path:
    """Write the documents of the client programs as a manifest; returns *directory*."""
    texts = {question.text for role in ROLES for question in of_clients(role)}
    (directory / "clients.json").write_bytes(orjson.dumps({trusted_id(text): text for text in sorted(texts)}))
    return directory


def request_for(bearer: str, text: str, values: Mapping[str, Any], *, key: str | None = None) -> Request:
    """A request for one operation, with an idempotency key where there is a *key*."""
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return Request("POST", PATH, headers, orjson.dumps({"query": text, "variables": values}), [text])


class Requests:
    """Makes the requests of one person."""

    def __init__(self, bearer: str, person: Person, world: World, values: Values, random: Random) -> None:
        self._bearer = bearer
        self._addresses = Addresses(person, world, values, random)
        self._trusted = {question.text for question in of_clients(person.role)}
        self._values = values
        self._random = random
        self._tags: list[str] = []

    def learn(self, observed: Observed) -> None:
        """Take from an answer what later requests send: its cursors, its tag."""
        self._tags += [value for name, value in observed.headers if name == "ETag"]
        if observed.is_json:
            self._values.learn(observed.answer)

    def of(self, question: Question) -> list[Request]:
        """One request or several that ask a question, by a transport that chance chooses."""
        variables = self._values.of(question)
        if question.is_mutation:
            return [self._post([question], [variables], **self._key())]
        chance = self._random.random()
        if question.text in self._trusted and chance < 0.5:
            body = {"documentId": trusted_id(question.text), "variables": variables}
            return [self._request("POST", PATH, orjson.dumps(body), [question.text], transport="trusted")]
        if chance < 0.12:
            return [self._get({"query": question.text}, variables, question.text)]
        if chance < 0.2:
            return self._registered(question.text, variables)
        return [self._post([question], [variables])]

    def of_valid(self, question: Question, values: Mapping[str, Any]) -> Request:
        """A mutation with these values of its input; of two in five, one value is another."""
        [variable] = [name for name, (coordinate, _) in question.variables.items() if coordinate.endswith(".input")]
        variables = self._values.of(question)
        changed = {name: one for name, one in variables[variable].items() if name in values}
        if changed and self._random.random() < 0.4:
            name = self._random.choice(sorted(changed))
            values = {**values, name: changed[name]}
        return self._post([question], [{**variables, variable: values}], **self._key())

    def batch(self, questions: Sequence[Question]) -> list[Request]:
        """Several questions in one request."""
        return [self._post(questions, [self._values.of(question) for question in questions])]

    def of_address(self) -> Request:
        """A request for a file at an address beside the graph."""
        chance = self._random.random()
        if chance < 0.1 and (address := self._addresses.file()) is not None:
            return self._at(address, [], transport="file", is_signed=True)
        if chance < 0.4:
            path, texts = self._addresses.feed()
            return self._at(path, texts, transport="calendar", is_signed=True)
        path, texts, has_key = self._addresses.saved_query()
        return self._at(path, texts, transport="key" if has_key else "saved query", is_signed=has_key)

    def _at(self, path: str, texts: Sequence[str], *, transport: str, is_signed: bool) -> Request:
        """A request for an address; one that *is_signed* says by itself who asks."""
        headers = {} if is_signed else {"Authorization": f"Bearer {self._bearer}"}
        if self._tags and self._random.random() < 0.2:
            headers["If-None-Match"] = self._random.choice(self._tags)
        headers |= {name: one for name, one, chance in _OF_FILES if self._random.random() < chance}
        return Request("GET", path, headers, b"", texts, transport=transport, is_file=transport != "calendar")

    def _key(self) -> Mapping[str, str]:
        return {"Idempotency-Key": self._random.choice(("k1", "k1", "k2", f"k{self._random.getrandbits(32)}"))}

    def _post(self, questions: Sequence[Question], variables: Sequence[Mapping[str, Any]], **headers: str) -> Request:
        bodies = [{"query": q.text, "variables": own} for q, own in zip(questions, variables, strict=True)]
        body = orjson.dumps(bodies[0] if len(bodies) == 1 else bodies)
        is_write = any(question.is_mutation for question in questions)
        transport = "batch" if len(bodies) > 1 else "mutation" if is_write else "POST"
        texts = [question.text for question in questions]
        return self._request("POST", PATH, body, texts, is_write=is_write, more=headers, transport=transport)

    def _get(self, sent: Mapping[str, str], variables: Mapping[str, Any], text: str) -> Request:
        query = urlencode({**sent, "variables": orjson.dumps(variables).decode()})
        tag = {"If-None-Match": self._random.choice(self._tags)} if self._tags and self._random.random() < 0.5 else {}
        transport = "GET" if "query" in sent else "APQ"
        return self._request("GET", f"{PATH}?{query}", b"", [text], more=tag, transport=transport)

    def _registered(self, text: str, variables: Mapping[str, Any]) -> list[Request]:
        """By its hash alone, with its text, by its hash again."""
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": trusted_id(text)}}
        by_hash = {"extensions": extensions, "variables": variables}
        posts = [
            self._request("POST", PATH, orjson.dumps(body), [text], transport="APQ")
            for body in (by_hash, {**by_hash, "query": text})
        ]
        return [*posts, self._get({"extensions": orjson.dumps(extensions).decode()}, variables, text)]

    def _request(
        self,
        method: str,
        path: str,
        body: bytes,
        texts: Sequence[str],
        *,
        is_write: bool = False,
        more: Mapping[str, str] = MappingProxyType({}),
        transport: str = "POST",
    ) -> Request:
        headers = {"Authorization": f"Bearer {self._bearer}", **more}
        if method == "POST":
            headers["Content-Type"] = "application/json"
        headers |= {name: value for name, value, chance in _HEADERS if self._random.random() < chance}
        is_file = headers.get("Accept") in FILES
        if is_file:
            transport = FILES[headers["Accept"]]
        return Request(method, path, headers, body, texts, is_write, transport, is_file)


FILES: Final[Mapping[str, str]] = {
    "text/csv": "CSV",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/pdf": "PDF",
    "text/calendar": "ICS",
}
"""The types of files that an answer may be asked for as."""

_HEADERS: Final = (
    ("X-GraphQL-Cost", "1", 0.3),
    ("X-GraphQL-Explain", "1", 0.08),
    ("Accept-Encoding", "gzip", 0.4),
    ("Accept-Language", "ru", 0.2),
    ("Accept", "application/graphql-response+json", 0.2),
    *(("Accept", one, 0.015) for one in FILES),
    ("X-Client-Name", "campaign", 0.1),
)
"""The headers that a request may have, each with how often it has it."""

_OF_FILES: Final = (("Accept-Encoding", "gzip", 0.4), ("Accept-Language", "ru", 0.2), ("Range", "bytes=0-99", 0.1))
