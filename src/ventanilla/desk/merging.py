"""Making one ticket of several: from a ticket, from the ticked rows of a list, and taking it back."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of, ticket_page
from ventanilla.desk.linking import told
from ventanilla.desk.many import MOST
from ventanilla.people.rights import Right
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import tickets_called
from ventanilla.tickets.survivors import merged_part


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def merge(request: HttpRequest) -> HttpResponseBase:
    """Ask which of some tickets is to be left, the oldest open one unless one says otherwise, and merge the others.

    With one `number` the second ticket is asked for (`other`). `here` names the ticket whose page asks. 422 with what
    was chosen when it cannot be; then nothing is merged.
    """
    by, person = author_of(request), person_of(request)
    by.require(Right.CHANGE)
    form = request.POST if request.method == "POST" else request.GET
    numbers, other = list(dict.fromkeys(form.getlist("number"))), form.get("other", "").strip()
    here, into = form.get("here", ""), form.get("into", "")
    single = bool(here)
    problem = ""
    if len(numbers) > MOST:
        problem, numbers = _("At most %(most)d tickets at once.") % {"most": MOST}, numbers[:MOST]
    rows = tickets_called(person, [*numbers, *([other] if other else [])])
    if not rows:
        raise Http404
    if request.method == "POST" and not problem:
        try:
            left = merge_tickets(by=by, into=_left(rows, into, here), tickets=_gone(rows, into, here))
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            return _merged(request, left, [row for row in rows if row.pk != left.pk], here)
    context = {
        "rows": rows,
        "single": single,
        "here": here,
        "into": into or ("" if single else _offered(rows)),
        "other": other,
        "problem": problem,
    }
    return render(request, "desk/merge.html", context, status=422 if problem else 200)


def _offered(rows: Sequence[Ticket]) -> str:
    return next((row for row in rows if row.is_open), rows[0]).number or ""


def _left(rows: Sequence[Ticket], into: str, here: str) -> Ticket:
    """The ticket that is to be left: named by its number, or as the other one than that whose page asks."""
    if len(rows) < 2:
        raise ValidationError(_("Choose a second ticket, one that you may see."))
    if into == "other":
        return next(row for row in rows if row.number != here)
    found = next((row for row in rows if row.number == (into or here)), None)
    if found is None:
        raise ValidationError(_("Choose which ticket is to be left."))
    return found


def _gone(rows: Sequence[Ticket], into: str, here: str) -> Sequence[Ticket]:
    left = _left(rows, into, here)
    return [row for row in rows if row.pk != left.pk]


def _merged(request: HttpRequest, left: Ticket, gone: Sequence[Ticket], here: str) -> HttpResponse:
    names = ", ".join(str(row.number) for row in gone)
    text = _("Merged into %(number)s: %(names)s.") % {"number": left.number, "names": names}
    if here:
        # The page one stands on is that of a ticket which is no more, or its composer does not know all who take part.
        messages.success(request, text)
        url = reverse("desk-ticket", args=[left.number])
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
    undo = f"{reverse('desk-unmerge', args=[left.number])}?{urlencode({'gone': ','.join(str(r.number) for r in gone)})}"
    return told(request, left, text, undo=undo)


@require_POST
@ticket_page
def unmerge(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Bring tickets back that were merged into this one (`?gone=INC-2,INC-3`); 404 for those that are not in it."""
    by = author_of(request)
    by.require(Right.CHANGE)
    parts = [merged_part(ticket, number) for number in request.GET.get("gone", "").split(",")[:MOST]]
    problems: list[str] = []
    back: list[Any] = []
    for part in parts:
        try:
            back.append(unmerge_ticket(by=by, ticket=part).number)
        except ValidationError as error:
            problems += error.messages
    if problems and not back:
        return render(request, "desk/problem.html", {"text": " ".join(problems)}, status=422)
    text = _("A ticket of its own again: %(names)s.") % {"names": ", ".join(back)}
    return told(request, ticket, " ".join([text, *problems]))
