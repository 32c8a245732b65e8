"""The command line: `school-gateway`."""

import asyncio
import json
import os
import socket
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import uvloop
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError
from pymongo.errors import PyMongoError
from rich.console import Console

from auth.errors import AuthError, DeveloperIssuerOff
from auth.issuer import issue
from auth.scope import Viewers
from auth.tokens import Claims, TokenVerifier
from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.demo import ownership
from connectors.demo.ownership import NotGenerated
from connectors.errors import SourceUnavailable
from connectors.imports.edfi import EndingRefused, EndingRules, ImportFailed, NothingImported, OnSkip
from connectors.process import ServerNotStarted
from gateway import demo as demo_
from gateway import demo_settings, explaining, printing
from gateway import doctor as doctor_
from gateway.app import open_clients, serve_as_worker, serve_by_workers, serve_until_stopped, token_rules
from gateway.context import Clock, zone
from gateway.engine.prepare.operation import OperationRefused
from gateway.loading import Loaded, console, listed_in, load_demo, load_edfi, tell_counts, tell_import
from gateway.observability.logging import configure as configure_log
from gateway.settings import LogFormat, Settings
from gateway.settings_table import unknown
from gateway.showcase import people_to_show
from gateway.workers import WorkersFailed

app = typer.Typer(
    no_args_is_help=True, help="One GraphQL graph over a school's subsystems.", pretty_exceptions_enable=False
)
imports = typer.Typer(no_args_is_help=True, help="Read files of other systems into the databases.")
app.add_typer(imports, name="import")

out = Console(soft_wrap=True, highlight=False)
T = TypeVar("T")


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer's signature
    if value:
        out.print(f"school-gateway {version('school-gateway')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version_: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """One GraphQL graph over a school's subsystems."""


def main() -> None:
    """Run the command line."""
    app()


def _fail(message: str) -> NoReturn:
    console.print(f"[red]{message}[/]", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(work)
        except PyMongoError as error:
            reason = str(error).partition(" (configured")[0]
            _fail(f"MongoDB failed: {reason}. `school-gateway doctor` tells which database; GATEWAY_MONGO__URI, where.")


def _settings() -> Settings:
    misspelt = unknown(map(str.upper, os.environ))
    if misspelt:
        _fail(f"There is no setting {', '.join(misspelt)}; docs/operators.md lists them all.")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"GATEWAY_{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        _fail(f"The settings are wrong. {wrong}")
    except SettingsError as error:
        _fail(f"The settings are wrong: {error}. Lists and mappings are written as JSON.")


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen on 127.0.0.1.")] = 8080,
    data: Annotated[str, typer.Option(help="`seed`, or the directory of an Ed-Fi sample.")] = demo_.SEED,
    directory: Annotated[Path | None, typer.Option("--dir", help="Where the demo keeps its databases.")] = None,
    *,
    tokens: Annotated[bool, typer.Option("--tokens", help="Print a token of each role.")] = False,
) -> None:
    """Start everything embedded, load the data once, serve, and say whom to sign in as."""
    if data != demo_.SEED:
        if not Path(data).is_dir():
            _fail(f"{data} is not a directory: give --data seed, or the directory of an Ed-Fi sample.")
        data = str(Path(data).resolve())
    state = directory or Path(".state") / Path(data).name
    ignored = demo_settings.ignored(os.environ)
    if ignored:
        console.print(f"A demo uses only what it starts itself; it ignores {', '.join(ignored)}.", highlight=False)
    try:
        socket.create_server(("127.0.0.1", port)).close()  # said before anything is loaded
    except OSError as error:
        _fail(f"Cannot listen on port {port}: {error.strerror}. Choose another by --port.")
    configure_log(as_json=False, level="WARNING", id_key=None)
    try:
        _run(_demo(state, data, port, tokens=tokens))
    except (demo_.StateUnusable, ServerNotStarted, ImportFailed) as error:
        _fail(str(error))
    except NotGenerated as error:
        _fail(f"{error}. Give the demo a --dir of its own.")
    except OSError as error:
        _fail(f"The demo cannot run: {error}.")


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None


async def _demo(directory: Path, data: str, port: int, *, tokens: bool) -> None:
    async with demo_.running(directory, data, port=port) as (settings, viewers):

        def tell() -> None:
            demo_.tell_viewers(viewers, settings, tokens=tokens)

        await serve_until_stopped(settings, shown=viewers, on_ready=tell)


@app.command()
def serve(
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many processes; else GATEWAY_HTTP__WORKERS.")
    ] = None,
    worker: Annotated[str | None, typer.Option(hidden=True, help="What a parent gives its worker.")] = None,
) -> None:
    """Serve by the settings of the environment (GATEWAY_*)."""
    settings = _settings()
    if settings.demo:
        _fail("GATEWAY_DEMO is for `school-gateway demo` alone: it hands out tokens.")
    observe = settings.observe
    configure_log(
        as_json=observe.log_format is LogFormat.JSON,
        level=observe.log_level,
        id_key=_secret(observe.id_key),
        queue_lines=observe.log_queue_lines,
        repeated_lines=observe.log_repeated_lines,
    )
    try:
        _run(_serve(settings, workers or settings.http.workers, worker))
    except ValueError as error:
        _fail(f"The settings are wrong. {error}")
    except WorkersFailed as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"Cannot listen on port {settings.http.port}: {error.strerror}. Choose another by GATEWAY_HTTP__PORT.")


