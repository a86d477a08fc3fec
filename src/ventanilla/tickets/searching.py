"""Who may find what: the audience words that stand in the search index, and the same rules as a query."""

from ventanilla.people.rights import Scope
from ventanilla.people.viewer import Viewer
from ventanilla.search.queries import Audience
from ventanilla.tickets.models import Access, Ticket

SMALL_AUDIENCE = 5_000


def audience_of(ticket: Ticket, *, public: bool) -> frozenset[str]:
    """The audience words of one text of a ticket: public texts reach requesters, the others the desk alone."""
    kind = "public" if public else "internal"
    if ticket.restricted:
        words = {f"restricted_{ticket.team_id or 0}", kind}
    else:
        words = {"open", f"department_{ticket.department_id}", kind}
    if ticket.organization_id:
        words.add(f"organization_{ticket.organization_id}")
    return frozenset(words)


def audience_for(who: Viewer) -> Audience:
    """The same rules as `Tickets.seen_by`, for the index: alternatives of words that must all be there.

    Tickets one merely takes part in start from their ids (few). Public texts only, for whoever does not work here.
    """
    access = Access.objects.filter(person_id=who.person)
    if who.organizations:
        access = access.filter(ticket__organization_id__in=sorted(who.organizations))
    own = list(access.values_list("ticket_id", flat=True)[:SMALL_AUDIENCE])
    if who.scope is Scope.OWN:
        return Audience(ids=own, within=frozenset({"public"}))
    if who.scope is Scope.ORGANIZATION:
        mine = [frozenset({"open", "public", f"organization_{who.organization}"})] if who.organization else []
        return Audience(alternatives=mine, ids=own, within=frozenset({"public"}))
    departments = [frozenset({"open"})] if who.everywhere else [
        frozenset({"open", f"department_{pk}"}) for pk in sorted(who.departments)
    ]
    teams = [frozenset({f"restricted_{pk}"}) for pk in sorted(who.teams)]
    by_role = [*departments, *teams]
    if who.organizations:
        by_role = [words | {f"organization_{pk}"} for words in by_role for pk in sorted(who.organizations)]
    return Audience(alternatives=by_role, ids=own)
