"""What templates say: times, faces, sizes, labels and icons, by tables in both languages."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from ventanilla.ui.templatetags import ui

NOW = datetime(2026, 11, 19, 10, 20, tzinfo=UTC)  # Thursday, 11:20 in Madrid
MADRID = ZoneInfo("Europe/Madrid")


def render(source: str, language: str = "es", zone: str = "Europe/Madrid", **context: Any) -> str:
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        return Template("{% load ui %}" + source).render(Context({"now": NOW, **context}))


def madrid(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("at", "es", "en"),
    [
        (madrid(2026, 11, 19, 9, 12), "hoy 09:12", "today 09:12"),
        (madrid(2026, 11, 19, 0, 0), "hoy 00:00", "today 00:00"),
        (madrid(2026, 11, 18, 23, 59), "ayer 23:59", "yesterday 23:59"),
        (madrid(2026, 11, 20, 10, 0), "mañana 10:00", "tomorrow 10:00"),
        (madrid(2026, 11, 23, 9, 0), "lun 23, 09:00", "Mon 23, 09:00"),
        (madrid(2026, 12, 2, 9, 0), "mié 2, 09:00", "Wed 2, 09:00"),
        (madrid(2026, 12, 3, 9, 0), "03/12/2026", "3 Dec 2026"),
        (madrid(2026, 11, 13, 9, 0), "vie 13, 09:00", "Fri 13, 09:00"),
        (madrid(2026, 11, 12, 9, 0), "12/11/2026", "12 Nov 2026"),
    ],
)
def test_moment(at: datetime, es: str, en: str) -> None:
    assert f">{es}</time>" in render("{% moment at %}", at=at)
    assert f">{en}</time>" in render("{% moment at %}", language="en", at=at)


def test_moment_is_shown_in_the_readers_zone_and_kept_in_utc() -> None:
    html = render("{% moment at %}", zone="America/Lima", at=madrid(2026, 11, 19, 3, 0))
    assert html == ('<time class="v-time" datetime="2026-11-19T02:00:00Z" title="18/11/2026 21:00">ayer 21:00</time>')


def test_moment_without_a_moment_is_empty() -> None:
    assert render("{% moment at %}", at=None) == ""


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("due=soon", "risk", "quedan 40 min"),
        ("due=soon both=True", "risk", "quedan 40 min · hoy 12:00"),
        ("due=minute", "risk", "queda 1 min"),
        ("due=past", "late", "48 min tarde"),
        ("due=old", "late", "3 días tarde"),
        ("due=today", "far", "hoy 14:15"),
        ("due=past category='pending' waiting='del proveedor'", "wait", "del proveedor"),
        ("due=soon category='resolved' done=now opened=opened", "done", "a tiempo, en 12 min"),
        ("due=past category='closed' done=now opened=opened", "done", "48 min tarde"),
    ],
)
def test_time_left(source: str, kind: str, text: str) -> None:
    html = render(
        "{% time_left " + source + " %}",
        soon=NOW + timedelta(minutes=40),
        minute=NOW + timedelta(seconds=70),
        past=NOW - timedelta(minutes=48),
        old=NOW - timedelta(days=3, hours=5),
        today=madrid(2026, 11, 19, 14, 15),
        opened=NOW - timedelta(minutes=12),
    )
    assert f'class="v-left v-left--{kind}"' in html
    assert f">{text}<" in html


def test_time_left_says_nothing_without_a_deadline() -> None:
    assert render("{% time_left due=None %}") == ""
    assert render("{% time_left due=None category='resolved' %}") == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Nerea Iturriaga", "NI"),
        ("María de los Ángeles Fernández-Cañadas Muñoz", "MF"),
        ("Begoña Ruiz de Gauna", "BR"),
        ("Juan de la Cierva", "JC"),
        ("M.ª Á. Fernández", "MÁ"),
        ("íñigo", "Í"),
        ("cau@villarribera.example", "CV"),
        ("", "?"),
        (None, "?"),
        ("李 小龙", "李小"),
    ],
)
def test_initials(name: str | None, letters: str) -> None:
    assert ui.initials(name) == letters


def test_face_escapes_the_name() -> None:
    html = render("{% face name %}", name='<b onclick="x">Ana</b> "Z"')
    assert "<b" not in html
    assert "&lt;b" in html
    assert 'aria-label="Sin asignar"' in render("{% face '' %}")


@pytest.mark.parametrize(
    ("size_bytes", "es", "en"),
    [
        (None, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (84_200, "84 kB", "84 kB"),
        (1_800_000, "1,8 MB", "1.8 MB"),
        (999_700, "1,0 MB", "1.0 MB"),
        (25_000_000, "25 MB", "25 MB"),
        (3_200_000_000, "3,2 GB", "3.2 GB"),
    ],
)
def test_filesize(size_bytes: int | None, es: str, en: str) -> None:
    assert render("{{ size|filesize }}", size=size_bytes) == es
    assert render("{{ size|filesize }}", language="en", size=size_bytes) == en


def test_label_falls_back_to_any_language_that_is_filled_in() -> None:
    row = SimpleNamespace(label={"es": "En curso", "en": "Open"})
    assert render("{{ row|label }}", row=row) == "En curso"
    assert render("{{ row|label }}", language="en", row=row) == "Open"
    assert render("{{ row|label }}", language="en", row={"es": "Solo español", "en": ""}) == "Solo español"
    assert render("{{ row|label }}", row={}) == ""
    assert render("{{ row|label }}", row=None) == ""
    assert render("{{ row|label }}", row="<plain>") == "&lt;plain&gt;"


def test_every_icon_is_drawn_in_the_color_of_its_text() -> None:
    names = [path.stem for path in ui.ICONS.glob("*.svg")]
    assert len(names) > 50
    for name in names:
        html = ui.icon(name)
        assert html.startswith('<svg class="v-icon" viewBox="0 0 16 16" aria-hidden="true"')
        assert "#" not in html
        assert "style" not in html


def test_an_icon_with_a_label_is_an_image_with_a_name() -> None:
    html = ui.icon("lock", label='a "b"')
    assert 'role="img" aria-label="a &quot;b&quot;"' in html


def test_unknown_names_are_errors() -> None:
    with pytest.raises(ValueError, match="no icon called 'nope'"):
        ui.icon("nope")
    with pytest.raises(ValueError, match="'solved' is not a status category"):
        ui.status_glyph("solved")


@pytest.mark.parametrize(
    ("shortcut", "caps"),
    [("h", "H"), ("!", "!"), ("g b", "G B"), ("ctrl+m", "Ctrl M"), ("ctrl+shift+.", "Ctrl Shift .")],
)
def test_a_shortcut_is_written_as_the_caps_of_its_keys(shortcut: str, caps: str) -> None:
    assert ui.key_caps(shortcut) == caps
    assert f">{caps}</kbd>" in str(ui.menu_item({"label": "Copy", "shortcut": shortcut, "copies": "INC-1"}))
