"""The composition root, which builds the gateway from its settings; the only module that imports all others."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from pymongo.monitoring import CommandListener

from auth.scope import Viewers
from auth.tokens import TokenRules, TokenVerifier
from auth.viewer import Role
from connectors import analytics, files
from connectors import redis as redis_
from connectors.assembly import SUBSYSTEMS, Clients, Connectors
from connectors.attachments import FilePurpose
from connectors.audit.sealer import Sealer
from connectors.audit.signatures import Signer
from connectors.cache.cached_reads import CachedReads, CollectionVersions
from connectors.cache.redis_store import RedisStore
from connectors.change_feed import Followed
from connectors.change_streams import SILENT_S, ChangeStreams
from connectors.checks import Checks
from connectors.erasure.retention import RetentionRules
from connectors.files.pictures import PictureRules, Pictures
from connectors.files.scanning import Clamd
from connectors.files.sweeping import Sweeper
from connectors.mongo.resilience import GuardRules
from connectors.notifications import LetterLanguage, Outbox
from connectors.redis.best_effort import BestEffort
from connectors.redis.rate_limiter import RateLimiter
from connectors.references import references
from gateway import memory, sign_in
from gateway.context import Clock
from gateway.engine.documents import Documents
from gateway.exports import saved_queries
from gateway.exports.export import Exports
from gateway.exports.saved_queries import SavedQuery
from gateway.http import demo, graphiql, health, metrics, start
from gateway.http.admission import Admission, AdmissionRules
from gateway.http.calendars import CalendarEndpoint
from gateway.http.connection import ConnectionRules
from gateway.http.cors import CrossOrigin
from gateway.http.email_links import EmailLinks
from gateway.http.exported_files import ExportedFileEndpoint
from gateway.http.file_requests import FileRequests
from gateway.http.files import FileEndpoint, TransferRules
from gateway.http.graphql import GraphQLEndpoint, HttpOptions
from gateway.http.letters import StopEndpoint
from gateway.http.lifecycle import KEEPALIVE_S, Life, Stopping, bound, serve, wait_for_stop_signal
from gateway.http.live import LiveEndpoint
from gateway.http.live.connections import Connections
from gateway.http.live.signing_in import LiveSignIn
from gateway.http.overload import Overload
from gateway.http.pages.demo import ShownViewer
from gateway.http.reading.body import Bodies
from gateway.http.reading.request import IDEMPOTENCY_KEY
from gateway.http.saved_queries import SavedQueryEndpoint
from gateway.http.schema import SchemaEndpoint
from gateway.http.writing.compression import Compression
from gateway.http.writing.response import Responses, guard
from gateway.jobs import Job, JobRunner
from gateway.jobs.analytics import analytics_jobs
from gateway.jobs.audit import audit_jobs
from gateway.jobs.confirmations import ConfirmAddresses, Confirmations, confirmation_jobs
from gateway.jobs.exports import Reports, export_jobs
from gateway.jobs.files import file_jobs
from gateway.jobs.integrity import integrity_jobs
from gateway.jobs.notifications import (
    Digests,
    Inboxes,
    LetterSender,
    Notifier,
    Reminders,
    StopAddresses,
    notification_jobs,
)
from gateway.jobs.retention import retention_jobs
from gateway.live.hub import Hub
from gateway.live.resume_cursors import Cursors
from gateway.live.rules import LiveRules
from gateway.mail import confirms_by_letters, key_of_codes, mailer_of
from gateway.observability.metrics import PHASE, Durations
from gateway.observability.middleware import RequestObserver
from gateway.observability.operation_names import OperationNames
from gateway.operations.apq import AutomaticQueries, AutomaticQueryRules
from gateway.operations.demand import Demand
from gateway.operations.disclosures import DisclosureBuffer
from gateway.operations.manifests import TrustedDocuments
from gateway.operations.persisted import PersistedDocuments
from gateway.operations.rate_limits import RateLimits
from gateway.operations.refusals import Refusals
from gateway.operations.service import Execute, OperationService, execute_plan
from gateway.schema.query import graphql_schema, sources_of_events
from gateway.settings import AccessMode, AuthSettings, MailSettings, Settings
from gateway.workers import Parent, Supervisor

if TYPE_CHECKING:
    from gateway.observability.telemetry import Tracing

LEAST_KEY_BYTES: Final = 32
"""Bytes of a secret key, at least."""
LABELS_PER_NAME: Final = 5
"""How many operation names the metrics of a process may ever have, per name that they may have at one time."""


def token_rules(auth: AuthSettings) -> TokenRules:
    """The rules by which tokens are verified. Raises `ValueError` for contradictory settings."""
    secret = auth.developer_secret
    return TokenRules(
        audience=auth.audience,
        issuer=auth.issuer,
        jwks=auth.jwks,
        algorithms=auth.algorithms,
        developer_issuer=auth.developer_issuer,
        developer_secret=secret.get_secret_value() if secret else None,
        role_claim=auth.role_claim,
        leeway_s=auth.leeway_s,
    )


def open_clients(settings: Settings, listeners: Sequence[CommandListener] = ()) -> Clients:
    """The clients of the connectors' databases, to be entered as a context."""
    mongo = settings.mongo
    return Clients(
        mongo.uri.get_secret_value(),
        uris={name: uri.get_secret_value() for name, uri in mongo.uris.items()},
        prefix=mongo.prefix,
        timeout_s=mongo.timeout_s,
        driver=mongo.driver,
        read_preference=mongo.read_preference,
        listeners=listeners,
        guard=GuardRules(
            timeout_s=min(mongo.read_timeout_s, mongo.timeout_s),
            concurrency=mongo.concurrency,
            retries=mongo.retries,
            breaker=settings.breaker,
        ),
    )


