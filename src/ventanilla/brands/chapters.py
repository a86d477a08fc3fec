"""Brands in a bundle: what is published of them.

Not their host names and logos: those are whose an installation is, not how it works. What stands keeps its own.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from ventanilla.brands.actions import publish_content
from ventanilla.brands.content import NAMES
from ventanilla.brands.models import Brand
from ventanilla.brands.queries import published_content
from ventanilla.brands.sections import BRANDS as SECTION
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.fields.section_chapter import drop_of, order_of

_HOME = ("logo", "logo_dark")
_CARRIED = tuple(name for name in NAMES if name not in _HOME)


def _rows() -> Sequence[Plain]:
    return [_plain(row) for row in Brand.objects.order_by("position", "id")]


def _plain(row: Brand) -> Plain:
    content = published_content(row)
    archived = {"archived": True} if row.archived_at is not None else {}
    said = {name: content[name] for name in _CARRIED if name in content}
    return {"key": row.key, "label": dict(row.label), **said, **archived}


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, ("key", "label", "archived", *_CARRIED))
    label, archived = plain.words(row, "label"), plain.yes_no(row, "archived")
    if known:
        kept = Brand.objects.get(key=row["key"])
        change_row(by=by, section=SECTION, row=kept, label=label, archived=archived)
    else:
        kept = create_row(by=by, section=SECTION, label=label, key=row["key"])
        if archived:
            change_row(by=by, section=SECTION, row=kept, label=label, archived=True)
    publish_content(by=by, brand=kept, changes={name: row.get(name) for name in _CARRIED})


BRANDS = Chapter(
    key="brands",
    title=SECTION.title,
    rows=_rows,
    write=_write,
    order=order_of(SECTION),
    drop=drop_of(SECTION),
    names={
        "label": _("Name"),
        "name": _("Name that people see"),
        "accent": _("Color"),
        "accent_dark": _("Color in dark mode"),
        "welcome": _("Greeting"),
        "text": _("Your own text"),
        "sign_in": _("Text at the sign-in"),
        "blocks": _("Blocks of the first page"),
        "types": _("Types of ticket"),
        "categories": _("Categories"),
        "fields": _("Fields"),
        "pages": _("Your own pages"),
        "links": _("Links at the foot"),
        "sender": _("Name of the sender"),
        "signature": _("Signature"),
        "archived": _("Archived"),
    },
)
