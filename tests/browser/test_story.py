"""The main job, end to end, in a real browser with real mail: in Spanish and in English, on both engines."""

import re
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browsers
from tests.browser.installation import PASSWORD, Installation, WaitingInbox
from ventanilla.mail.tests.write import answer, write

pytestmark = [pytest.mark.browser]


@dataclass(frozen=True)
class Words:
    """What a person reads in their language."""

    language: str
    shown: str  # "1 new ticket, show"
    received: str
    footer: str
    resolved: str
    undo: str


SPANISH = Words(
    "es", "ticket nuevo, mostrar", "Hemos recibido su mensaje", "Conteste a este correo o siga el ticket aquí",
    "Hemos resuelto", "Deshacer",
)  # fmt: skip
ENGLISH = Words(
    "en", "new ticket, show", "We have received your message", "Answer this mail, or follow the ticket here",
    "We have resolved", "Undo",
)  # fmt: skip


WAITING = """
from ventanilla.tickets.models import Draft
result = Draft.objects.filter(send_at__isnull=False).count()
"""


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def link_in(mail: EmailMessage, installation: Installation) -> str:
    found = re.search(re.escape(installation.address) + r"/t/\S+", text_of(mail))
    assert found, text_of(mail)
    return found[0]


def stay(page: Page) -> None:
    """Mark the page: whoever loads it anew loses the mark."""
    page.evaluate("window.stayed = true")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stayed === true"))


