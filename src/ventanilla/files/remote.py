"""Stored bytes in a bucket that speaks S3, where the operator chose one (`VENTANILLA_S3_BUCKET`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

_CONNECT_SECONDS = 5
_READ_SECONDS = 60


class BucketStorage(S3Storage):  # type: ignore[misc]  # the library tells no types
    """Django's storage over a bucket. Objects are private: they are read through us, which asks who may.

    What is read passes through a temporary file, never as a whole through memory. What the server or the network
    says becomes OSError, as a disk would say it; a missing object is a FileNotFoundError.
    """

    def __init__(self, **options: Any) -> None:
        # Others than Amazon's servers know neither its newer checksums nor buckets as names of hosts.
        config = Config(
            connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 3},
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
        )  # fmt: skip
        # In the thread at hand: what forks must not have others.
        transfer = TransferConfig(use_threads=False)
        super().__init__(
            client_config=config, transfer_config=transfer, default_acl=None, file_overwrite=True, **options
        )

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        with _as_a_disk():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens without it."""
        with _as_a_disk():
            super().delete(name)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with _as_a_disk():
            file: File[bytes] = super()._open(name, mode)
            file.file  # noqa: B018 - read to its end here, where what goes wrong is told as a disk would
            return file

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_a_disk():
            return str(super()._save(name, content))


@contextmanager
def _as_a_disk() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"the bucket: {error}") from error
