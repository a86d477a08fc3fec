"""What an installed page does by itself: it shows pushes, and says so when the server is away."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import CHROMIUM, launched
from tests.browser.installation import Installation

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The whole browser: without a window there are no pushes."""
    with launched(playwright, CHROMIUM) as browser:
        yield browser


SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map((one) => ({ title: one.title, body: one.body, tag: one.tag, ...one.data }));
}"""

ALONE = f"""(said) => ({SHOWN})().then(
  (all) => all.length === 1 && Object.keys(said).every((name) => all[0][name] === said[name])
)"""


def test_a_push_is_shown_and_a_lost_connection_said(demo: Installation, desk_page: Callable[..., Page]) -> None:
    page = desk_page("rosa@people.example", service_workers="allow", permissions=["notifications"])
    found: list[dict[str, str]] = []
    console = page.context.new_cdp_session(page)
    console.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    console.send("ServiceWorker.enable")
    page.goto("/profile/devices/")
    expect(page.get_by_role("button", name="Tell me here")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.state)")
    page.reload()  # from now on the worker stands between the page and the server
    said = {"title": "INC-7 · Printer", "body": "It is being looked at.", "address": "/portal/", "tag": "ticket:7"}
    push = {"origin": demo.address, "registrationId": found[0]["registrationId"]}
    for body in ("It is being looked at.", "There is an answer for you."):
        said["body"] = body
        console.send("ServiceWorker.deliverPushMessage", push | {"data": json.dumps(said)})
        # One with the same tag takes the place of the one before: alone, though for a moment neither may be there.
        page.wait_for_function(ALONE, arg=said)
    page.context.set_offline(True)
    page.goto("/portal/tickets/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert "Rosa" not in page.content()
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="My tickets")).to_be_visible()
