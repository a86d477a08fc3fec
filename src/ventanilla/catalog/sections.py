"""The services that administrators keep (`fields/sections.py`)."""

from django.utils.translation import gettext_lazy as _

from ventanilla.catalog.models import Service
from ventanilla.fields.sections import Attribute, Section

SERVICES = Section(
    key="services",
    noun="service",
    model=Service,
    title=_("Services"),
    one=_("Service"),
    new=_("New service"),
    text=_("What you offer and a ticket can be about. Services below others make families."),
    icon="desk-bell",
    module="services",
    attributes=(
        Attribute("parent", "row", _("Below"), none=_("Nothing: at the top"), section="services", column=False),
        Attribute("department", "row", _("Department"), none=_("Everybody's"), section="departments"),
    ),
)
