"""Whoever sends the gateway's letters, as the settings say."""

from typing import Final

from connectors.mail import MailDirectory, Smtp, SmtpRules
from gateway.settings import MailSettings

_LEAST_KEY_BYTES: Final = 32


def key_of_codes(settings: MailSettings) -> bytes:
    """The secret key from which the codes in letters follow; empty where there is none."""
    return settings.key.get_secret_value().encode() if settings.key else b""


def confirms_by_letters(settings: MailSettings) -> bool:
    """Whether people confirm their addresses by letters: there is a key, and somebody who sends them."""
    return bool(settings.key) and (settings.host is not None or settings.directory is not None)


def mailer_of(settings: MailSettings) -> Smtp | MailDirectory | None:
    """The mail server, or the directory that stands for one; None where no letters are sent.

    Raises `ValueError` where settings are missing, or contradict each other.
    """
    if settings.public_url is not None and not settings.key:
        raise ValueError("GATEWAY_MAIL__PUBLIC_URL needs GATEWAY_MAIL__KEY, by which addresses in letters are signed.")
    if 0 < len(key_of_codes(settings)) < _LEAST_KEY_BYTES:
        raise ValueError("GATEWAY_MAIL__KEY has to be a secret of 32 bytes or more.")
    if settings.host is None and settings.directory is None:
        return None
    if settings.host is not None and settings.directory is not None:
        raise ValueError("GATEWAY_MAIL__HOST and GATEWAY_MAIL__DIRECTORY are both set.")
    if settings.sender is None:
        raise ValueError("Mail needs GATEWAY_MAIL__SENDER, the address that letters are from.")
    if settings.directory is not None:
        return MailDirectory(settings.directory, settings.sender)
    if settings.host is None:  # pragma: no cover - returned above
        raise TypeError(settings)
    if (settings.user is None) != (settings.password is None):
        raise ValueError("GATEWAY_MAIL__USER and GATEWAY_MAIL__PASSWORD are needed both, or neither.")
    return Smtp(
        SmtpRules(
            host=settings.host,
            port=settings.port,
            security=settings.security,
            user=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            sender=settings.sender,
            timeout_s=settings.timeout_s,
        )
    )
