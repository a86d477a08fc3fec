"""Every role × every route × somebody else's object, generated from the addresses themselves.

Not visible is 404, visible but not allowed is 403, and after either nothing has changed. No answer says a word of a
private department or of a customer that are none of the reader's business. A new route fails here until its parameters
are known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.hidden_worlds import FAR, NAME, TOLD, WORD, Hidden, hide
from tests.plugin import SETUP, make_person, protect
from ventanilla.announcements.actions import Wording, post
from ventanilla.api.actions import create_token
from ventanilla.api.models import Repeatable, Token
from ventanilla.automation.actions import save_macro
from ventanilla.brands.models import Brand
from ventanilla.desk import live
from ventanilla.events.models import Event
from ventanilla.fields.actions import create_field
from ventanilla.fields.conditions import EVERYTHING
from ventanilla.fields.effects import Effect
from ventanilla.fields.section_actions import create_row
from ventanilla.files.actions import store
from ventanilla.mail.models import Mailbox, OAuthClient, Outgoing, RawMail
from ventanilla.mail.receive import receive
from ventanilla.notify.models import Device, Notification
from ventanilla.people.actions import change_person, create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.calendars import default_calendar
from ventanilla.people.merging import merge_persons
from ventanilla.people.models import Calendar, Identity, PeopleImport, SecondStep, Session, SignInProvider
from ventanilla.people.queries import session_lives
from ventanilla.saved_views.actions import create_view
from ventanilla.sla.actions import save_agreement
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.book import book
from ventanilla.sla.clocks import follow
from ventanilla.sla.models import Clock
from ventanilla.sla.wording import Granted
from ventanilla.sla.wording import Wording as Agreed
from ventanilla.tickets import drafts
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.bulk import start_bulk
from ventanilla.tickets.checklists import Item, add_checklist
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.linking import link_tickets
from ventanilla.tickets.models import Activity, Attachment, Message, Presence, ReadMark, Status, Ticket
from ventanilla.tickets.relations import BY_KEY
from ventanilla.tickets.spending import add_time
from ventanilla.tickets.tasks import add_task
from ventanilla.tickets.timing import start_timer
from ventanilla.tickets.work_sections import CHECKLISTS

FINE = {200, 201, 204, 302, 304, 400, 403, 404, 405, 409, 412, 415, 422}
# Open to everybody by nature: no object of a person stands behind them.
WITHOUT_OBJECT = re.compile(
    r"^(sign-in|sign-out|language|static|manifest|offline|worker|api/v1/(openapi|docs|$)|[nt]/|files/s/|live/|theme/|brand/)"
)
# Asking these changes nothing that anybody could miss: reading marks, presence, one's own session, request bookkeeping.
UNWATCHED = {ReadMark, Presence, Session, Repeatable, Token, Notification}


def routes(patterns: list, prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address.replace("^", "").replace("$", ""), pattern.name or ""


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


@dataclass
class World:
    ticket: Ticket
    parameters: dict
    by_prefix: dict
    hidden: Hidden


@pytest.fixture
def world(people, make_ticket) -> World:
    """A ticket with everything in it, that is nobody's business but its requester's and its team's."""
    ticket = make_ticket()
    file = File(store(b"\x89PNG\r\n\x1a\nsecret", name="s.png"), "s.png", "image/png")
    note = add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("note", [file]),
        audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    draft = drafts.save_draft(
        by=Author.of(people.agent), ticket=ticket, audience=Message.Audience.REQUESTER, html="<p>draft</p>"
    )
    change(by=Author.of(people.agent), ticket=ticket, tags=["changed"])
    create_token(by=Author.of(people.agent), person=people.agent)
    protect(people.agent)
    receive(b"From: x@y.example\r\nAuto-Submitted: auto-replied\r\nSubject: out\r\n\r\nout of office")
    department = create_department(by=SETUP, key="far", label={"en": "Far"})
    team = create_team(by=SETUP, key="far", label={"en": "Far"}, department=department)
    outsider = make_person("Olga Outsider", "agent", teams=[team])
    far_supervisor = make_person("Felix Far", "supervisor", teams=[team])
    macro = save_macro(
        by=SETUP, macro=None, label={"en": "High"}, html={}, public=True,
        effects=[Effect("set", "priority", "high")], team=None,
    )  # fmt: skip
    agreement = save_agreement(
        by=SETUP, agreement=None, label={"en": "Promised"}, side="sla", calendar=default_calendar(),
        wording=Agreed(rows=(Granted(EVERYTHING, {"resolution": Target(60)}),)),
    )  # fmt: skip
    follow(ticket, book())
    run = PeopleImport.objects.create(name="people.csv", heading=["Mail"], mapping=["email"])
    site = create_field(by=SETUP, entity="ticket", kind="text", label={"en": "Site"})
    device = Device.objects.create(person=people.agent, endpoint="https://push.example/1", digest="1")
    provider = SignInProvider.objects.create(key="far", issuer="https://far.example", kind="google")
    other = make_ticket(subject="Linked with it")
    link = link_tickets(by=SETUP, ticket=ticket, other=other, relation=BY_KEY["related"])
    checklist = add_checklist(by=SETUP, ticket=ticket, title="Everything", items=[Item("One"), Item("Two")])
    task = add_task(by=SETUP, ticket=ticket, title="Look", owner=people.agent)
    entry = add_time(
        by=SETUP, person=people.agent, ticket=ticket, seconds=60, activity=Activity.objects.order_by("pk").first()
    )
    start_timer(by=Author.of(people.agent), ticket=ticket)
    template = create_row(
        by=SETUP, section=CHECKLISTS, label={"en": "Leaver"}, items=[{"label": {"en": "Badge"}, "before": ""}]
    )
    changing = start_bulk(by=Author.of(people.agent), tickets=[ticket.pk], effects=[Effect("set", "priority", "high")])
    parameters = {
        "kind": "people",
        "merge": merge_persons(by=SETUP, person=make_person("Twice", "requester"), into=people.requester).pk,
        "run": changing.pk,
        "number": ticket.number,
        "message": note.pk,
        "draft": draft.pk,
        "event": Event.objects.get(topic=ticket.topic, kind="ticket.changed").pk,
        "attachment": Attachment.objects.get(message=note).pk,
        "raw": RawMail.objects.get().pk,
        "notification": Notification.objects.create(
            person=people.agent, event=1, ticket=ticket, reason=Notification.Reason.ASSIGNED
        ).pk,
        "token": "forged",
        "code": "es",
        "entity": "ticket",
        "key": "incident",
        "section": "statuses",
        "slug": "privacy",
        "chapter": "statuses",
        "row_key": "open",
        "view_key": create_view(by=Author.of(people.agent), owner=people.agent, label={"en": "Mine alone"}).key,
        "person": people.administrator.pk,
        "team": team.pk,
        "department": department.pk,
        "organization": people.requester.organization_id,
        "category": 1,
        "link": link.pk,
        "clock": Clock.objects.get(ticket=ticket).pk,
        "checklist": checklist.pk,
        "task": task.pk,
        "entry": entry.pk,
        "month": "2020-01",
        "identity": Identity.objects.filter(person=people.requester).first().pk,
        "client": OAuthClient.objects.create(provider="other", client_id="x").pk,
    }
    announcement = post(by=Author.of(people.agent), wording=Wording("No network"), ticket=ticket)
    by_prefix = {
        "desk/announcements": announcement.pk,
        "desk/many": changing.pk,
        "portal/announcements": announcement.pk,
        "mail/outbox": Outgoing.objects.first().pk,
        "mail/texts": 1,
        "mail/mailboxes": Mailbox.objects.get().pk,
        "mail/": RawMail.objects.get().pk,
        "portal/tickets": parameters["attachment"],
        "profile/devices": device.pk,
        "profile/safety": SecondStep.objects.get(person=people.agent).pk,
        "profile/tokens": Token.objects.get(person=people.agent).pk,
        "t/": parameters["attachment"],
        "people/import": run.pk,
        "people/organizations": people.requester.organization_id,
        "people/": people.administrator.pk,
        "settings/teams": team.pk,
        "settings/brands": Brand.objects.get().pk,
        "settings/calendars": Calendar.objects.get().pk,
        "settings/undo": Event.objects.filter(kind="department.created").last().pk,
        "settings/<section": Status.objects.order_by("id")[0].pk,
        "settings/sign-in": provider.pk,
        "settings/fields": site.pk,
        "settings/checklists": template.pk,
        "settings/macros": macro.pk,
        "settings/agreements": agreement.pk,
        "settings/": 1,
    }
    people.outsider, people.far_supervisor = outsider, far_supervisor
    hidden = hide(ticket, people.agent.teams.get(), people.requester.organization)
    people.member, people.limited = hidden.member, hidden.limited
    return World(ticket, parameters, by_prefix, hidden)


