"""What every template may say: icons, states, faces, times, sizes and labels.

All of it is pure formatting: nothing here asks the database anything. Times are shown in the active time zone
(``django.utils.timezone.activate``) and in the active language. A template may put its own clock under ``now`` in the
context, so that one page never shows two different moments and tests can choose one.
"""

import html
import re
import secrets
from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.html import conditional_escape, escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

from ventanilla.installation.terms import spoken

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "icons"

# The five fixed categories and the glyph of each. The word always stands beside the glyph or is its accessible name.
STATUS_CATEGORIES = ("new", "open", "pending", "resolved", "closed")

MINUTE_SECONDS = 60
HOUR_SECONDS = 60 * MINUTE_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS

# From here on the time left is shown as a warning with a countdown instead of as a moment.
RISK_SECONDS = 2 * HOUR_SECONDS

# How far a weekday with its day number is clearer than a full date.
WEEKDAY_DAYS_BEHIND = 6
WEEKDAY_DAYS_AHEAD = 13


@cache
def _drawings() -> dict[str, str]:
    """The inside of every drawing in ``ui/icons``, by name."""
    drawings = {}
    for path in sorted(ICONS.glob("*.svg")):
        match = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.DOTALL)
        if match is None:
            raise ValueError(f"{path.name} is not an SVG drawing")
        drawings[path.stem] = match.group(1).strip()
    return drawings


@lru_cache(maxsize=2_000)
def _svg(name: str, *, css: str, label: str) -> SafeString:
    try:
        drawing = _drawings()[name]
    except KeyError:
        raise ValueError(f"There is no icon called {name!r} in {ICONS}") from None
    if label:
        title = conditional_escape(label)
        return mark_safe(  # noqa: S308 - the drawing is ours, the label is escaped
            f'<svg class="{css}" viewBox="0 0 16 16" role="img" aria-label="{title}">'
            f"<title>{title}</title>{drawing}</svg>"
        )
    return mark_safe(  # noqa: S308 - the drawing is ours
        f'<svg class="{css}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{drawing}</svg>'
    )


@register.simple_tag
def icon(name: str, label: str = "", size: str = "", css: str = "") -> SafeString:
    """Draw an icon of our own set in the color of the text around it.

    ``name``: a file of ``ui/icons`` without its ending. ``label``: accessible name and tooltip; without it the icon is
    decoration and hidden from screen readers. ``size``: ``""`` (16 px), ``sm`` (14 px), ``lg`` (20 px) or ``xl``
    (28 px). ``css``: further classes. An unknown name is an error of the template's author and raises ValueError.
    """
    classes = f"v-icon v-icon--{size}" if size else "v-icon"
    return _svg(name, css=f"{classes} {css}" if css else classes, label=label)


@register.simple_tag
def mark(size: str = "") -> SafeString:
    """Draw Ventanilla's mark. ``size``: ``""`` (24 px) or ``big`` (56 px)."""
    return _svg("mark", css=f"v-mark v-mark--{size}" if size else "v-mark", label="")


RATINGS = ("good", "fair", "bad")


@register.simple_tag
def rating(key: str, label: str = "", size: str = "") -> SafeString:
    """Draw one of the three faces of a rating: ``good``, ``fair`` or ``bad``. Without a label it is decoration.

    Raises ValueError for any other: a mistake of a template.
    """
    if key not in RATINGS:
        raise ValueError(f"{key!r} is not a face")
    return _svg(
        f"rating-{key}", css=f"v-icon v-rating v-rating--{key}{f' v-icon--{size}' if size else ''}", label=label
    )


@register.simple_tag
def status_glyph(category: str, label: str = "") -> SafeString:
    """Draw the window whose blind tells the state. ``category``: one of the five fixed status categories.

    ``label``: the status's own name; give it where the glyph stands alone (the narrow list), leave it out where the
    word stands beside it.
    """
    if category not in STATUS_CATEGORIES:
        raise ValueError(f"{category!r} is not a status category")
    return _svg(f"status-{category}", css=f"v-status v-status--{category}", label=label)


# Words that join the parts of a name and are not a part themselves.
_PARTICLES = frozenset(
    {"al", "da", "das", "de", "del", "dels", "den", "der", "di", "do", "dos", "du", "e", "el", "i", "la", "las", "le"}
    | {"les", "los", "of", "san", "santa", "ten", "the", "van", "von", "y"}
)


@register.filter
@lru_cache(maxsize=2_000)
def initials(name: str | None) -> str:
    """Two letters for a person's name, one for a single word, "?" for none.

    "María de los Ángeles Fernández-Cañadas Muñoz" is MF: a word that follows a particle belongs to the word before.
    """
    alone: list[str] = []
    joined: list[str] = []
    after_particle = False
    for word in re.findall(r"\w+(?:[-'’·.ªº]\w*)*", name or ""):
        if word.lower() in _PARTICLES:
            after_particle = True
            continue
        (joined if after_particle and alone else alone).append(word)
        after_particle = False
    return "".join(word[0] for word in [*alone, *joined][:2]).upper() or "?"


