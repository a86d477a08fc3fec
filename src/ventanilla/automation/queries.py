"""Questions about macros."""

from collections.abc import Iterator

from django.http import Http404
from django.utils.translation import gettext as _

from ventanilla.automation.models import Macro
from ventanilla.core.addresses import reverse
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.uses import Use
from ventanilla.installation.queries import by_config_version
from ventanilla.people.modules import hidden_by
from ventanilla.people.viewer import Viewer


def all_macros() -> list[Macro]:
    """All macros by folder and in the administrator's order, archived ones too, as remembered."""
    return by_config_version(
        "automation.macros",
        lambda: list(Macro.objects.select_related("team").order_by("folder", "position", "pk")),
    )


def macros_for(who: Viewer, department: int | None = None) -> list[Macro]:
    """The macros that somebody may use: those for all and those of their teams; of departments, in the tickets of
    `department`, or None wherever they work."""
    if "macros" in hidden_by(who):
        return []
    return [row for row in all_macros() if who.is_offered(row, department)]


def uses_by_macros(row: FieldDefinition) -> Iterator[Use]:
    """The macros that set a field, for whoever is about to archive or delete it."""
    for macro in all_macros():
        if macro.archived_at is None and any(effect[1] == row.name for effect in macro.effects):
            yield Use(_("Macro"), str(macro), reverse("macro", args=[macro.pk]))


def macro_for(who: Viewer, key: str, department: int | None = None) -> Macro:
    """One of those, else `Http404`."""
    found = next((row for row in macros_for(who, department) if row.key == key), None)
    if found is None:
        raise Http404
    return found