def fill(address: str, parameters: dict, by_prefix: dict) -> str:
    def value(found: re.Match) -> str:
        name = found[1].rpartition(":")[2]
        if name == "pk":
            return str(next(pk for prefix, pk in by_prefix.items() if address.startswith(prefix)))
        assert name in parameters, f"{address}: say in `world` what <{name}> is"
        return str(parameters[name])

    return "/" + re.sub(r"<([^>]+)>", value, address)


def picture() -> dict[str, object]:
    """Everything that stands in our tables, so that nothing can change unnoticed."""
    found = {}
    for model in apps.get_models():
        if model.__module__.startswith("ventanilla.") and model not in UNWATCHED:
            names = [f.attname for f in model._meta.concrete_fields if f.attname not in ("last_login", "body")]
            found[model._meta.label] = sorted(map(repr, model._base_manager.values_list(*names)))
    return found


_POSTED = {
    "/messages": {"text": "intruder"},
    "/events": {"text": "intruder"},
    "/search": {"text": "intruder"},
    "/links": {"ticket": "INC-2", "relation": "blocks"},
    "/unmerge": {"ticket": "INC-2"},
    "/merge": {"tickets": ["INC-2"]},
    "/split": {"messages": [1]},
    "/split/undo": {},
    "/tasks": {"title": "intruder"},
    "/checklists": {"title": "intruder"},
    "/time": {"seconds": 60},
    "/locks": {"month": "2020-01"},
    "/ask": {},
    "/hand-over": {"team": "far"},
    "/data": {"custom": {"site": "intruder"}},
}