def open_statistics(settings: Settings) -> analytics.Store | None:
    """The files of the statistics; None where there are none."""
    rules = settings.analytics
    if rules.directory is None:
        return None
    return analytics.Store(rules.directory, memory_mb=rules.memory_mb, timeout_s=rules.timeout_s)


def connectors_of(settings: Settings, clients: Clients) -> Connectors:
    """The connectors over *clients*, with the statistics and the rules on files that the settings name."""
    connectors = clients.connectors
    connectors.analytics.store = open_statistics(settings)
    connectors.directory.confirmation_key = key_of_codes(settings.mail)
    connectors.directory.sends_letters = confirms_by_letters(settings.mail)
    connectors.directory.consent_rules = settings.consents
    connectors.files.rules = file_rules(settings)
    connectors.files.scanner = scanner_of(settings)
    connectors.files.store = open_store(settings) or connectors.files.store
    connectors.notifications.letter_language = LetterLanguage(settings.http.default_language.upper())
    connectors.notifications.sends_letters = settings.mail.host is not None or settings.mail.directory is not None
    return connectors


def open_store(settings: Settings) -> files.Store | None:
    """The S3-compatible store of the contents of files; None where GridFS keeps them.

    Raises `ValueError` where the extra `s3` is not installed.
    """
    rules = settings.files.s3
    if rules.bucket is None:
        return None
    try:
        from connectors.files.s3_store import S3Rules, S3Store  # noqa: PLC0415 - an extra that is slow to import
    except ImportError as error:
        raise ValueError("GATEWAY_FILES__S3__BUCKET needs the extra s3: pip install 'school-gateway[s3]'.") from error
    return S3Store(
        S3Rules(
            bucket=rules.bucket,
            endpoint=rules.endpoint,
            region=rules.region,
            key_id=rules.key_id,
            secret=rules.secret.get_secret_value() if rules.secret else None,
            prefix=rules.prefix,
            timeout_s=rules.timeout_s,
        )
    )


