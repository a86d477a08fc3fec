"""Calendar invitations read far enough to tell a person what they are about (RFC 5545, RFC 5546)."""

import re
from dataclasses import dataclass

from ventanilla.mail.charsets import decode
from ventanilla.mail.headers import one_line

_LINE = re.compile(r"([A-Za-z-]{1,40})((?:;[^:\"]{0,500}(?:\"[^\"]{0,500}\"[^:\"]{0,500})*)?):(.*)")
_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Invite:
    """The first event of a calendar: `method` (REQUEST, CANCEL, REPLY…), times as written with their zone."""

    method: str
    summary: str
    start: str
    end: str
    location: str
    organizer: str
    description: str

    def as_text(self) -> str:
        """The event in lines that need no translation."""
        when = " – ".join(moment for moment in (self.start, self.end) if moment)
        lines = [self.summary, when, self.location, self.organizer, "", self.description]
        return "\n".join(lines).strip()


def read_invite(content: bytes, charset: str = "") -> Invite | None:
    """The first event in an iCalendar text, or None; never raises; only the first 200,000 bytes are read."""
    text = re.sub(r"\r?\n[ \t]", "", decode(content[:_MAX], charset))
    values: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        match = _LINE.match(line[:4000])
        if not match:
            continue
        name, parameters, value = match.group(1).upper(), match.group(2), match.group(3).strip()
        if name == "BEGIN" and value.upper() in ("VEVENT", "VTODO"):
            inside = True
        elif name == "END" and value.upper() in ("VEVENT", "VTODO"):
            break
        elif name == "METHOD" and not inside:
            values.setdefault(name, value)
        elif inside and name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
            values.setdefault(name, _unescape(value))
        elif inside and name in ("DTSTART", "DTEND"):
            values.setdefault(name, _moment(value, parameters))
        elif inside and name == "ORGANIZER":
            said = re.search(r"(?i);CN=\"?([^\";:]{1,200})", parameters)
            address = re.sub(r"(?i)^mailto:", "", value)
            values.setdefault(name, f"{said.group(1)} <{address}>" if said else address)
    if not inside:
        return None
    return Invite(
        method=one_line(values.get("METHOD", ""), 20).upper(),
        summary=one_line(values.get("SUMMARY", ""), 300),
        start=one_line(values.get("DTSTART", ""), 80),
        end=one_line(values.get("DTEND", ""), 80),
        location=one_line(values.get("LOCATION", ""), 300),
        organizer=one_line(values.get("ORGANIZER", ""), 300),
        description=values.get("DESCRIPTION", "")[:20_000].strip(),
    )


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match.group(1) in "nN" else match.group(1), value)


def _moment(value: str, parameters: str) -> str:
    """`20261123T100000` with TZID as `2026-11-23 10:00 (Europe/Madrid)`; what has another form stands as it came."""
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?", value)
    if not match:
        return value
    year, month, day, hour, minute, utc = match.groups()
    moment = f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")
    zone = re.search(r"(?i);TZID=\"?([^\";:]{1,80})", parameters)
    if utc:
        return f"{moment} (UTC)"
    return f"{moment} ({zone.group(1)})" if zone else moment
