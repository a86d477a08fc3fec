"""Mail's screens: quarantine and outbox."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.files.queries import read_blob
from ventanilla.files.views import serve
from ventanilla.installation.queries import installation
from ventanilla.mail.actions import discard, drop, release, rule_sender, send_again
from ventanilla.mail.compose import BadAddress, Letter
from ventanilla.mail.framing import with_pictures
from ventanilla.mail.letters import Untellable, letter_for
from ventanilla.mail.models import Outgoing, RawMail
from ventanilla.mail.pages import places_for, reader
from ventanilla.mail.parse import Mail
from ventanilla.mail.parsing import parse_bounded
from ventanilla.mail.queries import outbox, quarantined, raw_for
from ventanilla.mail.sending import why_held_back
from ventanilla.mail.wording import HELD, KINDS, STATES, why_held
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.paging import Page, decode, encode

PAGE_ROWS = 50
PREVIEW_CHARACTERS = 20_000
# The body of a mail of ours, shown in a frame: no script, nothing loaded; of our origin, so that the frame can fit it.
FRAME_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Date", "Message-ID", "Authentication-Results", "Return-Path")
_HELD = Page(("received_at", "id"), descending=True)
_OUT = Page(("id",), descending=True)


def _pages(request: HttpRequest, following: list[Any] | None) -> dict[str, str]:
    if following is None:
        return {}
    query = request.GET.copy()
    query["after"] = encode(following) or ""
    return {"next_url": f"?{query.urlencode()}"}


@login_required
@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """The mails that were held, newest first, each with the reason."""
    person = reader(request, Right.QUARANTINE)
    rows, following = _HELD.cut(quarantined(person), decode(request.GET.get("after"), _HELD), PAGE_ROWS)
    context = {
        "title": _("Quarantine"),
        "text": _("Mails that were held because something about them is not right. Nothing here is lost."),
        "none": _("No mail is held. Loops, blocked senders and floods of mail wait here until somebody decides."),
        "lines": [{"mail": row, "why": why_held(row)} for row in rows],
        "pages": _pages(request, following),
        "places": places_for(person, "quarantine"),
    }
    return render(request, "mail/quarantine.html", context)


@login_required
@require_safe
def held_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One held mail: why, its headers, its text, its files by name."""
    person = reader(request, Right.QUARANTINE)
    row = get_object_or_404(quarantined(person).select_related("blob"), pk=pk)
    mail = parse_bounded(read_blob(row.blob)) if row.blob else Mail()
    context = {
        "row": row,
        "why": why_held(row),
        "headers": [(name, value) for name in _HEADERS for value in mail.all_headers(name)[:5]],
        "text": mail.text[:PREVIEW_CHARACTERS],
        "cut": len(mail.text) > PREVIEW_CHARACTERS,
        "files": [part for part in mail.parts if not part.unpacked],
        "domain": row.sender.rpartition("@")[2],
        "places": places_for(person, "quarantine"),
    }
    return render(request, "mail/held_mail.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Release or discard a held mail; block or allow its sender or domain."""
    person = reader(request, Right.QUARANTINE)
    row = get_object_or_404(quarantined(person), pk=pk)
    by, wish = Author.of(person), request.POST.get("do", "")
    domain = row.sender.rpartition("@")[2]
    entries = {"block": row.sender, "block_domain": domain, "allow": row.sender, "allow_domain": domain}
    if wish == "release":
        return _released(request, by, row)
    if wish == "discard":
        discard(by=by, raw=row)
        messages.success(request, _("The mail was discarded. Its source is kept."))
    elif entries.get(wish):
        blocks = wish.startswith("block")
        rule_sender(by=by, entry=entries[wish], blocked=blocks)
        if blocks:
            discard(by=by, raw=row)
            messages.success(request, _("%(entry)s is blocked from now on.") % {"entry": entries[wish]})
        else:
            messages.success(request, _("%(entry)s is always let in from now on.") % {"entry": entries[wish]})
            return _released(request, by, row)
    else:
        raise Http404
    return redirect("quarantine")


def _released(request: HttpRequest, by: Author, row: RawMail) -> HttpResponse:
    outcome = release(by=by, raw=row)
    if outcome.ticket is not None:
        messages.success(request, _("The mail is in ticket %(number)s now.") % {"number": outcome.ticket.number})
        return redirect("quarantine")
    row.refresh_from_db()
    messages.error(request, _("The mail cannot be let in. %(why)s") % {"why": why_held(row)})
    return redirect("quarantine")


@login_required
@require_safe
def raw_source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The source of a mail as it came, to download. Who may not see the mail gets 404."""
    person = request.user
    if not isinstance(person, Person):
        raise Http404
    row = raw_for(person, pk)
    if row.blob is None:
        raise Http404
    return serve(request, blob=row.blob, name=f"mail-{row.pk}.eml")


@login_required
@require_safe
def outbox_list(request: HttpRequest) -> HttpResponse:
    """Every mail that left or is to leave, newest first; `state` shows one kind alone."""
    person = reader(request, Right.OUTBOX)
    rows = outbox(person)
    chosen = {"waiting": Outgoing.State.DUE, "failed": Outgoing.State.FAILED, "held": Outgoing.State.HELD}
    state = request.GET.get("state", "")
    if state in chosen:
        rows = rows.filter(state=chosen[state])
    found, following = _OUT.cut(rows, decode(request.GET.get("after"), _OUT), PAGE_ROWS)
    seen = _visible(person, found)
    filters = (("", _("All")), ("waiting", _("Waiting")), ("failed", _("Failed")), ("held", _("Not sent")))
    context = {
        "title": _("Outbox"),
        "text": _("Every mail that left or is to leave."),
        "none": _("There is no mail here. Every reply to a requester appears here with what became of it."),
        "lines": [_line(row, seen) for row in found],
        "filters": [
            {"label": label, "url": f"?state={key}" if key else "?", "current": key == state} for key, label in filters
        ],
        "pages": _pages(request, following),
        "places": places_for(person, "outbox"),
        "demo": installation().demo,
    }
    return render(request, "mail/outbox.html", context)


def _visible(person: Person, rows: list[Outgoing]) -> set[int]:
    """The tickets of these mails that the person may see: of the others, the outbox tells neither subject nor text."""
    wanted = {row.ticket_id for row in rows if row.ticket_id}
    return set(Ticket.objects.visible_to(person).filter(pk__in=wanted).values_list("pk", flat=True))


def _line(row: Outgoing, seen: set[int]) -> dict[str, Any]:
    state, tone = STATES[Outgoing.State(row.state)]
    return {
        "mail": row,
        "kind": KINDS[Outgoing.Kind(row.kind)],
        "ticket": row.ticket if row.ticket_id in seen else None,
        "state": state,
        "tone": tone,
    }


@login_required
@require_safe
def outgoing(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail of ours: where it stands, and how its reader sees it."""
    person = reader(request, Right.OUTBOX)
    row = get_object_or_404(outbox(person), pk=pk)
    letter = _letter(person, row)
    held = HELD.get(Outgoing.Held(row.held)) if row.held and row.state == Outgoing.State.HELD else ""
    stuck = row.state in (Outgoing.State.FAILED, Outgoing.State.HELD) and not row.secret
    context = {
        **_line(row, _visible(person, [row])),
        "letter": letter,
        "held": held,
        "can_resend": stuck and not why_held_back(row.mailbox),
        "can_drop": row.state in (Outgoing.State.FAILED, Outgoing.State.HELD),
        "places": places_for(person, "outbox"),
    }
    return render(request, "mail/outgoing.html", context)


def _letter(person: Person, row: Outgoing) -> Letter | None:
    """The letter as it may be shown to this person; None when it may not, or is gone.

    Links and tokens let their reader in: others see them in the demo alone, where nothing is ever sent.
    """
    demo = installation().demo
    if row.secret and not demo:
        return None
    if row.ticket_id and row.ticket_id not in _visible(person, [row]):
        return None
    try:
        return letter_for(row, doors=demo)
    except (Untellable, BadAddress):
        return None


@login_required
@require_safe
def outgoing_body(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail of ours, for a frame of its own."""
    person = reader(request, Right.OUTBOX)
    letter = _letter(person, get_object_or_404(outbox(person), pk=pk))
    if letter is None or not letter.html:
        raise Http404
    response = HttpResponse(with_pictures(letter))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_required
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a mail that failed another try."""
    person = reader(request, Right.OUTBOX)
    row = get_object_or_404(outbox(person), pk=pk)
    send_again(by=Author.of(person), outgoing=row)
    messages.success(request, _("The mail is sent again now."))
    return redirect("outgoing", pk=row.pk)


@login_required
@require_POST
def put_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a mail that failed, or was held, is to be sent no more."""
    person = reader(request, Right.OUTBOX)
    row = get_object_or_404(outbox(person), pk=pk)
    drop(by=Author.of(person), outgoing=row)
    messages.success(request, _("The mail is not sent any more. It stays here as it is."))
    return redirect("outgoing", pk=row.pk)