async def build_statistics(settings: Settings, connectors: Connectors) -> analytics.Build:
    """Build the statistics anew. Raises `ValueError` where a setting is missing."""
    rules = settings.analytics
    key = rules.key.get_secret_value().encode() if rules.key else b""
    if rules.directory is None or len(key) < LEAST_KEY_BYTES:
        raise ValueError(
            "Statistics need GATEWAY_ANALYTICS__DIRECTORY and GATEWAY_ANALYTICS__KEY, a secret of 32 bytes or more."
        )
    protection = analytics.Rules(
        least_students=rules.least_students, least_students_sensitive=rules.least_students_sensitive
    )
    return await analytics.build(
        connectors.databases,
        rules.directory,
        key=key,
        today=Clock(settings.today).now().date().isoformat(),
        how=analytics.BuildRules(memory_mb=rules.build_memory_mb, rules=protection),
    )


def http_options(settings: Settings) -> HttpOptions:
    """The options for reading requests and writing responses."""
    http = settings.http
    return HttpOptions(
        bodies=Bodies(http.max_body_bytes, http.body_timeout_s),
        responses=Responses(Compression(http.compress_min_bytes), http.max_response_bytes, http.default_language),
        csrf_headers=http.csrf_headers,
        batch_max=http.batch_max,
        client_header=settings.persisted.client_header,
        graphiql=http.graphiql,
    )


def persisted_documents(settings: Settings, redis: BestEffort | None, documents: Documents) -> PersistedDocuments:
    """The persisted documents; those of the manifests are compiled for every role."""
    persisted = settings.persisted
    trusted = TrustedDocuments.load(persisted.manifests)
    if trusted.by_id:
        trusted.warm(documents, [role.value for role in Role])
    rules = AutomaticQueryRules(
        size=persisted.apq_size,
        characters=persisted.apq_characters,
        new_ttl_s=persisted.apq_new_ttl_s,
        ttl_s=persisted.apq_ttl_s,
        person_bytes=persisted.apq_person_bytes,
        total_bytes=persisted.apq_total_bytes,
    )
    automatic = AutomaticQueries(redis, rules)
    return PersistedDocuments(trusted, automatic if persisted.apq else None, persisted.default, persisted.clients)


def demand_of(settings: Settings) -> Demand:
    """The demand control: how much one operation may cost."""
    rules = settings.demand
    return Demand(rules.mode, rules.budgets.by_role, counts=settings.observe.metrics)


def rate_limits(settings: Settings, redis: BestEffort | None) -> RateLimits:
    """The rate limits: how much a person's or client's operations may cost in a minute."""
    rules = settings.rate_limit
    limiter = None
    if redis is not None and rules.enabled:
        limiter = RateLimiter(redis, prefix=f"school-gateway:rate:1:{settings.mongo.prefix}")
    return RateLimits(limiter, rules.per_minute.by_role, rules.clients)


def operation_service(
    settings: Settings,
    connectors: Connectors,
    redis: BestEffort | None,
    *,
    execute: Execute = execute_plan,
    tracing: "Tracing | None" = None,
) -> OperationService:
    """The service that runs operations."""
    schema = graphql_schema()
    documents = Documents(
        schema,
        [role.value for role in Role],
        size=settings.engine.documents,
        characters=settings.engine.documents_characters,
        reject=settings.access.mode is AccessMode.REJECT,
        limits=settings.limits,
        default_list_size=settings.demand.default_list_size,
        introspecting=[role.value for role in settings.access.introspection],
        on_prepared=PHASE["prepare"].observe,
    )
    persisted = persisted_documents(settings, redis, documents)
    names = OperationNames(
        settings.observe.operations, uses=settings.observe.operation_uses, known=persisted.trusted.names
    )
    return OperationService(
        connectors=connectors,
        documents=documents,
        persisted=persisted,
        limits=settings.limits,
        demand=demand_of(settings),
        rate_limits=rate_limits(settings, redis),
        names=names,
        clock=Clock(settings.today),
        execute=tracing.run(execute, names) if tracing else execute,
        explains_to_all=settings.demo,
        write_rules=settings.writing,
        answer_s=settings.mongo.timeout_s,
        refusals=Refusals(
            connectors.audit.source.database,
            schema.mutation_type.fields if schema.mutation_type else (),
            keep=timedelta(days=settings.audit.keep_refusals_days),
        ),
        disclosures=DisclosureBuffer(
            connectors.audit.source.database, keep=timedelta(days=settings.disclosures.keep_days)
        )
        if settings.disclosures.enabled
        else None,
    )


