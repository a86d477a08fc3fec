"""A phone in the hand of somebody who has never seen Ventanilla."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Browsers
from tests.browser.installation import Installation

pytestmark = [pytest.mark.browser]

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def photo() -> bytes:
    """A picture such as a camera gives: 64 × 64 pixels of one color, as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = b"".join(b"\0" + b"\xb0\x40\x30" * 64 for _ in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_an_incident_with_a_photo_takes_three_screens_and_its_answer_is_read_there(
    demo: Installation, desk_page: Callable[..., Page]
) -> None:
    page = desk_page("rosa@people.example", **PHONE)
    screens: list[str] = []
    page.on("framenavigated", lambda frame: screens.append(frame.url) if frame == page.main_frame else None)

    page.goto("/")
    assert fits(page)
    page.get_by_role("link", name="Report an incident").tap()
    page.get_by_label("What is happening?").fill("Smoke comes out of the printer")
    with page.expect_file_chooser() as chosen:
        page.get_by_label("Photo or file").tap()
    chosen.value.set_files({"name": "IMG_0001.png", "mimeType": "image/png", "buffer": photo()})
    expect(page.locator(".v-file progress")).to_have_count(0)
    expect(page.locator(".v-file img")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Smoke comes out of the printer")
    assert len(screens) == 3, screens
    assert fits(page)
    picture = page.locator("article img")
    expect(picture).to_be_visible()
    arrived = "(image) => image.decode().then(() => image.naturalWidth)"
    assert picture.evaluate(arrived) == 64
    number = page.url.rstrip("/").rsplit("/", 1)[-1]

    page.get_by_role("link", name="My tickets").first.tap()
    row = page.get_by_role("listitem").filter(has_text=number)
    expect(row).to_contain_text("Received")
    assert fits(page)
    demo.say("ane@desk.example", number, "Please pull its plug.", desk=True)
    page.reload()
    row.get_by_role("link", name="Smoke comes out of the printer").tap()
    expect(page.locator("article").last).to_contain_text("Please pull its plug.")
    page.get_by_label("Your reply").fill("Done, no more smoke.")
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("article").last).to_contain_text("Done, no more smoke.")
    assert fits(page)


def test_a_mistake_keeps_what_was_typed_and_attached(desk_page: Callable[..., Page]) -> None:
    page = desk_page("rosa@people.example", **PHONE)
    page.goto("/portal/new/incident/")
    page.get_by_label("Tell us more").fill("Since this morning.")
    page.get_by_label("Photo or file").set_input_files(
        {"name": "IMG_0002.png", "mimeType": "image/png", "buffer": photo()}
    )
    expect(page.locator(".v-file progress")).to_have_count(0)
    page.get_by_role("button", name="Send").tap()
    summary = page.get_by_role("alert").first
    expect(summary).to_be_focused()
    expect(page.get_by_label("Tell us more")).to_have_value("Since this morning.")
    expect(page.locator(".v-file")).to_contain_text("IMG_0002.png")
    assert fits(page)


def test_a_photo_is_made_smaller_and_sending_waits_for_it(desk_page: Callable[..., Page]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    taken = io.BytesIO()
    Image.new("RGB", (3000, 1000), "white").save(taken, "JPEG", exif=exif)
    page = desk_page("rosa@people.example", **PHONE)
    page.goto("/portal/new/incident/")
    held: list[Route] = []
    page.route("**/portal/uploads/", lambda route: held.append(route))
    page.get_by_label("What is happening?").fill("A photo of the screen")
    with page.expect_request("**/portal/uploads/"):
        page.get_by_label("Photo or file").set_input_files(
            {"name": "IMG_0003.JPG", "mimeType": "image/jpeg", "buffer": taken.getvalue()}
        )
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_text("Sending your files first")).to_be_visible()
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("A photo of the screen")
    size = "(image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    assert page.locator("article img").evaluate(size) == [667, 2000]
    expect(page.locator("article")).to_contain_text("IMG_0003.jpg")
    assert fits(page)


def test_what_was_typed_outlives_the_connection_and_the_tab_and_arrives_once(
    demo: Installation, desk_page: Callable[..., Page], browsers: Browsers
) -> None:
    page = desk_page("rosa@people.example", **PHONE)
    page.goto("/portal/new/incident/")
    page.get_by_label("What is happening?").fill("The lift is stuck")
    page.get_by_label("Tell us more").fill("Between two floors.")
    lost: list[int] = []

    def swallow(route: Route) -> None:
        """The server gets it, and its answer never comes back."""
        lost.append(route.fetch().status)
        route.abort()

    page.route(
        "**/portal/new/incident/", lambda route: swallow(route) if route.request.method == "POST" else route.continue_()
    )
    page.get_by_role("button", name="Send", exact=True).tap()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    assert lost == [201] and fits(page)
    expect(page.get_by_label("Tell us more")).to_have_value("Between two floors.")
    other = page.context.new_page()
    page.close()
    other.goto("/portal/new/incident/")
    expect(other.get_by_label("What is happening?")).to_have_value("The lift is stuck")
    other.context.set_offline(True)
    other.get_by_role("button", name="Send", exact=True).tap()
    expect(other.get_by_text("The server cannot be reached")).to_be_visible()
    other.context.set_offline(False)
    other.get_by_role("button", name="Send again").tap()
    expect(other.get_by_role("heading", level=1)).to_have_text("The lift is stuck")
    count = (
        "from ventanilla.tickets.models import Ticket\nresult = Ticket.objects.filter(subject=args['subject']).count()"
    )
    assert demo.run(count, subject="The lift is stuck") == 1
    other.goto("/portal/new/incident/")
    expect(other.get_by_label("What is happening?")).to_have_value("")
    # The browser says as well that it had no connection.
    browsers.complaints[:] = [line for line in browsers.complaints if "net::ERR_" not in line]
