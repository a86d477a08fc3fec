"""A ticket's page from the front door: writing, sending, taking back, changing, files, frames."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.files.actions import store
from ventanilla.installation.queries import forget_cached
from ventanilla.people.actions import create_organization, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Identity, Person, Role
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.drafts import send_due
from ventanilla.tickets.models import Access, Draft, Message, Presence, StatusCategory, Ticket
from ventanilla.tickets.presence import note_presence
from ventanilla.tickets.queries import present
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}
XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003060101e7d2a3d50000000049454e44ae426082"
)


@pytest.fixture
def client(people: People, sign_in: SignIn) -> Client:
    return sign_in(people.agent)


def newest(ticket: Ticket) -> int:
    message = ticket.messages.order_by("-pk").first()
    return message.pk if message else 0


def write(client: Client, ticket: Ticket, *, kind: str = "reply", **data: object) -> object:
    sent = {"kind": kind, "body": "<p>On our way.</p>", "format": "html", "seen": newest(ticket), **data}
    return client.post(f"/desk/tickets/{ticket.number}/write/", sent, headers=HTMX)


def leave() -> None:
    """The ten seconds are over."""
    send_due(timezone.now() + timedelta(seconds=11))


def test_a_reply_waits_can_be_taken_back_and_then_leaves(client: Client, ticket: Ticket, people: People) -> None:
    answer = write(client, ticket, to=[people.requester.email])
    assert answer.status_code == 200
    page = answer.content.decode()
    draft = Draft.objects.get()
    assert f"/desk/drafts/{draft.pk}/undo/" in page
    assert "On our way." in page
    assert ticket.messages.count() == 1
    undone = client.post(f"/desk/drafts/{draft.pk}/undo/", headers=HTMX)
    assert undone.headers["HX-Redirect"] == f"/desk/tickets/{ticket.number}/"
    leave()
    assert ticket.messages.count() == 1
    assert "On our way." in client.get(f"/desk/tickets/{ticket.number}/").context["composer"]["reply"]["text"]
    write(client, ticket, to=[people.requester.email])
    leave()
    message = ticket.messages.order_by("-pk")[0]
    assert (message.text, message.audience, message.to) == ("On our way.", "requester", [people.requester.email])
    ticket.refresh_from_db()
    assert ticket.assignee == people.agent
    assert ticket.status_category == StatusCategory.OPEN
    assert "cannot be taken back" in client.post(f"/desk/drafts/{draft.pk}/undo/", headers=HTMX).content.decode()


def test_nobody_takes_back_the_message_of_another(
    client: Client, ticket: Ticket, people: People, sign_in: SignIn
) -> None:
    write(client, ticket)
    draft = Draft.objects.get()
    other = sign_in(people.supervisor).post(f"/desk/drafts/{draft.pk}/undo/", headers=HTMX)
    assert "cannot be taken back" in other.content.decode()
    draft.refresh_from_db()
    assert draft.send_at is not None
    assert "On our way." not in sign_in(people.supervisor).get(f"/desk/tickets/{ticket.number}/").content.decode()


@pytest.mark.parametrize(("then", "category"), [("resolve", StatusCategory.RESOLVED), ("wait", StatusCategory.PENDING)])
def test_send_and(client: Client, ticket: Ticket, then: str, category: StatusCategory) -> None:
    write(client, ticket, then=then)
    leave()
    ticket.refresh_from_db()
    assert ticket.status_category == category


def test_send_and_go_to_the_next(client: Client, make_ticket: Callable[..., Ticket]) -> None:
    now = timezone.now()
    first, second = (make_ticket(f"matter {n}", due_at=now + timedelta(hours=n)) for n in (1, 2))
    url = f"/desk/tickets/{first.number}/write/?view=open"
    data = {"kind": "reply", "body": "Done", "then": "next", "seen": newest(first)}
    there = client.post(url, data, headers=HTMX).headers["HX-Redirect"]
    assert there.startswith(f"/desk/tickets/{second.number}/?view=open&at=")
    assert "Sent to" in client.get(f"/desk/tickets/{second.number}/").content.decode()


def test_a_note_is_for_the_desk_alone(client: Client, ticket: Ticket, people: People) -> None:
    write(client, ticket, kind="note", body="Between us")
    leave()
    note = ticket.messages.order_by("-pk")[0]
    assert note.audience == Message.Audience.STAFF
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "v-msg--note" in page


def test_drafts_are_kept_and_restored(client: Client, ticket: Ticket, people: People, sign_in: SignIn) -> None:
    data = {"kind": "reply", "body": "<p>half a sen</p>", "format": "html", "cc": ["boss@customer.example"]}
    assert client.post(f"/desk/tickets/{ticket.number}/draft/", data).status_code == 204
    part = client.get(f"/desk/tickets/{ticket.number}/").context["composer"]["reply"]
    assert part["text"] == "<p>half a sen</p>"
    assert [one["value"] for one in part["cc"]] == ["boss@customer.example"]
    assert "half a sen" not in sign_in(people.supervisor).get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert Event.objects.filter(topic=ticket.topic).count() == 1


def test_an_empty_message_and_a_wrong_address_come_back_with_what_was_typed(client: Client, ticket: Ticket) -> None:
    empty = write(client, ticket, body="<p></p>")
    assert empty.status_code == 422
    assert "Write a message or attach a file." in empty.content.decode()
    wrong = write(client, ticket, body="<p>Keep me</p>", cc=["not an address"])
    assert wrong.status_code == 422
    assert "not an address" in wrong.content.decode()
    assert "Keep me" in wrong.content.decode()
    plain = client.post(f"/desk/tickets/{ticket.number}/write/", {"kind": "reply", "body": "", "seen": newest(ticket)})
    assert plain.status_code == 422
    assert "<html" in plain.content.decode()
    leave()
    assert ticket.messages.count() == 1


def test_the_guard_shows_what_one_has_not_seen(client: Client, ticket: Ticket, people: People) -> None:
    seen = newest(ticket)
    add_message(
        by=Author.of(people.requester),
        ticket=ticket,
        content=Content.of_text("It works again!"),
        audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.PORTAL,
    )
    held = write(client, ticket, seen=seen)
    assert held.status_code == 409
    assert "It works again!" in held.content.decode()
    assert Draft.objects.get().send_at is None
    assert "On our way." in Draft.objects.get().html
    assert write(client, ticket, seen=seen, force="1").status_code == 200
    assert Draft.objects.get().send_at is not None


def test_a_second_message_lets_the_first_leave(client: Client, ticket: Ticket) -> None:
    write(client, ticket, body="one")
    write(client, ticket, body="two")
    leave()
    assert [message.text for message in ticket.messages.order_by("pk")][1:] == ["one", "two"]


def give(person: Person, *rights: str) -> None:
    """From now on the person's role has these rights."""
    Role.objects.filter(pk=person.role_id).update(rights=list(rights))
    forget_cached()


