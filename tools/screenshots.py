"""Take pictures of every page: 1440 and 390 px wide, light and dark, in Spanish and English.

    VENTANILLA_DATA=DIR .venv/bin/python tools/screenshots.py http://localhost:8000 screenshots [--only desk] [--quick]

`DIR` is the data folder of a running demo installation (its random sign-ins stand there). Needs Chromium. `--quick`
takes Spanish alone. Exits with 1 when a page answers with an error, scrolls sideways or writes to the console.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
django.setup()

from ventanilla.brands.models import Brand  # noqa: E402 - Django must be set up first
from ventanilla.people.models import Person, Team  # noqa: E402
from ventanilla.tickets.models import Message, Ticket  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (1440, 390)


def pages() -> dict[str, dict[str, str]]:
    """What to look at, by who looks."""
    staff = Ticket.objects.filter(messages__audience=Message.Audience.STAFF, is_open=1).order_by("-updated_at").first()
    ticket = staff or Ticket.objects.order_by("-updated_at")[0]
    mine = Ticket.objects.filter(requester__email=sign_ins()["requester"][0]).order_by("-updated_at").first()
    portal = {
        "portal": "/portal/",
        "portal-profile": "/profile/",
        "portal-devices": "/profile/devices/",
        "portal-safety": "/profile/safety/",
        "portal-search": "/portal/tickets/?q=correo",
    }
    if mine is not None:
        portal["portal-ticket"] = f"/portal/tickets/{mine.number}/"
    portal["portal-incident"] = "/portal/new/incident/"
    return {
        "": {"sign-in": "/sign-in/", "not-found": "/no-such-page/"},
        "administrator": {
            "desk": "/desk/?view=open",
            "desk-ticket": f"/desk/?view=open&open={ticket.number}",
            "ticket": f"/desk/tickets/{ticket.number}/",
            "new": "/desk/new/",
            "search": "/desk/search/?q=impresora",
            "quarantine": "/mail/quarantine/",
            "outbox": "/mail/outbox/",
            "mail": "/mail/",
            "mailboxes": "/mail/mailboxes/",
            "mailbox": "/mail/mailboxes/1/",
            "mailbox-doctor": "/mail/mailboxes/1/doctor/",
            "mailbox-account": "/mail/mailboxes/1/account/",
            "people": "/people/",
            "import": "/people/import/",
            "settings": "/settings/",
            "audit": "/settings/audit/",
            "agreements": "/settings/agreements/",
            "agreement": "/settings/agreements/2/",
            "clocks": f"/desk/tickets/{ticket.number}/clocks/",
            "calendars": "/settings/calendars/",
            "calendar": "/settings/calendars/1/",
            "calendar-holidays": "/settings/calendars/1/holidays/",
            "profile": "/profile/",
            "notifications": "/notifications/",
            "safety": "/profile/safety/",
            "second-app": "/profile/safety/second/app/",
            "second-passkey": "/profile/safety/second/passkey/",
            "second-start": "/profile/safety/second/",
            "sign-in-settings": "/settings/sign-in/",
            "tokens": "/profile/tokens/",
            **_appearance(),
            **_customers(ticket),
        },
        "requester": portal,
    }


def _appearance() -> dict[str, str]:
    """How the portal, the mails and the words look, where they are set."""
    brand = Brand.objects.order_by("id").first()
    own = {} if brand is None else {"brand": f"/settings/brands/{brand.pk}/"}
    return own | {
        "brands": "/settings/brands/",
        "vocabulary": "/settings/vocabulary/",
        "mail-texts": "/mail/texts/",
        "mail-text": "/mail/texts/reply/",
    }


def _customers(ticket: Ticket) -> dict[str, str]:
    """The pages about who asks, and the dialog that hands their ticket over where there is more than one team."""
    about = {"requester": f"/desk/people/{ticket.requester_id}/"}
    if ticket.organization_id is not None:
        about["requester-organization"] = f"/desk/organizations/{ticket.organization_id}/"
    if Team.objects.filter(archived_at=None).count() > 1:
        about["hand-over"] = f"/desk/tickets/{ticket.number}/"
    return about


def sign_ins() -> dict[str, tuple[str, str]]:
    """Role → (address, password), the first of each role, from the file that the first start wrote."""
    found: dict[str, tuple[str, str]] = {}
    text = (Path(os.environ["VENTANILLA_DATA"]) / "demo-sign-ins.txt").read_text(encoding="utf-8")
    for role, address, password in re.findall(r"^  (\S+)\s+(\S+@\S+)\s+(\S+)$", text, re.MULTILINE):
        found.setdefault(role, (address, password))
    return found


def views(browser: Browser, base: str, quick: bool) -> Iterator[tuple[str, str, Page, str]]:
    """Every page in every look, signed in as who looks at it."""
    for (role, paths), language, theme, width in product(
        pages().items(), ("es",) if quick else ("es", "en"), ("light", "dark"), WIDTHS
    ):
        context = browser.new_context(
            base_url=base, viewport={"width": width, "height": 900 if width > 500 else 844}, locale=language,
            color_scheme="dark" if theme == "dark" else "light", timezone_id="Europe/Madrid",
        )  # fmt: skip
        page = context.new_page()
        if role:
            address, password = sign_ins()[role]
            Person.objects.filter(email=address).update(language=language, theme=theme)
            page.goto("/sign-in/")
            page.fill("input[name=login]", address)
            page.fill("input[name=password]", password)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "sign-in" not in url)
        for name, path in paths.items():
            yield f"{name}-{theme}-{width}-{language}", path, page, name
        context.close()


def main() -> int:
    """Take the pictures; says what is wrong with a page."""
    parser = argparse.ArgumentParser(description="Take pictures of every page")
    parser.add_argument("base")
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        said: list[str] = []
        for picture, path, page, name in views(browser, options.base, options.quick):
            if not name.startswith(options.only):
                continue
            said.clear()
            page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            answer = page.goto(path, wait_until="load")
            if name == "hand-over":
                page.evaluate("document.querySelector('#v-bar [hx-get$=\"/hand-over/\"]').click()")
            page.wait_for_timeout(350)
            page.screenshot(path=options.out / f"{picture}.png")
            status = answer.status if answer else 0
            if status >= 400 and name != "not-found":
                wrong.append(f"{picture}: {path} answered {status}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                wrong.append(f"{picture}: scrolls sideways")
            wrong += [f"{picture}: {text}" for text in said if name != "not-found"]
        browser.close()
    print("\n".join(dict.fromkeys(wrong)) or "Nothing wrong was seen; now look at the pictures.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
