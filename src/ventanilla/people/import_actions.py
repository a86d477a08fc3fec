"""Importing people, organizations and departments from a file, in batches that a kill neither loses nor doubles.

Each batch is one transaction: what its lines make, what became of them, and how far the import has come. Whoever
carries one out looks first whether another has been faster, so that any number of processes may try.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ventanilla.core import sheets
from ventanilla.core.keys import free_key
from ventanilla.core.sheets import Unreadable
from ventanilla.core.writing import update
from ventanilla.events import wake
from ventanilla.events.record import record
from ventanilla.files.actions import store
from ventanilla.files.names import safe_name
from ventanilla.files.queries import open_blob
from ventanilla.installation.queries import one_configuration
from ventanilla.people import actions
from ventanilla.people.author import Author
from ventanilla.people.import_custom import own_columns
from ventanilla.people.import_fields import MOST_BYTES, MOST_ROWS, Kind, Problem, folded, guess, key_of, read_values
from ventanilla.people.import_plan import Known, Plan, add_organization, known_for, plan
from ventanilla.people.models import Department, ImportLine, PeopleImport, Person
from ventanilla.people.rights import Right

log = structlog.get_logger("ventanilla.people")

State, Outcome = PeopleImport.State, ImportLine.Outcome
UNDER_WAY: Final = (State.READING, State.CHECKING, State.RUNNING)
BATCH_LINES: Final = 100
LEASE_SECONDS: Final = 60
READING_LEASE_SECONDS: Final = 600  # a sheet of 100,000 lines takes most of a minute on a slow machine
MOST_ATTEMPTS: Final = 5
KEPT_DAYS: Final = 30
SAMPLES: Final = 3
_INSERTED_AT_ONCE: Final = 500


def require(by: Author, kind: str) -> None:
    """Raise `PermissionDenied` unless the author may import this: departments are a matter of the settings."""
    by.require(Right.PEOPLE)
    if kind == Kind.DEPARTMENTS:
        by.require(Right.SETTINGS)


def keep_file(*, by: Author, file: BinaryIO, name: str, kind: str) -> PeopleImport:
    """Keep a file to import and guess what its columns are. Nothing but the file is written, so no event.

    Raises `Unreadable` when the beginning is no table, `files.actions.TooLarge` beyond `MOST_BYTES`.
    """
    require(by, kind)
    rows = sheets.read_table(file, most_rows=MOST_ROWS)
    heading = list(next(rows).cells)
    while heading and not heading[-1]:
        heading.pop()
    samples = [list(line.cells) for line, _place in zip(rows, range(SAMPLES), strict=False)]
    file.seek(0)
    blob = store(file, name=name, max_bytes=MOST_BYTES)
    return PeopleImport.objects.create(
        kind=kind,
        name=safe_name(name),
        blob=blob,
        person=by.person,
        heading=[sheets.plain(cell) for cell in heading],
        samples=[[sheets.plain(cell) for cell in cells] for cells in samples],
        mapping=guess(heading, kind, own_columns(kind)),
    )


@transaction.atomic
def begin_check(*, by: Author, run: PeopleImport, mapping: Sequence[str], make_organizations: bool) -> None:
    """Say what the columns are, and have the file read and compared in the background. Writes nobody, so no event.

    An import that is being written or is done stays as it is.
    """
    require(by, run.kind)
    row = PeopleImport.objects.select_for_update().get(pk=run.pk)
    if row.state in (State.RUNNING, State.DONE):
        return
    ImportLine.objects.filter(batch=row).delete()
    row.mapping, row.make_organizations = list(mapping), make_organizations
    row.state, row.position, row.total, row.counts = State.READING, 0, 0, {}
    row.trouble, row.trouble_line, row.attempts, row.next_attempt_at = "", 0, 0, timezone.now()
    row.save()
    wake.wake_on_commit("people_imports")


@transaction.atomic
def change_columns(*, by: Author, run: PeopleImport) -> None:
    """Go back to the question what the columns are; an import that is being written or is done stays as it is."""
    require(by, run.kind)
    PeopleImport.objects.filter(
        pk=run.pk, state__in=[State.CHECKED, State.FAILED, State.READING, State.CHECKING]
    ).update(state=State.MAPPING)


@transaction.atomic
def start_import(*, by: Author, run: PeopleImport) -> bool:
    """Write what was announced, in the background, in the name and with the rights of `by`. Records `import.started`.

    Returns whether it was started: only one that has been checked can be, and once.
    """
    require(by, run.kind)
    row = PeopleImport.objects.select_for_update().get(pk=run.pk)
    if row.state != State.CHECKED:
        return False
    row.state, row.position, row.counts = State.RUNNING, 0, {}
    row.person, row.attempts, row.next_attempt_at = by.person, 0, timezone.now()
    row.save()
    data = {"kind": row.kind, "lines": row.total}
    record("import.started", f"import:{row.pk}", actor=by.actor, data=data, personal={"name": row.name})
    wake.wake_on_commit("people_imports")
    return True


@transaction.atomic
def discard_import(*, by: Author, run: PeopleImport) -> bool:
    """Forget a file and its lines; whoever was imported stays. Not while it is being written. No event."""
    require(by, run.kind)
    row = PeopleImport.objects.select_for_update().get(pk=run.pk)
    if row.state == State.RUNNING:
        return False
    row.delete()
    return True


def forget_old(now: datetime) -> int:
    """Forget imports older than `KEPT_DAYS`: their lines are full of people. Not counted as work: returns 0."""
    PeopleImport.objects.filter(created_at__lt=now - timedelta(days=KEPT_DAYS)).exclude(state=State.RUNNING).delete()
    return 0


def run_due(now: datetime) -> int:
    """Take one step of one import that is under way: read its file, or a batch; returns how many were taken (0 or 1).

    A step is short, so that nothing else waits long. A row is claimed by moving its due time one lease ahead; if this
    process is killed, the lease runs out and another goes on where the last batch ended.
    """
    due = PeopleImport.objects.filter(state__in=UNDER_WAY, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    run = due.select_related("person__role", "blob").first()
    if run is None:
        return 0
    lease = now + timedelta(seconds=READING_LEASE_SECONDS if run.state == State.READING else LEASE_SECONDS)
    mine = PeopleImport.objects.filter(pk=run.pk, state=run.state, next_attempt_at=run.next_attempt_at)
    if not mine.update(next_attempt_at=lease):
        return 0
    run.next_attempt_at = lease
    try:
        _step(run)
    except Unreadable as error:
        _fail(run, str(error.trouble), error.line)
    except Exception as error:  # noqa: BLE001 - one import must not stop whatever else is due; it is kept and retried
        _postpone(run, error)
    return 1


def _locked(run: PeopleImport) -> PeopleImport | None:
    """The row, if this process still has the lease that it claimed and nobody has been faster."""
    row = PeopleImport.objects.select_for_update().filter(pk=run.pk).first()
    if row is None or (row.state, row.position, row.next_attempt_at) != (run.state, run.position, run.next_attempt_at):
        return None
    return row


def _step(run: PeopleImport) -> None:
    if run.state == State.READING:
        _read(run)
        return
    # Read once for the batch: no line changes what the actions look up by it, roles and mail domains.
    with one_configuration():
        _batch(run)


def _postpone(run: PeopleImport, error: Exception) -> None:
    log.warning("import step failed", of=run.pk, error=repr(error))
    attempts = run.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        _fail(run, "error", 0)
        return
    pause = timedelta(seconds=min(60, 2**attempts))
    PeopleImport.objects.filter(pk=run.pk, state=run.state).update(
        attempts=attempts, next_attempt_at=timezone.now() + pause
    )


def _fail(run: PeopleImport, trouble: str, line: int) -> None:
    PeopleImport.objects.filter(pk=run.pk, state=run.state).update(
        state=State.FAILED, trouble=trouble, trouble_line=line, finished_at=timezone.now()
    )


def author_of(run: PeopleImport) -> Author:
    """In whose name an import is written: the person's who started it, else the command line's."""
    return Author.of(run.person) if run.person else Author.system("command")


# Reading


def _read(run: PeopleImport) -> None:
    """Read the whole file into lines; those that are wrong by themselves are refused already.

    A process that was killed in between is followed by one that reads the file again and writes the lines that miss.
    """
    if run.blob is None:
        raise FileNotFoundError(f"import {run.pk} has no file")
    with open_blob(run.blob) as file:
        rows = sheets.read_table(file, most_rows=MOST_ROWS)
        next(rows)
        seen: dict[str, int] = {}
        lines = [_line(run, seen, row) for row in rows]
    if not lines:
        raise Unreadable(sheets.Trouble.EMPTY)
    while run.position < len(lines):
        if not _keep_lines(run, lines):
            return


@transaction.atomic
def _keep_lines(run: PeopleImport, lines: Sequence[ImportLine]) -> bool:
    """Write the next of the lines; False when somebody else has taken over. `position` counts them meanwhile."""
    row = _locked(run)
    if row is None:
        return False
    more = lines[run.position : run.position + _INSERTED_AT_ONCE]
    ImportLine.objects.bulk_create(more)
    run.position += len(more)
    row.position = run.position
    if run.position == len(lines):
        row.state, row.total, row.position, row.next_attempt_at = State.CHECKING, len(lines), 0, timezone.now()
    row.save()
    return True


def _line(run: PeopleImport, seen: dict[str, int], row: sheets.Line) -> ImportLine:
    cells = row.cells[: len(run.mapping)] if not any(row.cells[len(run.mapping) :]) else row.cells
    values, problems = read_values(run.kind, run.mapping, cells)
    key = key_of(run.kind, values)
    if key:
        first = seen.setdefault(key, row.number)
        if first != row.number:
            problems.append(Problem("twice", value=str(first)))
    return ImportLine(
        batch=run,
        number=row.number,
        cells=[sheets.plain(cell) for cell in cells],
        outcome=Outcome.REFUSED if problems else "",
        problems=[problem.stored() for problem in problems],
    )


# Checking and writing


@transaction.atomic
def _batch(run: PeopleImport) -> None:
    """Check or write the next lines, all or none of them."""
    row = _locked(run)
    if row is None:
        return
    writing = row.state == State.RUNNING
    lines = list(ImportLine.objects.filter(batch=row, number__gt=row.position).order_by("number")[:BATCH_LINES])
    counts = Counter(row.counts)
    by = author_of(run)
    known = known_for(row, [line.cells for line in lines if not line.problems])
    plain: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if not line.problems:
            planned = plan(row, known, by, line)
            if writing and planned.outcome in (Outcome.NEW, Outcome.CHANGED):
                planned = _write(row, known, by, planned)
            if planned.problems:
                line.outcome, line.problems = planned.outcome, [problem.stored() for problem in planned.problems]
                update(line, "outcome", "problems")
            elif line.outcome != planned.outcome:
                line.outcome = planned.outcome
                plain[line.outcome].append(line.pk)
        counts[line.outcome] += 1
    for outcome, found in plain.items():
        ImportLine.objects.filter(pk__in=found).update(outcome=outcome)
    row.counts, row.attempts, row.next_attempt_at = dict(counts), 0, timezone.now()
    if len(lines) == BATCH_LINES:
        row.position = lines[-1].number
    elif writing:
        _finish(row, by)
    else:
        row.state, row.position = State.CHECKED, 0
        row.counts |= {"organizations": _organizations_to_make(row, known)}
    row.save()


def _finish(row: PeopleImport, by: Author) -> None:
    row.state, row.finished_at = State.DONE, timezone.now()
    data = {"kind": row.kind, "counts": row.counts}
    record("import.finished", f"import:{row.pk}", actor=by.actor, data=data, personal={"name": row.name})


def _organizations_to_make(row: PeopleImport, known: Known) -> int:
    """How many organizations the lines name that do not exist yet."""
    if row.kind != Kind.PEOPLE or "organization" not in row.mapping or not row.make_organizations:
        return 0
    place = row.mapping.index("organization")
    made = ImportLine.objects.filter(batch=row, outcome__in=[Outcome.NEW, Outcome.CHANGED])
    named = {folded(cells[place]) for cells in made.values_list("cells", flat=True)}
    return len({name for name in named if name and name not in known.organizations})


def _write(row: PeopleImport, known: Known, by: Author, planned: Plan) -> Plan:
    """Carry a plan out. What only the database could know turns it into a refusal, and nothing of it is written."""
    try:
        # Each action is a block of its own; only two of them together need one around them.
        with transaction.atomic() if planned.new_organization else nullcontext():
            _WRITERS[Kind(row.kind)](known, by, planned)
    except (ValidationError, IntegrityError):
        return Plan(Outcome.REFUSED, problems=[Problem("conflict")])
    except PermissionDenied:
        return Plan(Outcome.REFUSED, problems=[Problem("rights")])
    return planned


def _write_person(known: Known, by: Author, planned: Plan) -> None:
    changes = dict(planned.changes)
    made = None
    if planned.new_organization:
        found = known.organizations.get(folded(planned.new_organization))
        made = None if found else actions.create_organization(by=by, name=planned.new_organization, quiet=True)
        changes["organization"] = made or (found[0] if found else None)
    if planned.row is None:
        values: dict[str, Any] = {"name": ""} | changes
        actions.create_person(by=by, quiet=True, **values)
    else:
        person: Person = planned.row
        actions.change_person(by=by, person=person, quiet=True, **changes)
    if made is not None:
        add_organization(known, made)


def _write_organization(known: Known, by: Author, planned: Plan) -> None:
    if planned.row is None:
        add_organization(known, actions.create_organization(by=by, quiet=True, **planned.changes))
    else:
        changed = actions.change_organization(by=by, organization=planned.row, quiet=True, **planned.changes)
        known.domains.update(dict.fromkeys(changed.domains, changed.pk))


def _write_department(_known: Known, by: Author, planned: Plan) -> None:
    if planned.row is None:
        key = free_key(Department.objects.all(), planned.changes["label"], fallback="department")
        actions.create_department(by=by, key=key, **planned.changes)
    else:
        actions.change_department(by=by, department=planned.row, **planned.changes)


_WRITERS: Final = {
    Kind.PEOPLE: _write_person,
    Kind.ORGANIZATIONS: _write_organization,
    Kind.DEPARTMENTS: _write_department,
}