@pytest.fixture
def returned(client: Client, ticket: Ticket, people: People) -> Ticket:
    """A ticket whose reply could not be sent: between sending and leaving its author lost the right to resolve."""
    write(client, ticket, body="<p>It is solved.</p>", then="resolve")
    give(people.agent, *(right for right in people.agent.role.rights if right != "ticket.change"))
    leave()
    return ticket


def test_a_message_that_cannot_be_sent_comes_back(client: Client, returned: Ticket, people: People) -> None:
    assert returned.messages.count() == 1
    event = Event.objects.get(kind="draft.returned")
    assert (event.topic, event.data) == (
        f"person:{people.agent.pk}", {"ticket": returned.pk, "audience": "requester"},
    )  # fmt: skip
    # What the ring makes the page read again says it, and every page until its author has been back.
    side = client.get("/desk/side/", headers=HTMX).content.decode()
    assert f"Your message in {returned.number} was not sent. You may no longer do that." in side
    assert f'href="/desk/tickets/{returned.number}/"' in side
    assert "was not sent" in client.get("/desk/").content.decode()
    part = client.get(f"/desk/tickets/{returned.number}/").context["composer"]["reply"]
    assert (part["text"], part["errors"]) == ("<p>It is solved.</p>", ["You may no longer do that."])
    assert [choice["value"] for choice in part["then"]] == ["next"]
    data = {"kind": "reply", "body": "<p>It is solved, I hope.</p>", "format": "html", "returned": "1"}
    assert client.post(f"/desk/tickets/{returned.number}/draft/", data).status_code == 204
    assert "was not sent" not in client.get("/desk/").content.decode()
    write(client, returned, body="<p>It is solved, I hope.</p>")
    leave()
    assert returned.messages.order_by("-pk")[0].text == "It is solved, I hope."


