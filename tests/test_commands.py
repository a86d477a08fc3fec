"""Commands that cannot do what they are asked say what is missing and what to type, without a traceback."""

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import Count, Max, Min

from tests.installations import ITSELF
from tests.nursery import Child
from tests.processes import ventanilla
from ventanilla.catalog.models import Service
from ventanilla.demo.load import load_demo
from ventanilla.demo.wipe import wipe_demo
from ventanilla.mail.models import Mailbox
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person, Team
from ventanilla.tickets.models import Category, Ticket

OWN = ("DATABASE_URL", "REDIS_URL", "VENTANILLA_URL", "VENTANILLA_DATA", "VENTANILLA_PAGE_PROCESSES")


def run(data: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """How a command of a new installation ends, and what it says."""
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    child = Child(ITSELF, *arguments, environment=environment | {"VENTANILLA_DATA": str(data)} | variables)
    said = "".join(child.communicate())
    assert "Traceback" not in said, said
    return child.returncode, said


@pytest.mark.pure
@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DATABASE_URL": "oops"}, ["DATABASE_URL (oops)", "postgres://user:password@host/name"]),
        ({"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/x"}, ["cannot be used", "is DATABASE_URL right?"]),
        ({"REDIS_URL": "localhost"}, ["REDIS_URL", "redis://host:6379/0"]),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, ["REDIS_URL", "no Redis answers"]),
        ({"VENTANILLA_URL": "help.example.org"}, ["VENTANILLA_URL", "https://help.example.org"]),
        ({"VENTANILLA_PAGE_PROCESSES": "none"}, ["VENTANILLA_PAGE_PROCESSES (none)"]),
        ({"VENTANILLA_PAGE_PROCESSES": "0"}, ["VENTANILLA_PAGE_PROCESSES (0)"]),
        ({"VENTANILLA_DATA": "/proc/none"}, ["/proc/none", "--data DIR"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path, variables, named):
    code, said = run(tmp_path, "serve", "--empty", "--port", str(free_port()), **variables)
    assert code == 1
    for words in named:
        assert words in said
    assert "secret" not in said


@pytest.mark.pure
@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--port", "99999"], "from 1 to 65535"),
        (["--port", "web"], "from 1 to 65535"),
        (["--host", "192.0.2.1"], "--host 0.0.0.0"),
    ],
)
def test_a_place_where_nobody_can_listen_is_named(tmp_path, options, named):
    code, said = run(tmp_path, "serve", "--empty", *options)
    assert code != 0 and named in said


@pytest.mark.pure
@pytest.mark.parametrize("command", ["person create --email a@b.example --role agent", "demo load", "demo wipe"])
def test_an_unprepared_database_is_named(tmp_path, command):
    code, said = run(tmp_path, *command.split())
    assert code == 1 and "ventanilla migrate" in said


@pytest.mark.pure
def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "ventanilla.sqlite3").write_text("not a database at all " * 50)
    code, said = run(tmp_path, "migrate")
    assert code == 1 and "file is not a database" in said and "data folder" in said


@pytest.mark.pure
@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"VENTANILLA_DATA": "/proc/none"}, "/proc/none"),
        ({"DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "cannot be used"),
        ({}, "ventanilla migrate"),
    ],
)
def test_a_mail_server_is_told_to_keep_the_mail(tmp_path, variables, named):
    code, said = run(tmp_path, "mail", "deliver", "--mailbox", "a@b.example", **variables)
    assert code == 75 and named in said


@pytest.mark.django_db(transaction=True)
def test_a_mail_for_a_mailbox_that_is_not_set_up_is_kept():
    away = ventanilla(["mail", "deliver", "--mailbox", "none@here.example"], stdin=b"Subject: x\n\nx\n")
    assert away.returncode == 75 and "none@here.example" in away.stderr
    assert not Ticket.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_only_a_demo_is_wiped(make_ticket):
    make_ticket()
    refused = ventanilla(["demo", "wipe"])
    assert refused.returncode == 1 and "nothing was deleted" in refused.stderr
    assert Ticket.objects.count() == 1
    change_installation(by=Author.system("test"), demo=True)
    assert ventanilla(["demo", "wipe"]).returncode == 0
    assert not Ticket.objects.exists()


@pytest.mark.pure  # plain rows through the same actions: one engine is enough
@pytest.mark.django_db
def test_the_full_demo_is_what_it_says_and_leaves_the_settings():
    load_demo("full", say=lambda _text: None)
    teams = Team.objects.annotate(tickets=Count("ticket")).values_list("level", "department__key", "tickets")
    assert {level for level, _department, _tickets in teams} == {1, 2, 3, 4}
    assert len({department for _level, department, _tickets in teams}) == 2
    assert all(tickets for _level, _department, tickets in teams), "no team of the company is idle"
    assert (Person.objects.agents().count(), Person.objects.exclude(pk__in=Person.objects.agents()).count()) == (12, 60)
    assert (Organization.objects.filter(own=False).count(), Ticket.objects.count()) == (3, 400)
    moments = Ticket.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    assert timedelta(days=80) < moments["last"] - moments["first"] <= timedelta(days=90)
    assert {"es", "en"} == set(Ticket.objects.values_list("requester__language", flat=True))
    kept = (Team.objects.count(), Category.objects.count(), Service.objects.count(), Mailbox.objects.count())
    wipe_demo(by=Author.system("demo"))
    assert not Ticket.objects.exists() and not Person.objects.exists()
    assert (Team.objects.count(), Category.objects.count(), Service.objects.count(), Mailbox.objects.count()) == kept


@pytest.mark.django_db(transaction=True)
def test_commands_speak_one_language():
    refused = ventanilla(["person", "create", "--email", "nope", "--role", "agent"])
    assert refused.returncode == 1 and "“nope” is not an e-mail address." in refused.stderr
    assert not Person.objects.filter(email="nope").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
