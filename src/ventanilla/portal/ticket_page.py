"""One ticket as a conversation: the same pages in the portal and behind a signed link, with different addresses.

The conversation is read again while it is open, without the form in which one writes: nothing typed is touched. In the
portal the event stream rings. Behind a signed link the page asks by itself, as long as it is looked at: a stream would
outlive the right to read until somebody looked again, and anybody with a link could hold connections open. Each asking
goes through the token, as every page does.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2s
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.htmlclean import has_remote_images, place_inline_images, text_to_html
from ventanilla.fields.definitions import known as known_fields
from ventanilla.files.names import INLINE_TYPES
from ventanilla.files.views import serve
from ventanilla.people.author import Author
from ventanilla.people.custom import said
from ventanilla.portal.missing import asked_for, draw_data_fields, give_data
from ventanilla.portal.opened import Opened, View
from ventanilla.portal.queries import others_in, public_file, public_message, public_messages
from ventanilla.portal.sending import do_once, done, mark_of
from ventanilla.portal.uploading import NONE, Received, received
from ventanilla.portal.words import name_of, state_of, steps_of, with_promise
from ventanilla.sla.queries import answered_by
from ventanilla.surveys.actions import MOST_COMMENT, rate
from ventanilla.surveys.queries import may_rate, rating_of
from ventanilla.tickets.actions import confirm_resolved
from ventanilla.tickets.content import Content
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.life_cycle import reopens
from ventanilla.tickets.life_cycle_actions import answer as say
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Message, Satisfaction, StatusCategory, Ticket
from ventanilla.tickets.names import SATISFACTION
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.reading import mark_read
from ventanilla.tickets.views import frame
from ventanilla.tickets.vocabulary import words
from ventanilla.ui.htmx import is_part

ASK_EVERY_SECONDS = 20
_THUMBNAIL_BYTES = 3_000_000


@dataclass(frozen=True)
class Pages:
    """The views of one ticket behind a door."""

    ticket: View
    reply: View
    confirm: View
    file: View
    body: View
    images: View
    rating: View
    data: View
    data_fields: View


def pages(door: Callable[[View], View]) -> Pages:
    """The views of one ticket. `door` decides who comes in, and hands each view an `Opened`."""

    @door
    @require_safe
    def ticket(request: HttpRequest, opened: Opened) -> HttpResponse:
        """The ticket as a conversation."""
        return show(request, opened)

    @door
    @require_POST
    def reply(request: HttpRequest, opened: Opened) -> HttpResponse:
        """Answer, or open again."""
        return answer(request, opened)

    @door
    @require_POST
    def confirm(request: HttpRequest, opened: Opened) -> HttpResponse:
        """It works."""
        return confirm_it_works(request, opened)

    @door
    @require_safe
    def file(request: HttpRequest, opened: Opened, pk: int) -> HttpResponseBase:
        """A file of a public message."""
        found = public_file(opened.ticket, pk)
        return serve(request, blob=found.blob, name=found.name, inline=True)

    @door
    @require_safe
    def body(request: HttpRequest, opened: Opened, pk: int) -> HttpResponse:
        """The HTML of a public message that came from outside, for its frame."""
        return _frame(request, opened, pk, images=False)

    @door
    @require_safe
    def images(request: HttpRequest, opened: Opened, pk: int) -> HttpResponse:
        """The same with the images of other servers, which the reader asked for: it has a policy of its own."""
        return _frame(request, opened, pk, images=True)

    @door
    @require_http_methods(["GET", "HEAD", "POST"])
    def rating(request: HttpRequest, opened: Opened) -> HttpResponse:
        """How content one is: GET shows the face that was chosen in the mail, POST says it."""
        return rate_it(request, opened)

    @door
    @require_http_methods(["GET", "HEAD", "POST"])
    def data(request: HttpRequest, opened: Opened) -> HttpResponse:
        """What the ticket lacks: GET asks for it, POST says it."""
        return give_data(request, opened)

    @door
    @require_safe
    def data_fields(request: HttpRequest, opened: Opened) -> HttpResponse:
        """The fields of that form, drawn anew with what was typed into them."""
        return draw_data_fields(request, opened)

    return Pages(
        ticket=ticket,
        reply=reply,
        confirm=confirm,
        file=file,
        body=body,
        images=images,
        rating=rating,
        data=data,
        data_fields=data_fields,
    )


def _frame(request: HttpRequest, opened: Opened, pk: int, *, images: bool) -> HttpResponse:
    message = public_message(opened.ticket, pk)
    return frame(request, message, images=images, file_url=lambda file: opened.address("file", file))


def show(
    request: HttpRequest, opened: Opened, *, text: str = "", errors: Sequence[str] = (), files: Received = NONE
) -> HttpResponse:
    """The page; with `errors` it shows again what was typed and attached (422).

    When htmx asks for the conversation alone it gets that and the words of the form, without the form's text; 204 when
    nothing a requester sees has changed. `?images=ID` shows the remote images of one message. Through a link nothing is
    marked read: mail scanners follow every link.
    """
    ticket, known = opened.ticket, words()
    note_restricted_reading(by=Author.of(opened.person), ticket=ticket)
    state = with_promise(state_of(ticket, known), answered_by(ticket, timezone.now()))
    steps = steps_of(ticket, state)
    done = ticket.status_category >= StatusCategory.RESOLVED
    shown, seen = list(public_messages(ticket)), _number(request.GET.get("seen"))
    others = [name_of(person) for person in others_in(ticket, opened.person)]
    stamp = _stamp(
        ticket.subject,
        ticket.satisfaction,
        ticket.service_id,
        ticket.custom,
        asdict(state),
        [asdict(step) for step in steps],
        others,
        [(message.pk, message.redacted_at) for message in shown],
    )
    part = is_part(request, "v-voices")
    if part and request.GET.get("as") == stamp:
        return HttpResponse(status=204)
    voices = [_voice(message, opened, images=_number(request.GET.get("images"))) for message in shown]
    for voice in voices if part else ():
        # What stands on the page already stays as it is: a frame is not loaded twice, an unfolded quote stays so.
        voice["stays"] = voice["id"] <= seen and "redacted" not in voice
        voice["fresh"] = voice["id"] > seen
    label = submit = ""
    if done and reopens(ticket, timezone.now()):
        label, submit = _("It does not work yet? Tell us and we open it again"), _("Open it again")
    elif done:
        label, submit = _("Something more about this? Tell us and we open a new ticket that continues it"), _("Send")
    again: dict[str, str | int] = {"as": stamp, "seen": max((message.pk for message in shown), default=0)}
    context: dict[str, Any] = {
        "shell": opened.shell,
        "opened": opened,
        "ticket": ticket,
        "custom": [
            (str(row), said(row, ticket.custom[row.key]))
            for row in (known_fields(ENTITY, ticket.custom, staff=False) if ticket.custom else ())
        ],
        "state": state,
        "steps": steps,
        "messages_shown": voices,
        "others": others,
        **_rating(opened),
        **asked_for(opened),
        "can_confirm": ticket.status_category == StatusCategory.RESOLVED,
        "confirm_url": opened.address("confirm"),
        "again_url": f"{opened.page_url}?{urlencode(again)}",
        "every": ASK_EVERY_SECONDS if opened.by_link else 0,
        "news": sum(voice["fresh"] and not voice["own"] for voice in voices) if part else 0,
        "reply": {
            "url": opened.address("reply"),
            "text": text,
            "errors": errors,
            "upload_url": opened.upload_url,
            "upload_max": settings.UPLOAD_MAX_BYTES,
            "attachments": files.shown,
            "label": label,
            "submit": submit,
            # What is being written is kept in the browser until a message more of one's own stands here.
            "once": mark_of(request),
            "keep": f"reply-{ticket.pk}-{opened.person.pk}-{sum(voice['own'] for voice in voices)}",
        },
    }
    template = "portal/voices.html" if part else "portal/ticket.html"
    response = render(request, template, context, status=422 if errors else 200)
    if not opened.by_link:
        mark_read(opened.person, ticket)
    return response


def _number(given: str | None) -> int:
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 19 else 0


def _stamp(*seen: Any) -> str:
    """A short name for what a requester sees; it tells nothing of what they do not see."""
    return blake2s(repr(seen).encode(), digest_size=9).hexdigest()


def answer(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Add the person's words and files; they open a resolved or closed ticket again, or a new one that continues it."""
    text = request.POST.get("body", "")
    files = received(request, opened.person.pk)
    content = Content.of_text(text, files.files)
    if files.problems:
        return show(request, opened, text=text, errors=files.problems, files=files)
    by = Author.of(opened.person)

    def said() -> Ticket:
        return say(by=by, ticket=opened.ticket, content=content, channel=Ticket.Channel.PORTAL).ticket

    try:
        ticket, _now = do_once(request, opened.person, about=f"reply {opened.ticket.pk}", act=said)
    except ValidationError as error:
        return show(request, opened, text=text, errors=error.messages, files=files)
    url = opened.page_url
    if ticket.pk != opened.ticket.pk:
        url = ticket_link(ticket, opened.person) if opened.by_link else _page_of(ticket)
        told = _("This matter was closed: we have opened %(number)s, which continues it.")
        messages.success(request, told % {"number": ticket.number})
    elif not opened.by_link:
        messages.success(request, _("Sent. We will write to you."))
    return done(request, f"{url}#reply")