@register.simple_tag
def face(name: str | None = "", kind: str = "", size: str = "") -> SafeString:
    """A round avatar with initials, its name as tooltip and accessible name.

    ``kind``: ``me`` (the reader), ``quiet`` or ``quiet-me`` (the name stands beside it: hidden from screen readers) or
    ``""``.
    ``size``: ``""`` or ``lg``. Without a name it is the dashed circle "Unassigned".
    """
    return _face(name, kind, size, spoken())


@lru_cache(maxsize=2_000)
def _face(name: str | None, kind: str, size: str, _language: str | None) -> SafeString:
    size_css = f" v-face--{size}" if size else ""
    if not name:
        return format_html(
            '<span class="v-face v-face--none{}" role="img" aria-label="{}" title="{}"></span>',
            size_css,
            gettext("Unassigned"),
            gettext("Unassigned"),
        )
    letters = initials(name)
    if kind in {"quiet", "quiet-me"}:
        mine = " v-face--me" if kind == "quiet-me" else ""
        return format_html('<span class="v-face{}{}" aria-hidden="true">{}</span>', mine, size_css, letters)
    if kind == "me":
        return format_html(
            '<span class="v-face v-face--me{}" role="img" aria-label="{}" title="{}">{}</span>',
            size_css,
            name,
            gettext("%(name)s (you)") % {"name": name},
            letters,
        )
    return format_html(
        '<span class="v-face{}" role="img" aria-label="{}" title="{}">{}</span>', size_css, name, name, letters
    )


_MOST_REMEMBERED = 2_000
_remembered: dict[Hashable, SafeString] = {}


_LATE = secrets.token_hex(12)  # nobody outside can write it


@register.simple_tag
def remembered(template_name: str, late: str = "", **given: Hashable) -> SafeString:
    """Draw a component that follows from the language and a few frozen values alone, once for the same values.

    The component sees nothing but `given`, so that nothing of one request can stand in another's page. ``late``: the
    one text that may differ each time; it is put in its place, escaped, when the rest has been drawn.
    """
    key = (template_name, spoken(), *given.items())
    drawn = _remembered.get(key)
    if drawn is None:
        drawn = mark_safe(get_template(template_name).render({**given, "late": _LATE}))  # noqa: S308 - a template's
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = drawn
    return mark_safe(drawn.replace(_LATE, escape(late))) if late else drawn  # noqa: S308 - escaped


_MENU_ATTRIBUTES = (
    ("copies", ' data-copy="{}"'),
    ("load", ' hx-get="{}" hx-target="#v-dialogs"'),
    ("dialog", ' data-dialog-open="{}"'),
    ("event", ' data-key-event="{}" data-clicks'),
    ("print", " data-print"),
    ("confirm", ' hx-confirm="{}"'),
)


@register.filter
def key_caps(shortcut: str) -> str:
    """A shortcut (`ctrl+shift+.`) as the caps of the keys say it, and as `keys.js` lists it: “Ctrl Shift .”."""
    return " ".join(key.capitalize() for key in str(shortcut).replace("+", " ").split())


@register.simple_tag
def menu_item(item: Mapping[str, Any], target: str = "") -> SafeString:
    """A line of `ui/components/menu.html`: a link, or a button with what it does as attributes.

    A page has dozens of them: as a template of its own each took longer than a message of the conversation.
    """
    picture = icon(item["icon"]) if item.get("icon") else ""
    key = f'<kbd aria-hidden="true">{_said(key_caps(item["shortcut"]))}</kbd>' if item.get("shortcut") else ""
    label = f'{picture}<span class="v-grow">{_said(item["label"])}</span>{key}'
    if item.get("url"):
        current = ' aria-current="true"' if item.get("current") else ""
        return SafeString(f'<a href="{_said(item["url"])}"{current}>{label}</a>')
    return SafeString(f'<button type="button"{_menu_attributes(item, target)}>{label}</button>')


def _said(value: Any) -> str:
    """A value as it stands in HTML: `conditional_escape` for texts, in a third of the time."""
    return value if type(value) is SafeString else html.escape(str(value))


def _menu_attributes(item: Mapping[str, Any], target: str) -> str:
    said = [' class="is-danger"'] if item.get("danger") else []
    if item.get("post_url"):
        said.append(f' hx-post="{_said(item["post_url"])}"')
        said.append(f' hx-target="{_said(target)}"' if target else ' hx-swap="none"')
    said += [form.format(_said(item[name])) for name, form in _MENU_ATTRIBUTES if item.get(name)]
    if item.get("shortcut"):
        said.append(f' data-key="{_said(item["shortcut"])}" data-key-label="{_said(item["label"])}"')
    return "".join(said)


