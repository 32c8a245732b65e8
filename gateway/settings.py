"""Settings: read once from the environment (`GATEWAY_*`, sections by `__`), then passed down."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth.cache import MAX_TTL_S
from auth.tokens import TokenRules
from auth.viewer import Role
from connectors.analytics import BuildRules
from connectors.analytics import Rules as StatisticsRules
from connectors.assembly import SUBSYSTEMS
from connectors.attachments import FilePurpose
from connectors.breaker import BreakerRules
from connectors.directory import ConsentRules
from connectors.erasure.retention import RetentionRules
from connectors.files import FileRules
from connectors.files.pictures import PictureRules
from connectors.imports.endings import EndingRules
from connectors.imports.history import RUN_DAYS
from connectors.imports.inputs import SizeRules
from connectors.mail import Security, is_sender
from connectors.mongo import Driver, ReadPreference
from connectors.mongo.resilience import GuardRules
from gateway.engine.prepare.limits import Limits
from gateway.exports.rules import ExportRules
from gateway.http.admission import AdmissionRules
from gateway.http.connection import ConnectionRules
from gateway.http.cors import check_origin, check_public_url
from gateway.http.lifecycle import KEEPALIVE_S
from gateway.languages import Language
from gateway.live.rules import LiveRules
from gateway.operations.apq import AutomaticQueryRules
from gateway.operations.demand import DemandMode
from gateway.operations.persisted import Step
from gateway.write_rules import WriteRules


class Section(BaseModel):
    """Settings that belong together; the sentence below each is its description, here and in docs/operators.md."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class MongoSettings(Section):
    """Where the connectors' databases are."""

    uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    """The server of every subsystem that has none of its own."""
    uris: dict[str, SecretStr] = Field(default_factory=dict)
    """A server of its own per subsystem, as JSON: {"diary": "mongodb://…"}."""
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = "school"
    """The database of a subsystem is `<prefix>_<subsystem>`."""
    driver: Driver = Driver.MOTOR
    """`motor`, or `pymongo`: PyMongo's own asynchronous client, which is to follow it."""
    read_preference: ReadPreference = ReadPreference.PRIMARY_PREFERRED
    """`primaryPreferred` reads from a secondary while a replica set has no primary, `primary` does not; the directory
    is read from the primary in any case."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long all reads of one request may take together."""
    read_timeout_s: Annotated[float, Field(gt=0, le=60)] = GuardRules.timeout_s
    """How long one read may take, so that a source that hangs leaves its request some time for the others."""
    concurrency: Annotated[int, Field(gt=0, le=64)] = GuardRules.concurrency
    """Reads of one source that a process runs at once; with motor each has a thread."""
    retries: Annotated[int, Field(ge=0, le=5)] = GuardRules.retries
    """How often a read is sent again, within its time, after its connection was lost."""

    @field_validator("uris")
    @classmethod
    def _of_subsystems(cls, uris: dict[str, SecretStr]) -> dict[str, SecretStr]:
        strangers = sorted(uris.keys() - SUBSYSTEMS.keys())
        if strangers:
            raise ValueError(f"no subsystem {', '.join(strangers)}; there are {', '.join(SUBSYSTEMS)}")
        return uris


class RedisSettings(Section):
    """Where the shared cache is; without it every instance caches nothing and keeps working."""

    uri: SecretStr | None = None
    """Where Redis is, such as redis://127.0.0.1:6379/0."""
    timeout_s: Annotated[float, Field(gt=0, le=5)] = 0.05
    """How long Redis may take to answer before the request goes on without it, and the next ones without asking; where
    its answers are fast, a fifth of that."""


class CacheSettings(Section):
    """The cache of reads whose result is the same for everybody: timetables, bells, holidays, curricula, names."""

    enabled: bool = True
    """Whether reads are cached at all."""
    process_s: Annotated[float, Field(ge=0, le=60)] = 1
    """How long a process caches a read; a change that it sees ends this earlier."""
    process_size: Annotated[int, Field(gt=0)] = 10_000
    """How many keys a process caches at most."""
    redis_s: Annotated[float, Field(ge=0, le=3_600)] = 60
    """How long Redis caches a read for all; only while changes are seen, which needs a replica set. 0: not at all."""


