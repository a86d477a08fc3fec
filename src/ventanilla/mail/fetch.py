"""Fetching mail by IMAP: one thread for each mailbox, told of new mail by IDLE, looking by itself every minute anyway.

Of several tickers one has the lease of a mailbox and fetches it; the others take over when it ends or is killed.

What has been fetched is known by UIDVALIDITY and UID, never by the flag \\Seen, which any mail program may set. A
mail's bytes are stored before the position moves beyond it: an outage or a kill loses nothing, and what is read a
second time is recognized by its digest.
"""

import threading
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from ventanilla.installation.queries import config_version
from ventanilla.mail import imap
from ventanilla.mail.actions import (
    begin_folder,
    move_position,
    note_fetch_failed,
    note_fetched,
    note_pending,
    note_settled,
)
from ventanilla.mail.findings import of_fetching
from ventanilla.mail.leases import Leases
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.receive import hold_unfetched, receive

log = structlog.get_logger("ventanilla.mail")

POLL_SECONDS = 60
LOOK_SECONDS: float = 2
MONSTER_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 64 * 1024
SETTLED_AT_ONCE = 200
POSITION = ("uid_validity", "last_uid", "fetched_at", "fetch_from", "connected_at", "anew_below_uid")
FIRST_PAUSE_SECONDS: float = 10
LONGEST_PAUSE_SECONDS: float = 900


def poll(mailbox: Mailbox) -> int:
    """Fetch everything new in one mailbox over a connection of its own; returns how many mails were read.

    Raises what the server, the network, the database or the disk raise; mails read until then are safe.
    """
    with imap.signed_in(mailbox) as box:
        count = fetch_new(box, mailbox)
        settle(box, mailbox)
        return count


def fetch_new(box: imap.Box, mailbox: Mailbox) -> int:
    """Fetch everything above the mailbox's position; returns how many mails were read.

    A first connection starts from now, or from the moment the mailbox names: what lay in the folder before is nobody's
    ticket. When the server has renumbered the folder (another UIDVALIDITY), it is read again from the same moment;
    known mails are recognized.
    """
    mailbox.refresh_from_db(fields=POSITION)
    folder = imap.open_folder(box, mailbox.imap_folder, to_change=mailbox.after_fetch != Mailbox.AfterFetch.LEAVE)
    if mailbox.uid_validity != folder.uid_validity:
        if mailbox.uid_validity:
            log.warning("the folder was renumbered and is read again", mailbox=mailbox.address)
        from_now = mailbox.uid_validity == 0 and mailbox.fetch_from is None
        # The server's clock may be ahead of ours: what lies there at the connection is older than it, come what may.
        there = [] if from_now or mailbox.connected_at else [mail.at for mail in imap.list_above(box, 0)]
        begin_folder(
            mailbox=mailbox,
            uid_validity=folder.uid_validity,
            last_uid=folder.uid_next - 1 if from_now else 0,
            anew_below_uid=folder.uid_next,
            connected_at=max([timezone.now(), *(at + timedelta(seconds=1) for at in there)]),
        )
    if folder.uid_next <= mailbox.last_uid + 1:
        return 0
    listed = imap.list_above(box, mailbox.last_uid)
    begins = mailbox.fetch_from or _first_sight(mailbox)
    count = 0
    for mail in listed:
        lay_there = mail.uid < mailbox.anew_below_uid
        if lay_there and begins is not None and mail.at < begins:
            continue
        older = lay_there and mailbox.connected_at is not None and mail.at < mailbox.connected_at
        _take(box, mailbox, mail, quiet=older)
        _move(mailbox, folder.uid_validity, mail.uid)
        count += 1
    if listed:
        _move(mailbox, folder.uid_validity, listed[-1].uid)
    return count


def settle(box: imap.Box, mailbox: Mailbox) -> str:
    """Mark or move in the open folder what was fetched, as the mailbox wants it; returns what kept us from it, if so.

    What could not be done stays noted and is tried again: fetching goes on meanwhile.
    """
    if mailbox.after_fetch == Mailbox.AfterFetch.LEAVE:
        return ""
    pending = RawMail.objects.filter(mailbox=mailbox, pending_uid__isnull=False).order_by("pending_uid")
    rows = list(pending.values_list("pk", "pending_uid"))
    for start in range(0, len(rows), SETTLED_AT_ONCE):
        batch = rows[start : start + SETTLED_AT_ONCE]
        uids = [uid for _pk, uid in batch if uid is not None]
        try:
            if mailbox.after_fetch == Mailbox.AfterFetch.MOVE:
                imap.move(box, uids, mailbox.done_folder)
            else:
                imap.mark_seen(box, uids)
        except imap.ANSWERS as error:
            return f"{type(error).__name__}: {error}"
        note_settled(raw=[pk for pk, _uid in batch])
    return ""


def _take(box: imap.Box, mailbox: Mailbox, mail: imap.Listed, *, quiet: bool) -> None:
    """Store one mail and make of it what it is to become. Of a monster only the header is read: it must fit memory."""
    if mail.size > MONSTER_BYTES:
        head = imap.read_head(box, mail.uid, max_bytes=HEAD_BYTES)
        if head is not None:
            hold_unfetched(head, mailbox=mailbox, size=mail.size)
        return
    raw = imap.read_whole(box, mail.uid)
    if raw is not None:
        outcome = receive(raw, mailbox=mailbox, quiet=quiet)
        if mailbox.after_fetch != Mailbox.AfterFetch.LEAVE:
            note_pending(raw=outcome.raw, uid=mail.uid)


