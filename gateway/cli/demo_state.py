"""The directory of a demo: its servers' data, and a file that says what was loaded and who can sign in."""

import asyncio
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import orjson
from pydantic import SecretStr

from auth.issuer import issue
from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.demo import StoryPerson, ownership
from connectors.embedded import mongod, redis_server
from connectors.migrations.numbered import LATEST
from connectors.migrations.versions import BEFORE_VERSIONS
from gateway.app import build_statistics, open_clients
from gateway.cli.demo_settings import demo_settings
from gateway.cli.demo_viewers import Child, Shown, add_analyst, people_to_show
from gateway.cli.load import Loaded, load_demo, load_edfi, print_import
from gateway.cli.migrate import migrate_data
from gateway.cli.terminal import console
from gateway.http.demo import FILES
from gateway.http.pages.demo import ShownChild, ShownViewer
from gateway.settings import Settings

SEED: Final = "seed"
TODAY: Final = date(2026, 11, 18)
"""The date that is today in the generated school."""
TOKEN_LIFETIME: Final = timedelta(days=7)
SENDER: Final = "Школьный шлюз <diary@school.example>"
"""Whom the letters of a demo are from, which stay in its directory."""
FORM: Final = 5
"""The form of the state file. The number grows when `State` changes."""
_FORM_OF_MAKER: Final = re.compile(r", data (\d+)$")
"""Where the form stands in a file from before schema versions: at the end of `made_by`."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of a demo that is stored between runs."""

    form: int
    schema: int
    """The schema version of the databases."""
    data: str
    port: int
    today: str | None
    secret: str
    people: list[dict[str, Any]]


class StateUnusable(Exception):
    """The directory cannot be used: another data set or version made it, or it cannot be written."""


@asynccontextmanager
async def running(directory: Path, data: str, *, port: int) -> AsyncIterator[tuple[Settings, list[ShownViewer]]]:
    """The servers of a demo, its data loaded once; yields the settings to serve with and whom to sign in as."""
    path = _prepared(directory) / "state.json"
    state = _read(path, data)
    async with AsyncExitStack() as stack:
        with console.status("Starting MongoDB and Redis"):
            mongo, redis = await asyncio.gather(
                stack.enter_async_context(mongod(directory / "mongo")),
                stack.enter_async_context(redis_server(directory / "redis")),
            )
        settings = demo_settings(mongo, redis, port)
        if state is None:
            state = await _load(data, settings)
        elif state.schema != LATEST:
            async with open_clients(settings) as clients:
                await migrate_data(clients.connectors)
            shutil.rmtree(directory / "statistics", ignore_errors=True)  # they are counted anew from what was migrated
            state = replace(state, schema=LATEST)
        if state.port != port:
            async with open_clients(settings) as clients:
                await _readdress(clients.connectors, state.port, port)
            state = replace(state, port=port)
        _write(path, orjson.dumps(asdict(state)))
        settings = settings.model_copy(
            update={
                "today": date.fromisoformat(state.today) if state.today else None,
                "auth": settings.auth.model_copy(update={"developer_secret": SecretStr(state.secret)}),
                "mail": settings.mail.model_copy(
                    update={
                        "directory": directory / "mail",
                        "sender": SENDER,
                        "key": SecretStr(state.secret),
                        "public_url": f"http://127.0.0.1:{port}",
                    }
                ),
                "analytics": settings.analytics.model_copy(
                    update={
                        "directory": directory / "statistics",
                        "key": SecretStr(state.secret),
                        "timeout_s": 10.0,  # a laptop has other things to do too
                    }
                ),
            }
        )
        if not (directory / "statistics").exists():
            with console.status("Counting the statistics"):
                async with open_clients(settings) as clients:
                    await build_statistics(settings, clients.connectors)
        yield settings, viewers_with_tokens(list(map(_shown, state.people)), settings)