async def _serve(settings: Settings, workers: int, worker: str | None) -> None:
    def tell() -> None:
        _tell(settings)

    if worker is not None:
        listening, parent = worker.split(":")
        await serve_as_worker(settings, listening=int(listening), parent=int(parent))
    elif workers > 1:
        await serve_by_workers(settings, workers, on_ready=tell)
    else:
        await serve_until_stopped(settings, on_ready=tell)


def _tell(settings: Settings) -> None:
    host, port = settings.http.host, settings.http.port
    console.print(f"Listening on http://{host}:{port}/graphql", highlight=False)


@imports.command("edfi")
def import_edfi(
    directory: Annotated[Path, typer.Argument(help="Where the Ed-Fi interchange files (*.xml) are.")],
    time_zone: Annotated[str, typer.Option(help="The schools' IANA time zone.")] = "America/Chicago",
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "urn:ed-fi",
    allow_ending: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Let up to N links end that are no longer in the files.")
    ] = None,
    skipped: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A CSV file to list every skipped record in, with its reason.")
    ] = None,
) -> None:
    """Import Ed-Fi interchange files; a second time changes nothing. Links that they no longer name end."""
    settings = _settings()
    rules = EndingRules(settings.imports.ending_number, settings.imports.ending_share, allow_ending)

    async def work(on_skip: OnSkip | None) -> None:
        async with open_clients(settings) as clients:
            await ownership.remove_marks(clients.connectors)
            summary, loaded = await load_edfi(
                clients.connectors,
                directory,
                issuer=issuer,
                time_zone=time_zone,
                today=settings.today,
                endings=rules,
                on_skip=on_skip,
            )
            tell_import(summary)
            await _tell_sign_in(clients.connectors, loaded, issuer)

    try:
        with listed_in(skipped) as on_skip:
            _run(work(on_skip))
    except EndingRefused as error:
        _fail(f"{error} That is: --allow-ending {error.total}")
    except NothingImported as error:
        tell_import(error.summary)
        _fail(str(error))
    except ImportFailed as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"Cannot write {skipped}: {error.strerror}")


