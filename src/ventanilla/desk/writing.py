"""Writing in a ticket: the composer, its drafts, its files, sending and taking back."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ventanilla.core.addresses import reverse
from ventanilla.core.durations import parse_duration
from ventanilla.core.htmlclean import text_to_html
from ventanilla.desk.access import author_of, desk_page, person_of, writing_page
from ventanilla.desk.composer import AUDIENCES, RIGHTS, composer, presence_context
from ventanilla.desk.listing import Way, list_query, part_query, trail_query, way_of
from ventanilla.desk.page import talk_context, whole_page
from ventanilla.files.actions import TooLarge, store
from ventanilla.files.names import safe_name
from ventanilla.people.addresses import normal_email
from ventanilla.people.rights import Right
from ventanilla.tickets import drafts
from ventanilla.tickets.content import MOST_TEXT_CHARACTERS, Content, File
from ventanilla.tickets.models import Attachment, Draft, Message, Presence, StatusCategory, Ticket
from ventanilla.tickets.presence import end_presence, keep_presence, note_presence
from ventanilla.tickets.queries import draft_of, own_draft, present, taking_part, unseen_by
from ventanilla.tickets.required import missing_before, sentence
from ventanilla.tickets.spending import MOST_SECONDS
from ventanilla.tickets.views import too_large
from ventanilla.tickets.vocabulary import words
from ventanilla.ui.templatetags.ui import filesize

MOST_ADDRESSES = 30


@require_POST
@writing_page
def save(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Keep what is being written: 204.

    409 while the message before is on its way, and the page tries again; and when it came back unsent and does not
    stand in this page's composer: two texts are not to become one unseen.
    """
    kind = _kind(request)
    to, cc, _bad = _recipients(request)
    try:
        draft = drafts.save_draft(
            by=author_of(request),
            ticket=ticket,
            audience=AUDIENCES[kind],
            html=_html(request),
            to=to,
            cc=cc,
            returned=_returned(request),
            spent_seconds=parse_duration(request.POST.get("spent", "")),
        )
    except ValidationError:
        return HttpResponse(status=409)
    _drop_removed(request, draft)
    return HttpResponse(status=204)


