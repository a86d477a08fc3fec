"""The whole topology of a large installation on this machine, killed part by part under load: nothing lost or doubled.

Two page processes, one for live streams, two workers, two tickers, PostgreSQL, Redis, nginx; mail by Dovecot and SMTP.
"""

import hashlib
import http.client
import itertools
import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.installations import SET_UP, Installation, migrated_postgresql, postgresql_server
from tests.nursery import Child
from tests.test_operate import NAME, NGINX, certificate, configuration
from tests.test_serve import free_port, wait_until_ready
from ventanilla.mail.tests.servers import DOVECOT, PLAIN_PASSWORD, Certificate, Dovecot, SmtpServer
from ventanilla.mail.tests.write import write

pytestmark = [pytest.mark.crash, pytest.mark.postgres, pytest.mark.dovecot]
BACK_SECONDS = 5
PATIENCE_SECONDS = 60
# Between two requests of the load: what is to be shown is that nothing is lost, not how much fits in.
PAUSE_SECONDS = 0.05
USER = "soporte"

PREPARE = (
    SET_UP
    + """
import sys
from ventanilla.api.actions import create_token
from ventanilla.bench.measure import _session
from ventanilla.core.hours import ALWAYS
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox
from ventanilla.people.author import Author
from ventanilla.people.models import Person
system, agent = Author.system("test"), Person.objects.get(email="berta@here.example")
Person.objects.filter(pk=agent.pk).update(notices="all", working_hours=ALWAYS.stored())
imap, smtp, password = sys.argv[1:]
server = {"imap_host": "127.0.0.1", "imap_port": int(imap), "imap_security": "none", "imap_user": "soporte"}
sender = {"smtp_host": "127.0.0.1", "smtp_port": int(smtp), "smtp_security": "none"}
Mailbox.objects.all().delete()
save_mailbox(by=system, address="soporte@mesa.example", catch_all=True, imap_password=password, **server, **sender)
print(create_token(by=system, person=agent), _session(agent))
"""
)


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for a state. What is away on the way to it is asked again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(OSError, http.client.HTTPException, psycopg.OperationalError):
            if condition():
                return
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@dataclass
class Postgres:
    """A server of the test's own, for it is to be restarted."""

    folder: Path
    port: int = field(default_factory=free_port)
    user: str | None = "postgres" if os.geteuid() == 0 else None

    def run(self, program: str, *arguments: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))[-1]
        subprocess.run(
            [found, "-D", str(self.folder), *arguments], check=True, user=self.user, stdout=subprocess.DEVNULL
        )

    def start(self) -> None:
        self.folder.mkdir(mode=0o700)
        if self.user:
            shutil.chown(self.folder, self.user)
        self.run("initdb", "--no-sync", "--auth=trust", "--username=ventanilla", "--encoding=UTF8", "--locale=C.UTF-8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def fill(self, model: str) -> None:
        """Take over what stands in the database of this URL."""
        dump = subprocess.run(["pg_dump", "--no-owner", model], check=True, capture_output=True).stdout
        load = ["psql", "--quiet", "-v", "ON_ERROR_STOP=1", self.url]
        subprocess.run(load, input=dump, check=True, stdout=subprocess.DEVNULL)

    @property
    def url(self) -> str:
        return f"postgres://ventanilla@127.0.0.1:{self.port}/postgres"

    def ask(self, question: str) -> list[Any]:
        with closing(psycopg.connect(self.url, autocommit=True, connect_timeout=5)) as database:
            cursor = database.execute(question)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "stop", "-m", "immediate")