# A word with none of these cannot be, or hold, an address: `urlize` looks at every word and takes its time.
_MAYBE_ADDRESS = re.compile(r"://|www\.|@|\.(?:com|edu|gov|int|mil|net|org)\b", re.IGNORECASE)


@register.filter
def linked(text: str) -> SafeString:
    """Plain text with its addresses as links (Django's `urlize`), escaped."""
    return mark_safe(urlize(text, nofollow=True, autoescape=True) if _MAYBE_ADDRESS.search(text) else escape(text))  # noqa: S308 - escaped by both


def _spanish() -> bool:
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0] == "es"


def _clock(context: Context) -> datetime:
    now = context.get("now")
    return now if isinstance(now, datetime) else timezone.now()


def short_date(day: date) -> str:
    """A date in full: 12/11/2026 in Spanish, "12 Nov 2026" in English, where 12/11 would read two ways."""
    return _date(day, _spanish())


def full_moment(moment: datetime) -> str:
    """Date and time in the reader's zone without anything relative, for tooltips and print."""
    return _full(timezone.localtime(moment), _spanish())


def short_moment(moment: datetime, now: datetime) -> str:
    """The shortest unambiguous way to say when, in the reader's zone and language.

    "today 09:12", "yesterday 17:20", "tomorrow 10:00", "Mon 23, 09:00" within about a week, else the date alone.
    """
    return _short(timezone.localtime(moment), timezone.localtime(now), _spanish())


_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _date(day: date, spanish: bool) -> str:
    return f"{day:%d/%m/%Y}" if spanish else f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


def _full(local: datetime, spanish: bool) -> str:
    return f"{_date(local, spanish)} {local:%H:%M}" if spanish else f"{_date(local, spanish)}, {local:%H:%M}"


def _short(local: datetime, here: datetime, spanish: bool) -> str:
    days = (local.date() - here.date()).days
    if not -WEEKDAY_DAYS_BEHIND <= days <= WEEKDAY_DAYS_AHEAD:
        return _date(local, spanish)
    clock = f"{local:%H:%M}"
    if days == 0:
        return gettext("today %(time)s") % {"time": clock}
    if days == -1:
        return gettext("yesterday %(time)s") % {"time": clock}
    if days == 1:
        return gettext("tomorrow %(time)s") % {"time": clock}
    weekday = str(WEEKDAYS_ABBR[local.weekday()])
    return f"{weekday.lower() if spanish else weekday} {local.day}, {clock}"


def _time_element(moment: datetime, text: str) -> SafeString:
    return _element(moment, full_moment(moment), text)


def _element(moment: datetime, title: str, text: str) -> SafeString:
    exact = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return SafeString(f'<time class="v-time" datetime="{exact}" title="{_said(title)}">{_said(text)}</time>')


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None, style: str = "short") -> SafeString:
    """When something happened, as ``<time>``: short to read, absolute on hover, UTC for machines.

    ``style``: ``short`` ("today 09:12"), ``clock`` ("09:12", where the day is known) or ``full``. None gives nothing.
    """
    return moment_at(value, _clock(context), style)


def moment_at(value: datetime | None, now: datetime, style: str = "short") -> SafeString:
    """`moment` outside a template: the same for a clock of one's own."""
    if value is None:
        return SafeString("")
    # Zone and language are looked up once: a list says dozens of moments.
    zone, spanish = timezone.get_current_timezone(), _spanish()
    local = value.astimezone(zone)
    full = _full(local, spanish)
    if style == "clock":
        return _element(value, full, f"{local:%H:%M}")
    if style == "full":
        return _element(value, full, full)
    return _element(value, full, _short(local, now.astimezone(zone), spanish))


