"""Agreements and clocks in words."""

import re
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ventanilla.core.durations import parse_duration
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.book import Entry
from ventanilla.sla.coverage import Gap
from ventanilla.sla.names import METRICS, STANDING
from ventanilla.tickets.vocabulary import Words

_DAYS: Final = re.compile(r"(\d{1,4})\s*(?:d|días?|dias?|days?|working days?|días? hábiles|días? laborables)", re.ASCII)
_HOUR: Final = 3_600
_MOST_SHOWN: Final = 4


def target_in_words(target: Target) -> str:
    """“4 h”, “1 h 30 min”, “2 working days”."""
    if target.days:
        return ngettext("%(days)d working day", "%(days)d working days", target.days) % {"days": target.days}
    return seconds_in_words(target.seconds)


def seconds_in_words(seconds: int) -> str:
    """An amount of open time: “4 h”, “1 h 30 min”, “20 min”, “40 s”."""
    hours, rest = divmod(abs(seconds), _HOUR)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    parts += [f"{left} s"] if left and not hours else []
    return ("−" if seconds < 0 else "") + (" ".join(parts) or "0 min")


def target_typed(target: Target | None) -> str:
    """As it is typed into a form; `target_read` reads it back."""
    if target is None:
        return ""
    return f"{target.days} d" if target.days else seconds_in_words(target.seconds)


def target_read(text: str, *, end_of_day: bool) -> Target | None:
    """What somebody typed as a time: `4 h`, `1:30`, `90` (minutes), `2 d` (working days). None for nothing at all.

    Raises `ValueError` for anything else.
    """
    plain = " ".join(text.lower().split()).rstrip(".")
    if not plain:
        return None
    if days := _DAYS.fullmatch(plain):
        return Target(days=int(days[1]), end_of_day=end_of_day)
    seconds = parse_duration(plain)
    if not seconds:
        raise ValueError(text)
    return Target(seconds)


def in_words(entry: Entry) -> str:
    """What an agreement grants in its last row, which is for all that none before it is for, and how many it has."""
    edition = entry.editions[-1] if entry.editions else None
    if edition is None or not edition.wording.rows:
        return ""
    if edition.problem:
        return _("Cannot be read any more: open it and mend its conditions.")
    rows = edition.wording.rows
    told = [f"{METRICS[metric]}: {target_in_words(target)}" for metric, target in rows[-1].targets.items()]
    shown = " · ".join(told[:_MOST_SHOWN])
    if len(rows) == 1:
        return shown
    more = ngettext("%(count)d other case", "%(count)d other cases", len(rows) - 1) % {"count": len(rows) - 1}
    return f"{shown} · {more}"


def gap_in_words(gap: Gap) -> str:
    """What does not add up, with the time that is missing."""
    links = ", ".join(f"{link.entry.agreement} ({seconds_in_words(link.seconds)})" for link in gap.links)
    return _(
        "“%(agreement)s”, case %(place)d, promises a resolution in %(promised)s, but together these may take longer:"
        " %(links)s. %(missing)s are missing."
    ) % {
        "agreement": gap.entry.agreement,
        "place": gap.place,
        "promised": seconds_in_words(gap.promised_seconds),
        "links": links,
        "missing": seconds_in_words(gap.missing_seconds),
    }


def why_standing(why: str, known: Words) -> str:
    """Why a clock stands, in a word or two; "" for one that runs."""
    if not why:
        return ""
    if why in STANDING:
        return str(STANDING[why])
    kind, _colon, pk = why.partition(":")
    rows = known.reasons if kind == "reason" else known.statuses
    row = rows.get(int(pk)) if pk.isdecimal() else None
    return str(row) if row is not None else _("Standing")
