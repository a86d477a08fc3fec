"""Whom a mailbox's connections trust."""

import ssl

from ventanilla.mail.models import Mailbox


def tls_context(mailbox: Mailbox) -> ssl.SSLContext:
    """Certificates are checked, names too, against the system's authorities and the mailbox's own CA, if it has one."""
    context = ssl.create_default_context()
    if mailbox.ca_certificate:
        context.load_verify_locations(cadata=mailbox.ca_certificate)
    return context
