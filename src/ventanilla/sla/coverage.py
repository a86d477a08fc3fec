"""Whether agreements add up: what teams and suppliers may take together has to fit into what was promised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ventanilla.core.calendars import Calendar
from ventanilla.fields.conditions import EVERYTHING, Condition
from ventanilla.people.calendars import calendar_of, current_version
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.book import Book, Entry
from ventanilla.sla.reckoning import IN_TEAM, RESOLUTION, SLA, SUPPLIER
from ventanilla.sla.wording import Wording

# Four weeks without a change of the clocks in most zones, from a Monday on: what a working day is worth.
_FROM: Final = datetime(2026, 1, 5, tzinfo=UTC)
_WEEKS: Final = timedelta(weeks=4)
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Link:
    """What one agreement behind a promise may take."""

    entry: Entry
    seconds: int


@dataclass(frozen=True)
class Gap:
    """A promise to customers that is shorter than what stands behind it. `place` is its row, counted from 1."""

    entry: Entry
    place: int
    promised_seconds: int
    links: tuple[Link, ...]

    @property
    def missing_seconds(self) -> int:
        """By how much the links are too long together."""
        return sum(link.seconds for link in self.links) - self.promised_seconds


def gaps(book: Book) -> Iterator[Gap]:
    """The promises in force that cannot be kept if everybody behind them takes all of their time, one after the other.

    For a case of an agreement the others answer with their own row for the same condition, else with that for all.
    """
    in_force = [(entry, edition) for entry in book.entries if (edition := entry.at(None)) and not edition.problem]
    behind = [(entry, edition) for entry, edition in in_force if entry.agreement.side != SLA]
    for entry, edition in in_force:
        if entry.agreement.side != SLA:
            continue
        for place, row in enumerate(edition.wording.rows, start=1):
            target = row.targets.get(RESOLUTION)
            if target is None:
                continue
            links = tuple(
                Link(other, _seconds(found, _calendar(said.row.calendar_id)))
                for other, said in behind
                # While a supplier has it the promise may stand still: then it takes nothing of it.
                if not (edition.wording.stands_with_supplier and other.agreement.side == SUPPLIER)
                and (found := _longest(said.wording, row.condition)) is not None
            )
            gap = Gap(entry, place, _seconds(target, _calendar(edition.row.calendar_id)), links)
            if links and gap.missing_seconds > 0:
                yield gap


def _longest(wording: Wording, condition: Condition) -> Target | None:
    """What an agreement behind grants in a case."""
    rows: Sequence[Condition] = (condition, EVERYTHING)
    row = next((row for wanted in rows for row in wording.rows if row.condition == wanted), None)
    if row is None:
        return None
    return row.targets.get(IN_TEAM) or row.targets.get(RESOLUTION)


def _calendar(calendar: int) -> Calendar:
    return calendar_of(current_version(calendar).pk)


def _seconds(target: Target, calendar: Calendar) -> int:
    """Open seconds; a working day is worth what the calendar's days are on average."""
    if not target.days:
        return target.seconds
    whole = calendar.elapsed_seconds(_FROM, _FROM + _WEEKS)
    days = sum(
        calendar.elapsed_seconds(_FROM + timedelta(days=day), _FROM + timedelta(days=day + 1)) > 0
        for day in range(_WEEKS.days)
    )
    return target.days * (whole // days if days else _DAY_SECONDS)
