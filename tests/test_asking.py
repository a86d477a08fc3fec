"""A ticket lacks required fields: the desk asks its requester for exactly these, and their answer fills them in."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from tests.plugin import SETUP, People
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.fields.actions import change_field, create_field
from ventanilla.fields.models import FieldDefinition
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Outgoing
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.asking import ask_for_missing, give_missing
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.merging import merge_tickets
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.snoozing import snooze
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}
SITES = ({"label": {"en": "Madrid", "es": "Madrid"}}, {"label": {"en": "Lima"}})


@pytest.fixture
def fields(people: People) -> dict[str, FieldDefinition]:
    """A site and, in Lima, a floor, for the requester to say; a shelf that only the desk knows."""
    by, theirs = Author.of(people.administrator), {"audience": "requester", "required": True}
    made = {
        "site": {"kind": "choice", "label": {"es": "Sede", "en": "Site"}, "options": SITES, **theirs},
        "floor": {"kind": "number", "visible_when": ["custom.site", "in", ["lima"]], **theirs},
        "shelf": {"kind": "text", "required": True},
    }
    return {
        key: create_field(by=by, entity="ticket", key=key, **({"label": {"en": key.capitalize()}} | more))
        for key, more in made.items()
    }


@pytest.fixture
def mailed(people: People, fields: Any, make_ticket: Any) -> Ticket:
    ticket: Ticket = make_ticket(by=Author.system("test"), channel=Ticket.Channel.MAIL)
    return change(by=SETUP, ticket=ticket, assignee=people.agent)


def standing(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("pending_reason").get(pk=ticket.pk)


def test_one_click_asks_and_the_answer_by_link_fills_in(
    people: People, fields: Any, mailed: Ticket, sign_in: SignIn, run_background: Any
):
    Person.objects.filter(pk=people.requester.pk).update(language="es")
    desk, url = sign_in(people.agent), f"/desk/tickets/{mailed.number}/ask/"
    page = " ".join(desk.get(f"/desk/tickets/{mailed.number}/").content.decode().split())
    assert "Data missing: Site, Shelf" in page and url in page
    assert url not in sign_in(people.reader).get(f"/desk/tickets/{mailed.number}/").content.decode()
    assert sign_in(people.reader).post(url).status_code == 403
    answer = desk.post(url, headers=HTMX)
    assert answer.status_code == 200 and "Site" in answer.content.decode()
    asked = Event.objects.get(kind="ticket.asked")
    now = standing(mailed)
    assert asked.data["fields"] == ["custom.site"] and asked.actor == f"person:{people.agent.pk}"
    assert now.status_category == StatusCategory.PENDING and now.pending_reason.waits_for_requester
    assert Event.objects.get(kind="ticket.changed", cause=asked.pk).data["reason"] == "asked"
    assert desk.post(url, headers=HTMX).status_code == 422  # a second click
    assert (
        "asked the requester for what is missing: Site"
        in desk.get(f"/desk/tickets/{mailed.number}/history/").content.decode()
    )
    outgoing = Outgoing.objects.get(kind=Outgoing.Kind.QUESTION)
    letter = letter_for(outgoing)
    assert letter.to[0].address == people.requester.email and "Sede" in letter.text and "Shelf" not in letter.text
    assert "Para seguir con" in letter.text and "Sede" in letter.html
    path = re.search(r"/t/\S+/data/", letter.text)
    assert path is not None
    assert "/data/" not in letter_for(outgoing, doors=False).text
    # The form, for whoever has the link: it is not signed in, and looking changes nothing.
    link, before = Client(), Event.objects.count()
    page = link.get(path[0]).content.decode()
    assert 'name="custom.site"' in page and "custom.floor" not in page and "custom.shelf" not in page
    part = link.get(f"{path[0]}fields/?custom.site=lima").content.decode()
    assert 'name="custom.floor"' in part and 'value="lima" selected' in part
    for wrong in ({}, {"custom.site": "paris"}, {"custom.site": "lima"}, {"custom.site": "lima", "custom.floor": "x"}):
        refused = link.post(path[0], wrong | {"custom.shelf": "mine"})
        assert refused.status_code == 422
    assert 'value="x"' in refused.content.decode() and Event.objects.count() == before
    assert link.get(path[0].replace("/t/", "/t/x")).status_code == 404
    snooze(by=Author.of(people.agent), ticket=mailed, until=timezone.now() + timedelta(days=2))
    run_background()
    sent = link.post(path[0], {"custom.site": "lima", "custom.floor": "3", "custom.shelf": "mine"}, follow=True)
    assert sent.status_code == 200 and "Gracias" in sent.content.decode() and "custom.site" not in sent.content.decode()
    now = standing(mailed)
    assert now.custom == {"site": "lima", "floor": "3"} and now.status_category == StatusCategory.OPEN
    given = Event.objects.filter(topic=mailed.topic, kind="ticket.changed").latest("pk")
    assert given.actor == f"person:{people.requester.pk}" and given.data["reason"] == "given"
    assert {"custom.site", "custom.floor", "status", "pending_reason"} <= given.data["changes"].keys()
    run_background()
    told = Notification.objects.filter(person=people.agent).latest("pk")
    assert told.reason == Notification.Reason.ANSWERED and told.event == given.pk
    assert told.author_id == people.requester.pk
    assert not people.agent.snooze_set.exists()
    # A second answer finds nothing to do.
    count = Event.objects.count()
    again = link.post(path[0], {"custom.site": "madrid"}, follow=True)
    assert "Gracias" in again.content.decode() and standing(mailed).custom == now.custom
    assert Event.objects.count() == count
    assert undo_change(by=Author.of(people.agent), ticket=now, event=given).restored


def test_who_cannot_be_asked_and_what_for(people: People, fields: Any, mailed: Ticket, make_ticket: Any):
    by = Author.of(people.agent)

    def refused(ticket: Ticket, said: str) -> None:
        count = Event.objects.count()
        with override("en"), pytest.raises(ValidationError, match=said):
            ask_for_missing(by=by, ticket=ticket)
        assert Event.objects.count() == count

    full = change(by=SETUP, ticket=make_ticket("Full"), custom={"site": "madrid"})
    refused(full, "Nothing is missing")  # but the shelf, which nobody outside the desk knows
    spam = change(by=SETUP, ticket=make_ticket("Spam"), stage=Ticket.Stage.SPAM)
    refused(spam, "spam")
    resolved = change(by=SETUP, ticket=make_ticket("Done"), status=words().status_for(StatusCategory.RESOLVED))
    refused(resolved, "Nothing is missing")
    Person.objects.filter(pk=people.requester.pk).update(email=None)
    refused(mailed, "no e-mail address")
    with pytest.raises(PermissionDenied):
        ask_for_missing(by=Author.of(people.requester), ticket=mailed)


def test_what_became_of_the_ticket_meanwhile(
    people: People, fields: Any, mailed: Ticket, make_ticket: Any, monkeypatch: Any
):
    by = Author.of(people.agent)
    ask_for_missing(by=by, ticket=mailed)
    path, link = f"{ticket_link(mailed, people.requester)}data/", Client()
    # Somebody filled a part in: the rest is asked, and their value stays.
    change(by=by, ticket=mailed, custom={"site": "lima"})
    page = link.get(path).content.decode()
    assert "custom.site" not in page and 'name="custom.floor"' in page
    assert link.post(path, {"custom.site": "madrid", "custom.floor": "7"}).status_code == 302
    assert standing(mailed).custom == {"site": "lima", "floor": "7"}
    # The field was archived, or the type has it no longer.
    change(by=SETUP, ticket=mailed, custom={"floor": "7"})
    other = change(by=SETUP, ticket=make_ticket("Other"), assignee=people.agent)
    ask_for_missing(by=by, ticket=other)
    path = f"{ticket_link(other, people.requester)}data/"
    site, floor = fields["site"], fields["floor"]
    more = {"options": site.options, "audience": "requester", "required": True}
    change_field(by=SETUP, definition=site, label=site.label, types=["request"], **more)
    page = link.get(path).content.decode()
    assert "Nothing is missing any more" in page
    assert link.post(path, {"custom.site": "lima"}).status_code == 302 and standing(other).custom == {}
    change_field(by=SETUP, definition=site, label=site.label, **more)
    # Resolved: nothing is asked, and it is said where to write.
    change(by=by, ticket=other, status=words().status_for(StatusCategory.RESOLVED))
    page = link.get(path).content.decode()
    assert "resolved meanwhile" in page and "custom.site" not in page
    with pytest.raises(ValidationError):
        give_missing(by=Author.of(people.requester), ticket=other, values={"site": "madrid"})
    change(by=SETUP, ticket=other, status=words().status_for(StatusCategory.OPEN), restricted=True)
    # Restricted: whoever takes part still answers, nobody else does.
    with pytest.raises(PermissionDenied):
        give_missing(by=Author.of(people.stranger), ticket=other, values={"site": "madrid"})
    # Merged: the one it is in is asked about.
    assert "custom.site" in link.get(path).content.decode()
    change(by=SETUP, ticket=other, restricted=False)
    whole = make_ticket("Whole")
    merge_tickets(by=by, into=whole, tickets=[standing(other)])
    assert whole.number in link.get(path).content.decode()
    assert link.post(path, {"custom.site": "madrid"}).status_code == 302
    assert standing(whole).custom == {"site": "madrid"} and standing(other).custom == {}
    # Archived at last, and a link that is too old.
    floor.refresh_from_db()
    change_field(by=SETUP, definition=floor, label=floor.label, archived=True)
    assert "Nothing is missing any more" in link.get(path).content.decode()
    soon = timezone.now().timestamp() + 31 * 86_400
    monkeypatch.setattr(signing.time, "time", lambda: soon)
    assert link.get(path).status_code == 410


def test_the_form_stands_in_the_portal_and_behind_the_api(people: People, fields: Any, mailed: Ticket, sign_in: SignIn):
    def call(person: Person, part: str, data: Any = None) -> Any:
        client = Client(headers={"Authorization": f"Bearer {create_token(by=Author.of(person), person=person)}"})
        address = f"/api/v1/tickets/{mailed.number}{part}"
        return client.get(address) if data is None else client.post(address, data, "application/json")

    portal, page = sign_in(people.requester), f"/portal/tickets/{mailed.number}/"
    assert "custom.site" not in portal.get(page).content.decode()  # nobody has asked
    assert call(people.agent, "").json()["missing"] == ["site", "shelf"]
    assert call(people.requester, "").json()["missing"] == ["site"]
    assert call(people.requester, "/ask", {}).status_code == 403
    asked = call(people.agent, "/ask", {})
    assert asked.status_code == 200 and asked.json()["status_category"] == "pending"
    assert call(people.agent, "/ask", {}).status_code == 422
    shown = portal.get(page).content.decode()
    assert 'name="custom.site"' in shown and f"{page}data/" in shown
    assert portal.post(f"{page}data/", {"custom.site": ""}).status_code == 422
    assert sign_in(people.stranger).post(f"{page}data/", {"custom.site": "lima"}).status_code == 404
    for wrong in ({"site": "lima"}, {"site": "paris"}, {}):
        assert call(people.requester, "/data", {"custom": wrong}).status_code == 422
    assert standing(mailed).custom == {}
    done = portal.post(f"{page}data/", {"custom.site": "madrid"}, follow=True).content.decode()
    assert "Thank you" in done and "Site: Madrid" in done and 'name="custom.site"' not in done
    change(by=SETUP, ticket=mailed, custom={"site": "lima"})
    given = call(people.requester, "/data", {"custom": {"floor": 2, "site": "madrid", "shelf": "x"}})
    assert given.status_code == 200 and given.json()["custom"] == {"site": "lima", "floor": 2}
    assert call(people.requester, "").json()["missing"] == [] and call(people.agent, "").json()["missing"] == ["shelf"]
