"""The mailbox doctor: resolve → connect → encrypt → sign in → folder → sender → send → receive.

Each step says what was found as a key and values; `doctor_wording` says it in words, with what to do. The road in and
the road out are looked at apart: a step that fails leaves out what would need it, and nothing else. Nothing is changed
at the servers, and nothing leaves but the one test mail from the mailbox to itself, which becomes no ticket.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.installation.queries import installation
from ventanilla.mail import imap, sending
from ventanilla.mail.compose import BadAddress, Letter, compose, wire_address
from ventanilla.mail.findings import diagnose, plain
from ventanilla.mail.headers import Address
from ventanilla.mail.keys import domain_of, mark_keys
from ventanilla.mail.marks import doctor_token
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.mail.queries import doctor_mail_arrived

TIMEOUT_SECONDS = 10
ARRIVAL_SECONDS = 90
CERTIFICATE_WARNING = timedelta(days=14)
NEARLY_FULL = 0.9

Road = Literal["receiving", "sending", "round"]
Health = Literal["good", "warn", "bad", "skipped"]

_QUOTA = re.compile(rb"\b[A-Z]+ (\d+) (\d+)")
_SIGN_IN_FIRST = 530  # RFC 4954 6
_FULL_CODES = {452, 552}
_FULL_WORDS = re.compile(r"\b[45]\.2\.2\b|over quota|quota exceeded|mailbox (is )?full", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """What was found at one step. `found` names a sentence of `doctor_wording`, `data` is what it is filled with."""

    road: Road
    what: str
    state: Health
    found: str
    data: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Step":
        """What `stored` made."""
        return cls(stored["road"], stored["what"], stored["state"], stored["found"], stored["data"])


class _Stop(Exception):
    """A step failed: what needs it is left out."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.found)
        self.step = step


def connections(mailbox: Mailbox) -> Iterator[Step]:
    """Look at the road in and the road out, each as far as it goes. Takes seconds; never raises for what it finds."""
    yield from _until_it_fails(_receiving(mailbox))
    yield from _until_it_fails(_sending(mailbox))


def _until_it_fails(steps: Iterator[Step]) -> Iterator[Step]:
    try:
        yield from steps
    except _Stop as stop:
        yield stop.step


def may_send_test(mailbox: Mailbox, steps: Sequence[Step]) -> Step | None:
    """None when a test mail may go out; else the step that says why none does."""
    held = sending.why_held_back(mailbox)
    if held in (Outgoing.Held.DEMO, Outgoing.Held.OBSERVING):
        return Step("round", "send", "skipped", held)
    if any(step.road == "sending" and step.state in ("bad", "skipped") for step in steps):
        return Step("round", "send", "skipped", "sending_fails")
    return None


def send_test(mailbox: Mailbox, token: str) -> Step:
    """Send the test mail that carries `token` from the mailbox to itself."""
    address = Address("", mailbox.address)
    with override(mailbox.language or installation().language):
        # The token stands in the subject too: some servers write a Message-ID of their own.
        title = _("Ventanilla mail test")
        letter = Letter(
            from_=address,
            to=(address,),
            subject=f"{title} {token}",
            text=_("This mail only shows that mail arrives. It becomes no ticket and may be deleted."),
            message_id=f"<{token}@{domain_of(mailbox)}>",
            date=timezone.now(),
            automatic="auto-generated",
        )
    post = sending.Post()
    try:
        post.send(mailbox, letter, compose(letter))
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return Step("round", "send", "bad", *_refusal(code, said, mailbox))
    except smtplib.SMTPResponseException as error:
        return Step("round", "send", "bad", *_refusal(error.smtp_code, error.smtp_error, mailbox))
    except (*sending.ERRORS, BadAddress, UnicodeError) as error:
        return Step("round", "send", "bad", "said", {"host": mailbox.smtp_host, "said": plain(str(error))})
    finally:
        post.close()
    return Step("round", "send", "good", "sent", {"address": mailbox.address})


def fresh_token(mailbox: Mailbox) -> str:
    """A token that marks one test mail of this mailbox."""
    return doctor_token(mark_keys()[0].decode(), mailbox=mailbox.pk, at=timezone.now())


def count_mails(mailbox: Mailbox, since: datetime | None) -> Step:
    """How many mails of the folder came since a moment, or the step at which counting failed. `since` None: from now.

    Nothing of the mailbox needs to be saved: what was typed can be tried.
    """
    return list(_until_it_fails(_receiving(mailbox, since=since, counting=True)))[-1]


