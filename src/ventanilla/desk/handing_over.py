"""Handing a ticket over to another team, and saying before what that one will see."""

from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.linking import told
from ventanilla.people.rights import Right
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.content import Content
from ventanilla.tickets.handing_over import hand_over, own_notes
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import ticket_for
from ventanilla.tickets.vocabulary import Words, words_for


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def hand(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask to which team, with which note, and hand over. 422 with what was typed when it cannot be."""
    by, person = author_of(request), person_of(request)
    by.require(Right.CHANGE)
    who = viewer(person)
    known = words_for(who)
    key, text = request.POST.get("team", ""), request.POST.get("text", "")
    share = bool(request.POST.get("share_notes"))
    problem = ""
    if request.method == "POST":
        team = next((team for team in known.usable(known.teams) if team.key == key), None)
        try:
            if team is None:
                raise ValidationError(_("Choose one of the list."))
            hand_over(by=by, ticket=ticket, team=team, note=Content.of_text(text), share_notes=share)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            return _handed(request, ticket, str(team))
    context = {
        "ticket": ticket,
        "groups": _teams(ticket, known, who),
        "chosen": key,
        "typed": text,
        "share": share,
        "notes": len(own_notes(person, ticket)),
        "may_note": by.may(Right.NOTE),
        "problem": problem,
    }
    return render(request, "desk/hand_over.html", context, status=422 if problem else 200)


def _handed(request: HttpRequest, ticket: Ticket, team: str) -> HttpResponse:
    try:
        ticket_for(person_of(request), ticket.number or "")
    except Http404:
        # Handed over to where one does not look: back to the list.
        away = reverse("desk")
        part = request.headers.get("HX-Request") == "true"
        return HttpResponse(headers={"HX-Redirect": away}) if part else HttpResponseRedirect(away)
    return told(request, ticket, _("Handed over to %(team)s.") % {"team": team})


def _teams(ticket: Ticket, known: Words, who: Viewer) -> list[dict[str, Any]]:
    """The teams by department, those of the ticket's own first; `lost`: one would no longer see the ticket there."""
    offered = [team for team in known.usable(known.teams) if team.pk != ticket.team_id]
    offered.sort(key=lambda team: (team.department_id != ticket.department_id, team.department_id))
    return [
        {
            "label": str(known.departments[pk]),
            "lost": pk not in who.departments,
            "teams": list(teams),
        }
        for pk, teams in groupby(offered, key=lambda team: team.department_id)
    ]
