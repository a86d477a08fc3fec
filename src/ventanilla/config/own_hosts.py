"""By which names other computers know this one. No Django here: the settings ask it."""

import socket
from contextlib import suppress
from ipaddress import ip_address

# Addresses for documentation (RFC 5737, RFC 3849): asking by which way one would go there sends nothing.
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - only compared with


def own_hosts(listen: str) -> list[str]:
    """The host names under which a server that listens on the address `listen` is reached from other computers.

    The best one to write into a link comes first; IPv6 addresses stand in brackets. Empty when only this computer can
    reach it. All of them are this computer's own, so none can be used to pass it off as another.
    """
    if not listen or _is_loopback(listen):
        return []
    name = socket.gethostname().lower()
    addresses = _addresses(name) if listen in _EVERYWHERE else [listen]
    hosts = [f"[{address}]" if ":" in address else address for address in addresses]
    return list(dict.fromkeys([*hosts, name, f"{name.partition('.')[0]}.local"]))


def _addresses(name: str) -> list[str]:
    found = []
    for family, far in _FAR:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            if probe.connect_ex((far, 9)) == 0:
                found.append(str(probe.getsockname()[0]))
    with suppress(OSError):
        found += [str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(name, None)]
    return [address for address in dict.fromkeys(found) if not _is_loopback(address)]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
