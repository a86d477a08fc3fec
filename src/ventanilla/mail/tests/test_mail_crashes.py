"""kill -9 on the road in and on the road out: nothing lost, nothing doubled. Real processes, on either engine."""

import json
import random
import signal
import time

import pytest
from django.utils import timezone
from tests.installations import ITSELF
from tests.nursery import Child
from tests.processes import environment, run, run_until_killed, start, ventanilla

from ventanilla.events.models import Event, Handover
from ventanilla.files.queries import read_blob
from ventanilla.mail.models import FetchLease, Outgoing, RawMail
from ventanilla.mail.tests.write import write
from ventanilla.search.models import SearchDocument
from ventanilla.tickets.models import Message, Ticket

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

RECEIVE = """
from pathlib import Path
from ventanilla.mail import receive
raw = Path(sys.argv[1]).read_bytes()
"""


@pytest.fixture
def desk(transactional_db, mailbox):
    return mailbox


def delivered(raw: bytes) -> dict[str, object]:
    done = ventanilla(["mail", "deliver"], stdin=raw)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_whole_ticket() -> None:
    assert Ticket.objects.count() == Message.objects.count() == 1
    assert Event.objects.filter(kind="ticket.opened").count() == 1
    assert SearchDocument.objects.count() == 2
    assert Outgoing.objects.filter(kind="ack").count() == 1
    assert Handover.objects.filter(reaction="notify.tell_agents").count() == 1


@pytest.mark.parametrize(
    ("where", "stored"),
    [
        ("receive.process = lambda *a, **k: die()", 1),  # the bytes are stored, nothing is made of them yet
        ("receive._finish = lambda *a, **k: die()", 1),  # everything is written, nothing is committed
        ("receive.insert_unless = lambda *a, **k: die()", 0),  # the file is there, its row is not
    ],
)
def test_a_delivery_killed_and_repeated_by_the_mta(where, stored, desk, tmp_path):
    raw = write(files=[("a.pdf", "application/pdf", b"%PDF-1.4" * 500)])
    (tmp_path / "mail").write_bytes(raw)
    run_until_killed(f"{RECEIVE}\n{where}\nreceive.receive(raw)", str(tmp_path / "mail"))
    assert RawMail.objects.count() == stored and not Ticket.objects.exists()
    answer = delivered(raw)
    assert answer["outcome"] == "opened" and answer["ticket"] == Ticket.objects.get().number
    assert RawMail.objects.count() == 1 and read_blob(RawMail.objects.get().blob) == raw
    one_whole_ticket()
    again = delivered(raw)
    assert (again["outcome"], again["ticket"]) == ("duplicate", answer["ticket"])
    one_whole_ticket()


def test_what_a_kill_left_behind_is_found_without_the_mta(desk, tmp_path):
    (tmp_path / "mail").write_bytes(write())
    run_until_killed(
        f"{RECEIVE}\nreceive.process = lambda *a, **k: die()\nreceive.receive(raw)", str(tmp_path / "mail")
    )
    later = (
        "from datetime import timedelta\nfrom django.utils import timezone\n"
        "from ventanilla.mail.receive import process_due"
    )
    assert run(f"{later}\nprint(process_due(timezone.now()))").strip() == "0", "somebody may still be at it"
    assert run(f"{later}\nprint(process_due(timezone.now() + timedelta(minutes=6)))").strip() == "1"
    one_whole_ticket()


def test_deliveries_killed_at_random(desk, tmp_path):
    """Ten deliveries of a folder, each killed somewhere; then one to the end."""
    chance = random.Random(5)
    raws = {f"{n:03d}.eml": write(Subject=f"Correo {n}") for n in range(60)}
    for name, raw in raws.items():
        (tmp_path / name).write_bytes(raw)
    for _round in range(10):
        child = Child(ITSELF, "mail", "deliver", "--dir", str(tmp_path), environment=environment())
        lines = chance.randint(0, 3)
        for _line in range(lines):
            child.stdout.readline()
        if lines:
            # Somewhere within the next mail, not always at its beginning.
            time.sleep(chance.random() * 0.03)
        child.send_signal(signal.SIGKILL)
        child.communicate()
    done = ventanilla(["mail", "deliver", "--dir", str(tmp_path)])
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {answer["outcome"] for answer in answers} <= {"opened", "duplicate"}
    assert len({answer["ticket"] for answer in answers}) == 60
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == sorted(f"Correo {n}" for n in range(60))
    assert Message.objects.count() == Event.objects.filter(kind="ticket.opened").count() == 60
    assert SearchDocument.objects.count() == 120
    assert RawMail.objects.filter(state=RawMail.State.DONE).count() == 60
    assert Handover.objects.count() == 60


