"""Questions about brands. What everybody is shown is read once per configuration version."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ventanilla.brands.content import BrandContent
from ventanilla.brands.models import Brand, BrandPicture, BrandVersion
from ventanilla.brands.sections import DEFAULT
from ventanilla.installation.queries import by_config_version


@dataclass(frozen=True)
class Picture:
    """A logo as a page shows it."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """A brand as somebody sees it: what it says, and its logos. `pk` 0: there is no row, everything is the product's.

    `drafted`: it is the draft, which only its editors see.
    """

    pk: int
    key: str
    content: BrandContent
    logo: Picture | None = None
    logo_dark: Picture | None = None
    drafted: bool = False


@dataclass(frozen=True)
class _Known:
    by_pk: Mapping[int, Shown]
    by_host: Mapping[str, Shown]
    default: Shown


def published_content(brand: Brand) -> dict[str, Any]:
    """What is published of a brand, as it is stored; empty before the first version."""
    found = BrandVersion.objects.filter(brand=brand, number=brand.version).values_list("content", flat=True).first()
    return dict(found or {})


def brand_at(host: str) -> Shown | None:
    """The brand that is shown at a host name, or `None`."""
    return _known().by_host.get(host)


def brand_shown(pk: int | None) -> Shown | None:
    """The brand with this id as published, or `None`: there is none, or it is archived."""
    return _known().by_pk.get(pk or 0)


def default_brand() -> Shown:
    """The brand of everybody who has no other."""
    return _known().default


def draft_shown(pk: int) -> Shown | None:
    """A brand as its draft says, or as published where there is no draft. Asks the database."""
    row = Brand.objects.filter(pk=pk).first()
    if row is None:
        return None
    content = BrandContent.of(published_content(row) if row.draft is None else row.draft)
    pictures = BrandPicture.objects.filter(brand=row).select_related("blob")
    return _shown(row, content, {picture.pk: picture for picture in pictures}, drafted=True)


def _known() -> _Known:
    return by_config_version("brands", _read)


def _read() -> _Known:
    rows = list(Brand.objects.filter(archived_at=None))
    versions = {
        (version.brand_id, version.number): version.content
        for version in BrandVersion.objects.filter(brand__in=[row.pk for row in rows if row.version])
    }
    wanted = {pk for content in versions.values() for pk in (content.get("logo"), content.get("logo_dark")) if pk}
    pictures = BrandPicture.objects.select_related("blob").in_bulk(wanted) if wanted else {}
    shown = {
        row.pk: _shown(row, BrandContent.of(versions.get((row.pk, row.version), {})), pictures, drafted=False)
        for row in rows
    }
    by_host = {host: shown[row.pk] for row in rows for host in row.hosts.split()}
    default = next((shown[row.pk] for row in rows if row.key == DEFAULT), Shown(0, DEFAULT, BrandContent.of({})))
    return _Known(shown, by_host, default)


def _shown(row: Brand, content: BrandContent, pictures: Mapping[int, BrandPicture], *, drafted: bool) -> Shown:
    def picture(pk: int | None) -> Picture | None:
        found = pictures.get(pk or 0)
        return Picture(found.blob.sha256, found.width, found.height) if found else None

    return Shown(row.pk, row.key, content, picture(content.logo), picture(content.logo_dark), drafted)


def picture_with(sha256: str) -> BrandPicture | None:
    """The logo with this digest, whichever brand has it."""
    return BrandPicture.objects.select_related("blob").filter(blob__sha256=sha256).first()


def pictures_of(brand: Brand) -> list[BrandPicture]:
    """The logos that were chosen for a brand, the newest first."""
    return list(BrandPicture.objects.filter(brand=brand).select_related("blob").order_by("-pk"))


def versions_of(brand: Brand, most: int) -> list[BrandVersion]:
    """The newest versions of a brand, the newest first."""
    return list(BrandVersion.objects.filter(brand=brand).order_by("-number")[:most])


def brand_with_key(key: str) -> Brand | None:
    """The brand with this key, archived or not."""
    return Brand.objects.filter(key=key).first()


def brands_with_readers() -> list[Brand]:
    """The brands in use beside the general one, in their order: those whose readers may be told things otherwise."""
    return by_config_version("brands.others", lambda: list(Brand.objects.filter(archived_at=None).exclude(key=DEFAULT)))


def brands_that_offer(what: str, key: str) -> list[Brand]:
    """The brands that name a row of the list `what` (`types`, `categories`, `fields`), in what is published or in
    their drafts."""
    return [
        row for row in Brand.objects.all() if key in {*_named(published_content(row), what), *_named(row.draft, what)}
    ]


def _named(content: Mapping[str, Any] | None, what: str) -> Collection[str]:
    return (content or {}).get(what) or ()
