"""The event stream: what it rings, for whom, and that it hears other processes, with Redis and without."""

import asyncio
import json
import os
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from tests.plugin import make_person
from tests.processes import run
from ventanilla.desk.hub import Hub, Stream, hub
from ventanilla.events import doorbell
from ventanilla.events.redis_bell import RedisBell
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.tickets.actions import add_message, open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Presence, Ticket
from ventanilla.tickets.presence import note_presence

pytestmark = [pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 20


@pytest.fixture
def crew(transactional_db):
    return make_person("Aitor Agent", "agent"), make_person("Leire Requester", "requester")


def open_one(requester: Person) -> Ticket:
    return open_ticket(
        by=Author.of(requester), requester=requester, subject="Ring", content=Content.of_text("x"),
        channel=Ticket.Channel.PORTAL,
    )  # fmt: skip


async def connect(person: Person | None, *scopes: str):
    client = AsyncClient(headers={"host": "localhost"})
    if person is not None:
        await client.aforce_login(person, backend="ventanilla.people.backends.PersonBackend")
    return await client.get("/live/", {"scope": list(scopes)})


async def next_ring(lines) -> dict:
    async def read():
        async for chunk in lines:
            if b"event: ring" in chunk:
                return json.loads(chunk.decode().partition("data: ")[2])
        raise AssertionError("the stream ended")

    return await asyncio.wait_for(read(), PATIENCE_SECONDS)


async def rings_within(lines, seconds: float) -> list[dict]:
    """What rings in this time: after the last answer one would have rung in any case."""
    found = []
    with suppress(TimeoutError):
        while True:
            chunk = await asyncio.wait_for(lines.__anext__(), seconds)
            if b"event: ring" in chunk:
                found.append(json.loads(chunk.decode().partition("data: ")[2]))
    return found


async def begin(response):
    lines = response.streaming_content.__aiter__()
    assert (await lines.__anext__()).startswith(b"retry:")
    return lines


def test_nobody_without_a_session(db):
    assert asyncio.run(connect(None)).status_code == 401


def test_an_agent_hears_of_a_new_ticket_and_gets_no_data(crew):
    agent, requester = crew

    async def story():
        response = await connect(agent)
        assert response["Content-Type"] == "text/event-stream" and response["X-Accel-Buffering"] == "no"
        lines = await begin(response)
        ticket = await sync_to_async(open_one)(requester)
        ring = await next_ring(lines)
        assert set(ring) == {"scope", "event"}
        assert ring["scope"].split(":")[0] in ("department", "team")
        await lines.aclose()
        return ticket

    ticket = asyncio.run(story())
    assert ticket.number == "INC-1"
    assert not hub._streams, "a stream that ended leaves nothing behind"


def test_a_requester_hears_only_of_tickets_they_may_see(crew):
    agent, requester = crew
    stranger = make_person("Sergio Stranger", "requester")
    ticket = open_one(requester)

    async def story():
        theirs = await begin(await connect(stranger, f"ticket:{ticket.pk}", "department:1", "team:1", "person:1"))
        mine = await begin(await connect(requester, f"ticket:{ticket.pk}"))
        assert {s for stream in hub._streams.get(f"ticket:{ticket.pk}", ()) for s in stream.scopes} == {
            f"ticket:{ticket.pk}", f"person:{requester.pk}",
        }  # fmt: skip
        assert all(f"person:{stranger.pk}" not in s.scopes for s in hub._streams.get("department:1", ()))
        await sync_to_async(add_message)(
            by=Author.of(agent), ticket=ticket, content=Content.of_text("hello"),
            audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
        )  # fmt: skip
        ring = await next_ring(mine)
        assert ring["scope"] in (f"ticket:{ticket.pk}", f"person:{requester.pk}")
        assert all(ring["scope"] == f"person:{stranger.pk}" for ring in await rings_within(theirs, 1.2))
        await theirs.aclose()
        await mine.aclose()

    asyncio.run(story())


def test_who_sees_the_whole_organization_hears_of_its_new_tickets(crew):
    _agent, stranger = crew
    customer = Organization.objects.create(name="Customer Ltd")
    manager = make_person("Marta Manager", "requester-manager", organization=customer)
    colleague = make_person("Carlos Colleague", "requester", organization=customer)

    async def story():
        theirs = await begin(await connect(manager))
        await begin(await connect(colleague, f"organization:{customer.pk}"))
        await begin(await connect(stranger, f"organization:{customer.pk}"))
        assert len(hub._streams[f"organization:{customer.pk}"]) == 1
        await sync_to_async(open_one)(colleague)
        assert (await next_ring(theirs))["scope"] == f"organization:{customer.pk}"
        await theirs.aclose()

    asyncio.run(story())


def test_presence_rings_for_the_desk_alone(crew):
    agent, requester = crew
    colleague = make_person("Berta Colleague", "agent")
    ticket = open_one(requester)

    async def story():
        lines = await begin(await connect(agent, f"ticket:{ticket.pk}"))
        await begin(await connect(requester, f"ticket:{ticket.pk}"))
        assert all(f"person:{requester.pk}" not in s.scopes for s in hub._streams[f"presence:{ticket.pk}"])
        await sync_to_async(note_presence)(person=colleague, ticket=ticket, state=Presence.State.TYPING)
        # The ticket has just been opened: that may ring first. What never comes ends by the patience of next_ring.
        while (await next_ring(lines))["scope"] != f"presence:{ticket.pk}":
            pass
        await lines.aclose()

    asyncio.run(story())


OTHER_PROCESS = """
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket
person = Person.objects.get(email="leire@people.example")
ticket = open_ticket(by=Author.of(person), requester=person, subject="Far", content=Content.of_text("x"),
                     channel=Ticket.Channel.PORTAL)
print(ticket.pk)
"""


@pytest.mark.parametrize("carrier", ["tail", "redis"])
def test_rings_of_other_processes_arrive_once(crew, monkeypatch, carrier):
    if carrier == "redis":
        url = os.environ.get("VENTANILLA_TEST_REDIS", "")
        if not url:
            assert os.environ.get("CI") != "true"
            pytest.skip("needs Redis (set VENTANILLA_TEST_REDIS)")
        monkeypatch.setattr(doorbell, "_carrier", RedisBell(url))
        monkeypatch.setenv("REDIS_URL", url)
        monkeypatch.setattr("ventanilla.desk.hub.TAIL_BESIDE_REDIS_SECONDS", 600)

    async def story():
        other = Hub()
        stream = Stream(frozenset({"department:1"} | {f"department:{n}" for n in range(1, 40)}))
        other.join(stream)
        if carrier == "redis":
            await _subscribed(other)
        await sync_to_async(run)(OTHER_PROCESS)
        ring = await asyncio.wait_for(stream.rings.get(), PATIENCE_SECONDS)
        assert ring.scope.startswith("department:") and ring.event > 0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.rings.get(), 1.5)
        other.leave(stream)

    asyncio.run(story())


async def _subscribed(other: Hub) -> None:
    """Ring by Redis until the hub hears it: subscribing takes a moment."""
    probe = Stream(frozenset({"probe:1"}))
    other.join(probe)
    for _ in range(200):
        await sync_to_async(doorbell.carrier().publish)([doorbell.Ring("probe:1", 0)])
        try:
            await asyncio.wait_for(probe.rings.get(), 0.1)
        except TimeoutError:
            continue
        other.leave(probe)
        return
    raise AssertionError("Redis never rang")
