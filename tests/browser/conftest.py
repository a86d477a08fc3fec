"""Fixtures for the browser: installations that run, Chromium, and people who are signed in."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.installation import PASSWORD, Installation, WaitingInbox
from tests.installations import migrated_postgresql, postgresql, prepared
from ventanilla.mail.tests.servers import SmtpServer

CHROMIUM = "/usr/bin/chromium"
# The same engine without what draws windows: half of the work. It knows no pushes.
SHELL = "/usr/bin/chromium-headless-shell"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
# What the browser itself writes when we answer with what a page is prepared for.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (403|404|409|410|422)")
PATIENCE_MS = 15_000

SETUP_MAIL = """
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox
from ventanilla.people.author import Author
save_mailbox(
    by=Author.system("test"), mailbox=Mailbox.objects.first(), address="soporte@mesa.example", catch_all=True,
    smtp_host="127.0.0.1", smtp_port=args["port"], smtp_security=Mailbox.Security.NONE,
)
"""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        yield driver


@contextmanager
def launched(playwright: Playwright, *programs: str) -> Iterator[Browser]:
    """The first of the programs that is there, running."""
    program = next(filter(os.path.exists, programs), "")
    if not program:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: apt-get install chromium chromium-headless-shell")
        pytest.skip("Chromium is not installed")
    browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser of the tests."""
    with launched(playwright, SHELL, CHROMIUM) as browser:
        yield browser


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with the small demo company, and an agent, a colleague and a requester of ours."""
    installation = Installation(tmp_path_factory.mktemp("demo") / "data")
    try:
        installation.start("--demo", "small")
        installation.person("ane@desk.example", "administrator", name="Ane Agirre")
        installation.person("bea@desk.example", "agent", name="Bea Blanco")
        installation.person("rosa@people.example", "requester", name="Rosa Roca")
        yield installation
    finally:
        installation.stop()


@pytest.fixture(scope="module")
def mails() -> Iterator[WaitingInbox]:
    """What arrives at a real SMTP server; its port is `mails.port`."""
    server = SmtpServer()
    inbox = server.inbox = WaitingInbox(server.port)
    server.start()
    yield inbox
    server.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def empty(
    request: pytest.FixtureRequest,
    mails: WaitingInbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A new installation on each engine, with a mailbox that sends to the SMTP server."""
    with postgresql(template=migrated_postgresql) if request.param == "postgresql" else nullcontext("") as url:
        installation = Installation(prepared(tmp_path_factory.mktemp("empty") / "data").data, url)
        try:
            installation.start("--empty")
            installation.run(SETUP_MAIL, port=mails.port)
            yield installation
        finally:
            installation.stop()


class Browsers:
    """Browsers of several people, each signed in once; what their pages complain about."""

    def __init__(self, chromium: Browser, signed_in: dict[tuple[str, str], Any]) -> None:
        self._chromium = chromium
        self._signed_in = signed_in
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, installation: Installation, email: str = "", **options: Any) -> Page:
        """A page in a browser of its own; `email` is who is signed in, options are Playwright's."""
        key = (installation.address, email)
        given = {"viewport": {"width": 1440, "height": 900}, "locale": "en", "timezone_id": "Europe/Madrid"}
        # A worker's requests are none that a test can answer itself; the test about it allows it.
        given |= {"service_workers": "block"}
        given |= {"reduced_motion": "reduce", "base_url": installation.address}
        if email and key in self._signed_in:
            given["storage_state"] = self._signed_in[key]
        context = self._chromium.new_context(**(given | options))
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        page = context.new_page()
        if email and key not in self._signed_in:
            sign_in(page, email)
            self._signed_in[key] = context.storage_state()
        return page

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not _ANSWERED.match(message.text):
            self.complaints.append(f"{message.page.url if message.page else ''}: {message.text}")

    def close(self) -> None:
        """Close them; a page that complained fails the test."""
        for context in self._contexts:
            context.close()
        assert not self.complaints, "\n".join(dict.fromkeys(self.complaints))


def sign_in(page: Page, email: str) -> None:
    """Sign in with address and password, as people do."""
    page.goto("/sign-in/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture(scope="package")
def signed_in() -> dict[tuple[str, str], Any]:
    """Who has signed in already, by installation and address."""
    return {}


@pytest.fixture
def browsers(chromium: Browser, signed_in: dict[tuple[str, str], Any]) -> Iterator[Browsers]:
    """Opens pages; none of them may have written an error to its console when the test ends."""
    opened = Browsers(chromium, signed_in)
    yield opened
    opened.close()


@pytest.fixture
def desk_page(browsers: Browsers, demo: Installation) -> Callable[..., Page]:
    """A page of the demo installation, as one of its people."""
    return lambda email="ane@desk.example", **options: browsers.open(demo, email, **options)
