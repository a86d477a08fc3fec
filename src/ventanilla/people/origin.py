"""Where a request comes from: its address, and the device in words. Pure but for the two words that are translated."""

import re
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

_LONGEST_AGENT = 300
# In this order: what calls itself by several names is known by the first that fits (Edge also says Chrome and Safari).
_BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/\S+ (Mobile/\S+ )?Safari/"),
    ("curl", r"^curl/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)


@dataclass(frozen=True)
class Origin:
    """Where somebody asked from. Both are personal data: they stand in payloads and in the session, nowhere else."""

    ip: str = ""
    agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Origin":
        """The address the request came from (proxies that are trusted have been seen through) and its browser."""
        return cls(
            ip=str(request.META.get("REMOTE_ADDR") or "")[:45],
            agent=str(request.META.get("HTTP_USER_AGENT") or "")[:_LONGEST_AGENT],
        )

    @property
    def device(self) -> str:
        """«Firefox on Windows», in the reader's language; what cannot be told from the name is left out."""
        return device(self.agent)

    def as_personal(self) -> dict[str, str]:
        """For the payload of an event."""
        return {"ip": self.ip, "agent": self.agent}


def device(agent: str) -> str:
    """The browser and system that a User-Agent header (RFC 9110, 10.1.5) speaks of, in the reader's language."""
    names = {"browser": _first(_BROWSERS, agent), "system": _first(_SYSTEMS, agent)}
    if names["browser"] and names["system"]:
        return _("%(browser)s on %(system)s") % names
    return names["browser"] or names["system"] or _("Unknown device")


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, agent)), "")
