"""One ticket as a conversation: the same page in the portal and behind a signed link, with different addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from ventanilla.core.htmlclean import place_inline_images, text_to_html
from ventanilla.files.names import INLINE_TYPES
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.portal.queries import others_in, public_messages
from ventanilla.portal.uploading import NONE, Received, received
from ventanilla.portal.words import name_of, state_of, steps_of
from ventanilla.tickets.actions import add_message, confirm_resolved, reopen
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words
from ventanilla.ui.shell import Shell

_THUMBNAIL_BYTES = 3_000_000


@dataclass(frozen=True)
class Opened:
    """A ticket in front of a person, and where the parts of its page are found."""

    person: Person
    ticket: Ticket
    shell: Shell
    page_url: str
    reply_url: str
    confirm_url: str
    upload_url: str
    file_url: Callable[[int], str]
    body_url: Callable[[int], str]
    back_url: str = ""
    by_link: bool = False


def show(
    request: HttpRequest, opened: Opened, *, text: str = "", errors: Sequence[str] = (), files: Received = NONE
) -> HttpResponse:
    """The page; with `errors` it shows again what was typed and attached (422)."""
    ticket, known = opened.ticket, words()
    state = state_of(ticket, known)
    done = ticket.status_category >= StatusCategory.RESOLVED
    voices = [_voice(message, opened) for message in public_messages(ticket)]
    context: dict[str, Any] = {
        "shell": opened.shell,
        "opened": opened,
        "ticket": ticket,
        "state": state,
        "steps": steps_of(ticket, state),
        "messages_shown": voices,
        "others": [name_of(person) for person in others_in(ticket, opened.person)],
        "can_confirm": ticket.status_category == StatusCategory.RESOLVED,
        "reply": {
            "url": opened.reply_url,
            "text": text,
            "errors": errors,
            "upload_url": opened.upload_url,
            "upload_max": settings.UPLOAD_MAX_BYTES,
            "attachments": files.shown,
            "label": _("It does not work yet? Tell us and we open it again") if done else "",
            "submit": _("Open it again") if done else "",
            # What is being written is kept in the browser until a message more stands here.
            "keep": f"reply-{ticket.pk}-{len(voices)}",
        },
    }
    return render(request, "portal/ticket.html", context, status=422 if errors else 200)


def answer(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Add the person's words and files; a resolved or closed ticket is open again by them."""
    text = request.POST.get("body", "")
    files = received(request, opened.person.pk)
    content = Content.of_text(text, files.files)
    if files.problems:
        return show(request, opened, text=text, errors=files.problems, files=files)
    by = Author.of(opened.person)
    try:
        if opened.ticket.status_category >= StatusCategory.RESOLVED:
            reopen(by=by, ticket=opened.ticket, content=content)
        else:
            add_message(
                by=by,
                ticket=opened.ticket,
                content=content,
                audience=Message.Audience.REQUESTER,
                channel=Ticket.Channel.PORTAL,
            )
    except ValidationError as error:
        return show(request, opened, text=text, errors=error.messages, files=files)
    if not opened.by_link:
        messages.success(request, _("Sent. We will write to you."))
    return HttpResponseRedirect(f"{opened.page_url}#reply")


def confirm(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The person says that it works: a resolved ticket is closed; anything else stays as it is."""
    confirm_resolved(by=Author.of(opened.person), ticket=opened.ticket)
    if not opened.by_link:
        messages.success(request, _("Thank you. The ticket is closed."))
    return HttpResponseRedirect(opened.page_url)


def _voice(message: Message, opened: Opened) -> dict[str, Any]:
    """A message as `ui/components/portal_message.html` shows it."""
    own = message.author_id == opened.person.pk and not message.from_staff
    voice: dict[str, Any] = {
        "id": message.pk,
        "own": own,
        "author": name_of(message.author, message.author_name),
        "role": _("Support") if message.from_staff else "",
        "sent_at": message.sent_at,
    }
    if message.redacted_at:
        return voice | {"redacted": _("This message was removed.")}
    files = list(message.attachments.all())
    if message.html and message.foreign:
        # Mail from outside in a frame of its own, with its folded part.
        voice["frame_url"] = opened.body_url(message.pk)
    elif message.html:
        images = {file.content_id: opened.file_url(file.pk) for file in files if file.content_id}
        # Cleaned when it was stored (tickets.content); only the addresses of its own images are put in here.
        voice["body_html"] = mark_safe(place_inline_images(message.html, images))  # noqa: S308
    else:
        voice["body_text"] = message.text
    if message.folded_text and "frame_url" not in voice:
        voice["quote_html"] = mark_safe(text_to_html(message.folded_text))  # noqa: S308 - it escapes
    voice["attachments"] = [_file(file, opened) for file in files]
    return voice


def _file(file: Any, opened: Opened) -> dict[str, Any]:
    url, kind = opened.file_url(file.pk), file.blob.content_type
    small = file.blob.size <= _THUMBNAIL_BYTES
    return {
        "name": file.name,
        "size": file.blob.size,
        "type": kind,
        "url": url,
        "opens": kind in INLINE_TYPES,
        "thumb_url": url if small and kind.startswith("image/") and kind in INLINE_TYPES else "",
    }