class AuthSettings(Section):
    """Whose tokens are trusted: one OIDC issuer's, the developer issuer's, or both."""

    audience: str = "school-gateway"
    """The `aud` that tokens must be issued for."""
    issuer: str | None = None
    """The `iss` of the identity provider's tokens; without `jwks` an https address, where its keys are discovered."""
    jwks: str | None = None
    """URL or file of the issuer's keys, where they are not to be discovered."""
    algorithms: tuple[str, ...] = TokenRules.algorithms
    """Which of the two the issuer signs with, as JSON."""
    role_claim: str = TokenRules.role_claim
    """The claim that carries the active role."""
    developer_issuer: str = TokenRules.developer_issuer
    """The `iss` of developer tokens."""
    developer_secret: SecretStr | None = None
    """Switches the developer issuer on; at least 32 bytes."""
    leeway_s: Annotated[int, Field(ge=0, le=120)] = TokenRules.leeway_s
    """How far the clocks of the issuer and of the gateway may be apart."""
    scope_ttl_s: Annotated[float, Field(gt=0, le=MAX_TTL_S)] = MAX_TTL_S
    """How long a viewer's students are kept: how late a revoked right may be noticed."""


class ProviderSettings(Section):
    """One OpenID provider by which browsers sign in."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    issuer: str
    """The `iss` of its tokens: an https address, below which its metadata are."""
    client_id: str
    """The id under which the gateway is registered there."""
    client_secret: SecretStr | None = None
    """The secret that belongs to it; without one the client is public, and PKCE alone protects its codes."""
    title: str = ""
    """The name that people read; the name in the URL where it is empty."""
    scope: str = "openid"
    """What is asked for; `openid offline_access` where the provider gives refresh tokens for that alone."""
    parameters: dict[str, str] = Field(default_factory=dict)
    """Further parameters of the request, such as {"prompt": "consent"}."""
    confirms: bool = False
    """Whether its names, birth dates, e-mail addresses and СНИЛС are confirmed ones: people are recognised by them."""
    confirmed_by: str | None = None
    """The claim that says so of each account, such as `trusted`; without it all are."""


class SignInSettings(Section):
    """How browsers sign in (docs/sign-in.md). It needs Redis, a public URL and a key."""

    providers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], ProviderSettings] = Field(
        default_factory=dict
    )
    """The OpenID providers by their names in URLs, as JSON: {"epos": {"issuer": "https://…", "client_id": "…"}};
    without any, browsers do not sign in here."""
    public_url: Annotated[str, AfterValidator(check_public_url)] | None = None
    """The origin under which browsers reach the gateway, such as https://diary.example; providers send them back there.
    """
    key: SecretStr | None = None
    """The secret that encrypts sessions and sign-ins that are under way, at least 32 bytes; the same in all processes.
    """
    idle_minutes: Annotated[float, Field(gt=0, le=1_440)] = 30
    """A session that is not used for this long is over."""
    hours: Annotated[float, Field(gt=0, le=720)] = 12
    """After this time a person has to sign in again in any case."""
    grace_s: Annotated[float, Field(ge=0, le=86_400)] = 300
    """How long a session goes on when its tokens have expired and its provider does not answer."""
    address_a_minute: Annotated[int, Field(gt=0)] = 1_200
    """Requests to /auth/…, and to links that confirm e-mail addresses, that one address may send in a minute. All who
    share an address count together: a school behind one router, and everybody where a proxy stands in front and
    `address_header` is not set."""
    address_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None = None
    """The header in which the nearest proxy names the address of the client, such as X-Forwarded-For: what stands last
    in it counts. Set it only where a proxy always writes it."""
    account_a_minute: Annotated[int, Field(gt=0)] = 60
    """How often one account may sign in and switch its role in a minute, from all addresses together."""
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 5
    """How long a provider may take to answer."""
    redis_timeout_s: Annotated[float, Field(gt=0, le=10)] = 1
    """How long Redis may take to answer before a request that needs a session is refused with 503."""


def check_sender(text: str) -> str:
    """*text*, if letters can come from it. Raises `ValueError`."""
    if not is_sender(text):
        raise ValueError("is no e-mail address, with or without a name before it")
    return text


class MailSettings(Section):
    """How letters are sent (docs/operators.md): by an SMTP server, or into a directory; without either none are."""

    host: str | None = None
    """The mail server."""
    port: Annotated[int, Field(gt=0, le=65_535)] = 587
    """The port of the mail server."""
    security: Security = Security.STARTTLS
    """`starttls` goes over to TLS before anything is said, `tls` begins with it (port 465), `none` stays in clear."""
    user: str | None = None
    """The name under which the mail server knows the gateway; without one it is not asked to."""
    password: SecretStr | None = None
    """The password that belongs to it."""
    sender: Annotated[str, AfterValidator(check_sender)] | None = None
    """Whom letters are from, such as `Дневник <diary@school.example>`."""
    key: SecretStr | None = None
    """The secret from which the codes in letters follow, at least 32 bytes; the same in all processes. Without it
    e-mail addresses are not confirmed by letters, and are used as people enter them."""
    public_url: Annotated[str, AfterValidator(check_public_url)] | None = None
    """The origin under which people reach the gateway, such as https://diary.example: with it and a key, letters about
    notifications have an address at which they are stopped without signing in, and letters that confirm an e-mail
    address a link that does it."""
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 20
    """How long the mail server may take to answer each command."""
    directory: Path | None = None
    """A directory into which letters are written in the place of sending them: to try things out."""


class ImportSettings(Section):
    """What an import reads, and when it stops and asks because links that give access would end."""

    ending_number: Annotated[int, Field(ge=0)] = EndingRules().number
    """How many links of one kind may end in any case, whatever their share."""
    ending_share: Annotated[float, Field(ge=0, le=1)] = EndingRules().share
    """This share of the links of one kind may end, where that is more."""
    run_days: Annotated[int, Field(gt=0, le=3_650)] = RUN_DAYS
    """For how many days the record of a run stays, with the records that it refused."""
    largest_bytes: Annotated[int, Field(gt=0)] = SizeRules().bytes
    """How many bytes the files of one import may have in all, unpacked."""
    largest_workbook_bytes: Annotated[int, Field(gt=0)] = SizeRules().workbook
    """How many bytes one workbook of an import may have, unpacked: it is held in memory."""
    largest_ratio: Annotated[int, Field(gt=0)] = SizeRules().ratio
    """How many times larger than in its archive a file may be when it is unpacked."""


class AccessMode(StrEnum):
    """What happens to an operation that asks for a field its role may not see."""

    FILTER = "filter"
    REJECT = "reject"


class AccessSettings(Section):
    """How forbidden fields are answered."""

    mode: AccessMode = AccessMode.FILTER
    """`filter` answers a forbidden field with null and an error, `reject` refuses the whole operation."""
    introspection: tuple[Role, ...] = tuple(Role)
    """The roles that may ask for the schema by `__schema` and `__type`, as JSON; GraphiQL needs it."""


class HttpSettings(Section):
    """Where the gateway listens and how much it takes."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port to listen on."""
    max_body_bytes: Annotated[int, Field(gt=0)] = 1_000_000
    """Requests that are larger are refused with 413."""
    max_url_bytes: Annotated[int, Field(ge=256, le=1_000_000)] = ConnectionRules.url
    """Bytes of a URL with its query; longer ones are refused with 414."""
    max_header_bytes: Annotated[int, Field(ge=256, le=1_000_000)] = ConnectionRules.field
    """Bytes of one header, name and value; larger ones are refused with 431. All cookies of a host are one header."""
    max_head_bytes: Annotated[int, Field(ge=1_024, le=1_000_000)] = ConnectionRules.head
    """Bytes of the request line and all headers together; more are refused with 431."""
    max_headers: Annotated[int, Field(ge=16, le=10_000)] = ConnectionRules.fields
    """Headers of a request; more are refused with 431."""
    body_timeout_s: Annotated[float, Field(gt=0, le=300)] = 10
    """How long the body of a request may take to arrive; it is refused with 408 then."""
    keepalive_s: Annotated[float, Field(gt=0, le=7_200)] = KEEPALIVE_S
    """How long a connection may take, from its start or its last answer, to bring a request with all its headers; it is
    closed then. A proxy in front is to close idle connections earlier than that."""
    max_response_bytes: Annotated[int, Field(gt=0)] = 10_000_000
    """Answers that are larger, before compression, are replaced by the error RESPONSE_TOO_LARGE."""
    compress_min_bytes: Annotated[int, Field(ge=0)] = 1_024
    """Answers that are smaller are not compressed."""
    batch_max: Annotated[int, Field(ge=0, le=50)] = 0
    """How many GraphQL requests one HTTP request may carry as a JSON list; 0 refuses lists."""
    csrf_headers: tuple[str, ...] = ("Authorization", "X-Apollo-Operation-Name", "Apollo-Require-Preflight")
    """A request without a JSON body must carry one of these. Leave out Authorization where a proxy adds it."""
    cors_origins: tuple[Annotated[str, AfterValidator(check_origin)], ...] = ()
    """Origins whose pages may call the graph from a browser, as JSON: ["https://app.example"]. `http://localhost:*` is
    localhost with any port."""
    concurrency: Annotated[int, Field(gt=0)] = AdmissionRules.concurrency
    """Requests that one process has under way at most; far fewer run at once while it has too much to do."""
    queue_s: Annotated[float, Field(gt=0, le=60)] = AdmissionRules.queue_s
    """How long a request may wait for its turn; what would wait longer is refused with 503 and Retry-After."""
    lag_s: Annotated[float, Field(gt=0, le=5)] = AdmissionRules.lag_s
    """How late the event loop may be, or a read may wait for its turn, before fewer requests run at once."""
    person_share: Annotated[float, Field(gt=0, le=1)] = AdmissionRules.person_share
    """The share of `concurrency` that one person may take up."""
    address_share: Annotated[float, Field(gt=0, le=1)] = AdmissionRules.address_share
    """The share of `concurrency` that one address may take up; below 1 only where no proxy stands in front."""
    retry_after_s: Annotated[int, Field(ge=3, le=300)] = AdmissionRules.retry_after_s
    """How long clients whose requests are refused with OVERLOADED are asked to wait at most: the more wait already, the
    longer."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that `school-gateway serve` runs on the port; about one a core."""
    readiness_s: Annotated[float, Field(ge=0, le=60)] = 0.5
    """How long what a probe of /readyz found is told to others."""
    announce_s: Annotated[float, Field(ge=0, le=120)] = 0
    """How long, once told to stop, requests are still taken while /readyz says 503: for load balancers to notice."""
    drain_s: Annotated[float, Field(ge=0, le=120)] = 3
    """How long, then, connections that are kept alive may bring one more request, which closes them."""
    shutdown_s: Annotated[float, Field(gt=0, le=300)] = 20
    """How long, at last, requests that run may take to end."""
    default_language: Language = Language.ENGLISH
    """The language of messages, `en` or `ru`, for clients whose Accept-Language names neither."""
    graphiql: bool = True
    """Whether browsers get the GraphiQL page at /graphql."""


