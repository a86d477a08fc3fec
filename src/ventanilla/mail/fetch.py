"""Fetching mail by IMAP: one thread for each mailbox, told of new mail by IDLE, looking by itself every minute anyway.

What has been fetched is known by UIDVALIDITY and UID, never by the flag \\Seen, which any mail program may set. A
mail's bytes are stored before the position moves beyond it: an outage or a kill loses nothing, and what is read a
second time is recognized by its digest.
"""

import threading
from datetime import date, timedelta

import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from ventanilla.installation.queries import config_version
from ventanilla.mail import imap
from ventanilla.mail.actions import move_position, note_fetch_failed, note_fetched
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.receive import hold_unfetched, receive

log = structlog.get_logger("ventanilla.mail")

POLL_SECONDS = 60
LOOK_SECONDS: float = 2
MONSTER_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 64 * 1024
FIRST_PAUSE_SECONDS: float = 10
LONGEST_PAUSE_SECONDS: float = 900
_FAILURES = (*imap.ERRORS, DatabaseError)


def poll(mailbox: Mailbox) -> int:
    """Fetch everything new in one mailbox over a connection of its own; returns how many mails were read.

    Raises what the server, the network, the database or the disk raise; mails read until then are safe.
    """
    with imap.signed_in(mailbox) as box:
        return fetch_new(box, mailbox)


def fetch_new(box: imap.Box, mailbox: Mailbox) -> int:
    """Fetch everything above the mailbox's position; returns how many mails were read.

    A first connection starts from now: what lay in the folder before is nobody's ticket. When the server has renumbered
    the folder (another UIDVALIDITY), it is read again from the day of our first mail; known mails are recognized.
    """
    mailbox.refresh_from_db(fields=["uid_validity", "last_uid", "fetched_at"])
    folder = imap.open_folder(box, mailbox.imap_folder)
    since = None
    if mailbox.uid_validity == 0:
        _move(mailbox, folder.uid_validity, folder.uid_next - 1)
    elif mailbox.uid_validity != folder.uid_validity:
        log.warning("the folder was renumbered and is read again", mailbox=mailbox.address)
        since = _first_day(mailbox)
        _move(mailbox, folder.uid_validity, 0)
    if folder.uid_next <= mailbox.last_uid + 1:
        return 0
    count = 0
    for uid, size in imap.sizes_above(box, mailbox.last_uid, since=since):
        _take(box, mailbox, uid, size)
        _move(mailbox, folder.uid_validity, uid)
        count += 1
    return count


def _take(box: imap.Box, mailbox: Mailbox, uid: int, size: int) -> None:
    """Store one mail and make of it what it is to become. Of a monster only the header is read: it must fit memory."""
    if size > MONSTER_BYTES:
        head = imap.read_head(box, uid, max_bytes=HEAD_BYTES)
        if head is not None:
            hold_unfetched(head, mailbox=mailbox, size=size)
        return
    raw = imap.read_whole(box, uid)
    if raw is not None:
        receive(raw, mailbox=mailbox)


def _move(mailbox: Mailbox, uid_validity: int, last_uid: int) -> None:
    move_position(mailbox=mailbox, uid_validity=uid_validity, last_uid=last_uid)


def _first_day(mailbox: Mailbox) -> date | None:
    """The day from which a renumbered folder is read again; one day of margin for the server's time zone."""
    earliest = RawMail.objects.filter(mailbox=mailbox).order_by("received_at").values_list("received_at", flat=True)
    moment = earliest.first() or mailbox.fetched_at
    return (moment - timedelta(days=1)).date() if moment else None


class FetchLoop:
    """Keeps one thread for every enabled mailbox with an IMAP host, following the configuration. `stop` ends it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._watches: dict[int, _Watch] = {}

    def run(self) -> None:
        """Look after the threads until `stop` is set; a database that is away for a while only delays changes."""
        version = None
        while not self._stop.is_set():
            close_old_connections()
            try:
                current = config_version()
                if current != version or any(not watch.is_alive() for watch in self._watches.values()):
                    self._follow()
                    version = current
            except DatabaseError as error:
                log.warning("mailboxes could not be read", error=repr(error))
            self._stop.wait(LOOK_SECONDS)
        for watch in self._watches.values():
            watch.stop.set()
        for watch in self._watches.values():
            watch.join(imap.TIMEOUT_SECONDS)
        connection.close()

    def _follow(self) -> None:
        wanted = {
            mailbox.pk: _settings(mailbox) for mailbox in Mailbox.objects.filter(enabled=True).exclude(imap_host="")
        }
        for pk, watch in list(self._watches.items()):
            if not watch.is_alive() or wanted.get(pk) != watch.settings:
                watch.stop.set()
                del self._watches[pk]
        for pk, chosen in wanted.items():
            if pk not in self._watches:
                self._watches[pk] = _Watch(pk, chosen)
                self._watches[pk].start()


def _settings(mailbox: Mailbox) -> tuple[str, ...]:
    """What makes a connection; when one of these changes, a new connection is made."""
    names = ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder")
    return tuple(str(getattr(mailbox, name)) for name in names)


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
                    note_fetched(mailbox=mailbox, next_at=timezone.now() + timedelta(seconds=POLL_SECONDS))
                    self._failures = 0
                    self._wait(box)
        except Mailbox.DoesNotExist:
            self.stop.set()
        except _FAILURES as error:
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
            note_fetch_failed(mailbox=mailbox, error=f"{type(error).__name__}: {error}", next_at=next_at)
        except DatabaseError as away:
            log.warning("the failure could not be noted", mailbox=self._pk, error=repr(away))

    def _wait(self, box: imap.Box) -> None:
        """Until the server tells of something, a minute passes, or the watch is stopped."""
        if not imap.offers(box, "IDLE"):
            self.stop.wait(POLL_SECONDS)
            return
        imap.wait_for_news(box, self.stop, most_seconds=POLL_SECONDS)
