"""The pulse of the background: a row that the ticker touches every few seconds, for whoever asks whether it lives."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

from ventanilla.events.models import Beat

TICKER = "ticker"
EVERY_SECONDS = 5
# One round may send a batch of mails through a server that answers slowly: silence shorter than this is work.
SILENT_SECONDS = 120

_last: dict[str, float] = {}


def beat(name: str = TICKER) -> None:
    """Note that `name` is alive: one write every 5 s from each process. No event: it says nothing that lasts."""
    moment = time.monotonic()
    if moment - _last.get(name, float("-inf")) < EVERY_SECONDS:
        return
    Beat.objects.bulk_create(
        [Beat(name=name, at=timezone.now())], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )
    _last[name] = moment


def last_beat(name: str = TICKER) -> datetime | None:
    """When `name` was last alive, in whichever process; None when it never was."""
    return Beat.objects.filter(name=name).values_list("at", flat=True).first()


def is_alive(name: str = TICKER) -> bool:
    """Whether `name` gave a sign of life within the last two minutes."""
    at = last_beat(name)
    return at is not None and timezone.now() - at < timedelta(seconds=SILENT_SECONDS)
