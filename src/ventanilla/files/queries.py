"""Questions about files."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import FileSystemStorage, default_storage

from ventanilla.files.actions import address_of
from ventanilla.files.models import Blob, Upload


def take_upload(token: str, person_id: int | None) -> Upload | None:
    """The upload with this token if the same person made it, else None: somebody else's does not exist.

    It stays until it is collected, so that a form sent twice, or sent again after an error, finds it both times.
    """
    return Upload.objects.select_related("blob").filter(token=token, person_id=person_id).first()


def take_uploads(tokens: Iterable[str], person_id: int | None) -> list[Upload]:
    """The uploads with these tokens in this order; those that are unknown or somebody else's are left out."""
    wanted = list(dict.fromkeys(tokens))
    found = {
        upload.token: upload
        for upload in Upload.objects.select_related("blob").filter(token__in=wanted, person_id=person_id)
    }
    return [found[token] for token in wanted if token in found]


def open_blob(blob: Blob) -> BinaryIO:
    """The bytes, open for reading. Raises FileNotFoundError when storage lost them."""
    return default_storage.open(address_of(blob.sha256), "rb")  # type: ignore[return-value]


def folder_of_files() -> Path | None:
    """The folder on this computer where the bytes stand; None when they stand in a bucket."""
    return Path(default_storage.location) if isinstance(default_storage, FileSystemStorage) else None


def read_blob(blob: Blob) -> bytes:
    """All the bytes at once; for what is known to be small."""
    with open_blob(blob) as file:
        return file.read()