def test_what_came_back_is_not_written_over_unseen(client: Client, returned: Ticket) -> None:
    data = {"kind": "reply", "body": "<p>One thing more.</p>", "format": "html"}
    assert client.post(f"/desk/tickets/{returned.number}/draft/", data).status_code == 409
    assert Draft.objects.get().html == "<p>It is solved.</p>"
    answer = write(client, returned, body="<p>One thing more.</p>")
    assert answer.status_code == 422
    assert "could not be sent" in answer.content.decode()
    assert Draft.objects.get().html == "<p>It is solved.</p><p>One thing more.</p>"
    leave()
    assert returned.messages.count() == 1


def test_a_refused_send_is_told_in_the_authors_language(
    client: Client, ticket: Ticket, people: People, returned: Ticket
) -> None:
    Person.objects.filter(pk=people.agent.pk).update(language="es")
    write(client, returned, body="<p>Otra vez.</p>", returned="1")
    give(people.agent, "desk")
    leave()
    assert Draft.objects.get().problem == "Ya no puede hacer eso."


def test_only_who_may_change_sends_and_resolves(client: Client, ticket: Ticket, people: People) -> None:
    give(people.agent, "desk", "ticket.reply")
    assert write(client, ticket, then="resolve").status_code == 403
    assert not Draft.objects.exists()


def test_who_gets_a_copy_takes_part(client: Client, ticket: Ticket) -> None:
    write(client, ticket, cc=["new.boss@customer.example"])
    leave()
    person = Identity.objects.get(value="new.boss@customer.example").person
    assert Access.objects.filter(ticket=ticket, person=person, why="participant").exists()
    part = client.get(f"/desk/tickets/{ticket.number}/").context["composer"]["reply"]
    assert [one["value"] for one in part["cc"]] == ["new.boss@customer.example"]


def test_files_of_a_draft(client: Client, ticket: Ticket, people: People, sign_in: SignIn) -> None:
    url = f"/desk/tickets/{ticket.number}/files/?kind=reply"
    first = client.post(url, {"file": SimpleUploadedFile("a<b>.png", PNG)}).json()
    second = client.post(url, {"file": SimpleUploadedFile("../../etc/passwd", b"x")}).json()
    assert second["name"] == "passwd"
    assert client.post(url).status_code == 400
    other = sign_in(people.supervisor)
    assert other.get(f"/files/a/{first['id']}/").status_code == 404
    write(client, ticket, body="", removed=[second["id"]])
    leave()
    (file,) = ticket.messages.order_by("-pk")[0].attachments.all()
    assert file.name == first["name"]
    shown = client.get(f"/files/a/{file.pk}/")
    assert shown.headers["Content-Type"] == "image/png"
    assert b"".join(shown.streaming_content) == PNG
    assert sign_in(people.stranger).get(f"/files/a/{file.pk}/").status_code == 404
    assert Client(headers={"host": "localhost"}).get(f"/files/a/{file.pk}/").status_code == 404


