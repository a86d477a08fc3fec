"""Writing files. None of these records an event: what refers to a file (a message, an article) does."""

import hashlib
import io
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.utils.timezone import now

from ventanilla.core.ids import token
from ventanilla.core.writing import put
from ventanilla.files.models import Blob, Upload
from ventanilla.files.names import SNIFFED_BYTES, safe_name, sniff

_CHUNK_BYTES: Final = 256 * 1024
_IN_MEMORY_BYTES: Final = 4 * 1024 * 1024


class TooLarge(ValueError):
    """The content has more than `max_bytes` bytes; nothing was stored."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"more than {max_bytes} bytes")
        self.max_bytes = max_bytes


def address_of(sha256: str) -> str:
    """Where in storage the content with this digest stands."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def store(
    content: bytes | BinaryIO, *, name: str = "", max_bytes: int | None = None, at: datetime | None = None
) -> Blob:
    """The Blob of `content`: new, or the one that already holds the same bytes.

    Call it outside a transaction where possible: writing is slow. `name` helps to tell the type. `at` is the moment the
    row bears (default: now). Raises TooLarge beyond `max_bytes`.
    """
    with storing(content, name=name, max_bytes=max_bytes, at=at) as blob:
        return blob


@contextmanager
def storing(
    content: bytes | BinaryIO, *, name: str = "", max_bytes: int | None = None, at: datetime | None = None
) -> Iterator[Blob]:
    """The same as a block: what is written inside it commits together with the row of the content.

    The bytes are on the disk (synced, with their folder) before their row is written, so a row without bytes cannot
    exist after a crash. Safe in many processes with the same content, also while the garbage is collected.
    """
    with _spooled(content, max_bytes) as (file, sha256, size):
        if not default_storage.exists(address_of(sha256)):
            _write(file, sha256)
        file.seek(0)
        content_type = sniff(file.read(SNIFFED_BYTES), name)
        with transaction.atomic(savepoint=False):
            yield _row(sha256, size=size, content_type=content_type, moment=at or now())
        # Looked at again now that the row protects it: the collector may have removed the bytes in between.
        if not default_storage.exists(address_of(sha256)):
            _write(file, sha256)


def write_ahead(content: bytes) -> None:
    """Put a content on the disk (synced, with its folder) before anybody asks for its row: `store` finds it there.

    Safe in threads and without a database. What never gets a row lies idle.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if not default_storage.exists(address_of(sha256)):
        _write(io.BytesIO(content), sha256)


def upload(
    content: bytes | BinaryIO,
    *,
    name: str,
    person_id: int | None,
    max_bytes: int | None = None,
    at: datetime | None = None,
) -> Upload:
    """Keep a file that `person_id` (None: anonymous) chose, until a message takes it. Raises TooLarge.

    The name is made safe; the returned row's `token` is what the browser sends back. Unused after 7 days it is removed.
    """
    blob = store(content, name=name, max_bytes=max_bytes, at=at)
    return Upload.objects.create(
        blob=blob, name=safe_name(name), token=token(), person_id=person_id, created_at=at or now()
    )


@transaction.atomic
def discard_upload(*, token: str, person_id: int | None) -> bool:
    """Forget an upload that its person took back. True when there was one; the bytes go with the next collection."""
    deleted, _ = Upload.objects.filter(token=token, person_id=person_id).delete()
    return deleted > 0


def _row(sha256: str, *, size: int, content_type: str, moment: datetime) -> Blob:
    """The row of a content, new or marked as asked for so that the collector leaves it alone: one statement."""
    row = Blob(sha256=sha256, size=size, content_type=content_type, created_at=moment, last_asked_at=now())
    put(row, unique=("sha256",), then=("last_asked_at",))
    return row


@contextmanager
def _spooled(content: bytes | BinaryIO, max_bytes: int | None) -> Iterator[tuple[BinaryIO, str, int]]:
    """`content` as a file one can read twice, with its digest and size in bytes. Large ones pass through the disk."""
    digest = hashlib.sha256()
    size = 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
        for chunk in _chunks(content):
            size += len(chunk)
            if max_bytes is not None and size > max_bytes:
                raise TooLarge(max_bytes)
            digest.update(chunk)
            spool.write(chunk)
        yield spool, digest.hexdigest(), size  # type: ignore[misc]  # a spooled file is a binary file in all but name


def _chunks(content: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(_CHUNK_BYTES):
        yield chunk


def _write(file: BinaryIO, sha256: str) -> None:
    file.seek(0)
    name = address_of(sha256)
    storage = getattr(default_storage, "_wrapped", default_storage)
    if isinstance(storage, FileSystemStorage):
        _write_durably(file, Path(storage.path(name)))
    elif not default_storage.exists(name):
        default_storage.save(name, File(file))


def _write_durably(file: BinaryIO, path: Path) -> None:
    """Write under a name of its own, sync, rename: nobody ever sees half a file, and it survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as target:
            while chunk := file.read(_CHUNK_BYTES):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
