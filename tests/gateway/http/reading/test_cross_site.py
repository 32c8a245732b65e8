import pytest

from gateway.settings import HttpSettings
from tests.gateway.http.asking import get, post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

QUERY = {"query": "{ __typename }"}
FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
STRICT = HttpSettings(csrf_headers=("X-Apollo-Operation-Name", "Apollo-Require-Preflight"))


async def test_a_get_runs_when_it_carries_a_token(gateway: Served, ivan: str) -> None:
    assert (await get(gateway, ivan, QUERY)).status == 200


@pytest.mark.parametrize("media", [*FORMS, "application/xml"])
async def test_a_get_is_refused_when_it_says_that_it_has_a_body_of_another_type(
    gateway: Served, ivan: str, media: str
) -> None:
    answer = await get(gateway, ivan, QUERY, Content_Type=media)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_get_runs_when_it_says_that_it_is_json(gateway: Served, ivan: str) -> None:
    assert (await get(gateway, ivan, QUERY, Content_Type="application/json")).status == 200


@pytest.mark.parametrize("media", FORMS)
async def test_a_form_is_refused_when_it_is_posted(gateway: Served, ivan: str, media: str) -> None:
    answer = await post(gateway, ivan, b'{"query":"{ __typename }"}', Content_Type=media)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_nothing_runs_and_the_token_is_asked_for_when_there_is_none(gateway: Served) -> None:
    answer = await get(gateway, None, QUERY)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_get_needs_a_header_of_its_own_when_a_proxy_adds_the_token(serve: Serve, ivan: str) -> None:
    async with serve(http=STRICT) as gateway:
        bare = await get(gateway, ivan, QUERY)
        assert (bare.status, bare.code) == (400, "CSRF_PREVENTION_FAILED")
        empty = await get(gateway, ivan, QUERY, Apollo_Require_Preflight="")
        assert empty.status == 400
        assert (await get(gateway, ivan, QUERY, Apollo_Require_Preflight="true")).status == 200
        assert (await get(gateway, ivan, QUERY, X_Apollo_Operation_Name="Q")).status == 200
        assert (await post(gateway, ivan, QUERY)).status == 200
        form = await post(gateway, ivan, b"query=x", Content_Type="text/plain")
        assert (form.status, form.code) == (400, "CSRF_PREVENTION_FAILED")


async def test_a_preflight_is_allowed_nothing(gateway: Served) -> None:
    preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Headers": "authorization"}
    async with gateway.client.options("/graphql", headers=preflight) as response:
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
