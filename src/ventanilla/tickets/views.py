"""What desk and portal share of a ticket: files, and mail from outside in a frame of its own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.htmlclean import place_inline_images, show_remote_images
from ventanilla.files.actions import TooLarge, upload
from ventanilla.files.views import serve
from ventanilla.people.models import Person
from ventanilla.tickets.models import Message
from ventanilla.tickets.queries import attachment_for, message_for
from ventanilla.ui.templatetags.ui import filesize

# A frame of its own: nothing in it runs, nothing is loaded but its own pictures, links open outside.
_SANDBOX = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
_FRAME = f"{_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; img-src 'self' data:"


def signed_in(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 404 to visitors: a file's address says nothing to them, not even that it exists."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            raise Http404
        return page(request, *args, **kwargs)

    return guarded


@require_safe
@signed_in
def attachment(request: HttpRequest, attachment: int) -> HttpResponseBase:
    """A file of a message the person may read. What could act in our origin is only ever downloaded."""
    found = attachment_for(_person(request), attachment)
    return serve(request, blob=found.blob, name=found.name, inline=True)


@require_safe
@signed_in
def message_body(request: HttpRequest, message: int) -> HttpResponseBase:
    """The HTML of a mail, for its frame: no script, nothing from other servers."""
    return frame(request, message_for(_person(request), message))


@require_safe
@signed_in
def message_images(request: HttpRequest, message: int) -> HttpResponseBase:
    """The same with the images of other servers, which the reader asked for: a second address with its own policy."""
    return frame(request, message_for(_person(request), message), images=True)


def frame(
    request: HttpRequest,
    message: Message,
    *,
    images: bool = False,
    file_url: Callable[[int], str] | None = None,
) -> HttpResponse:
    """The document of a message's frame; whoever calls has checked that the reader may read it.

    `file_url` gives the address of an image that stands in the text (by attachment id); by default the one for who is
    signed in. The text was cleaned when it was stored.
    """
    if message.redacted_at is not None:
        raise Http404
    address = file_url or (lambda pk: reverse("attachment", args=[pk]))
    files = {file.content_id: address(file.pk) for file in message.attachments.all() if file.content_id}
    parts = {"body": message.html, "folded": message.folded_html}
    for name, html in parts.items():
        placed = place_inline_images(html, files)
        parts[name] = mark_safe(show_remote_images(placed) if images else placed)  # noqa: S308 - cleaned when stored
    response = render(request, "tickets/frame.html", parts)
    response["Content-Security-Policy"] = f"{_FRAME} https:" if images else _FRAME
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@signed_in
def upload_file(request: HttpRequest) -> HttpResponse:
    """Keep a chosen file until a form takes it: 201 with its id, or a problem in the reader's language."""
    given = request.FILES.get("file")
    if given is None:
        return JsonResponse({"detail": _("Choose a file.")}, status=400)
    try:
        kept = upload(
            given.file,  # type: ignore[arg-type]
            name=given.name or "file",
            person_id=_person(request).pk,
            max_bytes=settings.UPLOAD_MAX_BYTES,
        )
    except TooLarge as error:
        return JsonResponse({"detail": too_large(error)}, status=413)
    answer = {"id": kept.token, "name": kept.name, "size": kept.blob.size, "size_text": filesize(kept.blob.size)}
    return JsonResponse(answer, status=201)


def too_large(error: TooLarge) -> str:
    """The sentence for a file beyond the limit."""
    return _("Files may have at most %(most)s.") % {"most": filesize(error.max_bytes)}


def _person(request: HttpRequest) -> Person:
    person: Person = request.user  # type: ignore[assignment]
    return person