def test_too_large_a_file_is_refused_in_words(client: Client, ticket: Ticket, settings: pytest.FixtureRequest) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    answer = client.post(
        f"/desk/tickets/{ticket.number}/files/?kind=note", {"file": SimpleUploadedFile("big.bin", b"x" * 11)}
    )
    assert answer.status_code == 413
    assert answer.json()["detail"] == "Files may have at most 10 B."


@pytest.mark.parametrize("name", ["evil.svg", "evil.html"])
def test_what_could_act_is_only_downloaded(client: Client, ticket: Ticket, people: People, name: str) -> None:
    blob = store(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", name=name)
    content = Content.of_text("see").with_files([File(blob, name, blob.content_type)])
    message = add_message(
        by=Author.of(people.requester),
        ticket=ticket,
        content=content,
        audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.MAIL,
    )
    answer = client.get(f"/files/a/{message.attachments.get().pk}/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def mail(ticket: Ticket, person: Person, html: str) -> Message:
    return add_message(
        by=Author.of(person),
        ticket=ticket,
        content=Content.of_foreign_html(html),
        audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.MAIL,
    )


def test_mail_is_framed_and_remote_images_wait(client: Client, ticket: Ticket, people: People) -> None:
    message = mail(ticket, people.requester, f'<p>Hello {XSS}</p><img src="https://track.example/x.png">')
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert f'src="/messages/{message.pk}/body/"' in page
    assert "track.example" not in page
    body = client.get(f"/messages/{message.pk}/body/")
    policy = body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "https:" not in policy
    assert "<script" not in body.content.decode()
    assert ' src="https://track.example' not in body.content.decode()
    shown = client.get(f"/messages/{message.pk}/body/images/")
    assert "img-src 'self' data: https:" in shown.headers["Content-Security-Policy"]
    assert 'src="https://track.example/x.png"' in shown.content.decode()
    asked = client.get(f"/desk/messages/{message.pk}/?images=1").content.decode()
    assert f'src="/messages/{message.pk}/body/images/"' in asked


def test_frames_are_for_those_who_may_read(client: Client, ticket: Ticket, people: People, sign_in: SignIn) -> None:
    public = mail(ticket, people.requester, "<p>x</p>")
    url = f"/messages/{public.pk}/body/"
    assert sign_in(people.requester).get(url).status_code == 200
    assert sign_in(people.stranger).get(url).status_code == 404
    assert Client(headers={"host": "localhost"}).get(url).status_code == 404
    write(client, ticket, kind="note", body="secret")
    leave()
    note = ticket.messages.order_by("-pk")[0]
    assert sign_in(people.requester).get(f"/messages/{note.pk}/body/").status_code == 404


def test_hostile_words_are_only_words(client: Client, people: People, make_ticket: Callable[..., Ticket]) -> None:
    Person.objects.filter(pk=people.requester.pk).update(name=XSS)
    people.requester.refresh_from_db()
    ticket = make_ticket(f"{XSS}{{{{ 7|add:7 }}}}", f"{XSS} {{% include 'x' %}}")
    change(by=Author.of(people.agent), ticket=ticket, tags=[XSS[:50]])
    for url in (
        f"/desk/tickets/{ticket.number}/",
        f"/desk/tickets/{ticket.number}/history/",
        "/desk/?view=open",
        "/desk/search/?q=alert",
        "/desk/palette/?q=alert",
    ):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page, url
        assert "<img src=x" not in page, url
    assert "7|add:7" in client.get(f"/desk/tickets/{ticket.number}/").content.decode()


FIELDS = [
    ("priority", "high", lambda t: t.priority.key),
    ("impact", "high", lambda t: t.impact.key),
    ("urgency", "low", lambda t: t.urgency.key),
    ("status", "pending", lambda t: t.status.key),
    ("pending_reason", "supplier", lambda t: t.pending_reason.key),
    ("type", "request", lambda t: t.type.key),
    ("category", "network", lambda t: t.category.key),
    ("subject", "Another subject", lambda t: t.subject),
]


@pytest.mark.parametrize(("field", "value", "read"), FIELDS, ids=[field for field, *_rest in FIELDS])
def test_every_field_is_edited_where_it_stands(
    client: Client, ticket: Ticket, field: str, value: str, read: Callable[[Ticket], str]
) -> None:
    url = f"/desk/tickets/{ticket.number}/set/"
    answer = client.post(url, {"field": field, field: value}, headers=HTMX)
    assert answer.status_code == 200
    assert 'id="v-panel"' in answer.content.decode()
    ticket.refresh_from_db()
    assert read(ticket) == value
    assert Event.objects.filter(topic=ticket.topic, kind="ticket.changed").count() == 1


def test_people_moments_and_tags_are_edited_too(client: Client, ticket: Ticket, people: People) -> None:
    url = f"/desk/tickets/{ticket.number}/set/"

    def set_(field: str, value: object) -> int:
        return client.post(url, {"field": field, field: value}, headers=HTMX).status_code

    assert set_("assignee", people.supervisor.pk) == 200
    assert set_("affected", "somebody.new@customer.example") == 200
    assert set_("participants", [people.colleague.pk, "third@customer.example"]) == 200
    assert set_("watchers", [people.administrator.pk]) == 200
    assert set_("tags", ["vpn", "red"]) == 200
    assert set_("due_at", "2031-05-06T10:30") == 200
    ticket.refresh_from_db()
    assert ticket.assignee == people.supervisor
    assert ticket.affected is not None
    assert ticket.affected.email == "somebody.new@customer.example"
    assert ticket.due_at is not None
    assert ticket.due_at.isoformat() == "2031-05-06T08:30:00+00:00"
    assert ticket.access.filter(why="participant").count() == 2
    assert set(ticket.tags.values_list("name", flat=True)) == {"vpn", "red"}
    assert set_("assignee", "") == 200
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_the_organization_is_set_among_those_one_looks_after(
    client: Client, ticket: Ticket, people: People, sign_in: SignIn
) -> None:
    other = create_organization(by=Author.system("test"), name="Bodegas Valdearcos", domains=[])
    url, present = f"/desk/tickets/{ticket.number}/", ticket.organization
    offered = "/desk/organizations/?q=bodegas"
    assert present is not None and "Bodegas Valdearcos" in client.get(offered).content.decode()
    assert 'id="v-set-organization"' in client.get(url).content.decode()
    people.agent.limited_to.set([present])
    forget_cached()
    limited = sign_in(people.agent)
    assert "Bodegas Valdearcos" not in limited.get(offered).content.decode()
    data = {"field": "organization", "organization": str(other.pk)}
    assert limited.post(f"{url}set/", data, headers=HTMX).status_code == 422
    ticket.refresh_from_db()
    assert ticket.organization == present
    people.agent.limited_to.clear()
    forget_cached()
    assert sign_in(people.agent).post(f"{url}set/", data, headers=HTMX).status_code == 200
    ticket.refresh_from_db()
    assert ticket.organization == other
    page = client.get(f"{url}history/").content.decode()
    assert "Bodegas Valdearcos" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization", "99999999"),
        ("organization", "x"),
        ("status", "vanished"),
        ("priority", ""),
        ("subject", "  "),
        ("due_at", "yesterday"),
        ("due_at", "0001-01-01T00:00"),
        ("pending_until", "2001-01-01T10:00"),
        ("assignee", "99999999"),
        ("requester", ""),
        ("requester", "nobody"),
        ("participants", "not an address"),
    ],
)
def test_what_cannot_be_is_said_in_place(client: Client, ticket: Ticket, field: str, value: str) -> None:
    answer = client.post(f"/desk/tickets/{ticket.number}/set/", {"field": field, field: value}, headers=HTMX)
    assert answer.status_code == 422
    assert "v-props-error" in answer.content.decode()
    before = ticket.version
    ticket.refresh_from_db()
    assert ticket.version == before


