"""kill -9 at the worst moments: nothing lost, nothing doubled. Real processes, on whichever engine is under test."""

import io
import os
import random
import signal
import time
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from tests.plugin import SETUP, make_person
from tests.processes import run, run_until_killed, start
from ventanilla.api.actions import create_token
from ventanilla.api.models import Repeatable
from ventanilla.events import handover
from ventanilla.events.models import Event, Handover
from ventanilla.events.redis_link import own
from ventanilla.mail.models import Outgoing
from ventanilla.people import import_actions
from ventanilla.people.models import Organization, PeopleImport, Person
from ventanilla.search.models import SearchDocument
from ventanilla.tickets.models import Draft, Message, Ticket

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

OPEN = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket

person = Person.objects.get(email="leire@people.example")

def open_one(subject):
    return open_ticket(by=Author.of(person), requester=person, subject=subject, content=Content.of_text("x"),
                       channel=Ticket.Channel.PORTAL)
"""


@pytest.fixture
def staffed(transactional_db):
    agent = make_person("Aitor Agent", "agent")
    Person.objects.filter(pk=agent.pk).update(notices="team")
    return agent, make_person("Leire Requester", "requester")


def everything_due():
    """Worker and ticker in a process of their own, until nothing is due."""
    run("from ventanilla.events.ticker import tick\nwhile tick():\n    pass")


def test_killed_between_commit_and_hand_over(staffed):
    run_until_killed(
        OPEN
        + """
from ventanilla.events import wake
wake.install(lambda name: die())   # the commit is done, the wake-up never leaves
open_one("Lost?")
"""
    )
    assert Ticket.objects.get().subject == "Lost?"
    row = Handover.objects.get(reaction="notify.tell_agents")
    assert row.state == Handover.State.DUE
    everything_due()
    row.refresh_from_db()
    assert row.state == Handover.State.DONE
    assert Outgoing.objects.filter(kind="notice").count() == 1


def test_killed_inside_the_transaction_leaves_nothing(staffed):
    run_until_killed(
        OPEN
        + """
from ventanilla.events import registry
kinds = frozenset({"ticket.opened"})
registry._store.before_commit += (registry.Reaction("die", kinds, lambda happening, cause: die()),)
open_one("Half")
"""
    )
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()
    assert not SearchDocument.objects.exists()
    assert not Event.objects.filter(kind="ticket.opened").exists()
    assert run(OPEN + "print(open_one('Whole').number)").strip().startswith("INC-")


def test_killed_in_the_middle_of_a_task(staffed):
    run(OPEN + "open_one('Task')")
    run_until_killed(
        """
from ventanilla.events import handover, registry
react = next(r for r in registry.after_commit() if r.name == "notify.tell_agents")

def halfway(happening, cause):
    react.run(happening, cause)     # has written its rows, has not committed
    die()

registry._store.after_commit = (registry.Reaction(react.name, react.kinds, halfway),)
handover.run_due()
"""
    )
    assert not Outgoing.objects.filter(kind="notice").exists()
    row = Handover.objects.get(reaction="notify.tell_agents")
    assert row.state == Handover.State.DUE and row.lease_until > timezone.now()
    everything_due()
    assert not Outgoing.objects.filter(kind="notice").exists(), "the lease still runs"
    later = row.lease_until + timedelta(seconds=1)
    assert handover.run_due(later) == 1
    assert Outgoing.objects.filter(kind="notice").count() == 1
    assert handover.run_due(later) == 0


def test_killed_while_a_draft_is_sent(staffed):
    agent, _requester = staffed
    run(OPEN + "open_one('Draft')")
    ticket = Ticket.objects.get()
    Draft.objects.create(ticket=ticket, person=agent, audience="requester", html="<p>Hello</p>", send_at=timezone.now())
    run_until_killed(
        """
