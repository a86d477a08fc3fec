"""The kinds of event about the catalog."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (Kind("service.created", audience="admin", audit="settings", sentence=_("Service created")),)
