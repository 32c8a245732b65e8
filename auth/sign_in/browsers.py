"""Signs browsers in and out: begins, takes the answer of the provider, renews, switches the role, ends."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Any, Final

from auth.errors import SignInDeclined, SignInFailed, TokenExpired, Unauthenticated
from auth.keys import IDENTITY
from auth.sign_in.logins import Login, Logins
from auth.sign_in.providers import Grant, GrantRefused, Provider
from auth.sign_in.sessions import Session, Sessions, secret
from auth.viewer import Role
from connectors.errors import SourceUnavailable

CALLBACK: Final = "/auth/callback/"
"""Each provider has an address of its own to come back to, so that one cannot pass on the answer of another."""
LEAST_S: Final = 60.0
"""Tokens are taken to last this long at least, lest each request renew its session."""
RETRY_S: Final = 10.0
"""The pause before a provider that did not answer is asked for new tokens again."""
DECLINED: Final = frozenset({"access_denied", "consent_required", "interaction_required", "login_required"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from a provider, which says who they are."""

    login: Login
    claims: Mapping[str, Any]
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSignIn:
    """Signs browsers in by *providers*; *public_url* is the origin under which they reach the gateway.

    A session lasts *lasts_s* at most. Where its provider does not answer, it is kept for *grace_s* beyond its tokens.
    """

    providers: Mapping[str, Provider]
    sessions: Sessions
    logins: Logins
    public_url: str
    lasts_s: float
    grace_s: float

    async def begin(self, provider: Provider, return_to: str, cookie: str | None) -> tuple[str, str]:
        """The URL that a browser is sent to, and the cookie that it brings back."""
        login = Login.begin(provider.rules.name, return_to, self.logins.clock())
        url = await provider.authorization_url(
            redirect_uri=self._callback(provider), state=login.state, nonce=login.nonce, verifier=login.verifier
        )
        return url, self.logins.write([*self.logins.read(cookie), login])

    async def arrive(self, provider: Provider, answer: Mapping[str, str], cookie: str | None) -> Arrival:
        """Who came back from *provider* with the parameters *answer*.

        Raises `SignInFailed` where this browser did not begin that sign-in, or the answer is not its provider's;
        `SignInDeclined` where the person, or the provider, did not want it.
        """
        state = answer.get("state", "")
        known = (one for one in self.logins.read(cookie) if compare_digest(one.state.encode(), state.encode()))
        login = next(known, None)
        if login is None:
            raise SignInFailed("no sign-in of this browser has this state")
        if login.provider != provider.rules.name:
            raise SignInFailed("the answer came to the address of another provider")
        issuer = answer.get("iss")
        if issuer != provider.rules.issuer and (issuer is not None or (await provider.metadata()).names_itself):
            raise SignInFailed("the answer names another issuer, or none")
        if "error" in answer:
            raise (SignInDeclined if answer["error"] in DECLINED else SignInFailed)(
                f"the provider: {answer['error']!r}"
            )
        try:
            grant = await provider.exchange(
                answer.get("code", ""), redirect_uri=self._callback(provider), verifier=login.verifier
            )
        except GrantRefused as error:
            raise SignInFailed(f"the provider gave no tokens for the code: {error.error!r}") from error
        if grant.id_token is None:
            raise SignInFailed("the provider gave no ID token")
        claims = await provider.id_tokens.id_token(grant.id_token, nonce=login.nonce)
        return Arrival(login, claims, grant)

    def forget(self, login: Login, cookie: str | None) -> str | None:
        """The cookie without a sign-in that has come to its end; None where it holds no other."""
        others = [one for one in self.logins.read(cookie) if one.state != login.state]
        return self.logins.write(others) if others else None

    async def start(self, arrival: Arrival, role: Role, old: str | None) -> str:
        """Begin a session in the place of the browser's *old* one; return what its cookie says."""
        now = self.sessions.clock()
        rules = self.providers[arrival.login.provider].rules
        sid, name = (arrival.claims.get(claim) for claim in ("sid", "name"))
        session = Session(
            login=secret(),
            provider=rules.name,
            issuer=rules.issuer,
            subject=arrival.claims["sub"],
            sid=sid if isinstance(sid, str) else None,
            role=role,
            name=name if isinstance(name, str) else None,
            csrf=secret(),
            ends_at=now + self.lasts_s,
        )
        if arrival.grant.refresh_token is not None:
            session = session.renewed(arrival.grant.refresh_token, now + max(arrival.grant.expires_in_s, LEAST_S))
        if old is not None:
            await self.sessions.end(old)
        return await self.sessions.start(session)

    async def session(self, cookie: str) -> Session:
        """The session of a cookie, renewed at its provider where that is due.

        Raises `Unauthenticated` where there is none, `TokenExpired` where the provider renews it no more.
        """
        session = await self._find(cookie)
        if not self._is_due(session):
            return self._usable(session)
        async with self.sessions.locked(session):
            session = await self._find(cookie)
            return self._usable(await self._renewed(cookie, session) if self._is_due(session) else session)

    async def is_signed_in(self, cookie: str) -> bool:
        """Whether the session of a cookie goes on; to ask does not prolong it."""
        return await self.sessions.exists(cookie)

    async def switch(self, cookie: str, role: Role) -> tuple[str, Session]:
        """Continue the session in another role, under another cookie; the one from before is worth nothing then."""
        async with self.sessions.locked(await self._find(cookie)):
            session = (await self._find(cookie)).in_role(role)
            new = await self.sessions.start(session)
            await self.sessions.end(cookie)
            return new, session

    async def log_out(self, cookie: str) -> str | None:
        """End a session here; return where the browser ends the one at its provider, None where it cannot."""
        async with self.sessions.locked(await self._find(cookie)):
            session = await self._find(cookie)
            await self.sessions.end(cookie)
        provider = self.providers.get(session.provider)
        if provider is None:
            return None
        try:
            if session.refresh_token is not None:
                await provider.revoke(session.refresh_token)
            return await provider.end_session_url(return_to=f"{self.public_url}/")
        except SourceUnavailable:
            return None

    async def log_out_by_provider(self, provider: Provider, token: str) -> int:
        """End the sessions that a logout token of *provider* names; return how many there were.

        Raises `Unauthenticated` where the token is not to be trusted, or was sent before.
        """
        claims = await provider.id_tokens.logout_token(token)
        if not await self.sessions.is_first(f"{provider.rules.issuer} {claims['jti']}"):
            raise Unauthenticated("the logout token was sent before")
        sid, subject = claims.get("sid"), claims.get("sub")
        return await self.sessions.end_all(provider.rules.issuer, sid=sid, subject=subject)

    async def _find(self, cookie: str) -> Session:
        session = await self.sessions.find(cookie)
        if session is None or session.provider not in self.providers:
            raise Unauthenticated("there is no such session")
        return session

    def _is_due(self, session: Session) -> bool:
        return session.renew_at is not None and self.sessions.clock() >= session.renew_at

    def _usable(self, session: Session) -> Session:
        """*session*, unless its provider has not answered for too long."""
        if session.fresh_until is not None and self.sessions.clock() >= session.fresh_until + self.grace_s:
            raise SourceUnavailable(IDENTITY)
        return session

    async def _renewed(self, cookie: str, session: Session) -> Session:
        """The session with new tokens; as it is, to be tried again soon, where the provider gives no answer."""
        provider = self.providers[session.provider]
        try:
            grant = await provider.refresh(session.refresh_token or "")
            if grant.id_token is not None:
                claims = await provider.id_tokens.id_token(grant.id_token)
                if claims["sub"] != session.subject:
                    raise Unauthenticated("the provider renewed the session of somebody else")
        except GrantRefused as error:
            _log.warning("The provider %s ends a session: %s", session.provider, error.error)
            await self.sessions.end(cookie)
            raise TokenExpired(f"the provider renews the session no more: {error.error!r}") from error
        except SourceUnavailable:
            session = replace(session, renew_at=self.sessions.clock() + RETRY_S)
        else:
            session = session.renewed(grant.refresh_token, self.sessions.clock() + max(grant.expires_in_s, LEAST_S))
        await self.sessions.update(cookie, session)
        return session

    def _callback(self, provider: Provider) -> str:
        return f"{self.public_url}{CALLBACK}{provider.rules.name}"
