"""A provider of accounts for the tests: speaks OAuth 2 (RFC 6749, 7636, 7662) over TLS, on this machine, strictly."""

import hashlib
import json
import secrets
import ssl
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ventanilla.mail.tests.servers import Certificate, free_port

CLIENT_ID = "ventanilla-of-the-test"
CLIENT_SECRET = "secret of the registration"
SCOPE = "mail offline_access"


@dataclass
class Asked:
    """What an authorization code was given for."""

    redirect_uri: str
    challenge: str
    mailbox: str


@dataclass
class Provider:
    """The provider: who is registered, what was agreed to, which tokens are good, and for which mailbox."""

    certificate: Certificate
    port: int = field(default_factory=free_port)
    introspection_port: int = field(default_factory=free_port)
    way_back: str = ""
    secret: str = CLIENT_SECRET
    life_seconds: int = 3600
    refresh_life_seconds: int = 0
    lasting: bool = True
    away: bool = False
    codes: dict[str, Asked] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    renewals: int = 0
    # Set to hold a renewal until the test lets it go.
    gate: threading.Event | None = None
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    @property
    def authorize_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/authorize"

    @property
    def token_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/token"

    def start(self) -> None:
        """Listen: sign-in and tokens over TLS, and for mail servers on this machine the question whose a token is."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        for port, tls in ((self.port, True), (self.introspection_port, False)):
            server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
            server.daemon_threads = True
            if tls:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self._servers.append(server)

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def reset(self) -> None:
        """As on the first day, for the next test."""
        fresh = Provider(self.certificate)
        for name in ("secret", "life_seconds", "refresh_life_seconds", "lasting", "away", "gate", "renewals"):
            setattr(self, name, getattr(fresh, name))
        for memory in (self.codes, self.access, self.refreshing):
            memory.clear()

    def agree(self, address: str, *, mailbox: str) -> str:
        """What a person does who is sent to `address`: signs in and agrees. Returns where the browser is sent then."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.authorize_url
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT_ID and asked["scope"] == SCOPE
        assert asked["redirect_uri"] == self.way_back, "only what was registered"
        assert asked["code_challenge_method"] == "S256" and len(asked["state"]) > 30
        code = secrets.token_urlsafe(16)
        self.codes[code] = Asked(asked["redirect_uri"], asked["code_challenge"], mailbox)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def lets_in(self, user: str, token: str) -> bool:
        """Whether a token opens a mailbox."""
        return self.access.get(token) == user

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """Status and body of what was posted to `path`."""
        if path == "/introspect":
            user = self.access.get(asked.get("token", ""))
            return 200, {"active": user is not None, "username": user or ""}
        if self.away:
            return 503, "<h1>Sorry</h1>"
        if path != "/token" or asked.get("client_id") != CLIENT_ID or asked.get("client_secret") != self.secret:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000222: the secret is expired"}
        if asked["grant_type"] == "authorization_code":
            return self._redeem(asked)
        if self.gate is not None:
            self.gate.wait(10)
        self.renewals += 1
        mailbox = self.refreshing.pop(asked.get("refresh_token", ""), "")
        return self._tokens(mailbox) if mailbox else (400, {"error": "invalid_grant", "error_description": "revoked"})

    def _redeem(self, asked: dict[str, str]) -> tuple[int, Any]:
        known = self.codes.pop(asked["code"], None)
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        proven = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if known is None or known.redirect_uri != asked["redirect_uri"] or known.challenge != proven:
            return 400, {"error": "invalid_grant", "error_description": "this code is not good"}
        return self._tokens(known.mailbox)

    def _tokens(self, mailbox: str) -> tuple[int, Any]:
        access, refresh = secrets.token_urlsafe(900), secrets.token_urlsafe(32)
        self.access[access] = mailbox
        told: dict[str, Any] = {"token_type": "Bearer", "access_token": access, "expires_in": self.life_seconds}
        if self.lasting:
            self.refreshing[refresh] = mailbox
            told["refresh_token"] = refresh
        if self.refresh_life_seconds:
            told["refresh_token_expires_in"] = self.refresh_life_seconds
        return 200, told


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(raw).items()}
            status, body = provider.answer(urlsplit(self.path).path, asked)
            given = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            self.wfile.write(given)

        def log_message(self, *_said: object) -> None:
            """Nobody reads it."""

    return Handler
