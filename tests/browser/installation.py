"""A real Ventanilla for a browser: `ventanilla serve` with a data folder and a database of its own."""

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.installations import ITSELF
from tests.nursery import Child
from ventanilla.mail.tests.servers import Inbox, free_port

PASSWORD = "correct horse battery"

# Runs what it is told, one piece of code a line, with Django set up once: a process for each would cost seconds.
_CONSOLE = """
import json, os, sys, traceback
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
django.setup()
from ventanilla.installation.queries import forget_cached
for line in sys.stdin:
    order = json.loads(line)
    names = {"args": order["args"], "result": None}
    forget_cached()
    try:
        exec(order["code"], names)
        answer = {"result": names["result"]}
    except Exception:
        answer = {"error": traceback.format_exc()}
    sys.stdout.write("\\x00" + json.dumps(answer) + "\\n")
    sys.stdout.flush()
"""

_PERSON = """
from django.contrib.auth.hashers import make_password
from ventanilla.people.actions import create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Role, Team
staff = args["role"] not in ("requester", "requester-manager")
person = create_person(
    by=Author.system("test"), name=args["name"], email=args["email"], role=Role.objects.get(key=args["role"]),
    teams=list(Team.objects.order_by("id")[:1]) if staff else (), password_hash=make_password(args["password"]),
    language=args["language"], verified=True,
)
"""

_TICKET = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket
requester = Person.objects.get(email=args["requester"])
ticket = open_ticket(
    by=Author.of(requester), requester=requester, subject=args["subject"], content=Content.of_text(args["text"]),
    channel=Ticket.Channel.PORTAL,
)
result = ticket.number
"""

_MESSAGE = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket
person = Person.objects.get(email=args["person"])
add_message(
    by=Author.of(person), ticket=Ticket.objects.get(number=args["number"]), content=Content.of_text(args["text"]),
    audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK if args["desk"] else Ticket.Channel.PORTAL,
)
"""

_HASTEN = """
from django.utils import timezone
from ventanilla.tickets.models import Draft
result = Draft.objects.filter(send_at__isnull=False).update(send_at=timezone.now())
"""

_DELIVER = """
import io, json, pathlib, tempfile
from django.core.management import call_command
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "mail").write_bytes(bytes.fromhex(args["raw"]))
    said = io.StringIO()
    call_command("mail", "deliver", dir=pathlib.Path(folder), stdout=said)
result = json.loads(said.getvalue())
"""


@dataclass
class Installation:
    """One installation that runs. `address` is where a browser finds it."""

    data: Path
    database_url: str = ""
    port: int = field(default_factory=free_port)
    _server: Child | None = None
    _console: Child | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, *options: str) -> None:
        """Start it and wait until it is ready."""
        self._server = Child(
            ITSELF, "serve", "--port", str(self.port), *options, environment=self.environment(), one_stream=True
        )
        said = []
        for line in self._server.stdout:
            said.append(line)
            if "Ctrl+C" in line:
                # Read on, so that a talkative server never waits for us.
                threading.Thread(target=self._server.stdout.read, daemon=True).start()
                return
        raise AssertionError("".join(said))

    def stop(self) -> None:
        """Stop it with all its processes."""
        for process, ask in ((self._console, None), (self._server, signal.SIGTERM)):
            if process is None:
                continue
            if ask is None:
                process.stdin.close()
            else:
                process.send_signal(ask)
            process.wait(timeout=20)

    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        kept |= {"VENTANILLA_DATA": str(self.data), "VENTANILLA_URL": self.address}
        return kept | ({"DATABASE_URL": self.database_url} if self.database_url else {})

    def run(self, code: str, **args: Any) -> Any:
        """Run code on this installation's database; returns what it leaves in `result`."""
        if self._console is None:
            self._console = Child(_CONSOLE, environment=self.environment(), stdin=None)
        self._console.stdin.write(json.dumps({"code": code, "args": args}).encode() + b"\n")
        self._console.stdin.flush()
        answer = json.loads(next(line for line in self._console.stdout if line.startswith("\x00"))[1:])
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def command(self, *arguments: str, stdin: bytes = b"") -> str:
        """The command `ventanilla` as somebody types it; returns what it prints."""
        child = Child(ITSELF, *arguments, environment=self.environment(), stdin=stdin)
        out, err = child.communicate(timeout=120)
        assert child.returncode == 0, err
        return out

    def pipe(self, raw: bytes) -> dict[str, Any]:
        """Give a mail to the command `mail deliver`, as a mail server does; returns its answer."""
        return dict(json.loads(self.command("mail", "deliver", stdin=raw)))

    def deliver(self, raw: bytes) -> dict[str, Any]:
        """The same command without a process of its own."""
        return dict(self.run(_DELIVER, raw=raw.hex()))

    def person(self, email: str, role: str, *, name: str, language: str = "en") -> str:
        """Make a person who signs in with `PASSWORD`; returns the address."""
        self.run(_PERSON, email=email, role=role, name=name, language=language, password=PASSWORD)
        return email

    def ticket(self, requester: str, subject: str, text: str = "Please help.") -> str:
        """Open a ticket; returns its number."""
        return str(self.run(_TICKET, requester=requester, subject=subject, text=text))

    def say(self, person: str, number: str, text: str, *, desk: bool = False) -> None:
        """Add a public message, on the desk or in the portal."""
        self.run(_MESSAGE, person=person, number=number, text=text, desk=desk)

    def hasten(self) -> None:
        """Let what can still be taken back leave at once: nobody waits for ten seconds in a test."""
        assert self.run(_HASTEN), "nothing was on its way"


class WaitingInbox(Inbox):
    """An inbox in which one waits for a mail; `port` is where its server listens."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self._came = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail and tell whoever waits."""
        with self._came:
            answer = await super().handle_DATA(server, session, envelope)
            self._came.notify_all()
        return answer

    def wait(self, address: str, fits: Callable[[EmailMessage], bool], *, seconds: float = 20) -> EmailMessage:
        """The first mail to `address` that fits."""

        def found() -> EmailMessage | None:
            return next((mail for mail in self.to(address) if fits(mail)), None)

        with self._came:
            mail = self._came.wait_for(found, timeout=seconds)
        assert mail is not None, [(str(one["To"]), str(one["Subject"])) for one in self.mails]
        return mail
