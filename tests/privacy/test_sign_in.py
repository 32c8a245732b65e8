"""The session of a browser in two worlds: who is signed in, another role, refusals, and the answers of the graph."""

from collections.abc import Iterable
from random import Random
from typing import Any, Final
from unittest import mock

import orjson

from auth.sign_in.browsers import BrowserSignIn
from auth.sign_in.sessions import Session
from auth.viewer import Role
from gateway import sign_in
from gateway.http.reading.session import COOKIE, CSRF
from tests.gateway.served import ISSUER
from tests.privacy.gateways import Observed, Pair, Request, serving
from tests.privacy.low import Low
from tests.privacy.mutations import Mutations
from tests.privacy.questions import LISTS
from tests.privacy.worlds import Mutation, Person, World, inverse, of_hand

MUTATIONS: Final = 60
ORIGIN: Final = "https://diary.example"
SETTINGS: Final = {
    "sign_in": {
        "providers": {"epos": {"issuer": "https://id.example", "client_id": "school"}},
        "public_url": ORIGIN,
        "key": "a key of the tests that is long enough",
    }
}
PROOF: Final = "the secret of a session"
ENDS_AT: Final = 4_000_000_000.0
"""Seconds since 1970: a moment in 2096."""


async def _signed_in(browsers: Iterable[BrowserSignIn], person: Person) -> str:
    """The cookie of a session that the person has in both worlds."""
    session = Session(
        login="login",
        provider="epos",
        issuer=ISSUER,
        subject=person.subject,
        sid=None,
        role=Role(person.role),
        name=None,
        csrf=PROOF,
        ends_at=ENDS_AT,
    )
    [cookie] = {await own.sessions.start(session) for own in browsers}
    return cookie


def _request(method: str, path: str, cookie: str | None, body: Any = None, *, proof: str = PROOF) -> Request:
    headers = {"Origin": ORIGIN, CSRF: proof, "Content-Type": "application/json"}
    if cookie is not None:
        headers["Cookie"] = f"{COOKIE}={cookie}"
    documents = [body["query"]] if body and "query" in body else []
    return Request(method, path, headers, b"" if body is None else orjson.dumps(body), documents)


def _of_others(mutations: Iterable[Mutation], person: Person) -> list[Mutation]:
    """The mutations without those of the person's own records: a session names their roles, whichever is active."""
    return [
        mutation
        for mutation in mutations
        if not any(
            person.id in {one["_id"], one.get("person_id"), one.get("merged_to")}
            for change in mutation
            for one in (change.before, change.after)
            if one is not None
        )
    ]


def _people(world: World) -> list[Person]:
    """The first person of each role."""
    return list({person.role: person for person in reversed(world.people)}.values())


async def _same(pair: Pair, person: Person, request: Request) -> Observed:
    return await pair.same_answer(request, person)


async def test_a_session_does_not_depend_on_what_its_owner_may_not_see(
    mongo_uri: str, redis_uris: tuple[str, str]
) -> None:
    world, sign_ins, real = await of_hand(), list[BrowserSignIn](), sign_in.browsers

    def browsers(*arguments: Any) -> BrowserSignIn:
        found = real(*arguments)
        assert found is not None
        sign_ins.append(found)
        return found

    with mock.patch.object(sign_in, "browsers", browsers):
        async with serving(world, mongo_uri, redis_uris, settings=SETTINGS) as pair:
            for person in _people(world):
                low = Low(world, person)
                _, mutations = Mutations(world, low, Random(str(person))).some(MUTATIONS)
                hidden = _of_others(mutations, person)
                await pair.change(hidden)
                await pair.forget()
                await _compare(pair, person, await _signed_in(sign_ins, person))
                await pair.change(inverse(hidden))


async def _compare(pair: Pair, person: Person, cookie: str) -> None:
    shown = await _same(pair, person, _request("GET", "/auth/session", cookie))
    assert (shown.status, shown.answer["person"]["id"]) == (200, person.id)
    graph = await pair.same_answer(_request("POST", "/graphql", cookie, {"query": LISTS}), person, times=4)
    assert graph.answer["data"]["viewer"] is not None
    refused = [
        (401, _request("GET", "/auth/session", None)),
        (401, _request("GET", "/auth/session", "another")),
        (403, _request("POST", "/auth/role", cookie, {"role": person.role}, proof="another")),
        (400, _request("POST", "/auth/role", cookie, {"role": "NOBODY"})),
        *((403, _request("POST", "/auth/role", cookie, {"role": own})) for own in set(Role) - {*shown.answer["roles"]}),
        (404, _request("GET", "/auth/login?provider=another", None)),
    ]
    for status, request in refused:
        assert (await _same(pair, person, request)).status == status
    role = shown.answer["roles"][-1]
    switched = await _same(pair, person, _request("POST", "/auth/role", cookie, {"role": role}))
    assert (switched.status, switched.answer["role"]) == (200, role)
    cookie = _cookie_of(switched)
    proof = switched.answer["csrf"]
    ended = await _same(pair, person, _request("POST", "/auth/logout", cookie, proof=proof))
    assert ended.status == 200
    assert (await _same(pair, person, _request("GET", "/auth/session", cookie))).status == 401


def _cookie_of(observed: Observed) -> str:
    [line] = [value for name, value in observed.headers if name == "Set-Cookie"]
    return line.partition(";")[0].partition("=")[2]
