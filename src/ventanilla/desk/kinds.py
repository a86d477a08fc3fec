"""Kinds of events of the desk."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("audit.exported", audience="admin", audit="exports", sentence=_("Audit list exported")),
    Kind("hours.exported", audience="admin", audit="exports", sentence=_("Hours exported")),
    Kind("tickets.exported", audience="admin", audit="exports", sentence=_("Tickets exported")),
)
