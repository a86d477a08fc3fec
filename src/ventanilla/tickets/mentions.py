"""Mentions: who is meant in a message, and who may be. Whoever may not see a ticket cannot be mentioned in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.people.models import Person, Team
from ventanilla.people.queries import find_persons
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.search.stem import fold
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.sight import sees
from ventanilla.tickets.vocabulary import words, words_for

MOST: Final = 30
_MARK: Final = re.compile(r"<[a-z]+\b[^<>]*\bdata-mention=\"(person|team):([0-9]{1,18})\"", re.IGNORECASE)
_LOOKED_AT: Final = 40


def marked_in(html: str) -> tuple[tuple[str, int], ...]:
    """Whom our editor's HTML mentions, before it is cleaned: `("person", 12)` or `("team", 3)`, each once, in order."""
    return tuple(dict.fromkeys((kind.lower(), int(pk)) for kind, pk in _MARK.findall(html)))[:MOST]


def check_mentions(ticket: Ticket, marks: Sequence[tuple[str, int]]) -> Mapping[str, list[int]]:
    """The ids that an event keeps of them: `persons` and `teams`; empty without any.

    Raises `ValidationError`, naming who, for somebody who does not work at the desk or may not see the ticket.
    """
    if not marks:
        return {}
    persons = Person.objects.agents().in_bulk([pk for kind, pk in marks if kind == "person"])
    found: dict[str, list[int]] = {"persons": [], "teams": []}
    for kind, pk in marks:
        whom: Person | Team | None = persons.get(pk) if kind == "person" else words().teams.get(pk)
        if whom is None or not (_may_be_told(whom, ticket) if isinstance(whom, Person) else _may_mention(whom, ticket)):
            raise ValidationError(
                _("%(name)s may not see this ticket and cannot be mentioned in it.") % {"name": whom or _("Somebody")}
            )
        found[f"{kind}s"].append(pk)
    return {name: sorted(ids) for name, ids in found.items() if ids}


def mentionable(ticket: Ticket, text: str, *, by: Viewer, most: int) -> tuple[list[Person], list[Team]]:
    """The agents and teams with this text in their name or address who may be mentioned by somebody, and whom that one
    may know of."""
    found = find_persons(Person.objects.agents(), text, most=_LOOKED_AT)
    persons: list[Person] = []
    for person in found:
        if len(persons) == most:
            break
        if _may_be_told(person, ticket):
            persons.append(person)
    wanted = fold(text)
    known = words_for(by)
    teams = [team for team in known.usable(known.teams) if wanted in fold(str(team)) and _may_mention(team, ticket)]
    return persons, teams


def _may_be_told(person: Person, ticket: Ticket) -> bool:
    """Whether an agent sees the ticket, and reads what is written in it just now."""
    return ticket.department_id not in viewer(person).hidden and sees(person, ticket.pk)


def _may_mention(team: Team, ticket: Ticket) -> bool:
    private = words().departments[ticket.department_id].private
    if team.archived_at is not None or (private and team.department_id != ticket.department_id):
        return False
    return team.pk == ticket.team_id or not ticket.restricted
