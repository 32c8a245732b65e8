"""`school-gateway token`."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from auth.errors import AuthError, DeveloperIssuerOff
from auth.issuer import issue
from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role
from connectors.errors import ConnectorError
from gateway.app import connectors_of, open_clients
from gateway.cli.terminal import console, fail, out, run, settings_of_environment
from gateway.context import Clock
from gateway.settings import Settings


def token(
    subject: Annotated[str, typer.Argument(help="The name under which the developer issuer knows the person.")],
    role: Annotated[Role, typer.Option(help="The active role.")],
    name: Annotated[str | None, typer.Option(help="A name to show.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is valid.")] = 12,
) -> None:
    """Issue a developer token; only where the development secret is set (GATEWAY_AUTH__DEVELOPER_SECRET)."""
    settings = settings_of_environment()
    auth = settings.auth
    try:
        out.print(
            issue(
                secret=auth.developer_secret.get_secret_value() if auth.developer_secret else None,
                issuer=auth.developer_issuer,
                audience=auth.audience,
                subject=subject,
                role=role,
                name=name,
                lifetime=timedelta(hours=hours),
                role_claim=auth.role_claim,
            )
        )
    except DeveloperIssuerOff as error:
        fail(str(error))
    warning = run(_sign_in_problem(settings, subject, role))
    if warning:
        console.print(f"[yellow]Warning:[/] {warning}", highlight=False)


async def _sign_in_problem(settings: Settings, subject: str, role: Role) -> str | None:
    """Why a token for *subject* in this *role* would be of no use, as far as the directory says now."""
    clock = Clock(settings.today)
    claims = Claims(settings.auth.developer_issuer, subject, role, None, 0)
    async with open_clients(settings) as clients:
        deadline = asyncio.get_running_loop().time() + settings.mongo.timeout_s
        viewers = Viewers(connectors_of(settings, clients).directory, None)
        try:
            await viewers.viewer(claims, today=clock.day_in, deadline=deadline)
        except AuthError as error:
            return f"it will be refused with {error.code}: {error.reason or error.message}."
        except ConnectorError:
            return "the directory does not answer, so whether this person holds the role was not checked."
    return None