class EngineSettings(Section):
    """How operations are prepared and kept."""

    documents: Annotated[int, Field(gt=0)] = 1_000
    """Prepared operations that are kept."""
    documents_characters: Annotated[int, Field(gt=0)] = 500_000
    """Characters of their texts together; each takes some 200 to 400 bytes of memory."""


class PersistedSettings(Section):
    """Documents that are sent by id: trusted ones from manifests, and those that clients register (APQ)."""

    manifests: Path | None = None
    """The directory of the manifests `*.json`, in Apollo's or in Relay's form; read at the start."""
    client_header: str = "X-Client-Name"
    """The header in which a client says its name."""
    default: Step = Step.OPEN
    """The step of clients that are not named below: `open`, `log_unknown`, `safelist` or `require_id`."""
    clients: dict[str, Step] = Field(default_factory=dict)
    """The step of each client by its name, as JSON: {"mobile": "require_id"}."""
    apq: bool = True
    """Whether clients may register documents by their SHA-256."""
    apq_size: Annotated[int, Field(gt=0)] = AutomaticQueryRules.size
    """Registered documents that an instance keeps."""
    apq_characters: Annotated[int, Field(gt=0)] = AutomaticQueryRules.characters
    """Characters of these documents together."""
    apq_new_ttl_s: Annotated[int, Field(gt=0)] = AutomaticQueryRules.new_ttl_s
    """How long Redis keeps a registered document until its second use."""
    apq_ttl_s: Annotated[int, Field(gt=0)] = AutomaticQueryRules.ttl_s
    """How long Redis keeps it from its second use on."""
    apq_person_bytes: Annotated[int, Field(gt=0)] = AutomaticQueryRules.person_bytes
    """Bytes of documents that one person may register in an hour."""
    apq_total_bytes: Annotated[int, Field(gt=0)] = AutomaticQueryRules.total_bytes
    """Bytes of documents that Redis is given in the time for which it keeps them; of new ones a quarter at a time."""