def short_duration(seconds: float) -> str:
    """A length of time in its largest sensible unit: "40 min", "2 h", "2 h 30 min", "3 days"."""
    minutes = max(1, int(seconds // MINUTE_SECONDS))
    if seconds < 100 * MINUTE_SECONDS:
        return gettext("%(count)d min") % {"count": minutes}
    if seconds < DAY_SECONDS:
        hours, rest = divmod(minutes, 60)
        if rest and hours < 2:
            return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
        return gettext("%(count)d h") % {"count": hours}
    days = int(seconds // DAY_SECONDS)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


@register.simple_tag(takes_context=True)
def time_left(
    context: Context,
    due: datetime | None,
    category: str = "open",
    waiting: str = "",
    done: datetime | None = None,
    opened: datetime | None = None,
    both: bool = False,
    risk_seconds: int = RISK_SECONDS,
) -> SafeString:
    """The one thing to say about a ticket's deadline: shape, word and color in this order.

    Waiting ("‖ for the supplier") wins over everything, then done ("✓ on time, in 12 min"), out of time
    ("⚠ 48 min late"), at risk ("⧗ 40 min left", within ``risk_seconds``), today and later (the moment itself).
    ``category``: status category. ``waiting``: for whom or until when, already in the reader's language. ``done`` and
    ``opened``: moments of resolution and of opening. ``both``: say the moment too ("40 min left · today 12:00").
    Without anything to say it is empty.
    """
    return time_left_at(
        _clock(context),
        due,
        category=category,
        waiting=waiting,
        done=done,
        opened=opened,
        both=both,
        risk_seconds=risk_seconds,
    )


def time_left_at(
    now: datetime,
    due: datetime | None,
    *,
    category: str,
    waiting: str = "",
    done: datetime | None = None,
    opened: datetime | None = None,
    both: bool = False,
    risk_seconds: int = RISK_SECONDS,
) -> SafeString:
    """`time_left` outside a template: the same for a clock of one's own."""
    if category == "pending":
        return _left("wait", "pause", waiting or gettext("waiting"))
    if category in {"resolved", "closed"}:
        if due is None or done is None:
            return SafeString("")
        if done > due:
            text = gettext("%(time)s late") % {"time": short_duration((done - due).total_seconds())}
            return _left("done", "minus", text, due)
        if opened is None:
            return _left("done", "check", gettext("on time"), due)
        took = short_duration((done - opened).total_seconds())
        return _left("done", "check", gettext("on time, in %(time)s") % {"time": took}, due)
    if due is None:
        return SafeString("")
    at = short_moment(due, now)
    left = due - now
    if left <= timedelta(0):
        text = gettext("%(time)s late") % {"time": short_duration(-left.total_seconds())}
        return _left("late", "warning", f"{text} · {at}" if both else text, due)
    if left <= timedelta(seconds=risk_seconds):
        minutes = max(1, int(left.total_seconds() // MINUTE_SECONDS))
        # Same words in English; the Spanish verb agrees with the number.
        text = ngettext("%(time)s left", "%(time)s left", minutes) % {"time": short_duration(left.total_seconds())}
        return _left("risk", "hourglass", f"{text} · {at}" if both else text, due)
    return _left("far", "", at, due)


def _left(kind: str, icon_name: str, text: str, due: datetime | None = None) -> SafeString:
    picture = _svg(icon_name, css="v-icon v-icon--sm", label="") if icon_name else SafeString("")
    css = f"v-left v-left--{kind}"
    if due is None:
        return format_html('<span class="{}">{}{}</span>', css, picture, text)
    return format_html('<span class="{}">{}{}</span>', css, picture, _time_element(due, text))


@register.filter
def label(value: Any) -> str:
    """A configurable row's name in the reader's language.

    ``value``: a ``{"es": …, "en": …}`` mapping, or something that has one as ``.label``, or plain text. Falls back to
    the installation's language, then to any language that is filled in, then to "".
    """
    names = getattr(value, "label", value)
    if not isinstance(names, Mapping):
        return "" if names is None else str(names)
    wanted = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    fallback = settings.LANGUAGE_CODE.split("-")[0]
    return next((text for text in (names.get(wanted), names.get(fallback), *names.values()) if text), "")


@register.filter
def filesize(size_bytes: int | None) -> str:
    """A file's size for people, in steps of 1000 and with the language's decimal mark: "84 kB", "1,8 MB"."""
    size = float(size_bytes or 0)
    if size < 1000:
        return pgettext("file size", "%(size)s B") % {"size": int(size)}
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    # number_format() cuts digits off instead of rounding them.
    decimals = 1 if size < 9.95 and unit != "kB" else 0
    return f"{number_format(round(size, decimals), decimals)} {unit}"


@register.simple_tag
@lru_cache(maxsize=500)
def priority(key: str, name: str = "") -> SafeString:
    """The priority as a word; only high and critical are louder than the rest.

    ``key``: ``low``, ``medium``, ``high`` or ``critical``; any other is shown quietly. ``name``: its label in the
    reader's language.
    """
    kind = key if key in {"high", "critical"} else "plain"
    return format_html('<span class="v-prio v-prio--{}">{}</span>', kind, name)


_FILE_ICONS = {"image": "image", "text": "document", "audio": "play", "video": "play"}
_ARCHIVES = ("zip", "compressed", "x-tar", "gzip", "x-7z", "x-rar")


@register.filter
def file_icon(media_type: str | None) -> str:
    """The icon's name for an attachment's media type (RFC 6838), "document" when unknown."""
    kind = (media_type or "").lower()
    if any(word in kind for word in _ARCHIVES):
        return "archive-file"
    return _FILE_ICONS.get(kind.partition("/")[0], "document")