def file_rules(settings: Settings) -> files.FileRules:
    """The limits on files."""
    rules = settings.files
    return files.FileRules(
        largest={
            FilePurpose.MATERIAL: rules.material_bytes,
            FilePurpose.SUBMISSION: rules.submission_bytes,
            FilePurpose.ACHIEVEMENT: rules.achievement_bytes,
            FilePurpose.ANNOUNCEMENT: rules.announcement_bytes,
            FilePurpose.MESSAGE: rules.message_bytes,
        },
        person_files=rules.person_files,
        person_bytes=rules.person_bytes,
        school_bytes=rules.school_bytes,
        attachments=rules.attachments,
        name_characters=rules.name_characters,
        upload=timedelta(minutes=rules.upload_minutes),
        unclaimed=timedelta(hours=rules.unclaimed_hours),
        url=timedelta(minutes=rules.url_minutes),
        base_url=rules.base_url,
    )


def scanner_of(settings: Settings) -> Clamd | None:
    """The scanner that looks through files for viruses; None where there is none."""
    if settings.files.clamd is None:
        return None
    host, _, port = settings.files.clamd.rpartition(":")
    return Clamd(host, int(port))


def stored_files(settings: Settings, graphql: GraphQLEndpoint, connectors: Connectors) -> list[web.RouteDef]:
    """The routes of the files that people upload."""
    rules = settings.files
    return FileEndpoint(
        files=connectors.files,
        viewers=graphql.viewers,
        service=graphql.service,
        clock=graphql.clock,
        timeout_s=settings.mongo.timeout_s,
        rules=TransferRules(idle_s=rules.idle_s, uploads_at_once=rules.uploads_at_once),
        pictures=Pictures(
            connectors.files,
            PictureRules(
                pixels=rules.picture_pixels,
                megabytes=rules.picture_mb,
                seconds=rules.picture_s,
                at_once=rules.pictures_at_once,
            ),
        ),
        language=settings.http.default_language,
    ).routes()


def sealer_of(settings: Settings, connectors: Connectors) -> Sealer:
    """The sealer of the audit. Raises `ValueError` where its key is wrong."""
    key = settings.audit.private_key()
    keep_facts = timedelta(days=settings.audit.keep_facts_days)
    signer = Signer.of(key) if key else None
    return Sealer(connectors.audit.source, connectors.fact_sources, signer, keep_facts=keep_facts)


def notifiers_of(settings: Settings, connectors: Connectors) -> tuple[Notifier, Reminders]:
    """The makers of notifications: of what was changed, and of what is near."""
    rules = settings.notifications
    keep, wait = timedelta(days=rules.keep_days), timedelta(minutes=rules.letter_minutes)
    inboxes = Inboxes(connectors, Clock(settings.today).day_in, keep, wait)
    reminders = Reminders(inboxes, rules.control_work_days, inboxes.today_in)
    return Notifier(inboxes, most_absences=rules.most_absences), reminders


def letter_sender_of(
    settings: Settings, connectors: Connectors, service: OperationService | None
) -> LetterSender | None:
    """Whoever sends letters about notifications, and digests by *service*; None where no letters are sent."""
    mailer = mailer_of(settings.mail)
    if mailer is None:
        return None
    return LetterSender(
        connectors=connectors,
        viewers=Viewers(connectors.directory, None),
        outbox=Outbox(connectors.notifications.source, keep=timedelta(days=settings.notifications.keep_days)),
        mailer=mailer,
        today_in=Clock(settings.today).day_in,
        digests=Digests(service) if service else None,
        addresses=stop_addresses_of(settings.mail),
    )