def _prepared(directory: Path) -> Path:
    """The directory, made if it is not there, once it is known that it can be written into."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise StateUnusable(f"Cannot write into {directory}: {error.strerror}. Choose another by --dir.") from error
    return directory


def _read(path: Path, data: str) -> State | None:
    """The state that an earlier run left, if there was one; raises StateUnusable where it cannot be gone on with."""
    if not path.exists():
        return None
    try:
        found = orjson.loads(path.read_bytes())
    except ValueError:
        found = {}
    maker = _FORM_OF_MAKER.search(found.pop("made_by", ""))
    if maker is not None:
        found |= {"form": int(maker[1]), "schema": BEFORE_VERSIONS}
    if found.get("form") != FORM:
        raise StateUnusable(
            f"{path.parent} was made by another version of the demo. "
            f"Remove it (rm -r {path.parent}) and start again, or give another --dir."
        )
    state = State(**found)
    if state.schema > LATEST:
        raise StateUnusable(
            f"{path.parent} was used by a newer version of the demo, of schema version {state.schema}; "
            f"this one knows {LATEST}. Start the newer one, or give another --dir."
        )
    if state.data != data:
        raise StateUnusable(f"{path.parent} holds the data set {state.data!r}; give another --dir for {data!r}.")
    return state


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may ever read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)


async def _load(data: str, settings: Settings) -> State:
    issuer = settings.auth.developer_issuer
    story: Sequence[StoryPerson] = ()
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        if data == SEED:
            files = f"http://{settings.http.host}:{settings.http.port}{FILES}"
            generated, loaded = await load_demo(
                connectors, seed=1, schools=2, students=600, today=TODAY, issuer=issuer, files=files
            )
            story = generated.story
        else:
            await ownership.empty(connectors)
            imported, loaded = await load_edfi(connectors, Path(data), issuer=issuer)
            print_import(imported)
            await add_analyst(connectors, issuer=issuer)
        day = _day(loaded)
        people = await people_to_show(connectors, loaded.students, issuer=issuer, today=day, story=story)
    today = loaded.today.isoformat() if loaded.today else None
    shown = [asdict(person) for person in people]
    return State(FORM, LATEST, data, settings.http.port, today, secrets.token_hex(32), shown)


def _shown(person: Mapping[str, Any]) -> Shown:
    """The entry of a person in the state file."""
    return Shown(**{**person, "children": [Child(**child) for child in person["children"]]})


def _day(loaded: Loaded) -> str:
    return (loaded.today or datetime.now(UTC).date()).isoformat()


def viewers_with_tokens(people: Sequence[Shown], settings: Settings) -> list[ShownViewer]:
    """The people as the demo's page offers them: each with a developer token to sign in with."""
    auth = settings.auth
    secret = auth.developer_secret.get_secret_value() if auth.developer_secret else None
    return [
        ShownViewer(
            role=person.role,
            name=person.name,
            personId=person.person_id,
            studentIds=person.student_ids,
            classId=person.class_id,
            className=person.class_name,
            children=[
                ShownChild(name=child.name, className=child.class_name, mayRead=child.may_read)
                for child in person.children
            ],
            note=person.note,
            token=issue(
                secret=secret,
                issuer=auth.developer_issuer,
                audience=auth.audience,
                subject=person.subject,
                role=Role(person.role),
                name=person.name,
                lifetime=TOKEN_LIFETIME,
            ),
            graphiql=f"http://{settings.http.host}:{settings.http.port}/graphql#viewer={person.person_id}.{person.role}",
        )
        for person in people
    ]


async def _readdress(connectors: Connectors, old: int, new: int) -> None:
    """Have attachments lead to the port on which the demo is served now."""

    def within(port: int) -> str:
        return f":{port}{FILES}"

    moved = {"$replaceOne": {"input": "$$file.url", "find": within(old), "replacement": within(new)}}
    file = {"$mergeObjects": ["$$file", {"url": moved}]}
    attachments = {"$map": {"input": "$attachments", "as": "file", "in": file}}
    for subsystem, collection in (("diary", "homework"), ("diary", "submissions"), ("portfolio", "achievements")):
        await connectors.databases[subsystem][collection].update_many(
            {"attachments.url": {"$regex": f":{old}{FILES}"}}, [{"$set": {"attachments": attachments}}]
        )