_PATCHED = {"/tasks/": {"done": True}, "/checklists/": {"title": "intruder"}, "/time/": {"seconds": 1}}


def ask(client: Client, method: str, address: str):
    if method == "GET":
        return client.get(address)
    if address.startswith("/api/"):
        if address.endswith("/tickets"):
            return client.post(address, {"subject": "own", "text": "own"}, content_type="application/json")
        if "/persons/" in address and address.endswith("/merge"):
            return client.post(address, {"into": 1}, content_type="application/json")
        body = next((body for end, body in _POSTED.items() if address.endswith(end)), None)
        if body is not None or "/mail/" in address:
            return client.post(address, body or {"text": "intruder"}, content_type="application/json")
        body = next((body for part, body in _PATCHED.items() if part in address), {"status": "closed"})
        return client.patch(address, body, content_type="application/json")
    body = {
        "text": "intruder", "body": "intruder", "html": "<p>intruder</p>", "kind": "reply", "subject": "intruder",
        "name": "intruder",
        "field": "subject", "version": "1", "decision": "discard", "what": "discard", "why": "x", "status": "closed",
        "then": "stay", "format": "text", "email": "intruder@x.example", "label_es": "x", "label_en": "x", "force": "1",
    }  # fmt: skip
    return client.post(address, body)


ROLES = [
    "administrator", "supervisor", "agent", "reader", "requester", "colleague", "manager", "stranger", "outsider",
    "far_supervisor", "limited", "member",
]  # fmt: skip
# Who may not see the ticket of `world` at all.
BLIND = {"colleague", "stranger", "outsider", "far_supervisor", "member"}
# Who sees it and may not change it at the desk.
SEEING = {"reader", "requester", "manager"}
ABOUT_A_TICKET = re.compile(r"<(?:str|int):(?:number|message|attachment)>|<number>|<attachment>")


def marks_hidden_from(role: str, address: str) -> set[str]:
    """Which marks of `tests/hidden_worlds.py` may not stand in what this role gets from this address."""
    if role == "member":
        return set()
    if role == "administrator":
        # Who shapes the desk must know which departments, teams and rows there are, and whom they belong to.
        return {TOLD} if address.startswith(CONFIGURATION) else {NAME, TOLD}
    desk = role in ("supervisor", "agent", "reader", "outsider", "far_supervisor")
    return {NAME, TOLD} if desk else {NAME, TOLD, FAR}


