"""Measuring over HTTP with the yardstick's load generator: the server is the real one, on the database at hand."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connections
from django.db.models import Count

from ventanilla.api.actions import create_token
from ventanilla.bench.load import FIELDS, SITES
from ventanilla.bench.many import Do, measure_bulk, measure_export
from ventanilla.bench.memory import pss_mib
from ventanilla.bench.streams import measure
from ventanilla.fields.conditions import EVERYTHING, to_json
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.saved_views.actions import create_view
from ventanilla.saved_views.models import SavedView
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.bulk import MOST
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket

WAIT_SECONDS = 60
SETTLE_SECONDS = 10
BACKEND = "ventanilla.people.backends.PersonBackend"
FIELDS_VIEW, NESTED_VIEW = "bench-fields", "bench-nested"
# A form is believed that brings the same twice; any such token will do.
_CSRF = {"csrftoken": "0" * 32}
_CSRF_HEAD = {"X-CSRFToken": "0" * 32}


class Bench:
    """One run: four people, the pages and the API, each measured one after the other and 8 at once."""

    def __init__(self, loadgen: ModuleType, corpus: ModuleType, *, port: int, seconds: float) -> None:
        self._loadgen = loadgen
        self._corpus = corpus
        self._port = port
        self._seconds = seconds
        self._base = f"http://127.0.0.1:{port}"

    def run(self, *, only: str = "") -> Iterator[dict[str, Any]]:
        """Serve, measure, stop; yields one dict of figures for each measurement."""
        people = self._people()
        cookies = {name: {settings.SESSION_COOKIE_NAME: _session(person)} for name, person in people.items()}
        token = create_token(by=Author.system("bench"), person=people["agent"])
        plans = [plan for plan in self._plans(people, cookies, token) if only in plan[0]]
        server = self._serve("--empty")
        try:
            self._wait()
            time.sleep(SETTLE_SECONDS)
            yield {"label": "memory before", "pss_mib": pss_mib(server.pid)}
            for label, make, do, at_once in plans:
                yield self._loadgen.bench(make, do, label=label, conc=at_once, secs=self._seconds)
            yield from self._many(people["agent"], cookies["agent"], token, server.pid, only)
            time.sleep(SETTLE_SECONDS)
            yield {"label": "memory after", "pss_mib": pss_mib(server.pid)}
        finally:
            server.terminate()
            server.wait()

    def _many(
        self, agent: Person, cookies: dict[str, str], token: str, pid: int, only: str
    ) -> Iterator[dict[str, Any]]:
        """Exports of all tickets, and a change of `MOST` of them beside the work of others."""
        calib = self._loadgen.calib
        form = {"Cookie": "; ".join(f"{name}={value}" for name, value in {**cookies, **_CSRF}.items()), **_CSRF_HEAD}
        rows = Ticket.objects.visible_to(agent).count()
        for file_type in ("csv", "xlsx"):
            label = f"export, {file_type}"
            if only in label:
                found = measure_export(
                    self._port, f"/desk/export/?view={FIELDS_VIEW}", form, file_type=file_type, pid=pid
                )
                rate = round(rows / found["seconds"])
                yield {"label": label, "rows": rows, "rows_per_second": rate, **found, "calib_ms": calib()}
        label, client = "change of many", self._loadgen.Client
        if only in label:
            tickets = Ticket.objects.visible_to(agent).exclude(priority__key="critical").order_by("pk")
            numbers = [str(number) for number in tickets.values_list("number", flat=True)[:MOST]]
            auth = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connections.close_all()

            def reply(connection: Any, i: int) -> tuple[bool, int]:
                path, body = f"/api/v1/tickets/{numbers[-1 - i % 100]}/messages", json.dumps({"text": f"Reply {i}"})
                status, _headers, answer = connection.post(path, body)
                return status == 201, len(answer)

            meanwhile = {
                "list": (client(self._base, cookies=cookies), _page("/desk/?view=open", numbers)),
                "ticket page": (client(self._base, cookies=cookies), _page("/desk/tickets/{number}/", numbers)),
                "reply": (client(self._base, headers=auth), reply),
            }
            effect = {"verb": "set", "field": "priority", "value": "critical"}
            found = measure_bulk(self._loadgen, client(self._base, headers=auth), numbers, effect, meanwhile)
            yield {"label": label, **found, "calib_ms": calib()}

    def streams(self, count: int) -> dict[str, Any]:
        """Open `count` streams on one live process and change something; the figures of `streams.measure`."""
        person = self._people()["agent"]
        cookies = [f"{settings.SESSION_COOKIE_NAME}={_session(person)}" for _ in range(count)]
        requester = Person.objects.filter(role__key="requester").earliest("pk")

        def act() -> None:
            open_ticket(
                by=Author.of(requester), requester=requester, subject="Ring", content=Content.of_text("x"),
                channel=Ticket.Channel.PORTAL, assignee=person,
            )  # fmt: skip
            connections.close_all()

        server = self._serve("--only", "live")
        try:
            self._wait()
            with urllib.request.urlopen(f"{self._base}/healthz", timeout=WAIT_SECONDS):  # noqa: S310 - our own
                (live,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
            return asyncio.run(measure(self._port, cookies, pid=int(live), act=act))
        finally:
            server.terminate()
            server.wait()

    def _serve(self, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", "from ventanilla.config.cli import main; main()", "serve", *options,
             "--port", str(self._port)],
            env={**os.environ, "VENTANILLA_URL": self._base},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _people(self) -> dict[str, Person]:
        agent = Person.objects.filter(email="agente00@desk.example").first()
        limited = Person.objects.filter(email="agente01@desk.example").first()
        if agent is None or limited is None:
            raise RuntimeError("this installation was not loaded by `ventanilla bench`")
        busiest = Organization.objects.annotate(count=Count("ticket")).order_by("-count").first()
        if busiest and not limited.limited_to.exists():
            change_person(by=Author.system("bench"), person=limited, limited_to=[busiest])
        counted = Person.objects.filter(role__key="requester").annotate(count=Count("requested"))
        five = counted.filter(count=5).first() or counted.filter(count__gt=0).first()
        none = Person.objects.filter(email="nobody@bench.example").first() or Person.objects.create(
            name="Nobody", email="nobody@bench.example", role=agent.role.__class__.objects.get(key="requester")
        )
        if five is None:
            raise RuntimeError("no requester has a ticket")
        _make_views(agent)
        return {"agent": agent, "limited": limited, "requester": five, "nobody": none}

    def _plans(
        self, people: dict[str, Person], cookies: dict[str, dict[str, str]], token: str
    ) -> list[tuple[str, Callable[[], Any], Callable[[Any, int], tuple[bool, int]], int]]:
        client = self._loadgen.Client
        newest = Ticket.objects.visible_to(people["agent"]).order_by("-pk")
        numbers = [str(number) for number in newest.values_list("number", flat=True)[:400]]
        one_team = Ticket.objects.filter(is_open=1).values_list("team__key", flat=True).first() or "support"
        auth = {"Authorization": f"Bearer {token}"}

        def page(path: str) -> Do:
            return _page(path, numbers)

        def create(connection: Any, i: int) -> tuple[bool, int]:
            body = json.dumps(
                {"subject": f"Bench {i}", "text": self._corpus.ticket(abs(i) + 1, 1000)["messages"][0][2]}
            )
            headers = {"Content-Type": "application/json"}
            status, _headers, answer = connection.req("POST", "/api/v1/tickets", body, headers)
            return status == 201, len(answer)

        def as_(name: str) -> Callable[[], Any]:
            return lambda: client(self._base, cookies=cookies[name])

        rare, common = self._corpus.RARE, self._corpus.COMMON
        plans = [
            ("list of a team's open tickets", as_("agent"), page(f"/desk/?view=open&team={one_team}"), 8),
            ("list of all open tickets", as_("agent"), page("/desk/?view=open"), 8),
            (
                "list with three custom fields, filtered by one",
                as_("agent"),
                page(f"/desk/?view={FIELDS_VIEW}&custom.site={SITES[0]}"),
                8,
            ),
            ("saved view with nested conditions", as_("agent"), page(f"/desk/?view={NESTED_VIEW}"), 8),
            ("ticket page", as_("agent"), page("/desk/tickets/{number}/"), 8),
            ("create by the API", lambda: client(self._base, headers=auth), create, 4),
        ]
        for name in people:
            where = "/desk/search/" if name in ("agent", "limited") else "/portal/tickets/"
            plans.append((f"search rare, {name}", as_(name), page(f"{where}?q={rare}"), 4))
            plans.append((f"search common, {name}", as_(name), page(f"{where}?q={common}"), 4))
        return plans

    def _wait(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("the server did not start")


def _page(path: str, numbers: Sequence[str]) -> Do:
    def do(connection: Any, i: int) -> tuple[bool, int]:
        status, _headers, body = connection.get(path.replace("{number}", numbers[i % len(numbers)]))
        return status == 200, len(body)

    return do


def _make_views(agent: Person) -> None:
    """The agent's two views, unless they are there: everything with three custom fields, and nested conditions."""
    by, shown = (
        Author.system("bench"),
        ["priority", "due", "assignee", "created", *(f"custom.{key}" for key, *_ in FIELDS)],
    )
    conditions: dict[str, list[Any]] = {
        FIELDS_VIEW: to_json(EVERYTHING),
        NESTED_VIEW: [
            "or",
            [
                "and",
                ["status.category", "in", ["new", "open"]],
                ["or", ["custom.site", "in", ["madrid", "lugo"]], ["custom.cost", "above", 3000]],
            ],
            ["and", ["priority", "is", "critical"], ["not", ["assignee", "empty"]], ["open", "is", True]],
        ],
    }
    for key, condition in conditions.items():
        if not SavedView.objects.filter(key=key).exists():
            label = {"es": key, "en": key}
            create_view(by=by, owner=agent, key=key, label=label, condition=condition, columns=shown)


def _session(person: Person) -> str:
    """A signed-in session as a browser would hold one."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.save()
    key: str = store.session_key
    return key