class S3Settings(Section):
    """An S3-compatible store for the contents of files, instead of GridFS (docs/operators.md)."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    """The bucket that keeps the contents; without it GridFS keeps them. Needs the extra `s3`."""
    endpoint: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None
    """The address of the store, such as https://s3.school.example; without it that of Amazon."""
    region: str | None = None
    """The region of the bucket."""
    key_id: str | None = None
    """The access key; without it botocore looks for one, such as the role of the machine."""
    secret: SecretStr | None = None
    """The secret of the access key."""
    prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9/_.-]*$", max_length=200)] = ""
    """What the keys of all contents begin with, such as gateway/."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30
    """How long the store may take to connect, and may send nothing."""


class FileSettings(Section):
    """How files are taken, kept and given (docs/operators.md)."""

    base_url: str = ""
    """What addresses of files begin with, such as https://files.school.example; without it they are relative to the
    gateway. An origin of its own keeps files of people apart from every other page."""
    material_bytes: Annotated[int, Field(gt=0, le=2_000_000_000)] = FileRules().largest[FilePurpose.MATERIAL]
    """Bytes of one file of teaching material."""
    submission_bytes: Annotated[int, Field(gt=0, le=2_000_000_000)] = FileRules().largest[FilePurpose.SUBMISSION]
    """Bytes of one file that a student hands in."""
    achievement_bytes: Annotated[int, Field(gt=0, le=2_000_000_000)] = FileRules().largest[FilePurpose.ACHIEVEMENT]
    """Bytes of one file of an achievement."""
    announcement_bytes: Annotated[int, Field(gt=0, le=2_000_000_000)] = FileRules().largest[FilePurpose.ANNOUNCEMENT]
    """Bytes of one file of an announcement."""
    message_bytes: Annotated[int, Field(gt=0, le=2_000_000_000)] = FileRules().largest[FilePurpose.MESSAGE]
    """Bytes of one file of a message."""
    person_files: Annotated[int, Field(gt=0)] = FileRules.person_files
    """Files that one person may have."""
    person_bytes: Annotated[int, Field(gt=0)] = FileRules.person_bytes
    """Bytes that the files of one person may take together."""
    school_bytes: Annotated[int, Field(gt=0)] = FileRules.school_bytes
    """Bytes that the files of one school may take together."""
    attachments: Annotated[int, Field(gt=0, le=100)] = FileRules.attachments
    """Files that one homework, one submission, one achievement, one announcement or one message may have."""
    name_characters: Annotated[int, Field(gt=0, le=250)] = FileRules.name_characters
    """Characters of the name of a file."""
    upload_minutes: Annotated[int, Field(gt=0, le=1_440)] = FileRules.upload.seconds // 60
    """Minutes for which the content of an announced file may be sent."""
    unclaimed_hours: Annotated[int, Field(gt=0, le=720)] = FileRules.unclaimed.days * 24
    """Hours after which a file that nothing has is deleted; teaching material stays until its owner removes it."""
    url_minutes: Annotated[int, Field(gt=0, le=1_440)] = FileRules.url.seconds // 60
    """Minutes for which the address of a file is valid at least; at most twice as long."""
    clamd: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]+:[0-9]{1,5}$")] | None = None
    """The host and the port of a clamd, such as clamav:3310, that looks through files for viruses before they can be
    attached; without it nothing does. Its StreamMaxLength must be at least the largest file."""
    idle_s: Annotated[float, Field(gt=0, le=600)] = 30
    """How long a client may send or take nothing of a file before the connection is given up."""
    uploads_at_once: Annotated[int, Field(gt=0, le=1_000)] = 16
    """Uploads that one process takes at once; more are refused with 503 and Retry-After."""
    picture_pixels: Annotated[int, Field(gt=0, le=500_000_000)] = PictureRules.pixels
    """Pixels that a picture may have to get a thumbnail."""
    picture_mb: Annotated[int, Field(ge=128, le=8_192)] = PictureRules.megabytes
    """Memory that the process may take which makes the thumbnail of a picture and removes its place and time."""
    picture_s: Annotated[int, Field(gt=0, le=300)] = PictureRules.seconds
    """Processor time that this process may take for one picture."""
    pictures_at_once: Annotated[int, Field(gt=0, le=64)] = PictureRules.at_once
    """Pictures that one process of the gateway works on at once; others wait."""
    s3: S3Settings = Field(default_factory=S3Settings)


class AuditSettings(Section):
    """How the audit is sealed, signed and kept."""

    signing_key: SecretStr | None = None
    """The private Ed25519 key that signs the audit, in PEM form; without a key the audit is chained and not signed."""
    signing_key_file: Path | None = None
    """The file that has that key, in the place of `signing_key`."""
    public_keys_file: Path | None = None
    """The PEM file with the public keys that `school-gateway audit verify` trusts, earlier ones too; without it, that
    of the signing key alone."""
    seal_s: Annotated[float, Field(gt=0, le=600)] = 1
    """The pause before facts that came meanwhile are sealed into the audit."""
    checkpoint_s: Annotated[float, Field(gt=0, le=86_400)] = 300
    """The pause before checkpoints are given away again."""
    checkpoint_file: Path | None = None
    """The file that checkpoints are appended to, beside the log: best on another machine."""
    late_s: Annotated[float, Field(gt=0, le=86_400)] = 60
    """The age of a fact that is not sealed from which on `doctor` reports it."""
    keep_facts_days: Annotated[int, Field(gt=0, le=3_650)] = 30
    """Days for which a fact that is in the audit stays in the database of its subsystem, too."""
    keep_refusals_days: Annotated[int, Field(gt=0, le=3_650)] = 90
    """Days for which it is known how often mutations of a person were refused."""

    def private_key(self) -> str | None:
        """The private key in PEM form; None where there is none. Raises `ValueError` where it cannot be had."""
        if self.signing_key is not None and self.signing_key_file is not None:
            raise ValueError("GATEWAY_AUDIT__SIGNING_KEY and GATEWAY_AUDIT__SIGNING_KEY_FILE are both set.")
        if self.signing_key_file is not None:
            return _text_of(self.signing_key_file, "GATEWAY_AUDIT__SIGNING_KEY_FILE")
        return self.signing_key.get_secret_value() if self.signing_key else None

    def public_keys(self) -> str | None:
        """The public keys in PEM form; None where the setting names no file. Raises `ValueError` likewise."""
        if self.public_keys_file is None:
            return None
        return _text_of(self.public_keys_file, "GATEWAY_AUDIT__PUBLIC_KEYS_FILE")


def _text_of(path: Path, setting: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{setting}: {path} cannot be read.") from error


class DisclosureSettings(Section):
    """The journal in which families read who of the staff has seen data of their children."""

    enabled: bool = True
    """Whether readings are recorded; what was recorded is shown in any case."""
    keep_days: Annotated[int, Field(gt=0, le=3_650)] = 365
    """Days for which a row of the journal is kept, from its first reading on."""


class JobSettings(Section):
    """Where the jobs run that the gateway does without a client."""

    in_serve: bool = True
    """Whether `school-gateway serve` runs them, one of all processes at a time; else `school-gateway work` must run."""
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """The port at which `school-gateway work` answers /metrics, /healthz and /readyz; without it at none."""


class RetentionSettings(Section):
    """For how many days personal data is kept that nobody needs for good; the job `retention` deletes what is older."""

    message_reports_days: Annotated[int, Field(gt=0, le=36_500)] = RetentionRules.message_reports_days
    """Days for which a message that was handed to the school is kept for administrators."""
    announcement_reads_days: Annotated[int, Field(gt=0, le=36_500)] = RetentionRules.announcement_reads_days
    """Days for which it is kept who has read an announcement."""
    absence_notices_days: Annotated[int, Field(gt=0, le=36_500)] | None = RetentionRules.absence_notices_days
    """Days for which notices of absence are kept; without it for good."""
    audit_details_days: Annotated[int, Field(gt=0, le=36_500)] | None = RetentionRules.audit_details_days
    """Days for which the personal details of audit events are kept; without it for good."""


class NotificationSettings(Section):
    """How students and parents are notified of what was changed."""

    look_s: Annotated[float, Field(gt=0, le=600)] = 1
    """How long a change may wait until those whom it concerns are notified."""
    keep_days: Annotated[int, Field(gt=0, le=3_650)] = 90
    """Days after which a notification is deleted, and the record of a letter about it."""
    letter_minutes: Annotated[float, Field(ge=0, le=1_440)] = 5
    """How long a letter waits for more to be told, and for what was typed wrong to be corrected."""
    most_absences: Annotated[int, Field(ge=0, le=1_000)] = 10
    """Absences of a student without a valid reason in a calendar month; of the next one parents are warned."""
    control_work_days: Annotated[int, Field(ge=1, le=30)] = 2
    """How many days before a control work students and parents are reminded of it."""


class LiveSettings(Section):
    """Subscriptions over WebSocket and server-sent events: how many there may be, and what each may take."""

    connections: Annotated[int, Field(gt=0, le=1_000_000)] = LiveRules.connections
    """Live connections of one process at once; one more is refused with 503."""
    person_connections: Annotated[int, Field(gt=0, le=1_000)] = LiveRules.person_connections
    """Live connections of one person in one process at once."""
    subscriptions: Annotated[int, Field(gt=0, le=1_000)] = LiveRules.subscriptions
    """Operations that run on one connection at once."""
    queue: Annotated[int, Field(gt=0, le=100_000)] = LiveRules.queue
    """Events that may wait for one connection; one more closes it, and its client reads everything anew."""
    send_s: Annotated[float, Field(gt=0, le=600)] = LiveRules.send_s
    """How long a client may leave unread what was sent before its connection is closed."""
    init_s: Annotated[float, Field(gt=0, le=600)] = LiveRules.init_s
    """How long a client may take to sign in after it has opened a WebSocket."""
    ping_s: Annotated[float, Field(gt=0, le=3_600)] = LiveRules.ping_s
    """How often an idle connection is probed; shorter than what proxies close an idle connection after."""
    check_s: Annotated[float, Field(gt=0, le=60)] = LiveRules.check_s
    """How often it is checked that the session of a browser goes on; before each event it is checked in any case."""
    message_bytes: Annotated[int, Field(gt=0, le=10_000_000)] = LiveRules.message_bytes
    """Bytes of one message of a client, at most."""
    deliveries: Annotated[int, Field(gt=0, le=1_000)] = LiveRules.deliveries
    """Connections for which one process reads events at once."""
    resume_changes: Annotated[int, Field(ge=0, le=1_000_000)] = LiveRules.resume_changes
    """Changes, of whomever, that are looked through for a client that was away; of more it has to read all anew."""
    key: SecretStr | None = None
    """The secret that encrypts cursors, at least 32 bytes; the same in all processes. Without it a cursor is good in
    that process alone that gave it."""
    send_buffer_bytes: Annotated[int, Field(ge=4_096, le=10_000_000)] = LiveRules.send_buffer_bytes
    """Bytes that the kernel holds for one connection until its client reads them."""


class AnalyticsSettings(Section):
    """Where the statistics are, and how they are built and read (docs/analytics.md)."""

    directory: Path | None = None
    """The directory of their files, which `school-gateway analytics build` fills; without it there are none."""
    key: SecretStr | None = None
    """The secret key of pseudonyms and noise, at least 32 bytes. It must stay: with another key, all noise changes."""
    least_students: Annotated[int, Field(ge=3, le=100)] = StatisticsRules.least_students
    """Cells of fewer students are hidden."""
    least_students_sensitive: Annotated[int, Field(ge=3, le=100)] = StatisticsRules.least_students_sensitive
    """Cells of fewer students are hidden where they tell of health: in statistics of attendance."""
    daily: bool = True
    """Whether the jobs build statistics anew on each day; else somebody else runs `school-gateway analytics build`."""
    build_memory_mb: Annotated[int, Field(ge=128, le=65_536)] = BuildRules.memory_mb
    """Memory that a build may take for counting; what does not fit goes to files."""
    memory_mb: Annotated[int, Field(ge=64, le=16_384)] = 256
    """Memory that questions may take in each process."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long one question may take."""


