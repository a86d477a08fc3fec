"""Where a new ticket goes: a team, and by tick-box an agent in charge or a turn among members present."""

from django.db.models import Count, Q
from django.utils import timezone

from ventanilla.people.models import Person, Team
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Routing


def agent_for(routing: Routing | None, team: Team | None) -> Person | None:
    """The agent a new ticket goes to: the one in charge if present, else by turn if so ticked, else nobody.

    The turn goes to the member with the fewest open tickets; whoever is «Ausente hasta…» is passed over. With nobody
    present the ticket stays unassigned: it is never given to just anybody.
    """
    if routing is None:
        return None
    if routing.in_charge is not None and routing.in_charge.is_active and not routing.in_charge.is_absent():
        return routing.in_charge
    if not routing.turn or team is None:
        return None
    present = Q(absent_until=None) | Q(absent_until__lte=timezone.now())
    members = (
        team.members.agents()
        .filter(present)
        .select_related("role")
        .annotate(open_tickets=Count("assigned", filter=Q(assigned__is_open=1)))
        .order_by("open_tickets", "id")
    )
    return next((member for member in members if member.may(Right.REPLY)), None)
