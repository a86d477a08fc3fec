"""What the operator may set from outside: a handful of environment variables, and the data folder with its keys."""

import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import dj_database_url
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# The last: from then on waiting for the one writer is done by `core.sqlite`, not by SQLite.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; "
    "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA busy_timeout=0;"
)
_DATABASES = ("postgres", "postgresql", "sqlite")


class OperatorError(Exception):
    """What the operator must mend before anything can run: the text says what is wrong and what to do."""


class Environment(BaseSettings):
    """The variables of the environment that Ventanilla reads; every one has a working default."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = ""
    redis_url: str = ""
    ventanilla_queue: Literal["database", "redis"] = "database"
    ventanilla_data: Path = Path("data")
    ventanilla_s3_bucket: str = ""
    ventanilla_s3_endpoint: str = ""
    ventanilla_s3_region: str = ""
    ventanilla_s3_key: str = ""
    ventanilla_s3_secret: str = ""
    ventanilla_s3_prefix: str = ""
    ventanilla_url: str = ""
    ventanilla_hosts: str = ""
    ventanilla_debug: bool = False
    ventanilla_trusted_proxies: str = ""
    ventanilla_private_nets: str = ""
    ventanilla_metrics_token: str = ""
    ventanilla_log: Literal["", "json", "text"] = ""
    # Set by `ventanilla serve` for its own processes: the address it listens on.
    ventanilla_listen: str = ""
    ventanilla_page_processes: int = Field(default=2, ge=1, le=64)

    @field_validator("ventanilla_trusted_proxies")
    @classmethod
    def _networks(cls, given: str) -> str:
        """Addresses and networks, comma-separated: a slip here would let anybody pretend to be anybody."""
        return ",".join(str(ip_network(item.strip(), strict=False)) for item in given.split(",") if item.strip())

    @field_validator("ventanilla_hosts")
    @classmethod
    def _host_names(cls, given: str) -> str:
        """Host names, comma-separated, whole ones: a pattern would let in names of others."""
        hosts = [item.strip().lower() for item in given.split(",") if item.strip()]
        for host in hosts:
            if not all(part.replace("-", "").isalnum() and part.isascii() for part in host.split(".")):
                raise ValueError("write host names separated by commas, such as help.example.org, without https://")
        return ",".join(hosts)

    @field_validator("ventanilla_private_nets")
    @classmethod
    def _allowed_networks(cls, given: str) -> str:
        """Addresses and networks, comma-separated, whose servers may be asked although they are private."""
        return cls._networks(given)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in _DATABASES:
            raise ValueError("write postgres://user:password@host/name, or leave it out to use SQLite")
        return url

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("write redis://host:6379/0, or leave it out")
        return url

    @field_validator("ventanilla_queue")
    @classmethod
    def _queue_has_redis(cls, queue: str, info: ValidationInfo) -> str:
        if queue == "redis" and not info.data.get("redis_url"):
            raise ValueError("it needs REDIS_URL")
        return queue

    @field_validator("ventanilla_s3_endpoint")
    @classmethod
    def _endpoint(cls, url: str) -> str:
        if url and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname):
            raise ValueError(
                "write the address of the server, such as https://s3.example.org, or leave it out for Amazon"
            )
        return url

    @field_validator("ventanilla_url")
    @classmethod
    def _whole_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")):
            raise ValueError("write the address that people type, such as https://help.example.org, without a path")
        return url

    @property
    def data(self) -> Path:
        """The data folder as an absolute path."""
        return self.ventanilla_data.expanduser().resolve()


def read_environment() -> Environment:
    """The environment. Raises OperatorError that names the first variable that cannot be used and how to write it."""
    try:
        return Environment()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name, reason = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
        # An address of a database may hold a password, which a log must not.
        value = "" if name.endswith("_URL") and "@" in str(first["input"]) else f" ({first['input']})"
        raise OperatorError(f"{name}{value} cannot be used: {reason}.") from None


def data_folder(environment: Environment) -> Path:
    """The data folder, made when it is missing. Raises OperatorError when nothing can be written there."""
    folder = environment.data
    try:
        for name in ("keys", "files", "static"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700 if name == "keys" else 0o777)
        probe = folder / f".writable-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OperatorError(
            f"The data folder {folder} cannot be used: {error.strerror}.\n"
            "Make it writable for the user who starts Ventanilla, or choose another one:  --data DIR"
        ) from error
    return folder


def database(environment: Environment) -> dict[str, Any]:
    """Django's DATABASES entry: SQLite in the data folder unless DATABASE_URL names another one."""
    url = environment.database_url
    if url and not url.startswith("sqlite"):
        entry: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
        if "postgresql" in str(entry["ENGINE"]):
            options: dict[str, Any] = {"server_side_binding": True, "prepare_threshold": 1}
            entry["OPTIONS"] = dict(entry.get("OPTIONS") or {}) | options
            entry["ENGINE"] = "ventanilla.core.postgresql"
        return entry
    name = url.removeprefix("sqlite:///") if url else str(environment.data / "ventanilla.sqlite3")
    return {
        "ENGINE": "ventanilla.core.sqlite",
        "NAME": name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": SQLITE_PRAGMAS},
        "TEST": {"NAME": str(environment.data / "test.sqlite3")},
    }


def file_storage(environment: Environment) -> dict[str, Any]:
    """Django's STORAGES entry for files: the data folder, or the bucket that VENTANILLA_S3_BUCKET names."""
    if not environment.ventanilla_s3_bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    given = {
        "bucket_name": environment.ventanilla_s3_bucket, "endpoint_url": environment.ventanilla_s3_endpoint,
        "region_name": environment.ventanilla_s3_region, "access_key": environment.ventanilla_s3_key,
        "secret_key": environment.ventanilla_s3_secret, "location": environment.ventanilla_s3_prefix,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value}
    return {"BACKEND": "ventanilla.files.remote.BucketStorage", "OPTIONS": options}


def key_file(folder: Path, name: str) -> list[str]:
    """The keys of one purpose, newest first; made on first use. The file is readable by its owner alone (0600)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48) + "\n", encoding="utf-8")
        try:
            path.hardlink_to(fresh)  # atomic: of two processes starting at once, one wins and both read the same key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").split()
