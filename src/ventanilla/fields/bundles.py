"""The configuration as one readable text: written, compared with what stands, carried in as a whole or not at all.

A chapter is a kind of configuration: rows with keys in an order, or one mapping. Each reads itself as plain values and
writes them by the actions of its app, so that a bundle can do nothing that a screen could not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.events.record import record
from ventanilla.fields.bundle_text import UnreadableBundle, read, written
from ventanilla.fields.section_actions import Author
from ventanilla.fields.sections import SETTINGS, Said
from ventanilla.installation.queries import as_it_changes, forget_cached

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Chapter:
    """A kind of configuration in a bundle. `rows` are plain, each with its `key`; `single` has one without.

    `write` makes the row (`known` false) or sets all of it; what a plain row does not say is empty. `order` puts the
    keys in order, `drop` takes away a row that the bundle does not have. `first` names attributes that point at rows of
    the same chapter: those come before. `names` says how attributes are called.
    """

    key: str
    title: Said
    rows: Callable[[], Sequence[Plain]]
    write: Callable[[Author, Plain, bool], None]
    order: Callable[[Author, Sequence[str]], None] | None = None
    drop: Callable[[Author, str], None] | None = None
    first: Callable[[Plain], str] = field(default=lambda row: "")
    names: Mapping[str, Said] = field(default_factory=dict)
    single: bool = False


@dataclass(frozen=True)
class Difference:
    """What carrying a bundle in changes about one row: `what` is new, changed, ordered or gone; `changes` by name."""

    chapter: Chapter
    what: str
    key: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


class BundleProblem(Exception):
    """A bundle that cannot be carried in: `place` says where in it, `problem` why, in the reader's language."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place
        self.problem = problem


_chapters: tuple[Chapter, ...] = ()


def set_chapters(chapters: Sequence[Chapter]) -> None:
    """Declare the chapters, each after those that its rows name. Once, at start."""
    global _chapters
    if len({chapter.key for chapter in chapters}) != len(chapters):
        raise ValueError("two chapters share a key")
    _chapters = tuple(chapters)


def chapters() -> Mapping[str, Chapter]:
    """Every chapter by key, in order."""
    return {chapter.key: chapter for chapter in _chapters}


def rows_of(chapter: Chapter) -> list[dict[str, Any]]:
    """The rows of a chapter as plain values, in their order."""
    return [dict(row) for row in chapter.rows()]


def write_row(*, by: Author, chapter: Chapter, row: Plain) -> dict[str, Any]:
    """Make one row at the end of its chapter, or set all of the one with its key; the row as it is then. Records what
    the change records. Raises `BundleProblem`."""
    by.require(SETTINGS)
    try:
        with transaction.atomic(), as_it_changes():
            if chapter.single:
                list(_single(chapter, row, by))
            else:
                _checked(chapter, [row])
                known = any(now["key"] == row["key"] for now in chapter.rows())
                _write(chapter, row, known, by, f"{chapter.key} · {row['key']}")
            return next(now for now in rows_of(chapter) if chapter.single or now["key"] == row["key"])
    except BaseException:
        forget_cached()
        raise


@transaction.atomic
def order_rows(*, by: Author, chapter: Chapter, keys: Sequence[str]) -> None:
    """Put the rows of a chapter into this order; those not named follow as they were. Raises `ValidationError` where
    there is no order, or no such row."""
    by.require(SETTINGS)
    now = [row["key"] for row in chapter.rows()]
    unknown = [key for key in keys if key not in now]
    if chapter.order is None or unknown or len(set(keys)) != len(keys):
        raise ValidationError({"keys": _("These are not the rows of this list, each once.")})
    chapter.order(by, [*keys, *(key for key in now if key not in keys)])


@transaction.atomic
def drop_row(*, by: Author, chapter: Chapter, key: str) -> None:
    """Delete a row, or archive it where it has been used. Raises `BundleProblem`."""
    by.require(SETTINGS)
    if chapter.drop is None:
        raise BundleProblem(chapter.key, _("Nothing can be taken away here."))
    drop = chapter.drop
    _tried(lambda: drop(by, key), f"{chapter.key} · {key}")


def exported() -> str:
    """The whole configuration as text."""
    return written({chapter.key: _plain(chapter) for chapter in _chapters})


def _plain(chapter: Chapter) -> Any:
    rows = rows_of(chapter)
    return rows[0] if chapter.single else rows


def compared(text: str, *, by: Author, exact: bool = False) -> list[Difference]:
    """What carrying this bundle in would change: it is carried in and taken back. Raises `BundleProblem`.

    `exact` also takes away what the bundle does not have, in the chapters that it has.
    """
    by.require(SETTINGS)
    try:
        with transaction.atomic(), as_it_changes():
            found = list(_carry_in(_understood(text), by, exact))
            transaction.set_rollback(True)
    finally:
        # What was remembered of the configuration in between never was.
        forget_cached()
    return found


def imported(text: str, *, by: Author, exact: bool = False) -> list[Difference]:
    """Carry a bundle in: all of it or, with a problem anywhere, nothing. Raises `BundleProblem`.

    Records what each change records, and `bundle.imported`. Returns what has changed.
    """
    by.require(SETTINGS)
    try:
        with transaction.atomic(), as_it_changes():
            found = list(_carry_in(_understood(text), by, exact))
            if found:
                counts = {what: sum(d.what == what for d in found) for what in ("new", "changed", "ordered", "gone")}
                record("bundle.imported", "installation:1", actor=by.actor, data={"counts": counts})
    except BaseException:
        forget_cached()
        raise
    return found


