"""What happened to the clocks of a ticket, as sentences of its history."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from ventanilla.events.models import Event
from ventanilla.sla.book import book
from ventanilla.sla.names import METRICS
from ventanilla.sla.reckoning import OLA
from ventanilla.sla.words import seconds_in_words
from ventanilla.tickets.vocabulary import Words

KINDS: Final = ("sla.warned", "sla.breached", "sla.breach_revised", "sla.reason_given")


def sentences(event: Event, personal: Mapping[str, Any], known: Words) -> Iterable[str]:
    """What an event says to the desk."""
    data = event.data
    values = {"what": what_is_measured(data, known), "agreement": _agreement(data)}
    if event.kind == "sla.warned":
        yield _warning(str(data["warning"]), values)
    elif event.kind == "sla.breached":
        yield _("noted that %(what)s is late (%(agreement)s)") % values
    elif event.kind == "sla.breach_revised":
        yield _("noted that %(what)s, reckoned anew, is not late any more (%(agreement)s)") % values
    elif event.kind == "sla.reason_given":
        yield _("said why %(what)s was late: %(reason)s") % {**values, "reason": personal.get("reason") or "…"}


def what_is_measured(data: Mapping[str, Any], known: Words) -> str:
    """“First response”, with the team where it is not everybody's."""
    metric = str(METRICS.get(data["metric"], data["metric"]))
    team = known.teams.get(data.get("team") or 0)
    if team is None:
        return metric
    return f"{metric} · {team} (OLA)" if data["side"] == OLA else f"{metric} · {team}"


def _warning(given: str, values: Mapping[str, str]) -> str:
    if given.endswith("%"):
        share = {"percent": int(given[:-1])}
        return _("warned: %(percent)d %% of the time for %(what)s has run (%(agreement)s)") % {**values, **share}
    time = {"time": seconds_in_words(int(given[1:]))}
    if given.startswith("-"):
        return _("warned: %(time)s left for %(what)s (%(agreement)s)") % {**values, **time}
    return _("warned: %(what)s is late by %(time)s (%(agreement)s)") % {**values, **time}


def _agreement(data: Mapping[str, Any]) -> str:
    found = next((e.agreement for e in book().entries if e.agreement.pk == data.get("agreement")), None)
    return str(found) if found is not None else "…"