def _move(mailbox: Mailbox, uid_validity: int, last_uid: int) -> None:
    move_position(mailbox=mailbox, uid_validity=uid_validity, last_uid=last_uid)


def _first_sight(mailbox: Mailbox) -> datetime | None:
    """When a mailbox that names no beginning was first read; a day of margin for the server's clock and our delay."""
    if mailbox.connected_at:
        return mailbox.connected_at - timedelta(days=1)
    earliest = RawMail.objects.filter(mailbox=mailbox).order_by("received_at").values_list("received_at", flat=True)
    moment = earliest.first() or mailbox.fetched_at
    return moment - timedelta(days=1) if moment else None


class FetchLoop:
    """Keeps one thread for every enabled mailbox with an IMAP host that no other ticker fetches. `stop` ends it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._watches: dict[int, _Watch] = {}
        self._leases = Leases()
        self._version: int | None = None
        self._wanted: dict[int, tuple[str, ...]] = {}

    def run(self) -> None:
        """Look after the threads until `stop` is set; a database that is away for a while only delays changes."""
        while not self._stop.is_set():
            close_old_connections()
            try:
                self._follow()
            except DatabaseError as error:
                log.warning("mailboxes could not be read", error=repr(error))
            self._stop.wait(LOOK_SECONDS)
        for watch in self._watches.values():
            watch.stop.set()
        for watch in self._watches.values():
            watch.join(imap.TIMEOUT_SECONDS)
        self.give_up()
        connection.close()

    def give_up(self) -> None:
        """Let another ticker fetch what this one fetches: it is about to end, perhaps before its threads do."""
        try:
            self._leases.give_up()
        except DatabaseError as error:
            log.warning("mailboxes could not be given up", error=repr(error))

    def _follow(self) -> None:
        current = config_version()
        if current != self._version:
            self._wanted = {
                mailbox.pk: _settings(mailbox)
                for mailbox in Mailbox.objects.filter(enabled=True).exclude(imap_host="").select_related("grant")
            }
            self._version = current
        held = self._leases.hold(self._wanted)
        for pk, watch in list(self._watches.items()):
            if pk not in held or not watch.is_alive() or self._wanted[pk] != watch.settings:
                watch.stop.set()
                del self._watches[pk]
        for pk in held - self._watches.keys():
            self._watches[pk] = _Watch(pk, self._wanted[pk])
            self._watches[pk].start()


def _settings(mailbox: Mailbox) -> tuple[str, ...]:
    """What makes a connection; when one of these changes, a new connection is made."""
    names = (
        "imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder", "ca_certificate",
        "after_fetch", "done_folder", "fetch_from",
    )  # fmt: skip
    grant = getattr(mailbox, "grant", None)
    return (*(str(getattr(mailbox, name)) for name in names), str(grant.granted_at if grant else ""))


class _Watch(threading.Thread):
    """Watches one mailbox: stays connected, fetches what is new, and after a failure waits longer each time."""

    def __init__(self, pk: int, chosen: tuple[str, ...]) -> None:
        super().__init__(name=f"fetch-{pk}", daemon=True)
        self.settings = chosen
        self.stop = threading.Event()
        self._pk = pk
        self._failures = 0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                close_old_connections()
                self._visit()
        finally:
            connection.close()

    def _visit(self) -> None:
        """One connection, for as long as it holds."""
        mailbox = None
        try:
            mailbox = Mailbox.objects.select_related("team", "in_charge__role", "type").get(pk=self._pk)
            with imap.signed_in(mailbox) as box:
                while not self.stop.is_set():
                    close_old_connections()
                    fetch_new(box, mailbox)
                    problem = settle(box, mailbox)
                    next_at = timezone.now() + timedelta(seconds=POLL_SECONDS)
                    note_fetched(mailbox=mailbox, next_at=next_at, not_settled=problem)
                    self._failures = 0
                    self._wait(box)
        except Mailbox.DoesNotExist:
            self.stop.set()
        except (OperationalError, InterfaceError) as error:
            # Our own database is away: there is nowhere to note it, and no reason to wait longer each time.
            log.warning("mail could not be stored", mailbox=self._pk, error=repr(error)[:300])
            self.stop.wait(LOOK_SECONDS)
        except (*imap.ERRORS, DatabaseError) as error:
            self._failures += 1
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10))
            log.warning("mail could not be fetched", mailbox=self._pk, error=repr(error)[:300], pause_seconds=pause)
            self._note(mailbox, error, pause)
            self.stop.wait(pause)

    def _note(self, mailbox: Mailbox | None, error: Exception, pause_seconds: float) -> None:
        if mailbox is None:
            return
        try:
            close_old_connections()
            next_at = timezone.now() + timedelta(seconds=pause_seconds)
            found, said = of_fetching(error)
            note_fetch_failed(mailbox=mailbox, error=said, found=found, next_at=next_at)
        except DatabaseError as away:
            log.warning("the failure could not be noted", mailbox=self._pk, error=repr(away))

    def _wait(self, box: imap.Box) -> None:
        """Until the server tells of something, a minute passes, or the watch is stopped."""
        if not imap.offers(box, "IDLE"):
            self.stop.wait(POLL_SECONDS)
            return
        imap.wait_for_news(box, self.stop, most_seconds=POLL_SECONDS)
