"""Every page, in the light and in the dark: nothing that axe finds, no error, nothing that scrolls sideways."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from ventanilla.mail.tests.write import write

pytestmark = [pytest.mark.browser]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = Axe()

OUTGOING = """
from ventanilla.mail.models import Outgoing
result = Outgoing.objects.order_by("pk").last().pk
"""
SOME = """
from ventanilla.mail.models import Mailbox
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.checklists import Item, add_checklist
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.spending import add_time
from ventanilla.tickets.tasks import add_task
talkative = Ticket.objects.filter(messages__audience=Message.Audience.STAFF, is_open=1).order_by("-updated_at").first()
by = Author.of(Person.objects.get(email="ane@desk.example"))
add_checklist(by=by, ticket=talkative, title="List", items=[Item("Look", "category:resolved")])
add_task(by=by, ticket=talkative, title="Call", owner=by.person, due_at=talkative.created_at)
add_time(by=by, ticket=talkative, seconds=300, note="Called")
result = {
    "ticket": (talkative or Ticket.objects.order_by("-updated_at")[0]).number,
    "desk": Mailbox.objects.order_by("pk").first().address,
}
"""
RATED = """
from ventanilla.people.author import Author
from ventanilla.surveys.actions import rate
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Satisfaction, Status, StatusCategory, Ticket
ticket = Ticket.objects.get(number=args["number"])
resolved = Status.objects.filter(category=StatusCategory.RESOLVED).first()
change(by=Author.system("test"), ticket=ticket, status=resolved)
rate(by=Author.of(ticket.requester), ticket=ticket, face=Satisfaction.FAIR, comment="It took a week.")
"""
ANNOUNCED = """
from ventanilla.announcements.actions import Wording, join, post, tell_all
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket
ane, rosa = (Person.objects.get(email=f"{name}.example") for name in ("ane@desk", "rosa@people"))
by, ticket = Author.of(ane), Ticket.objects.get(number=args["number"])
row = post(by=by, wording=Wording("No network on floor 2", "Use the phone meanwhile."), ticket=ticket)
post(by=by, wording=Wording("We close at two on Friday"), joinable=False)
join(by=Author.of(rosa), announcement=row)
tell_all(by=by, announcement=row, text="A switch is broken.")
result = row.pk
"""
IMPORTS = """
import io
from django.utils import timezone
from ventanilla.people.author import Author
from ventanilla.people.import_actions import UNDER_WAY, begin_check, keep_file, run_due
by, lines = Author.system("test"), b"Mail;Name;Company\\nnew@x.example;Nora;New Ltd\\nwrong;=1+1;\\n"
asked, checked = (keep_file(by=by, file=io.BytesIO(lines), name="people.csv", kind="people") for _ in range(2))
begin_check(by=by, run=checked, mapping=checked.mapping, make_organizations=True)
checked.refresh_from_db()
while checked.state in UNDER_WAY:
    run_due(timezone.now())
    checked.refresh_from_db()
