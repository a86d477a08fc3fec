"""Own words: chosen in the settings, read everywhere, taken back; nothing that people wrote changes."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F
from django.test import Client
from django.utils.translation import gettext, gettext_lazy, ngettext, override, pgettext
from tests.plugin import SETUP, People

from ventanilla.core.term_words import TERMS
from ventanilla.events.models import Event
from ventanilla.fields.bundles import exported, imported
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import installation
from ventanilla.installation.terms import SETTING
from ventanilla.mail.texts import KINDS, product_text
from ventanilla.people.models import Person
from ventanilla.people.term_actions import choose_words
from ventanilla.tickets.models import Ticket

SignIn = Callable[[Person], Client]


def words(**chosen: str) -> dict[str, str]:
    return {term.key: chosen.get(term.key, term.default.key) for term in TERMS}


def test_chosen_words_are_read_everywhere_and_taken_back(sign_in: SignIn, people: People, ticket: Ticket):
    administrator, agent, requester = sign_in(people.administrator), sign_in(people.agent), sign_in(people.requester)
    seen = (
        (agent, "/desk/", "New case"),
        (agent, f"/desk/tickets/{ticket.number}/", "Citizen"),
        (administrator, "/settings/departments/", "Areas"),
        (administrator, "/settings/?q=areas", "/settings/departments/"),
        (requester, "/portal/", "case"),
    )

    def found() -> list[bool]:
        return [text in client.get(path).content.decode() for client, path, text in seen]

    before = found()
    chosen = words(ticket="case", requester="citizen", department="area", organization="company")
    page = administrator.post("/settings/vocabulary/", chosen).content.decode()
    assert "Pertenecen a empresas distintas." in page and "They belong to different companies." in page
    assert not Event.objects.filter(kind="vocabulary.chosen").exists() and found() == before
    assert administrator.post("/settings/vocabulary/", chosen | {"keep": "1"}).status_code == 302
    assert all(found())
    page = agent.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert ticket.subject in page and "Leire Requester" in page, "what people wrote stays"
    event = Event.objects.get(kind="vocabulary.chosen")
    assert "Vocabulary changed" in administrator.get("/settings/").content.decode()
    assert administrator.post(f"/settings/undo/{event.pk}/").status_code == 302
    assert found() == before


def test_every_form_of_a_text_follows_the_language(people: People):
    lazy = gettext_lazy("New organization")
    choose_words(by=SETUP, words={"organization": "customer", "ticket": "case"})
    installation()
    with override("es"):
        assert str(lazy) == "Nuevo cliente"
        assert pgettext("fields of", "Organizations") == "Clientes"
        assert ngettext("%(count)d ticket", "%(count)d tickets", 2) == "%(count)d casos"
    with override("en"):
        assert (str(lazy), gettext("A ticket")) == ("New customer", "A case")
        assert pgettext("fields of", "Organizations") == "Customers"
        assert ngettext("%(count)d ticket", "%(count)d tickets", 1) == "%(count)d case"
    choose_words(by=SETUP, words={})
    installation()
    with override("es"):
        assert str(lazy) == "Nueva organización"


def test_what_another_process_chose_is_followed(sign_in: SignIn, people: People):
    client = sign_in(people.agent)
    assert "New ticket" in client.get("/desk/").content.decode()
    Installation.objects.update(settings={SETTING: {"ticket": "case"}}, config_version=F("config_version") + 1)
    page = client.get("/desk/").content.decode()
    assert "New case" in page and "New ticket" not in page
    with override("es"):
        assert gettext("New ticket") == "Nuevo caso"


def test_mails_follow(people: People):
    choose_words(by=SETUP, words={"ticket": "case_file"})
    installation()
    for language, (new, old) in {"es": ("expediente", "ticket"), "en": ("case file", "ticket")}.items():
        said = " ".join(" ".join(product_text(kind, language).values()) for kind in KINDS.values()).lower()
        assert new in said and old not in said


def test_what_cannot_be_is_refused_and_nothing_changes(sign_in: SignIn, people: People):
    same = words(organization="customer", requester="customer") | {"keep": "1"}
    answer = sign_in(people.administrator).post("/settings/vocabulary/", same)
    assert answer.status_code == 422 and "Two things cannot both be called" in answer.content.decode()
    assert sign_in(people.administrator).post("/settings/vocabulary/", words(ticket="thing")).status_code == 422
    assert sign_in(people.agent).post("/settings/vocabulary/", words(ticket="case") | {"keep": "1"}).status_code == 403
    for wrong in ({"thing": "case"}, {"ticket": "thing"}):
        with pytest.raises(ValidationError):
            choose_words(by=SETUP, words=wrong)
    assert SETTING not in installation().settings
    assert not Event.objects.filter(kind="vocabulary.chosen").exists()


def test_the_bundle_has_it(people: People):
    choose_words(by=SETUP, words={"organization": "customer"})
    kept = exported()
    assert "organization: customer" in kept
    choose_words(by=SETUP, words={})
    imported(kept, by=SETUP)
    assert installation().settings[SETTING] == {"organization": "customer"}
