"""Questions about the rows of sections."""

from typing import Any

from django.http import Http404

from ventanilla.fields.sections import Section
from ventanilla.installation.queries import by_config_version


def rows_of(section: Section[Any]) -> list[Any]:
    """The rows of a section in the administrator's order, with the rows that they name: remembered until the
    configuration changes, which every change of a row does."""
    named = [attribute.name for attribute in section.attributes if attribute.points]
    rows = section.model._default_manager.order_by("position", "id")
    found: list[Any] = by_config_version(
        ("studio.rows", section.key), lambda: list(rows.select_related(*named) if named else rows)
    )
    return found


def row_of(section: Section[Any], pk: int) -> Any:
    """The row of a section with this id, else `Http404`."""
    row = section.model._default_manager.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
