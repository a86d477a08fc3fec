"""The page of one ticket and what is done there besides writing."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render as render_page
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of, ticket_page
from ventanilla.desk.conversation import Talk, history_events, message_of, opening_message, undelivered
from ventanilla.desk.linking import told
from ventanilla.desk.listing import part_query
from ventanilla.desk.page import fresh_context, page_context, pane_context, panel_context, talk_context
from ventanilla.desk.panel import EDITABLE, facts_of, read_value, written
from ventanilla.desk.undo import saved_toast, undone_toast
from ventanilla.fields.definitions import PREFIX, definition_named
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import Stale, add_message, change, redact
from ventanilla.tickets.content import Content
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.dependents import resolve_dependents
from ventanilla.tickets.history import history
from ventanilla.tickets.linked import open_dependents
from ventanilla.tickets.models import Access, Message, StatusCategory, Ticket
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.queries import change_event, message_for, messages_for, taking_part, ticket_for
from ventanilla.tickets.reading import mark_read
from ventanilla.tickets.time_queries import entries_of, seconds_by_message
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import words, words_for
from ventanilla.ui.htmx import is_part


@require_safe
@ticket_page
def ticket(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """A ticket on its own page, or in the pane beside the list when htmx fills that."""
    if is_part(request, "v-pane"):
        response = render_page(request, "desk/pane_in.html", {"talk": pane_context(request, ticket)})
    else:
        response = render_page(request, "desk/ticket.html", page_context(request, ticket))
    response["Vary"] = "HX-Request, HX-Target"
    return response


@require_safe
@ticket_page
def talk(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """The conversation read again, with bar and head; 204 when nothing has changed."""
    if request.GET.get("version") == str(ticket.version):
        return HttpResponse(status=204)
    return render_page(request, "desk/talk.html", talk_context(request, ticket))


@require_safe
@ticket_page
def panel(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """The side panel read again; 204 when nothing has changed."""
    if request.GET.get("version") == str(ticket.version):
        return HttpResponse(status=204)
    who = viewer(person_of(request))
    context = panel_context(request, ticket, words_for(who), history(ticket, who), taking_part(ticket))
    return render_page(request, "desk/panel.html", context)


@require_POST
@ticket_page
def set_field(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Set one field. 422 with what was typed when it cannot be, or when somebody was faster: nothing is overwritten."""
    by, person = author_of(request), person_of(request)
    known = words_for(viewer(person))
    by.require(Right.CHANGE)
    name = request.POST.get("field", "")
    if name not in EDITABLE and definition_named(ENTITY, name) is None:
        raise Http404
    if name == "restricted":
        by.require(Right.RESTRICT)
    errors: dict[str, str] = {}
    begun = timezone.now()
    try:
        if "was" in request.POST and request.POST["was"] != written(
            facts_of(ticket, person, known, taking_part(ticket)), name
        ):
            raise Stale
        value = read_value(name, request.POST, by=by, known=known)
        values = {"custom": {name.removeprefix(PREFIX): value}} if name.startswith(PREFIX) else {name: value}
        change(by=by, ticket=ticket, expected_version=ticket.version, **values)
    except ValidationError as error:
        errors = {field: " ".join(problems) for field, problems in _by_field(error, name).items()}
    except Stale:
        errors = {name: _("Somebody else has changed this meanwhile. Nothing was overwritten.")}
    typed = {name: request.POST.getlist(name)} if errors else {}
    try:
        fresh = ticket_for(person, ticket.number or "")
    except Http404:
        # Handed over to where one does not look: back to the list.
        return HttpResponse(headers={"HX-Redirect": reverse("desk")})
    mark_read(person, fresh)
    past = history(fresh, viewer(person))
    context = panel_context(request, fresh, known, past, taking_part(fresh), errors=errors, typed=typed)
    context["toast"] = saved_toast(fresh, by, begun, query="panel=1")
    return render_page(request, "desk/panel.html", context, status=422 if errors else 200)


def _by_field(error: ValidationError, name: str) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {name: error.messages}


def _done(request: HttpRequest, ticket: Ticket, **changes: Any) -> HttpResponse:
    """Change the ticket and answer with its parts as they are now, and a toast that takes the change back."""
    by, begun = author_of(request), timezone.now()
    try:
        change(by=by, ticket=ticket, **changes)
    except ValidationError as error:
        return render_page(request, "desk/problem.html", {"text": " ".join(error.messages)}, status=422)
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    query = part_query(request, pane=bool(request.GET.get("pane")))
    return _parts(request, ticket, toast=saved_toast(ticket, by, begun, query=query))


def _parts(request: HttpRequest, ticket: Ticket, *, toast: Mapping[str, Any] | None, status: int = 200) -> HttpResponse:
    """The parts of the page as they are now, for a button whose own answer replaces nothing."""
    context = fresh_context(request, ticket)
    if context is None:
        return HttpResponse(headers={"HX-Redirect": reverse("desk")})
    response = render_page(request, "desk/changed.html", context | {"toast": toast}, status=status)
    response["HX-Retarget"] = "#v-talk"
    response["HX-Reswap"] = "merge"
    return response


