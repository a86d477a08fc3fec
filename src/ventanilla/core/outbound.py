"""The one HTTP client for asking other servers: over TLS, of public addresses only, never where a name leads later.

A name is looked up once, each of its addresses is judged, and the connection goes to the address that was judged: a
name that means another address a moment later (DNS rebinding) changes nothing. Nothing is followed, no proxy of the
environment is used. Pure: which private networks are allowed is passed in.
"""

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ventanilla.core.late import Late

if TYPE_CHECKING:
    import httpx
else:
    httpx = Late("httpx")

TIMEOUT_SECONDS = 15
MOST_BYTES = 1024 * 1024
_MOST_ADDRESSES = 4
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address inside an IPv6 one


class NotAsked(ValueError):
    """The address is none that we ask: not HTTPS, or within a private network that is not allowed."""


class NoAnswer(OSError):
    """The server cannot be found or reached, is not trusted, or does not answer in time or in bounds."""


class NotFound(NoAnswer):
    """No name server knows the server's name."""


class NotTrusted(NoAnswer):
    """The server's certificate is for another name, has ended, or nobody vouches for it."""


@dataclass(frozen=True)
class Answer:
    """What the server answered: the HTTP status and the whole body."""

    status: int
    body: bytes


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    private_nets: Sequence[str] = (),
    authorities: str = "",
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Read what stands at `url`; otherwise like `post_form`."""
    request = httpx.Request("GET", _judged(url), headers={"Accept": "application/json", **(headers or {})})
    return _ask(request, private_nets, authorities, timeout_seconds)


def post_form(
    url: str,
    fields: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    private_nets: Sequence[str] = (),
    authorities: str = "",
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Send a form to `url` and return what was answered, whatever its status.

    `private_nets` are the networks (`10.0.0.0/8`) that are allowed beside public addresses; `authorities` (PEM) are
    trusted beside the system's own. Raises `NotAsked` and `NoAnswer` (`NotFound`, `NotTrusted`).
    """
    request = httpx.Request(
        "POST", _judged(url), data=fields, headers={"Accept": "application/json", **(headers or {})}
    )
    return _ask(request, private_nets, authorities, timeout_seconds)


def post_bytes(
    url: str,
    content: bytes,
    *,
    headers: Mapping[str, str],
    private_nets: Sequence[str] = (),
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Send `content` as it is, with these headers; otherwise like `post_form`."""
    request = httpx.Request("POST", _judged(url), content=content, headers=headers)
    return _ask(request, private_nets, "", timeout_seconds)


def _judged(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise NotAsked(f"{url} is no address that begins with https://")
    return url


def _ask(request: httpx.Request, private_nets: Sequence[str], authorities: str, timeout_seconds: float) -> Answer:
    written = request.url
    host = written.host
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    addresses = _allowed(host, written.port or 443, private_nets)
    until = time.monotonic() + timeout_seconds
    problem: Exception | None = None
    with httpx.Client(verify=context, trust_env=False, follow_redirects=False) as client:
        for address in addresses:
            # The header Host and the name in the certificate stay those of the address that was written.
            request.url = written.copy_with(host=address)
            left = httpx.Timeout(max(0.1, until - time.monotonic()))
            request.extensions = {"sni_hostname": host, "timeout": left.as_dict()}
            try:
                return _read(client, request, until)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = error
            except httpx.HTTPError as error:
                raise NoAnswer(f"{host}: {error or type(error).__name__}") from error
    distrust = _distrust(problem)
    if distrust is not None:
        raise NotTrusted(f"{host}: {distrust.verify_message}") from problem
    raise NoAnswer(f"{host}: {problem}") from problem


def _distrust(problem: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while problem is not None and not isinstance(problem, ssl.SSLCertVerificationError):
        problem = problem.__cause__ or problem.__context__
    return problem


def _read(client: "httpx.Client", request: "httpx.Request", until: float) -> Answer:
    answer = client.send(request, stream=True)
    try:
        body = b""
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > until:
                raise NoAnswer(f"{request.headers['Host']}: the answer does not end")
        return Answer(answer.status_code, body)
    finally:
        answer.close()


def _allowed(host: str, port: int, private_nets: Sequence[str]) -> list[str]:
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound(f"{host}: {error}") from error
    found = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in known)
    allowed = [address for address in found if may_be_asked(address, private_nets)]
    if not allowed:
        raise NotAsked(f"{host} is in a private network ({', '.join(found)})")
    return allowed[:_MOST_ADDRESSES]


def may_be_asked(address: str, private_nets: Sequence[str] = ()) -> bool:
    """Whether an IP address is public, also by the IPv4 address that it carries inside, or in an allowed network."""
    inner = _inner(ip_address(address))
    if any(inner in ip_network(net) for net in private_nets):
        return True
    return inner.is_global and not inner.is_multicast


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address
