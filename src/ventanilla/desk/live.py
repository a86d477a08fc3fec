"""The event stream of one browser. It rings: a scope key and an event id; the page re-reads what it may see."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ventanilla.desk.hub import LOOK_BACK_SECONDS, Stream, hub
from ventanilla.events import doorbell
from ventanilla.events.doorbell import Ring
from ventanilla.notify.queries import changes_since as notices_since
from ventanilla.notify.queries import rings_of as notice_rings
from ventanilla.people.models import Person
from ventanilla.people.queries import session_lives
from ventanilla.people.rights import Scope
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.presence import changes_since
from ventanilla.tickets.presence import rings_of as presence_rings

HEARTBEAT_SECONDS = 15
RECHECK_SECONDS = 60
# A list of fifty rows in each of a few tabs.
MOST_TICKETS = 200


async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events for the signed-in person: `ring` events, and a comment every 15 s.

    Scopes of the person, their teams, departments or organization follow from who they are; `?scope=ticket:12` is
    checked against what they may see. Membership and session are looked at again every minute: the stream ends when
    they changed, and the browser connects anew.
    """
    person = await request.auser()
    if not person.is_authenticated:
        return HttpResponse(status=401)
    asked = request.GET.getlist("scope")[: MOST_TICKETS * 2]
    session = request.session.session_key or ""
    scopes = await _scopes(person, asked)
    response = StreamingHttpResponse(_lines(person, session, asked, scopes), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@sync_to_async
def _scopes(person: Person, asked: list[str]) -> frozenset[str]:
    person.refresh_from_db(fields=["is_active"])
    if not person.is_active:
        return frozenset()
    who = viewer(person)
    keys = {f"person:{person.pk}"}
    if who.staff:
        keys |= {f"team:{pk}" for pk in who.teams}
        keys |= {f"department:{pk}" for pk in who.departments}
        keys.add(f"notices:{person.pk}")
    elif who.scope is Scope.ORGANIZATION and who.organization is not None:
        keys.add(f"organization:{who.organization}")
    ids = {int(scope[7:]) for scope in asked if scope.startswith("ticket:") and scope[7:].isdecimal()}
    wanted = sorted(pk for pk in ids if pk < 2**62)[:MOST_TICKETS]
    for pk in Ticket.objects.readable_by(who).filter(pk__in=wanted).values_list("pk", flat=True):
        keys.add(f"ticket:{pk}")
        if who.staff:
            keys.add(f"presence:{pk}")
    return frozenset(keys)


@sync_to_async
def _ended(session: str) -> bool:
    return not session_lives(session)


@sync_to_async
def _missed(scopes: frozenset[str]) -> list[Ring]:
    """What rang of tickets while the page was on its way and its stream not yet open; each scope once."""
    since = timezone.now() - timedelta(seconds=LOOK_BACK_SECONDS)
    events = [event for event in doorbell.tail(()) if event.recorded_at >= since]
    present, told = presence_rings(changes_since(since)), notice_rings(notices_since(since))
    rings = {ring.scope: ring for ring in (*doorbell.rings_of(events), *present, *told)}
    return [ring for scope, ring in rings.items() if scope in scopes and not scope.startswith("person:")]


async def _lines(person: Person, session: str, asked: list[str], scopes: frozenset[str]) -> AsyncIterator[bytes]:
    mine = Stream(scopes)
    hub.join(mine)
    for missed in await _missed(scopes):
        if not mine.rings.full():
            mine.rings.put_nowait(missed)
    checked = asyncio.get_running_loop().time()
    try:
        yield b"retry: 2000\n\n: welcome\n\n"
        while True:
            try:
                ring = await asyncio.wait_for(mine.rings.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
            else:
                if ring is None:
                    return
                yield f"event: ring\ndata: {json.dumps({'scope': ring.scope, 'event': ring.event})}\n\n".encode()
            if mine.overrun:
                return
            if asyncio.get_running_loop().time() - checked > RECHECK_SECONDS:
                checked = asyncio.get_running_loop().time()
                if await _ended(session) or await _scopes(person, asked) != scopes:
                    return
    finally:
        hub.leave(mine)
