"""Taking back changes of the configuration that are about no row of a section."""

from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.brands.actions import publish_again
from ventanilla.brands.queries import brand_with_key
from ventanilla.events.models import Event
from ventanilla.events.record import Cause
from ventanilla.mail.text_actions import undo_text
from ventanilla.people.author import Author
from ventanilla.people.module_actions import hide_modules, switch_modules
from ventanilla.people.term_actions import choose_words


def _switch_back(by: Author, event: Event) -> None:
    switch_modules(by=by, off=event.data["off"][0], cause=Cause(event))


def _show_again(by: Author, event: Event) -> None:
    data = event.data
    hide_modules(by=by, kind=data["kind"], key=data["key"], hidden=data["hidden"][0], cause=Cause(event))


def _choose_again(by: Author, event: Event) -> None:
    choose_words(by=by, words=event.data["words"][0], cause=Cause(event))


def _publish_before(by: Author, event: Event) -> None:
    brand = brand_with_key(event.data["key"])
    before, after = event.data["version"]
    if brand is None or brand.version != after:
        raise ValidationError(_("Somebody has changed it since."))
    publish_again(by=by, brand=brand, number=before, cause=Cause(event))


UNDONE_BY: Mapping[str, Callable[[Author, Event], None]] = {
    "modules.switched": _switch_back,
    "modules.hidden": _show_again,
    "vocabulary.chosen": _choose_again,
    "brand.published": _publish_before,
    "mail_text.changed": undo_text,
}