class Redis:
    """The same for Redis; it keeps nothing on the disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)


@dataclass
class Front:
    """The browser's and the program's way in: nginx, by TLS."""

    port: int
    token: str
    session: str

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        context = ssl._create_unverified_context()
        with closing(http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=context)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, {"Host": NAME, **named})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def page(self) -> bool:
        """A page that needs session and database."""
        status, text = self.ask("GET", "/desk/?view=open", Cookie=f"sessionid={self.session}")
        return status == 200 and b"</html>" in text

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        bearer = f"Bearer {self.token}"
        status, text = self.ask(method, f"/api/v1{path}", body, Authorization=bearer, **headers)
        return status, json.loads(text) if text.startswith((b"{", b"[")) else text

    @contextmanager
    def stream(self) -> Iterator[Callable[[], bytes]]:
        """The event stream; gives the next line that rings."""
        context = ssl._create_unverified_context()
        with closing(http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)) as connection:
            connection.request("GET", "/live/", headers={"Host": NAME, "Cookie": f"sessionid={self.session}"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise ConnectionError(answer.status)
            assert answer.readline().startswith(b"retry")

            def ring() -> bytes:
                while line := answer.readline():
                    if line.startswith(b"data: "):
                        return line
                raise ConnectionError("the stream ended")

            yield ring


class Load(threading.Thread):
    """Tickets by the API, each with a file, and mails with one too, until stopped; what fails is asked again."""

    def __init__(self, front: Front, dovecot: Dovecot) -> None:
        super().__init__(daemon=True)
        self.front, self.dovecot = front, dovecot
        self.stop = threading.Event()
        self.files: dict[str, str] = {}
        self.waiting: dict[str, bytes] = {}
        self.by_api = self.by_mail = 0
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            for number in itertools.count(1):
                if self.stop.wait(PAUSE_SECONDS):
                    return
                self._one(number)
        except BaseException as error:
            self.problem = error
            raise

    def _one(self, number: int) -> None:
        content = secrets.token_bytes(3000)
        subject = f"Por la API {number}"
        if number % 2:
            subject = f"Por correo {number}"
            sender = f"Ana <ana{number}@cliente.example>"
            given = {"Subject": subject, "From": sender, "Message-ID": f"<{number}.top@cliente.example>"}
            self.dovecot.append(USER, write(files=[("a.bin", "application/octet-stream", content)], **given))
            self.files[subject] = hashlib.sha256(content).hexdigest()
            self.by_mail += 1
            return
        edge = secrets.token_hex(8)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'.encode()
        form = head + content + f"\r\n--{edge}--\r\n".encode()
        upload: Any = None
        while upload is None:
            with suppress(OSError, http.client.HTTPException):
                kind = f"multipart/form-data; boundary={edge}"
                status, said = self.front.call("POST", "/uploads", form, Content_Type=kind)
                upload = said["id"] if status == 201 else None
        requester = {"email": f"luis{number}@cliente.example"}
        ticket = {"subject": subject, "text": "No va.", "requester": requester, "attachments": [upload]}
        self.files[subject] = hashlib.sha256(content).hexdigest()
        self.waiting[subject] = json.dumps(ticket).encode()
        self.open(subject)
        self.by_api += 1

    def open(self, subject: str) -> None:
        """Try until it is opened, or until whoever carried it out first seems to be dead."""
        key = hashlib.sha256(subject.encode()).hexdigest()
        while True:
            with suppress(OSError, http.client.HTTPException):
                body = self.waiting[subject]
                kind = "application/json"
                status, said = self.front.call("POST", "/tickets", body, Content_Type=kind, Idempotency_Key=key)
                assert status in (201, 409) or status >= 500, (status, said)
                if status == 201:
                    del self.waiting[subject]
                    return
                if status == 409:
                    return


@dataclass
class Topology:
    """What runs."""

    own: Installation
    postgres: Postgres
    redis: Redis
    front: Front
    variables: dict[str, str]
    parts: list[tuple[str, Child]] = field(default_factory=list)

    def start(self, *part: str) -> None:
        self.parts.append((part[0], self.own.start("serve", "--only", *part, one_stream=True, **self.variables)))

    def workers(self) -> Iterator[tuple[str, int]]:
        """Each process that does the work of a part (below its supervisor)."""
        for name, part in self.parts:
            for child in Path(f"/proc/{part.pid}/task/{part.pid}/children").read_text().split():
                yield name, int(child)

    def end(self, *names: str) -> None:
        """Stop parts as a service does."""
        ending = [(name, part) for name, part in self.parts if not names or name in names]
        for _name, part in ending:
            part.send_signal(signal.SIGTERM)
        for name, part in ending:
            part.communicate(timeout=30)
            self.parts.remove((name, part))


@pytest.fixture
def topology(tmp_path: Path) -> Iterator[tuple[Topology, Dovecot, SmtpServer]]:
    missing = [name for name in ("redis-server", "openssl") if not shutil.which(name)] + [
        name for name in (NGINX, DOVECOT) if not Path(name).exists()
    ]
    if missing or not postgresql_server() or not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        assert os.environ.get("CI") != "true"
        pytest.skip(f"needs PostgreSQL, Redis, nginx and Dovecot: {missing}")
    # Not below pytest's own folder: other users must be able to walk in.
    folder = Path(tempfile.mkdtemp(prefix="ventanilla-topology-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres, redis, smtp = Postgres(folder / "pg"), Redis(), SmtpServer()
        mail = folder / "dovecot"
        mail.mkdir(mode=0o755)
        dovecot = Dovecot(mail, Certificate.make(mail), quota_mails=100_000)
        for server, stop in (
            (postgres, postgres.stop),
            (redis, redis.kill),
            (dovecot, dovecot.stop),
            (smtp, smtp.stop),
        ):
            stack.callback(stop)
            server.start()
        dovecot.client(USER).logout()
        postgres.fill(migrated_postgresql())
        own = Installation(tmp_path / "data", postgres.url)
        own.run("person", "create", "--email", "ada@here.example", "--role", "administrator")
        own.run("person", "create", "--email", "berta@here.example", "--role", "agent")
        variables = {
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0", "VENTANILLA_QUEUE": "redis",
            "VENTANILLA_URL": f"https://{NAME}", "VENTANILLA_TRUSTED_PROXIES": "127.0.0.1",
        }  # fmt: skip
        token, session = own.run(str(dovecot.port), str(smtp.port), PLAIN_PASSWORD, code=PREPARE).split()[-2:]
        plain, secure, pages, live = (free_port() for _ in range(4))
        certificate(tmp_path)
        sample = configuration(tmp_path, plain, secure, pages, live)
        nginx = subprocess.Popen([NGINX, "-c", str(sample)], stderr=subprocess.DEVNULL)
        stack.callback(nginx.wait, 10)
        stack.callback(nginx.terminate)
        made = Topology(own, postgres, redis, Front(secure, token, session), variables)
        stack.callback(made.end)
        made.start("pages", "--port", str(pages))
        made.start("live", "--port", str(live))
        for part in ("worker", "worker", "ticker", "ticker"):
            made.start(part)
        for _name, part in made.parts:
            wait_until_ready(part)
        yield made, dovecot, smtp


def test_nothing_is_lost_or_doubled_whatever_is_killed(topology: tuple[Topology, Dovecot, SmtpServer]) -> None:
    made, dovecot, smtp = topology
    front, postgres, redis = made.front, made.postgres, made.redis
    until(front.page, "no page")
    until(lambda: postgres.ask("SELECT 1 FROM mail_mailbox WHERE fetched_at IS NOT NULL"), "no mail is fetched")
    load = Load(front, dovecot)
    load.start()

    def goes_on() -> None:
        """Tickets by API and by mail arrive after what has just been done."""
        api, mails = load.by_api, load.by_mail
        until(lambda: load.by_api > api and load.by_mail > mails, "nothing arrives")

    def back_in_time(what: str, since: float) -> None:
        until(front.page, f"no page after {what}")
        assert time.monotonic() - since < BACK_SECONDS, f"pages were away too long after {what}"

    goes_on()
    before = list(made.workers())
    assert sorted(name for name, _pid in before) == ["live", "pages", "pages", "ticker", "ticker", "worker", "worker"]
    for name, pid in before:
        os.kill(pid, signal.SIGKILL)
        back_in_time(f"the end of {name}", time.monotonic())
        goes_on()
    until(lambda: len({pid for _n, pid in made.workers()} - {pid for _n, pid in before}) == 7, "not all came back")

    postgres.run("pg_ctl", "restart", "-w", "-m", "immediate", "-l", str(postgres.folder / "log"))
    back_in_time("the restart of PostgreSQL", time.monotonic())
    goes_on()
    redis.kill()
    back_in_time("the end of Redis", time.monotonic())
    goes_on()
    redis.start()
    goes_on()

    # The streams have outlived all of it, or are there again.
    def rings() -> bool:
        with front.stream() as ring:
            return b"scope" in ring()

    until(rings, "no stream rings")
    with ExitStack() as browsers:
        for _ in range(20):
            browsers.enter_context(front.stream())
        (live,) = (pid for name, pid in made.workers() if name == "live")
        assert len(list(Path(f"/proc/{live}/task").iterdir())) < 10, "a thread, and a connection, for each stream"

    load.stop.set()
    load.join(PATIENCE_SECONDS)
    assert not load.is_alive() and load.problem is None
    made.end("worker", "ticker")
    for subject in list(load.waiting):
        # Its first process is dead: what it had begun was rolled back, and is done now.
        postgres.ask("UPDATE api_repeatable SET created_at = created_at - interval '2 minutes' WHERE status IS NULL")
        load.open(subject)
    assert not load.waiting
    # Whoever was killed holds leases still: they run out.
    for table in ("events_handover", "mail_outgoing"):
        postgres.ask(f"UPDATE {table} SET next_attempt_at = now() WHERE state = 0")
    postgres.ask("UPDATE mail_rawmail SET next_attempt_at = now() - interval '10 minutes' WHERE state = 0")
    made.start("worker")
    made.start("ticker")
    everything = len(load.files)
    until(lambda: postgres.ask("SELECT count(*) FROM tickets_ticket") == [(everything,)], "not every ticket is there")
    for table in ("events_handover", "mail_outgoing", "mail_rawmail"):
        until(lambda table=table: postgres.ask(f"SELECT count(*) FROM {table} WHERE state = 0") == [(0,)], table)

    rows = postgres.ask(
        "SELECT t.subject, b.sha256 FROM tickets_ticket t JOIN tickets_message m ON m.ticket_id = t.id"
        " JOIN tickets_attachment a ON a.message_id = m.id JOIN files_blob b ON b.id = a.blob_id"
    )
    assert sorted(rows) == sorted(load.files.items()), "each ticket once, with one message and its own file"
    stored = made.own.data / "files"
    for digest in load.files.values():
        content = (stored / digest[:2] / digest[2:4] / digest).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    kinds = Counter(kind for (kind,) in postgres.ask("SELECT kind FROM events_event"))
    assert kinds["ticket.opened"] == everything and kinds["mail.failed"] == 0
    told = postgres.ask("SELECT ticket_id, reason FROM notify_notification")
    assert len(told) == len(set(told)) and len({ticket for ticket, _reason in told}) == load.by_mail
    sent = postgres.ask("SELECT rfc_message_id, state FROM mail_outgoing")
    assert {state for _id, state in sent} == {1}
    arrived = {str(mail["Message-ID"]) for mail in smtp.inbox.mails}
    assert arrived == {identity for identity, _state in sent}, "a mail that came twice bears one Message-ID"
    to_agent = smtp.inbox.to("berta@here.example")
    noticed = {str(mail["Message-ID"]) for mail in to_agent if "INC-" in str(mail["Subject"])}
    assert len(noticed) == len(told), "one mail for each notification"
    acknowledged = Counter(str(mail["To"]) for mail in {str(m["Message-ID"]): m for m in smtp.inbox.mails}.values())
    assert all(count == 1 for address, count in acknowledged.items() if "cliente.example" in address)
