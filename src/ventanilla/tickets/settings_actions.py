"""Changes of what administrators configure about tickets, apart from the rows of sections."""

from collections.abc import Mapping

from django.db import transaction

from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets.models import PriorityRule


@transaction.atomic
def change_matrix(*, by: Author, cells: Mapping[tuple[int, int], int | None]) -> None:
    """Set which priority these pairs (ids of impact and urgency) give, or none; other pairs stay.

    Tickets that are there keep theirs. Records `matrix.changed` with what was and what is, if anything changed.
    """
    by.require(Right.SETTINGS)
    rules = {(rule.impact_id, rule.urgency_id): rule for rule in PriorityRule.objects.select_for_update()}
    changes = []
    for pair, priority in sorted(cells.items()):
        rule = rules.get(pair)
        before = rule.priority_id if rule else None
        if priority == before:
            continue
        if priority is None:
            PriorityRule.objects.filter(impact_id=pair[0], urgency_id=pair[1]).delete()
        else:
            values = {"priority_id": priority}
            PriorityRule.objects.update_or_create(impact_id=pair[0], urgency_id=pair[1], defaults=values)
        changes.append({"impact": pair[0], "urgency": pair[1], "priority": [before, priority]})
    if changes:
        bump_config_version()
        record("matrix.changed", "matrix", actor=by.actor, data={"changes_of_cells": changes})
