"""Uploading files before they are attached to a ticket."""

from typing import Any, BinaryIO, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import File, Router, Schema
from ninja.errors import HttpError
from ninja.files import UploadedFile

from ventanilla.files.actions import upload

router = Router(tags=["uploads"])


class UploadOut(Schema):
    """A stored upload: its id goes into `attachments` of a ticket or message within 24 hours."""

    id: str
    name: str
    size: int
    type: str


@router.post("/uploads", response={201: UploadOut}, summary="Upload one file")
def create(request: HttpRequest, file: File[UploadedFile]) -> tuple[int, Any]:
    """Store one file of at most 25 MB."""
    if file.size is None or file.size > settings.UPLOAD_MAX_BYTES:
        raise HttpError(413, _("The file is larger than %(megabytes)d MB.") % {"megabytes": 25})
    row = upload(cast(BinaryIO, file), name=file.name or "file", person_id=request.auth.pk)  # type: ignore[attr-defined]
    return 201, {"id": row.token, "name": row.name, "size": row.blob.size, "type": row.blob.content_type}
