"""Contrast and themes: what WCAG says of known pairs, and what holds for every color."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.brands.theme import GROUNDS, colors, passes, stylesheet, suggested, theme, theme_named
from ventanilla.core.contrast import TEXT, contrast, least, luminance, mixed, nearest, normal_color

pytestmark = pytest.mark.pure
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#17594d", "#fffefb", 8.09),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_known_ratios(one: str, other: str, ratio: float):
    assert round(contrast(one, other), 2) == ratio


@pytest.mark.parametrize(("text", "color"), [("#ABC", "#aabbcc"), ("17594D", "#17594d"), (" #000000 ", "#000000")])
def test_colors_are_written_one_way(text: str, color: str):
    assert normal_color(text) == color


@pytest.mark.parametrize("text", ["", "red", "#12", "#1234567", "#12345g", "url(x)", "#123456;}"])
def test_what_is_no_color_is_refused(text: str):
    with pytest.raises(ValueError, match="no color"):
        normal_color(text)


@given(COLORS, COLORS)
def test_contrast_is_a_ratio_of_two(one: str, other: str):
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
    assert 0 <= luminance(one) <= 1
    assert mixed(one, other, 0) == one and mixed(one, other, 1) == other


@given(COLORS, st.sampled_from(["light", "dark"]))
def test_what_is_suggested_passes_and_is_no_further_than_needed(color: str, mode: str):
    found = suggested(color, mode)
    assert passes(found, mode)
    made = colors(found, mode)
    assert least(found, (*GROUNDS[mode], made.soft)) >= TEXT
    assert contrast(made.on_accent, made.accent) >= TEXT and contrast(made.on_accent, made.stronger) >= TEXT
    if passes(color, mode):
        assert found == color
    assert suggested(found, mode) == found


@given(COLORS)
def test_text_of_the_page_can_be_read_on_the_soft_accent(color: str):
    for mode, ink in (("light", "#4f4b42"), ("dark", "#c5c0b4")):
        assert contrast(colors(suggested(color, mode), mode).soft, ink) >= TEXT


@given(COLORS)
def test_a_theme_is_told_by_its_address(color: str):
    made = theme(suggested(color, "light"))
    assert made is not None and theme_named(made.version) == made
    assert stylesheet(made).count("light-dark(#") == 6


def test_no_theme_without_contrast():
    assert theme("#ffee00") is None and theme("#17594d", "#111111") is None and theme("") is None
    for version in ("1-ffee00-ffee00", "0-17594d-7cc9b3", "1-17594d-7cc9b3x", "1-17594D-7cc9b3", "../x"):
        assert theme_named(version) is None
    assert nearest("#ffffff", "#000000", lambda _color: False) == "#000000"
