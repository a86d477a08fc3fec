"""Two records of one person become one, and exactly two again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from tests.api_client import Api
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.mail.receive import receive
from ventanilla.people.actions import identify
from ventanilla.people.author import Author
from ventanilla.people.merging import merge_persons, unmerge_persons
from ventanilla.people.models import Identity, MergeMove, Person, PersonMerge
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Access, Message, Ticket

SignIn = Callable[[Person], Client]


def picture() -> list[Any]:
    """What belongs to whom, as far as merging may touch it."""
    return [
        sorted(Ticket.objects.values_list("pk", "requester", "affected")),
        sorted(Access.objects.values_list("pk", "person", "ticket", "why")),
        sorted(Message.objects.values_list("pk", "author")),
        sorted(Identity.objects.values_list("pk", "person", "value")),
        sorted(Person.objects.values_list("pk", "email", "is_active", "merged_into"), key=lambda row: row[0]),
    ]


@pytest.fixture
def twin(people: People, make_ticket: Any) -> Person:
    """Leire once more, by another address, with a ticket of her own and a place in one where Leire is already."""
    row = identify(by=SETUP, address="leire@home.example", name="Leire")
    make_ticket(subject="From home", requester=row, by=SETUP)
    common = make_ticket(subject="From work", participants=[row])
    change(by=SETUP, ticket=common, participants=[row, people.colleague])
    return row


def test_all_that_is_theirs_moves_and_comes_back_exactly(
    sign_in: SignIn, people: People, twin: Person, make_ticket: Any
):
    before, client, requester = picture(), sign_in(people.administrator), sign_in(people.requester)
    own = Ticket.objects.get(subject="From home")
    version = own.version
    assert requester.get(f"/portal/tickets/{own.number}/").status_code == 404
    shown = client.post(f"/people/{twin.pk}/merge/", {"into": people.requester.email}).content.decode()
    assert "1 · tickets asked for" in shown and "different organizations" in shown
    assert picture() == before
    assert client.post(f"/people/{twin.pk}/merge/", {"into": people.requester.email, "carry": "1"}).status_code == 302
    own.refresh_from_db()
    assert (own.requester, own.version) == (people.requester, version + 1)
    assert requester.get(f"/portal/tickets/{own.number}/").status_code == 200
    outcome = receive(b"From: leire@home.example\r\nSubject: again\r\n\r\nhello")
    assert Ticket.objects.get(number=outcome.ticket).requester == people.requester
    assert client.get(f"/people/{twin.pk}/").status_code == 404
    page = client.get(f"/people/{people.requester.pk}/").content.decode()
    merge = PersonMerge.objects.get()
    assert f"/people/merges/{merge.pk}/undo/" in page
    assert client.post(f"/people/merges/{merge.pk}/undo/").status_code == 302
    later = Ticket.objects.get(number=outcome.ticket)
    assert later.requester == people.requester, "what came since stays"
    for now, then in zip(picture(), before, strict=True):
        assert [row for row in now if row in then] == then
    assert not MergeMove.objects.exists()
    assert [event.kind for event in Event.objects.filter(topic=f"person:{twin.pk}").order_by("id")][-2:] == [
        "person.merged", "person.unmerged",
    ]  # fmt: skip


def test_what_was_changed_since_is_left(people: People, twin: Person):
    own = Ticket.objects.get(subject="From home")
    merge = merge_persons(by=SETUP, person=twin, into=people.requester)
    change(by=SETUP, ticket=own, requester=people.colleague)
    unmerge_persons(by=SETUP, merge=merge)
    own.refresh_from_db()
    assert own.requester == people.colleague
    with pytest.raises(ValidationError):
        unmerge_persons(by=SETUP, merge=merge)


def test_merges_are_undone_from_the_last(people: People, twin: Person):
    before = picture()
    first = merge_persons(by=SETUP, person=twin, into=people.stranger)
    second = merge_persons(by=SETUP, person=people.stranger, into=people.requester)
    with pytest.raises(ValidationError, match=r"merged|fusion"):
        unmerge_persons(by=SETUP, merge=first)
    unmerge_persons(by=SETUP, merge=second)
    unmerge_persons(by=SETUP, merge=first)
    assert picture() == before


def test_who_and_what_is_refused_and_nothing_changes(sign_in: SignIn, people: People, twin: Person):
    before, events = picture(), Event.objects.count()
    for who in (people.supervisor, people.agent, people.requester):
        client = sign_in(who)
        assert client.get(f"/people/{twin.pk}/merge/").status_code == 403
        carry = {"into": people.requester.email, "carry": "1"}
        assert client.post(f"/people/{twin.pk}/merge/", carry).status_code == 403
        with pytest.raises(PermissionDenied):
            merge_persons(by=Author.of(who), person=twin, into=people.requester)
    client = sign_in(people.administrator)
    for row, address in ((twin, "nobody@x.example"), (twin, twin.email), (people.agent, people.requester.email)):
        answer = client.post(f"/people/{row.pk}/merge/", {"into": address, "carry": "1"})
        assert answer.status_code == 422, (row, address)
    assert client.post("/people/merges/999/undo/").status_code == 404
    assert (picture(), Event.objects.count()) == (before, events)


def api(person: Person, *scopes: str) -> Client:
    return Api(person, *scopes).client


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/persons/{path}", body, content_type="application/json")


def test_programs_merge_and_undo_as_the_pages_do(people: People, twin: Person):
    before, client = picture(), api(people.administrator)
    made = post(client, f"{twin.pk}/merge", into=people.requester.pk)
    assert made.status_code == 201
    row = made.json()
    assert (row["person"], row["into"], row["undone_at"]) == (twin.pk, people.requester.pk, None) and row["moved"] >= 3
    assert Ticket.objects.get(subject="From home").requester == people.requester
    listed = client.get(f"/api/v1/persons/{people.requester.pk}/merges").json()["items"]
    assert listed == [row]
    assert post(client, f"{twin.pk}/merge", into=people.requester.pk).status_code == 404, "merged already"
    undone = post(client, f"merges/{row['id']}/undo")
    assert undone.status_code == 200 and undone.json()["undone_at"] and picture() == before
    again = post(client, f"merges/{row['id']}/undo")
    assert again.status_code == 422 and again["Content-Type"] == "application/problem+json"
    assert client.get(f"/api/v1/persons/{people.requester.pk}/merges").json()["items"] == []


def test_programs_are_refused_what_the_pages_refuse(people: People, twin: Person):
    merge = merge_persons(by=SETUP, person=twin, into=people.colleague)
    before, client = picture(), api(people.administrator)
    for who in (people.supervisor, people.agent, people.requester):
        for path in (f"{people.requester.pk}/merge", f"merges/{merge.pk}/undo", "999999/merge"):
            assert post(api(who), path, into=people.colleague.pk).status_code == 403
        assert api(who).get(f"/api/v1/persons/{people.colleague.pk}/merges").status_code == 403
    limited = api(people.administrator, "tickets:write")
    assert post(limited, f"{people.requester.pk}/merge", into=people.colleague.pk).status_code == 403
    wrong: tuple[dict[str, Any], ...] = (
        {}, {"into": 0}, {"into": 10**20}, {"into": "x"}, {"into": people.colleague.pk, "moved": 3},
        {"into": 999999}, {"into": twin.pk}, {"into": people.requester.pk},
    )  # fmt: skip
    for body in wrong:
        refused = post(client, f"{people.requester.pk}/merge", **body)
        assert refused.status_code == 422 and refused["Content-Type"] == "application/problem+json", body
    assert post(client, f"{people.agent.pk}/merge", into=people.colleague.pk).status_code == 422, "works at the desk"
    for path in (f"{10**20}/merge", "999999/merge", f"merges/{10**20}/undo", "merges/999999/undo"):
        assert post(client, path, into=people.colleague.pk).status_code == 404
    assert picture() == before
