"""Providers of sign-ins for the tests: a real one of another make, and one that says whatever a test wants it to."""

import json
import os
import re
import signal
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, build_opener

from joserfc import jwt
from joserfc.jwk import RSAKey

from ventanilla.mail.tests.servers import Certificate, free_port

DESK = "https://mesa.example"
CLIENT_ID = "ventanilla-of-the-test"
CLIENT_SECRET = "secret: of the registration+"


@dataclass
class RealProvider:
    """`oidc-provider` (npm): another program that keeps to the standard, and holds us to it."""

    node: list[str]
    certificate: Certificate
    key: str = "real"
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        script = Path(__file__).with_name("oidc_server.mjs")
        back = f"{DESK}/sign-in/with/{self.key}/back/"
        files = (str(self.certificate.cert), str(self.certificate.key))
        command = [*self.node, str(script), str(self.port), *files, back, CLIENT_ID, CLIENT_SECRET]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert self._process.stdout is not None
        assert b"ready" in self._process.stdout.read(6), "the provider did not start"

    def stop(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def sign_in(self, address: str, name: str, *, agree: bool = True) -> str:
        """What a person does who is sent to `address`; returns the path where their browser is sent then."""
        context = ssl.create_default_context(cafile=str(self.certificate.cert))
        jar = HTTPCookieProcessor(CookieJar())
        opener = build_opener(jar, HTTPSHandler(context=context), _Stay())
        data: bytes | None = None
        for _step in range(12):
            try:
                with opener.open(address, data, timeout=10) as answer:
                    page, moved = answer.read().decode(), ""
            except HTTPError as told:
                assert told.code in (302, 303), told.read().decode()
                page, moved = "", urljoin(address, told.headers["Location"])
            if moved.startswith(DESK):
                return moved.removeprefix(DESK)
            if moved:
                address, data = moved, None
            elif not agree:
                address = urljoin(address, re.search(r'href="([^"]+/abort)"', page)[1])
            else:
                prompt = re.search(r'name="prompt" value="(\w+)"', page)[1]
                address = urljoin(address, re.search(r'action="([^"]+)"', page)[1])
                data = urlencode({"prompt": prompt, "login": name, "password": "x"}).encode()
        raise AssertionError("the provider leads in a circle")


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_told: object) -> None:
        return None


@dataclass
class OwnProvider:
    """A provider that answers as a test wants: with any key, any claims, any metadata, or not at all."""

    certificate: Certificate
    key: str = "own"
    port: int = field(default_factory=free_port)
    metadata: dict[str, Any] = field(default_factory=dict)
    signer: Any = None
    shown: list[Any] = field(default_factory=list)
    asked_for_keys: int = 0
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    token: str | None = None
    away: bool = False
    asked: dict[str, str] = field(default_factory=dict)
    authorization: str = ""
    _server: ThreadingHTTPServer | None = None

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}/own"

    def start(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.signer = RSAKey.generate_key(2048, {"kid": "first"})

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """As on the first day, for the next test."""
        self.metadata, self.header, self.claims, self.token, self.away = {}, {}, {}, None, False
        self.shown, self.asked_for_keys = [self.signer], 0

    def answers(self, going: str, **claims: Any) -> str:
        """Be ready to answer whoever was sent to `going` with these claims; returns where the browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(going).query).items()}
        now = int(time.time())
        code = f"good-{len(self.claims)}"
        self.claims[code] = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "42", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "email": "leire@people.example", "email_verified": True, **claims,
        }  # fmt: skip
        query = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri'].removeprefix(DESK)}?{query}"

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        if self.away:
            return 503, {}
        if path.endswith("/.well-known/openid-configuration"):
            base = self.issuer
            return 200, {
                "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys", "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": ["RS256"], **self.metadata,
            }  # fmt: skip
        if path.endswith("/keys"):
            self.asked_for_keys += 1
            return 200, {"keys": [key if isinstance(key, dict) else key.as_dict(private=False) for key in self.shown]}
        if path.endswith("/token"):
            if self.metadata.get("refuses"):
                return 401, {"error": "invalid_client"}
            claims = self.claims.get(asked.get("code", ""))
            if claims is None:
                return 400, {"error": "invalid_grant"}
            given = {name: value for name, value in claims.items() if value is not None}
            header = {"alg": "RS256", "kid": "first", **self.header}
            token = self.token or jwt.encode(header, given, self.signer, algorithms=[header["alg"]])
            return 200, {"token_type": "Bearer", "access_token": "x", "id_token": token}
        return 404, {}


def _handler(provider: OwnProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*provider.answer(urlsplit(self.path).path, {}))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(raw).items()}
            provider.asked, provider.authorization = asked, self.headers.get("Authorization", "")
            self._say(*provider.answer(urlsplit(self.path).path, asked))

        def _say(self, status: int, body: Any) -> None:
            given = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            self.wfile.write(given)

        def log_message(self, *_said: object) -> None:
            """Nobody reads it."""

    return Handler
