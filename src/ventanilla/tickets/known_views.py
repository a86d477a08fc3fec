"""The views a person knows by key: those every desk has, and those that were saved for them."""

from collections.abc import Sequence
from typing import Final

from django.http import Http404
from django.utils.translation import pgettext_lazy

from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import All, Comparison, Condition, ConditionError, Either
from ventanilla.fields.kinds import Reading
from ventanilla.fields.spec import Spec
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.saved_views.models import SavedView
from ventanilla.saved_views.queries import views_of
from ventanilla.tickets.default_views import BY_KEY, VIEWS, View

_AT_WORK: Final = frozenset({"new", "open", "pending"})
_NO_TICKET = pgettext_lazy("view", "No ticket is in this view.")


def saved_views_of(person: Person) -> Sequence[View]:
    """The saved views a person has, in their order."""
    return [_view(row) for row in views_of(viewer(person)) if row.entity == "ticket"]


def view_with(person: Person, key: str) -> View:
    """The view with this key. Raises `Http404` when there is none, or none for this person."""
    found = BY_KEY.get(key) or next((view for view in saved_views_of(person) if view.key == key), None)
    if found is None:
        raise Http404
    return found


def all_views_of(person: Person) -> Sequence[View]:
    """The views every desk has, then the saved ones."""
    return [*VIEWS, *saved_views_of(person)]


def sound_condition(view: View, spec: Spec, reading: Reading) -> Condition:
    """The condition of the view; when it asks for what the Spec does not have (any more), one that finds nothing."""
    try:
        compile_q(view.condition, spec, reading)
    except ConditionError:
        return Either()
    return view.condition


def _view(row: SavedView) -> View:
    return View(
        key=row.key,
        label=str(row),
        nothing=_NO_TICKET,
        icon={"owner": "star", "team": "people", "everyone": "globe"}[row.audience],
        stored=(),
        sort=row.sort or "due",
        pinned=row.pinned,
        counted=_asks_for_work(row),
        columns=tuple(row.columns),
        grouping=row.grouping,
        saved=row,
    )


def _asks_for_work(row: SavedView) -> bool:
    """Whether the view is about tickets at work alone: these are few and have an index, so that counting is cheap.

    A number of all that ever was asks nothing of anybody.
    """
    parts = row.parsed.parts if isinstance(row.parsed, All) else (row.parsed,)
    return any(isinstance(part, Comparison) and _at_work(part) for part in parts)


def _at_work(test: Comparison) -> bool:
    if test.field == "open":
        return test.value is True
    if test.field != "status.category" or test.operator not in ("is", "in"):
        return False
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    return _AT_WORK.issuperset(values)