@require_POST
@ticket_page
def undo(request: HttpRequest, ticket: Ticket, event: int) -> HttpResponseBase:
    """Take a change back and say what was restored; 422 when nothing could be. `?panel=1` answers with the panel."""
    person = person_of(request)
    undone = undo_change(by=author_of(request), ticket=ticket, event=change_event(ticket, event))
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    toast, status = undone_toast(undone), 200 if undone.restored else 422
    if not request.GET.get("panel"):
        return _parts(request, ticket, toast=toast, status=status)
    try:
        fresh = ticket_for(person, ticket.number or "")
    except Http404:
        return HttpResponse(headers={"HX-Redirect": reverse("desk")})
    mark_read(person, fresh)
    past = history(fresh, viewer(person))
    context = panel_context(request, fresh, words_for(viewer(person)), past, taking_part(fresh)) | {"toast": toast}
    response = render_page(request, "desk/panel.html", context, status=status)
    response["HX-Retarget"] = "#v-panel"
    response["HX-Reswap"] = "outerHTML"
    return response


@require_POST
@ticket_page
def take(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Assign the ticket to oneself."""
    return _done(request, ticket, assignee=person_of(request))


@require_POST
@ticket_page
def resolve(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Say that it is solved; the requester is told. Where others depend on it, it asks whether these are solved too."""
    by, also = author_of(request), request.POST.get("dependents", "")
    if not also and request.headers.get("HX-Request") == "true" and by.may(Right.CHANGE):
        waiting = open_dependents(person_of(request), ticket)
        if waiting:
            response = render_page(request, "desk/resolve.html", {"ticket": ticket, "rows": waiting})
            response["HX-Retarget"], response["HX-Reswap"] = "#v-dialogs", "innerHTML"
            return response
    if also in ("all", "one"):
        return _resolved_by_dialog(request, ticket, everything=also == "all")
    return _done(request, ticket, status=words().status_for(StatusCategory.RESOLVED))


def _resolved_by_dialog(request: HttpRequest, ticket: Ticket, *, everything: bool) -> HttpResponse:
    """Resolve the ticket, with `everything` also what depends on it, after saying in each what was typed."""
    by, content = author_of(request), Content.of_text(request.POST.get("text", ""))
    try:
        with transaction.atomic():
            others = resolve_dependents(by=by, principal=ticket, content=content) if everything else ()
            if not content.empty:
                public, desk = Message.Audience.REQUESTER, Ticket.Channel.DESK
                add_message(by=by, ticket=ticket, content=content, audience=public, channel=desk)
            change(by=by, ticket=ticket, status=words().status_for(StatusCategory.RESOLVED))
    except ValidationError as error:
        return render_page(request, "desk/problem.html", {"text": " ".join(error.messages)}, status=422)
    numbers = ", ".join(str(row.number) for row in (ticket, *others))
    return told(request, ticket, _("Resolved: %(numbers)s.") % {"numbers": numbers})


@require_POST
@ticket_page
def reopen(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Take a resolved or closed ticket up again."""
    return _done(request, ticket, status=words().status_for(StatusCategory.OPEN))


@require_POST
@ticket_page
def spam(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Mark the ticket as spam, or take it out again: nobody is answered, and its sender is learnt or let in again."""
    is_spam = ticket.stage == Ticket.Stage.SPAM
    return _done(request, ticket, stage=Ticket.Stage.TICKET if is_spam else Ticket.Stage.SPAM)


@require_POST
@ticket_page
def follow(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Follow the ticket, or stop following it."""
    person = person_of(request)
    watchers = taking_part(ticket)[Access.Why.WATCHER]
    rest = [watcher for watcher in watchers if watcher.pk != person.pk]
    return _done(request, ticket, watchers=rest if len(rest) < len(watchers) else [*watchers, person])


@require_safe
@ticket_page
def past(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Everything that happened to the ticket, newest first."""
    note_restricted_reading(by=author_of(request), ticket=ticket)
    events = history_events(history(ticket, viewer(person_of(request))))
    return render_page(request, "desk/history.html", {"ticket": ticket, "events": events})


@require_safe
@desk_page
def message(request: HttpRequest, message: int) -> HttpResponseBase:
    """One letter of the conversation; with `images=1` with the images of other servers."""
    person = person_of(request)
    found = message_for(person, message)
    drawn = messages_for(person, found.ticket).get(pk=found.pk)
    who = viewer(person)
    first = opening_message(history(found.ticket, who))
    files = {drawn.pk: list(drawn.attachments.all())}
    talk_ = Talk(
        found.ticket, person, who, [drawn], files, [], [], undelivered(found.ticket), None, first,
        seconds=seconds_by_message(entries_of(found.ticket)),
    )  # fmt: skip
    context = {"message": message_of(drawn, talk_, images=bool(request.GET.get("images"))), "heading": "h2"}
    return render_page(request, "ui/components/message.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def empty_message(request: HttpRequest, message: int) -> HttpResponseBase:
    """Ask why, then empty a message for good: text, files, the mail behind it and what search knows of it."""
    person, by = person_of(request), author_of(request)
    found = message_for(person, message)
    by.require(Right.REDACT)
    why = " ".join(request.POST.get("why", "").split())
    if request.method == "POST" and why:
        redact(by=by, message=found, why=why)
        return _back(request, found)
    context = {"message": found, "missing": request.method == "POST"}
    return render_page(request, "desk/redact.html", context, status=422 if request.method == "POST" else 200)


def _back(request: HttpRequest, message: Message) -> HttpResponse:
    url = f"{reverse('desk-ticket', args=[message.ticket.number])}#message-{message.pk}"
    if request.headers.get("HX-Request") == "true":
        fresh = request.headers.get("HX-Current-URL", "")
        return HttpResponse(headers={"HX-Refresh": "true"} if fresh else {"HX-Redirect": url})
    return HttpResponseRedirect(url)
