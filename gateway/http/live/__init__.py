"""Subscriptions over WebSocket and server-sent events."""

from gateway.http.live.endpoint import LiveEndpoint, wants_live

__all__ = ["LiveEndpoint", "wants_live"]
