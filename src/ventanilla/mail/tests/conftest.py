"""Fixtures for mail on the wire: servers, a desk that fetches and sends there, and the pipe of an MTA."""

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from ventanilla.mail import fetch
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.tests.servers import DOVECOT, PLAIN_PASSWORD, Certificate, Dovecot, Inbox, SmtpServer, free_port
from ventanilla.people.author import Author

SETUP = Author.system("test")
DESK = "soporte@mesa.example"


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    # Not below pytest's own folder: Dovecot's sign-in runs as another user, who must be able to walk in.
    folder = Path(tempfile.mkdtemp(prefix="ventanilla-servers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def certificate(server_folder: Path) -> Certificate:
    return Certificate.make(server_folder)


@pytest.fixture(scope="session")
def introspection_port() -> int:
    """Where the provider of accounts tells mail servers whose a token is."""
    return free_port()


@pytest.fixture(scope="session")
def dovecot(server_folder: Path, certificate: Certificate, introspection_port: int) -> Iterator[Dovecot]:
    if not Path(DOVECOT).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Dovecot is missing: apt-get install dovecot-imapd")
        pytest.skip("Dovecot is not installed")
    server = Dovecot(server_folder, certificate, introspection_port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def inbox(smtp: SmtpServer) -> Inbox:
    """What the desk's mails arrive in."""
    return smtp.inbox


@pytest.fixture
def make_mailbox(db: None, smtp: SmtpServer) -> Callable[..., Mailbox]:
    """A mailbox of the desk, sending to the SMTP server. The one every installation starts with steps aside."""
    Mailbox.objects.exclude(address__endswith="@mesa.example").delete()

    def make(address: str = DESK, **more: Any) -> Mailbox:
        fields: dict[str, Any] = {
            "catch_all": not Mailbox.objects.exists(),
            "language": "es",
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp.port,
            "smtp_security": Mailbox.Security.NONE,
        }
        return save_mailbox(by=SETUP, address=address, **(fields | more))

    return make


@pytest.fixture
def mailbox(make_mailbox: Callable[..., Mailbox]) -> Mailbox:
    """The desk's mailbox: sends to the SMTP server, mail comes by `deliver`."""
    return make_mailbox()


@pytest.fixture
def fetched(make_mailbox: Callable[..., Mailbox], dovecot: Dovecot, request: pytest.FixtureRequest) -> Mailbox:
    """A mailbox that is fetched from Dovecot, already looked into once, so that what comes now is new."""
    user = "".join(c for c in request.node.name.lower() if c.isalnum())[-60:]
    mailbox = make_mailbox(
        imap_host="127.0.0.1",
        imap_port=dovecot.port,
        imap_security=Mailbox.Security.NONE,
        imap_user=user,
        imap_password=PLAIN_PASSWORD,
    )
    assert fetch.poll(mailbox) == 0
    return mailbox


@pytest.fixture
def deliver(monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox) -> Callable[..., SimpleNamespace]:
    """Give a mail to `ventanilla mail deliver` on its standard input; returns its JSON line."""

    def give(raw: bytes, **options: Any) -> SimpleNamespace:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        said = io.StringIO()
        call_command("mail", "deliver", stdout=said, **options)
        (line,) = said.getvalue().splitlines()
        answer = SimpleNamespace(**json.loads(line))
        answer.row = RawMail.objects.select_related("ticket", "mailbox").get(pk=answer.raw)
        return answer

    return give
