"""What tasks and time are made of, as sections of the configuration (`fields/sections.py`)."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ventanilla.fields.sections import Attribute, Column, Section
from ventanilla.tickets import required
from ventanilla.tickets.models import Activity, ChecklistTemplate
from ventanilla.tickets.task_queries import all_templates
from ventanilla.tickets.vocabulary import words

MOST_ITEMS: Final = 100
_LANGUAGES: Final = ("es", "en")


def _check_template(row: ChecklistTemplate) -> None:
    """Keep the items that say something, in one line each; every type and requirement must be there."""
    row.items = [_item(item) for item in row.items if any(str(text).strip() for text in item["label"].values())]
    if not row.items:
        raise ValidationError(_("Write at least one item."))
    if len(row.items) > MOST_ITEMS:
        raise ValidationError(_("A checklist has at most %(most)d items.") % {"most": MOST_ITEMS})
    if not set(row.types) <= {known.key for known in words().types.values()}:
        raise ValidationError({"types": _("Choose one of the list.")})


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = {code: " ".join(str(item["label"].get(code, "")).split())[:250] for code in _LANGUAGES}
    before = required.checked(str(item.get("before", "")))
    return {"label": {code: text for code, text in texts.items() if text}, "before": before}


def _counts() -> Mapping[int, str]:
    return {
        row.pk: ngettext("%(count)d item", "%(count)d items", len(row.items)) % {"count": len(row.items)}
        for row in all_templates()
    }


def _types() -> Mapping[int, str]:
    names = {row.key: str(row) for row in words().types.values()}
    return {row.pk: ", ".join(names.get(key, key) for key in row.types) or _("All types") for row in all_templates()}


CHECKLISTS = Section(
    key="checklists",
    noun="checklist_template",
    model=ChecklistTemplate,
    title=gettext_lazy("Checklists"),
    one=gettext_lazy("Checklist template"),
    new=gettext_lazy("New checklist"),
    text=gettext_lazy("What is done in the same way every time. In a ticket: More actions → Add a checklist."),
    icon="check",
    attributes=(
        Attribute("items", "choices", gettext_lazy("Items"), column=False),
        Attribute("types", "choices", gettext_lazy("Types"), column=False),
        Attribute("department", "row", gettext_lazy("Department"), none=gettext_lazy("All"), section="departments"),
        Attribute("team", "row", gettext_lazy("For"), none=gettext_lazy("All teams"), section="teams"),
        Attribute("by_itself", "yes_no", gettext_lazy("Added by itself")),
    ),
    check=_check_template,
    columns=(Column(gettext_lazy("Items"), _counts), Column(gettext_lazy("Types"), _types)),
    page="checklist",
    module="tasks",
    beside="activities",
)

ACTIVITIES = Section(
    key="activities",
    noun="activity",
    model=Activity,
    title=gettext_lazy("Activities"),
    one=gettext_lazy("Activity"),
    new=gettext_lazy("New activity"),
    text=gettext_lazy("What time is spent on, for the hours of a customer or a month."),
    module="time",
    icon="hourglass",
    attributes=(
        Attribute(
            "billable",
            "yes_no",
            gettext_lazy("Billable"),
            help=gettext_lazy("What new entries are; each may say otherwise."),
        ),
    ),
    beside="checklists",
)

SECTIONS = (CHECKLISTS, ACTIVITIES)
