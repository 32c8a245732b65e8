import asyncio
import base64
import time
from datetime import timedelta
from typing import Any

import orjson
import pytest
from jose import jws

from auth.errors import AuthError, RoleNotHeld, TokenExpired, Unauthenticated
from auth.issuer import issue
from auth.tokens import MAX_TOKEN_BYTES, TokenRules, TokenVerifier
from auth.viewer import Role
from connectors.errors import SourceUnavailable
from tests.auth.conftest import MakeClaims, Provider, SigningKey

SECRET = "a development secret of many bytes"
DEVELOPER = "school-gateway"
FAR = 4_102_444_800


@pytest.fixture
def rules(provider: Provider, rsa_key: SigningKey, other_rsa_key: SigningKey, ec_key: SigningKey) -> TokenRules:
    """An OIDC issuer with three keys, no developer issuer."""
    provider.publish(rsa_key, other_rsa_key, ec_key)
    return TokenRules(audience="school-gateway", issuer="https://id.example", jwks=provider.url, jwks_interval_s=60)


@pytest.fixture
def verifier(rules: TokenRules) -> TokenVerifier:
    return TokenVerifier(rules)


@pytest.fixture
def developer(provider: Provider) -> TokenVerifier:
    """Both issuers are switched on."""
    return TokenVerifier(
        TokenRules(audience="school-gateway", issuer="https://id.example", jwks=provider.url, developer_secret=SECRET)
    )


def hs256(payload: dict[str, Any] | bytes, secret: str = SECRET, **header: Any) -> str:
    text = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return jws.sign(text, {"kty": "oct", "k": base64.urlsafe_b64encode(secret.encode()).decode()}, headers=header)


def joined(header: object, payload: object, signature: bytes = b"") -> str:
    parts = [part if isinstance(part, bytes) else orjson.dumps(part) for part in (header, payload)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


async def refusal(verifier: TokenVerifier, token: str) -> AuthError:
    with pytest.raises(AuthError) as caught:
        await verifier.claims(token)
    return caught.value


# What is trusted


@pytest.mark.parametrize("signer", ["rsa_key", "other_rsa_key", "ec_key"])
async def test_a_token_is_trusted_when_a_key_of_the_issuer_signed_it(
    verifier: TokenVerifier, payload: MakeClaims, signer: str, request: pytest.FixtureRequest
) -> None:
    claims = await verifier.claims(request.getfixturevalue(signer).token(payload(name="Анна")))
    assert claims[:4] == ("https://id.example", "anna", Role.PARENT, "Анна")


async def test_a_token_without_kid_is_trusted_when_the_issuer_has_one_key(
    rules: TokenRules, provider: Provider, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(rsa_key)
    claims = await TokenVerifier(rules).claims(rsa_key.named(None).token(payload()))
    assert claims.subject == "anna"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["another", "school-gateway"]},
        {"exp_in": -5},
        {"nbf_in": 5},
        {"nbf": None},
        {"exp_in": 300.5},
        {"at_hash": "of an access token that is not here"},
    ],
    ids=str,
)
async def test_a_token_is_trusted_when_its_claims_are_within_the_rules(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, changes: dict[str, Any]
) -> None:
    assert (await verifier.claims(rsa_key.token(payload(**changes)))).subject == "anna"


