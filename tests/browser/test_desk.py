"""The desk in a real browser: keys, drafts, the guard, presence, inline edits, hostile mail, one stream for all."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.browser.installation import Installation
from ventanilla.mail.tests.write import write

pytestmark = [pytest.mark.browser]

ANE = "ane@desk.example"
ROSA = "rosa@people.example"
BEA = "bea@desk.example"
DRAFT = "[data-composer-panel=reply] [contenteditable=true]"
NOTE = "[data-composer-panel=note] [contenteditable=true]"
ON_A_LIST = {
    "/": "Search", "?": "Keyboard shortcuts", "ctrl k": "Search or go to…", "g b": "Unassigned", "j": "Next row",
    "k": "Previous row", "n": "New ticket", "o": "Open the ticket", "x": "Tick the row", "shift x": "Tick up to here",
    "z": "Undo", "!": "Mark as spam", "h": "Snooze", "shift n": "Register a call", "g n": "Notifications",
}  # fmt: skip
ON_A_TICKET = {
    "/": "Search", "?": "Keyboard shortcuts", "ctrl k": "Search or go to…", "g b": "Unassigned", "n": "New ticket",
    "esc": "Back to the list", "r": "Reply", "c": "Internal note", "ctrl ⏎": "Send", "i": "Take it", "e": "Resolve",
    "w": "Follow", "ctrl .": "Copy the number", "ctrl shift .": "Copy the address", "s": "Status", "p": "Priority",
    "a": "Assignee", "t": "Type", "shift ,": "Previous ticket", "shift .": "Next ticket", "z": "Undo",
    "!": "Mark as spam", "h": "Snooze…", "shift n": "Register a call", "g n": "Notifications",
}  # fmt: skip


@pytest.fixture
def number(demo: Installation, request: pytest.FixtureRequest) -> str:
    """A ticket of this test alone."""
    return demo.ticket(ROSA, f"Ticket of {request.node.name}")


def listed_keys(page: Page) -> dict[str, str]:
    """What `?` lists: keys → words."""
    page.keyboard.press("?")
    expect(page.locator("#v-shortcuts")).to_be_visible()
    found: dict[str, str] = page.locator("#v-shortcuts li").evaluate_all(
        "(items) => Object.fromEntries(items.map((item) => ["
        "[...item.querySelectorAll('kbd')].map((key) => key.textContent.toLowerCase()).join(' '),"
        "item.querySelector('span').textContent]))"
    )
    page.keyboard.press("Escape")
    expect(page.locator("#v-shortcuts")).not_to_be_visible()
    return found


def test_the_keys_of_a_list(number: str, demo: Installation, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto("/desk/?view=unassigned&sort=-created")
    rows = page.locator("[data-row] a[data-row-link]")
    assert listed_keys(page) == ON_A_LIST
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#v-pane #v-head h2")).to_have_text(rows.nth(0).inner_text())
    assert f"open={number}" in page.url
    # The row is read again while its ticket is open: it stays where one is.
    with page.expect_response(f"**/desk/rows/{number}/**"):
        demo.say(ROSA, number, "One thing more.")
    expect(page.locator("#v-talk")).to_contain_text("One thing more.")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#v-pane #v-head")).to_have_count(0)
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#v-pane #v-head h2")).to_have_text(rows.nth(1).inner_text())
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/desk/?view=unassigned")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/new/")


def test_the_keys_of_a_ticket(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/?view=unassigned")
    assert listed_keys(page) == ON_A_TICKET
    for key, name in {"s": "status", "p": "priority", "t": "type"}.items():
        page.locator("#v-talk").click()
        page.keyboard.press(key)
        expect(page.locator(f"#v-set-{name}")).to_be_focused()
    page.locator("#v-talk").click()
    page.keyboard.press("a")
    expect(page.get_by_role("combobox", name="Assignee")).to_be_focused()
    page.locator("#v-talk").click()
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_be_focused()
    expect(page.locator("#v-composer")).to_have_attribute("data-mode", "note")
    page.locator("#v-talk").click()
    page.keyboard.press("r")
    expect(page.locator(DRAFT)).to_be_focused()
    page.keyboard.type("sjk")
    expect(page.locator(DRAFT)).to_have_text("sjk")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", name="Reply")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator(DRAFT)).to_be_focused()
    expect(page.locator(DRAFT)).to_have_text("sjk")
    page.locator("#v-talk").click()
    page.keyboard.press("i")
    expect(page.locator("#v-head")).to_contain_text("Ane Agirre")
    page.locator("#v-talk").click()
    page.keyboard.press("e")
    expect(page.locator("#v-head .v-status--resolved")).to_be_visible()
    page.locator("#v-talk").click()
    page.keyboard.press("Escape")
    page.wait_for_url("**/desk/?view=unassigned")


def test_no_key_is_lost_while_a_pane_arrives(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto("/desk/?view=unassigned&sort=-created")
    # Pressed in the very moment in which the pane stands in the page, before anything else may run.
    page.evaluate(
        "() => new MutationObserver((_changes, watcher) => {"
        "  if (!document.querySelector('#v-pane [data-composer]')) return;"
        "  watcher.disconnect();"
        "  for (const key of ['c', 'i'])"
        "    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));"
        "}).observe(document.getElementById('v-pane'), { childList: true })"
    )
    page.locator(f"[data-number='{number}'] [data-row-link]").click()
    expect(page.locator("#v-composer")).to_have_attribute("data-mode", "note")
    expect(page.locator(NOTE)).to_be_focused()
    expect(page.locator("#v-head")).to_contain_text("Ane Agirre")


def test_a_draft_survives_a_reload(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    page.keyboard.press("r")
    with page.expect_response(f"**/{number}/draft/"):
        page.keyboard.type("Half a sen")
    page.reload()
    expect(page.locator(DRAFT)).to_have_text("Half a sen")
    elsewhere = desk_page(BEA)
    elsewhere.goto(f"/desk/tickets/{number}/")
    expect(elsewhere.locator(DRAFT)).not_to_contain_text("Half a sen")


def test_an_unseen_reply_is_shown_before_one_answers_over_it(
    number: str, demo: Installation, desk_page: Callable[..., Page]
) -> None:
    ane, bea = desk_page(), desk_page(BEA)
    for page in (ane, bea):
        page.goto(f"/desk/tickets/{number}/")
    ane.keyboard.press("r")
    ane.keyboard.type("From Ane.")
    bea.keyboard.press("r")
    bea.keyboard.type("From Bea.")
    bea.keyboard.press("Control+Enter")
    expect(bea.locator("article.is-due")).to_be_visible()
    demo.hasten()
    expect(ane.locator("#v-talk")).to_contain_text("From Bea.")
    ane.keyboard.press("Control+Enter")
    guard = ane.get_by_role("dialog")
    expect(guard).to_contain_text("From Bea.")
    guard.get_by_role("button", name="Back to my text").click()
    expect(ane.locator(DRAFT)).to_have_text("From Ane.")
    expect(ane.locator("article.is-due")).to_have_count(0)
    # Now that it was shown, the same words go out without a question.
    ane.keyboard.press("r")
    ane.keyboard.press("Control+Enter")
    expect(ane.locator("article.is-due")).to_contain_text("From Ane.")
    demo.hasten()
    expect(bea.locator("#v-talk")).to_contain_text("From Ane.")


@pytest.mark.parametrize(
    ("reader", "language", "reading", "typing"),
    [
        (ANE, "en", "Bea Blanco is reading", "Bea Blanco is typing"),
        ("nerea@desk.example", "es", "Bea Blanco lo está leyendo", "Bea Blanco está escribiendo"),
    ],
)
def test_one_sees_who_else_is_here(
    number: str,
    demo: Installation,
    desk_page: Callable[..., Page],
    reader: str,
    language: str,
    reading: str,
    typing: str,
) -> None:
    if reader != ANE:
        demo.person(reader, "agent", name="Nerea Núñez", language=language)
    here, bea = desk_page(reader), desk_page(BEA)
    here.goto(f"/desk/tickets/{number}/")
    bea.goto(f"/desk/tickets/{number}/")
    presence = here.locator("#v-bar .v-presence")
    expect(presence).to_contain_text(reading)
    expect(presence.locator(".v-face")).to_have_count(1)
    bea.keyboard.press("r")
    bea.keyboard.type("I am")
    expect(presence).to_contain_text(typing)
    bea.goto("/profile/")
    expect(presence).not_to_contain_text("Bea Blanco")


def test_two_agents_at_work(number: str, demo: Installation, desk_page: Callable[..., Page]) -> None:
    ane, bea = desk_page(), desk_page(BEA)
    for page in (ane, bea):
        page.goto(f"/desk/tickets/{number}/?view=open")
    letters = ane.locator("article.v-msg")
    before = letters.count()
    bea.keyboard.press("r")
    bea.keyboard.type("We are looking at it.")
    ane.keyboard.press("c")
    ane.keyboard.type("Bea has it.")
    # Sent, taken back by the toast, sent once more.
    bea.keyboard.press("Control+Enter")
    bea.locator("#v-toasts [data-key=z]").click()
    expect(bea.locator(DRAFT)).to_have_text("We are looking at it.")
    expect(bea.locator("article.is-due")).to_have_count(0)
    bea.locator("[data-composer-panel=reply] button[type=submit].v-btn--main").first.click()
    expect(bea.locator("article.is-due")).to_be_visible()
    demo.hasten()
    expect(letters).to_have_count(before + 1)
    # A note over an unseen reply is held, and leaves when its author says so.
    ane.keyboard.press("Control+Enter")
    guard = ane.get_by_role("dialog")
    expect(guard).to_contain_text("We are looking at it.")
    guard.get_by_role("button", name="Send anyway").click()
    expect(ane.locator("article.v-msg--note.is-due")).to_be_visible()
    # What one of them sets stands on both screens.
    ane.locator("#v-set-priority").select_option("critical")
    for page in (ane, bea):
        expect(page.locator("#v-head .v-prio--critical")).to_be_visible()


def test_the_palette_finds_places_by_their_name(desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto("/desk/?view=open")
    page.keyboard.press("Control+k")
    page.keyboard.type("open")
    expect(page.locator("#v-palette [role=option]").first).to_be_visible()


def test_what_one_reads_stays_when_a_reply_arrives(demo: Installation, desk_page: Callable[..., Page]) -> None:
    first = demo.deliver(write("Hello", html="<p>Hello <b>there</b></p>", Subject="Letters", From=f"Rosa <{ROSA}>"))
    number = first["ticket"]
    quoting = "What I said stands.\n\nOn Mon, 23 Nov 2026, Bea Blanco wrote:\n> some words\n> and more\n"
    demo.deliver(write(quoting, Subject=f"Re: [{number}] Letters", From=f"Rosa <{ROSA}>"))
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    expect(page.frame_locator("iframe.v-msg-frame").locator("b")).to_have_text("there")
    page.keyboard.press("i")
    expect(page.locator("#v-head")).to_contain_text("Ane Agirre")
    quote, changes = page.locator("#v-talk details.v-fold"), page.locator("#v-talk details.v-events")
    quote.locator("summary").click()
    changes.locator("summary").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "() => { const frame = document.querySelector('iframe.v-msg-frame'); frame.contentWindow.kept = frame.kept = 1;"
        "getSelection().selectAllChildren(document.querySelector('#v-talk .v-plain-text')) }"
    )
    height = page.locator("iframe.v-msg-frame").evaluate("frame => frame.style.height")
    demo.say(ROSA, number, "One thing more.")
    expect(page.locator("#v-talk")).to_contain_text("One thing more.")
    expect(quote).to_have_attribute("open", "")
    expect(changes).to_have_attribute("open", "")
    state = page.locator("iframe.v-msg-frame").evaluate("frame => [frame.kept, frame.contentWindow.kept]")
    assert state == [1, 1]
    assert page.locator("iframe.v-msg-frame").evaluate("frame => frame.style.height") == height
    assert "What I said stands." in page.evaluate("String(getSelection())")
    assert [url for url in asked if "/messages/" in url] == []
    # What has changed is drawn anew and stays unfolded: the next change joins those before it.
    before = changes.locator("li").count()
    demo.say(BEA, number, "We have it.", desk=True)
    expect(page.locator("#v-talk")).to_contain_text("We have it.")
    page.keyboard.press("w")
    expect(page.locator("#v-talk details.v-events").last).to_contain_text("Watchers")
    assert changes.first.locator("li").count() == before
    expect(quote).to_have_attribute("open", "")


def test_what_is_only_read_again_is_not_tinted(desk_page: Callable[..., Page]) -> None:
    """After a gap in the stream everything is read again, for nobody knows what was missed; little of it is news."""
    page = desk_page()
    # What other tests leave behind still rings in the list of all open ones.
    page.goto("/desk/?view=pending")
    tell = "() => new BroadcastChannel('v-live').postMessage({kind: 'missed'})"
    with page.expect_response(lambda answer: "/desk/rows/" in answer.url):
        page.evaluate(tell)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.locator(".v-row.is-changed")).to_have_count(0)


def test_a_change_joins_the_unfolded_ones(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    changes = page.locator("#v-talk details.v-events")
    page.keyboard.press("i")
    changes.locator("summary").click()
    expect(changes.locator("li")).to_have_count(1)
    page.keyboard.press("w")
    expect(changes.locator("li")).to_have_count(2)
    expect(changes).to_have_attribute("open", "")


# Not every browser holds what one reads by itself.
@pytest.mark.parametrize("anchor", ["auto", "none"])
def test_a_reply_does_not_move_what_one_reads(
    number: str, demo: Installation, desk_page: Callable[..., Page], anchor: str
) -> None:
    for turn in range(8):
        demo.say(ROSA, number, f"Letter {turn}.\n" + "A line of it.\n" * 12)
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    letter = page.locator("#v-talk article").filter(has_text="Letter 3.")
    page.locator(".v-talk").evaluate("(talk, anchor) => { talk.style.overflowAnchor = anchor }", anchor)
    letter.evaluate("letter => letter.scrollIntoView({ block: 'start' })")
    before = letter.evaluate("letter => letter.getBoundingClientRect().top")
    demo.say(ROSA, number, "The newest one.\n" + "A line of it.\n" * 12)
    expect(page.locator("#v-talk")).to_contain_text("The newest one.")
    # Two frames: one in which the browser may move things, one that shows it.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert abs(letter.evaluate("letter => letter.getBoundingClientRect().top") - before) <= 1
    # Who stands at the end sees what comes.
    page.locator(".v-talk").evaluate("talk => { talk.scrollTop = 0 }")
    demo.say(ROSA, number, "And the last.")
    expect(page.locator("#v-talk article").filter(has_text="And the last.")).to_be_in_viewport()


_CLERK = """
from ventanilla.people.models import Role
rights = ["desk", "ticket.reply", "ticket.note", "ticket.change"]
Role.objects.get_or_create(key="clerk", defaults={"scope": "departments", "rights": rights, "label": {"en": "Clerk"}})
"""

_NO_MORE_CHANGES = """
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.models import Role
Role.objects.filter(key="clerk").update(rights=["desk", "ticket.reply", "ticket.note"])
bump_config_version()
"""


def test_a_message_that_cannot_leave_says_so_at_once(
    number: str, demo: Installation, desk_page: Callable[..., Page]
) -> None:
    demo.run(_CLERK)
    page = desk_page(demo.person("cloe@desk.example", "clerk", name="Cloe Clerk"))
    page.goto(f"/desk/tickets/{number}/")
    page.keyboard.press("r")
    page.keyboard.type("It is solved.")
    page.get_by_label("Send and…").click()
    page.get_by_role("button", name="Send and resolve").click()
    expect(page.locator("article.is-due")).to_be_visible()
    demo.run(_NO_MORE_CHANGES)
    demo.hasten()
    unsent = page.locator("[data-unsent]")
    expect(unsent).to_contain_text(f"Your message in {number} was not sent. You may no longer do that.")
    expect(page.locator("article.is-due")).to_have_count(0)
    unsent.get_by_role("link", name="Back to the text").click()
    expect(page.locator(DRAFT)).to_have_text("It is solved.")
    expect(unsent).to_have_count(0)
    expect(page.locator(".v-composer-error")).to_contain_text("You may no longer do that.")
    page.locator("[data-composer-panel=reply] button[type=submit].v-btn--main").first.click()
    expect(page.locator("article.is-due")).to_be_visible()


def test_a_wrong_value_is_explained_and_kept(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    due = page.locator("#v-set-due_at")
    page.locator("summary", has_text="Impact, urgency and date").click()
    due.fill("1999-01-01T10:00")
    due.dispatch_event("change")
    expect(page.locator(".v-props-error")).to_have_attribute("role", "alert")
    expect(due).to_have_value("1999-01-01T10:00")
    page.reload()
    expect(due).to_have_value("")


def test_z_takes_back_what_was_changed_last(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    toasts = page.locator("#v-toasts .v-toast")
    page.keyboard.press("z")
    expect(toasts).to_contain_text("There is nothing left to undo.")
    page.locator("#v-set-priority").select_option("critical")
    expect(page.locator("#v-head .v-prio--critical")).to_be_visible()
    page.locator("#v-set-status").select_option("pending")
    expect(page.locator("#v-head .v-status--pending")).to_be_visible()
    # A key belongs to the page once one has left the field.
    page.locator("#v-talk").click()
    page.keyboard.press("z")
    expect(page.locator("#v-head .v-status--new")).to_be_visible()
    expect(page.locator("#v-set-status")).to_have_value("new")
    expect(toasts.filter(has_text="Undone: Status.")).to_be_visible()
    expect(page.locator("#v-head .v-prio--critical")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#v-set-priority")).to_have_value("medium")
    expect(page.locator("#v-head .v-prio--critical")).to_have_count(0)
    expect(toasts.filter(has_text="Undone: Priority.")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1030, 900, 390])
def test_a_toast_covers_nothing_one_writes_with(number: str, desk_page: Callable[..., Page], width: int) -> None:
    page = desk_page(viewport={"width": width, "height": 900})
    page.goto(f"/desk/tickets/{number}/")
    reply = page.locator("[data-composer-panel=reply]")
    page.keyboard.press("i")
    expect(page.locator("#v-toasts .v-toast")).to_be_visible()
    page.locator("#v-tab-note").click(trial=True)
    reply.locator("[contenteditable=true]").click()
    # A trial click waits until the button itself, and nothing over it, would get the click.
    reply.locator("input[type=file]").click(trial=True)
    reply.locator("button[type=submit]").first.click(trial=True)


def test_z_in_the_pane_takes_back_what_its_buttons_did(number: str, desk_page: Callable[..., Page]) -> None:
    page = desk_page()
    page.goto(f"/desk/?view=unassigned&sort=-created&open={number}")
    page.keyboard.press("i")
    expect(page.locator("#v-head")).to_contain_text("Ane Agirre")
    page.keyboard.press("z")
    expect(page.locator("#v-head")).to_contain_text("Unassigned")
    expect(page.locator("#v-head .v-status--new")).to_be_visible()


GONE = "document.querySelector('#v-talk').remove()"
DRAWN_ANEW = """for (const button of document.querySelectorAll("[hx-post*='/take/']"))
    button.replaceWith(button.cloneNode(true))"""


@pytest.mark.parametrize(("meanwhile", "shown"), [(GONE, 0), (DRAWN_ANEW, 1)])
def test_an_answer_finds_its_place_or_none_when_the_pane_has_changed_meanwhile(
    number: str, desk_page: Callable[..., Page], meanwhile: str, shown: int
) -> None:
    page = desk_page()
    page.goto(f"/desk/?view=unassigned&sort=-created&open={number}")
    expect(page.locator("#v-head")).to_be_visible()

    def change(route: Route) -> None:
        page.evaluate(meanwhile)
        route.continue_()

    page.route("**/take/**", change)
    with page.expect_response("**/take/**") as answered:
        page.keyboard.press("i")
    answered.value.finished()
    expect(page.locator("[data-toast]")).to_have_count(shown)
    expect(page.locator("#v-talk")).to_have_count(shown)


@pytest.fixture
def outside(demo: Installation) -> Iterator[Callable[[BrowserContext], list[str]]]:
    """Makes a browser's requests to other hosts answer with a picture; returns the list of their addresses."""

    def watch(context: BrowserContext) -> list[str]:
        asked: list[str] = []

        def answer(route: Route, request: Request) -> None:
            asked.append(request.url)
            route.fulfill(status=200, content_type="image/svg+xml", body="<svg xmlns='http://www.w3.org/2000/svg'/>")

        context.route(lambda url: not url.startswith((demo.address, "blob:", "data:")), answer)
        return asked

    yield watch