def stop_addresses_of(settings: MailSettings) -> StopAddresses | None:
    """The addresses at which letters are stopped; None where nobody would reach them."""
    key = key_of_codes(settings)
    return StopAddresses(settings.public_url, key) if settings.public_url and key else None


def stop_routes(settings: Settings, connectors: Connectors) -> list[web.RouteDef]:
    """The routes at which letters are stopped; none where letters have no such address."""
    addresses = stop_addresses_of(settings.mail)
    if addresses is None:
        return []
    return StopEndpoint(
        addresses=addresses,
        notifications=connectors.notifications,
        timeout_s=settings.mongo.timeout_s,
        default_language=settings.http.default_language,
    ).routes()


def confirm_addresses_of(settings: MailSettings) -> ConfirmAddresses | None:
    """The addresses at which e-mail addresses are confirmed; None where codes alone do that, or nothing."""
    if settings.public_url is None or not confirms_by_letters(settings):
        return None
    return ConfirmAddresses(settings.public_url, key_of_codes(settings))


def confirm_routes(settings: Settings, connectors: Connectors, redis: BestEffort | None) -> list[web.RouteDef]:
    """The routes at which e-mail addresses are confirmed; none where letters have no such address."""
    addresses = confirm_addresses_of(settings.mail)
    if addresses is None:
        return []
    text_key = settings.writing.text_key
    return EmailLinks(
        addresses=addresses,
        directory=connectors.directory,
        limits=sign_in.limits(settings, redis) if redis is not None else None,
        text_key=text_key.get_secret_value().encode() if text_key else b"",
        timeout_s=settings.mongo.timeout_s,
        within_s=settings.writing.timeout_s,
        default_language=settings.http.default_language,
    ).routes()


def reports_of(
    settings: Settings, connectors: Connectors, service: OperationService, queries: Mapping[str, SavedQuery]
) -> Reports:
    """The maker of the files of exports; *queries* are the saved ones, which may have templates for print."""
    rules = settings.exports
    in_background = rules.model_copy(update={"timeout_s": rules.job_timeout_s})
    return Reports(
        Exports(service, in_background, saved_queries.printed(queries)),
        Viewers(connectors.directory, None),
        connectors.downloads,
        service.clock.day_in,
    )


def jobs_of(settings: Settings, connectors: Connectors, reports: Reports | None = None) -> list[Job]:
    """All jobs that the gateway does without a client; exports only where *reports* makes their files.

    Raises `ValueError` where the key of the audit or the settings of mail are wrong.
    """
    rules = settings.audit
    jobs = audit_jobs(
        sealer_of(settings, connectors),
        connectors.audit.source.database,
        seal_s=rules.seal_s,
        checkpoint_s=rules.checkpoint_s,
        file=rules.checkpoint_file,
    )
    checks = Checks(connectors.databases, references(SUBSYSTEMS), Clock(settings.today).day_in)
    jobs += integrity_jobs(checks)
    mailer = mailer_of(settings.mail)
    if mailer is not None and confirms_by_letters(settings.mail):
        directory = connectors.databases["directory"]
        confirmations = Confirmations(
            directory, mailer, key_of_codes(settings.mail), confirm_addresses_of(settings.mail)
        )
        jobs += confirmation_jobs(confirmations)
    retention = RetentionRules(**settings.retention.model_dump())
    jobs += retention_jobs(connectors.databases, connectors.audit.source, connectors.fact_sources, retention)
    jobs += notification_jobs(
        *notifiers_of(settings, connectors),
        look_s=settings.notifications.look_s,
        sender=letter_sender_of(settings, connectors, reports.exports.service if reports else None),
    )
    jobs += file_jobs(Sweeper(connectors.files, connectors.sources), connectors.files)
    folder = settings.analytics.directory
    if folder is not None and settings.analytics.daily:
        jobs += analytics_jobs(
            lambda: build_statistics(settings, connectors),
            lambda: analytics.day_of_build(folder),
            lambda: Clock(settings.today).now().date(),
        )
    return [*jobs, *(export_jobs(reports) if reports else [])]


