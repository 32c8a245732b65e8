"""Puts together what signs browsers in, by the settings."""

from auth.scope import Viewers
from auth.sign_in.accounts import Accounts
from auth.sign_in.browsers import BrowserSignIn
from auth.sign_in.encryption import Encryption
from auth.sign_in.invited import Invited, Newcomers
from auth.sign_in.logins import Logins
from auth.sign_in.providers import Provider, ProviderRules
from auth.sign_in.sessions import Sessions
from connectors.directory import Directory
from connectors.redis.best_effort import BestEffort
from connectors.redis.rate_limiter import RateLimiter
from gateway.context import Clock
from gateway.http.reading.body import Bodies
from gateway.http.sign_in import SignInEndpoint
from gateway.http.sign_in_limits import SignInLimits
from gateway.settings import Settings


def browsers(settings: Settings, redis: BestEffort | None) -> BrowserSignIn | None:
    """How browsers sign in; None where no provider is set.

    Raises `ValueError` where Redis, the public URL or the key is missing.
    """
    rules = settings.sign_in
    if not rules.providers:
        return None
    if redis is None or rules.public_url is None or rules.key is None:
        raise ValueError(
            "Signing in from browsers needs GATEWAY_REDIS__URI, GATEWAY_SIGN_IN__PUBLIC_URL and GATEWAY_SIGN_IN__KEY."
        )
    key = rules.key.get_secret_value()
    providers = [
        ProviderRules(
            name=name,
            title=one.title or name,
            issuer=one.issuer,
            client_id=one.client_id,
            client_secret=one.client_secret.get_secret_value() if one.client_secret else None,
            scope=one.scope,
            parameters=one.parameters,
            confirms=one.confirms,
            confirmed_by=one.confirmed_by,
            leeway_s=settings.auth.leeway_s,
            timeout_s=rules.timeout_s,
        )
        for name, one in rules.providers.items()
    ]
    sessions = Sessions(
        redis.with_timeout(rules.redis_timeout_s),
        Encryption(key, "sessions"),
        place=settings.mongo.prefix,
        idle_s=rules.idle_minutes * 60,
    )
    return BrowserSignIn(
        providers={one.name: Provider(one) for one in providers},
        sessions=sessions,
        logins=Logins(Encryption(key, "logins")),
        public_url=rules.public_url,
        lasts_s=rules.hours * 3600,
        grace_s=rules.grace_s,
    )


def limits(settings: Settings, redis: BestEffort) -> SignInLimits:
    """How often an address and an account may ask in a minute, counted in *redis*."""
    rules = settings.sign_in
    return SignInLimits(
        limiter=RateLimiter(
            redis.with_timeout(rules.redis_timeout_s),
            prefix=f"school-gateway:sign-in:1:{settings.mongo.prefix}",
        ),
        per_address=rules.address_a_minute,
        per_account=rules.account_a_minute,
        address_header=rules.address_header,
    )


def endpoint(
    settings: Settings, signed_in: BrowserSignIn, viewers: Viewers, directory: Directory, redis: BestEffort
) -> SignInEndpoint:
    """The endpoint that answers at the addresses of signing in."""
    http, clock = settings.http, Clock(settings.today)
    secret = settings.sign_in.key
    if secret is None:  # pragma: no cover - `browsers` demands it
        raise TypeError(settings.sign_in)
    key = secret.get_secret_value()
    return SignInEndpoint(
        browsers=signed_in,
        viewers=viewers,
        accounts=Accounts(directory),
        newcomers=Newcomers(Encryption(key, "newcomers")),
        invited=Invited(directory, day_in=clock.day_in, attempts_a_day=settings.writing.attempts_a_day),
        limits=limits(settings, redis),
        clock=clock,
        bodies=Bodies(http.max_body_bytes, http.body_timeout_s),
        timeout_s=settings.mongo.timeout_s,
        default_language=http.default_language,
    )
