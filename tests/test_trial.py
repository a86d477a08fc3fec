"""The trial and its end: days in the header, and starting for real with what one made by hand."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.plugin import make_person
from ventanilla.announcements.models import Announcement
from ventanilla.demo.load import load_demo
from ventanilla.demo.people import ADDRESS, COMPANY
from ventanilla.demo.trial import begin_trial
from ventanilla.events.models import Event
from ventanilla.installation.models import Installation
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox
from ventanilla.mail.setup import STAND_IN
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person, Team
from ventanilla.people.queries import has_administrator
from ventanilla.tickets.models import Ticket

REAL = "/start-for-real/"
SYSTEM = Author.system("test")


@pytest.mark.pure
@pytest.mark.parametrize(
    ("gone_days", "said"),
    [(0, "Trial: 14 days left."), (13, "Trial: 1 day left."), (15, "everything goes on working")],
)
def test_the_header_counts_days_and_nothing_is_locked(people, sign_in, make_ticket, gone_days, said):
    change_installation(by=SYSTEM, demo=True)
    begin_trial(by=SYSTEM, now=timezone.now() - timedelta(days=gone_days))
    ticket = make_ticket()
    desk, portal = sign_in(people.administrator), sign_in(people.requester)
    assert said in desk.get("/desk/").text and REAL in desk.get("/desk/").text
    assert said in portal.get("/portal/").text and REAL not in portal.get("/portal/").text
    assert REAL not in sign_in(people.agent).get("/desk/").text
    assert said in Client(headers={"host": "localhost"}).get("/sign-in/", headers={"accept-language": "en"}).text
    assert desk.post(f"/desk/tickets/{ticket.number}/take/").status_code < 400
    assert Ticket.objects.get().assignee == people.administrator


@pytest.mark.django_db
def test_starting_for_real_keeps_what_was_made_by_hand(sign_in):
    load_demo("small", say=lambda _text: None)
    begin_trial(by=SYSTEM)
    own, colleague = make_person("Olga Own", "administrator"), make_person("Celia Colleague", "requester")
    mailbox = save_mailbox(by=SYSTEM, address="help@real.example")
    teams = set(Team.objects.values_list("pk", flat=True))
    client, tickets = sign_in(own), Ticket.objects.count()
    page = client.get(REAL).text
    assert f"{tickets} tickets" in page and "2 people you added" in page and "1 mailbox you connected" in page
    assert Ticket.objects.count() == tickets, "looking deletes nothing"

    done = client.post(REAL)
    assert done["Location"] == "/settings/installation/"
    assert set(Person.objects.all()) == {own, colleague}
    assert set(Mailbox.objects.values_list("address", flat=True)) == {STAND_IN, mailbox.address}
    assert set(Team.objects.values_list("pk", flat=True)) == teams
    assert not Ticket.objects.exists() and not Announcement.objects.exists()
    row = Installation.objects.get(pk=1)
    assert not row.demo and "trial_until" not in row.settings and row.name != COMPANY
    assert not Organization.objects.filter(name=COMPANY).exists()
    assert Event.objects.filter(kind="installation.changed", actor=f"person:{own.pk}").exists()
    settings = client.get("/settings/installation/")
    assert settings.status_code == 200 and "Trial" not in settings.text
    assert client.get(REAL).status_code == 404


@pytest.mark.pure
@pytest.mark.django_db
def test_the_demo_s_own_administrator_goes_on_with_the_five_questions(sign_in):
    load_demo("small", say=lambda _text: None)
    client = sign_in(Person.objects.get(role__key="administrator"))
    done = client.post(REAL)
    assert done["Location"] == "/welcome/language/"
    assert not Person.objects.exists() and not has_administrator()
    assert client.get(done["Location"]).status_code == 200
    assert Client(headers={"host": "localhost"}).get(done["Location"]).status_code == 302, "this browser alone"
    assert client.post(done["Location"], {"language": "en"})["Location"] == "/welcome/organization/"
    assert not Mailbox.objects.filter(address=ADDRESS).exists()


@pytest.mark.pure
@pytest.mark.django_db
def test_only_administrators_of_a_demo_end_it(people, sign_in, make_ticket):
    make_ticket()
    assert sign_in(people.administrator).post(REAL).status_code == 404, "no demo, nothing to end"
    change_installation(by=SYSTEM, demo=True)
    for person in (people.supervisor, people.agent, people.requester):
        assert sign_in(person).post(REAL).status_code == 403
    assert Client(headers={"host": "localhost"}).post(REAL).status_code == 302
    assert Ticket.objects.count() == 1 and Installation.objects.get(pk=1).demo
