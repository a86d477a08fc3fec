"""The kinds of event about custom fields."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("field.created", audience="admin", audit="settings", sentence=_("Field created")),
    Kind("field.changed", audience="admin", audit="settings", sentence=_("Field changed")),
    Kind("field.deleted", audience="admin", audit="settings", sentence=_("Field deleted")),
    Kind("bundle.imported", audience="admin", audit="settings", sentence=_("Configuration carried in")),
    Kind("fields.ordered", audience="admin", audit="settings", sentence=_("Fields put in order")),
)
