"""`school-gateway banner`: banners for every school, by who operates the gateway (F46)."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from auth.viewer import Role
from connectors.announcements import ANNOUNCEMENTS, EVERYWHERE, Announcement, audience_keys
from connectors.vocabulary import AnnouncementId, mint
from gateway.app import open_clients
from gateway.cli.terminal import console, fail, out, run, settings_of_environment

app: Final = typer.Typer(no_args_is_help=True, help="Banners for every school: news, maintenance, advice.")
_READERS: Final = tuple(role for role in Role if role is not Role.ANALYST)


@app.command()
def publish(
    title: Annotated[str, typer.Argument(help="The title of the banner.")],
    text: Annotated[str, typer.Argument(help="The text, with line ends and without markup.")],
    *,
    until: Annotated[str | None, typer.Option(help="The last day on which it is shown, such as 2026-11-30.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="Only for this role; may be given several times.")] = None,
) -> None:
    """Show a banner on every page of all schools, at once."""
    roles = [one.value for one in _READERS if not role or one in role]
    if not (title.strip() and text.strip() and roles):
        fail("A banner needs a title and a text, and readers: analysts read no announcements.")
    banner = Announcement(
        _id=AnnouncementId(mint("Announcement", uuid4().hex)),
        school_id=None,
        title=title.strip(),
        body=text.strip(),
        author_id=None,
        class_ids=[],
        group_ids=[],
        roles=roles,
        audience=audience_keys([EVERYWHERE], roles),
        published_at=datetime.now(UTC),
        valid_until=_day(until),
        starts_on=None,
        ends_on=None,
        event_id=None,
        is_banner=True,
        attachments=[],
        archived_at=None,
        edited_at=None,
        version=1,
    )
    run(_announcements("insert_one", banner))
    out.print(banner["_id"])


@app.command("list")
def listed() -> None:
    """Print the banners for every school, the latest first."""
    for one in sorted(run(_found()), key=lambda banner: banner["published_at"], reverse=True):
        until = f", until {one['valid_until']}" if one["valid_until"] else ""
        out.print(f"{one['_id']} {one['published_at']:%Y-%m-%d}{until}: {one['title']}", markup=False)


@app.command()
def remove(banner: Annotated[str, typer.Argument(help="The id that `publish` and `list` print.")]) -> None:
    """Take a banner for every school away."""
    result = run(_announcements("delete_one", {"_id": banner, "school_id": None}))
    if not result.deleted_count:
        fail("There is no such banner for every school: `school-gateway banner list` prints those that there are.")
    console.print("The banner is no longer shown.")


def _day(text: str | None) -> str | None:
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError:
        fail(f"{text} is not a day: write it like 2026-11-30.")


async def _announcements(method: str, document: Any) -> Any:
    """The result of one write to the announcements."""
    async with open_clients(settings_of_environment()) as clients:
        return await getattr(clients.connectors.databases["announcements"][ANNOUNCEMENTS.name], method)(document)


async def _found() -> list[Any]:
    async with open_clients(settings_of_environment()) as clients:
        found = clients.connectors.databases["announcements"][ANNOUNCEMENTS.name].find({"school_id": None})
        return [one async for one in found]