def test_an_edit_does_not_overwrite_a_faster_one(client: Client, ticket: Ticket, people: People) -> None:
    known = words()
    change(by=Author.of(people.supervisor), ticket=ticket, priority=known.by_key(known.priorities, "critical"))
    data = {"field": "priority", "priority": "low", "was": "medium"}
    answer = client.post(f"/desk/tickets/{ticket.number}/set/", data, headers=HTMX)
    assert answer.status_code == 422
    assert "Nothing was overwritten." in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.priority.key == "critical"
    assert client.post(f"/desk/tickets/{ticket.number}/set/", {"field": "version"}).status_code == 404


def test_only_who_may_restricts(client: Client, ticket: Ticket, people: People, sign_in: SignIn) -> None:
    data = {"field": "restricted", "restricted": "1"}
    assert client.post(f"/desk/tickets/{ticket.number}/set/", data).status_code == 403
    ticket.refresh_from_db()
    assert not ticket.restricted
    boss = sign_in(people.supervisor)
    assert boss.post(f"/desk/tickets/{ticket.number}/set/", data, headers=HTMX).status_code == 200
    boss.get(f"/desk/tickets/{ticket.number}/")
    assert Event.objects.filter(topic=ticket.topic, kind="ticket.restricted_opened").count() == 1