def test_a_sender_killed_between_the_servers_250_and_the_mark_sends_the_same_mail_again(desk, inbox):
    delivered(write())
    kill = """
from django.utils import timezone
from ventanilla.mail import sending
sending._mark = lambda *a, **k: die()
sending.send_due(timezone.now())
"""
    run_until_killed(kill)
    row = Outgoing.objects.get()
    assert row.state == Outgoing.State.DUE and row.next_attempt_at > timezone.now(), "the lease still runs"
    assert len(inbox.mails) == 1
    run("from datetime import timedelta\nfrom django.utils import timezone\nfrom ventanilla.mail import sending\n"
        "sending.send_due(timezone.now() + timedelta(seconds=sending.LEASE_SECONDS + 1))")  # fmt: skip
    row.refresh_from_db()
    assert row.state == Outgoing.State.SENT
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"] == row.rfc_message_id
    for name in ("Subject", "Date", "To", "References"):
        assert first[name] == second[name], "the same mail, never another one"


def test_two_mailboxes_fed_with_one_mail_at_one_moment(desk, make_mailbox, tmp_path):
    """Copies that arrive together are one ticket, on either engine."""
    make_mailbox("ventas@mesa.example")
    for n in range(6):
        raw = write(Subject=f"Copia {n}", To="soporte@mesa.example, ventas@mesa.example")
        (tmp_path / f"{n}.eml").write_bytes(raw)
    other = tmp_path / "copies"
    other.mkdir()
    for path in tmp_path.glob("*.eml"):
        (other / path.name).write_bytes(path.read_bytes().replace(b"\r\n\r\n", b"\r\nX-Copy: 1\r\n\r\n", 1))
    command = ["mail", "deliver", "--mailbox"]
    children = [
        Child(ITSELF, *command, address, "--dir", str(folder), environment=environment())
        for address, folder in (("soporte@mesa.example", tmp_path), ("ventas@mesa.example", other))
    ]
    answers = [json.loads(line) for child in children for line in child.communicate(timeout=120)[0].splitlines()]
    assert sorted(answer["outcome"] for answer in answers) == ["duplicate"] * 6 + ["opened"] * 6
    assert Ticket.objects.count() == 6


FETCH = """
import threading
from ventanilla.mail import fetch
fetch.LOOK_SECONDS = 0.1
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_args: stop.set())
loop = threading.Thread(target=fetch.FetchLoop(stop).run)
loop.start()
print("runs", flush=True)
loop.join()
"""


def until(condition) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.dovecot
def test_of_two_tickers_one_fetches_a_mailbox_and_the_other_takes_over(transactional_db, fetched, dovecot):
    """Never two connections at once; after -9 the lease has to run out, after a proper end it is given up."""

    def sign_ins() -> int:
        return (dovecot.folder / "dovecot.log").read_text().count(f"Login: user=<{fetched.imap_user}>")

    def holder() -> int:
        row = FetchLease.objects.filter(until__gt=timezone.now()).exclude(holder="").first()
        return int(row.holder.split("/")[1]) if row else 0

    children = {child.pid: child for child in (start(FETCH), start(FETCH))}
    try:
        before = sign_ins()
        for child in children.values():
            assert child.stdout.readline() == "runs\n"
        until(holder)
        until(lambda: sign_ins() == before + 1)
        dovecot.append(fetched.imap_user, write(Subject="uno"))
        until(Ticket.objects.filter(subject="uno").exists)
        assert sign_ins() == before + 2, "one ticker, and whoever left the mail there"

        first = holder()
        children[first].kill()
        children.pop(first).communicate()
        dovecot.append(fetched.imap_user, write(Subject="dos"))
        FetchLease.objects.update(until=timezone.now())  # the lease runs out
        until(Ticket.objects.filter(subject="dos").exists)
        (second,) = children
        assert holder() == second
        children[second].send_signal(signal.SIGTERM)
        children.pop(second).communicate()
        assert holder() == 0
        assert Ticket.objects.count() == RawMail.objects.count() == 2
    finally:
        for child in children.values():
            child.kill()
