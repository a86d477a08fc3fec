"""Passkeys with Chromium's virtual authenticator: adding one, signing in with it alone, and as the second step."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browsers, sign_in
from tests.browser.installation import PASSWORD, Installation

pytestmark = [pytest.mark.browser]
PERSON = "pia@desk.example"


@pytest.fixture
def page(browsers: Browsers, demo: Installation) -> Page:
    demo.person(PERSON, "agent", name="Pía Pérez")
    return browsers.open(demo)


def device(page: Page, **more: Any) -> tuple[Any, str]:
    """A device with a finger on it; answers to it through the browser's own protocol."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options | more})
    return session, made["authenticatorId"]


def leave(page: Page) -> None:
    """The browser forgets that somebody is signed in; the device keeps its passkey."""
    page.goto("about:blank")  # the stream of a page that is open would ask once more, and be refused
    page.context.clear_cookies()


def arrived(url: str) -> bool:
    return "/sign-in/" not in url


def test_a_passkey_from_adding_it_to_its_end(page: Page, demo: Installation) -> None:
    session, authenticator = device(page)
    sign_in(page, PERSON)
    page.goto("/profile/safety/")
    page.click("text=Add a passkey")
    page.fill("input[name=name]", "My laptop")
    page.click("button:has-text('Add the passkey')")
    expect(page.locator(".v-codes li")).to_have_count(10)
    page.click("text=I have kept them")
    page.goto("/profile/safety/")
    expect(page.locator("#second")).to_contain_text("My laptop")

    # The same device twice: the browser itself refuses.
    page.goto("/profile/safety/second/passkey/")
    page.click("button:has-text('Add the passkey')")
    expect(page.locator("[data-passkey-problem]")).to_contain_text("already has a passkey")

    # Alone, in place of address and password, and back to where one wanted to go.
    leave(page)
    page.goto("/sign-in/?next=/profile/safety/")
    page.click("button:has-text('Use a passkey')")
    page.wait_for_url(arrived)
    assert page.url.endswith("/profile/safety/")

    # As the second step after the password.
    leave(page)
    page.goto("/sign-in/")
    page.fill("input[name=login]", PERSON)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/sign-in/second/")
    page.click("button:has-text('Use a passkey')")
    page.wait_for_url(arrived)

    # Removed here, the device still has it; it opens nothing any more.
    page.goto("/profile/safety/")
    page.click("button[aria-label='Remove My laptop']")
    expect(page.locator("#second")).not_to_contain_text("My laptop")
    leave(page)
    page.goto("/sign-in/")
    page.click("button:has-text('Use a passkey')")
    expect(page.locator("[data-toast]")).to_contain_text("not known here")

    # A device that does not make sure who holds it answers nothing in place of a password.
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/sign-in/")
    page.click("button:has-text('Use a passkey')")
    expect(page.locator("[data-passkey-problem]")).to_contain_text("not allowed")
    assert "/sign-in/" in page.url
