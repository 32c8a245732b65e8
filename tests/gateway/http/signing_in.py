"""A gateway at which browsers sign in by real OpenID providers (npm oidc-provider), and a browser without a screen."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
from pydantic import SecretStr

from auth.sign_in.browsers import BrowserSignIn
from connectors import redis as redis_
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import mint
from gateway import sign_in
from gateway.http.reading.session import COOKIE
from gateway.settings import ProviderSettings, SignInSettings
from tests.gateway.cli.running import free_port
from tests.gateway.writing.acting import Acting, acting
from tests.requiring import ROOT, node_for

KEY: Final = "a key of the tests that is long enough"
CLIENT: Final = "school"
CLIENT_SECRET: Final = "the secret of a client, with % and :"
NAMES: Final = ("epos", "rsaag")
OIDC: Final = ROOT / "tests" / "oidc"


@dataclass(slots=True)
class Answer:
    """What a browser was answered."""

    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    cookies: list[str]
    """The lines of `Set-Cookie`."""

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def location(self) -> str:
        return self.headers["Location"]


@dataclass(slots=True)
class BrowserAlike:
    """Keeps cookies for each origin, and follows redirects only when told to. It sends secure cookies to 127.0.0.1."""

    client: aiohttp.ClientSession
    home: str
    jars: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the gateway."""
        return self.jars.setdefault(self.home, {})

    async def go(self, url: str, method: str = "GET", **options: Any) -> Answer:
        """Send one request; *url* may be a path of the gateway."""
        url = url if "://" in url else self.home + url
        parts = urlsplit(url)
        jar = self.jars.setdefault(f"{parts.scheme}://{parts.netloc}", {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()), **options.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value}
        async with self.client.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            lines = answer.headers.getall("Set-Cookie", [])
            for line in lines:
                for name, morsel in SimpleCookie(line).items():
                    if morsel["max-age"] == "0" or not morsel.value:
                        jar.pop(name, None)
                    else:
                        jar[name] = morsel.value
            return Answer(url, answer.status, answer.headers, await answer.text(), lines)

    async def to_callback(self, path: str = "/auth/login") -> str:
        """Sign in at the provider; return the address at the gateway to which it sends the browser."""
        answer = await self.go(path)
        while True:
            assert answer.status in {302, 303}, answer.text
            url = urljoin(answer.url, answer.location)
            if url.startswith(self.home + "/auth/callback"):
                return url
            answer = await self.go(url)

    async def sign_in(self, path: str = "/auth/login?provider=epos") -> Answer:
        """Sign in; the answer of the gateway to the browser that comes back."""
        return await self.go(await self.to_callback(path))

    async def session(self) -> Any:
        """What /auth/session says."""
        answer = await self.go("/auth/session")
        assert answer.status == 200, answer.text
        return answer.json

    async def ask(self, query: str = "{ viewer { role } }", csrf: str | None = None, **headers: str) -> Answer:
        """Ask the graph by the cookie; the CSRF token is fetched unless given."""
        token = (await self.session())["csrf"] if csrf is None else csrf
        sent = {"X-CSRF-Token": token, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.go("/graphql", "POST", json={"query": query}, headers=sent)


@dataclass(slots=True)
class SigningIn:
    """A gateway, its providers, and the school behind it."""

    acts: Acting
    issuers: Mapping[str, str]
    browsers: BrowserSignIn
    client: aiohttp.ClientSession

    @property
    def home(self) -> str:
        return self.browsers.public_url

    def browser(self) -> BrowserAlike:
        return BrowserAlike(self.client, self.home)

    async def becomes(self, account: str | None, provider: str = "epos", *, deny: bool = False) -> None:
        """Have whoever signs in next at a provider be *account*."""
        query = urlencode({"account": account or "", **({"deny": "1"} if deny else {})})
        async with self.client.post(f"{self.issuers[provider]}/test/account?{query}") as answer:
            assert answer.status == 204

    async def token_requests(self, provider: str = "epos") -> list[Any]:
        """Status and kind, or error, of each token request that a provider answered."""
        async with self.client.get(f"{self.issuers[provider]}/test/tokens") as answer:
            found: list[Any] = await answer.json()
            return found

    async def known_as(self, subject: str, person: str, provider: str = "epos") -> None:
        """Have the school know *subject* of a provider as one of its people."""
        document = {
            "_id": mint("ExternalId", f"{provider} {subject} {person}"),
            "issuer": self.issuers[provider],
            "subject": subject,
            "person_id": self.acts.id("Person", person),
        }
        place = self.acts.client[f"{self.acts.prefix}_directory"].external_ids
        await place.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def signed_in(self, person: str, provider: str = "epos") -> BrowserAlike:
        """A browser in which a person of the school is signed in."""
        await self.known_as(person, person, provider)
        await self.becomes(person, provider)
        browser = self.browser()
        answer = await browser.sign_in(f"/auth/login?provider={provider}")
        assert answer.status == 303, answer.text
        assert COOKIE in browser.cookies
        return browser


@asynccontextmanager
async def providers(options: list[dict[str, Any]]) -> AsyncIterator[None]:
    """Run OpenID providers."""
    process = await asyncio.create_subprocess_exec(
        *(node_for("tests/oidc"), "providers.mjs", json.dumps(options)),
        cwd=OIDC,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while line := await process.stdout.readline():
                if line == b"ready\n":
                    break
            else:
                raise AssertionError("the providers did not start")
        drained = asyncio.create_task(process.stdout.read())
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    await drained


@asynccontextmanager
async def signing_in(
    mongo_uri: str,
    redis_uri: str,
    prefix: str,
    *,
    people: Mapping[str, Mapping[str, Any]] | None = None,
    forms: bool = False,
    confirmed_by: str | None = None,
    **settings: Any,
) -> AsyncIterator[SigningIn]:
    """Serve a new school at which browsers sign in by the providers `NAMES`; *people* are claims of their accounts."""
    port = free_port()
    home = f"http://127.0.0.1:{port}"
    ports = {name: free_port() for name in NAMES}
    issuers = {name: f"http://127.0.0.1:{one}" for name, one in ports.items()}
    rules = SignInSettings(
        providers={
            name: ProviderSettings(
                issuer=issuer,
                client_id=CLIENT,
                client_secret=SecretStr(CLIENT_SECRET),
                title=name.upper(),
                scope="openid profile email snils",
                confirms=confirmed_by is not None,
                confirmed_by=confirmed_by,
            )
            for name, issuer in issuers.items()
        },
        public_url=home,
        key=SecretStr(KEY),
        timeout_s=30,
        redis_timeout_s=10,
        **settings.pop("rules", {}),
    )
    options = [
        {
            "port": ports[name],
            "clientId": CLIENT,
            "clientSecret": CLIENT_SECRET,
            "redirectUris": [f"{home}/auth/callback/{name}"],
            "postLogoutRedirectUris": [f"{home}/"],
            "backchannelLogoutUri": f"{home}/auth/backchannel-logout/{name}",
            "forms": forms,
            "people": people or {},
        }
        for name in NAMES
    ]
    redis = BestEffort(redis_.connect(redis_uri))
    async with (
        providers(options),
        acting(mongo_uri, redis_uri, prefix, sign_in=rules, port=port, **settings) as acts,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        browsers = sign_in.browsers(acts.served.settings, redis)
        assert browsers is not None
        yield SigningIn(acts, issuers, browsers, client)
    await redis.aclose()
