"""The kinds of event about being told."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("person.push_added", audience="admin", audit="account", sentence=_("Notifications on a device switched on")),
    Kind(
        "person.push_removed", audience="admin", audit="account", sentence=_("Notifications on a device switched off")
    ),
)