def _understood(text: str) -> dict[str, Any]:
    try:
        return read(text)
    except UnreadableBundle as error:
        raise BundleProblem(_("line %(line)d") % {"line": error.line} if error.line else "", _explain(error)) from None


def _explain(error: UnreadableBundle) -> str:
    sentences = {
        "too_big": _("This is larger than a configuration can be."),
        "too_deep": _("This is nested deeper than a configuration is."),
        "no_yaml": _("This cannot be read as YAML: %(subject)s"),
        "no_bundle": _("This is no configuration of Ventanilla: it begins with “ventanilla: 1”."),
        "newer": _("This was made by a newer version (format %(subject)s). Upgrade this one first."),
        "tag": _("Tags are not allowed: %(subject)s"),
        "characters": _("There are characters here that cannot be kept."),
        "alias": _("Anchors and aliases are not allowed."),
        "twice": _("“%(subject)s” stands here twice."),
        "quote": _("Put it between quotes: %(subject)s"),
    }
    return sentences[error.problem] % {"subject": error.subject[:80]}


def _carry_in(given: Mapping[str, Any], by: Author, exact: bool) -> Iterator[Difference]:
    unknown = [key for key in given if key not in {chapter.key for chapter in _chapters}]
    if unknown:
        raise BundleProblem(str(unknown[0])[:60], _("There is no such chapter."))
    for chapter in _chapters:
        if chapter.key in given:
            yield from (
                _single(chapter, given[chapter.key], by)
                if chapter.single
                else _rows(chapter, given[chapter.key], by, exact)
            )


def _single(chapter: Chapter, given: Any, by: Author) -> Iterator[Difference]:
    if not isinstance(given, dict):
        raise BundleProblem(chapter.key, _("Names with values are wanted here."))
    (now,) = chapter.rows()
    if given == now:
        return
    _write(chapter, given, True, by, chapter.key)
    (after,) = chapter.rows()
    changes = _changes(now, after)
    if changes:
        yield Difference(chapter, "changed", changes=changes)


def _rows(chapter: Chapter, given: Any, by: Author, exact: bool) -> Iterator[Difference]:
    wanted = _checked(chapter, given)
    now = {row["key"]: row for row in chapter.rows()}
    if exact and chapter.drop is not None:
        for key in [key for key in now if key not in wanted]:
            _tried(lambda key=key: chapter.drop(by, key), f"{chapter.key} · {key}")  # type: ignore[misc]
            yield Difference(chapter, "gone", key, now.pop(key).get("label") or {})
    for key, row in _in_turn(chapter, wanted):
        if now.get(key) != row:
            _write(chapter, row, key in now, by, f"{chapter.key} · {key}")
    after = {row["key"]: row for row in chapter.rows()}
    for key in wanted:
        label = after[key].get("label") or {}
        if key not in now:
            yield Difference(chapter, "new", key, label)
        elif changes := _changes(now[key], after[key]):
            yield Difference(chapter, "changed", key, label, changes)
    order = [*wanted, *(key for key in after if key not in wanted)]
    if chapter.order is not None and order != list(after):
        chapter.order(by, order)
        if [key for key in now if key in wanted] != [key for key in wanted if key in now]:
            yield Difference(chapter, "ordered")


def _checked(chapter: Chapter, given: Any) -> dict[str, Plain]:
    """The rows by key, in their order."""
    if not isinstance(given, list):
        raise BundleProblem(chapter.key, _("A list is wanted here."))
    found: dict[str, Plain] = {}
    for number, row in enumerate(given, 1):
        place = f"{chapter.key} · {number}"
        if not isinstance(row, dict) or not isinstance(row.get("key"), str) or not row["key"]:
            raise BundleProblem(place, _("It needs a key."))
        if row["key"] in found:
            raise BundleProblem(place, _("“%(subject)s” stands here twice.") % {"subject": row["key"][:60]})
        found[row["key"]] = row
    return found


def _in_turn(chapter: Chapter, rows: Mapping[str, Plain]) -> Iterator[tuple[str, Plain]]:
    """The rows, each after the one of the same chapter that it names."""
    done: set[str] = set()
    for key in rows:
        chain: list[str] = []
        step = key
        while step in rows and step not in done:
            if step in chain:
                raise BundleProblem(f"{chapter.key} · {step}", _("These name each other in a circle."))
            chain.append(step)
            step = chapter.first(rows[step])
        for one in reversed(chain):
            done.add(one)
            yield one, rows[one]


def _write(chapter: Chapter, row: Plain, known: bool, by: Author, place: str) -> None:
    _tried(lambda: chapter.write(by, row, known), place)


def _tried(write: Callable[[], None], place: str) -> None:
    try:
        write()
    except ValidationError as error:
        raise BundleProblem(place, " ".join(error.messages)) from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        # Plain values of a shape that no action takes: a list where a name belongs, a text where a number does.
        raise BundleProblem(place, _("This cannot be understood: %(detail)s") % {"detail": str(error)[:120]}) from None


def _changes(now: Plain, after: Plain) -> dict[str, tuple[Any, Any]]:
    names = [*now, *(name for name in after if name not in now)]
    return {name: (now.get(name), after.get(name)) for name in names if now.get(name) != after.get(name)}