def look_for_test(mailbox: Mailbox, token: str, *, above_uid: int, sent_at: datetime) -> Step | None:
    """The step "receive" once it is known how it ends; None while the test mail may still come.

    It has arrived when it was fetched or delivered by the pipe, or when it lies in the folder above `above_uid`.
    """
    waited = int((timezone.now() - sent_at).total_seconds())
    if doctor_mail_arrived(mailbox, token) or (mailbox.imap_host and _lies_there(mailbox, token, above_uid)):
        return Step("round", "receive", "good", "arrived", {"seconds": str(max(1, waited))})
    if waited < ARRIVAL_SECONDS:
        return None
    return Step("round", "receive", "bad", "not_arrived", {"seconds": str(ARRIVAL_SECONDS), "host": mailbox.smtp_host})


def _lies_there(mailbox: Mailbox, token: str, above_uid: int) -> bool:
    try:
        with imap.signed_in(mailbox, timeout_seconds=TIMEOUT_SECONDS) as box:
            imap.open_folder(box, mailbox.imap_folder)
            return imap.any_head_above(box, above_uid, token)
    except imap.ERRORS:
        return False  # the road in was looked at before: here only the mail counts


def last_uid(steps: Sequence[Step]) -> int:
    """Above which number in the folder a test mail would lie, as the step "folder" found it."""
    return next((int(step.data["last_uid"]) for step in steps if step.data.get("last_uid")), 0)


def _receiving(mailbox: Mailbox, *, since: datetime | None = None, counting: bool = False) -> Iterator[Step]:
    if not mailbox.imap_host:
        yield Step("receiving", "resolve", "skipped", "pipe")
        return
    road: Road = "receiving"
    host, port = mailbox.imap_host, mailbox.imap_port
    address = yield from _reach(road, host, port)
    with _found(road, "encrypt", host, port):
        box = imap.connect(mailbox, TIMEOUT_SECONDS)
    try:
        yield _encryption(road, box.client.sock, mailbox.imap_security, address)
        with _found(road, "sign_in", host, port):
            imap.sign_in(box, mailbox)
        yield Step(road, "sign_in", "good", "signed_in", {"user": mailbox.imap_user, "host": host})
        yield from _folder(box, mailbox)
        if counting:
            with _found(road, "folder", host, port):
                young = sum(mail.at >= since for mail in imap.list_above(box, 0)) if since else 0
                lying = imap.open_folder(box, mailbox.imap_folder).mails
            yield Step(road, "folder", "good", "counted", {"count": str(young), "all": str(lying)})
    finally:
        with suppress(*imap.ERRORS):
            box.logout()


def _folder(box: imap.Box, mailbox: Mailbox) -> Iterator[Step]:
    road: Road = "receiving"
    names: list[str] = []
    with suppress(*imap.ERRORS):
        names = [folder.name for folder in box.folder.list()]
    listed = {"folders": ", ".join(names[:20])}
    try:
        with _found(road, "folder", mailbox.imap_host, mailbox.imap_port, **listed):
            folder = imap.open_folder(box, mailbox.imap_folder)
    except _Stop as stop:
        if stop.step.found != "no_folder":
            raise
        raise _Stop(Step(road, "folder", "bad", "no_folder", listed | {"folder": mailbox.imap_folder})) from None
    data = {"folder": mailbox.imap_folder, "count": str(folder.mails), "last_uid": str(folder.uid_next - 1)}
    if mailbox.after_fetch == Mailbox.AfterFetch.MOVE:
        if not imap.can_move(box):
            raise _Stop(Step(road, "folder", "bad", "cannot_move", {"host": mailbox.imap_host}))
        if names and mailbox.done_folder not in names:
            raise _Stop(Step(road, "folder", "bad", "no_done_folder", listed | {"folder": mailbox.done_folder}))
    used = _used(box, mailbox.imap_folder)
    if used is not None and used >= NEARLY_FULL:
        found: tuple[Health, str] = ("bad", "full") if used >= 1 else ("warn", "nearly_full")
        yield Step(road, "folder", *found, data | {"percent": str(min(100, int(used * 100)))})
        return
    yield Step(road, "folder", "good", "folder_idle" if imap.offers(box, "IDLE") else "folder", data)


