"""Macros as a section of the configuration: their list, order and deletion (`fields/sections.py`)."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.automation.models import Macro
from ventanilla.automation.queries import all_macros
from ventanilla.fields.effects import parse
from ventanilla.fields.sections import Attribute, Column, Section
from ventanilla.tickets.effects import in_words
from ventanilla.tickets.vocabulary import Words, words


def what_it_does(macro: Macro, known: Words) -> str:
    """What a macro says and changes, in a few words; `known` is what the reader may know."""
    told = (gettext("replies") if macro.public else gettext("adds a note")) if macro.html else ""
    changed = in_words(parse(macro.effects), known) if macro.effects else ""
    return " · ".join(part for part in (told, changed) if part)


def _deeds() -> Mapping[int, str]:
    return {macro.pk: what_it_does(macro, words()) for macro in all_macros()}


MACROS = Section(
    key="macros",
    noun="macro",
    model=Macro,
    title=_("Macros"),
    one=_("Macro"),
    new=_("New macro"),
    text=_("A text and what becomes of the ticket, in one click. In a ticket: More actions → Macro (Ctrl+M)."),
    icon="bolt",
    attributes=(
        Attribute("folder", "text", _("Folder"), most=60),
        Attribute("department", "row", _("Department"), none=_("All"), section="departments"),
        Attribute("team", "row", _("For"), none=_("All teams"), section="teams"),
    ),
    columns=(Column(_("What it does"), _deeds),),
    page="macro",
    module="macros",
    beside="canned-replies",
)
