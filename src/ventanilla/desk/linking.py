"""Linking a ticket with another one, and taking a link away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.people.rights import Right
from ventanilla.tickets.drafts import UNDO_SECONDS
from ventanilla.tickets.linked import link_of
from ventanilla.tickets.linking import link_tickets, unlink_tickets
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import tickets_called
from ventanilla.tickets.relations import BY_KEY, RELATIONS


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def link(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask which ticket is what to this one, and link them. 422 with what was chosen when it cannot be."""
    by, person = author_of(request), person_of(request)
    by.require(Right.CHANGE)
    chosen, number = request.POST.get("relation", "related"), request.POST.get("other", "").strip()
    problem = ""
    if request.method == "POST":
        try:
            relation, found = BY_KEY.get(chosen), tickets_called(person, [number])
            if relation is None:
                raise ValidationError(_("Choose one of the list."))
            if not found:
                raise ValidationError(_("There is no such ticket, or you may not see it."))
            made = link_tickets(by=by, ticket=ticket, other=found[0], relation=relation)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            values = {"relation": str(relation.label), "number": found[0].number}
            undo = reverse("desk-unlink", args=[ticket.number, made.pk])
            return told(request, ticket, _("Linked: %(relation)s %(number)s.") % values, undo=undo)
    context = {
        "ticket": ticket,
        "relations": [relation for relation in RELATIONS if relation.by_hand],
        "chosen": chosen,
        "typed": number,
        "problem": problem,
    }
    return render(request, "desk/link.html", context, status=422 if problem else 200)


@require_POST
@ticket_page
def unlink(request: HttpRequest, ticket: Ticket, link: int) -> HttpResponseBase:
    """Take a link away; its undo makes it again."""
    by = author_of(request)
    by.require(Right.CHANGE)
    row = link_of(person_of(request), ticket, link)
    other = row.other if ticket.pk in (row.ticket_id, row.ticket.survivor_id) else row.ticket
    try:
        relation = unlink_tickets(by=by, ticket=ticket, link=row)
    except ValidationError as error:
        return render(request, "desk/problem.html", {"text": " ".join(error.messages)}, status=422)
    undo = reverse("desk-link", args=[ticket.number])
    text = _("No longer linked with %(number)s.") % {"number": other.number}
    return told(request, ticket, text, undo=f"{undo}?{urlencode({'back': 1})}", vals=(relation.key, other.number or ""))


def told(
    request: HttpRequest, ticket: Ticket, text: str, *, undo: str = "", vals: tuple[str, str] | None = None
) -> HttpResponse:
    """A toast that takes it back; the page, which has rung, reads itself again. Without scripts: the ticket's page."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    toast: dict[str, Any] = {"text": text, "tone": ""}
    if undo:
        toast |= {"undo_url": undo, "seconds": UNDO_SECONDS}
    if vals:
        toast["undo_vals"] = f'{{"relation": "{vals[0]}", "other": "{vals[1]}"}}'
    response = render(request, "desk/toast_in.html", {"toast": toast})
    response["HX-Trigger"] = "list:again"
    return response
