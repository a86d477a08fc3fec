"""Host names under which a brand is shown: how they are written. Pure."""

import re
from typing import Final

_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
MOST_CHARACTERS: Final = 253


class BadHost(ValueError):
    """What is no host name."""


def normal_host(text: str) -> str:
    """A host name in lower case without port or final dot, with IDNA (RFC 5891). Raises BadHost."""
    host = text.strip().rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadHost(text[:80]) from None
    if not host or len(host) > MOST_CHARACTERS or not all(_LABEL.fullmatch(part) for part in host.split(".")):
        raise BadHost(text[:80])
    return host


def host_of(header: str) -> str:
    """The host name in a `Host` header without its port; empty where there is none to be found."""
    name, _colon, port = header.strip().lower().rpartition(":")
    found = name if name and port.isdecimal() and "]" not in port else header.strip().lower()
    try:
        return normal_host(found)
    except BadHost:
        return ""
