"""Which brand somebody is shown: that of the host name, else that of their organization or one above it, else the
first one there ever was. While its draft is previewed, whoever edits it sees that one everywhere.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from ventanilla.brands.hosts import host_of
from ventanilla.brands.queries import Shown, brand_at, brand_shown, default_brand, draft_shown
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Organization, Person
from ventanilla.people.rights import Right

LONGEST_SECONDS: Final = 3600
_SESSION: Final = "brand_preview"


def brand_for(request: HttpRequest, person: Person | None) -> Shown:
    """The brand that a page shows to a person, or to a visitor."""
    previewed = previewed_brand(request, person)
    if previewed is not None:
        return previewed
    at_host = brand_at(_host(request))
    if at_host is not None:
        return at_host
    return brand_of_organization(person.organization_id if person is not None else None)


def brand_of_organization(pk: int | None) -> Shown:
    """The brand of an organization: its own, else that of the nearest one above it that has one, else the default."""
    return own_brand(pk) or default_brand()


def own_brand(organization: int | None) -> Shown | None:
    """The brand of an organization or of one above it, or `None` where none of them has any."""
    return brand_shown(_by_organization().get(organization or 0))


def _by_organization() -> Mapping[int, int]:
    """The brand of each organization that has one, by itself or from above, as remembered."""
    return by_config_version("people.brands", _read)


def _read() -> Mapping[int, int]:
    rows = {pk: (parent, brand) for pk, parent, brand in Organization.objects.values_list("pk", "parent_id", "brand")}
    if not any(brand for _parent, brand in rows.values()):
        return {}
    found: dict[int, int] = {}
    for pk in rows:
        step: int | None = pk
        passed: set[int] = set()
        while step is not None and step not in passed:
            passed.add(step)
            parent, brand = rows[step]
            if brand:
                found[pk] = brand
                break
            step = parent
    return found


def _host(request: HttpRequest) -> str:
    """The host name that was asked; empty for one that is none of ours, which gets an error page."""
    try:
        return host_of(request.get_host())
    except DisallowedHost:
        return ""


def preview(request: HttpRequest, brand: int) -> None:
    """Show whoever asks the draft of this brand on the pages of the portal, for an hour at most."""
    request.session[_SESSION] = {"brand": brand, "since": int(time.time())}


def end_preview(request: HttpRequest) -> int | None:
    """Show what is published again; returns whose draft was shown."""
    kept: dict[str, Any] | None = request.session.pop(_SESSION, None)
    return kept["brand"] if kept else None


def previewed_brand(request: HttpRequest, person: Person | None) -> Shown | None:
    """The draft that is previewed here, or `None`. Only whoever may change settings sees one."""
    session = getattr(request, "session", None)
    kept = session.get(_SESSION) if session is not None and person is not None else None
    if not kept or person is None or int(time.time()) - kept["since"] > LONGEST_SECONDS:
        return None
    if not (person.seen_through or person).may(Right.SETTINGS):
        return None
    return draft_shown(kept["brand"])
