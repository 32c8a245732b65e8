"""Settings: read once from the environment (`GATEWAY_*`, sections by `__`), then passed down."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.mongo import Driver


class Section(BaseModel):
    """Settings that belong together; the sentence below each is its description, here and in docs/operators.md."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class MongoSettings(Section):
    """Where the connectors' databases are."""

    uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    """The server of every subsystem that has none of its own."""
    uris: dict[str, SecretStr] = Field(default_factory=dict)
    """A server of its own per subsystem, as JSON: {"diary": "mongodb://…"}."""
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = "school"
    """The database of a subsystem is `<prefix>_<subsystem>`."""
    driver: Driver = Driver.MOTOR
    """`motor`, or `pymongo`: PyMongo's own asynchronous client, which is to follow it."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long all reads of one request may take together."""


class RedisSettings(Section):
    """Where the shared cache is; without it every instance caches nothing and keeps working."""

    uri: SecretStr | None = None
    """Where Redis is, such as redis://127.0.0.1:6379/0."""
    timeout_s: Annotated[float, Field(gt=0, le=5)] = 0.25
    """How long Redis may take to answer before the request goes on without it."""


class AuthSettings(Section):
    """Whose tokens are trusted: one OIDC issuer's, the developer issuer's, or both."""

    audience: str = "school-gateway"
    """The `aud` that tokens must be issued for."""
    issuer: str | None = None
    """The `iss` of the identity provider's tokens; needs `jwks`."""
    jwks: str | None = None
    """URL or file of the issuer's keys."""
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    """Which of the two the issuer signs with, as JSON."""
    role_claim: str = "role"
    """The claim that carries the active role."""
    developer_issuer: str = "school-gateway"
    """The `iss` of developer tokens."""
    developer_secret: SecretStr | None = None
    """Switches the developer issuer on; at least 32 bytes."""
    leeway_s: Annotated[int, Field(ge=0, le=120)] = 10
    """How far the clocks of the issuer and of the gateway may be apart."""
    scope_ttl_s: Annotated[float, Field(gt=0, le=60)] = 60
    """How long a viewer's students are kept: how late a revoked right may be noticed."""


class AccessMode(StrEnum):
    """What happens to an operation that asks for a field its role may not see."""

    FILTER = "filter"
    REJECT = "reject"


class AccessSettings(Section):
    """How forbidden fields are answered."""

    mode: AccessMode = AccessMode.FILTER
    """`filter` answers a forbidden field with null and an error, `reject` refuses the whole operation."""


class HttpSettings(Section):
    """Where the gateway listens and how much it takes."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port to listen on."""
    max_body_bytes: Annotated[int, Field(gt=0)] = 1_000_000
    """Requests that are larger are refused with 413."""
    graphiql: bool = True
    """Whether browsers get the GraphiQL page at /graphql."""


class EngineSettings(Section):
    """How operations are prepared and kept."""

    documents: Annotated[int, Field(gt=0)] = 1_000
    """Prepared operations that are kept."""


class Settings(BaseSettings):
    """All settings of one gateway."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_nested_delimiter="__", extra="forbid", use_attribute_docstrings=True
    )

    mongo: MongoSettings = Field(default_factory=MongoSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    today: date | None = None
    """A day that stands for today: for data sets that stand around a day of their own."""
    demo: bool = False
    """Serves /demo/viewers with tokens for everyone in the demo; never on data of real people."""