def test_a_mail_runs_nothing_and_asks_nobody(
    demo: Installation, desk_page: Callable[..., Page], outside: Callable[[BrowserContext], list[str]]
) -> None:
    hostile = (
        "<p>Hello <b>there</b></p><script>top.ran = 1</script><img src=x onerror='top.ran = 2'>"
        "<svg onload='top.ran = 3'></svg><a href='javascript:top.ran = 4'>click</a><base href='https://evil.example/'>"
        "<style>@import url(https://spy.example/a.css); p { background: url(https://spy.example/b.png) }</style>"
        "<img src='https://spy.example/pixel.png' width=20 height=20>"
        "<iframe src='https://spy.example/frame'></iframe><form action='https://spy.example/'><input name=q></form>"
        "<meta http-equiv=refresh content='0;url=https://spy.example/'>"
    )
    came = demo.deliver(write("Hello there", html=hostile, Subject="A hostile mail", From="Eve <eve@evil.example>"))
    page = desk_page()
    asked = outside(page.context)
    page.goto(f"/desk/tickets/{came['ticket']}/")
    letter = page.frame_locator("iframe.v-msg-frame").locator("body")
    expect(letter).to_contain_text("Hello there")
    assert letter.locator("script, svg, iframe, form, style, base, meta, [onerror], [href^=javascript]").count() == 0
    assert asked == []
    with page.expect_response("https://spy.example/pixel.png"):
        page.get_by_role("button", name="Show them").click()
    assert set(asked) == {"https://spy.example/pixel.png"}
    assert page.evaluate("window.ran") is None