class Budgets(Section):
    """The most that one operation of each role may cost."""

    student: Annotated[int, Field(gt=0)] = 10_000
    """What one operation of a student may cost."""
    parent: Annotated[int, Field(gt=0)] = 10_000
    """What one operation of a parent may cost."""
    teacher: Annotated[int, Field(gt=0)] = 25_000
    """What one operation of a teacher may cost."""
    class_teacher: Annotated[int, Field(gt=0)] = 25_000
    """What one operation of a class teacher may cost."""
    administrator: Annotated[int, Field(gt=0)] = 50_000
    """What one operation of an administrator may cost."""
    analyst: Annotated[int, Field(gt=0)] = 50_000
    """What one operation of an analyst may cost."""

    @property
    def by_role(self) -> dict[Role, int]:
        """The budget of each role."""
        return {role: getattr(self, role.lower()) for role in Role}


class DemandSettings(Section):
    """What an operation may cost: about one for each object it may answer with (docs/operators.md)."""

    mode: DemandMode = DemandMode.ENFORCE
    """`enforce` refuses an operation that may cost more than its role's budget, `measure` only says what it costs."""
    default_list_size: Annotated[int, Field(gt=0)] = 10
    """How long a list is taken to be where the schema does not say."""
    budgets: Budgets = Field(default_factory=Budgets)


