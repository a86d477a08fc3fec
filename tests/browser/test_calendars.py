"""A calendar in the browser: the picture follows the hand, with the keyboard alone; accessible in both themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_axe import inspect

pytestmark = [pytest.mark.browser]


def test_a_calendar_is_changed_by_keyboard_and_the_picture_follows(desk_page: Callable[..., Page]) -> None:
    page = desk_page(locale="en-GB")
    page.goto("/settings/calendars/1/")
    saturday = page.locator("#id_week_sat")
    page.get_by_label("Friday", exact=True).focus()
    page.keyboard.press("Tab")
    expect(saturday).to_be_focused()
    days = page.locator(".v-year-head .v-soft")
    before = days.inner_text()
    page.keyboard.type("10-13")
    expect(days).not_to_have_text(before)
    expect(saturday).to_be_focused()

    page.locator("#v-do-season").focus()
    page.keyboard.press("Enter")
    first = page.locator("#id_season_0_from")
    expect(first).to_be_visible()
    expect(saturday).to_have_value("10-13")
    first.focus()
    page.keyboard.type("01/08")
    page.keyboard.press("Tab")
    page.keyboard.type("31/08")
    page.keyboard.press("Tab")
    page.keyboard.type("8-15")
    expect(page.locator(".v-month td.is-season").first).to_be_visible()

    holidays = page.locator("#id_holidays")
    holidays.focus()
    page.keyboard.type("25/12 Christmas Day")
    expect(page.locator(".v-month td.is-holiday")).to_have_attribute("title", "Christmas Day, holiday")
    inspect(page)

    saturday.press("End")
    page.keyboard.type(" late")
    expect(page.locator("#v-year .v-info")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("are no hours")
    expect(saturday).to_have_value("10-13 late")
    expect(page.locator("#id_season_0_from")).to_have_value("01/08")
    inspect(page)

    saturday.fill("10-13")
    saturday.press("Enter")
    page.wait_for_url("**/settings/calendars/1/?done=*")
    expect(saturday).to_have_value("10:00-13:00")
    toast = page.locator(".v-toast")
    toast.get_by_role("button", name="Undo").press("Enter")
    page.wait_for_url("**/settings/calendars/")
    page.goto("/settings/calendars/1/")
    expect(saturday).to_have_value("")
    expect(page.locator("#id_season_0_from")).to_have_count(0)


@pytest.mark.parametrize("path", ["/settings/calendars/1/holidays/?country=ES&region=CT", "/settings/calendars/new/"])
def test_its_pages_are_accessible(path: str, desk_page: Callable[..., Page]) -> None:
    inspect(desk_page(), path)
