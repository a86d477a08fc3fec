"""Asking the requester for what a ticket lacks, in one click."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ventanilla.desk.access import author_of, ticket_page
from ventanilla.desk.linking import told
from ventanilla.tickets.asking import ask_for_missing
from ventanilla.tickets.models import Ticket


@require_POST
@ticket_page
def ask(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask, and say what for; 422 with the reason when nobody can be asked."""
    try:
        rows = ask_for_missing(by=author_of(request), ticket=ticket)
    except ValidationError as error:
        return render(request, "desk/problem.html", {"text": " ".join(error.messages)}, status=422)
    names = ", ".join(map(str, rows))
    return told(request, ticket, _("Asked by e-mail: %(fields)s. The ticket waits for the answer.") % {"fields": names})
