"""The clocks of a ticket: their card in the side panel, and the page that accounts for every minute of them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.sla.actions import give_reason
from ventanilla.sla.book import MODULE
from ventanilla.sla.history import what_is_measured
from ventanilla.sla.queries import Shown, clocks_of, consumed
from ventanilla.sla.reckoning import RESOLUTION, SLA
from ventanilla.sla.words import seconds_in_words, target_in_words, why_standing
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import Words, words_for
from ventanilla.ui.templatetags.ui import full_moment

# Below a quarter of its time a clock is drawn as one at risk.
_RISK = 0.75


def clock_cards(ticket: Ticket, reader: Person, known: Words, now: datetime) -> list[dict[str, Any]]:
    """The clocks for the card of deadlines: all that are open, and the last of each that has ended."""
    if not sees_module(reader, MODULE):
        return []
    latest: dict[tuple[str, int, str], Shown] = {}
    for shown in clocks_of(ticket, now):
        latest[shown.row.side, shown.row.place, shown.row.metric] = shown
    return [_drawn(shown, known) for shown in latest.values()]


def _drawn(shown: Shown, known: Words) -> dict[str, Any]:
    row, due = shown.row, shown.due_at
    clock: dict[str, Any] = {
        "label": _label(shown, known),
        "due": due,
        "category": "resolved" if not shown.open else "pending" if shown.standing and not shown.late else "open",
        "waiting": why_standing(shown.standing, known),
        "done": row.ended_at,
        "opened": row.started_at,
    }
    whole = shown.clock.target.seconds
    if shown.open and whole and not shown.standing:
        used = min(shown.reading.elapsed_seconds, whole)
        tone = "late" if used >= whole else "risk" if used >= whole * _RISK else ""
        clock |= {"used": used, "whole": whole, "tone": tone}
    return clock


def _label(shown: Shown, known: Words) -> str:
    row = shown.row
    return what_is_measured({"metric": row.metric, "side": row.side, "team": row.place}, known)


@require_safe
@ticket_page
def clocks(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Every clock of a ticket with every stretch of its time: counted or not, by which calendar, and why."""
    return _page(request, ticket)


@require_POST
@ticket_page
def reason(request: HttpRequest, ticket: Ticket, clock: int) -> HttpResponseBase:
    """Say why a time was missed. 422 with what was typed when that cannot be."""
    person = person_of(request)
    row = next((s.row for s in clocks_of(ticket, timezone.now()) if s.row.pk == clock), None)
    if row is None or not sees_module(person, MODULE):
        raise Http404
    text = request.POST.get("reason", "")
    try:
        give_reason(by=author_of(request), ticket=ticket, clock=row, text=text)
    except ValidationError as error:
        return _page(request, ticket, problem={row.pk: (text, " ".join(error.messages))}, status=422)
    return redirect("desk-clocks", number=ticket.number)


def _page(
    request: HttpRequest, ticket: Ticket, *, problem: dict[int, tuple[str, str]] | None = None, status: int = 200
) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    if not sees_module(person, MODULE):
        raise Http404
    known = words_for(viewer(person))
    shown = clocks_of(ticket, now)
    context = {
        "ticket": ticket,
        "title": _("Times of %(number)s") % {"number": ticket.number},
        "crumbs": [{"label": f"{ticket.number} {ticket.subject}", "url": reverse("desk-ticket", args=[ticket.number])}],
        "clocks": [_explained(item, ticket, known, person, problem or {}) for item in shown],
        "consumed": _consumed(ticket, shown, known),
    }
    return render(request, "desk/clocks.html", context, status=status)


def _explained(
    shown: Shown, ticket: Ticket, known: Words, person: Person, problem: dict[int, tuple[str, str]]
) -> dict[str, Any]:
    row, reading = shown.row, shown.reading
    parts = [
        {
            "begins": full_moment(part.begins),
            "ends": full_moment(part.ends),
            "runs": part.runs,
            "why": why_standing(part.why, known) if not part.runs else pgettext("clock", "Counted"),
            "counted": seconds_in_words(part.open_seconds if part.runs else 0),
            "stood": seconds_in_words(0 if part.runs else part.open_seconds),
            "closed": seconds_in_words(int((part.ends - part.begins).total_seconds()) - part.open_seconds),
            "whole": seconds_in_words(int((part.ends - part.begins).total_seconds())),
        }
        for part in shown.stretches()
    ]
    typed, said = problem.get(row.pk, (row.reason, ""))
    return {
        "label": _label(shown, known),
        "agreement": str(shown.agreement),
        "version": shown.edition.row.number,
        "calendar": str(shown.edition.row.calendar),
        "target": target_in_words(shown.clock.target),
        "elapsed": seconds_in_words(reading.elapsed_seconds),
        "left": seconds_in_words(reading.remaining_seconds) if reading.remaining_seconds is not None else "",
        "drawn": _drawn(shown, known),
        "parts": parts,
        "late": shown.late,
        "reason": row.reason,
        "typed": typed,
        "problem": said,
        "reason_url": reverse("desk-clock-reason", args=[ticket.number, row.pk])
        if row.late and person.may(Right.CHANGE)
        else "",
    }


def _consumed(ticket: Ticket, shown: list[Shown], known: Words) -> list[dict[str, str]]:
    """Who the time of the customer's resolution went to: each team while it ran, and whatever was waited for."""
    whole = next((s for s in shown if s.row.side == SLA and s.row.metric == RESOLUTION), None)
    if whole is None:
        return []
    found: dict[str, int] = {}
    for share in consumed(ticket, whole):
        team = known.teams.get(share.team or 0)
        name = why_standing(share.why, known) or (f"{team} · N{team.level}" if team is not None else _("No team"))
        found[name] = found.get(name, 0) + share.open_seconds
    return [{"who": name, "time": seconds_in_words(seconds)} for name, seconds in found.items() if seconds]
