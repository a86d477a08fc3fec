"""Two agents at work in real browsers: the list, the keys, typing, sending, taking back, the guard, live screens."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.test_serve import free_port, start, wait_until_ready

pytestmark = [pytest.mark.browser, pytest.mark.pure, pytest.mark.xdist_group("crash")]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A served demo: its address, and the addresses and passwords of its agents."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium (sudo apt-get install chromium)")
    port = free_port()
    server = start(tmp_path_factory.mktemp("desk") / "data", "--port", str(port), "--demo", "small")
    try:
        said = wait_until_ready(server)
        agents = re.findall(r"(?:administrator|agent) +(\S+@\S+) +(\S+)", said)
        yield f"http://localhost:{port}", agents
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def enter(browser: Browser, address: str, agent: tuple[str, str], complaints: list[str]) -> Page:
    """A signed-in page; whatever its console says wrong lands in `complaints`."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en").new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "409" not in said.text else None,
    )
    page.goto(f"{address}/desk/")
    page.fill("input[type=email]", agent[0])
    page.fill("input[type=password]", agent[1])
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/desk/**")
    return page


def test_two_agents_at_work(desk: tuple[str, list[tuple[str, str]]], browser: Browser) -> None:
    address, agents = desk
    complaints: list[str] = []
    ana, joan = (enter(browser, address, agent, complaints) for agent in agents[:2])

    ana.goto(f"{address}/desk/?view=open")
    ana.keyboard.press("j")
    ana.keyboard.press("Enter")
    expect(ana.locator("#v-pane #v-head")).to_be_visible()
    number = re.search(r"open=([A-Z]+-\d+)", ana.url)
    assert number is not None
    ticket = f"{address}/desk/tickets/{number[1]}/?view=open"

    ana.goto(ticket)
    joan.goto(ticket)
    expect(ana.locator(".v-presence .v-face")).to_have_count(1)
    joan.keyboard.press("r")
    joan.locator("#v-write-reply .v-draft").press_sequentially("We are looking at it.")
    expect(ana.locator(".v-presence")).to_contain_text(re.compile("is typing|está escribiendo"), timeout=20_000)

    ana.keyboard.press("c")
    ana.locator("#v-write-note .v-draft").press_sequentially("Joan has it.")
    letters = ana.locator("article.v-msg")
    before = letters.count()
    joan.keyboard.press("Control+Enter")
    joan.locator("#v-toasts [data-key=z]").click()
    expect(joan.locator("#v-write-reply .v-draft")).to_contain_text("We are looking at it.")
    joan.locator("#v-write-reply button[type=submit].v-btn--main").first.click()
    expect(joan.locator("#v-toasts [data-key=z]")).to_be_visible()
    expect(letters).to_have_count(before + 1, timeout=20_000)

    ana.locator("#v-write-note .v-draft").press("Control+Enter")
    guard = ana.locator("dialog[open]")
    expect(guard).to_contain_text("We are looking at it.")
    guard.locator("[data-send-anyway]").click()
    expect(ana.locator("article.v-msg--note.is-due")).to_be_visible()

    ana.locator("#v-set-priority").select_option("critical")
    expect(ana.locator("#v-head .v-prio--critical")).to_be_visible()
    expect(joan.locator("#v-head .v-prio--critical")).to_be_visible(timeout=20_000)
    assert complaints == []


def test_question_mark_lists_the_keys_of_the_page(desk: tuple[str, list[tuple[str, str]]], browser: Browser) -> None:
    address, agents = desk
    complaints: list[str] = []
    page = enter(browser, address, agents[0], complaints)
    page.goto(f"{address}/desk/?view=open")
    page.keyboard.press("?")
    listed = page.locator("#v-shortcuts li")
    expect(listed.first).to_be_visible()
    declared = page.locator("[data-key]").evaluate_all("found => found.map(each => each.dataset.key)")
    assert listed.count() <= len(set(declared))
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("open")
    expect(page.locator("#v-palette [role=option]").first).to_be_visible()
    page.keyboard.press("Escape")
    assert complaints == []
