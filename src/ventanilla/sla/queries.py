"""Questions about agreements and the clocks of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.http import Http404

from ventanilla.sla.arithmetic import Reading, Stretch
from ventanilla.sla.book import Book, Edition, Entry, book
from ventanilla.sla.clocks import CLOCKS, history_of, read_back
from ventanilla.sla.models import Agreement, Clock, Recount
from ventanilla.sla.reckoning import FIRST_RESPONSE, NEXT_RESPONSE, SLA, Reckoned
from ventanilla.tickets.models import Ticket

_ANSWERS = frozenset({FIRST_RESPONSE, NEXT_RESPONSE})


@dataclass(frozen=True)
class Shown:
    """A clock as pages show it: what it measures, by which agreement, and what it shows at a moment."""

    row: Clock
    agreement: Agreement
    edition: Edition
    clock: Reckoned
    reading: Reading
    at: datetime

    @property
    def open(self) -> bool:
        """Whether it has not ended yet."""
        return self.row.ended_at is None

    @property
    def standing(self) -> str:
        """Why it stands now, "" while it runs or once it has ended."""
        return self.clock.turns[-1].why if self.open and not self.clock.turns[-1].runs else ""

    @property
    def due_at(self) -> datetime | None:
        """When it is due if it runs on from now."""
        return self.clock.due(self.at)

    @property
    def late(self) -> bool:
        """Whether it was missed: it ended late, or runs past its end."""
        return self.row.late or self.reading.breached

    def stretches(self) -> Sequence[Stretch]:
        """Its whole time until it ended, or until now."""
        return list(self.clock.clock.stretches(self.row.ended_at or self.at))


def entry_of(pk: int) -> Entry:
    """An agreement with its versions, else `Http404`."""
    found = next((entry for entry in book().entries if entry.agreement.pk == pk), None)
    if found is None:
        raise Http404
    return found


def recount_under_way() -> Recount | None:
    """How far the open tickets have been reckoned anew after a change; None once they all are."""
    return Recount.objects.filter(ended_at=None).first()


def clocks_of(ticket: Ticket, now: datetime) -> list[Shown]:
    """The clocks of a ticket that somebody sees, oldest first; none without the module. One query."""
    known = book()
    if known.unused:
        return []
    return [shown for row in CLOCKS.objects(ticket=ticket.pk) if (shown := _shown(row, known, now)) is not None]


def answered_by(ticket: Ticket, now: datetime) -> datetime | None:
    """Until when customers were promised an answer to what nobody has answered yet; None without a promise that still
    can be kept. One query while there are agreements."""
    promised = [
        shown.due_at
        for shown in clocks_of(ticket, now)
        if shown.open and not shown.standing and shown.row.side == SLA and shown.row.metric in _ANSWERS
    ]
    return min((due for due in promised if due is not None and due > now), default=None)


def _shown(row: Clock, known: Book, now: datetime) -> Shown | None:
    try:
        agreement, edition = known.edition(row.version_id)
    except KeyError:
        return None
    clock = read_back(row, known)
    return Shown(row, agreement, edition, clock, clock.clock.reading(row.ended_at or now), now)


@dataclass(frozen=True)
class Share:
    """A part of a clock's open time: the team that had the ticket, and why the clock stood ("" while it ran)."""

    team: int | None
    why: str
    open_seconds: int


def consumed(ticket: Ticket, shown: Shown) -> list[Share]:
    """Who had the ticket in each part of a clock's time, in order. One query."""
    end = shown.row.ended_at or shown.at
    history = [snapshot for snapshot in history_of(ticket.pk) if snapshot.at < end]
    marks = [(snapshot.at, snapshot.values.get("team")) for snapshot in history]
    shares = []
    for part in shown.stretches():
        inside = [at for at, _team in marks if part.begins < at < part.ends]
        for begins, ends in pairwise([part.begins, *inside, part.ends]):
            team = next((team for at, team in reversed(marks) if at <= begins), None)
            seconds = shown.clock.terms.calendar.elapsed_seconds(begins, ends)
            shares.append(Share(team, part.why if not part.runs else "", seconds))
    return shares
