"""Ready configurations for kinds of organization: bundles that the first run and the settings offer."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FOLDER = Path(__file__).resolve().parent / "sectors"


@dataclass(frozen=True)
class Sector:
    """A kind of organization and what its bundle brings."""

    key: str
    title: str | Promise
    text: str | Promise

    @property
    def bundle(self) -> str:
        """The bundle's text."""
        return (_FOLDER / f"{self.key}.yaml").read_text(encoding="utf-8")


SECTORS = (
    Sector("it", _("IT department"), _("Computers, programs, accounts and the network of your own company.")),
    Sector(
        "council", _("Town council"), _("The users' desk of a public administration, with its services and its words.")
    ),
    Sector("msp", _("Managed-service provider"), _("Several customers with their sites, contracts and visits.")),
    Sector("aftersales", _("After-sales service"), _("Products with serial number and warranty, repairs and returns.")),
)


def sector_with(key: str) -> Sector | None:
    """The sector of this key."""
    return next((sector for sector in SECTORS if sector.key == key), None)
