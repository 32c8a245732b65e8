"""Letters by a real SMTP server (aiosmtpd), and into a directory."""

import datetime as dt
import ssl
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.mail import Letter, MailDirectory, Security, Sending, is_sender
from connectors.mail.letters import NotDeliverable, message_of
from tests.connectors.mail.smtp_servers import SENDER, Inbox, smtp, smtp_server

LETTER = Letter(id="mail-1", to="olga@example.org", subject="Новая\r\nоценка", text="Пять.\n")


def letter(to: str) -> Letter:
    return Letter(id=f"mail-{zlib.crc32(to.encode())}", to=to, subject="Оценка", text="Пять.")


async def test_a_letter_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        sent = Letter(
            id="mail-1",
            to="olga@example.org",
            subject="Новая\r\nBcc: thief@example.org",
            text="Пять.\n.\nТочка в строке одна.\n",
            unsubscribe="https://diary.example/u/1",
        )
        assert await smtp(port).send([sent]) == [Sending.SENT]
    [message] = inbox.taken
    assert message["From"] == SENDER
    assert message["To"] == "olga@example.org"
    assert message["Bcc"] is None
    assert message["Subject"] == "Новая Bcc: thief@example.org"
    assert message["Message-ID"] == "<mail-1@school.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://diary.example/u/1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content().replace("\r\n", "\n") == "Пять.\n.\nТочка в строке одна.\n"


async def test_the_address_that_stops_letters_stays_in_one_line() -> None:
    inbox = Inbox()
    address = f"https://diary.example/letters/stop/ntl_{'a' * 16}.1789999999.{'0123456789abcdef' * 8}"
    async with smtp_server(inbox) as port:
        sent = Letter(id="mail-1", to="olga@example.org", subject="Оценка", text="Пять.", unsubscribe=address)
        assert await smtp(port).send([sent]) == [Sending.SENT]
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in inbox.raw[0]


async def test_each_letter_has_its_own_result_over_one_connection() -> None:
    inbox = Inbox()
    to = ["a@example.org", "nobody@example.org", "full@example.org", "spam@example.org", "no address", "z@школа.рф"]
    async with smtp_server(inbox) as port:
        found = await smtp(port).send([letter(address) for address in to])
    assert found == [
        Sending.SENT,
        Sending.REFUSED,
        Sending.LATER,
        Sending.REFUSED,
        Sending.REFUSED,
        Sending.SENT,
    ]
    assert [str(message["To"]) for message in inbox.taken] == ["a@example.org", "z@xn--80atdl2c.xn--p1ai"]
    assert inbox.connections == 1


async def test_what_is_left_is_for_later_when_the_server_goes_down() -> None:
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        found = await smtp(port).send([letter(f"{name}@example.org") for name in ("a", "gone", "b")])
        assert found[:2] == [Sending.SENT, Sending.LATER]
    assert await smtp(port).send([letter("a@example.org")]) == [Sending.LATER]
    assert not await smtp(port).answers()


async def test_the_server_lets_in_whoever_knows_the_password() -> None:
    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == b"secret", handled=False)

    inbox = Inbox()
    async with smtp_server(inbox, authenticator=knows, auth_require_tls=False) as port:
        right, wrong = (smtp(port, user="diary", password=word) for word in ("secret", "guess"))
        assert await right.answers()
        assert await right.send([LETTER]) == [Sending.SENT]
        assert not await wrong.answers()
        assert await wrong.send([LETTER]) == [Sending.LATER]
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_nothing_is_said_to_a_server_whose_certificate_nobody_trusts(security: Security, tmp_path: Path) -> None:
    inbox = Inbox()
    async with smtp_server(inbox, tls_context=_self_signed(tmp_path)) as port:
        assert await smtp(port, security=security).send([LETTER]) == [Sending.LATER]
    assert inbox.taken == []


async def test_a_server_without_tls_gets_no_letter_where_tls_is_wanted() -> None:
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        assert await smtp(port, security=Security.STARTTLS).send([LETTER]) == [Sending.LATER]
    assert inbox.taken == []


async def test_a_directory_has_each_letter_once_and_the_latest_first(tmp_path: Path) -> None:
    directory = MailDirectory(tmp_path / "mail", SENDER)
    assert await directory.latest(10) == []
    first = letter("a@example.org")
    assert await directory.send([first, first, letter("no address")]) == [Sending.SENT, Sending.SENT, Sending.REFUSED]
    await directory.send([LETTER])
    found = await directory.latest(10)
    assert [one.to for one in found] == ["olga@example.org", "a@example.org"]
    assert (found[0].subject, found[0].text) == ("Новая оценка", "Пять.\n")
    assert [one.to for one in await directory.latest(1)] == ["olga@example.org"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "mail").iterdir()} == {0o600}


async def test_letters_are_for_later_where_the_directory_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    directory = MailDirectory(tmp_path / "mail", SENDER)
    assert await directory.send([LETTER]) == [Sending.LATER]
    assert not await directory.answers()


@pytest.mark.parametrize(
    "to", ["", "@", "olga", "olga@", "@example.org", "a@b\r\nBcc: c@d", "a b@example.org", "a@..рф"]
)
def test_an_address_that_is_none_is_not_deliverable(to: str) -> None:
    with pytest.raises(NotDeliverable):
        message_of(letter(to), SENDER)


def test_a_sender_is_an_address_with_or_without_a_name() -> None:
    assert is_sender(SENDER)
    assert is_sender("diary@school.example")
    assert not is_sender("Дневник")


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=3_650))
        .sign(key, hashes.SHA256())
    )
    path = directory / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
