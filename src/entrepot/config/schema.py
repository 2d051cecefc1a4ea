"""Every setting, with its default and what it does.

docs/reference/settings.md is made from this file; a description is the setting's documentation.
"""

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from entrepot.config.auth import Auth, Mail
from entrepot.config.gc import Gc
from entrepot.config.layers import Layers
from entrepot.config.quotas import Quotas
from entrepot.config.section import Section, Words
from entrepot.config.storage import Storage
from entrepot.config.webhooks import Webhooks

MIB = 1024 * 1024


class Tls(Section):
    """HTTPS by certificate files."""

    certificate: Path | None = Field(
        None, description="PEM file with the server's certificate and its intermediates."
    )
    key: Path | None = Field(None, description="PEM file with the certificate's private key.")

    @model_validator(mode="after")
    def _both_or_none(self) -> "Tls":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("set both tls.certificate and tls.key, or neither")
        return self


class Server(Section):
    """Where and how the server listens."""

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all of IPv4.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(5000, description="Port to listen on.")
    workers: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="Worker processes; about one a core."
    )
    connections: Annotated[int, Field(ge=16)] = Field(
        4096,
        description=(
            "Connections that one worker keeps open. When there are more, the one that has waited"
            " longest for its client is closed."
        ),
    )
    connections_per_address: Annotated[int, Field(ge=1)] = Field(
        1024,
        description=(
            "Connections that one worker keeps open for one client address (one /64 network of"
            " IPv6). Addresses in server.proxies are exempt."
        ),
    )
    keep_alive_seconds: Annotated[int, Field(ge=1)] = Field(
        75,
        description=(
            "How long an idle connection stays open. Set it higher than the idle timeout of a load"
            " balancer in front."
        ),
    )
    minimum_rate: Annotated[int, Field(ge=0)] = Field(
        1024,
        description=(
            "Bytes per second that a client must send of an upload or read of a response, averaged"
            " over one minute. Slower connections are closed; 0 disables the check."
        ),
    )
    shutdown_seconds: Annotated[int, Field(ge=0)] = Field(
        60, description="How long running requests, uploads above all, may go on after a stop."
    )
    url: str | None = Field(
        None,
        description=(
            "The address under which clients reach this server, such as"
            " https://registry.example.org. Unset: what each request says."
        ),
    )
    proxies: Words = Field(
        default_factory=lambda: ["127.0.0.0/8", "::1/128"],
        description=(
            "Networks of proxies in front, whose X-Forwarded-For, -Proto and -Host are believed."
        ),
    )
    tls: Tls = Tls()

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
            raise ValueError("server.url must be http://host or https://host, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ip_network(network, strict=False)
        return value


class Database(Section):
    """Where the metadata is kept."""

    url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host:port/name. Unset: SQLite in the data folder.",
    )
    pool_size: Annotated[int, Field(ge=1)] = Field(
        10, description="PostgreSQL connections that each worker keeps; twice as many at peaks."
    )

    @model_validator(mode="after")
    def _known(self) -> "Database":
        known = ("postgresql://", "postgres://")
        if self.url is None:
            return self
        if not self.url.get_secret_value().startswith(known):
            raise ValueError("database.url must start with postgresql://, or be left out")
        try:
            _ = urlsplit(self.url.get_secret_value()).port
        except ValueError:  # whose text could show a part of the password
            raise ValueError(
                "database.url must be postgresql://user:password@host:port/name; write"
                " other characters of a password than letters, digits, . _ ~ and - as %XX"
            ) from None
        return self


class Driver(StrEnum):
    """Where blobs can be kept."""

    FILESYSTEM = "filesystem"
    S3 = "s3"


class S3(Section):
    """An S3-compatible object store."""

    bucket: str = Field("", description="The bucket; it must exist.")
    endpoint: str | None = Field(
        None, description="The service's address, for any service but Amazon's own."
    )
    region: str = Field("us-east-1", description="The bucket's region.")
    access_key: str | None = Field(None, description="Access key; unset: the environment's.")
    secret_key: SecretStr | None = Field(None, description="Secret key; unset: the environment's.")
    prefix: str = Field("", description="Keys start with this, to share a bucket.")
    allow_http: bool = Field(default=False, description="Accept an endpoint without TLS.")
    virtual_hosted: bool = Field(
        default=False, description="Put the bucket into the host name instead of the path."
    )
    redirect: bool = Field(
        default=False,
        description="Send clients to the object store for blobs, by addresses signed for minutes.",
    )


class Blobs(Section):
    """Where the bytes are kept."""

    driver: Driver = Field(Driver.FILESYSTEM, description="filesystem or s3.")
    s3: S3 = S3()

    @model_validator(mode="after")
    def _bucket(self) -> "Blobs":
        if self.driver is Driver.S3 and not self.s3.bucket:
            raise ValueError("set blobs.s3.bucket to use blobs.driver: s3")
        return self


class SparseManifests(StrEnum):
    """What a manifest may name that has not been pushed."""

    NOTHING = "nothing"
    MANIFESTS = "manifests"
    ANYTHING = "anything"


class Registry(Section):
    """What the registry accepts and answers."""

    manifest_bytes: Annotated[int, Field(ge=4 * MIB)] = Field(
        4 * MIB, description="Largest manifest accepted; the specification asks for 4 MiB at least."
    )
    sparse: SparseManifests = Field(
        SparseManifests.NOTHING,
        description=(
            "What a manifest may name that is not in the repository: nothing; manifests (sparse"
            " indexes: some platforms only); anything (blobs too)."
        ),
    )
    deletes: bool = Field(default=True, description="Allow DELETE of manifests, tags and blobs.")
    page_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1000, description="Items in a page of tags or repositories when the client names no number."
    )
    page_limit: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1000, description="Largest page a client gets; a Link leads to the next one."
    )
    upload_hours: Annotated[float, Field(gt=0)] = Field(
        168, description="Uploads to which nothing was written for so long are dropped."
    )
    cache_bytes: Annotated[int, Field(ge=0)] = Field(
        48 * MIB, description="Memory that each worker may use to keep manifests."
    )

    @property
    def upload_age(self) -> timedelta:
        return timedelta(hours=self.upload_hours)


class LogFormat(StrEnum):
    """How log lines look."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """What is worth a log line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Logs(Section):
    """Logs, on standard output, one line an event."""

    level: LogLevel = Field(LogLevel.INFO, description="debug, info, warning or error.")
    format: LogFormat = Field(
        LogFormat.AUTO, description="json, console, or auto: console on a terminal, else json."
    )
    requests: bool = Field(default=True, description="Log each request.")


class Metrics(Section):
    """Metrics for Prometheus, at /metrics."""

    enabled: bool = Field(default=True, description="Answer /metrics.")


class Settings(Section):
    """All settings."""

    data: Path = Field(
        Path("./data"), description="Folder for the database and the blobs; made if missing."
    )
    server: Server = Server()
    database: Database = Database()
    blobs: Blobs = Blobs()
    storage: Storage = Storage()
    registry: Registry = Registry()
    gc: Gc = Gc()
    quotas: Quotas = Quotas()
    layers: Layers = Layers()
    auth: Auth = Auth()
    mail: Mail = Mail()
    webhooks: Webhooks = Webhooks()
    logs: Logs = Logs()
    metrics: Metrics = Metrics()

    @property
    def service(self) -> str:
        """The name under which tokens are issued, and for which they are good."""
        return urlsplit(self.server.url).netloc if self.server.url else "entrepot"