@app.command()
def seed(
    schools: Annotated[int, typer.Option(min=1, help="How many; schools and colleges take turns.")] = 2,
    students: Annotated[int, typer.Option(min=10, max=300_000, help="How many in all.")] = 600,
    number: Annotated[int, typer.Option("--seed", help="The same number gives the same people.")] = 1,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it all stands around; 2026-11-18 without.")
    ] = None,
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "school-gateway",
    replace: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVER/PREFIX", help="Replace what is there even if it was not generated."),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing generated data.")] = False,
) -> None:
    """Generate Russian schools and colleges into the databases, in place of what was generated before."""

    async def work() -> None:
        async with open_clients(_settings()) as clients:
            await _confirm_replacement(clients.connectors, replace or [], yes=yes)
            summary, loaded = await load_demo(
                clients.connectors,
                seed=number,
                schools=schools,
                students=students,
                today=today.date() if today else demo_.TODAY,
                issuer=issuer,
                replace=replace or [],
            )
            tell_counts("Generated", documents=summary.counts)
            await _tell_sign_in(clients.connectors, loaded, issuer)

    try:
        _run(work())
    except NotGenerated as error:
        named = " ".join(f"--replace {place}" for place in error.places)
        _fail(f"{error}. To replace it all the same, add {named}")


async def _confirm_replacement(connectors: Connectors, replace: Sequence[str], *, yes: bool) -> None:
    """Say which servers are written to and how many documents are replaced there, and ask unless *yes*."""
    found = await ownership.holdings(connectors)
    foreign = [holding for holding in found if holding.is_foreign and holding.place not in replace]
    if foreign:
        raise NotGenerated(foreign)
    for place, documents in ownership.documents_by_place(found).items():
        console.print(f"Writing to {place}, which holds {documents:,} documents.", highlight=False)
    if not yes and any(holding.documents for holding in found):
        typer.confirm("All of them will be replaced. Go on?", abort=True, err=True)


async def _tell_sign_in(connectors: Connectors, loaded: Loaded, issuer: str) -> None:
    """Around which day the data stands, and a person of each role by the name that a token is issued for."""
    today = (loaded.today or datetime.now(UTC).date()).isoformat()
    people = await people_to_show(connectors, loaded.students, issuer=issuer, today=today)
    if loaded.today is not None:
        console.print(f"The data stands around {today}: serve it with GATEWAY_TODAY={today}.", highlight=False)
    console.print(f"Tokens of the issuer {issuer} are for subjects such as", highlight=False)
    for role in Role:
        person = next((person for person in people if person.role == role), None)
        if person:
            console.print(f"{role:<14} {person.subject:<20} {person.name}", highlight=False)


@app.command()
def token(
    subject: Annotated[str, typer.Argument(help="The name under which the developer issuer knows the person.")],
    role: Annotated[Role, typer.Option(help="The active role.")],
    name: Annotated[str | None, typer.Option(help="A name to show.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is valid.")] = 12,
) -> None:
    """Issue a developer token; only where the development secret is set (GATEWAY_AUTH__DEVELOPER_SECRET)."""
    settings = _settings()
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
        _fail(str(error))
    warning = _run(_sign_in_problem(settings, subject, role))
    if warning:
        console.print(f"[yellow]Warning:[/] {warning}", highlight=False)


async def _sign_in_problem(settings: Settings, subject: str, role: Role) -> str | None:
    """Why a token for *subject* in this *role* would be of no use, as far as the directory says now."""
    clock = Clock(settings.today)
    claims = Claims(settings.auth.developer_issuer, subject, role, None, 0)
    async with open_clients(settings) as clients:
        deadline = asyncio.get_running_loop().time() + settings.mongo.timeout_s
        viewers = Viewers(clients.connectors.directory, None)
        try:
            await viewers.viewer(claims, today=lambda name: clock.day(zone(name)), deadline=deadline)
        except AuthError as error:
            return f"it will be refused with {error.code}: {error.reason or error.message}."
        except SourceUnavailable:
            return "the directory does not answer, so whether this person holds the role was not checked."
    return None


