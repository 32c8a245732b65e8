"""Files in two worlds: announced, sent, listed and given at signed addresses, whatever files others have."""

import hashlib
from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from unittest import mock

import pytest

from gateway.resolvers import files
from tests.privacy.gateways import Pair, Request, frozen_datetime, serving
from tests.privacy.low import Low
from tests.privacy.mutations import Mutations
from tests.privacy.requests import request_for
from tests.privacy.worlds import Person, inverse, of_hand

MUTATIONS: Final = 60
CONTENT: Final = b"%PDF-1.4 " + bytes(range(256)) * 9
PURPOSES: Final = {
    "STUDENT": "SUBMISSION",
    "PARENT": "ACHIEVEMENT",
    "TEACHER": "MATERIAL",
    "CLASS_TEACHER": "ACHIEVEMENT",
}
_ANNOUNCE: Final = """mutation ($input: RequestUploadInput!) {
  requestUpload(input: $input) { file { id state upload { url method } } userErrors { code } } }"""
_LIST: Final = "{ viewer { files { totalCount nodes { id name state url } } } }"
_ONE: Final = "query ($id: ID!) { file(id: $id) { id name url } }"


def _request(pair: Pair, person: Person, text: str, **values: Any) -> Request:
    return request_for(pair.bearer(person), text, values)


def _announcing(pair: Pair, person: Person) -> Request:
    digest = hashlib.sha256(CONTENT).hexdigest()
    purpose = PURPOSES[person.role]
    file = {"name": "задача.pdf", "sizeBytes": len(CONTENT), "sha256": digest, "purpose": purpose}
    return request_for(pair.bearer(person), _ANNOUNCE, {"input": file}, key="announced")


async def _file_of_other(pair: Pair, person: Person) -> str:
    """Somebody else uploads a file, in the second world alone; its id."""
    answer = await pair.second.ask(_announcing(pair, person), 900)
    file = answer.answer["data"]["requestUpload"]["file"]
    sent = await pair.second.ask(Request("PUT", file["upload"]["url"], {}, CONTENT), 901)
    assert sent.answer["state"] == "STORED"
    own: str = file["id"]
    return own


@pytest.mark.parametrize("role", PURPOSES)
async def test_the_files_of_a_person_do_not_depend_on_those_of_others(
    role: str, mongo_uri: str, redis_uris: tuple[str, str]
) -> None:
    world = await of_hand()
    person = next(own for own in world.people if own.role == role)
    other = next(own for own in world.people if own.role == "STUDENT" and own != person)
    _, mutations = Mutations(world, Low(world, person), Random(role)).some(MUTATIONS)
    clock = mock.patch.object(files, "datetime", frozen_datetime(datetime.now(UTC)))
    async with serving(world, mongo_uri, redis_uris) as pair:
        with clock:  # an address names the second in which it ends
            theirs = await _file_of_other(pair, other)  # first: a change may end what they may do
            await pair.change(mutations)
            await pair.forget()
            announced = await pair.same_answer(_announcing(pair, person), person)
            file = announced.answer["data"]["requestUpload"]["file"]
            early = await pair.same_answer(_request(pair, person, _LIST), person)
            assert [own["url"] for own in early.answer["data"]["viewer"]["files"]["nodes"]] == [None]
            sent = await pair.same_answer(Request("PUT", file["upload"]["url"], {}, CONTENT), person)
            assert sent.status == 200
            listed = await pair.same_answer(_request(pair, person, _LIST), person)
            [own] = listed.answer["data"]["viewer"]["files"]["nodes"]
            await _gives_file(pair, person, own["url"])
            hidden = await pair.same_answer(_request(pair, person, _ONE, id=theirs), person)
            nothing = await pair.same_answer(_request(pair, person, _ONE, id="fil_aaaaaaaaaaaaaaaa"), person)
            assert [one["extensions"]["code"] for one in hidden.answer["errors"]] == ["NOT_FOUND"]
            assert hidden.answer["data"] == nothing.answer["data"] == {"file": None}
            address = own["url"].replace(own["id"], theirs)
            assert (await pair.same_answer(Request("GET", address, {}, b""), person)).status == 404
            await pair.change(inverse(mutations))


async def _gives_file(pair: Pair, person: Person, address: str) -> None:
    """Download a file whole, in part, and again."""
    whole = await pair.same_answer(Request("GET", address, {}, b""), person)
    assert (whole.status, whole.body) == (200, CONTENT)
    part = await pair.same_answer(Request("GET", address, {"Range": "bytes=5-9"}, b""), person)
    assert (part.status, part.body) == (206, CONTENT[5:10])
    tag = dict(whole.headers)["ETag"]
    assert (await pair.same_answer(Request("GET", address, {"If-None-Match": tag}, b""), person)).status == 304