async def test_an_access_token_is_trusted_when_it_says_that_it_is_one(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    assert (await verifier.claims(rsa_key.token(payload(), typ="application/at+jwt"))).subject == "anna"


async def test_a_developer_token_is_trusted_when_the_developer_issuer_is_on(developer: TokenVerifier) -> None:
    token = issue(
        secret=SECRET,
        issuer=DEVELOPER,
        audience="school-gateway",
        subject="boris",
        role=Role.TEACHER,
        name=None,
        lifetime=timedelta(minutes=1),
    )
    claims = await developer.claims(token)
    assert claims[:4] == (DEVELOPER, "boris", Role.TEACHER, None)


# What is not


async def test_a_token_is_refused_when_it_is_unsigned(verifier: TokenVerifier, payload: MakeClaims) -> None:
    for algorithm in ("none", "None", "nOnE", "", None):
        for signature in (b"", b"x" * 32):
            token = joined({"alg": algorithm, "kid": "rsa-1"}, payload(), signature)
            assert isinstance(await refusal(verifier, token), Unauthenticated)


async def test_a_token_is_refused_when_the_public_key_served_as_a_secret(
    verifier: TokenVerifier, developer: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    for issuer in ("https://id.example", DEVELOPER):
        token = hs256(payload(iss=issuer), rsa_key.public_pem, kid="rsa-1")
        assert isinstance(await refusal(verifier, token), Unauthenticated)
        assert isinstance(await refusal(developer, token), Unauthenticated)


async def test_a_token_is_refused_when_its_header_brings_its_own_key(
    verifier: TokenVerifier, ec_key: SigningKey, payload: MakeClaims
) -> None:
    stranger = ec_key.named(None)
    for header in ({"jwk": stranger.public}, {"kid": "rsa-1", "jwk": stranger.public}):
        assert isinstance(await refusal(verifier, stranger.token(payload(), **header)), Unauthenticated)


async def test_a_token_is_refused_when_it_is_signed_with_another_key_than_its_kid_names(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    for kid in ("rsa-2", "ec-1", "made-up", None, ""):
        assert isinstance(await refusal(verifier, rsa_key.named(kid).token(payload())), Unauthenticated)
    assert isinstance(await refusal(verifier, rsa_key.token(payload(), kid=["rsa-1"])), Unauthenticated)


async def test_a_developer_token_is_refused_when_the_developer_issuer_is_off(
    verifier: TokenVerifier, payload: MakeClaims
) -> None:
    assert isinstance(await refusal(verifier, hs256(payload(iss=DEVELOPER))), Unauthenticated)


async def test_a_token_is_refused_when_one_issuer_speaks_for_the_other(
    developer: TokenVerifier, provider: Provider, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(rsa_key)
    assert isinstance(await refusal(developer, hs256(payload())), Unauthenticated)
    assert isinstance(await refusal(developer, rsa_key.token(payload(iss=DEVELOPER))), Unauthenticated)


async def test_a_developer_token_is_refused_when_another_secret_signed_it(
    developer: TokenVerifier, payload: MakeClaims
) -> None:
    token = hs256(payload(iss=DEVELOPER), "another secret, which is long enough")
    assert isinstance(await refusal(developer, token), Unauthenticated)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-service"},
        {"aud": ["another-service"]},
        {"aud": []},
        {"aud": {"school-gateway": 1}},
        {"aud": ["school-gateway", 7]},
        {"aud": None},
        {"iss": "https://id.example.evil"},
        {"iss": ["https://id.example"]},
        {"iss": None},
        {"exp": None},
        {"exp": [FAR]},
        {"exp": str(FAR)},
        {"exp": True},
        {"exp": "tomorrow"},
        {"nbf_in": 60},
        {"nbf": "tomorrow"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 513},
    ],
    ids=str,
)
async def test_a_token_is_refused_when_a_claim_is_not_as_it_must_be(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, changes: dict[str, Any]
) -> None:
    refused = await refusal(verifier, rsa_key.token(payload(**changes)))
    assert type(refused) in (Unauthenticated, TokenExpired)
    assert isinstance(refused, TokenExpired) == (changes == {"exp": True})


@pytest.mark.parametrize("expiry", [b"NaN", b"Infinity", b"1e999", b"null", b"{}"])
async def test_a_token_is_refused_when_its_expiry_is_no_moment(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, expiry: bytes
) -> None:
    text = orjson.dumps(payload(exp=None))[:-1] + b',"exp":' + expiry + b"}"
    assert isinstance(await refusal(verifier, rsa_key.token(text)), Unauthenticated)


async def test_a_token_has_expired_when_its_time_and_the_leeway_are_over(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    refused = await refusal(verifier, rsa_key.token(payload(exp_in=-60)))
    assert (type(refused), refused.code, refused.status) == (TokenExpired, "TOKEN_EXPIRED", 401)


@pytest.mark.parametrize("role", [None, "", "parent", "PARENTS", "ADMIN", 3, ["PARENT"], {"PARENT": True}], ids=str)
async def test_a_token_is_refused_when_its_role_is_none_of_the_six(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, role: object
) -> None:
    assert isinstance(await refusal(verifier, rsa_key.token(payload(role=role))), RoleNotHeld)


async def test_the_role_is_read_from_the_configured_claim(
    rules: TokenRules, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    renamed = TokenRules(audience=rules.audience, issuer=rules.issuer, jwks=rules.jwks, role_claim="epos_role")
    token = rsa_key.token(payload(role="ADMINISTRATOR", epos_role="STUDENT"))
    assert (await TokenVerifier(renamed).claims(token)).role is Role.STUDENT


@pytest.mark.parametrize(
    "header", [{"typ": "logout+jwt"}, {"typ": 7}, {"crit": ["exp"]}, {"crit": []}, {"alg": "RS512"}], ids=str
)
async def test_a_token_is_refused_when_its_header_says_that_it_is_something_else(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, header: dict[str, Any]
) -> None:
    assert isinstance(await refusal(verifier, rsa_key.token(payload(), **header)), Unauthenticated)


MALFORMED = {
    "empty": "",
    "dots": "..",
    "one part": "abc",
    "four parts": "a.b.c.d",
    "not base64": "a.b.c",
    "spaces": " e30.e30.e30",
    "a line break": "e30.e30.e30\n",
    "Cyrillic": "е30.e30.e30",
    "a lone surrogate": "\ud800.e30.e30",
    "a header that is no object": joined([1], {}, b"x"),
    "a header that is no JSON": joined(b"\xff\xfe", {}, b"x"),
    "a header of depth 4000": joined(b"[" * 4000, {}, b"x"),
    "an object of depth 900": joined(b'{"a":' * 900 + b"1" + b"}" * 900, {}, b"x"),
    "an algorithm that is a list": joined({"alg": ["RS256"], "kid": "rsa-1"}, {}, b"x"),
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_token_is_refused_when_it_is_malformed(verifier: TokenVerifier, token: str) -> None:
    assert isinstance(await refusal(verifier, token), Unauthenticated)


async def test_a_signed_token_is_refused_when_its_payload_is_malformed(
    verifier: TokenVerifier, rsa_key: SigningKey
) -> None:
    for text in (b"[]", b"7", b"{", b"\xff", b'"text"', b"[" * 3000):
        assert isinstance(await refusal(verifier, rsa_key.token(text)), Unauthenticated)


@pytest.mark.parametrize("escaped", [r"\ud800", r"ivan\udfff", r"\udc00\ud800"])
async def test_a_signed_token_is_refused_when_its_subject_cannot_be_written(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, escaped: str
) -> None:
    text = orjson.dumps(payload(sub="HERE")).decode().replace("HERE", escaped)
    assert isinstance(await refusal(verifier, rsa_key.token(text.encode())), Unauthenticated)


@pytest.mark.parametrize("claim", ["iss", "aud", "role"])
async def test_a_signed_token_is_refused_when_another_claim_cannot_be_written(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, claim: str
) -> None:
    text = orjson.dumps(payload(**{claim: "HERE"})).decode().replace("HERE", r"\ud800")
    assert (await refusal(verifier, rsa_key.token(text.encode()))).status == 401


async def test_a_name_that_cannot_be_written_is_left_out(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    text = orjson.dumps(payload(name="HERE")).decode().replace("HERE", r"\ud800")
    assert (await verifier.claims(rsa_key.token(text.encode()))).name is None


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e400", "true", '"soon"'])
async def test_a_signed_token_is_refused_when_its_expiry_is_no_instant(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims, number: str
) -> None:
    text = orjson.dumps(payload(exp="HERE")).decode().replace('"HERE"', number)
    assert (await refusal(verifier, rsa_key.token(text.encode()))).status == 401


async def test_a_token_is_refused_when_a_character_of_it_was_changed(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    token = rsa_key.token(payload())
    head, body, signature = token.split(".")
    stolen = rsa_key.token(payload(role="ADMINISTRATOR")).split(".")[1]
    for changed in (f"{head}.{stolen}.{signature}", f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.AA"):
        assert isinstance(await refusal(verifier, changed), Unauthenticated)


async def test_a_token_is_refused_unread_when_it_is_huge(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    assert isinstance(await refusal(verifier, rsa_key.token(payload(padding="x" * MAX_TOKEN_BYTES))), Unauthenticated)
    assert isinstance(await refusal(verifier, "." * 50_000_000), Unauthenticated)


async def test_unknown_kids_cost_the_issuer_little_when_they_flood_in(
    verifier: TokenVerifier, provider: Provider, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    tokens = [rsa_key.named(f"made-up-{n}").token(payload()) for n in range(50)]
    answers = await asyncio.gather(*(verifier.claims(token) for token in tokens), return_exceptions=True)
    assert all(isinstance(answer, Unauthenticated) for answer in answers)
    assert provider.requests <= 2


async def test_the_public_text_says_nothing_of_the_reason(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    refused = [
        await refusal(verifier, token)
        for token in ("", rsa_key.token(payload(aud="another")), rsa_key.named("made-up").token(payload()))
    ]
    assert {str(error) for error in refused} == {Unauthenticated.message}
    assert len({error.reason for error in refused}) == len(refused)


async def test_the_source_is_unavailable_when_the_keys_of_the_issuer_cannot_be_had(
    verifier: TokenVerifier, provider: Provider, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    provider.status = 500
    with pytest.raises(SourceUnavailable):
        await verifier.claims(rsa_key.token(payload()))


# What is remembered


async def test_a_token_is_not_verified_anew_when_it_comes_again(
    verifier: TokenVerifier, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    token = rsa_key.token(payload())
    assert await verifier.claims(token) is await verifier.claims(token)


async def test_a_token_is_verified_anew_when_its_expiry_has_passed(
    rules: TokenRules, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    now = [time.time()]
    verifier = TokenVerifier(rules, clock=lambda: now[0])
    token = rsa_key.token(payload())
    first = await verifier.claims(token)
    now[0] = first.expires_at + 9
    assert await verifier.claims(token) is first
    now[0] = first.expires_at + 11
    assert await verifier.claims(token) is not first


async def test_a_remembered_token_has_expired_when_its_time_is_over(payload: MakeClaims) -> None:
    rules = TokenRules(audience="school-gateway", developer_secret=SECRET, leeway_s=0)
    verifier = TokenVerifier(rules)
    expires_at = int(time.time()) + 2  # a second, at least, for the first verification
    token = hs256(payload(iss=DEVELOPER, exp=expires_at))
    await verifier.claims(token)
    await asyncio.sleep(expires_at + 1.02 - time.time())
    assert isinstance(await refusal(verifier, token), TokenExpired)


async def test_a_remembered_token_is_refused_when_its_key_was_withdrawn(
    provider: Provider, rsa_key: SigningKey, other_rsa_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(rsa_key, other_rsa_key)
    verifier = TokenVerifier(
        TokenRules(
            audience="school-gateway",
            issuer="https://id.example",
            jwks=provider.url,
            jwks_refresh_s=0.05,
            jwks_interval_s=0.01,
        )
    )
    token = rsa_key.token(payload())
    first = await verifier.claims(token)
    await asyncio.sleep(0.1)
    assert await verifier.claims(token) is first, "the same keys again change nothing"
    provider.publish(other_rsa_key)

    async def used_again_and_again() -> None:
        while True:
            await asyncio.sleep(0.03)
            await verifier.claims(token)

    with pytest.raises(Unauthenticated):
        await asyncio.wait_for(used_again_and_again(), timeout=30)


async def test_the_oldest_token_is_forgotten_when_there_are_too_many(
    provider: Provider, rsa_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(rsa_key)
    verifier = TokenVerifier(
        TokenRules(audience="school-gateway", issuer="https://id.example", jwks=provider.url, cache_size=2)
    )
    tokens = [rsa_key.token(payload(sub=f"person-{n}")) for n in range(3)]
    first, second = [await verifier.claims(token) for token in tokens[:2]]
    assert await verifier.claims(tokens[0]) is first
    await verifier.claims(tokens[2])
    assert await verifier.claims(tokens[0]) is first
    assert await verifier.claims(tokens[1]) is not second
    assert len(verifier._verified) == 2


async def test_a_refusal_is_not_remembered(
    provider: Provider, rsa_key: SigningKey, ec_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(ec_key)
    verifier = TokenVerifier(
        TokenRules(audience="school-gateway", issuer="https://id.example", jwks=provider.url, jwks_interval_s=0.05)
    )
    token = rsa_key.token(payload())
    assert isinstance(await refusal(verifier, token), Unauthenticated)
    assert not verifier._verified
    provider.publish(rsa_key)
    await asyncio.sleep(0.06)
    assert (await verifier.claims(token)).subject == "anna"


# The rules


@pytest.mark.parametrize(
    "rules",
    [
        {"audience": "a"},
        {"audience": "", "developer_secret": SECRET},
        {"audience": "a", "developer_secret": "too short"},
        {"audience": "a", "developer_secret": ""},
        {"audience": "a", "issuer": "school"},
        {"audience": "a", "issuer": "http://id.example"},
        {"audience": "a", "issuer": "https://id.example?tenant=1"},
        {"audience": "a", "jwks": "keys.json", "developer_secret": SECRET},
        {"audience": "a", "issuer": "x", "jwks": "keys.json", "algorithms": ("HS256",)},
        {"audience": "a", "issuer": "x", "jwks": "keys.json", "algorithms": ("RS256", "none")},
        {"audience": "a", "issuer": "x", "jwks": "keys.json", "algorithms": ()},
        {"audience": "a", "issuer": DEVELOPER, "jwks": "keys.json", "developer_secret": SECRET},
    ],
    ids=str,
)
def test_rules_are_refused_when_they_would_let_anybody_or_nobody_in(rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        TokenRules(**rules)


def test_the_secret_does_not_show_when_the_rules_are_printed() -> None:
    assert SECRET not in repr(TokenRules(audience="a", developer_secret=SECRET))