def test_take_resolve_reopen_follow(client: Client, ticket: Ticket, people: People) -> None:
    for part in ("take", "resolve", "reopen", "follow"):
        answer = client.post(f"/desk/tickets/{ticket.number}/{part}/", headers=HTMX)
        assert answer.status_code == 200, part
        assert answer.headers["HX-Retarget"] == "#v-talk"
    ticket.refresh_from_db()
    assert ticket.assignee == people.agent
    assert ticket.status_category == StatusCategory.OPEN
    assert ticket.access.filter(why="watcher", person=people.agent).exists()
    client.post(f"/desk/tickets/{ticket.number}/follow/", headers=HTMX)
    assert not ticket.access.filter(why="watcher").exists()


def test_parts_are_read_again_only_when_something_changed(client: Client, ticket: Ticket, people: People) -> None:
    context = client.get(f"/desk/tickets/{ticket.number}/").context
    assert client.get(context["talk_url"]).status_code == 204
    assert client.get(context["panel_url"]).status_code == 204
    mail(ticket, people.requester, "<p>more</p>")
    again = client.get(context["talk_url"]).content.decode()
    assert "v-bar" in again
    assert 'id="v-head"' in again
    assert client.get(context["panel_url"]).status_code == 200


def test_what_is_new_since_the_last_visit_is_marked(client: Client, ticket: Ticket, people: People) -> None:
    assert "New since your last visit" not in client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    mail(ticket, people.requester, "<p>more</p>")
    assert "New since your last visit" in client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "New since your last visit" not in client.get(f"/desk/tickets/{ticket.number}/").content.decode()


def test_presence(client: Client, ticket: Ticket, people: People) -> None:
    note_presence(person=people.supervisor, ticket=ticket, state=Presence.State.TYPING)
    url = f"/desk/tickets/{ticket.number}/presence/"
    assert f"{people.supervisor.name} is typing" in client.post(url, headers=HTMX).content.decode()
    client.post(f"/desk/tickets/{ticket.number}/typing/", {"mode": "reply"})
    assert Presence.objects.get(person=people.agent).state == "typing"
    client.post(url, headers=HTMX)
    assert Presence.objects.get(person=people.agent).state == "typing"
    client.post(f"/desk/tickets/{ticket.number}/typing/", {"left": "1"})
    assert people.agent not in [row.person for row in present(ticket)]


