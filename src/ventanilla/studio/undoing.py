"""Taking back changes of the configuration that are about no row of a section."""

from collections.abc import Callable, Mapping

from ventanilla.events.models import Event
from ventanilla.events.record import Cause
from ventanilla.people.author import Author
from ventanilla.people.module_actions import hide_modules, switch_modules


def _switch_back(by: Author, event: Event) -> None:
    switch_modules(by=by, off=event.data["off"][0], cause=Cause(event))


def _show_again(by: Author, event: Event) -> None:
    data = event.data
    hide_modules(by=by, kind=data["kind"], key=data["key"], hidden=data["hidden"][0], cause=Cause(event))


UNDONE_BY: Mapping[str, Callable[[Author, Event], None]] = {
    "modules.switched": _switch_back,
    "modules.hidden": _show_again,
}
