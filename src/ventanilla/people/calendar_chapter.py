"""Calendars in a bundle: the hours that hold now, in the one way they are stored (`core.calendar_text`)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from ventanilla.core.calendar_text import PARTS, canonical
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.fields.section_chapter import drop_of, order_of
from ventanilla.people.calendar_section import CALENDARS as SECTION
from ventanilla.people.models import Calendar


def _rows() -> Sequence[Plain]:
    return [_plain(row) for row in Calendar.objects.order_by("position", "id")]


def _plain(row: Calendar) -> Plain:
    archived = {"archived": True} if row.archived_at is not None else {}
    # One engine keeps the order of what is inside, the other does not.
    return {"key": row.key, "label": dict(row.label), **canonical(row.definition), **archived}


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, ("key", "label", "archived", *PARTS))
    label, archived = plain.words(row, "label"), plain.yes_no(row, "archived")
    definition = {name: row[name] for name in PARTS if name in row}
    if known:
        kept = Calendar.objects.get(key=row["key"])
        change_row(by=by, section=SECTION, row=kept, label=label, archived=archived, definition=definition)
        return
    made = create_row(by=by, section=SECTION, label=label, key=row["key"], definition=definition)
    if archived:
        change_row(by=by, section=SECTION, row=made, label=label, archived=True)


CALENDARS = Chapter(
    key="calendars",
    title=SECTION.title,
    rows=_rows,
    write=_write,
    order=order_of(SECTION),
    drop=drop_of(SECTION),
    names={
        "label": _("Name"),
        "tz": _("Time zone"),
        "week": _("Week"),
        "seasons": _("Seasons"),
        "holidays": _("Holidays"),
        "overrides": _("Days with other hours"),
        "breaks": _("Closed for a while"),
        "names": _("Names of days"),
        "archived": _("Archived"),
    },
)