def _used(box: imap.Box, folder: str) -> float | None:
    """Which part of the space is taken (RFC 9208), 1.0 for all of it; None where the server does not tell."""
    if not imap.offers(box, "QUOTA"):
        return None
    with suppress(*imap.ERRORS):
        _status, (_roots, lines) = box.client.getquotaroot(folder)
        found = [(int(now), int(most)) for line in lines if line for now, most in _QUOTA.findall(line)]
        return max((now / most for now, most in found if most), default=None)
    return None


def _sending(mailbox: Mailbox) -> Iterator[Step]:
    if not mailbox.smtp_host:
        yield Step("sending", "resolve", "skipped", "nothing_is_sent")
        return
    road: Road = "sending"
    host, port = mailbox.smtp_host, mailbox.smtp_port
    address = yield from _reach(road, host, port)
    with _found(road, "encrypt", host, port):
        connection = sending.open_connection(mailbox, TIMEOUT_SECONDS)
    try:
        yield _encryption(road, connection.sock, mailbox.smtp_security, address)
        with _found(road, "sign_in", host, port):
            sending.sign_in(connection, mailbox)
        if mailbox.smtp_user:
            yield Step(road, "sign_in", "good", "signed_in", {"user": mailbox.smtp_user, "host": host})
        else:
            yield Step(road, "sign_in", "good", "no_sign_in", {"host": host})
        yield _sender(connection, mailbox)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()


def _sender(connection: smtplib.SMTP, mailbox: Mailbox) -> Step:
    """Whether a mail from this address to itself would be taken: asked (RFC 5321 MAIL, RCPT) and not carried out."""
    with _found("sending", "sender", mailbox.smtp_host, mailbox.smtp_port):
        connection.ehlo_or_helo_if_needed()
        address = wire_address(mailbox.address)
        code, said = connection.mail(address)
        if code == 250:
            code, said = connection.rcpt(address)
        with suppress(smtplib.SMTPException):
            connection.rset()
    if code not in (250, 251):
        return Step("sending", "sender", "bad", *_refusal(code, said, mailbox))
    return Step("sending", "sender", "good", "sender", {"address": mailbox.address, "host": mailbox.smtp_host})


def _refusal(code: int, said: bytes | str, mailbox: Mailbox) -> tuple[str, dict[str, str]]:
    text = plain(said)
    data = {"host": mailbox.smtp_host, "address": mailbox.address, "said": f"{code} {text}"}
    if code in _FULL_CODES or _FULL_WORDS.search(text):
        return "full_there", data
    if code == _SIGN_IN_FIRST:
        return "sign_in_needed", data
    return ("sender_refused" if code >= 500 else "not_now"), data


def _reach(road: Road, host: str, port: int) -> Generator[Step, None, str]:
    """The steps "resolve" and "connect"; returns the address that answered."""
    with _found(road, "resolve", host, port):
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in known))
    yield Step(road, "resolve", "good", "resolved", {"host": host, "address": ", ".join(addresses[:4])})
    with _found(road, "connect", host, port), socket.create_connection((host, port), TIMEOUT_SECONDS) as probe:
        address = str(probe.getpeername()[0])
    yield Step(road, "connect", "good", "connected", {"host": host, "port": str(port)})
    return address


def _encryption(road: Road, connection: socket.socket | None, security: str, address: str) -> Step:
    if not isinstance(connection, ssl.SSLSocket):
        near = ip_address(address.partition("%")[0]).is_private
        return Step(road, "encrypt", "good" if near else "warn", "plain_near" if near else "plain")
    certificate = connection.getpeercert() or {}
    ends = str(certificate.get("notAfter", ""))
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
    data = {"version": connection.version() or "TLS", "until": until.isoformat() if until else ""}
    if until is not None and until - timezone.now() < CERTIFICATE_WARNING:
        return Step(road, "encrypt", "warn", "certificate_soon", data)
    return Step(road, "encrypt", "good", "encrypted", data)


@contextmanager
def _found(road: Road, what: str, host: str, port: int, **more: str) -> Iterator[None]:
    """What goes wrong inside is a finding of this step, and the end of its road."""
    try:
        yield
    except (*imap.ERRORS, *sending.ERRORS) as error:
        found, said = diagnose(error, what)
        data = {"host": host, "port": str(port), "seconds": str(TIMEOUT_SECONDS), "said": said} | more
        raise _Stop(Step(road, what, "bad", found, data)) from error
