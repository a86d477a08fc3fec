"""`ventanilla serve` as a person runs it: real processes, a real port."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.installations import SET_UP, Installation, prepared
from tests.nursery import Child
from ventanilla.config.own_hosts import own_hosts

pytestmark = [pytest.mark.crash]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, *options: str, **variables: str) -> Child:
    return Installation(data).start("serve", *options, one_stream=True, **variables)


def wait_until_ready(server: Child) -> str:
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


@dataclass
class Served:
    """A server that runs."""

    server: Child
    port: int


def get(port: int, path: str, *, host: str = "") -> http.client.HTTPResponse:
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Host": host or f"localhost:{port}"})
            return connection.getresponse()
        except ConnectionError:
            if time.monotonic() > deadline:
                raise


def test_first_start_loads_the_demo_prints_sign_ins_and_stops_at_once(tmp_path):
    port = free_port()
    server = start(tmp_path / "data", "--port", str(port))
    try:
        said = wait_until_ready(server)
        assert f"http://localhost:{port}" in said
        assert "administrator" in said and "@arrizabal.example" in said
        assert get(port, "/api/v1/openapi.json").status == 200
        assert get(port, "/api/v1/tickets").status == 401
        taken = start(tmp_path / "other", "--port", str(port), "--empty")
        out, _ = taken.communicate(timeout=60)
        assert taken.returncode == 1 and "taken" in out and f"--port {port + 1}" in out
    finally:
        server.send_signal(signal.SIGTERM)
        began = time.monotonic()
        server.wait(timeout=20)
    assert time.monotonic() - began < 9, "it must not wait out its own patience"
    assert oct((tmp_path / "data" / "demo-sign-ins.txt").stat().st_mode)[-3:] == "600"
    assert oct((tmp_path / "data" / "keys" / "signing").stat().st_mode)[-3:] == "600"


def test_an_empty_installation_says_how_to_get_in(tmp_path):
    port, data = free_port(), prepared(tmp_path / "data").data
    codes = set()
    for _start in ("first", "again"):
        server = start(data, "--port", str(port), "--empty")
        try:
            said = wait_until_ready(server)
            assert "ventanilla person create --email" in said
            link, code = re.findall(rf"http://localhost:{port}(/welcome/\?code=([-A-Z2-9]{{14}}))\n", said)[0]
            page = get(port, link)
            assert page.status == 200 and f'value="{code}"' in page.read().decode()
            codes.add(code)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=20)
    assert len(codes) == 2


_SIGNED_IN = """
from django.test import Client
from ventanilla.people.actions import create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Role
role = Role.objects.get(key="agent")
agent = create_person(by=Author.system("test"), name="Ane", email="ane@desk.example", role=role)
browser = Client(headers={"host": "localhost"})
browser.force_login(agent, backend="ventanilla.people.backends.PersonBackend")
print(browser.cookies["sessionid"].value)
"""


def test_stopping_ends_open_streams_at_once_and_without_complaint(tmp_path):
    port, installation = free_port(), prepared(tmp_path / "data")
    session = installation.run(code=SET_UP + _SIGNED_IN).strip().splitlines()[-1]
    server = start(installation.data, "--port", str(port), "--empty")
    try:
        wait_until_ready(server)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Host": f"localhost:{port}", "Cookie": f"sessionid={session}"}
        connection.request("GET", "/live/", headers=headers)
        stream = connection.getresponse()
        assert stream.status == 200 and stream.readline() == b"retry: 2000\n"
    finally:
        server.send_signal(signal.SIGTERM)
        out, _ = server.communicate(timeout=20)
    assert b"welcome" in stream.read(), "it ends as a whole answer does"
    assert "Cancel" not in out and "Traceback" not in out, out


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty installation, behind proxies of these addresses."""
    port = free_port()
    data = prepared(tmp_path_factory.mktemp("served") / "data").data
    server = start(data, "--port", str(port), "--empty", VENTANILLA_TRUSTED_PROXIES="10.0.0.0/8,127.0.0.1")
    try:
        wait_until_ready(server)
        yield Served(server, port)
    finally:
        server.send_signal(signal.SIGTERM)
        out, _ = server.communicate(timeout=20)
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)


def test_what_is_larger_than_any_form_is_not_read(served):
    assert get(served.port, "/sign-in/").status == 200
    for path, length, status in (("/sign-in/", 200 << 20, 413), ("/live/", 200 << 20, 405), ("/live/", 1, 405)):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        # Only the length is sent: an answer before the body shows that nobody waits for it.
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_a_page_process_that_is_killed_comes_back(served):
    pid = served.server.pid
    assert get(served.port, "/api/v1/openapi.json").status == 200
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 3
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    assert get(served.port, "/api/v1/openapi.json").status == 200