CONFIGURATION = ("settings/", "people/", "mail/", "desk/audit", "api/v1/settings", "api/v1/configuration")


def text_of(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{body.decode(errors='replace')} {dict(answer.headers)}"


def say_nothing(role: str, answer, address: str, asked: str) -> None:
    text = text_of(answer)
    for mark in marks_hidden_from(role, address):
        place = text.find(mark)
        assert place < 0, f"{role} {asked} says: …{text[max(0, place - 200) : place + 100]}…"


# The pages of persons and organizations, for whoever works at the desk.
ABOUT_SOMEBODY = re.compile(r"<(?:int:)?(?:person|organization)>")


# Rights are compiled for either engine in one way: whoever sees some of the tickets is asked on both.
ON_BOTH = {"agent", "manager"}


@pytest.mark.parametrize("role", [pytest.param(r, marks=() if r in ON_BOTH else pytest.mark.pure) for r in ROLES])
def test_every_route_keeps_to_the_rights(people, world, sign_in, role):
    parameters, by_prefix = world.parameters, world.by_prefix
    person = getattr(people, role)
    token = create_token(by=Author.of(person), person=person)
    before = picture()
    caller = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    browser = sign_in(person)
    for address, name in ROUTES:
        if WITHOUT_OBJECT.match(address):
            continue
        path = fill(address, parameters, by_prefix)
        for method in ("GET", "POST"):
            if method == "POST" and role not in BLIND | SEEING:
                continue
            if not session_lives(browser.session.session_key):
                browser = sign_in(person)
            client = caller if address.startswith("api/") else browser
            answer = ask(client, method, path)
            status = answer.status_code
            assert status in FINE, f"{role} {method} {path} ({name}): {status}"
            say_nothing(role, answer, address, f"{method} {path} ({name})")
            # A draft is not asked for here: one's own that was sent, and another's, both get "too late".
            about = ABOUT_A_TICKET.search(address)
            if role in BLIND and about:
                assert status in (403, 404, 405), f"{role} {method} {path} ({name}): {status}"
            if role in BLIND and about and not address.startswith(("desk/", "mail/")):
                assert status in (404, 405), f"{role} {method} {path} ({name}): {status}, not visible must be 404"
            if role in SEEING and method == "POST" and about and address.startswith("desk/"):
                harmless = name in ("desk-forget", "desk-presence", "desk-typing", "desk-follow")
                assert harmless or status in (403, 404, 405, 422, 400), f"{role} {method} {path} ({name}): {status}"
    after = picture()
    if role in BLIND:
        changed = {label for label in before if before[label] != after[label]}
        own = {"events.Event", "events.Payload", "events.Handover", "tickets.Ticket", "tickets.Message",
               "tickets.Access",
               "tickets.Series", "search.SearchDocument", "mail.Outgoing", "people.Person", "installation.Installation",
               "files.Blob", "files.Upload", "notify.PushKey",
               "announcements.Announcement", "announcements.Join", "mail.SenderRule", "mail.RawMail",
               "tickets.LockedMonth", "sla.Clock", "sla.NextDue"}  # fmt: skip
        assert changed <= own, changed
        lost = {label: set(before[label]) - set(after[label]) for label in changed}
        untouchable = {
            "sla.Clock",
            "tickets.Message",
            "tickets.Ticket",
            "tickets.Access",
            "mail.Outgoing",
            "events.Event",
        }
        assert not any(lost.get(label) for label in untouchable), lost


def test_nobody_is_shown_anything_without_signing_in(world):
    parameters, by_prefix = world.parameters, world.by_prefix
    before = picture()
    client = Client(headers={"host": "localhost"})
    for address, name in ROUTES:
        if WITHOUT_OBJECT.match(address):
            continue
        path = fill(address, parameters, by_prefix)
        for method in ("GET", "POST"):
            answer = ask(client, method, path)
            if answer.status_code == 302:
                assert answer["Location"].startswith(("/sign-in/", settings.LOGIN_URL)), f"{method} {path} ({name})"
            else:
                assert answer.status_code in (401, 403, 404, 405), f"{method} {path} ({name}): {answer.status_code}"
    assert picture() == before


def test_a_forged_link_opens_nothing(world):
    parameters, by_prefix = world.parameters, world.by_prefix
    client = Client(headers={"host": "localhost"})
    before = picture()
    for address, name in ROUTES:
        if address.startswith(("n/", "t/", "files/s/")):
            for method in ("GET", "POST"):
                status = ask(client, method, fill(address, parameters, by_prefix)).status_code
                assert status in (404, 405), f"{method} {address} ({name}): {status}"
    assert picture() == before


def asked_for(address: str) -> dict:
    """What is asked for at an address without parameters; the API takes none that it does not know."""
    if not address.startswith("api/"):
        return {"q": WORD, "by": "address", "size": 50}
    return {"q": WORD} if address == "api/v1/search" else {}


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_says_a_word_of_what_is_hidden(people, world, sign_in, role):
    """Searches, type-ahead fields, lists and files ask for the very words; then the hidden tickets' own addresses."""
    person, hidden = getattr(people, role), world.hidden
    token = create_token(by=Author.of(person), person=person)
    caller = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    browser, seen = sign_in(person), set()
    before = picture()
    for address, name in ROUTES:
        if WITHOUT_OBJECT.match(address):
            continue
        client = caller if address.startswith("api/") else browser
        if "<" not in address:
            answer = client.get(f"/{address}", asked_for(address))
            say_nothing(role, answer, address, f"GET {address} ({name})")
            if role == "member":
                seen |= {mark for mark in (NAME, TOLD, FAR) if mark in text_of(answer)}
            continue
        blind = FAR in marks_hidden_from(role, address)
        worlds = [hidden.foreign] if blind and ABOUT_SOMEBODY.search(address) else []
        if ABOUT_A_TICKET.search(address):
            worlds = [hidden.secret, hidden.foreign] if blind else [hidden.secret]
        if role == "member":
            continue
        for parameters in worlds:
            path = fill(address, world.parameters | parameters, world.by_prefix)
            for method in ("GET", "POST"):
                answer = ask(client, method, path)
                asked = f"{method} {path} ({name})"
                say_nothing(role, answer, address, asked)
                assert answer.status_code in (403, 404, 405), f"{role} {asked}: {answer.status_code}"
    if role == "member":
        assert seen == {NAME, TOLD, FAR}, "the marks are there to be found"
    after = picture()
    for label in ("notify.PushKey",):  # made when it is first asked for
        before.pop(label), after.pop(label)
    assert after == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != "member"])
