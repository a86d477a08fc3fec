"""Making a ticket of its own of some messages of another one, and taking that back."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.linking import told
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.queries import messages_for
from ventanilla.tickets.splitting import opening_messages, split_ticket, undo_split


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def split(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask which messages (`?message=` ticks one) and under which subject, and split them off. 422 when it cannot be."""
    by = author_of(request)
    by.require(Right.CHANGE)
    note_restricted_reading(by=by, ticket=ticket)
    form = request.POST if request.method == "POST" else request.GET
    wanted, subject = set(form.getlist("message")), form.get("subject", ticket.subject)
    messages = list(messages_for(person_of(request), ticket))
    first = opening_messages(messages)
    problem = ""
    if request.method == "POST":
        chosen = [message for message in messages if str(message.pk) in wanted]
        try:
            made = split_ticket(by=by, ticket=ticket, messages=chosen, subject=subject)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            undo = reverse("desk-split-undo", args=[made.number])
            return told(request, ticket, _("Split into %(number)s.") % {"number": made.number}, undo=undo)
    context = {
        "ticket": ticket,
        "rows": [
            {"message": message, "ticked": str(message.pk) in wanted} for message in messages if message.pk not in first
        ],
        "subject": subject,
        "problem": problem,
    }
    return render(request, "desk/split.html", context, status=422 if problem else 200)


@require_POST
@ticket_page
def undo(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Bring what was split off back to where it came from."""
    try:
        back = undo_split(by=author_of(request), ticket=ticket)
    except ValidationError as error:
        return render(request, "desk/problem.html", {"text": " ".join(error.messages)}, status=422)
    return told(request, back, _("Back in %(number)s.") % {"number": back.number})
