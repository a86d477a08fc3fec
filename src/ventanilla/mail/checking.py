"""Trying a mailbox's connections, and saying in plain words what is wrong with them."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from imaplib import IMAP4

from django.utils.translation import gettext as _
from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError

from ventanilla.core.crypto import Unreadable
from ventanilla.mail import imap, sending
from ventanilla.mail.models import Mailbox

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Finding:
    """What came out of one try: `name` of the connection, whether it is good, and a sentence."""

    name: str
    good: bool
    text: str


def check(mailbox: Mailbox) -> list[Finding]:
    """Sign in at both servers as the mailbox is set, and look at the folder. Sends and fetches nothing."""
    return [
        _try(_("Receiving (IMAP)"), mailbox.imap_host, mailbox.imap_port, lambda: _receiving(mailbox)),
        _try(_("Sending (SMTP)"), mailbox.smtp_host, mailbox.smtp_port, lambda: _sending(mailbox)),
    ]


def _receiving(mailbox: Mailbox) -> str:
    with imap.signed_in(mailbox, timeout_seconds=TIMEOUT_SECONDS) as box:
        imap.open_folder(box, mailbox.imap_folder)
        if imap.can_idle(box):
            return _("Signed in. The server tells of new mail at once.")
        return _("Signed in. New mail is looked for every minute.")


def _sending(mailbox: Mailbox) -> str:
    connection = sending.connect(mailbox, timeout_seconds=TIMEOUT_SECONDS)
    try:
        connection.ehlo_or_helo_if_needed()
        code, said = connection.mail(mailbox.address)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, mailbox.address)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
    return _("Signed in. The server takes mail from this address.")


def _try(name: str, host: str, port: int, attempt: Callable[[], str]) -> Finding:
    if not host:
        return Finding(name, False, _("No server is set."))
    try:
        return Finding(name, True, attempt())
    except (*imap.ERRORS, *sending.ERRORS) as error:
        return Finding(name, False, _explain(error, host, port))


def _explain(error: Exception, host: str, port: int) -> str:
    where = {"host": host, "port": port}
    if isinstance(error, Unreadable):
        return _("The stored password can no longer be opened. Type it again.")
    if isinstance(error, socket.gaierror | UnicodeError):
        return _("There is no server called %(host)s.") % where
    if isinstance(error, ConnectionRefusedError):
        return _("%(host)s does not answer at port %(port)s. Is the port right?") % where
    if isinstance(error, ssl.SSLCertVerificationError):
        why = where | {"reason": error.verify_message}
        return _("The certificate of %(host)s is not trusted: %(reason)s") % why
    if isinstance(error, ssl.SSLError):
        return _("%(host)s does not speak TLS at port %(port)s. Try STARTTLS, or another port.") % where
    if isinstance(error, TimeoutError):
        return _("%(host)s did not answer within %(seconds)s seconds at port %(port)s.") % (
            where | {"seconds": TIMEOUT_SECONDS}
        )
    if isinstance(error, MailboxLoginError | smtplib.SMTPAuthenticationError) or "AUTHENTICATIONFAILED" in str(error):
        return _("%(host)s does not accept this user name and password.") % where
    if isinstance(error, MailboxFolderSelectError):
        return _("There is no such folder.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("%(host)s does not offer this encryption or sign-in at port %(port)s.") % where
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("%(host)s does not let us send from this address: %(said)s") % (
            where | {"said": _said(error.smtp_error)}
        )
    if isinstance(error, smtplib.SMTPServerDisconnected | IMAP4.abort | ConnectionResetError):
        return _("%(host)s hung up at port %(port)s. Does it expect TLS from the start?") % where
    return _("%(host)s answered: %(said)s") % (where | {"said": _said(str(error))})


def _said(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return plain[:200]
