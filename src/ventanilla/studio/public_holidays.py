"""The public holidays of countries and their regions, asked of a process of its own (`core.holidays_process`)."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import structlog

log = structlog.get_logger("ventanilla.studio")

SECONDS: Final = 30
# How many years from the present one on are offered.
YEARS: Final = 3


class NotAnswered(RuntimeError):
    """The process did not come up, or took too long."""


@dataclass(frozen=True)
class PublicHolidays:
    """What may be chosen, what is chosen, and the days of it: pairs of a code or date and a name."""

    countries: Sequence[tuple[str, str]]
    country: str
    regions: Sequence[tuple[str, str]]
    region: str
    days: Sequence[tuple[str, str]]


@lru_cache(maxsize=64)
def public_holidays(*, language: str, zone: str, country: str, region: str, first_year: int) -> PublicHolidays:
    """The holidays of `YEARS` years from `first_year` on, named in a language where there are names in it.

    Without a country that there is, it is that of the time zone. Slow (a second, once): call it outside transactions.
    Raises `NotAnswered`.
    """
    years = list(range(first_year, first_year + YEARS))
    asked = {"language": language, "zone": zone, "country": country, "region": region, "years": years}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ventanilla.core.holidays_process"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("public holidays not answered", error=repr(error)[:200])
        raise NotAnswered from error
    said = json.loads(done.stdout)
    pairs = {name: tuple((code, text) for code, text in said[name]) for name in ("countries", "regions", "days")}
    return PublicHolidays(**pairs, country=said["country"], region=said["region"])