class Quotas(Section):
    """How much query cost a person of each role may spend in a minute."""

    student: Annotated[int, Field(gt=0)] = 300_000
    """What the operations of a student may cost in a minute."""
    parent: Annotated[int, Field(gt=0)] = 300_000
    """What the operations of a parent may cost in a minute."""
    teacher: Annotated[int, Field(gt=0)] = 600_000
    """What the operations of a teacher may cost in a minute."""
    class_teacher: Annotated[int, Field(gt=0)] = 600_000
    """What the operations of a class teacher may cost in a minute."""
    administrator: Annotated[int, Field(gt=0)] = 1_200_000
    """What the operations of an administrator may cost in a minute."""
    analyst: Annotated[int, Field(gt=0)] = 1_200_000
    """What the operations of an analyst may cost in a minute."""

    @property
    def by_role(self) -> dict[Role, int]:
        """The quota of each role."""
        return {role: getattr(self, role.lower()) for role in Role}


class RateLimitSettings(Section):
    """What may be used up in a minute, counted in Redis for all instances; without Redis nothing is limited."""

    enabled: bool = True
    """Whether rates are limited. It costs each request one call of Redis."""
    per_minute: Quotas = Field(default_factory=Quotas)
    clients: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """What all operations of a client may cost in a minute, by its name, as JSON: {"nightly-report": 60000}."""


