"""What components are drawn from, where that is frozen: such a component may be remembered (`{% remembered %}`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """One value of the side panel (`ui/components/property.html`).

    ``kind``: ``select``, ``picker``, ``choices`` (several of the options), ``people``, ``tags``, ``text``, ``number``,
    ``date`` or ``moment``. ``was``: the value as it was drawn,
    so that an edit can tell whether somebody was faster. ``text``: how it reads where it may not be changed.
    ``options``: those of a select, already drawn. ``empty``: the name of having none. ``create``: what may be typed
    besides choosing. ``common``: drawn the same for many tickets.
    """

    name: str
    label: str
    kind: str
    editable: bool
    common: bool
    was: str = ""
    value: str = ""
    text: str = ""
    options: str = ""
    options_url: str = ""
    empty: str = ""
    create: str = ""
    shortcut: str = ""
    strong: bool = False
    error: str = ""
