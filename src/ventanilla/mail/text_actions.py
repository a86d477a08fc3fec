"""Writing what mails say, and going back to the product's words."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.brands.models import Brand
from ventanilla.brands.queries import brand_with_key
from ventanilla.core.labels import LANGUAGES
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.mail.models import MailText
from ventanilla.mail.texts import KINDS, TextKind, checked, product_text
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

Texts = Mapping[str, str]


@transaction.atomic
def save_text(
    *,
    by: Author,
    kind: str,
    brand: Brand | None,
    subject: Texts,
    html: Texts,
    cause: Cause | None = None,
) -> MailText | None:
    """Have a kind of mail say this to the readers of a brand, or to all; nothing in either language: what the product
    says.

    A language in which it says what the product says is not kept, so that it follows the product. Returns the row, if
    any remains. Records `mail_text.changed` with what was and what is. Raises `ValidationError`, naming the field.
    """
    by.require(Right.SETTINGS)
    known = KINDS.get(kind)
    if known is None:
        raise ValidationError(_("There is no such mail: %(kind)s") % {"kind": kind[:60]})
    after = _own(known, checked(known, subject, html))
    row = MailText.objects.select_for_update().filter(kind=kind, brand=brand).first()
    before = {"subject": row.subject, "html": row.html} if row is not None else None
    if after == before:
        return row
    if after is None:
        if row is not None:
            row.delete()
        made = None
    else:
        made = row or MailText(kind=kind, brand=brand)
        made.subject, made.html = after["subject"], after["html"]
        made.save()
    bump_config_version()
    data = {"kind": kind, "brand": brand.key if brand is not None else "", "before": before, "after": after}
    record("mail_text.changed", f"mail_text:{kind}", actor=by.actor, data=data, cause=cause)
    return made


def undo_text(by: Author, event: Event) -> None:
    """Take a change of a text back. Raises `ValidationError` where somebody has changed it since."""
    data: dict[str, Any] = event.data
    brand = brand_with_key(data["brand"]) if data["brand"] else None
    row = MailText.objects.filter(kind=data["kind"], brand=brand).first()
    now = {"subject": row.subject, "html": row.html} if row is not None else None
    if now != data["after"] or (data["brand"] and brand is None):
        raise ValidationError(_("Somebody has changed it since."))
    before = data["before"] or {"subject": {}, "html": {}}
    save_text(by=by, kind=data["kind"], brand=brand, cause=Cause(event), **before)


def _own(kind: TextKind, given: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]] | None:
    """What is said otherwise than the product says it; `None` where nothing is."""
    subject, html = dict(given["subject"]), dict(given["html"])
    for code in LANGUAGES:
        product = product_text(kind, code)
        same_subject = subject.get(code, product["subject"]) == product["subject"]
        if same_subject:
            subject.pop(code, None)
        if same_subject and html.get(code) == product["html"]:
            html.pop(code)
    return {"subject": subject, "html": html} if html else None