class LogFormat(StrEnum):
    """How log lines are written."""

    JSON = "json"
    CONSOLE = "console"


class ObserveSettings(Section):
    """What operators are told. Logs hold no personal data: ids are hashed."""

    log_format: LogFormat = LogFormat.JSON
    """`json`, one object a line, or `console`."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least important lines that are written."""
    log_requests: bool = True
    """Whether every GraphQL request gets a line."""
    id_key: SecretStr | None = None
    """The key that ids are hashed with, so that each has one hash everywhere; without it every start makes its own."""
    log_queue_lines: Annotated[int, Field(gt=0, le=1_000_000)] = 5_000
    """Lines that may wait while whatever reads the log is slow; beyond that they are dropped, and counted."""
    log_repeated_lines: Annotated[int, Field(gt=0, le=1_000_000)] = 20
    """Lines of one cause in ten seconds; further ones are counted instead. The line of each request always stands."""
    metrics: bool = True
    """Whether Prometheus finds /metrics on the port; keep it from the public at the load balancer."""
    operations: Annotated[int, Field(ge=0, le=5_000)] = 200
    """Operation names that logs, metrics and traces tell apart, beside those of the manifests; others are `other`."""
    operation_uses: Annotated[int, Field(gt=0, le=1_000)] = 10
    """How often a name must be used before it is told apart."""
    traces: bool = False
    """Whether OpenTelemetry traces are sent; where to is told by the standard variables OTEL_EXPORTER_OTLP_*."""


