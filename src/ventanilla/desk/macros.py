"""Macros in a ticket: choosing one, applying it, and taking back what it did."""

from itertools import groupby

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.automation.actions import Applied, apply_macro
from ventanilla.automation.models import Macro
from ventanilla.automation.queries import macro_for, macros_for
from ventanilla.automation.sections import what_it_does
from ventanilla.core.addresses import reverse
from ventanilla.core.htmltext import html_to_text
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.listing import part_query
from ventanilla.desk.page import fresh_context
from ventanilla.people.viewer import viewer
from ventanilla.tickets import drafts
from ventanilla.tickets.canned import filled
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import change_event, own_draft
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import words_for


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def macros(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """The macros one may use here, each as it would read; posted, one is applied: 422 with why it cannot be."""
    who = viewer(person_of(request))
    problem = ""
    if request.method == "POST":
        macro = macro_for(who, request.POST.get("macro", ""), ticket.department_id)
        try:
            applied = apply_macro(by=author_of(request), macro=macro, ticket=ticket)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            return _done(request, ticket, macro, applied)
    drawn = [_drawn(macro, request, ticket) for macro in macros_for(who, ticket.department_id)]
    folders = [(name, list(held)) for name, held in groupby(drawn, key=lambda row: row["folder"])]
    context = {"ticket": ticket, "folders": folders, "problem": problem, "here": request.get_full_path()}
    return render(request, "desk/macros.html", context, status=422 if problem else 200)


@require_POST
@ticket_page
def undo_macro(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Take back what a macro did: its message while it waits, and what it changed where it still stands."""
    by = author_of(request)
    text: list[str] = []
    draft, event = request.GET.get("draft", ""), request.GET.get("change", "")
    found = own_draft(person_of(request), int(draft)) if _is_id(draft) else None
    if found is not None and found.ticket_id == ticket.pk and drafts.undo_send(by=by, draft=found):
        drafts.discard(by=by, draft=found)
        text.append(_("The message was not sent."))
    elif draft:
        text.append(_("The message has been sent already."))
    if _is_id(event):
        undone = undo_change(by=by, ticket=ticket, event=change_event(ticket, int(event)))
        text.append(
            _("What it changed is as it was.") if not undone.kept else _("Something has changed since, and stays.")
        )
    if not text:
        raise Http404
    return _answer(request, ticket, {"text": " ".join(text)})


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _drawn(macro: Macro, request: HttpRequest, ticket: Ticket) -> dict[str, str]:
    html = filled(macro.html, ticket=ticket, agent=person_of(request)) if macro.html else ""
    return {
        "key": macro.key,
        "label": str(macro),
        "folder": macro.folder,
        "does": what_it_does(macro, words_for(viewer(person_of(request)))),
        "text": html_to_text(html).strip() if html else "",
    }


def _done(request: HttpRequest, ticket: Ticket, macro: Macro, applied: Applied) -> HttpResponse:
    made = {"draft": applied.draft, "change": applied.change}
    query = urlencode({name: row.pk for name, row in made.items() if row is not None})
    toast: dict[str, object] = {"text": _("“%(macro)s” applied.") % {"macro": macro}}
    if query:
        here = part_query(request, pane=bool(request.GET.get("pane")))
        url = reverse("desk-macro-undo", args=[ticket.number])
        toast |= {"undo_url": f"{url}?{'&'.join(filter(None, (here, query)))}", "seconds": drafts.UNDO_SECONDS}
    return _answer(request, ticket, toast)


def _answer(request: HttpRequest, ticket: Ticket, toast: dict[str, object]) -> HttpResponse:
    """The parts of the page as they stand, in their places, and the toast: what asked is empty then."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    context = fresh_context(request, ticket)
    if context is None:
        return HttpResponse(headers={"HX-Redirect": reverse("desk")})
    return render(request, "desk/macro_done.html", context | {"toast": toast})
