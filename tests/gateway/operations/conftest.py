"""The tiny school, served: most rules of operations are best seen over HTTP."""

from tests.gateway.http.conftest import built, gateway, ivan, olga, prefix, serve

__all__ = ["built", "gateway", "ivan", "olga", "prefix", "serve"]
