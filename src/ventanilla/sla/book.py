"""The agreements in force, read once for each version of the configuration, as clocks are reckoned by them."""

import zlib
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import structlog
from django.db.models import Prefetch

from ventanilla.fields.compile_predicate import compile_predicate
from ventanilla.fields.conditions import Condition, ConditionError, comparisons
from ventanilla.fields.definitions import definition_named
from ventanilla.fields.kinds import Reading
from ventanilla.fields.values import as_held
from ventanilla.installation.modules import is_on
from ventanilla.installation.queries import by_config_version
from ventanilla.people.calendars import calendar_of
from ventanilla.people.models import CalendarVersion
from ventanilla.sla.models import Agreement, AgreementVersion
from ventanilla.sla.reckoning import SLA, Predicate, Row, Terms
from ventanilla.sla.wording import Wording, judged_spec, read
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.models import Status
from ventanilla.tickets.replay import Lens
from ventanilla.tickets.vocabulary import words

log = structlog.get_logger("ventanilla.sla")

MODULE = "service-levels"
Version = TypeVar("Version")


@dataclass(frozen=True)
class Edition:
    """A version of an agreement with what it says; `problem` is why nothing can be reckoned by it, "" mostly."""

    row: AgreementVersion
    side: str
    wording: Wording
    covers: Predicate
    rows: Sequence[Row]
    problem: str = ""


@dataclass(frozen=True)
class Entry:
    """An agreement with its versions, oldest first."""

    agreement: Agreement
    editions: Sequence[Edition]

    def at(self, moment: datetime | None) -> Edition | None:
        """The version in force at a moment, the newest for None; none before the first and once it is archived."""
        gone = self.agreement.archived_at
        if gone is not None and (moment is None or moment >= gone):
            return None
        return _newest(self.editions, moment, lambda edition: edition.row.created_at)

    @property
    def was_in_force(self) -> bool:
        """Whether it has ever been: one that lies ready was archived as it was made."""
        gone = self.agreement.archived_at
        return gone is None or any(edition.row.created_at < gone for edition in self.editions)

    @property
    def asked(self) -> frozenset[str]:
        """The fields that its newest version asks for."""
        return frozenset(_asked(self.editions[-1].wording)) if self.editions else frozenset()


@dataclass(frozen=True)
class Book:
    """All agreements in their order. `judged` are the fields of a ticket that any of them asks for."""

    entries: Sequence[Entry]
    calendars: Mapping[int, Sequence[CalendarVersion]]
    pausing: frozenset[int]
    reasons: Mapping[str, int]
    suppliers: frozenset[int]
    judged: frozenset[str]
    stamp: int
    _kept: dict[tuple[int, int], Terms] = field(default_factory=dict, repr=False)
    _by_time: dict[int, Sequence[Terms]] = field(default_factory=dict, repr=False)

    @cached_property
    def in_force(self) -> bool:
        """Whether anything is agreed now, so that tickets have to be followed."""
        return any(entry.at(None) is not None for entry in self.entries)

    @cached_property
    def unused(self) -> bool:
        """Whether nothing has ever been agreed, so that no ticket has a clock."""
        return not any(entry.was_in_force for entry in self.entries)

    def __call__(self, at: datetime | None) -> Sequence[Terms]:
        """What is agreed at a moment; now for None. The same list between two changes."""
        place = len(self._changes) if at is None else bisect_right(self._changes, at)
        if place not in self._by_time:
            self._by_time[place] = self._at(at)
        return self._by_time[place]

    @cached_property
    def _changes(self) -> Sequence[datetime]:
        """The moments at which agreements and calendars came into force or went out of it, in order."""
        moments = {edition.row.created_at for entry in self.entries for edition in entry.editions}
        moments |= {entry.agreement.archived_at for entry in self.entries if entry.agreement.archived_at is not None}
        moments |= {version.created_at for versions in self.calendars.values() for version in versions}
        return sorted(moments)

    def _at(self, at: datetime | None) -> Sequence[Terms]:
        found = []
        for entry in self.entries:
            edition = entry.at(at)
            if edition is None or edition.problem:
                continue
            versions = self.calendars[edition.row.calendar_id]
            calendar = _newest(versions, at, lambda version: version.created_at) or versions[0]
            found.append(self.terms_of(edition, calendar.pk))
        return found

    def terms_of(self, edition: Edition, calendar_version: int) -> Terms:
        """What a version of an agreement says, counted by a version of its calendar."""
        key = (edition.row.pk, calendar_version)
        if key not in self._kept:
            wording, side = edition.wording, edition.side
            self._kept[key] = Terms(
                agreement=edition.row.agreement_id,
                version=edition.row.pk,
                side=side,
                team=edition.row.team_id if side != SLA else None,
                calendar_version=calendar_version,
                calendar=calendar_of(calendar_version),
                covers=edition.covers,
                rows=edition.rows,
                pausing=self.pausing,
                running_reasons=frozenset(self.reasons[k] for k in wording.running_reasons if k in self.reasons),
                standing_teams=self.suppliers if wording.stands_with_supplier else frozenset(),
            )
        return self._kept[key]

    def edition(self, version: int) -> tuple[Agreement, Edition]:
        """An agreement and one of its versions, by the version's id. Raises `KeyError`."""
        return self._by_version[version]

    @cached_property
    def _by_version(self) -> Mapping[int, tuple[Agreement, Edition]]:
        return {edition.row.pk: (entry.agreement, edition) for entry in self.entries for edition in entry.editions}


