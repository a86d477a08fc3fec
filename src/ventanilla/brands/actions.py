"""Writing the draft of a brand, publishing it, throwing it away; keeping its logos."""

import struct
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.brands.content import NAMES, checked
from ventanilla.brands.models import Brand, BrandPicture, BrandVersion
from ventanilla.brands.queries import published_content
from ventanilla.events.record import Cause, record
from ventanilla.fields.section_actions import Author
from ventanilla.fields.sections import SETTINGS
from ventanilla.files.actions import store
from ventanilla.files.names import SNIFFED_BYTES, sniff
from ventanilla.files.photos import UnreadablePhoto, as_logo
from ventanilla.installation.actions import bump_config_version

MOST_PICTURE_BYTES: Final = 2 * 1024 * 1024
MOST_PICTURES: Final = 40
_RASTER: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


@transaction.atomic
def save_draft(*, by: Author, brand: Brand, changes: Mapping[str, Any], cause: Cause | None = None) -> Brand:
    """Set these parts of a brand's content (`brands.content.NAMES`) in its draft; what is not given stays as it is.

    Nobody is shown anything of it before it is published; a draft that says what is published already is none. Records
    `brand.draft_saved` with the names of the parts. Raises `ValidationError`, naming the field.
    """
    by.require(SETTINGS)
    unknown = set(changes) - set(NAMES)
    if unknown:
        raise ValidationError(_("There is no “%(name)s” here.") % {"name": min(unknown)[:60]})
    kept = Brand.objects.select_for_update().get(pk=brand.pk)
    published = published_content(kept)
    before = published if kept.draft is None else kept.draft
    after = checked({**before, **changes})
    pictures = {after[name] for name in ("logo", "logo_dark") if name in after}
    if BrandPicture.objects.filter(brand=kept, pk__in=pictures).count() < len(pictures):
        raise ValidationError(_("This picture is none of the brand's."))
    if after == before:
        return kept
    kept.draft = None if after == published else after
    kept.save(update_fields=["draft"])
    changed = sorted(name for name in NAMES if before.get(name) != after.get(name))
    data = {"key": kept.key, "parts": changed}
    record("brand.draft_saved", f"brand:{kept.pk}", actor=by.actor, data=data, cause=cause)
    return kept


@transaction.atomic
def discard_draft(*, by: Author, brand: Brand, cause: Cause | None = None) -> None:
    """Throw the draft away: what is published stays. Records `brand.draft_discarded`, if there was one."""
    by.require(SETTINGS)
    kept = Brand.objects.select_for_update().get(pk=brand.pk)
    if kept.draft is None:
        return
    kept.draft = None
    kept.save(update_fields=["draft"])
    record("brand.draft_discarded", f"brand:{kept.pk}", actor=by.actor, data={"key": kept.key}, cause=cause)


@transaction.atomic
def publish(*, by: Author, brand: Brand, cause: Cause | None = None) -> BrandVersion:
    """Make the draft the next version, which everybody sees from now on. Records `brand.published`.

    Raises `ValidationError` where nothing waits to be published.
    """
    by.require(SETTINGS)
    kept = Brand.objects.select_for_update().get(pk=brand.pk)
    if kept.draft is None:
        raise ValidationError(_("There is nothing to publish: all of it is shown already."))
    # Checked again: what the draft offers may have gone meanwhile.
    return _publish(by, kept, checked(kept.draft), cause)


@transaction.atomic
def publish_again(*, by: Author, brand: Brand, number: int, cause: Cause | None = None) -> BrandVersion:
    """Publish the content of an earlier version as a new one (0: as the product comes); a draft stays as it is.

    Records `brand.published`. Raises `ValidationError` for a version that there is not.
    """
    by.require(SETTINGS)
    kept = Brand.objects.select_for_update().get(pk=brand.pk)
    earlier = BrandVersion.objects.filter(brand=kept, number=number).first()
    if number and earlier is None:
        raise ValidationError(_("It is no longer there."))
    draft = kept.draft
    made = _publish(by, kept, earlier.content if earlier else {}, cause)
    if draft is not None:
        Brand.objects.filter(pk=kept.pk).update(draft=draft)
    return made


@transaction.atomic
def publish_content(*, by: Author, brand: Brand, changes: Mapping[str, Any], cause: Cause | None = None) -> None:
    """Set these parts of what is published at once; a draft that somebody is writing stays as it is. Records
    `brand.published`, if anything changes. Raises `ValidationError`, naming the field."""
    by.require(SETTINGS)
    kept = Brand.objects.select_for_update().get(pk=brand.pk)
    before, draft = published_content(kept), kept.draft
    after = checked({**before, **changes})
    if after == before:
        return
    _publish(by, kept, after, cause)
    if draft is not None:
        Brand.objects.filter(pk=kept.pk).update(draft=draft)


def _publish(by: Author, kept: Brand, content: dict[str, Any], cause: Cause | None) -> BrandVersion:
    before = kept.version
    made = BrandVersion.objects.create(brand=kept, number=before + 1, content=content, actor=by.actor)
    kept.version, kept.draft = made.number, None
    kept.save(update_fields=["version", "draft"])
    bump_config_version()
    data = {"key": kept.key, "version": [before, made.number]}
    record("brand.published", f"brand:{kept.pk}", actor=by.actor, data=data, cause=cause)
    return made


def add_picture(*, by: Author, brand: Brand, raw: bytes) -> BrandPicture:
    """Keep a logo: a PNG, JPEG, WebP or GIF, drawn anew as a PNG of modest size without anything else in it.

    Slow (another process draws it): call it outside transactions. Records `brand.picture_added`. Raises
    `ValidationError` for what is no such picture (SVG may carry scripts, so it is none), or too large.
    """
    by.require(SETTINGS)
    if len(raw) > MOST_PICTURE_BYTES:
        raise ValidationError(_("At most %(most)d MB.") % {"most": MOST_PICTURE_BYTES // 1024 // 1024})
    refused = _("Choose a PNG, JPEG, WebP or GIF: drawings like SVG may carry scripts.")
    if sniff(raw[:SNIFFED_BYTES], "") not in _RASTER:
        raise ValidationError(refused)
    try:
        drawn = as_logo(raw)
    except UnreadablePhoto:
        raise ValidationError(refused) from None
    # PNG (third edition 11.2.1): width and height open the first chunk.
    width, height = struct.unpack_from("!II", drawn, 16)
    return _keep(by, brand, drawn, width, height)


def _keep(by: Author, brand: Brand, drawn: bytes, width: int, height: int) -> BrandPicture:
    blob = store(drawn, name="logo.png")
    with transaction.atomic():
        Brand.objects.select_for_update().get(pk=brand.pk)
        known = BrandPicture.objects.filter(brand=brand, blob=blob).first()
        if known is not None:
            return known
        if BrandPicture.objects.filter(brand=brand).count() >= MOST_PICTURES:
            raise ValidationError(_("There are at most %(most)d.") % {"most": MOST_PICTURES})
        made = BrandPicture.objects.create(brand=brand, blob=blob, width=width, height=height)
        data = {"key": brand.key, "sha256": blob.sha256}
        record("brand.picture_added", f"brand:{brand.pk}", actor=by.actor, data=data)
        return made