@require_POST
@writing_page
def write(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Send a reply or add a note: it is on its way for ten seconds, in which it can be taken back.

    422 with everything that was typed when something is missing; 409 with what arrived meanwhile when the author has
    not seen it, unless they send anyway.
    """
    kind, person, by = _kind(request), person_of(request), author_of(request)
    by.require(RIGHTS[kind])
    then = request.POST.get("then") or "stay"
    if then in (Draft.Then.RESOLVE, Draft.Then.RESOLVE_ALL, Draft.Then.WAIT):
        by.require(Right.CHANGE)
    to, cc, bad = _recipients(request)
    draft, came_back = _kept(request, ticket, kind, to, cc)
    problems = [_("Your message before could not be sent: it stands above what you have written since.")] * came_back
    problems += [_("“%(text)s” is not an e-mail address.") % {"text": text} for text in bad]
    if kind == "reply" and ticket.stage == Ticket.Stage.SPAM:
        problems.append(_("This ticket is marked as spam, so nobody is answered. Take it out first."))
    for given in request.FILES.getlist("files"):
        try:
            _attach(request, draft, given)
        except TooLarge as error:
            problems.append(too_large(error))
    _drop_removed(request, draft)
    if Content.of_rich_text(draft.html).empty and not draft.attachments.exists():
        problems.append(_("Write a message or attach a file."))
    if then not in (*Draft.Then.values, "next"):
        problems.append(_("Choose one of the list."))
    problems += _still_to_do(ticket, then)
    spent = request.POST.get("spent", "")
    if spent.strip() and not 0 < (parse_duration(spent) or 0) <= MOST_SECONDS:
        problems.append(_("Write how long it took, at most 24 hours: 1:30, 45, 1.5 h."))
    seen = _number(request.POST.get("seen"))
    if problems:
        return _answer(request, ticket, kind, seen=seen, problems=problems, status=422)
    unseen = [] if request.POST.get("force") else unseen_by(person, ticket, seen)
    if unseen:
        return _guard(request, ticket, kind, unseen)
    way = way_of(request, ticket) if then == "next" else Way()
    drafts.send(by=by, draft=draft, then=Draft.Then.STAY if then == "next" else then)
    ticket_url = reverse("desk-ticket", args=[ticket.number])
    if then == "next":
        return _go(request, _onward(request, way))
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(f"{ticket_url}?{trail_query(request)}")
    return _answer(request, ticket, kind, seen=seen, sent=draft)


def _still_to_do(ticket: Ticket, then: str) -> list[str]:
    """Why the ticket may not become what it shall when the message is sent: better known before than after."""
    categories = {Draft.Then.WAIT: StatusCategory.PENDING}
    categories |= dict.fromkeys((Draft.Then.RESOLVE, Draft.Then.RESOLVE_ALL), StatusCategory.RESOLVED)
    category = categories.get(Draft.Then(then)) if then in Draft.Then.values else None
    if category is None:
        return []
    status = words().status_for(category)
    missing = missing_before(ticket, status)
    return [sentence(ticket, status, missing)] if missing else []


def _onward(request: HttpRequest, way: Way) -> str:
    """Where one goes on: to the next ticket, as wide as this one was shown; after the last one to its list."""
    query = list_query(request)
    if way.after is None:
        if way.view:
            messages.info(request, _("That was the last one of “%(view)s”.") % {"view": way.view})
        return f"{reverse('desk')}?{query}"
    place = {"at": way.after.place}
    if request.GET.get("pane"):
        return f"{reverse('desk')}?{query}&{urlencode({'open': way.after.value, **place})}"
    return f"{reverse('desk-ticket', args=[way.after.value])}?{query}&{urlencode(place)}"


def _kept(request: HttpRequest, ticket: Ticket, kind: str, to: Sequence[str], cc: Sequence[str]) -> tuple[Draft, bool]:
    """The draft as it was sent to us. One that is still on its way leaves first.

    If that came back unsent and its author has not seen it in their composer, its text stands above the new one, and
    the second value is true.
    """
    by, audience = author_of(request), AUDIENCES[kind]
    html = _html(request)
    before = draft_of(person_of(request), ticket, audience)
    if before is not None and before.send_at is not None:
        drafts.send_now(by=by, draft=before)
        before = draft_of(person_of(request), ticket, audience)
    came_back = before is not None and bool(before.problem) and not _returned(request)
    if before is not None and came_back:
        html = before.html + html
    spent = parse_duration(request.POST.get("spent", ""))
    draft = drafts.save_draft(
        by=by, ticket=ticket, audience=audience, html=html, to=to, cc=cc, returned=True, spent_seconds=spent
    )
    return draft, came_back


def _returned(request: HttpRequest) -> bool:
    """Whether what came back unsent stood in the composer that sends this."""
    return bool(request.POST.get("returned"))


def _answer(
    request: HttpRequest,
    ticket: Ticket,
    kind: str,
    *,
    seen: int,
    problems: Sequence[str] = (),
    sent: Draft | None = None,
    status: int = 200,
) -> HttpResponse:
    """The composer again: with what is wrong, or empty with a toast that takes the message back."""
    person = person_of(request)
    if problems and request.headers.get("HX-Request") != "true":
        return whole_page(request, ticket, kind, problems)
    drawn = composer(
        ticket,
        person,
        taking_part(ticket),
        seen=seen,
        query=part_query(request, pane=bool(request.GET.get("pane"))),
        mode=kind,
        errors={kind: problems} if problems else None,
    )
    context: dict[str, Any] = {"composer": drawn, "pane": bool(request.GET.get("pane"))}
    if sent is not None:
        context |= {
            "undo_url": reverse("desk-undo", args=[sent.pk]),
            "undo_seconds": drafts.UNDO_SECONDS,
            "note": kind == "note",
        }
        context |= talk_context(request, ticket)
    return render(request, "desk/written.html", context, status=status)


def _guard(request: HttpRequest, ticket: Ticket, kind: str, unseen: Sequence[Message]) -> HttpResponse:
    context = {
        "form": f"v-write-{kind}",
        "messages": [
            {"author": message.author_name, "sent_at": message.sent_at, "text": message.text} for message in unseen
        ],
        "seen": unseen[-1].pk,
        "ticket": ticket,
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "desk/guard.html", context, status=409)
    sentences = [_("A message arrived while you were writing. Nothing has been sent. Your text is still there.")]
    return whole_page(request, ticket, kind, sentences, status=409)


@require_POST
@writing_page
def attach_file(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Put a file on one's draft: 201 with its id, or a problem in the reader's language."""
    kind = request.GET.get("kind", "")
    given = request.FILES.get("file")
    if kind not in AUDIENCES or given is None:
        return JsonResponse({"detail": _("Choose a file.")}, status=400)
    draft = drafts.ensure_draft(by=author_of(request), ticket=ticket, audience=AUDIENCES[kind])
    if draft.send_at is not None:
        return JsonResponse({"detail": _("Your last message is still on its way. Please try again.")}, status=409)
    try:
        made = _attach(request, draft, given)
    except TooLarge as error:
        return JsonResponse({"detail": too_large(error)}, status=413)
    answer = {"id": made.pk, "name": made.name, "size": made.blob.size, "size_text": filesize(made.blob.size)}
    return JsonResponse(answer, status=201)


def _attach(request: HttpRequest, draft: Draft, given: Any) -> Attachment:
    name = safe_name(given.name or "file")
    blob = store(given.file, name=name, max_bytes=settings.UPLOAD_MAX_BYTES)
    return drafts.attach(by=author_of(request), draft=draft, file=File(blob, name, blob.content_type))


def _drop_removed(request: HttpRequest, draft: Draft) -> None:
    removed = [_number(text) for text in request.POST.getlist("removed")]
    if removed:
        drafts.detach(by=author_of(request), draft=draft, attachment_ids=removed)


@require_POST
@desk_page
def undo(request: HttpRequest, draft: int) -> HttpResponseBase:
    """Take one's message back while it waits, and go to where it was written."""
    found = own_draft(person_of(request), draft)
    if found is None:
        return render(request, "desk/too_late.html", status=200)
    if not drafts.undo_send(by=author_of(request), draft=found):
        return render(request, "desk/too_late.html", status=200)
    here = request.headers.get("HX-Current-URL", "")
    if not url_has_allowed_host_and_scheme(here, allowed_hosts={request.get_host()}):
        here = ""
    page = reverse("desk-ticket", args=[found.ticket.number])
    shown = page in here or f"open={found.ticket.number}" in here.replace("?", "&").split("&")
    return _go(request, here if shown else page)


@require_POST
@writing_page
def typing(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Tell the others that one is typing, or has left the page."""
    person = person_of(request)
    if request.POST.get("left"):
        end_presence(person=person, ticket=ticket)
    else:
        note_presence(person=person, ticket=ticket, state=Presence.State.TYPING)
    return HttpResponse(status=204)


@require_POST
@writing_page
def presence(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Who else is here; says at the same time that one is."""
    person = person_of(request)
    keep_presence(person=person, ticket=ticket)
    return render(request, "ui/components/presence.html", presence_context(ticket, person, present(ticket)))


def _kind(request: HttpRequest) -> str:
    kind = request.POST.get("kind", "")
    if kind not in AUDIENCES:
        raise Http404
    if not person_of(request).may(RIGHTS[kind]):
        raise PermissionDenied(RIGHTS[kind])
    return kind


def _html(request: HttpRequest) -> str:
    body = request.POST.get("body", "").replace("\x00", "")[:MOST_TEXT_CHARACTERS]
    return body if request.POST.get("format") == "html" else text_to_html(body)


def _recipients(request: HttpRequest) -> tuple[list[str], list[str], list[str]]:
    """To and CC in their normal form without repetitions, and what is no address."""
    taken: set[str] = set()
    lists: list[list[str]] = []
    bad: list[str] = []
    for name in ("to", "cc"):
        found = []
        for text in request.POST.getlist(name)[:MOST_ADDRESSES]:
            address = normal_email(text)
            if not address and text.strip():
                bad.append(text.strip()[:80])
            elif address and address not in taken:
                taken.add(address)
                found.append(address)
        lists.append(found)
    return lists[0], lists[1], bad


def _number(text: str | None) -> int:
    return int(text[:18]) if text and text.isascii() and text.isdigit() else 0


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page, from a form or from htmx."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