@asynccontextmanager
async def cached_reads(
    settings: Settings, clients: Clients, connectors: Connectors, redis: BestEffort | None
) -> AsyncIterator[None]:
    """Runs the caches of reads that answer everybody alike, and outdates them by change streams, within the block."""
    cache = settings.cache
    if not cache.enabled:
        yield
        return
    versions = CollectionVersions(silent_s=SILENT_S)
    store = None
    if redis is not None and cache.redis_s > 0:
        prefix = f"school-gateway:shared:1:{settings.mongo.prefix}"
        store = RedisStore(redis, prefix=prefix, keep_s=cache.redis_s)
    async with ChangeStreams(clients.watched, versions, store):
        connectors.keep_reads(CachedReads(versions, store, keep_s=cache.process_s, size=cache.process_size))
        yield
    if store is not None:
        await store.aclose()


def sign_in_routes(
    settings: Settings, endpoint: GraphQLEndpoint, connectors: Connectors, redis: BestEffort | None
) -> list[web.RouteDef]:
    """The addresses at which browsers sign in; none where no provider is set."""
    if endpoint.browsers is None or redis is None:
        return []
    return sign_in.endpoint(settings, endpoint.browsers, endpoint.viewers, connectors.directory, redis).routes()


def live_endpoint(
    settings: Settings,
    followed: Callable[[Iterable[str]], Followed],
    service: OperationService,
    people: LiveSignIn,
    admission: Admission,
    observed: RequestObserver,
) -> LiveEndpoint:
    """Where subscriptions are served; *followed* says where collections are."""
    rules = LiveRules(**settings.live.model_dump(exclude={"key"}))
    cursors = Cursors(settings.live.key.get_secret_value() if settings.live.key else None)
    options = http_options(settings)
    return LiveEndpoint(
        hub=Hub(service.connectors, sources_of_events(), followed, rules, cursors, settings.mongo.timeout_s),
        service=service,
        sign_in=people,
        connections=Connections(rules),
        bodies=options.bodies,
        responses=options.responses,
        client_header=options.client_header,
        admission=admission,
        observer=observed,
        timeout_s=settings.mongo.timeout_s,
    )


def first_page(settings: Settings, shown: Sequence[ShownViewer]) -> list[web.RouteDef]:
    """The page of a demo with its viewers, or the one that leads to GraphiQL."""
    language = settings.http.default_language
    if settings.demo:
        day = settings.today or datetime.now(UTC).date()
        return list(demo.routes(shown, default=language, day=day, mail=mailer_of(settings.mail)))
    return list(start.routes(graphiql=settings.http.graphiql, default=language))