@pytest.mark.parametrize(
    ("empty", "words"),
    [("sqlite", SPANISH), ("postgresql", ENGLISH)],
    indirect=["empty"],
    ids=["sqlite-es", "postgresql-en"],
)
def test_a_mail_becomes_a_ticket_an_agent_solves_it_and_the_requester_knows(
    words: Words, empty: Installation, mails: WaitingInbox, browsers: Browsers
) -> None:
    agent = empty.person(f"ane-{words.language}@desk.example", "agent", name="Ane Agirre", language=words.language)
    leire = empty.person(
        f"leire-{words.language}@casa.example", "requester", name="Leire Ñáñez", language=words.language
    )
    me = {"From": f"Leire Ñáñez <{leire}>"}
    subject = f"Impresora de la 2.ª planta ({words.language})"

    # The desk is open; a mail comes, and is there without loading anything anew.
    page = browsers.open(empty, agent, locale=words.language)
    with page.expect_response(lambda response: "/live/" in response.url):
        page.goto("/desk/?view=unassigned")
    expect(page.locator("html")).to_have_attribute("lang", words.language)
    stay(page)
    came = empty.pipe(write("No imprime. <b>Nada</b>", Subject=subject, **me))
    assert came["outcome"] == "opened"
    number = came["ticket"]
    fresh = page.get_by_role("status").get_by_role("link", name=words.shown)
    expect(fresh).to_be_visible()
    assert stayed(page)
    received = mails.wait(leire, lambda mail: words.received in text_of(mail))
    assert received["Auto-Submitted"] == "auto-replied" and number in text_of(received)

    # Opened and answered by keyboard.
    fresh.click()
    expect(page.locator("[data-row]").filter(has_text=subject)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    pane = page.locator("#v-pane")
    expect(pane.get_by_role("heading", name=subject)).to_be_visible()
    expect(pane.locator("#v-talk")).to_contain_text("No imprime. <b>Nada</b>")
    editor = pane.locator("[data-composer-panel=reply] [contenteditable=true]")
    expect(editor).to_be_visible()
    page.keyboard.press("r")
    expect(editor).to_be_focused()
    page.keyboard.type("Pruebe ahora.")
    page.keyboard.press("Control+Enter")
    toast = page.locator("[data-toast]").get_by_role("button", name=words.undo)
    expect(toast).to_be_visible()

    # Taken back once, and sent again.
    toast.click()
    editor = page.locator("[data-composer-panel=reply] [contenteditable=true]")
    expect(editor).to_have_text("Pruebe ahora.")
    expect(page.locator("#v-talk article.is-due")).to_have_count(0)
    assert empty.run(WAITING) == 0
    page.keyboard.press("r")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(toast).to_be_visible()
    expect(page.locator("#v-talk article.is-due")).to_have_count(1)
    expect(pane.locator("#v-bar [data-pane-close]")).to_be_visible()
    stay(page)
    empty.hasten()
    sent = mails.wait(leire, lambda mail: "Pruebe ahora." in text_of(mail))
    assert words.footer in text_of(sent) and sent["Content-Language"] == words.language
    assert sent["Auto-Submitted"] is None
    assert sent["In-Reply-To"] in sent["References"] and received["Message-ID"] in sent["References"]
    assert len([mail for mail in mails.to(leire) if "Pruebe ahora." in text_of(mail)]) == 1, "taken back is not sent"
    link = link_in(sent, empty)
    expect(page.locator("#v-talk article.is-due")).to_have_count(0)

    # The answer threads, and is on the open ticket at once.
    said = empty.deliver(answer(sent, "Sigue igual, gracias.", **me))
    assert (said["outcome"], said["ticket"]) == ("added", number)
    expect(page.locator("#v-talk")).to_contain_text("Sigue igual, gracias.")
    expect(pane.locator("#v-bar [data-pane-close]")).to_be_visible()
    assert stayed(page), "what comes live loads nothing anew"

    # Sent and resolved.
    page.keyboard.press("r")
    page.keyboard.type("Cambiado el tóner.")
    page.locator("[data-composer-panel=reply] .v-split summary").click()
    page.locator("[data-composer-panel=reply] button[name=then][value=resolve]").click()
    expect(page.locator("#v-talk article.is-due")).to_have_count(1)
    empty.hasten()
    mails.wait(leire, lambda mail: "Cambiado el tóner." in text_of(mail))
    head = page.locator("#v-head .v-facts")
    expect(head.locator(".v-status--resolved")).to_be_visible()

    # By the link of the mail, in another browser, without signing in: it does not work, and is open again.
    theirs = browsers.open(empty, locale=words.language)
    theirs.goto(link)
    expect(theirs.locator("html")).to_have_attribute("lang", words.language)
    expect(theirs.get_by_role("heading", level=1)).to_have_text(subject)
    expect(theirs.locator("main")).to_contain_text("Cambiado el tóner.")
    theirs.locator("form#reply textarea").fill("Pues no funciona.")
    theirs.locator("form#reply button[type=submit]").click()
    expect(theirs.locator("article").last).to_contain_text("Pues no funciona.")
    expect(page.locator("#v-talk")).to_contain_text("Pues no funciona.")
    expect(head.locator(".v-status--open")).to_be_visible()
    assert stayed(page)

    # Resolved by a key, told by mail, confirmed by its link: closed.
    page.locator("#v-talk").click()
    mails.clear()
    page.keyboard.press("e")
    done = mails.wait(leire, lambda mail: words.resolved in text_of(mail))
    assert done["Auto-Submitted"] == "auto-generated"
    theirs.goto(link_in(done, empty))
    theirs.locator("form[action$='/confirm/'] button[type=submit]").click()
    expect(theirs.locator("form[action$='/confirm/']")).to_have_count(0)
    expect(head.locator(".v-status--closed")).to_be_visible()
    assert stayed(page)


PROTECT = """
import base64, time
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.utils import timezone
from ventanilla.core.crypto import seal
from ventanilla.people.models import Person, SecondStep
from ventanilla.people.totp import new_secret
secret = new_secret()
person = Person.objects.get(email=args["person"])
SecondStep.objects.create(person=person, kind="app", secret=seal(secret, settings.SEALING_KEYS))
Person.objects.filter(pk=person.pk).update(protected_at=timezone.now())
result = TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()
"""


def test_a_new_installation_is_simple(empty: Installation, browsers: Browsers) -> None:
    """One team: at most six places to go, six fields of a ticket and nine tiles of settings."""
    empty.person("sara@simple.example", "administrator", name="Sara")
    number = empty.ticket(empty.person("rita@simple.example", "requester", name="Rita"), "It does not start")
    code = empty.run(PROTECT, person="sara@simple.example")
    page = browsers.open(empty)
    page.goto("/sign-in/")
    page.fill("input[name=login]", "sara@simple.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.fill("input[name=code]", code)
    page.press("input[name=code]", "Enter")
    expect(page.locator(".v-side")).to_be_visible()
    page.goto(f"/desk/tickets/{number}/")
    entries = page.locator(".v-side ul.v-nav a:visible")
    fields = page.locator(".v-panel .v-props dt:visible")
    expect(entries.first).to_be_visible()
    expect(fields.first).to_be_visible()
    assert (entries.count(), fields.count()) == (6, 6)
    page.goto("/desk/new/")
    # How it came in is no field of the ticket: a tick.
    assert 1 < page.locator("main .v-field:visible:not(:has(input[type=checkbox]))").count() <= 6
    page.goto("/settings/")
    assert 1 < page.locator(".v-tile:visible").count() <= 9
