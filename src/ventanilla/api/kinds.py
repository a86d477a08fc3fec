"""The kinds of event about the API."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("token.created", audience="admin", audit="tokens", sentence=_("API token made")),
    Kind("token.revoked", audience="admin", audit="tokens", sentence=_("API token revoked")),
)
