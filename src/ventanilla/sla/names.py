"""How sides, times and reasons of agreements are called."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SIDES: Final[Mapping[str, str | Promise]] = {
    "sla": _("With customers (SLA)"),
    "ola": _("Between our teams (OLA)"),
    "supplier": _("With a supplier"),
}

METRICS: Final[Mapping[str, str | Promise]] = {
    "first_response": _("First response"),
    "next_response": _("Next response"),
    "assignment": pgettext_lazy("service level", "Assignment"),
    "resolution": pgettext_lazy("service level", "Resolution"),
    "update": _("Periodic update"),
    "in_status": _("Time in a status"),
    "in_team": _("Time in a team"),
}
STANDING: Final[Mapping[str, str | Promise]] = {
    "resolved": pgettext_lazy("clock", "Resolved"),
    "merged": pgettext_lazy("clock", "Merged"),
    "spam": pgettext_lazy("clock", "Spam"),
    "elsewhere": pgettext_lazy("clock", "With another team"),
    "supplier": pgettext_lazy("clock", "With the supplier"),
}