def create_app(
    settings: Settings,
    *,
    shown: Sequence[ShownViewer] = (),
    listeners: Sequence[CommandListener] = (),
    execute: Execute = execute_plan,
    life: Life | None = None,
    tracing: "Tracing | None" = None,
) -> web.Application:
    """The gateway as an aiohttp application; *shown* are the viewers that the page of a demo offers."""
    memory.limit_heaps()
    life = life or Life()
    tracing = tracing or trace(settings)
    observed = observer(settings, tracing)
    clients = open_clients(settings, [*listeners, tracing.mongo()] if tracing else listeners)
    connectors = connectors_of(settings, clients)
    statistics = connectors.analytics.store
    admission = Admission(admission_rules(settings), queued_s=connectors.queued_s, on_calm=memory.release)
    app = web.Application(
        client_max_size=settings.http.max_body_bytes,
        middlewares=[
            *cross_origin(settings),
            Overload(admission, life, settings.http.default_language).middleware(),
            observed.middleware(),
        ],
    )
    uri = settings.redis.uri
    redis = redis_.connect(uri.get_secret_value(), around=tracing.redis if tracing else None) if uri else None
    best_effort = BestEffort(redis, timeout_s=settings.redis.timeout_s) if redis is not None else None
    service = operation_service(settings, connectors, best_effort, execute=execute, tracing=tracing)
    queries = saved_queries.load(settings.exports.queries)
    people = LiveSignIn(
        verifier=TokenVerifier(token_rules(settings.auth)),
        browsers=sign_in.browsers(settings, best_effort),
        viewers=Viewers(connectors.directory, best_effort, ttl_s=settings.auth.scope_ttl_s),
        clock=service.clock,
        timeout_s=settings.mongo.timeout_s,
        leeway_s=settings.auth.leeway_s,
        csrf_headers=tuple(settings.http.csrf_headers),
    )
    live = live_endpoint(settings, clients.followed, service, people, admission, observed)
    app.on_shutdown.append(live.connections.end_all)
    life.on_draining.append(live.connections.drain)
    endpoint = GraphQLEndpoint(
        verifier=people.verifier,
        browsers=people.browsers,
        viewers=people.viewers,
        service=service,
        exports=Exports(service, settings.exports, saved_queries.printed(queries)),
        admission=admission,
        clock=service.clock,
        timeout_s=settings.mongo.timeout_s,
        options=http_options(settings),
        live=live,
    )
    app.on_response_prepare.extend([guard, CrossOrigin.permit])
    app.add_routes(endpoint.routes())
    app.add_routes(
        SchemaEndpoint(
            verifier=endpoint.verifier,
            browsers=endpoint.browsers,
            viewers=endpoint.viewers,
            service=service,
            responses=endpoint.options.responses,
            clock=service.clock,
            timeout_s=settings.mongo.timeout_s,
        ).routes()
    )
    app.add_routes(
        [
            *file_routes(queries, endpoint, connectors),
            *stored_files(settings, endpoint, connectors),
            *sign_in_routes(settings, endpoint, connectors, best_effort),
            *stop_routes(settings, connectors),
            *confirm_routes(settings, connectors, best_effort),
        ]
    )
    readiness = health.Readiness(connectors.sources, best_effort, cache_s=settings.http.readiness_s)
    app.add_routes(health.routes(connectors.sources, readiness, life))
    if settings.observe.metrics:
        app.add_routes(metrics.routes())
        app.cleanup_ctx.append(metrics.watched_process)
    if settings.http.graphiql:
        app.add_routes(graphiql.routes())
    app.add_routes(first_page(settings, shown))
    reports = reports_of(settings, connectors, service, queries)
    jobs = jobs_of(settings, connectors, reports) if settings.jobs.in_serve else []

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        indexing = await connectors.begin_indexes()
        async with (
            cached_reads(settings, clients, connectors, best_effort),
            JobRunner(jobs, connectors.audit.source.database),
            service.refusals.flushing() if service.refusals is not None else nullcontext(),
            service.disclosures.flushing() if service.disclosures is not None else nullcontext(),
        ):
            yield
        await live.hub.aclose()
        indexing.cancel()
        if statistics is not None:
            await statistics.aclose()
        await connectors.files.store.aclose()
        await clients.__aexit__()
        await service.rate_limits.aclose()
        if best_effort is not None:
            await best_effort.aclose()
        if tracing is not None:
            tracing.close()

    app.cleanup_ctx.append(parts)
    return app


def file_routes(
    queries: Mapping[str, SavedQuery], graph: GraphQLEndpoint, connectors: Connectors
) -> list[web.RouteDef]:
    """The addresses of files. Raises `SavedQueryError` where no role may run a saved query."""
    documents = graph.service.documents
    saved_queries.check(queries.values(), documents)
    connectors.downloads.offers = saved_queries.offers(queries, documents)
    requests = FileRequests(graph, connectors.downloads)
    return [
        *SavedQueryEndpoint(requests, queries).routes(),
        *CalendarEndpoint(requests).routes(),
        *ExportedFileEndpoint(requests).routes(),
    ]


def trace(settings: Settings) -> "Tracing | None":
    """Where traces are sent to; None where they are switched off."""
    if not settings.observe.traces:
        return None
    from gateway.observability.telemetry import Tracing, exporting  # noqa: PLC0415 - a megabyte that only who traces needs

    return Tracing(exporting())