from django.utils import timezone
from ventanilla.events import registry
from ventanilla.tickets import drafts
kinds = frozenset({"ticket.replied"})
registry._store.before_commit += (registry.Reaction("die", kinds, lambda happening, cause: die()),)
drafts.send_due(timezone.now())
"""
    )
    assert Draft.objects.count() == 1 and Message.objects.count() == 1
    everything_due()
    everything_due()
    assert Draft.objects.count() == 0
    assert Message.objects.filter(from_staff=True).count() == 1
    assert Outgoing.objects.filter(kind="reply").count() == 1


def test_writers_and_workers_killed_at_random(staffed):
    """Two writers and two tickers at once, killed again and again: every event whole, every hand-over once."""
    chance = random.Random(7)
    write = OPEN + "n = 0\nwhile True:\n    n += 1\n    open_one(f'Random {n}')"
    work = "from ventanilla.events.ticker import tick\nwhile True:\n    tick()"
    for _round in range(2):
        children = [start(write), start(write), start(work), start(work)]
        enough = Ticket.objects.count() + chance.randint(12, 40)
        patience = time.monotonic() + 60
        while Ticket.objects.count() < enough and time.monotonic() < patience:
            assert all(child.poll() is None for child in children), [child.stderr.read() for child in children]
        for child in children:
            child.send_signal(signal.SIGKILL)
        for child in children:
            child.communicate()
    Handover.objects.filter(state=Handover.State.DUE).update(next_attempt_at=timezone.now())
    everything_due()
    tickets = Ticket.objects.count()
    assert tickets > 20
    assert Message.objects.count() == tickets
    assert Event.objects.filter(kind="ticket.opened").count() == tickets
    assert SearchDocument.objects.count() == 2 * tickets
    assert Ticket.objects.values("number").distinct().count() == tickets
    rows = Handover.objects.filter(reaction="notify.tell_agents")
    assert rows.count() == tickets and rows.exclude(state=Handover.State.DONE).count() == 0
    assert Outgoing.objects.filter(kind="notice").count() == tickets


WORK = """
from ventanilla.config.serving import _work
print("works", flush=True)
_work()
"""


def done() -> bool:
    return not Handover.objects.exclude(state=Handover.State.DONE).exists()


def test_workers_are_woken_by_redis_and_nothing_is_lost_with_it(staffed, monkeypatch):
    url = os.environ.get("VENTANILLA_TEST_REDIS", "")
    if not url:
        assert os.environ.get("CI") != "true"
        pytest.skip("needs Redis (set VENTANILLA_TEST_REDIS)")
    monkeypatch.setenv("VENTANILLA_QUEUE", "redis")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")  # nobody listens there
    run(OPEN + "open_one('Redis is away')")
    assert Handover.objects.get(reaction="notify.tell_agents").state == Handover.State.DUE
    everything_due()
    monkeypatch.setenv("REDIS_URL", url)
    store = redis.Redis.from_url(url)
    store.flushdb()
    run(OPEN + "open_one('Redis forgets')")
    assert store.llen(f"rq:queue:{own('work')}") > 0
    store.flushdb()
    assert not done()
    everything_due()
    assert done()
    workers = [start(WORK), start(WORK)]
    try:
        for worker in workers:
            assert worker.stdout.readline() == "works\n"
        # One at a time: of a burst the ticker does what no wake-up told of, and none runs here.
        for left in (2, 2, 1):
            for worker in workers[left:]:
                worker.kill()
            run(OPEN + "open_one('Redis wakes')")
            patience = time.monotonic() + 30
            while not done():
                assert time.monotonic() < patience
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
        store.flushdb()
    assert Outgoing.objects.filter(kind="notice").count() == Ticket.objects.count() == 5


def test_a_call_killed_before_its_answer_is_kept_opens_one_ticket_in_the_end(staffed, client):
    agent, _requester = staffed
    headers = {"authorization": f"Bearer {create_token(by=SETUP, person=agent)}", "idempotency-key": "once"}
    call = {"path": "/api/v1/tickets", "data": {"subject": "Once", "text": "x"}, "content_type": "application/json"}
    run_until_killed(
        f"""
from django.test import Client
from ventanilla.api import idempotency
idempotency._keep = lambda *_args: die()
Client(headers={{"host": "localhost"}}).post(**{call!r}, headers={headers!r})
"""
    )
    assert not Ticket.objects.exists()
    again = {"headers": headers | {"host": "localhost"}}
    assert client.post(**call, **again).status_code == 409, "it may still be at it"
    Repeatable.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert [client.post(**call, **again).status_code for _ in range(2)] == [201, 201]
    assert Ticket.objects.count() == 1


def test_an_import_killed_in_a_batch_goes_on_where_it_was(staffed):
    """Nothing of the batch at hand is left, nothing of those before is lost, and nobody is made twice."""
    lines = "".join(f"p{number}@x.example;P{number};C{number % 3}\n" for number in range(250))
    batch = import_actions.keep_file(
        by=SETUP, file=io.BytesIO(f"Mail;Name;Company\n{lines}".encode()), name="p.csv", kind="people"
    )
    die_there = """
from django.utils import timezone
from ventanilla.people import actions, import_actions
real, left = getattr(OWNER, NAME), [COUNT]

def until(*args, **more):
    left[0] -= 1
    if left[0] < 0:
        die()
    return real(*args, **more)

setattr(OWNER, NAME, until)
while import_actions.run_due(timezone.now()):
    pass
"""

    def killed(owner: str, name: str, count: int):
        run_until_killed(die_there.replace("OWNER", owner).replace("NAME", repr(name)).replace("COUNT", str(count)))
        PeopleImport.objects.filter(pk=batch.pk).update(next_attempt_at=timezone.now())  # the lease runs out

    import_actions.begin_check(by=SETUP, run=batch, mapping=batch.mapping, make_organizations=True)
    killed("import_actions", "_keep_lines", 0)
    killed("import_actions", "plan", 150)
    everything_due()
    batch.refresh_from_db()
    assert batch.counts == {"new": 250, "organizations": 3} and batch.lines.count() == 250
    import_actions.start_import(by=SETUP, run=batch)
    killed("actions", "create_person", 150)
    assert Person.objects.filter(email__endswith="@x.example").count() == 100
    everything_due()
    batch.refresh_from_db()
    assert batch.state == PeopleImport.State.DONE and batch.counts == {"new": 250}
    assert Person.objects.filter(email__endswith="@x.example").count() == 250
    assert Event.objects.filter(kind="person.created", actor="system:command").count() == 250
    assert Organization.objects.filter(name__startswith="C").count() == 3