def test_emptying_a_message_needs_the_right_and_a_reason(
    client: Client, ticket: Ticket, people: People, sign_in: SignIn
) -> None:
    message = mail(ticket, people.requester, "<p>my card is 1234</p>")
    url = f"/desk/messages/{message.pk}/empty/"
    assert client.post(url, {"why": "card"}).status_code == 403
    boss = sign_in(people.supervisor)
    assert "Empty this message" in boss.get(url).content.decode()
    assert boss.post(url, {"why": " "}).status_code == 422
    message.refresh_from_db()
    assert "1234" in message.text
    assert boss.post(url, {"why": "a card number"}).status_code == 302
    message.refresh_from_db()
    assert message.text == ""
    assert client.get(f"/messages/{message.pk}/body/").status_code == 404
    assert "a card number" in client.get(f"/desk/tickets/{ticket.number}/history/").content.decode()


NEW = {"requester": "", "type": "incident", "subject": "It rains in", "body": "Through the roof"}


def test_a_new_ticket_asks_for_six_things_the_rest_waits(client: Client) -> None:
    create_team(
        by=Author.system("test"), key="second", label={"es": "Segundo", "en": "Second"}, level=2,
        department=Department.objects.get(),
    )  # fmt: skip
    asked, _details, rest = client.get("/desk/new/").content.decode().partition('<details class="v-more-fields"')
    drawn = re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z_]+)"', asked)
    by_machine = {"csrfmiddlewaretoken", "format", "phone", "files", "uploads", "q"}
    assert sorted(set(drawn) - by_machine) == ["assignee", "body", "requester", "subject", "team", "type"]
    assert 'name="priority"' in rest


def test_a_new_ticket_for_somebody(client: Client, people: People) -> None:
    data = {**NEW, "requester": str(people.requester.pk), "phone": "on", "tags": "roof, rain", "priority": "high"}
    answer = client.post("/desk/new/", data)
    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == f"/desk/tickets/{ticket.number}/"
    assert (ticket.requester, ticket.channel, ticket.priority.key) == (people.requester, "phone", "high")
    assert sorted(ticket.tags.values_list("name", flat=True)) == ["rain", "roof"]
    page = client.get(answer.headers["Location"]).content.decode()
    assert f"noted down by {people.agent.name}" in page
    client.post("/desk/new/", {**NEW, "requester": "brand.new@customer.example"})
    made = Ticket.objects.order_by("-pk")[0]
    assert made.requester.email == "brand.new@customer.example"
    assert made.requester.organization == people.requester.organization


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"requester": ""}, "requester"),
        ({"requester": "no address"}, "requester"),
        ({"requester": "99999"}, "requester"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 251}, "subject"),
        ({"type": "vanished"}, "type"),
        ({"due_at": "soon"}, "due_at"),
        ({"assignee": "99999"}, "assignee"),
    ],
)
def test_a_wrong_new_ticket_comes_back_whole(client: Client, people: People, wrong: dict[str, str], field: str) -> None:
    kept = client.post("/uploads/", {"file": SimpleUploadedFile("photo.png", PNG)}).json()
    data = {**NEW, "requester": "a.new@customer.example", "attachments": [kept["id"]], **wrong}
    answer = client.post("/desk/new/", data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    page = answer.content.decode()
    assert "Through the roof" in page
    assert "photo.png" in page
    assert not Ticket.objects.exists()
    assert not Identity.objects.filter(value="a.new@customer.example").exists()


def test_uploads_belong_to_whoever_made_them(client: Client, people: People, sign_in: SignIn) -> None:
    theirs = sign_in(people.supervisor).post("/uploads/", {"file": SimpleUploadedFile("s.png", PNG)}).json()
    mine = client.post("/uploads/", {"file": SimpleUploadedFile("m.png", PNG)}).json()
    data = {**NEW, "requester": str(people.requester.pk), "attachments": [theirs["id"], mine["id"]]}
    client.post("/desk/new/", data)
    assert [file.name for file in Ticket.objects.get().messages.get().attachments.all()] == ["m.png"]
    assert Client(headers={"host": "localhost"}).post("/uploads/").status_code in (403, 404)