class Settings(BaseSettings):
    """All settings of one gateway."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_nested_delimiter="__", extra="forbid", use_attribute_docstrings=True
    )

    mongo: MongoSettings = Field(default_factory=MongoSettings)
    breaker: BreakerRules = Field(default_factory=BreakerRules)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    sign_in: SignInSettings = Field(default_factory=SignInSettings)
    consents: ConsentRules = Field(default_factory=ConsentRules)
    access: AccessSettings = Field(default_factory=AccessSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    limits: Limits = Field(default_factory=Limits)
    analytics: AnalyticsSettings = Field(default_factory=AnalyticsSettings)
    demand: DemandSettings = Field(default_factory=DemandSettings)
    rate_limit: RateLimitSettings = Field(default_factory=RateLimitSettings)
    persisted: PersistedSettings = Field(default_factory=PersistedSettings)
    writing: WriteRules = Field(default_factory=WriteRules)
    files: FileSettings = Field(default_factory=FileSettings)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    disclosures: DisclosureSettings = Field(default_factory=DisclosureSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    notifications: NotificationSettings = Field(default_factory=NotificationSettings)
    live: LiveSettings = Field(default_factory=LiveSettings)
    imports: ImportSettings = Field(default_factory=ImportSettings)
    exports: ExportRules = Field(default_factory=ExportRules)
    observe: ObserveSettings = Field(default_factory=ObserveSettings)
    today: date | None = None
    """A day that stands for today: for data sets that stand around a day of their own."""
    demo: bool = False
    """Serves /demo/viewers with tokens for everyone in the demo; never on data of real people."""