def test_markup_in_names_and_words_stays_text(demo: Installation, desk_page: Callable[..., Page]) -> None:
    evil = "<img src=x onerror=window.ran=1>{{7*7}}"
    came = demo.deliver(
        write(
            f"Body {evil}", Subject=f"Subject {evil}", From='"Name <img src=x onerror=window.ran=1>" <mal@evil.example>'
        )
    )
    number = came["ticket"]
    page = desk_page()
    for path in (
        f"/desk/tickets/{number}/",
        f"/desk/?view=unassigned&open={number}",
        f"/desk/tickets/{number}/history/",
    ):
        page.goto(path)
        expect(page.get_by_text(f"Subject {evil}").first).to_be_visible()
        assert page.evaluate("window.ran") is None
    expect(page.get_by_text("49", exact=True)).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    expect(page.locator("#v-palette [role=option]").filter(has_text=evil).first).to_be_visible()
    page.goto(f"/desk/search/?q={number}")
    expect(page.get_by_text(evil).first).to_be_visible()
    page.goto("/people/?q=mal@evil.example")
    expect(page.get_by_text("Name <img").first).to_be_visible()
    assert page.evaluate("window.ran") is None


def test_twelve_tabs_share_one_stream(number: str, demo: Installation, desk_page: Callable[..., Page]) -> None:
    first = desk_page()
    streams: set[Any] = set()
    opened: list[str] = []

    def began(request: Request) -> None:
        if re.search(r"/live/", request.url):
            streams.add(request)
            opened.append(request.url)

    first.context.on("request", began)
    for end in ("requestfailed", "requestfinished"):
        first.context.on(end, lambda request: streams.discard(request))
    tabs = [first, *(first.context.new_page() for _ in range(11))]
    for tab in tabs:
        tab.goto(f"/desk/tickets/{number}/")
    demo.say(ROSA, number, "All of you hear this.")
    for tab in tabs:
        expect(tab.locator("#v-talk")).to_contain_text("All of you hear this.")
    assert len(streams) == 1, opened