result = {"asked": asked.pk, "checked": checked.pk}
"""


def findings(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page, a line each: by all rules of WCAG 2.2 AA, or by some."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    options = {"resultTypes": ["violations"], "runOnly": only}
    violations = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for found in violations
        for node in found["nodes"]
    ]


def wrong_with(page: Page) -> list[str]:
    """Everything that is wrong with the page as it stands."""
    wrong = findings(page)
    page.emulate_media(color_scheme="dark")
    # The theme changes colors and nothing else.
    wrong += [f"dark: {line}" for line in findings(page, "color-contrast")]
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > 320:
        wrong.append(f"scrolls sideways at 320 px, {wide} px wide: {page.evaluate(WIDEST)}")
    page.set_viewport_size(size)
    return [f"{page.url}: {line}" for line in wrong]


def inspect(page: Page, *paths: str) -> None:
    """Look at the page as it stands, or at the page behind each path; fails with everything that is wrong."""
    wrong = []
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        if answer.status != REFUSED.get(path, 200):
            wrong.append(f"{path} answered {answer.status}")
        wrong += wrong_with(page)
    if not paths:
        wrong = wrong_with(page)
    assert not wrong, "\n".join(wrong)


WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility())
  .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def some(demo: Installation) -> dict[str, Any]:
    """Something of everything: a ticket with a note, a mail on its way out, a held mail, tickets of our requester."""
    found: dict[str, Any] = demo.run(SOME)
    held = demo.deliver(write("Soy yo.", From=f"Soporte <{found['desk']}>", To=found["desk"], Subject="Bucle"))
    assert held["outcome"] == "quarantined", held
    mine = demo.ticket("rosa@people.example", "The screen stays black")
    demo.say("ane@desk.example", mine, "Have you switched it on?", desk=True)
    demo.say("rosa@people.example", mine, "Of course.")
    found |= demo.run(IMPORTS)
    found["solved"] = demo.ticket("rosa@people.example", "The keyboard is wet")
    demo.run(RATED, number=found["solved"])
    found["announcement"] = demo.run(ANNOUNCED, number=found["ticket"])
    return found | {"mine": mine, "held": held["raw"], "outgoing": demo.run(OUTGOING)}


DESK = (
    "/desk/?view=open", "/desk/?view=resolved", "/desk/?view=open&open={ticket}", "/desk/tickets/{ticket}/",
    "/desk/tickets/{ticket}/history/", "/desk/announcements/", "/desk/tickets/{solved}/",
    "/desk/announcements/new/", "/desk/announcements/{announcement}/", "/desk/new/", "/desk/search/",
    "/desk/search/?q=correo", "/desk/call/?q=rosa", "/desk/call/?name=Nora", "/notifications/", "/mail/quarantine/",
    "/mail/quarantine/{held}/", "/mail/outbox/", "/mail/outbox/{outgoing}/",
    "/mail/", "/mail/mailboxes/", "/mail/mailboxes/1/", "/mail/mailboxes/1/doctor/", "/mail/mailboxes/1/account/",
    "/mail/mailboxes/new/", "/people/?q=", "/people/new/", "/people/import/",
    "/people/import/{asked}/", "/people/import/{checked}/", "/people/organizations/", "/people/organizations/new/",
    "/settings/", "/settings/teams/", "/settings/teams/new/", "/settings/departments/",
    "/settings/departments/new/", "/settings/installation/", "/settings/categories/", "/settings/categories/new/",
    "/settings/canned-replies/", "/settings/canned-replies/new/", "/settings/canned-replies/1/",
    "/desk/tasks/", "/desk/hours/", "/desk/hours/entries/", "/settings/checklists/new/", "/settings/activities/",
    "/settings/agreements/", "/settings/agreements/1/", "/settings/agreements/new/", "/desk/tickets/{ticket}/clocks/",
    "/settings/audit/", "/settings/audit/?subject=sign_in", "/settings/sign-in/",
    "/settings/calendars/1/", "/settings/calendars/1/holidays/?country=ES", "/settings/calendars/new/",
    "/settings/sign-in/providers/new/?kind=keycloak", "/people/1/", "/start-for-real/",
    "/profile/", "/profile/tokens/", "/profile/safety/", "/profile/safety/second/", "/profile/safety/second/app/",
    "/profile/safety/second/passkey/", "/no-such-page/",
)  # fmt: skip
REFUSED = {"/no-such-page/": 404, "/t/forged/": 404, "/people/": 403}
PORTAL = (
    "/portal/", "/portal/announcements/{announcement}/",
    "/portal/tickets/{solved}/", "/portal/tickets/{solved}/rating/?face=good",
    "/portal/new/incident/", "/portal/new/request/", "/portal/tickets/", "/portal/tickets/?q=screen",
    "/portal/tickets/{mine}/", "/profile/", "/profile/devices/", "/profile/safety/", "/people/", "/no-such-page/",
)  # fmt: skip


def test_desk(some: dict[str, Any], desk_page: Callable[..., Page]) -> None:
    inspect(desk_page(), *(path.format(**some) for path in DESK))


def test_portal(some: dict[str, Any], desk_page: Callable[..., Page]) -> None:
    inspect(desk_page("rosa@people.example"), *(path.format(**some) for path in PORTAL))


def test_before_signing_in(desk_page: Callable[..., Page]) -> None:
    inspect(desk_page(""), "/sign-in/", "/sign-in/code/", "/offline/", "/no-such-page/", "/t/forged/")


def test_sign_in_with_a_mistake_and_the_code(desk_page: Callable[..., Page]) -> None:
    page = desk_page("")
    page.goto("/sign-in/")
    page.fill("input[name=login]", "rosa@people.example")
    page.fill("input[name=password]", "not this one")
    page.press("input[name=password]", "Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    inspect(page)
    page.goto("/sign-in/code/")
    page.locator("main input[type=email], main input[type=text]").first.fill("rosa@people.example")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/confirm/")
    inspect(page)


def test_the_form_with_mistakes(desk_page: Callable[..., Page]) -> None:
    page = desk_page("rosa@people.example")
    page.goto("/portal/new/incident/")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    inspect(page)
    agent = desk_page()
    agent.goto("/desk/new/")
    agent.locator("main form button[type=submit]").last.click()
    expect(agent.locator("[data-error-summary], :invalid").first).to_be_attached()
    inspect(agent)


def test_the_link_of_a_mail(some: dict[str, Any], demo: Installation, desk_page: Callable[..., Page]) -> None:
    link = demo.run(
        "from ventanilla.tickets.links import ticket_link\nfrom ventanilla.tickets.models import Ticket\n"
        "ticket = Ticket.objects.get(number=args['number'])\nresult = ticket_link(ticket, ticket.requester)",
        number=some["mine"],
    )
    page = desk_page("")
    page.goto(link)
    inspect(page)


OLD_LINK = """
import datetime
import time_machine
from django.utils import timezone
from ventanilla.tickets.links import LINK_DAYS, ticket_link
from ventanilla.tickets.models import Ticket
ticket = Ticket.objects.get(number=args["number"])
with time_machine.travel(timezone.now() - datetime.timedelta(days=LINK_DAYS + 1)):
    result = ticket_link(ticket, ticket.requester)
