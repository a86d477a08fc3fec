"""Agreements as a section of the configuration: their list, order and deletion (`fields/sections.py`)."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from ventanilla.fields.sections import Attribute, Column, Section
from ventanilla.sla.book import MODULE, book
from ventanilla.sla.models import Agreement
from ventanilla.sla.names import SIDES
from ventanilla.sla.words import in_words


def _summaries() -> Mapping[int, str]:
    return {entry.agreement.pk: in_words(entry) for entry in book().entries}


AGREEMENTS = Section(
    key="agreements",
    noun="agreement",
    model=Agreement,
    title=_("Service levels"),
    one=_("Agreement"),
    new=_("New agreement"),
    text=_(
        "What customers may count on, what your teams promise each other, and what suppliers promise you. Of several"
        " that cover a ticket the first one holds."
    ),
    icon="clock",
    attributes=(
        Attribute("side", "choice", _("Kind"), required=True, choices=tuple(SIDES.items()), once=True),
        Attribute("department", "row", _("Department"), none=_("All"), section="departments"),
    ),
    columns=(Column(_("What it says"), _summaries),),
    page="agreement",
    module=MODULE,
    beside="calendars",
)
