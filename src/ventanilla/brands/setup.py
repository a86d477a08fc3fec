"""The brand that every installation starts with. Idempotent."""

from ventanilla.brands.models import Brand
from ventanilla.brands.sections import DEFAULT
from ventanilla.installation.actions import bump_config_version


def ensure_brand() -> None:
    """The brand of everybody who has no other: it says nothing yet, so that everything is as the product comes."""
    _row, made = Brand.objects.get_or_create(key=DEFAULT, defaults={"label": {"es": "General", "en": "General"}})
    if made:
        bump_config_version()
