"""Files that come with a portal form: sent one by one while one writes, or with the form itself without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from ventanilla.files.actions import TooLarge, upload
from ventanilla.files.models import Upload
from ventanilla.files.names import SNIFFED_BYTES
from ventanilla.files.photos import UnreadablePhoto, is_photo, private
from ventanilla.files.queries import take_uploads
from ventanilla.tickets.content import File
from ventanilla.ui.templatetags.ui import filesize

MOST_FILES = 20


@dataclass(frozen=True)
class Received:
    """The files of a form, and what was wrong with the others."""

    uploads: Sequence[Upload]
    problems: Sequence[str]

    @property
    def files(self) -> list[File]:
        """As a message takes them."""
        return [File(row.blob, row.name, row.blob.content_type) for row in self.uploads]

    @property
    def shown(self) -> list[dict[str, object]]:
        """As the form shows them again."""
        return [
            {"id": row.token, "name": row.name, "size": row.blob.size, "type": row.blob.content_type}
            for row in self.uploads
        ]


NONE = Received((), ())


def received(request: HttpRequest, person_id: int) -> Received:
    """The files of a posted form: those uploaded before (`attachments`, only one's own) and those in it (`files`)."""
    tokens = list(dict.fromkeys(request.POST.getlist("attachments")))[: MOST_FILES + 1]
    uploads = take_uploads(tokens, person_id)
    problems = [] if len(uploads) == len(tokens) else [_("A file is no longer here. Please attach it again.")]
    for file in request.FILES.getlist("files")[: MOST_FILES + 1]:
        try:
            uploads.append(_keep(file, person_id))
        except TooLarge:
            problems.append(_too_large(file.name or ""))
        except UnreadablePhoto:
            problems.append(_unreadable(file.name or ""))
    if len(uploads) > MOST_FILES:
        problems.append(_("At most %(count)d files fit into one message.") % {"count": MOST_FILES})
        uploads = uploads[:MOST_FILES]
    return Received(uploads, problems)


def receive_one(request: HttpRequest, person_id: int) -> JsonResponse:
    """Keep one file (`file`) until a message takes it: 201 with its id, or 4xx with a sentence for the person."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"detail": _("No file arrived. Please choose it again.")}, status=400)
    try:
        row = _keep(file, person_id)
    except TooLarge:
        return JsonResponse({"detail": _too_large(file.name or "")}, status=413)
    except UnreadablePhoto:
        return JsonResponse({"detail": _unreadable(file.name or "")}, status=422)
    size = row.blob.size
    return JsonResponse(
        {"id": row.token, "name": row.name, "size": size, "size_text": filesize(size), "type": row.blob.content_type},
        status=201,
    )


def _keep(file: UploadedFile[bytes], person_id: int) -> Upload:
    """Keep what a requester sends; photos lose where they were taken, whatever the browser has done about it."""
    most, name = settings.UPLOAD_MAX_BYTES, file.name or ""
    if (file.size or 0) > most:
        raise TooLarge(most)
    content: BinaryIO | bytes = cast(BinaryIO, file)
    first = file.read(SNIFFED_BYTES)
    file.seek(0)
    if is_photo(first, name):
        content, name = private(file.read(), name)
    return upload(content, name=name, person_id=person_id, max_bytes=most)


def _unreadable(name: str) -> str:
    return _("“%(name)s” could not be read as a picture and was not attached. Send it as JPEG or PNG.") % {
        "name": name[:80]
    }


def _too_large(name: str) -> str:
    return _("“%(name)s” is larger than %(megabytes)d MB and was not attached.") % {
        "name": name[:80],
        "megabytes": settings.UPLOAD_MAX_BYTES // (1024 * 1024),
    }
