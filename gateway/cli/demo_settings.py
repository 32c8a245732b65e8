"""The settings of a demo, which takes nothing from the environment that leads outside its own directory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic_settings import PydanticBaseSettingsSource

from gateway.http.demo import LOCAL_NAMES
from gateway.operations.persisted import Step
from gateway.settings import Settings

TAKEN: Final = (
    "GATEWAY_ACCESS__",
    "GATEWAY_BREAKER__",
    "GATEWAY_CACHE__",
    "GATEWAY_DEMAND__",
    "GATEWAY_ENGINE__",
    "GATEWAY_LIMITS__",
    "GATEWAY_MONGO__CONCURRENCY",
    "GATEWAY_MONGO__DRIVER",
    "GATEWAY_MONGO__READ_TIMEOUT_S",
    "GATEWAY_MONGO__RETRIES",
    "GATEWAY_MONGO__TIMEOUT_S",
    "GATEWAY_RATE_LIMIT__",
)
"""How the names begin that a demo takes from the environment: limits and times, but no address, file or secret."""

LOCAL_ORIGINS: Final = tuple(f"http://{name}:*" for name in LOCAL_NAMES)
"""The pages that may call a demo: those of applications that are developed on this machine."""

MANIFESTS: Final = Path(__file__).parent / "demo_manifests"
"""The documents that docs/mobile.md asks for by their ids."""


def ignored(names: Iterable[str]) -> list[str]:
    """The names of settings among *names* of environment variables that a demo ignores."""
    upper = {name.upper() for name in names}
    return sorted(name for name in upper if name.startswith("GATEWAY_") and not name.startswith(TAKEN))


class _DemoSettings(Settings):
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: Any,  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: Any,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only arguments, and the environment's variables in TAKEN."""
        found = env_settings.env_vars
        env_settings.env_vars = {name: found[name] for name in found if name.upper().startswith(TAKEN)}
        return init_settings, env_settings


def demo_settings(mongo: str, redis: str, port: int) -> Settings:
    """Settings that lead to the demo's own MongoDB and Redis, listening on *port* of this machine alone."""
    settings = _DemoSettings(demo=True)
    settings.mongo.uri = SecretStr(mongo)
    settings.redis.uri = SecretStr(redis)
    settings.http.port = port
    settings.http.cors_origins = LOCAL_ORIGINS
    settings.persisted.manifests = MANIFESTS
    settings.persisted.clients = {"mobile": Step.REQUIRE_ID}
    return settings