"""


def test_a_link_that_is_too_old_and_the_fresh_one(
    some: dict[str, Any], demo: Installation, desk_page: Callable[..., Page]
) -> None:
    page = desk_page("")
    page.goto(demo.run(OLD_LINK, number=some["mine"]))
    inspect(page)
    page.get_by_role("button", name="Send me a fresh link").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    inspect(page)


def test_what_came_while_one_looked_and_images_of_other_servers(
    demo: Installation, desk_page: Callable[..., Page]
) -> None:
    html = "<p>Hello <img src='https://pictures.example/logo.png' alt='Logo'></p>"
    raw = write("Hello", html=html, From="Rosa Roca <rosa@people.example>", Subject="With a logo")
    number = demo.deliver(raw)["ticket"]
    page = desk_page("rosa@people.example")
    with page.expect_response(lambda response: "/live/" in response.url):
        page.goto(f"/portal/tickets/{number}/")
    demo.say("ane@desk.example", number, "We are on it.", desk=True)
    expect(page.locator("#v-voices")).to_contain_text("We are on it.")
    expect(page.get_by_role("link", name="Show them")).to_be_visible()
    inspect(page)


def test_what_opens_over_a_ticket(some: dict[str, Any], desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{some['ticket']}/")
    page.keyboard.press("c")
    expect(page.locator("[data-composer-panel=note] [contenteditable=true]")).to_be_focused()
    inspect(page)
    page.keyboard.press("Control+k")
    palette = page.locator("#v-palette")
    expect(palette).to_be_visible()
    with page.expect_response(lambda response: "/desk/palette/" in response.url and "q=correo" in response.url):
        page.keyboard.type("correo")
    expect(palette.get_by_role("option").first).to_be_visible()
    inspect(page)
    page.keyboard.press("Escape")
    expect(palette).not_to_be_visible()
    page.locator("#v-talk").click()
    page.keyboard.press("?")
    expect(page.locator("#v-shortcuts")).to_be_visible()
    inspect(page)
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.get_by_role("dialog", name="off until…")).to_be_visible()
    inspect(page)
