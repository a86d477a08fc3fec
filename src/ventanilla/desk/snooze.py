"""Putting a ticket off: the choices, and doing it."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.core.hours import WorkingHours
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.page import head_context
from ventanilla.desk.panel import MOMENT_FORMAT, read_moment
from ventanilla.people.hours import hours_of
from ventanilla.tickets.drafts import UNDO_SECONDS
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import snoozed_until
from ventanilla.tickets.snoozing import snooze, take_back
from ventanilla.ui.templatetags.ui import full_moment

_LATER = timedelta(hours=3)
_LATEST_HOUR = 20


def moments(now: datetime, hours: WorkingHours) -> dict[str, datetime]:
    """The moments one may choose by a word, for a reader whose local time is `now`: those that make sense just then.

    `later` is three hours from now, to the next half hour, unless that is in the evening; `tomorrow` and `monday` are
    when the reader's working day begins.
    """
    later = now + _LATER
    later += timedelta(minutes=-later.minute % 30, seconds=-later.second, microseconds=-later.microsecond)
    tomorrow, monday = (
        datetime.combine(now.date() + timedelta(days=days), hours.begins, now.tzinfo) for days in (1, 7 - now.weekday())
    )
    found = {"tomorrow": tomorrow}
    if later.date() == now.date() and later.hour < _LATEST_HOUR:
        found = {"later": later, **found}
    return found | ({"monday": monday} if monday > tomorrow else {})


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def put_off(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask until when, and put the ticket off; `when=back` brings it back. 422 with what was typed when it cannot be.

    `shown` in the address: the ticket is open on the page that asks, so its head is drawn again.
    """
    by, person = author_of(request), person_of(request)
    offered = moments(timezone.localtime(), hours_of(person))
    when, typed, problem = request.POST.get("when", ""), request.POST.get("until", ""), ""
    if request.method == "POST":
        try:
            if when == "back":
                take_back(by=by, ticket=ticket)
                return _done(request, ticket, _("It is back in your lists."))
            until = offered.get(when) or read_moment("until", typed)
            if until is None:
                raise ValidationError({"until": _("Write a date and a time.")})
            snooze(by=by, ticket=ticket, until=until)
            return _done(request, ticket, _("Put off until %(when)s.") % {"when": full_moment(until)}, undo=True)
        except ValidationError as error:
            problem = " ".join(error.messages)
    labels = {
        "later": pgettext("snooze", "Later today"),
        "tomorrow": pgettext("snooze", "Tomorrow morning"),
        "monday": pgettext("snooze", "On Monday"),
    }
    context = {
        "ticket": ticket,
        "choices": [{"value": key, "label": labels[key], "at": at} for key, at in offered.items()],
        "typed": typed or offered["tomorrow"].strftime(MOMENT_FORMAT),
        "problem": problem,
        "away_until": snoozed_until(person, ticket),
        "here": request.get_full_path(),
    }
    return render(request, "desk/snooze.html", context, status=422 if problem else 200)


def _done(request: HttpRequest, ticket: Ticket, text: str, *, undo: bool = False) -> HttpResponse:
    """A toast that takes it back, the word to lists to read themselves again, and the head where it is shown."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk"))
    toast: dict[str, Any] = {"text": text, "tone": ""}
    if undo:
        toast |= {"undo_url": request.get_full_path(), "undo_vals": '{"when": "back"}', "seconds": UNDO_SECONDS}
    context: dict[str, Any] = {"toast": toast}
    if request.GET.get("shown"):
        context |= head_context(request, ticket)
    response = render(request, "desk/snoozed.html", context)
    response["HX-Trigger"] = "list:again"
    return response
