"""`school-gateway mail`."""

from typing import Annotated
from uuid import uuid4

import typer

from connectors.mail import Letter, Sending
from gateway.cli.terminal import console, fail, run, settings_of_environment
from gateway.mail import mailer_of


def mail(to: Annotated[str, typer.Argument(help="The address that the letter goes to.")]) -> None:
    """Send a letter to see whether the mail server takes it."""
    try:
        mailer = mailer_of(settings_of_environment().mail)
    except ValueError as error:
        fail(str(error))
    if mailer is None:
        fail("No letters are sent: set GATEWAY_MAIL__HOST and GATEWAY_MAIL__SENDER.")
    letter = Letter(
        id=f"test-{uuid4().hex}",
        to=to,
        subject="Проверка почты / Test letter",
        text="Школьный шлюз может отправлять письма.\n\nThe school gateway can send letters.\n",
    )
    [result] = run(mailer.send([letter]))
    match result:
        case Sending.SENT:
            console.print("The mail server has taken the letter.")
        case Sending.REFUSED:
            fail("The mail server refuses the address.")
        case Sending.LATER:
            fail("The mail server was not reached, did not let the gateway in, or asks to wait.")
