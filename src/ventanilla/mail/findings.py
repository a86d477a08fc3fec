"""Which finding an error of a mail server or of the way to it is: the keys that `doctor_wording` puts in words."""

import errno
import smtplib
import socket
import ssl
from imaplib import IMAP4

from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError

from ventanilla.core.crypto import Unreadable
from ventanilla.mail import imap
from ventanilla.mail.oauth import TokenError

# Answers of OpenSSL's X.509 check (x509_vfy.h) that have a remedy of their own.
_CERTIFICATES = {
    10: "certificate_expired", 62: "certificate_name", 64: "certificate_name", 18: "certificate_unknown",
    19: "certificate_unknown", 20: "certificate_unknown", 21: "certificate_unknown",
}  # fmt: skip
_TLS_FIRST = {530, 538}  # RFC 3207 4, RFC 4954 6
_FAR_AWAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


def of_fetching(error: Exception) -> tuple[str, str]:
    """The finding behind a failure to fetch, and what was said; what lies with us (database, disk) is no finding."""
    told = (
        *imap.ANSWERS,
        IMAP4.error,
        socket.gaierror,
        ssl.SSLError,
        ConnectionError,
        TimeoutError,
        Unreadable,
        TokenError,
    )
    if isinstance(error, told) or getattr(error, "errno", None) in _FAR_AWAY:
        found, said = diagnose(error, "connect")
        return found, said or found
    return "", f"{type(error).__name__}: {error}"


def diagnose(error: Exception, what: str) -> tuple[str, str]:
    """Which finding an error is, and what was said. The order matters: nearly all of these are kinds of OSError."""
    said = plain(str(error))
    if isinstance(error, Unreadable):
        return "sealed", ""
    if isinstance(error, TokenError):
        return error.found, said
    if isinstance(error, socket.gaierror):
        return ("no_dns" if error.errno == socket.EAI_AGAIN else "no_such_host"), said
    if isinstance(error, UnicodeError) and what == "resolve":
        return "no_such_host", said
    if isinstance(error, ConnectionRefusedError):
        return "refused", said
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, "certificate_bad"), error.verify_message
    if isinstance(error, ssl.SSLError):
        return "no_tls", said
    if isinstance(error, TimeoutError):
        return ("silent" if what == "connect" else "hung_up"), said
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code in _TLS_FIRST:
        return "tls_needed", said
    if "PRIVACYREQUIRED" in said or "LOGINDISABLED" in said:
        return "tls_needed", said
    if isinstance(error, MailboxLoginError | smtplib.SMTPAuthenticationError) or "AUTHENTICATIONFAILED" in said:
        return "sign_in_refused", _server_words(error)
    if isinstance(error, MailboxFolderSelectError):
        return "no_folder", said
    if isinstance(error, smtplib.SMTPNotSupportedError) or "TLS not supported" in said:
        return ("no_starttls" if what == "encrypt" else "no_auth"), said
    if isinstance(error, smtplib.SMTPServerDisconnected | IMAP4.abort | ConnectionResetError):
        return "hung_up", said
    if what == "connect":
        return "unreachable", said
    return "said", said


def _server_words(error: Exception) -> str:
    """What the server answered, without the library's words around it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {plain(error.smtp_error)}"
    result = getattr(error, "command_result", None)
    return plain(result[1][0]) if result and result[1] else plain(str(error))


def plain(text: bytes | str) -> str:
    """What a server said, on one line, at most 300 characters."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(plain.split())[:300]
