"""The first run from the front door: the code, the five questions, the first ticket, and that it ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.plugin import protect

from ventanilla.events.models import Event
from ventanilla.installation.models import Installation
from ventanilla.mail.models import Examination, Mailbox, Outgoing
from ventanilla.mail.queries import own_addresses
from ventanilla.mail.receive import receive
from ventanilla.mail.sending import send_due
from ventanilla.people.actions import create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person, Role
from ventanilla.tickets.models import Ticket, TicketType
from ventanilla.welcome.actions import MOST_ATTEMPTS, renew_code
from ventanilla.welcome.models import FirstRun
from ventanilla.welcome.queries import first_door

pytestmark = [pytest.mark.django_db, pytest.mark.pure]

CONSOLE = Author.system("test")
QUESTIONS = ("language", "organization", "administrator", "mailbox", "colleagues", "first-ticket")
COMPANY = {"name": "Muebles Ebro", "domains": "ebro.example", "time_zone": "Atlantic/Canary"}
ADMINISTRATOR = {"name": "Ana Pérez", "email": "Ana@Ebro.example", "password": "caballo grapa pila"}


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def type_code(browser: Client, code: str):
    return browser.post("/welcome/", {"code": code})


@pytest.fixture
def holder(browser: Client) -> Client:
    """A browser in which the code was typed."""
    assert type_code(browser, renew_code(by=CONSOLE)).status_code == 302
    return browser


@pytest.fixture
def setting_up(holder: Client) -> Client:
    """A browser whose administrator has just been made."""
    holder.post("/welcome/language/", {"language": "es"})
    holder.post("/welcome/organization/", COMPANY)
    answer = holder.post("/welcome/administrator/", ADMINISTRATOR)
    assert answer["Location"] == "/welcome/mailbox/"
    return holder


def test_what_is_ready_for_a_kind_of_organization_is_carried_in(holder: Client):
    holder.post("/welcome/language/", {"language": "es"})
    assert "Servicio posventa" in holder.get("/welcome/organization/").text
    wrong = holder.post("/welcome/organization/", COMPANY | {"sector": "nonsense"})
    assert wrong.status_code == 422 and not TicketType.objects.filter(key="breakdown").exists()
    answer = holder.post("/welcome/organization/", COMPANY | {"sector": "aftersales"})
    assert answer["Location"] == "/welcome/administrator/"
    assert TicketType.objects.get(key="breakdown").prefix == "AVE"
    assert first_door() == "breakdown"


def all_gone(browser: Client) -> bool:
    addresses = ["/welcome/", *(f"/welcome/{name}/" for name in QUESTIONS)]
    answers = [browser.get(address).status_code for address in addresses]
    return {*answers, *(browser.post(address, {"code": "x"}).status_code for address in addresses)} == {404}


def test_from_the_code_to_the_first_ticket_by_mail(browser, sign_in, run_background):
    code = renew_code(by=CONSOLE)
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", code)
    assert browser.get("/")["Location"] == "/welcome/"
    assert f'value="{code}"' in browser.get(f"/welcome/?code={code}").text
    assert type_code(browser, code.lower().replace("-", " "))["Location"] == "/welcome/language/"
    assert browser.post("/welcome/language/", {"language": "es"})["Location"] == "/welcome/organization/"
    assert "Pregunta 2 de 5" in browser.get("/welcome/organization/").text, "the chosen language is spoken at once"
    assert browser.post("/welcome/organization/", COMPANY)["Location"] == "/welcome/administrator/"
    assert "Muebles Ebro" in browser.get("/welcome/organization/").text, "going back shows what was said"
    browser.post("/welcome/administrator/", ADMINISTRATOR)

    row, own = Installation.objects.get(), Organization.objects.get(own=True)
    assert (row.name, row.language, row.time_zone) == ("Muebles Ebro", "es", "Atlantic/Canary")
    assert (own.name, own.domains) == ("Muebles Ebro", ["ebro.example"])
    ana = Person.objects.get()
    assert (ana.email, ana.name, ana.role.key, ana.language) == ("ana@ebro.example", "Ana Pérez", "administrator", "es")
    assert ana.organization == own and ana.teams.count() == 1 and ana.check_password(ADMINISTRATOR["password"])

    ports = {"imap_port": 993, "imap_security": "tls", "smtp_port": 587, "smtp_security": "starttls"}
    assert browser.post("/welcome/mailbox/", {"address": "soporte@ebro.example", **ports}).status_code == 302
    mailbox = Mailbox.objects.get()
    assert mailbox.address == "soporte@ebro.example" and mailbox.catch_all and mailbox.enabled

    pasted = "Luis Gil <luis@ebro.example>\nana@ebro.example; eva@ebro.example"
    agent = Role.objects.get(key="agent")
    answer = browser.post("/welcome/colleagues/", {"addresses": pasted, "role": agent.pk}, follow=True)
    assert "Se ha invitado a 2" in answer.text and "soporte@ebro.example" in answer.text
    luis = Person.objects.get(email="luis@ebro.example")
    assert (luis.name, luis.role, luis.organization) == ("Luis Gil", agent, own) and not luis.has_password
    assert Person.objects.get(pk=ana.pk).role.key == "administrator"
    assert set(Outgoing.objects.values_list("kind", "address")) == {
        ("invitation", "luis@ebro.example"), ("invitation", "eva@ebro.example"),
    }  # fmt: skip

    part = {"HX-Request": "true", "HX-Target": "v-arrival"}
    assert "every 2s" in browser.get("/welcome/first-ticket/", headers=part).text
    receive(b"From: Ana <ana@ebro.example>\r\nTo: soporte@ebro.example\r\nSubject: Una prueba\r\n\r\nHola")
    arrived = browser.get("/welcome/first-ticket/", headers=part).text
    assert "Una prueba" in arrived and "every 2s" not in arrived and "<html" not in arrived
    ticket = Ticket.objects.get()
    assert ticket.requester == ana
    answer = browser.post("/welcome/first-ticket/", {"then": "ticket"})
    assert answer["Location"] == f"/desk/tickets/{ticket.number}/"
    assert browser.get(answer["Location"])["Location"] == "/profile/safety/second/", "the second step is set up now"

    assert all_gone(browser) and all_gone(Client(headers={"host": "localhost"})) and renew_code(by=CONSOLE) == ""
    kinds = Event.objects.values_list("kind", flat=True)
    assert {"welcome.code_made", "welcome.opened", "welcome.finished", "person.invited"} <= set(kinds)


def test_a_code_opens_once_in_one_browser_and_a_new_one_closes_the_last(holder):
    code = renew_code(by=CONSOLE)
    assert holder.get("/welcome/language/")["Location"] == "/welcome/", "the new code closed what the old one opened"
    first, second = Client(headers={"host": "localhost"}), Client(headers={"host": "localhost"})
    assert type_code(first, code).status_code == 302
    assert type_code(second, code).status_code == 422
    assert second.post("/welcome/language/", {"language": "en"})["Location"] == "/welcome/"
    assert second.post("/welcome/administrator/", ADMINISTRATOR)["Location"] == "/welcome/"
    assert not Person.objects.exists() and Installation.objects.get().language == "es"
    assert first.get("/welcome/language/").status_code == 200
    FirstRun.objects.update(opened_at=timezone.now() - timedelta(seconds=3601))
    assert first.get("/welcome/language/").status_code == 302, "nor is the wizard open for ever"


def test_wrong_codes_spend_it_and_so_does_time(browser):
    code = renew_code(by=CONSOLE)
    assert "not the code" in type_code(browser, "AAAA-AAAA-AAAA").text
    for _ in range(MOST_ATTEMPTS - 1):
        assert type_code(browser, "").status_code == 422, "nothing typed is no attempt"
    for _ in range(MOST_ATTEMPTS - 1):
        refused = type_code(browser, "AAAA-AAAA-AAAA")
    assert "no longer works" in refused.text
    assert type_code(browser, code).status_code == 422
    code = renew_code(by=CONSOLE)
    FirstRun.objects.update(expires_at=timezone.now())
    assert type_code(browser, code).status_code == 422
    assert not Event.objects.filter(kind="welcome.opened").exists()


def test_an_administrator_from_the_console_ends_it(holder):
    create_person(by=CONSOLE, name="Root", email="root@x.example", role=Role.objects.get(key="administrator"))
    before = Installation.objects.get()
    assert holder.post("/welcome/language/", {"language": "en"}).status_code == 404
    assert holder.post("/welcome/administrator/", ADMINISTRATOR).status_code == 404
    assert Installation.objects.get().config_version == before.config_version and Person.objects.count() == 1
    assert renew_code(by=CONSOLE) == "" and holder.get("/")["Location"] == "/sign-in/"


def test_only_administrators_answer_the_last_questions(setting_up, sign_in):
    agent = create_person(by=CONSOLE, name="Eva", email="eva@x.example", role=Role.objects.get(key="agent"))
    before = Event.objects.count()
    stranger = Client(headers={"host": "localhost"})
    for name in ("mailbox", "colleagues", "first-ticket"):
        address = f"/welcome/{name}/"
        assert sign_in(agent).post(address, {"addresses": "a@x.example"}).status_code == 403
        assert stranger.post(address)["Location"].startswith("/sign-in/")
    assert Event.objects.count() == before and FirstRun.objects.get().finished_at is None
    for name in ("", "language/", "organization/", "administrator/"):
        assert setting_up.get(f"/welcome/{name}")["Location"] == "/welcome/mailbox/", "the way back ends there"
        assert stranger.get(f"/welcome/{name}").status_code == 404


@pytest.mark.parametrize(
    ("question", "typed", "said"),
    [
        ("language", {"language": "tlh"}, "tlh"),
        ("organization", COMPANY | {"domains": "ebro"}, "Muebles Ebro"),
        ("organization", COMPANY | {"name": "x" * 121}, "At most 120"),
        ("administrator", ADMINISTRATOR | {"email": "ana@"}, "Ana Pérez"),
        ("administrator", ADMINISTRATOR | {"password": "1234567890"}, "Ana@Ebro.example"),
        ("administrator", ADMINISTRATOR | {"name": ""}, "Ana@Ebro.example"),
    ],
)
def test_bad_answers_are_kept_and_explained_and_nothing_is_written(holder, question, typed, said):
    before = Event.objects.count()
    answer = holder.post(f"/welcome/{question}/", typed)
    assert answer.status_code == 422 and said in answer.text and "v-error" in answer.text
    assert Event.objects.count() == before and not Person.objects.exists()


def test_addresses_that_are_none_are_named_by_their_line(setting_up):
    before = Event.objects.count(), Person.objects.count()
    typed = {"addresses": "eva@ebro.example\nLuis Gil", "role": Role.objects.get(key="agent").pk}
    answer = setting_up.post("/welcome/colleagues/", typed)
    assert answer.status_code == 422 and "Línea 2: «Luis Gil»" in answer.text and "eva@ebro.example" in answer.text
    requester = Role.objects.get(key="requester")
    assert (
        setting_up.post("/welcome/colleagues/", {"addresses": "a@x.example", "role": requester.pk}).status_code == 422
    )
    assert (Event.objects.count(), Person.objects.count()) == before


def test_a_mailbox_is_looked_at_by_the_doctor_and_can_be_mended(setting_up, run_background):
    typed = {
        "address": "soporte@ebro.example", "imap_user": "soporte", "imap_password": "geheim",
        "imap_host": "127.0.0.1", "imap_port": 1, "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none",
    }  # fmt: skip
    assert setting_up.post("/welcome/mailbox/", typed)["Location"] == "/welcome/mailbox/"
    mailbox = Mailbox.objects.get()
    assert mailbox.smtp_user == "soporte" and mailbox.smtp_password and "geheim" not in mailbox.smtp_password
    assert 'hx-trigger="every 1s"' in setting_up.get("/welcome/mailbox/").text
    run_background()
    assert Examination.objects.get().finished_at is not None
    seen = setting_up.get("/welcome/mailbox/").text
    assert "is-bad" in seen and "every 1s" not in seen
    form = setting_up.get("/welcome/mailbox/?change").text
    assert 'value="soporte@ebro.example"' in form and "geheim" not in form
    assert setting_up.get("/welcome/first-ticket/").text.count("/welcome/mailbox/") == 1, "the trouble is told there"


def test_the_account_is_the_address_and_a_relay_is_given_none(setting_up):
    typed = {
        "address": "soporte@ebro.example", "imap_password": "geheim",
        "imap_host": "127.0.0.1", "imap_port": 1, "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none",
    }  # fmt: skip
    assert setting_up.post("/welcome/mailbox/", typed)["Location"] == "/welcome/mailbox/"
    mailbox = Mailbox.objects.get()
    assert mailbox.imap_user == mailbox.smtp_user == "soporte@ebro.example"
    assert mailbox.fetch_from is None, "from the connection on"
    since = {"fetch_from": "2026-01-31"}
    assert setting_up.post("/welcome/mailbox/", typed | since | {"relay": "on"})["Location"] == "/welcome/mailbox/"
    mailbox.refresh_from_db()
    assert (mailbox.imap_user, mailbox.smtp_user) == ("soporte@ebro.example", "")
    # Midnight in the Canary Islands, where the organization is.
    assert mailbox.fetch_from == datetime(2026, 1, 31, tzinfo=UTC)
    assert re.search(r'name="relay"[^>]* checked', setting_up.get("/welcome/mailbox/?change").text)


def test_without_a_mailbox_the_portal_makes_the_first_ticket(setting_up):
    assert not Mailbox.objects.get().smtp_host
    assert "/portal/new/incident/" in setting_up.get("/welcome/first-ticket/").text
    assert setting_up.get("/portal/new/incident/").status_code == 200
    setting_up.post("/portal/new/incident/", {"subject": "Desde el portal", "body": "Hola"})
    assert "Desde el portal" in setting_up.get("/welcome/first-ticket/").text
    assert setting_up.post("/welcome/first-ticket/", {"then": "desk"})["Location"] == "/desk/"
    assert all_gone(setting_up)


def test_an_invitation_leads_to_the_code_by_mail_and_waits_for_a_server(setting_up):
    typed = {"addresses": "Luis Gil <luis@ebro.example>", "role": Role.objects.get(key="agent").pk}
    assert "buzón que envíe" in setting_up.get("/welcome/colleagues/").text
    setting_up.post("/welcome/colleagues/", typed)
    assert own_addresses() and send_due(timezone.now()) == 1
    held = Outgoing.objects.get()
    assert (held.state, held.held) == (Outgoing.State.HELD, "no_server")
    protect(Person.objects.get(email="ana@ebro.example"))
    letter = setting_up.get(f"/mail/outbox/{held.pk}/").text
    assert "Luis Gil" in letter and "Ana Pérez" in letter
    assert setting_up.get("/mail/outbox/").status_code == 200
    page = Client(headers={"host": "localhost"}).get("/sign-in/code/?email=luis%40ebro.example")
    assert 'value="luis@ebro.example"' in page.text


@pytest.mark.parametrize(("name", "most"), [("mailbox", 13), ("colleagues", 14), ("first-ticket", 16)])
def test_query_budgets(name, most, setting_up, django_assert_max_num_queries):
    """With nothing of the configuration remembered yet: its rows are read by the first page that asks."""
    with django_assert_max_num_queries(most):
        assert setting_up.get(f"/welcome/{name}/").status_code == 200
