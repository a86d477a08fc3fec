"""The kinds of event about saved views. Names and conditions may hold personal words: they stand in payloads."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("view.created", audience="admin"),
    Kind("view.changed", audience="admin"),
    Kind("view.shared", audience="admin", audit="settings", sentence=_("View shared")),
    Kind("view.archived", audience="admin"),
)
