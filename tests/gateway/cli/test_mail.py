"""`school-gateway mail`, and what the settings of mail make."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from connectors.mail import MailDirectory, Smtp
from gateway.mail import mailer_of
from gateway.settings import MailSettings
from tests.gateway.cli.running import run

SENDER = "Дневник <diary@school.example>"


def settings(**values: object) -> MailSettings:
    return MailSettings.model_validate(values)


async def test_mail_writes_a_test_letter(tmp_path: Path) -> None:
    directory = {"GATEWAY_MAIL__DIRECTORY": str(tmp_path), "GATEWAY_MAIL__SENDER": SENDER}
    said = await run("mail", "olga@example.org", **directory)
    assert said.code == 0, said.err
    [letter] = await MailDirectory(tmp_path, SENDER).latest(2)
    assert letter.to == "olga@example.org"
    assert (await run("mail", "no address", **directory)).code == 1


async def test_mail_says_what_is_missing() -> None:
    said = await run("mail", "olga@example.org")
    assert said.code == 1
    assert "GATEWAY_MAIL__HOST" in said.err
    said = await run("mail", "olga@example.org", GATEWAY_MAIL__HOST="mail.example")
    assert said.code == 1
    assert "GATEWAY_MAIL__SENDER" in said.err


async def test_mail_says_so_when_the_server_is_not_there() -> None:
    away = {"GATEWAY_MAIL__HOST": "127.0.0.1", "GATEWAY_MAIL__PORT": "9", "GATEWAY_MAIL__SENDER": SENDER}
    said = await run("mail", "olga@example.org", **away)
    assert said.code == 1
    assert "not reached" in said.err


def test_letters_go_by_the_server_or_into_the_directory(tmp_path: Path) -> None:
    assert mailer_of(settings()) is None
    assert isinstance(mailer_of(settings(host="mail.example", sender=SENDER)), Smtp)
    assert isinstance(mailer_of(settings(directory=tmp_path, sender=SENDER)), MailDirectory)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"host": "mail.example"}, "SENDER"),
        ({"host": "mail.example", "directory": "mail", "sender": SENDER}, "both"),
        ({"host": "mail.example", "sender": SENDER, "user": "diary"}, "PASSWORD"),
        ({"host": "mail.example", "sender": SENDER, "password": SecretStr("x")}, "USER"),
        ({"key": SecretStr("a short secret")}, "32 bytes"),
        ({"host": "mail.example", "sender": SENDER, "public_url": "https://diary.example"}, "GATEWAY_MAIL__KEY"),
    ],
)
def test_settings_that_contradict_each_other_are_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mailer_of(settings(**values))


def test_a_sender_without_an_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="no e-mail address"):
        settings(sender="Дневник")
