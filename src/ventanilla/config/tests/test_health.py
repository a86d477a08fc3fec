"""What a watcher is told, and whom the figures are for."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.processes import run

from ventanilla.config.operation.health import unapplied
from ventanilla.events import ticker
from ventanilla.events.beat import SILENT_SECONDS
from ventanilla.events.models import Beat, Handover
from ventanilla.mail.models import Outgoing

TOKEN = "a-token-of-the-watcher"


def figures(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def no_beat(db):
    Beat.objects.all().delete()


def test_whether_the_process_answers_is_said_without_the_database(client):
    # No database is allowed in this test: a question to it would fail.
    answer = client.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok\n", "no-store")
    assert client.post("/healthz").status_code == 405


def test_ready_only_with_a_ticker_that_lives(client, no_beat):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False, "checks": {"database": "ok", "migrations": "ok", "background": "failed"},
    }  # fmt: skip
    Beat.objects.create(name="ticker", at=timezone.now())
    assert client.get("/readyz").status_code == 200
    Beat.objects.update(at=timezone.now() - timedelta(seconds=SILENT_SECONDS + 1))
    assert client.get("/readyz").json()["checks"]["background"] == "failed"


@pytest.mark.django_db(transaction=True)
def test_the_ticker_leaves_a_sign_of_life():
    Beat.objects.all().delete()
    run("from ventanilla.events.ticker import tick\ntick(last={})")
    assert timezone.now() - Beat.objects.get().at < timedelta(minutes=1)
    run("from ventanilla.events.ticker import tick\ntick(last={})")
    assert Beat.objects.count() == 1
    assert ticker.tick() == 0


def test_not_ready_before_every_migration_is_applied(client, no_beat):
    Beat.objects.create(name="ticker", at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'events' AND name = '0002_beat'")
    assert unapplied() == [("events", "0002_beat")]
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["checks"]["migrations"] == "failed"


def test_the_figures_count_what_waits(client, ticket):
    late = timezone.now() - timedelta(seconds=90)
    Handover.objects.update(next_attempt_at=late)
    due, mails = Handover.objects.filter(state=Handover.State.DUE).count(), Outgoing.objects.filter(state=0).count()
    assert due and mails
    found = figures(client)
    assert found["ventanilla_up"] == 1
    assert found['ventanilla_handovers{state="due"}'] == due
    assert 90 <= found["ventanilla_handover_oldest_due_seconds"] < 150
    assert found['ventanilla_mail_out{state="due"}'] == mails
    Handover.objects.update(state=Handover.State.FAILED)
    found = figures(client)
    assert found['ventanilla_handovers{state="due"}'] == found["ventanilla_handover_oldest_due_seconds"] == 0
    assert found['ventanilla_handovers{state="failed"}'] == due


def test_requests_are_timed_by_view_and_never_by_address(client, ticket):
    name = 'ventanilla_request_seconds_count{view="sign-in"}'
    before = figures(client).get(name, 0)
    client.get("/sign-in/", headers={"host": "localhost"})
    client.get("/made-up-address/", headers={"host": "localhost"})
    found = figures(client)
    assert found[name] == before + 1
    assert found['ventanilla_answers_total{method="GET",status="404"}'] >= 1
    assert "made-up-address" not in str(found)


@pytest.mark.parametrize(
    ("remote", "headers"),
    [
        ("192.0.2.7", {}),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}),  # a proxy on this computer that nobody told us of
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
        ("192.0.2.7", {"authorization": "Bearer wrong"}),
        ("192.0.2.7", {"authorization": "Bearer "}),
        ("", {}),
    ],
)
def test_the_figures_are_for_nobody_else(client, db, settings, remote, headers):
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=remote)
    assert answer.status_code == 404 and b"ventanilla_" not in answer.content


def test_the_figures_are_for_who_knows_the_token(client, db, monkeypatch, settings):
    monkeypatch.setattr(settings.ENVIRONMENT, "ventanilla_metrics_token", TOKEN)
    right = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert client.get("/metrics", headers={"authorization": TOKEN}, REMOTE_ADDR="192.0.2.7").status_code == 404


LOG = """
import logging, structlog
with structlog.contextvars.bound_contextvars(request="abcdef0123"):
    structlog.get_logger("ventanilla.test").warning("ours", number=7)
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("django.request").exception("theirs")
"""


@pytest.mark.django_db(transaction=True)
def test_logs_are_json_where_nobody_reads_along():
    lines = run(f"import sys\nsys.stderr = sys.stdout\nfrom django.conf import settings\nimport logging.config\n"
                f"logging.config.dictConfig(settings.LOGGING)\n{LOG}").splitlines()  # fmt: skip
    ours, theirs = (json.loads(line) for line in lines)
    assert (ours["event"], ours["number"], ours["request"], ours["level"]) == ("ours", 7, "abcdef0123", "warning")
    assert (theirs["event"], theirs["request"], theirs["level"]) == ("theirs", "abcdef0123", "error")
    assert "ZeroDivisionError" in theirs["exception"]