@app.command()
def schema(
    role: Annotated[Role | None, typer.Option(help="As this role sees it; the whole schema without.")] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the committed files instead of printing.")] = False,
) -> None:
    """Print the schema."""
    if write:
        for path in printing.write():
            console.print(str(path), highlight=False)
    else:
        out.print(printing.printed(role), markup=False)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A file with a GraphQL document.", exists=True, dir_okay=False)],
    role: Annotated[Role, typer.Option(help="As this role sees it.")],
    operation: Annotated[str | None, typer.Option(help="Which operation, where the file has several.")] = None,
    subject: Annotated[str | None, typer.Option(help="With --run: whom to run it as, as for `token`.")] = None,
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    *,
    run: Annotated[bool, typer.Option("--run", help="Run it, and tell the commands it issues.")] = False,
    source: Annotated[bool, typer.Option("--source", help="Show the generated Python.")] = False,
) -> None:
    """Say what a query means to a role: pruned fields, columns, cost, and with --run commands, indexes and batches."""
    if run and subject is None:
        _fail("--run needs --subject: whom to run it as.")
    try:
        values = json.loads(variables)
        explaining.tell_plan(file.read_text(), operation, role, values, generated=source)
        if run and subject is not None:
            _run(explaining.tell_run(_settings(), file.read_text(), operation, role, subject, values))
    except OperationRefused as refusal:
        _fail("\n".join(error.message for error in refusal.errors))
    except json.JSONDecodeError:
        _fail("--variables is not JSON.")
    except (AuthError, SourceUnavailable) as error:
        _fail(f"Cannot run it as {subject}: {error}")


@app.command()
def doctor() -> None:
    """Check servers, the issuer's keys, indexes, counts, and references that lead nowhere."""
    if not _run(_doctor(_settings())):
        raise typer.Exit(1)


async def _doctor(settings: Settings) -> bool:
    return all([await _check_redis(settings), await _check_issuer(settings), await _check_databases(settings)])


async def _check_redis(settings: Settings) -> bool:
    if settings.redis.uri is None:
        console.print("redis: not used; every instance caches for itself, and no rate is limited")
        return True
    answers = await doctor_.redis_answers(settings.redis.uri.get_secret_value(), doctor_.PATIENCE_S)
    console.print(f"redis: {'answers' if answers else '[red]does not answer[/]'}")
    return answers


async def _check_issuer(settings: Settings) -> bool:
    try:
        verifier = TokenVerifier(token_rules(settings.auth))
    except ValueError as error:
        console.print(f"issuer: [red]{error}[/]")
        return False
    if settings.auth.issuer is None:
        console.print("issuer: none; only developer tokens are trusted")
        return True
    problem = await doctor_.issuer_problem(verifier)
    said = f"[red]{problem}[/]" if problem else "its keys are there"
    console.print(f"issuer {settings.auth.issuer}: {said}", highlight=False)
    return problem is None


async def _check_databases(settings: Settings) -> bool:
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        answers = await doctor_.connections(connectors)
        for name, answer in answers.items():
            console.print(f"{name}: {'answers' if answer else '[red]does not answer[/]'}")
        if not all(answers.values()):
            return False
        alone = await doctor_.standalones(connectors)
        if alone:
            names = ", ".join(alone)
            console.print(f"[red]no replica set[/] {names}: there are no transactions and no change streams")
        missing = await doctor_.missing_indexes(connectors)
        for index in missing:
            console.print(f"[red]missing index[/] {index}; a start of the gateway creates it")
        tell_counts("Documents", documents=await doctor_.counts(connectors))
        lost = 0
        for reference in doctor_.REFERENCES:
            count, examples = await doctor_.orphans(connectors, reference)
            lost += count
            if count:
                console.print(f"[red]{count:,} orphaned[/] {reference}: {', '.join(examples)}")
        console.print(f"{len(doctor_.REFERENCES)} kinds of reference checked, {lost:,} orphaned.")
        return not missing and not lost and not alone
