"""The portal and the link of a mail in a real browser: what comes while one writes, and what is not fetched."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Browsers
from tests.browser.installation import Installation
from ventanilla.mail.tests.write import write

pytestmark = [pytest.mark.browser]

ROSA = "rosa@people.example"
BEA = "bea@desk.example"
TYPED = "I have tried it again and"
PICTURES = "https://pictures.example/"
MINUTE_MS = 60_000

LINK = """
from ventanilla.people.models import Person
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Ticket
result = ticket_link(Ticket.objects.get(number=args["number"]), Person.objects.get(email=args["person"]))
"""

NOTE = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket
add_message(
    by=Author.of(Person.objects.get(email=args["person"])), ticket=Ticket.objects.get(number=args["number"]),
    content=Content.of_text(args["text"]), audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
)
"""

RESOLVE = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Status, StatusCategory, Ticket
change(
    by=Author.of(Person.objects.get(email=args["person"])), ticket=Ticket.objects.get(number=args["number"]),
    status=Status.objects.filter(category=StatusCategory.RESOLVED).first(),
)
"""


@pytest.fixture
def number(demo: Installation, request: pytest.FixtureRequest) -> str:
    """A ticket of this test alone."""
    return demo.ticket(ROSA, f"Ticket of {request.node.name}")


def begin_to_write(page: Page) -> None:
    """Mark the page, so that whoever loads it anew is found out, and leave a sentence unfinished in the form."""
    page.evaluate("window.stayed = true")
    page.locator("#v-reply-body").click()
    page.keyboard.type(TYPED)


def untouched(page: Page) -> None:
    """The page is the same, and so are the sentence and the place in it."""
    assert page.evaluate("window.stayed === true")
    expect(page.locator("#v-reply-body")).to_have_value(TYPED)
    expect(page.locator("#v-reply-body")).to_be_focused()


def work_at_the_desk(demo: Installation, page: Page, number: str, look: Callable[[], None]) -> None:
    """An agent notes, replies and resolves; `page` shows of it what concerns the requester. `look` lets time pass."""
    demo.run(NOTE, person=BEA, number=number, text="Between us: it was unplugged")
    demo.say(BEA, number, "Please look at the plug.", desk=True)
    look()
    voices = page.locator("#v-voices")
    expect(voices.locator("article")).to_have_count(2)
    expect(voices).to_contain_text("Please look at the plug.")
    expect(page.locator("#v-news")).to_have_text("1 new message")
    untouched(page)
    demo.run(RESOLVE, person=BEA, number=number)
    look()
    expect(voices.get_by_role("button", name="Confirm that it is resolved")).to_be_visible()
    expect(page.locator("#v-reply-submit")).to_have_text("Open it again")
    untouched(page)
    expect(page.locator("body")).not_to_contain_text("Between us")
    page.reload()
    expect(page.locator("#v-reply-body")).to_have_value(TYPED)


def test_a_reply_and_a_new_status_come_while_one_writes(
    number: str, demo: Installation, desk_page: Callable[..., Page]
) -> None:
    page = desk_page(ROSA)
    with page.expect_response(lambda response: "/live/" in response.url):
        page.goto(f"/portal/tickets/{number}/")
    begin_to_write(page)
    work_at_the_desk(demo, page, number, lambda: None)


def test_behind_the_link_of_a_mail_the_page_asks_by_itself(number: str, demo: Installation, browsers: Browsers) -> None:
    page = browsers.open(demo)
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/live/" in request.url else None)
    page.clock.install()
    page.goto(demo.run(LINK, number=number, person=ROSA))
    begin_to_write(page)
    work_at_the_desk(demo, page, number, lambda: page.clock.run_for(MINUTE_MS))
    assert streams == []


def test_the_list_of_my_tickets_follows(demo: Installation, desk_page: Callable[..., Page]) -> None:
    page = desk_page(ROSA)
    with page.expect_response(lambda response: "/live/" in response.url):
        page.goto("/portal/tickets/")
    page.evaluate("window.stayed = true")
    number = demo.ticket(ROSA, "A ticket from the telephone")
    row = page.locator("#v-mine li").filter(has_text="A ticket from the telephone")
    expect(row).to_contain_text("Received")
    demo.run(RESOLVE, person=BEA, number=number)
    expect(row).to_contain_text("Resolved: can you confirm?")
    assert page.evaluate("window.stayed === true")


@pytest.mark.parametrize("by_link", [False, True], ids=["portal", "link"])
def test_pictures_of_other_servers_are_fetched_when_asked_for(
    by_link: bool, demo: Installation, browsers: Browsers
) -> None:
    subject = f"With a picture ({'link' if by_link else 'portal'})"
    raw = write(
        "Hello", html=f"<p>Hello <img src='{PICTURES}logo.png'></p>", From=f"Rosa Roca <{ROSA}>", Subject=subject
    )
    number = demo.deliver(raw)["ticket"]
    page = browsers.open(demo, "" if by_link else ROSA)
    fetched: list[str] = []

    def answer(route: Route) -> None:
        fetched.append(route.request.url)
        assert "referer" not in route.request.headers
        route.fulfill(status=200, content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg"/>')

    page.context.route(f"{PICTURES}**", answer)
    page.goto(demo.run(LINK, number=number, person=ROSA) if by_link else f"/portal/tickets/{number}/")
    expect(page.frame_locator("iframe").locator("p")).to_contain_text("Hello")
    assert fetched == []
    begin_to_write(page)
    with page.expect_request(f"{PICTURES}logo.png"):
        page.get_by_role("link", name="Show them").click()
    expect(page.get_by_role("link", name="Show them")).to_have_count(0)
    assert page.evaluate("window.stayed === true")
    expect(page.locator("#v-reply-body")).to_have_value(TYPED)
