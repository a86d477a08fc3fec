"""What the brand of a portal may offer of tickets: their types, categories and fields."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from ventanilla.brands.offers import Offer
from ventanilla.fields.definitions import definitions_of
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.vocabulary import words


def _types() -> Sequence[tuple[str, str]]:
    known = words()
    return [(row.key, str(row)) for row in known.usable(known.types) if row.portal]


def _categories() -> Sequence[tuple[str, str]]:
    known = words()
    return [(row.key, str(row)) for row in known.usable(known.categories) if row.department_id is None]


def _fields() -> Sequence[tuple[str, str]]:
    rows = definitions_of(ENTITY).values()
    return [(row.key, str(row)) for row in rows if row.archived_at is None and row.audience == row.Audience.REQUESTER]


OFFERS = (
    Offer(
        "types",
        _("Types of ticket"),
        _("Each is a button of the first page."),
        rows=_types,
        keys=lambda: [row.key for row in words().types.values()],
    ),
    Offer(
        "categories",
        _("Categories"),
        _("What may be chosen in the forms."),
        rows=_categories,
        keys=lambda: [row.key for row in words().categories.values()],
    ),
    Offer(
        "fields",
        _("Fields"),
        _("Those that must be filled in are asked in any case."),
        rows=_fields,
        keys=lambda: definitions_of(ENTITY).keys(),
    ),
)