def admission_rules(settings: Settings) -> AdmissionRules:
    """The rules by which requests wait or are refused under load."""
    http = settings.http
    shares = http.person_share, http.address_share
    return AdmissionRules(http.concurrency, http.queue_s, http.lag_s, *shares, http.retry_after_s)


def observer(settings: Settings, tracing: "Tracing | None") -> RequestObserver:
    """The middleware that logs, measures and traces every request."""
    observe = settings.observe
    durations = Durations(LABELS_PER_NAME * observe.operations)
    return RequestObserver(durations, logs=observe.log_requests, span=tracing.request if tracing else None)


def cross_origin(settings: Settings) -> list[Any]:
    """The middlewares for pages of other origins; none where no origin is allowed."""
    http = settings.http
    if not http.cors_origins:
        return []
    headers = [*http.csrf_headers, settings.persisted.client_header, IDEMPOTENCY_KEY]
    return [CrossOrigin.of(http.cors_origins, headers).middleware()]


def connection_rules(settings: Settings) -> ConnectionRules:
    """The limits on the request line and the headers."""
    http = settings.http
    return ConnectionRules(
        http.max_url_bytes, http.max_header_bytes, http.max_head_bytes, http.max_headers, http.default_language
    )


def stopping(settings: Settings) -> Stopping:
    """How long each phase of stopping the process lasts."""
    http = settings.http
    return Stopping(http.announce_s, http.drain_s, http.shutdown_s)


async def serve_until_stopped(
    settings: Settings, *, on_ready: Callable[[], None], shown: Sequence[ShownViewer] = ()
) -> None:
    """Serve until SIGINT or SIGTERM; *on_ready* is called once requests are accepted."""
    life = Life()
    app = create_app(settings, shown=shown, life=life)
    http = settings.http
    await _serve(
        app,
        bound(http.host, http.port),
        life,
        stopping(settings),
        rules=connection_rules(settings),
        keepalive_s=http.keepalive_s,
        on_ready=on_ready,
        until=wait_for_stop_signal,
    )


async def serve_as_worker(settings: Settings, *, listening_fd: int, parent_fd: int) -> None:
    """Serve on a listening socket until the parent process asks to stop over its own; both are file descriptors."""
    life = Life()
    app = create_app(settings, life=life)
    parent_process = Parent(parent_fd)
    await _serve(
        app,
        socket.socket(fileno=listening_fd),
        life,
        stopping(settings),
        rules=connection_rules(settings),
        keepalive_s=settings.http.keepalive_s,
        on_ready=parent_process.ready,
        until=parent_process.wait_for_leave,
    )


async def serve_by_workers(settings: Settings, count: int, *, on_ready: Callable[[], None]) -> None:
    """Run *count* worker processes on the port until SIGINT or SIGTERM.

    Raises `WorkersFailed` where a worker ends before it serves.
    """
    http = settings.http
    supervisor = Supervisor(
        count,
        http.host,
        http.port,
        command=lambda listening, parent: ["serve", "--worker", f"{listening}:{parent}"],
        stopping=stopping(settings),
    )
    await supervisor.run(on_ready)


async def serve_app_until_stopped(app: web.Application, host: str, port: int, *, on_ready: Callable[[], None]) -> None:
    """Serve *app* until SIGINT or SIGTERM, and stop at once then."""
    await _serve(
        app,
        bound(host, port),
        Life(),
        Stopping(0, 0, 5),
        rules=ConnectionRules(),
        on_ready=on_ready,
        until=wait_for_stop_signal,
    )


async def _serve(
    app: web.Application,
    listening: socket.socket,
    life: Life,
    how_to_stop: Stopping,
    *,
    rules: ConnectionRules,
    keepalive_s: float = KEEPALIVE_S,
    on_ready: Callable[[], None],
    until: Callable[[], Awaitable[None]],
) -> None:
    def ready() -> None:
        memory.spare_collector()
        on_ready()

    await serve(app, listening, life, how_to_stop, rules=rules, keepalive_s=keepalive_s, on_ready=ready, until=until)