def sign_in(port: int, forwarded: str) -> int:
    """Try a wrong password as a browser does, through a proxy that says `forwarded`; returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    host = {"Host": f"localhost:{port}"}
    connection.request("GET", "/sign-in/", headers=host)
    answer = connection.getresponse()
    page = answer.read().decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    form = urlencode({"login": "leire@people.example", "password": "wrong", "csrfmiddlewaretoken": token})
    more = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": forwarded}
    connection.request("POST", "/sign-in/", body=form, headers=host | more)
    return connection.getresponse().status


def test_whom_a_proxy_asks_for_is_believed_of_known_proxies_alone(served):
    # What stands farther left comes from the client itself, who may write there what they like.
    tries = [sign_in(served.port, f"192.0.2.{n}, 198.51.100.1, 10.1.2.3") for n in range(8)]
    assert tries == [422] * 7 + [429]
    assert sign_in(served.port, "198.51.100.1") == 429
    assert sign_in(served.port, "198.51.100.2") == 422


def test_other_computers_are_served_by_our_own_names_and_nobody_elses(tmp_path):
    port, (own, *names) = free_port(), own_hosts("0.0.0.0")
    server = start(prepared(tmp_path / "data").data, "--port", str(port), "--empty", "--host", "0.0.0.0")
    try:
        assert f"Ventanilla is ready: http://{own}:{port}" in wait_until_ready(server)
        for name in (own, *names, "localhost", "127.0.0.1"):
            assert get(port, "/sign-in/", host=f"{name}:{port}").status == 200, name
        for name in ("evil.example", "203.0.113.7", f"{own}.evil.example"):
            answer = get(port, "/sign-in/", host=name)
            assert answer.status == 400 and "VENTANILLA_URL" in answer.read().decode(), name
        # Nobody is believed here who says whom they ask for.
        assert [sign_in(port, f"192.0.2.{n}") for n in range(8)] == [422] * 7 + [429]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.0/33", "127.0.0.1;10.0.0.1"])
def test_a_slip_in_the_list_of_proxies_stops_the_start(tmp_path, wrong: str):
    server = start(tmp_path / "data", "--port", str(free_port()), "--empty", VENTANILLA_TRUSTED_PROXIES=wrong)
    said, _ = server.communicate(timeout=60)
    assert server.returncode != 0 and "VENTANILLA_TRUSTED_PROXIES" in said


@pytest.mark.parametrize("listen", ["", "127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_on_this_computer_alone_it_has_no_other_names(listen: str):
    assert own_hosts(listen) == []


def test_an_address_of_version_six_stands_in_brackets():
    assert own_hosts("2001:db8::7")[0] == "[2001:db8::7]"


def test_a_watcher_sees_that_everything_runs(served):
    port = served.port
    assert get(port, "/healthz", host="10.1.2.3").status == 200
    deadline = time.monotonic() + 30
    while (answer := get(port, "/readyz")).status != 200 and time.monotonic() < deadline:
        pass
    assert json.loads(answer.read())["ready"] is True

    def counted() -> float:
        said = get(port, "/metrics").read().decode()
        assert "ventanilla_ticker_silent_seconds" in said
        found = re.search(r'ventanilla_request_seconds_count\{view="sign-in"\} (\S+)', said)
        return float(found[1]) if found else 0.0

    before = counted()
    for _ in range(20):  # spread over two page processes, and counted together
        assert get(port, "/sign-in/").status == 200
    assert counted() == before + 20


HELD = 3
OPEN_ONE = (
    SET_UP
    + """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket
person = Person.objects.get(email="ada@here.example")
text = Content.of_text("x")
open_ticket(by=Author.of(person), requester=person, subject="x", content=text, channel=Ticket.Channel.MAIL)
"""
)


def test_every_part_runs_as_a_process_of_its_own(tmp_path):
    """Pages, live streams, worker and ticker apart, two workers and two tickers: a ticket's mail is written once."""
    data, ports = tmp_path / "data", (free_port(), free_port())
    early = start(data, "--only", "worker")
    said, _ = early.communicate(timeout=60)
    assert early.returncode == 1 and "ventanilla upgrade" in said
    own = Installation(data)
    own.run("upgrade")
    own.run("person", "create", "--email", "ada@here.example", "--role", "administrator")
    parts = [("pages", "--port", str(ports[0])), ("live", "--port", str(ports[1])), *[("worker",), ("ticker",)] * 2]
    servers = [start(data, "--only", *part) for part in parts]
    try:
        for server in servers:
            wait_until_ready(server)
        own.run(code=OPEN_ONE)
        assert get(ports[0], "/sign-in/").status == 200
        assert get(ports[1], "/live/").status in (302, 401, 403)
        deadline = time.monotonic() + 30
        while get(ports[0], "/readyz").status != 200 and time.monotonic() < deadline:
            pass
        states: set[int] = set()
        while states != {HELD} and time.monotonic() < deadline:
            with closing(sqlite3.connect(own.sqlite)) as database:
                states = {state for (state,) in database.execute("SELECT state FROM mail_outgoing")}
        assert states == {HELD}, "there is no server to send it by"
        assert get(ports[0], "/readyz").status == 200
        own.run("backup", str(tmp_path / "b.zip"))
        assert "Stop it first" in own.run("restore", "--replace", str(tmp_path / "b.zip"), expect=1)
        assert get(ports[0], "/sign-in/").status == 200
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            server.communicate(timeout=20)