def _page_of(ticket: Ticket) -> str:
    return reverse("portal:ticket", args=[ticket.number])


def confirm_it_works(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The person says that it works: a resolved ticket is closed; anything else stays as it is."""
    confirm_resolved(by=Author.of(opened.person), ticket=opened.ticket)
    if not opened.by_link:
        messages.success(request, _("Thank you. The ticket is closed."))
    return HttpResponseRedirect(opened.page_url)


def rate_it(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Three faces, a comment if one likes, one button. Whoever may not (any more) is told so, and nothing changes."""
    ticket, by = opened.ticket, Author.of(opened.person)
    known = rating_of(opened.person, ticket)
    given = (request.POST if request.method == "POST" else request.GET).get("face", "") or (known.key if known else "")
    comment, problem = request.POST.get("comment", known.comment if known else ""), ""
    if request.method == "POST":
        face = Satisfaction.__members__.get(given.upper())
        if face is None:
            problem = _("Choose one of the three.")
        else:
            try:
                rate(by=by, ticket=ticket, face=face, comment=comment)
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                if not opened.by_link:
                    messages.success(request, _("Thank you for telling us."))
                return HttpResponseRedirect(f"{opened.page_url}#rating")
    context = {
        "shell": opened.shell,
        "opened": opened,
        "ticket": ticket,
        "may": may_rate(opened.person, ticket),
        "faces": [{"key": key, "label": label, "chosen": key == given} for key, label in _faces()],
        "comment": comment,
        "problem": problem,
        "rating_url": opened.address("rating"),
        "longest": MOST_COMMENT,
    }
    return render(request, "portal/rating.html", context, status=422 if problem else 200)


def _faces() -> list[tuple[str, str]]:
    return [(face.name.lower(), str(SATISFACTION[face.value])) for face in reversed(Satisfaction)]


def _rating(opened: Opened) -> dict[str, Any]:
    """What the page of a ticket shows of one's rating: the faces to choose from, or the one that was chosen."""
    if opened.ticket.status_category < StatusCategory.RESOLVED:
        return {}
    known = rating_of(opened.person, opened.ticket)
    return {
        "faces": _faces() if may_rate(opened.person, opened.ticket) else [],
        "rated": known.key if known else "",
        "rated_name": str(SATISFACTION[known.face]) if known else "",
        "rating_url": opened.address("rating"),
    }


def _voice(message: Message, opened: Opened, *, images: int) -> dict[str, Any]:
    """A message as `ui/components/portal_message.html` shows it; `images` is the one whose remote images show."""
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
        asked = message.pk == images
        voice["frame_url"] = opened.address("images" if asked else "body", message.pk)
        if not asked and has_remote_images(message.html + message.folded_html):
            voice["images_url"] = f"{opened.page_url}?images={message.pk}"
    elif message.html:
        own_images = {file.content_id: opened.address("file", file.pk) for file in files if file.content_id}
        # Cleaned when it was stored (tickets.content); only the addresses of its own images are put in here.
        voice["body_html"] = mark_safe(place_inline_images(message.html, own_images))  # noqa: S308
    else:
        voice["body_text"] = message.text
    if message.folded_text and "frame_url" not in voice:
        voice["quote_html"] = mark_safe(text_to_html(message.folded_text))  # noqa: S308 - it escapes
    voice["attachments"] = [_file(file, opened) for file in files]
    return voice


def _file(file: Any, opened: Opened) -> dict[str, Any]:
    url, kind = opened.address("file", file.pk), file.blob.content_type
    small = file.blob.size <= _THUMBNAIL_BYTES
    return {
        "name": file.name,
        "size": file.blob.size,
        "type": kind,
        "url": url,
        "opens": kind in INLINE_TYPES,
        "thumb_url": url if small and kind.startswith("image/") and kind in INLINE_TYPES else "",
    }
