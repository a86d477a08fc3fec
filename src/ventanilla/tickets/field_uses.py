"""Where a field is used: the forms that ask for it, and the fields that wait for its values."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.fields.definitions import waiting_for
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.uses import Use
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.vocabulary import words


def uses_by_forms(row: FieldDefinition) -> Iterable[Use]:
    """The forms in which the field stands."""
    if row.archived_at is not None:
        return
    if row.entity != ENTITY:
        yield Use(_("Form"), {PERSON: _("Person"), ORGANIZATION: _("Organization")}[row.entity], stands=False)
        return
    known = words()
    kinds = [kind for kind in known.usable(known.types) if row.concerns(kind.key)]
    yield from (Use(_("Form at the desk"), str(kind), stands=False) for kind in kinds)
    if row.audience == row.Audience.REQUESTER:
        yield from (Use(_("Form in the portal"), str(kind), stands=False) for kind in kinds if kind.portal)


def uses_by_fields(row: FieldDefinition) -> Iterable[Use]:
    """The fields that appear, or are required, only with values of this one."""
    for other in waiting_for(row):
        yield Use(_("Field that waits for it"), str(other), reverse("field", args=[other.entity, other.pk]))
