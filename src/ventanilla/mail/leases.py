"""Who fetches a mailbox: one of any number of tickers. After a kill its lease runs out and another takes it."""

import os
import secrets
import socket
import time
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ventanilla.mail.models import FetchLease

LEASE_SECONDS = 20
RENEW_SECONDS = 5


class Leases:
    """The leases of one ticker. Its name tells an operator which computer and process fetches a mailbox."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()[:30]}/{os.getpid()}/{secrets.token_hex(4)}"
        self._held: frozenset[int] = frozenset()
        self._renew_at = 0.0

    def hold(self, mailboxes: Collection[int]) -> frozenset[int]:
        """Take or prolong the leases of these mailboxes as far as nobody else has them; returns those held now.

        Call it every few seconds: it writes only every five, or when one that is wanted has become free.
        """
        wanted = frozenset(mailboxes)
        if time.monotonic() >= self._renew_at or _any_free(wanted - self._held):
            self._held = self._take(wanted)
            self._renew_at = time.monotonic() + RENEW_SECONDS
        return self._held & wanted

    def _take(self, wanted: frozenset[int]) -> frozenset[int]:
        now = timezone.now()
        known = set(FetchLease.objects.filter(mailbox__in=wanted).values_list("mailbox_id", flat=True))
        fresh = [FetchLease(mailbox_id=pk, until=now) for pk in wanted - known]
        FetchLease.objects.bulk_create(fresh, ignore_conflicts=True)
        # The claim: of two tickers one updates the row; the other waits for it, then finds it taken.
        mine_or_free = FetchLease.objects.filter(Q(holder=self.holder) | Q(until__lte=now), mailbox__in=wanted)
        mine_or_free.update(holder=self.holder, until=now + timedelta(seconds=LEASE_SECONDS))
        mine = FetchLease.objects.filter(holder=self.holder, until__gt=now)
        return frozenset(mine.values_list("mailbox_id", flat=True))

    def give_up(self) -> None:
        """Let others take all of it at once: this ticker ends."""
        FetchLease.objects.filter(holder=self.holder).update(holder="", until=timezone.now())
        self._held = frozenset()


def _any_free(mailboxes: frozenset[int]) -> bool:
    if not mailboxes:
        return False
    taken = FetchLease.objects.filter(mailbox__in=mailboxes, until__gt=timezone.now()).count()
    return taken < len(mailboxes)