def book() -> Book:
    """The agreements of this installation; empty without their module."""
    return by_config_version("sla.book", _read)


def lens() -> Lens:
    """How the values that events keep of tickets become those of snapshots."""
    return by_config_version("sla.lens", _lens)


def _lens() -> Lens:
    return Lens({pk: row.category for pk, row in words().statuses.items()}, _held)


def _held(name: str, stored: Any) -> Any:
    definition = definition_named(ENTITY, name)
    return as_held(definition, stored) if definition is not None else None


def _newest(
    versions: Sequence[Version], moment: datetime | None, begins: Callable[[Version], datetime]
) -> Version | None:
    """The last of some versions, oldest first, that had begun by a moment."""
    return next((v for v in reversed(versions) if moment is None or begins(v) <= moment), None)


def _read() -> Book:
    known = words()
    agreements = list(
        Agreement.objects.prefetch_related(
            Prefetch("versions", AgreementVersion.objects.select_related("team").order_by("number"))
        )
    )
    if not is_on(MODULE):
        agreements = []
    entries = tuple(Entry(row, tuple(_edition(row, v) for v in row.versions.all())) for row in agreements)
    calendars: dict[int, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.order_by("calendar", "number"):
        calendars.setdefault(version.calendar_id, []).append(version)
    pausing = frozenset(pk for pk, row in known.statuses.items() if row.clock != Status.Clock.RUN)
    reasons = {row.key: row.pk for row in known.reasons.values()}
    judged = {name for entry in entries for edition in entry.editions for name in _asked(edition.wording)}
    return Book(
        entries=entries,
        calendars=calendars,
        pausing=pausing,
        reasons=reasons,
        suppliers=frozenset(
            edition.row.team_id
            for entry in entries
            for edition in entry.editions
            if entry.agreement.side == Agreement.Side.SUPPLIER and edition.row.team_id
        ),
        judged=frozenset(judged),
        stamp=_stamp(entries, calendars, pausing),
    )


def _edition(agreement: Agreement, row: AgreementVersion) -> Edition:
    try:
        wording = read(row.definition)
        return Edition(
            row,
            agreement.side,
            wording,
            _covers(agreement, wording),
            tuple(Row(_predicate(granted.condition), granted.targets) for granted in wording.rows),
        )
    except (ConditionError, KeyError, TypeError) as error:
        # A field or an option that it asked for is gone. Nothing is reckoned by it, and the studio says so.
        log.warning("agreement cannot be read", agreement=agreement.key, version=row.number, error=str(error))
        return Edition(row, agreement.side, Wording(), lambda _values: False, (), str(error))


def _covers(agreement: Agreement, wording: Wording) -> Predicate:
    within = _predicate(wording.condition)
    owner = agreement.department_id
    if owner is None:
        return within
    return lambda values: values.get("department") == owner and within(values)


def _predicate(condition: Condition) -> Predicate:
    return compile_predicate(condition, judged_spec(), Reading())


def _asked(wording: Wording) -> set[str]:
    conditions = (wording.condition, *(row.condition for row in wording.rows))
    return {test.field for condition in conditions for test in comparisons(condition)}


def _stamp(
    entries: Sequence[Entry], calendars: Mapping[int, Sequence[CalendarVersion]], pausing: frozenset[int]
) -> int:
    """A number that stands for all that decides about open clocks: another one, and they are reckoned anew."""
    newest = [(entry.agreement.pk, e.row.pk, e.problem) for entry in entries if (e := entry.at(None)) is not None]
    hours = [versions[-1].pk for _calendar, versions in sorted(calendars.items())]
    return zlib.crc32(repr((newest, hours if newest else [], sorted(pausing) if newest else [])).encode())
