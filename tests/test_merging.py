"""Several tickets made one, and several again: nothing is lost, and nobody sees what they did not see before."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugin import SETUP, make_person
from ventanilla.announcements.actions import Wording, post
from ventanilla.announcements.queries import announced, at_the_desk
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Team
from ventanilla.people.viewer import viewer
from ventanilla.tickets import drafts
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.history import history
from ventanilla.tickets.linked import linked_with
from ventanilla.tickets.linking import link_tickets
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Access, Draft, Message, Status, Ticket
from ventanilla.tickets.relations import BY_KEY
from ventanilla.tickets.searching import search_tickets
from ventanilla.tickets.splitting import split_ticket, undo_split

pytestmark = pytest.mark.usefixtures("_in_english")
HTMX = {"HX-Request": "true"}
PUBLIC, STAFF = Message.Audience.REQUESTER, Message.Audience.STAFF


@pytest.fixture
def _in_english(db):
    with override("en"):
        yield


def say(person, ticket, text, audience=PUBLIC):
    return add_message(
        by=Author.of(person), ticket=ticket, content=Content.of_text(text), audience=audience,
        channel=Ticket.Channel.PORTAL,
    )  # fmt: skip


def texts(ticket):
    return list(Message.objects.filter(ticket=ticket).order_by("sent_at", "pk").values_list("text", flat=True))


def picture(ticket):
    """What a ticket is, apart from when it was touched."""
    row = Ticket.objects.get(pk=ticket.pk)
    access = sorted(Access.objects.filter(ticket=row).values_list("person_id", "why"))
    fields = ("stage", "status_id", "is_open", "merged_into_id", "survivor_id", "requester_spoke_at", "last_message_id")
    return texts(row), access, sorted(row.tags.values_list("name", flat=True)), [getattr(row, name) for name in fields]


def test_a_merge_unites_and_its_undo_is_exact(people, make_ticket):
    one, two = make_ticket(text="first"), make_ticket(text="second", requester=people.colleague)
    change(by=Author.of(people.agent), ticket=two, tags=["vpn"], watchers=[people.supervisor])
    say(people.requester, one, "third")
    agent = Author.of(people.agent)
    drafts.save_draft(by=agent, ticket=two, audience=PUBLIC, html="<p>half a reply</p>")
    before = picture(one), picture(two)
    merge_tickets(by=agent, into=one, tickets=[two])
    assert texts(one) == ["first", "second", "third"] and texts(two) == []
    assert Draft.objects.get().ticket_id == one.pk
    assert list(Ticket.objects.visible_to(people.agent)) == [one]
    assert list(Ticket.objects.visible_to(people.colleague)) == [one]
    assert set(Access.objects.filter(ticket=one, why="watcher").values_list("person_id", flat=True)) == {
        people.supervisor.pk
    }
    assert list(one.tags.values_list("name", flat=True)) == ["vpn"]
    for words in ("second", two.number):
        assert search_tickets(people.agent, words) == [one]
    said = say(people.colleague, two, "said in the merged one")
    assert said.ticket_id == one.pk and texts(one)[-1] == "said in the merged one"
    unmerge_ticket(by=agent, ticket=Ticket.objects.get(pk=two.pk))
    assert picture(two) == before[1]
    said.delete()  # what was written since stays where it was written
    assert picture(one)[:3] == before[0][:3]
    assert search_tickets(people.agent, "second") == [two]
    undone = Event.objects.get(kind="ticket.unmerged", topic=two.topic)
    assert undone.cause == Event.objects.get(kind="ticket.merged", topic=two.topic).pk


def test_never_in_a_circle_never_twice_and_a_chain_leads_to_its_end(people, make_ticket):
    one, two, three = (make_ticket(text=str(n)) for n in range(3))
    agent = Author.of(people.agent)
    merge_tickets(by=agent, into=two, tickets=[one])
    for into, gone in ((one, two), (three, one), (two, two)):
        with pytest.raises(ValidationError):
            merge_tickets(by=agent, into=into, tickets=[gone])
    merge_tickets(by=agent, into=three, tickets=[two])
    assert texts(three) == ["0", "1", "2"]
    assert set(Ticket.objects.filter(survivor=three).values_list("pk", flat=True)) == {one.pk, two.pk}
    with pytest.raises(ValidationError):
        change(by=agent, ticket=one, subject="Another")


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reply_is_lost_whatever_is_merged_and_undone(people, make_ticket, steps):
    """Each message stands in the ticket left at the end of its own; with everything undone all is as it was."""
    agent = Author.of(people.agent)
    outer = transaction.atomic()
    with outer:
        asking = (people.requester, people.colleague, people.requester, people.manager)
        rows = [make_ticket(text=f"{n}", requester=person) for n, person in enumerate(asking)]
        change(by=agent, ticket=rows[1], tags=["a", "b"], participants=[people.stranger])
        change(by=agent, ticket=rows[2], tags=["b"], participants=[people.stranger])
        before = [picture(row) for row in rows]
        for into, gone, undo in steps:
            try:
                if undo:
                    unmerge_ticket(by=agent, ticket=rows[gone])
                else:
                    merge_tickets(by=agent, into=rows[into], tickets=[rows[gone]])
            except ValidationError:
                continue
            for message in Message.objects.select_related("origin_ticket"):
                assert message.ticket_id == (message.origin_ticket.survivor_id or message.origin_ticket_id)
            assert Message.objects.count() == 4
            assert not Ticket.objects.filter(survivor__stage="merged").exists()
        for row in rows:
            if Ticket.objects.filter(pk=row.pk, stage="merged").exists():
                unmerge_ticket(by=agent, ticket=row)
        assert [picture(row) for row in rows] == before
        transaction.set_rollback(True)


def visible(people):
    """Who may read which message."""
    found = set()
    for name, person in people.everybody().items():
        for ticket in Ticket.objects.visible_to(person):
            messages = Message.objects.filter(ticket=ticket)
            if not person.role.key.startswith(("agent", "super", "admin", "read")):
                messages = messages.filter(audience=PUBLIC)
            found |= {(name, pk) for pk in messages.values_list("pk", flat=True)}
    return found


def test_a_restricted_ticket_is_merged_only_where_nobody_sees_more(people, make_ticket):
    open_, mine = make_ticket(text="open"), make_ticket(text="restricted", restricted=True, by=SETUP)
    same = make_ticket(text="as restricted", restricted=True, by=SETUP)
    others = make_ticket(text="of another", restricted=True, by=SETUP, requester=people.colleague)
    far = create_team(
        by=SETUP, key="far", label={"en": "Far"}, department=create_department(by=SETUP, key="far", label={"en": "F"})
    )
    elsewhere = make_ticket(text="elsewhere", restricted=True, by=SETUP, team=far)
    people.far = make_person("Felix Far", "agent", teams=[far])
    before = visible(people)
    for into, gone in ((open_, mine), (mine, open_), (mine, others), (mine, elsewhere)):
        with pytest.raises(ValidationError, match="restricted"):
            merge_tickets(by=SETUP, into=into, tickets=[gone])
        assert visible(people) == before and not Event.objects.filter(kind="ticket.merged").exists()
    merge_tickets(by=SETUP, into=mine, tickets=[same])
    assert visible(people) == before


def test_an_announcement_goes_with_its_ticket_and_comes_back(people, make_ticket):
    one, two, agent = make_ticket(), make_ticket(), Author.of(people.agent)
    row = post(by=agent, wording=Wording("No network"), ticket=two)
    merge_tickets(by=agent, into=one, tickets=[two])
    assert list(announced(one)) == [row] and list(at_the_desk(people.agent)) == [row]
    unmerge_ticket(by=agent, ticket=two)
    assert list(announced(two)) == [row] and list(announced(one)) == []


def test_what_is_not_merged(people, make_ticket):
    agent, team = Author.of(people.agent), Team.objects.first()
    here = make_ticket()
    other = make_person("Otto Other", "requester", organization=Organization.objects.create(name="Another"))
    done = make_ticket()
    change(by=agent, ticket=done, status=Status.objects.get(key="resolved"))
    spam = make_ticket()
    change(by=agent, ticket=spam, stage=Ticket.Stage.SPAM)
    for into, gone, words in (
        (here, make_ticket(requester=other), "different customers"),
        (done, here, "done already"),
        (here, spam, "spam"),
        (here, here, "second ticket"),
    ):
        with pytest.raises(ValidationError, match=words):
            merge_tickets(by=SETUP, into=into, tickets=[gone])
    hidden = make_ticket(restricted=True, by=SETUP, team=None)
    outsider = make_person("Olga Out", "agent", teams=[])
    for by in (people.reader, people.requester, outsider):
        with pytest.raises(PermissionDenied):
            merge_tickets(by=Author.of(by), into=here, tickets=[hidden])
    assert team is not None and not Ticket.objects.filter(stage="merged").exists()
    merge_tickets(by=agent, into=here, tickets=[done])
    with pytest.raises(PermissionDenied):
        unmerge_ticket(by=Author.of(people.reader), ticket=done)
    unmerge_ticket(by=agent, ticket=done)
    with pytest.raises(ValidationError):
        unmerge_ticket(by=agent, ticket=done)


def test_what_is_split_off_goes_back_to_where_it_was_said(people, make_ticket):
    agent = Author.of(people.agent)
    one, two = make_ticket(text="one"), make_ticket(text="two", requester=people.colleague)
    other = say(people.colleague, two, "another matter")
    say(people.agent, two, "a note", STAFF)
    merge_tickets(by=agent, into=one, tickets=[two])
    before = texts(one)
    opening = Message.objects.get(text="two")
    for chosen in ([opening], [], [say(people.stranger, make_ticket(requester=people.stranger), "elsewhere")]):
        with pytest.raises(ValidationError):
            split_ticket(by=agent, ticket=one, messages=chosen)
    with pytest.raises(PermissionDenied):
        split_ticket(by=Author.of(people.reader), ticket=one, messages=[other])
    made = split_ticket(by=agent, ticket=one, messages=[other], subject="Another matter")
    assert texts(made) == ["another matter"] and made.requester == people.colleague
    assert search_tickets(people.colleague, "another matter") == [made]
    assert [row.relation.key for row in linked_with(people.agent, made)] == ["split_from"]
    say(people.colleague, made, "and more of it")
    back = undo_split(by=agent, ticket=made)
    assert back.pk == one.pk and texts(one) == [*before, "and more of it"]
    assert not linked_with(people.agent, one)
    unmerge_ticket(by=agent, ticket=two)
    assert texts(two) == ["two", "another matter", "a note"] and texts(one) == ["one", "and more of it"]
    with pytest.raises(ValidationError):
        undo_split(by=agent, ticket=one)


def test_links_in_words_both_ways_never_to_what_one_may_not_see(people, make_ticket):
    agent, (one, two, three) = Author.of(people.agent), (make_ticket() for _ in range(3))
    secret = make_ticket(restricted=True, by=SETUP, team=None, department=_far())
    for other, key in ((two, "principal"), (three, "blocks"), (secret, "related")):
        link_tickets(by=SETUP, ticket=one, other=other, relation=BY_KEY[key])
    seen = [(row.relation.key, row.ticket.pk) for row in linked_with(people.agent, one)]
    assert seen == [("blocks", three.pk), ("principal", two.pk)]
    assert [row.relation.key for row in linked_with(people.agent, two)] == ["dependent"]
    assert [row.relation.key for row in linked_with(people.agent, three)] == ["blocked_by"]
    told = [sentence for entry in history(one, viewer(people.agent)) for sentence in entry.sentences]
    assert secret.number not in " ".join(told) and sum("linked" in sentence for sentence in told) == 2
    for ticket, other, key in ((three, one, "blocks"), (two, one, "principal"), (one, one, "related")):
        with pytest.raises(ValidationError):
            link_tickets(by=agent, ticket=ticket, other=other, relation=BY_KEY[key])
    with pytest.raises(PermissionDenied):
        link_tickets(by=agent, ticket=one, other=secret, relation=BY_KEY["related"])
    merge_tickets(by=agent, into=three, tickets=[two])  # the principal is now in `three`
    assert [(row.relation.key, row.ticket.pk) for row in linked_with(people.agent, one)] == [
        ("blocks", three.pk), ("principal", three.pk),
    ]  # fmt: skip
    with pytest.raises(ValidationError):
        link_tickets(by=agent, ticket=three, other=one, relation=BY_KEY["principal"])


def _far():
    return create_department(by=SETUP, key="far", label={"en": "Far"})


def test_a_principal_is_resolved_with_what_depends_on_it(people, make_ticket, sign_in, run_background):
    agent = Author.of(people.agent)
    principal, one, two = (make_ticket(subject=f"Matter {n}") for n in range(3))
    secret = make_ticket(restricted=True, by=SETUP, department=_far())
    for ticket in (one, two, secret):
        link_tickets(by=SETUP, ticket=principal, other=ticket, relation=BY_KEY["dependent"])
    change(by=agent, ticket=two, status=Status.objects.get(key="closed"))
    client = sign_in(people.agent)
    page = client.get(f"/desk/tickets/{principal.number}/").content.decode()
    assert "Send and resolve, with the 1 ticket that depends on it" in page
    form = {"kind": "reply", "body": "It works again.", "then": "all", "seen": "999999", "to": "leire@people.example"}
    assert client.post(f"/desk/tickets/{principal.number}/write/", form).status_code == 302
    Draft.objects.update(send_at=timezone.now())
    run_background()
    for ticket in (principal, one):
        assert texts(ticket)[-1] == "It works again."
        assert Ticket.objects.get(pk=ticket.pk).status.key == "resolved"
    assert texts(secret) == ["Please help."] and texts(two) == ["Please help."]
    for ticket in (principal, one):
        change(by=agent, ticket=ticket, status=Status.objects.get(key="open"))
    address = f"/desk/tickets/{principal.number}/resolve/"
    asked = client.post(address, headers=HTMX)
    assert asked.headers["HX-Retarget"] == "#v-dialogs" and one.number in asked.content.decode()
    assert secret.number not in asked.content.decode() and two.number not in asked.content.decode()
    assert Ticket.objects.get(pk=principal.pk).is_open
    done = client.post(address, {"dependents": "all", "text": "Again."}, headers=HTMX).content.decode()
    assert f"Resolved: {principal.number}, {one.number}." in done
    assert [texts(ticket)[-1] for ticket in (principal, one)] == ["Again.", "Again."]
    assert not Ticket.objects.filter(pk__in=[principal.pk, one.pk], is_open=1).exists()


def test_the_merged_number_leads_on(people, make_ticket, sign_in):
    one, two = make_ticket(subject="Left"), make_ticket(subject="Gone", requester=people.colleague)
    old = ticket_link(two, people.colleague)
    client = sign_in(people.agent)
    listed = client.get("/desk/merge/", {"number": [two.number, one.number]}).content.decode()
    assert f'value="{one.number}" checked' in listed
    done = client.post("/desk/merge/", {"number": [one.number, two.number], "into": one.number}, headers=HTMX)
    assert "Merged into" in done.content.decode() and done.headers["HX-Trigger"] == "list:again"
    for part in ("", "talk/", "panel/", "history/"):
        answer = client.get(f"/desk/tickets/{two.number}/{part}?version=1")
        assert answer.status_code == 302 and answer["Location"] == f"/desk/tickets/{one.number}/{part}"
    assert client.post(f"/desk/tickets/{two.number}/resolve/", headers=HTMX).status_code == 409
    assert client.post("/desk/many/", {"number": two.number, "status": "closed"}, headers=HTMX).status_code == 200
    assert Ticket.objects.get(pk=one.pk).is_open
    typed = {"kind": "note", "body": "typed before", "seen": "9999999"}
    assert client.post(f"/desk/tickets/{two.number}/write/", typed).status_code == 302
    assert Draft.objects.get().ticket_id == one.pk
    colleague = sign_in(people.colleague)
    assert colleague.get(f"/portal/tickets/{two.number}/")["Location"] == f"/portal/tickets/{one.number}/"
    assert "Please help." in colleague.get(old).content.decode()
    assert sign_in(people.stranger).get(f"/portal/tickets/{two.number}/").status_code == 404
    token = create_token(by=Author.of(people.agent), person=people.agent)
    caller = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    moved = caller.get(f"/api/v1/tickets/{two.number}/messages?limit=5")
    assert moved.status_code == 308
    assert moved["Location"] == f"/api/v1/tickets/{one.number}/messages?limit=5"
    undo = re.search(r'hx-post="(/desk/tickets/[^"]+/unmerge/[^"]+)"', done.content.decode())
    assert undo is not None
    assert "own again" in client.post(undo[1], headers=HTMX).content.decode()
    assert client.get(f"/desk/tickets/{two.number}/").status_code == 200


def test_the_same_through_the_api(people, make_ticket):
    one, two = make_ticket(), make_ticket()
    said = say(people.requester, one, "another matter")
    token = create_token(by=Author.of(people.agent), person=people.agent)
    caller = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})

    def post(path, **body):
        return caller.post(f"/api/v1/tickets/{path}", body, content_type="application/json")

    made = post(f"{one.number}/links", ticket=two.number, relation="caused_by")
    assert made.status_code == 201 and made.json()["ticket"]["number"] == two.number
    links = f"/api/v1/tickets/{two.number}/links"
    assert [row["relation"] for row in caller.get(links).json()["items"]] == ["causes"]
    assert caller.delete(f"{links}/{made.json()['id']}").status_code == 204
    assert caller.get(links).json() == {"items": []}
    off = post(f"{one.number}/split", messages=[said.pk], subject="Another")
    assert off.status_code == 201 and off.json()["subject"] == "Another"
    assert post(f"{off.json()['number']}/split/undo").json()["number"] == one.number
    assert post(f"{one.number}/merge", tickets=[two.number]).json()["number"] == one.number
    assert post(f"{one.number}/merge", tickets=[two.number]).status_code == 422
    assert post(f"{one.number}/unmerge", ticket=two.number).json()["number"] == two.number
    assert post(f"{one.number}/unmerge", ticket=two.number).status_code == 404


def refused(act, error=ValidationError):
    """The act raises this error, and no ticket, message nor draft has changed."""

    def everything():
        return [sorted(map(repr, model.objects.values_list())) for model in (Ticket, Message, Draft, Access)]

    before = everything()
    with pytest.raises(error), transaction.atomic():
        act()
    assert everything() == before


def test_a_split_is_not_undone_into_itself(people, make_ticket):
    by, old = Author.of(people.agent), make_ticket(text="first")
    made = split_ticket(by=by, ticket=old, messages=[say(people.requester, old, "second")])
    merge_tickets(by=by, into=made, tickets=[old])
    refused(lambda: undo_split(by=by, ticket=made))
    unmerge_ticket(by=by, ticket=old)
    assert texts(undo_split(by=by, ticket=made)) == ["first", "second"]


def test_customers_stay_apart_in_two_steps_too(people, make_ticket):
    by, none = Author.of(people.supervisor), make_ticket(requester=people.stranger)
    acme, other = (Organization.objects.create(name=name) for name in ("Acme", "Other"))
    first, second = (make_ticket(requester=people.colleague) for _ in range(2))
    for ticket, organization in ((none, None), (first, acme), (second, other)):
        change(by=by, ticket=ticket, organization=organization)
    merge_tickets(by=by, into=none, tickets=[first])
    refused(lambda: merge_tickets(by=by, into=none, tickets=[second]))


def test_what_is_split_off_stays_its_customers_and_returns_to_what_is_done(people, make_ticket):
    by, old = Author.of(people.agent), make_ticket()
    acme, other = (Organization.objects.create(name=name) for name in ("Acme", "Other"))
    change(by=by, ticket=old, organization=acme, participants=[people.colleague])
    people.colleague.organization = other
    people.colleague.save()
    made = split_ticket(by=by, ticket=old, messages=[say(people.colleague, old, "and mine")])
    assert (made.requester, made.organization_id) == (people.colleague, acme.pk)
    change(by=by, ticket=old, status=Status.objects.get(key="resolved"))
    assert texts(undo_split(by=by, ticket=made))[-1] == "and mine"


def test_what_agents_were_writing_is_neither_joined_nor_left_behind(people, make_ticket):
    by, into, one, two = Author.of(people.agent), *(make_ticket() for _ in range(3))
    drafts.save_draft(by=by, ticket=one, audience=PUBLIC, html="<p>for one</p>", to=["one@x.example"])
    drafts.save_draft(by=by, ticket=two, audience=PUBLIC, html="<p>for two</p>")
    merge_tickets(by=by, into=into, tickets=[one, two])
    assert {draft.html: draft.ticket_id for draft in Draft.objects.all()} == {
        "<p>for one</p>": into.pk, "<p>for two</p>": two.pk,
    }  # fmt: skip
    unmerge_ticket(by=by, ticket=one)
    draft = Draft.objects.get(ticket=one)
    assert (draft.html, draft.to) == ("<p>for one</p>", ["one@x.example"])


def test_one_does_not_unmerge_what_one_would_not_see(people, make_ticket):
    hidden, team = _far_private()
    into, gone = make_ticket(), make_ticket()
    change(by=SETUP, ticket=gone, department=hidden, team=team)
    merge_tickets(by=SETUP, into=into, tickets=[gone])
    refused(lambda: unmerge_ticket(by=Author.of(people.agent), ticket=gone), PermissionDenied)


def _far_private():
    department = create_department(by=SETUP, key="hr", label={"en": "HR"}, private=True)
    return department, create_team(by=SETUP, key="hr", label={"en": "HR"}, department=department)
