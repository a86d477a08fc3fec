"""Background work on files."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import now as current

from ventanilla.files import registry
from ventanilla.files.actions import address_of
from ventanilla.files.models import Blob, Upload

KEEP: Final = timedelta(days=7)
_BATCH: Final = 200
log = structlog.get_logger("ventanilla.files")


@dataclass(frozen=True)
class Collected:
    """What a collection removed."""

    uploads: int
    blobs: int
    size_bytes: int


def collect_garbage(*, now: datetime | None = None) -> Collected:
    """Remove uploads older than 7 days and blobs that nothing has referred to or asked for in 7 days.

    Idempotent, safe beside `store`: row and bytes of a blob go in one short transaction that first checks again. Raises
    registry.NotWired before anything is removed when not every reference to blobs is declared.
    """
    cutoff = (now or current()) - KEEP
    registry.references()
    with transaction.atomic():
        uploads, _ = Upload.objects.filter(created_at__lt=cutoff).delete()
    blobs = size_bytes = 0
    last_id = 0
    while batch := list(_unreferenced(cutoff).filter(id__gt=last_id).order_by("id")[:_BATCH]):
        for blob in batch:
            if _remove(blob, cutoff):
                blobs += 1
                size_bytes += blob.size
        last_id = batch[-1].id
    if blobs or uploads:
        log.info("files.collected", uploads=uploads, blobs=blobs, size_bytes=size_bytes)
    return Collected(uploads=uploads, blobs=blobs, size_bytes=size_bytes)


def _unreferenced(cutoff: datetime) -> QuerySet[Blob]:
    blobs = Blob.objects.filter(last_asked_at__lt=cutoff)
    for model, attribute in registry.references():
        blobs = blobs.filter(~Exists(model._base_manager.filter(**{attribute: OuterRef("id")})))
    return blobs


@transaction.atomic
def _remove(blob: Blob, cutoff: datetime) -> bool:
    locked = Blob.objects.select_for_update().filter(id=blob.id).first()
    if locked is None or not _unreferenced(cutoff).filter(id=blob.id).exists():
        return False
    locked.delete()
    # Inside the transaction on purpose: who stores the same bytes now waits for the row, then looks at the disk again.
    default_storage.delete(address_of(blob.sha256))
    return True


def collect_due(now: datetime) -> int:
    """`collect_garbage` for the ticker. Not counted as work: returns 0."""
    collect_garbage(now=now)
    return 0
