"""Custom fields as the desk's forms send them."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import QueryDict

from ventanilla.fields.definitions import definition_named
from ventanilla.tickets.custom import ENTITY

# Where a field of persons or organizations looks for them.
ADDRESSES: Final[Mapping[str, str]] = {"person": "desk-people", "reference": "desk-organizations"}


def read_custom(name: str, form: QueryDict) -> Any:
    """What a form says of the custom field `name`, for the action to check: one text, or several of `choices`."""
    made = definition_named(ENTITY, name)
    if made is not None and made.kind == made.Kind.CHOICES:
        return [key for key in form.getlist(name) if key]
    return form.get(name, "").strip()