_CANNED = """
from ventanilla.people.author import Author
from ventanilla.fields.section_actions import create_row
from ventanilla.tickets.sections import CANNED_REPLIES
by = Author.system("test")
for name, html in (("Zones: which", "<p>Hello {first_name}: which computer?</p>"), ("Zones: none", "<p>None</p>")):
    create_row(by=by, section=CANNED_REPLIES, label={"en": name}, html={"en": html})
"""


def test_a_canned_reply_by_slash(number: str, demo: Installation, desk_page: Callable[..., Page]) -> None:
    demo.run(_CANNED)
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    page.keyboard.press("r")
    draft = page.locator(DRAFT)
    draft.press_sequentially("Good morning. /zon")
    choices = page.get_by_role("listbox", name="Canned replies").get_by_role("option")
    expect(choices).to_have_count(2)
    expect(choices.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(choices.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(draft).to_contain_text("Hello Rosa: which computer?")
    expect(draft).to_contain_text("Good morning.")
    expect(draft).not_to_contain_text("/zon")
    expect(choices).to_have_count(0)
    # A slash that is no wish for one stays a slash, and Escape leaves what was typed.
    draft.press_sequentially(" and/or /zon")
    expect(choices).to_have_count(2)
    page.keyboard.press("Escape")
    expect(choices).to_have_count(0)
    expect(draft).to_contain_text("and/or /zon")
    expect(page).to_have_url(re.compile(f"/desk/tickets/{number}/"))


def test_ticking_rows_and_changing_them_at_once(demo: Installation, desk_page: Callable[..., Page]) -> None:
    numbers = [demo.ticket(ROSA, f"One of four, {n}") for n in range(4)]
    page = desk_page()
    page.goto("/desk/?view=unassigned&sort=-created")
    bar = page.locator("#v-bulk")
    expect(bar).not_to_be_visible()
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(bar.get_by_role("status")).to_have_text("3 ticked")
    page.keyboard.press("x")
    expect(bar.get_by_role("status")).to_have_text("2 ticked")
    bar.get_by_role("combobox", name="Priority").select_option("high")
    expect(page.locator("[data-toast]")).to_contain_text("Priority set on 2 tickets.")
    expect(bar).not_to_be_visible()
    row = "[data-row][data-number='{}'] .v-c-priority"
    for number, priority in zip(reversed(numbers), ("High", "High", "Medium", "Medium"), strict=True):
        expect(page.locator(row.format(number))).to_have_text(priority)
    page.keyboard.press("z")
    expect(page.locator("[data-toast]").last).to_contain_text("Undone on 2 tickets.")
    expect(page.locator(row.format(numbers[-1]))).to_have_text("Medium")


def test_spam_and_what_is_put_off_leave_the_list_by_a_key_and_come_back_by_another(
    demo: Installation, desk_page: Callable[..., Page]
) -> None:
    first, second, third = (demo.ticket(ROSA, f"One of three, {n}") for n in range(3))
    page = desk_page()
    page.goto("/desk/?view=unassigned&sort=-created")
    row = page.locator("[data-row][data-number]")
    expect(row.nth(0)).to_have_attribute("data-number", third)
    page.keyboard.press("j")
    page.keyboard.press("!")
    expect(row.nth(0)).to_have_attribute("data-number", second)
    expect(page.locator("[data-toast]")).to_contain_text("1 ticket marked as spam.")
    page.keyboard.press("z")
    expect(row.nth(0)).to_have_attribute("data-number", third)
    for key in ("j", "j", "h"):
        page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name=f"Put {second} off until…")
    expect(dialog.get_by_role("button").nth(1)).to_be_focused()
    page.keyboard.press("1")
    expect(row.nth(1)).to_have_attribute("data-number", first)
    expect(dialog).to_have_count(0)
    page.goto(f"/desk/tickets/{second}/")
    expect(page.locator("#v-head")).to_contain_text("Snoozed until")
    page.keyboard.press("h")
    dialog.get_by_role("button", name="Bring it back now").click()
    expect(page.locator("#v-head")).not_to_contain_text("Snoozed until")
    page.keyboard.press("!")
    expect(page.locator("#v-head")).to_contain_text("Spam: nobody is answered")
    page.keyboard.press("z")
    expect(page.locator("#v-head")).not_to_contain_text("Spam")


def test_a_mention_reaches_its_person_while_they_look_elsewhere(
    number: str, demo: Installation, desk_page: Callable[..., Page]
) -> None:
    cloe = desk_page(demo.person("claro@desk.example", "agent", name="Cloe Claro"))
    cloe.goto("/desk/?view=mine")
    bell = cloe.locator(".v-side .v-bell")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    page = desk_page()
    page.goto(f"/desk/tickets/{number}/")
    page.keyboard.press("c")
    note = page.locator(NOTE).first
    note.press_sequentially("Look, @cla")
    choices = page.get_by_role("listbox", name="Colleagues and teams").get_by_role("option")
    expect(choices).to_have_count(1)
    page.keyboard.press("Enter")
    expect(note.locator("strong[data-mention]")).to_have_text("@Cloe Claro")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-toast]")).to_contain_text("Note added.")
    demo.hasten()
    expect(bell).to_have_attribute("aria-label", "Notifications: 1 unread")
    cloe.keyboard.press("g")
    cloe.keyboard.press("n")
    line = cloe.locator(".v-told-row").first
    expect(line).to_contain_text("Ane Agirre mentioned you.")
    line.get_by_text("Why did I get this?").click()
    expect(line).to_contain_text("Because you were mentioned.")
    line.get_by_role("link").first.click()
    cloe.wait_for_url(f"**/desk/tickets/{number}/**")
    expect(cloe.locator("#v-talk")).to_contain_text("@Cloe Claro")
    expect(bell).to_have_attribute("aria-label", "Notifications")
