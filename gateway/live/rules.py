"""The limits of live connections."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LiveRules:
    """How many live connections there may be, and how much of the process each may take."""

    connections: int = 10_000
    """Connections of one process at once."""
    person_connections: int = 5
    """Connections of one person in one process at once."""
    subscriptions: int = 20
    """Operations that run on one connection at once."""
    queue: int = 128
    """Events that wait for one connection; one more closes it."""
    send_s: float = 10
    """How long a client may leave unread what was sent before its connection is closed."""
    init_s: float = 10
    """How long a client may take to sign in after it has opened a WebSocket."""
    ping_s: float = 25
    """How often an idle connection is probed."""
    check_s: float = 10
    """How often it is checked that the session of a browser goes on."""
    message_bytes: int = 100_000
    """Bytes of one message of a client."""
    deliveries: int = 16
    """Events that one process reads for subscribers at once."""
    resume_changes: int = 10_000
    """Changes, of whomever, that are looked through for a client that was away."""
    send_buffer_bytes: int = 32_768
    """Bytes that the kernel holds for one connection until the client reads them."""
