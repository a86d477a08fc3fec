"""Changes of what administrators configure about tickets."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.keys import free_key
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Person, Team
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Category


@transaction.atomic
def create_category(*, by: Author, label: dict[str, str], parent: Category | None = None) -> Category:
    """A new category at the end of its level, with a key after its label. Records `category.created`."""
    by.require(Right.SETTINGS)
    key = free_key(Category.objects.all(), label, fallback="category")
    row = Category.objects.create(key=key, label=label, parent=parent, position=Category.objects.count())
    bump_config_version()
    record("category.created", f"category:{row.pk}", actor=by.actor, data={"key": key})
    return row


@transaction.atomic
def change_category(
    *,
    by: Author,
    category: Category,
    label: dict[str, str],
    parent: Category | None,
    department: Department | None,
    team: Team | None,
    in_charge: Person | None,
    turn: bool,
    restricted: bool,
    archived: bool = False,
) -> Category:
    """Set everything about a category, archive it or take it back. Records `category.changed`.

    Raises `ValidationError` when it would stand below itself, when the agent in charge is no agent, or when both an
    agent in charge and a turn are asked for.
    """
    by.require(Right.SETTINGS)
    row = Category.objects.select_for_update().get(pk=category.pk)
    above = parent
    while above is not None:
        if above.pk == row.pk:
            raise ValidationError(_("A category cannot stand below itself."))
        above = above.parent
    if in_charge is not None and turn:
        raise ValidationError(_("Choose either an agent in charge or the turn, not both."))
    if in_charge is not None and not Person.objects.agents().filter(pk=in_charge.pk).exists():
        raise ValidationError(_("%(name)s is not an agent.") % {"name": in_charge.display_name})
    if turn and team is None:
        raise ValidationError(_("A turn needs the team whose members take it."))
    row.label, row.parent, row.department, row.team = label, parent, department, team
    row.in_charge, row.turn, row.restricted = in_charge, turn, restricted
    row.archived_at = (row.archived_at or timezone.now()) if archived else None
    row.save()
    bump_config_version()
    data = {
        "key": row.key,
        "parent": row.parent_id,
        "department": row.department_id,
        "team": row.team_id,
        "in_charge": row.in_charge_id,
        "turn": turn,
        "restricted": restricted,
        "archived": archived,
    }
    record("category.changed", f"category:{row.pk}", actor=by.actor, data=data)
    return row
