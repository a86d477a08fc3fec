"""Real servers for the tests: a Dovecot and an SMTP server, on high ports of this machine, gone with the test run."""

import getpass
import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "contraseña de prueba"
PLAIN_PASSWORD = "secret-of-the-test"
QUOTA_MAILS = 40
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for this machine, as files."""

    cert: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *, days: int = 365, address: str = "127.0.0.1") -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(address))])
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        made = cls(folder / "cert.pem", folder / "key.pem")
        made.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made


@dataclass
class Dovecot:
    """An IMAP server with one folder of mail per user; any user may sign in with `PLAIN_PASSWORD`.

    By XOAUTH2 it asks whoever listens at `introspection_port` whose a token is (RFC 7662).
    """

    folder: Path
    certificate: Certificate
    introspection_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    quota_mails: int = QUOTA_MAILS
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. It may be stopped and started again, as in an outage."""
        config = self.folder / "dovecot.conf"
        if not config.exists():
            config.write_text(self._config(), encoding="utf-8")
            (self.folder / "users").write_text("", encoding="utf-8")
            (self.folder / "oauth2.conf").write_text(
                f"introspection_mode = post\n"
                f"introspection_url = http://127.0.0.1:{self.introspection_port}/introspect\n"
                f"username_attribute = username\nactive_attribute = active\nactive_value = true\n",
                encoding="utf-8",
            )
        with (self.folder / "dovecot.log").open("ab") as log:
            command = [DOVECOT, "-F", "-c", str(config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                imaplib.IMAP4("127.0.0.1", self.port, timeout=5).shutdown()
                return
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.05)
        raise RuntimeError((self.folder / "dovecot.log").read_text(encoding="utf-8"))

    def stop(self) -> None:
        """Stop it; the mail stays."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            # Whoever signed in while it ended is served on by a child of its own, as if nothing had happened.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None

    def client(self, user: str) -> imaplib.IMAP4:
        """Another mail program of this user."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(user, PLAIN_PASSWORD)
        return client

    def append(self, user: str, *mails: bytes, at: datetime | None = None) -> None:
        """Put mails into the user's inbox, as a delivery would: now, or as if it had been `at` a moment."""
        client = self.client(user)
        when = imaplib.Time2Internaldate(at) if at else None
        for mail in mails:
            status, said = client.append("INBOX", "", when, mail)  # type: ignore[arg-type]
            assert status == "OK", said
        client.logout()

    def renumber(self, user: str) -> None:
        """Make the server forget its numbers, as after a restored backup: another UIDVALIDITY, the same mails."""
        folder = self.folder / "mail" / user
        for path in folder.glob("dovecot.index*"):
            path.unlink()
        numbers = folder / "dovecot-uidlist"
        text = numbers.read_text(encoding="utf-8")
        numbers.write_text(re.sub(r" V(\d+)", lambda found: f" V{int(found[1]) + 1}", text, count=1), encoding="utf-8")

    def _config(self) -> str:
        # Dovecot refuses to let root read mail or sign people in; its package brings users for both.
        folder, root = self.folder, os.getuid() == 0
        user, group = ("dovecot", "dovecot") if root else (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
        login = "dovenull" if root else user
        owner = pwd.getpwnam("nobody" if root else user)
        for name in ("mail", "home"):
            (folder / name).mkdir(mode=0o700)
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
        return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
default_internal_user = {user}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 0
first_valid_gid = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{self.certificate.cert}
ssl_key = <{self.certificate.key}
mail_location = maildir:{folder}/mail/%u
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PLAIN_PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/home/%u
}}
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:messages={self.quota_mails}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
"""


class Inbox:
    """What arrived at the SMTP server, and how it is to answer the next mails."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.refuses: str = ""

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.refuses or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.envelopes.append(envelope)
        return answer

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        return [message_from_bytes(bytes(e.content or b""), policy=default) for e in self.envelopes]  # type: ignore[misc]

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one address."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    def clear(self) -> None:
        """Forget what came so far."""
        self.envelopes.clear()
        self.answers.clear()


class LongLines(SMTP):
    """Takes answers of 12,288 bytes in a sign-in, as RFC 4954 4 wants it, but commands of no more than 512."""

    line_length_limit = 12_288


class LongLinesController(Controller):
    def factory(self) -> SMTP:
        return LongLines(self.handler, **self.SMTP_kwargs)


class TokenInbox(Inbox):
    """Takes mail only from whoever signs in by XOAUTH2 with a token that `lets_in` their mailbox."""

    def __init__(self, lets_in: Callable[[str, str], bool]) -> None:
        super().__init__()
        self.lets_in = lets_in

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = await server.challenge_auth("")
        found = re.fullmatch("user=(.*)\x01auth=Bearer (.*)\x01\x01", said.decode() if isinstance(said, bytes) else "")
        if found and self.lets_in(found[1], found[2]):
            return AuthResult(success=True, auth_data=found[1])
        await server.challenge_auth('{"status":"401","schemes":"bearer","scope":"mail"}')
        return AuthResult(success=False, handled=False, message="535 5.7.8 Username and token not accepted")


class SmtpServer:
    """An SMTP server that keeps what it is given; with `lets_in`, from whoever has a token.

    With a certificate it wants a sign-in, and offers STARTTLS; or, with `from_the_start`, speaks nothing but TLS.
    """

    def __init__(
        self,
        certificate: Certificate | None = None,
        *,
        from_the_start: bool = False,
        lets_in: Callable[[str, str], bool] | None = None,
    ) -> None:
        self.inbox = TokenInbox(lets_in) if lets_in else Inbox()
        self.port = free_port()
        self._options: dict[str, Any] = {"auth_required": True, "auth_require_tls": False} if lets_in else {}
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.cert, certificate.key)
            self._options = {"auth_required": True, "authenticator": self._check}
            if from_the_start:
                # It takes sign-ins by STARTTLS alone otherwise: it does not know that the whole connection is TLS.
                self._options |= {"ssl_context": context, "auth_require_tls": False}
            else:
                self._options |= {"tls_context": context, "require_starttls": True}
        self._controller: Controller | None = None

    @staticmethod
    def _check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False)

    def start(self) -> None:
        """Listen, at the same port each time."""
        self._controller = LongLinesController(
            self.inbox, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **self._options
        )
        self._controller.start()

    def stop(self) -> None:
        """Be away."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