def test_nobody_is_told_or_rung_of_what_is_hidden(people, world, role, run_background):
    person, hidden = getattr(people, role), world.hidden
    change_person(by=SETUP, person=person, notices="all")
    Device.objects.all().delete()  # of nobody's browser
    tickets = {name: Ticket.objects.get(number=getattr(hidden, name)["number"]) for name in ("secret", "foreign")}
    wanted = [f"{scope}:{ticket.pk}" for ticket in tickets.values() for scope in ("ticket", "presence")]
    heard = async_to_sync(live._scopes)(person, wanted)
    sees_far = FAR not in marks_hidden_from(role, "")
    shut = {f"department:{hidden.department.pk}", f"team:{hidden.team.pk}", f"ticket:{tickets['secret'].pk}",
            f"presence:{tickets['secret'].pk}", f"organization:{hidden.customer.pk}"}  # fmt: skip
    shut |= set() if sees_far else {f"ticket:{tickets['foreign'].pk}", f"presence:{tickets['foreign'].pk}"}
    assert not heard & shut
    for ticket in tickets.values():
        add_message(
            by=Author.of(hidden.asker), ticket=ticket, content=Content.of_text(f"{TOLD} {FAR} more"),
            audience=Message.Audience.REQUESTER, channel=Ticket.Channel.MAIL,
        )  # fmt: skip
    run_background()
    told = set(Notification.objects.filter(person=person).values_list("ticket", flat=True))
    told |= set(Outgoing.objects.filter(person=person).values_list("ticket", flat=True))
    assert tickets["secret"].pk not in told
    assert sees_far or tickets["foreign"].pk not in told
