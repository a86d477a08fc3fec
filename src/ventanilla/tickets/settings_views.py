"""The settings page with its tiles, the category tree, and a person's tickets for the page of that person."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.queries import person_with
from ventanilla.people.rights import Right
from ventanilla.tickets.life_cycle import life_cycle
from ventanilla.tickets.life_cycle_actions import change_life_cycle
from ventanilla.tickets.queries import tickets_of
from ventanilla.tickets.settings_forms import LifeCycleForm
from ventanilla.tickets.vocabulary import words

_SHOWN_TICKETS = 20


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def the_life_cycle(request: HttpRequest, by: Author) -> HttpResponse:
    """When tickets that nobody touches are followed up, resolved and closed."""
    form = LifeCycleForm(posted(request), initial=LifeCycleForm.initial_of(life_cycle()))

    def write(_values: dict[str, Any]) -> bool:
        change_life_cycle(by=by, days=form.days())
        return True

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("settings")
    text = _("What becomes of tickets that nobody touches. A date or another reason to wait keeps them as they are.")
    crumbs = [{"label": _("Settings"), "url": reverse("settings")}]
    return form_page(request, form, title=_("Life cycle"), text=text, crumbs=crumbs)


@managed(Right.PEOPLE)
@require_safe
def person_tickets(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """The newest tickets of a person that the reader may see: a part of that person's page."""
    person = person_with(pk)
    reader = by.person
    if reader is None:
        raise Http404
    rows = tickets_of(person, reader, _SHOWN_TICKETS)
    known = words()
    shown = [
        {
            "number": row.number,
            "subject": row.subject,
            "category": row.category_of_status.key,
            "status": str(known.statuses[row.status_id]),
            "at": row.updated_at,
        }
        for row in rows
    ]
    return render(request, "tickets/person_tickets.html", {"tickets": shown, "person": person})
