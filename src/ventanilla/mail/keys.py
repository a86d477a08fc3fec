"""The keys and domain behind our marks, and the links that mails carry."""

from django.conf import settings

from ventanilla.mail.models import Mailbox


def mark_keys() -> list[bytes]:
    """The signing keys for threading marks, newest first."""
    return [key.encode() for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def domain_of(mailbox: Mailbox | None) -> str:
    """The domain that stands in our Message-IDs."""
    return mailbox.address.rpartition("@")[2] if mailbox else "ventanilla.localhost"


def public_url() -> str:
    """Where readers of a mail find us; never taken from a request's headers."""
    return settings.PUBLIC_URL or "http://localhost:8000"
