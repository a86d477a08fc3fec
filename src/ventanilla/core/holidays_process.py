"""The process that knows the public holidays of the world: a question in JSON in, the answer in JSON out.

    {"language": "es", "zone": "Europe/Madrid", "country": "", "region": "AN", "years": [2026]}
    → {"countries": [["ES", "España"], …], "country": "ES", "regions": [["AN", "Andalucía"], …], "region": "AN",
       "days": [["2026-01-01", "Año Nuevo"], …]}

Without a country that there is, it is that of the time zone; without a region that this one has, there is none. Started
as a program of its own: the library takes half a second and tens of megabytes, for a page that is opened once a year.
"""

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

import holidays
from babel import Locale
from babel.core import get_global


def answer(*, language: str, zone: str, country: str, region: str, years: Sequence[int]) -> dict[str, Any]:
    """The countries by name, the regions of the one that is meant, and its public holidays in these years."""
    codes = {code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2}
    names = Locale.parse(language).territories
    found: dict[str, Any] = {
        "countries": _by_name((code, str(names.get(code, code))) for code in codes),
        "country": country if country in codes else str(get_global("zone_territories").get(zone, "")),
        "regions": [],
        "region": "",
        "days": [],
    }
    if found["country"] not in codes:
        return found | {"country": ""}
    calendar = holidays.country_holidays(found["country"])
    regions: dict[str, str] = {}
    for name, code in calendar.subdivisions_aliases.items():
        regions.setdefault(code, name)
    found["regions"] = _by_name((code, regions.get(code, code)) for code in calendar.subdivisions)
    found["region"] = region if region in calendar.subdivisions else ""
    spoken = next((known for known in calendar.supported_languages if known.startswith(language)), None)
    subdivision = found["region"] or None
    days = holidays.country_holidays(found["country"], subdiv=subdivision, years=list(years), language=spoken)
    return found | {"days": [[str(day), days[day]] for day in sorted(days)]}


def _by_name(pairs: Any) -> list[tuple[str, str]]:
    """Codes and names in the order of the alphabet, whatever accents there are."""
    return sorted(pairs, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).casefold())


def _main() -> int:
    json.dump(answer(**json.load(sys.stdin)), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
