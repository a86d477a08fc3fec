"""What the operator can mend, looked at piece by piece: what is so, and what to type where it should be otherwise."""

import secrets
import shutil
import stat
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ventanilla.config.operation.health import unapplied
from ventanilla.events import doorbell
from ventanilla.events.beat import is_alive, last_beat
from ventanilla.events.models import Event, Handover
from ventanilla.files.queries import folder_of_files
from ventanilla.installation.queries import installation
from ventanilla.mail.health import queue, troubles
from ventanilla.mail.wording import tell_trouble

LEAST_FREE_BYTES: Final = 1_000_000_000
_SKEW: Final = timedelta(seconds=5)
_LATE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what is so, and what to do about it; nothing to do means that all is well."""

    about: str
    said: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, in the language that is active; never raises for what it finds."""
    for about, look in _looks():
        try:
            said, remedy = look()
        except (DatabaseError, OSError) as error:
            said, remedy = str(error).strip().partition("\n")[0], _("Mend what stands above, then type it again.")
        yield Finding(about, said, remedy)


def _looks() -> list[tuple[str, Callable[[], tuple[str, str]]]]:
    return [
        (_("Data folder"), _data_folder),
        (_("Disk space"), _disk),
        (_("Files"), _files),
        (_("Keys"), _keys),
        (_("Database"), _database),
        (_("Migrations"), _migrations),
        ("Redis", _redis),
        (_("Clock"), _clock),
        (_("Background"), _background),
        (_("Mail"), _mail),
        (_("Address"), _address),
        (_("Proxies"), _proxies),
        (_("Time zones"), _time_zones),
        (_("Backups"), _backups),
    ]


def _data_folder() -> tuple[str, str]:
    # That it can be written to has been tried before any command begins.
    return str(settings.DATA), ""


def _disk() -> tuple[str, str]:
    free = shutil.disk_usage(settings.DATA).free
    said = _("%(free).1f GB free") % {"free": free / 1e9}
    return said, "" if free >= LEAST_FREE_BYTES else _("Make room: below 1 GB backups and large mails fail.")


def _files() -> tuple[str, str]:
    folder = folder_of_files()
    if folder:
        return str(folder), ""
    name = f"doctor-{secrets.token_hex(8)}"
    said = settings.ENVIRONMENT.ventanilla_s3_bucket
    try:
        default_storage.save(name, ContentFile(name.encode()))
        with default_storage.open(name) as file:
            same = file.read() == name.encode()
        default_storage.delete(name)
    except OSError as error:
        return str(error), _(
            "Mend the VENTANILLA_S3_… settings, or what the bucket allows: to read, to write and to delete."
        )
    return said, "" if same else _("What was written comes back changed: look into the server of the bucket.")


def _keys() -> tuple[str, str]:
    folder = Path(settings.DATA) / "keys"
    open_ones = [path for path in (folder, *sorted(folder.iterdir())) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        said = _("Others on this computer can read %(path)s") % {"path": open_ones[0]}
        return said, f"chmod -R u=rwX,go= {folder}"
    return _("readable by their owner alone"), ""


def _database() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        version = str(cursor.fetchone()[0])
    if connection.vendor == "postgresql":
        return " ".join(version.split()[:2]), ""
    return f"SQLite {version}", ""


def _migrations() -> tuple[str, str]:
    waiting = unapplied()
    if not waiting:
        return _("all applied"), ""
    said = ngettext("%(count)d is not applied", "%(count)d are not applied", len(waiting)) % {"count": len(waiting)}
    return said, "ventanilla upgrade"


def _redis() -> tuple[str, str]:
    carrier = doorbell.carrier()
    if carrier is None:
        return _("not used"), ""
    if carrier.answers():
        return _("answers"), ""
    return _("does not answer"), _("Start it, mend REDIS_URL, or leave it out.")


def _clock() -> tuple[str, str]:
    now = timezone.now()
    newest = Event.objects.order_by("-id").values_list("recorded_at", flat=True).first()
    if newest is not None and newest - now > _SKEW:
        return _("The newest event lies in the future: the clock was set back"), "timedatectl set-ntp true"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs = cursor.fetchone()[0]
        if abs(theirs - timezone.now()) > _SKEW:
            return _("This computer and the database tell different times"), "timedatectl set-ntp true"
    return f"{now:%Y-%m-%d %H:%M:%S} UTC", ""


def _background() -> tuple[str, str]:
    at = last_beat()
    failed = Handover.objects.filter(state=Handover.State.FAILED).count()
    if not is_alive():
        said = _("no sign of life since %(moment)s") % {"moment": f"{at:%Y-%m-%d %H:%M} UTC"} if at else _("never ran")
        return said, _("Start it:  ventanilla serve  (or  systemctl start ventanilla)")
    late = timezone.now() - _LATE
    if Handover.objects.filter(state=Handover.State.DUE, next_attempt_at__lte=late).exists():
        return _("alive, but work has waited for more than ten minutes"), _("Look into the logs of the worker.")
    if failed:
        said = ngettext("alive; %(count)d piece of work failed", "alive; %(count)d pieces of work failed", failed)
        return said % {"count": failed}, _("Look into the logs for “handover failed”.")
    return _("alive"), ""


def _mail() -> tuple[str, str]:
    found = troubles()
    if found:
        told = tell_trouble(found[0])
        said = f"{told.said} {told.detail}".partition("\n")[0].strip()
        return said, _("ventanilla mail doctor  (or look in the browser: Mail)")
    waiting = queue().waiting
    return ngettext("%(count)d mail to send", "%(count)d mails to send", waiting) % {"count": waiting}, ""


def _address() -> tuple[str, str]:
    if not settings.ENVIRONMENT.ventanilla_url:
        return (
            _("VENTANILLA_URL is not set: links in mails lead to this computer alone"),
            "VENTANILLA_URL=https://help.example.org",
        )
    return str(settings.PUBLIC_URL), ""


def _proxies() -> tuple[str, str]:
    proxies = settings.TRUSTED_PROXIES
    if settings.PUBLIC_URL.startswith("https:") and not proxies:
        said = _("The address is https, but no proxy is trusted: everybody seems to come from the proxy")
        return said, "VENTANILLA_TRUSTED_PROXIES=127.0.0.1"
    return proxies or _("none"), ""


def _time_zones() -> tuple[str, str]:
    name = installation().time_zone
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return _("Nothing is known of the time zone %(name)s") % {"name": name}, "apt-get install tzdata"
    return name, ""


def _backups() -> tuple[str, str]:
    if connection.vendor != "postgresql" or shutil.which("pg_dump"):
        return _("possible:  ventanilla backup FILE"), ""
    return _("pg_dump is missing"), "apt-get install postgresql-client"
