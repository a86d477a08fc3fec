"""A ticket as a row of a list: what was read, put into the reader's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ventanilla.desk.columns import Column, Line
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.models.ticket import NEVER, WAITING
from ventanilla.tickets.vocabulary import Words
from ventanilla.ui.templatetags.rows import Row
from ventanilla.ui.templatetags.ui import RISK_SECONDS, short_moment

# What every row needs, whatever columns are chosen.
READS = (
    "number",
    "subject",
    "status_id",
    "status_category",
    "requester__name",
    "requester__email",
    "priority_id",
    "due_at",
    "sort_due_at",
    "pending_reason_id",
    "pending_until",
    "created_at",
    "updated_at",
    "resolved_at",
    "assignee_id",
)


def waiting_words(known: Words, category: int, reason: int | None, until: datetime | None, now: datetime) -> str:
    """For whom or until when a pending ticket waits; empty for any other."""
    if category != StatusCategory.PENDING:
        return ""
    if until is not None:
        return _("until %(when)s") % {"when": short_moment(until, now)}
    found = known.reasons.get(reason or 0)
    return str(found) if found is not None else ""


def row_of(
    row: Any,
    known: Words,
    columns: Sequence[Column],
    *,
    me: int,
    now: datetime,
    unread: bool,
    selected: bool = False,
    url: str,
    row_url: str,
    custom: Mapping[str, Mapping[int, str]] | None = None,
) -> Row:
    """One row of the list engine, which has read `READS` and the columns, in the reader's words."""
    category = StatusCategory(row.status_category)
    line = Line(
        row=row,
        known=known,
        category=category.key,
        waiting=waiting_words(known, category, row.pending_reason_id, row.pending_until, now),
        me=me,
        now=now,
        custom=custom or {},
    )
    return Row(
        number=row.number,
        subject=row.subject,
        who=row.requester__name or row.requester__email or "",
        category=category.key,
        status=str(known.statuses[row.status_id]),
        url=url,
        row_url=row_url,
        live=f"ticket:{row.pk}",
        cells=tuple((column.key, column.cell(line)) for column in columns),
        unread=unread,
        selected=selected,
    )


def is_news(row: Any, seen: Mapping[int, datetime], me: int) -> bool:
    """Whether a row is bold: it changed since one looked, or nobody has looked at what is new or one's own.

    What others carry and one has never opened is not news.
    """
    looked = seen.get(row.pk)
    if looked is not None:
        return bool(row.updated_at > looked)
    return bool(row.status_category == StatusCategory.NEW or row.assignee_id == me)


@dataclass(frozen=True)
class Band:
    """One group of the list in order of deadline."""

    label: str
    start: datetime | None
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether a ticket with this place in the order stands in the band."""
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)

    @property
    def condition(self) -> Q:
        """The same as a query."""
        condition = Q()
        if self.start is not None:
            condition &= Q(sort_due_at__gte=self.start)
        if self.end is not None:
            condition &= Q(sort_due_at__lt=self.end)
        return condition


def bands(now: datetime) -> list[Band]:
    """The groups by deadline at this moment, in the reader's day."""
    risk = now + timedelta(seconds=RISK_SECONDS)
    tonight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    today = max(risk, tonight)
    return [
        Band(_("Overdue"), None, now),
        Band(_("At risk"), now, risk),
        Band(_("Due today"), risk, today),
        Band(_("Later"), today, NEVER),
        Band(_("No due date"), NEVER, WAITING),
        Band(_("Pending"), WAITING, None),
    ]


def grouped(rows: Sequence[tuple[datetime, Row]], now: datetime, *, reverse: bool) -> list[tuple[Band, list[Row]]]:
    """The rows of a page under their bands; bands without rows are left out."""
    order = bands(now)
    found = [(band, [row for moment, row in rows if band.holds(moment)]) for band in order]
    return [(band, held) for band, held in (reversed(found) if reverse else found) if held]


def band_querysets(queryset: QuerySet[Ticket], shown: Iterable[Band]) -> dict[str, QuerySet[Ticket]]:
    """What to count for the heads of the bands."""
    return {band.label: queryset.filter(band.condition) for band in shown}
