"""The texts of mails in a bundle: `received` for everybody, `received.customer` for the readers of a brand."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.models import Brand
from ventanilla.brands.queries import brand_with_key
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.mail.models import MailText
from ventanilla.mail.text_actions import save_text
from ventanilla.mail.texts import KINDS


def _rows() -> Sequence[Plain]:
    rows = MailText.objects.select_related("brand")
    places = list(KINDS)
    ordered = sorted(rows, key=lambda row: (places.index(row.kind), row.brand.key if row.brand else ""))
    return [_plain(row) for row in ordered]


def _plain(row: MailText) -> Plain:
    key = f"{row.kind}.{row.brand.key}" if row.brand else row.kind
    subject = {"subject": dict(row.subject)} if row.subject else {}
    return {"key": key, **subject, "html": dict(row.html)}


def _whose(key: str) -> tuple[str, Brand | None]:
    kind, _dot, brand_key = key.partition(".")
    brand = brand_with_key(brand_key) if brand_key else None
    if brand_key and brand is None:
        said = gettext("“%(name)s” names “%(key)s”, which is not there.")
        raise ValidationError(said % {"name": key[:60], "key": brand_key[:60]})
    return kind, brand


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, ("key", "subject", "html"))
    kind, brand = _whose(row["key"])
    subject, html = plain.words(row, "subject"), plain.words(row, "html")
    if save_text(by=by, kind=kind, brand=brand, subject=subject, html=html) is None:
        raise ValidationError(gettext("This says what the product says: leave it out."))


def _drop(by: Any, key: str) -> None:
    kind, brand = _whose(key)
    save_text(by=by, kind=kind, brand=brand, subject={}, html={})


MAIL_TEXTS = Chapter(
    key="mail_texts",
    title=_("Texts of mails"),
    rows=_rows,
    write=_write,
    drop=_drop,
    names={"subject": _("Subject"), "html": _("Text")},
)
