"""The kinds of event about macros."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("macro.applied", audience="staff"),
    Kind("macro.created", audience="admin", audit="settings", sentence=_("Macro created")),
    Kind("macro.changed", audience="admin", audit="settings", sentence=_("Macro changed")),
)
