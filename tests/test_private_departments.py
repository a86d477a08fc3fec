"""A private department: what is written there stays with its members, wherever the ticket goes."""

from dataclasses import dataclass

import pytest
from django.test import Client

from tests.plugin import SETUP, People, make_person
from ventanilla.api.actions import create_token
from ventanilla.automation.actions import save_macro
from ventanilla.automation.models import Macro
from ventanilla.fields.actions import create_field
from ventanilla.fields.effects import Effect
from ventanilla.fields.section_actions import create_row
from ventanilla.fields.sections import sections
from ventanilla.files.actions import store
from ventanilla.mail.models import Outgoing
from ventanilla.notify.models import Notification
from ventanilla.people.actions import change_department, create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Person, Team
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.models import Attachment, ChecklistTemplate, Message, Ticket, TicketType
from ventanilla.tickets.searching import search_tickets

SECRET, NAME = "zarzamora", "Underwater basketry"


@dataclass
class World:
    people: People
    private: Department
    team: Team
    member: Person
    ticket: Ticket
    note: Message
    file: Attachment
    support: Team


@pytest.fixture
def world(people, make_ticket) -> World:
    """A ticket that a private department had, wrote a note in, and handed over to support."""
    private = create_department(by=SETUP, key="basketry", label={"en": NAME, "es": NAME}, private=True)
    team = create_team(by=SETUP, key="weavers", label={"en": f"{NAME} team", "es": f"{NAME} team"}, department=private)
    member, support = make_person("Helena Hr", "agent", teams=[team]), Team.objects.order_by("pk")[0]
    ticket = make_ticket(team=team, by=SETUP)
    file = File(store(b"secret", name=f"{SECRET}.txt"), f"{SECRET}.txt", "text/plain")
    note = say(member, ticket, SECRET, file)
    change(by=Author.of(member), ticket=ticket, team=support)
    return World(people, private, team, member, ticket, note, Attachment.objects.get(message=note), support)


def say(person, ticket, text, *files):
    return add_message(
        by=Author.of(person), ticket=ticket, content=Content.of_text(text, list(files)),
        audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
    )  # fmt: skip


def client_of(person: Person) -> Client:
    return Client(
        headers={"host": "localhost", "authorization": f"Bearer {create_token(by=Author.of(person), person=person)}"}
    )


def pages(world: World) -> list[str]:
    number = world.ticket.number
    return [
        f"/desk/tickets/{number}/", f"/desk/tickets/{number}/talk/?version=0", f"/desk/tickets/{number}/split/",
        f"/desk/tickets/{number}/panel/?version=0", f"/desk/tickets/{number}/history/", "/desk/?view=open",
        f"/desk/?view=open&open={number}", "/desk/new/", "/notifications/",
    ]  # fmt: skip


def test_notes_stay_with_the_private_department_that_wrote_them(world, sign_in):
    desk, number = sign_in(world.people.agent), world.ticket.number
    assert Ticket.objects.get(pk=world.ticket.pk).number == number
    for page in pages(world):
        answer = desk.get(page)
        assert answer.status_code == 200, page
        assert SECRET not in answer.content.decode(), page
        assert NAME not in answer.content.decode(), page
    for address in (
        f"/desk/messages/{world.note.pk}/", f"/messages/{world.note.pk}/body/",
        f"/files/a/{world.file.pk}/",
    ):  # fmt: skip
        assert desk.get(address).status_code == 404, address
    caller = client_of(world.people.administrator)
    texts = [caller.get(f"/api/v1/tickets/{number}{part}").content.decode() for part in ("", "/messages", "/events")]
    assert not any(SECRET in text or "ticket.noted" in text or "weavers" in text for text in texts)
    assert caller.get(f"/api/v1/attachments/{world.file.pk}").status_code == 404
    assert caller.get("/api/v1/search", {"q": SECRET}).json()["items"] == []
    assert search_tickets(world.people.supervisor, SECRET) == []


def test_its_members_read_them_for_ever_and_so_does_who_wrote_them(world, sign_in):
    change(by=SETUP, ticket=world.ticket, watchers=[world.member])
    member, number = sign_in(world.member), world.ticket.number
    page = member.get(f"/desk/tickets/{number}/").content.decode()
    assert SECRET in page and NAME in page
    assert search_tickets(world.member, SECRET) == [world.ticket]
    change(by=SETUP, ticket=world.ticket, team=world.team, watchers=[world.people.agent])
    guest = say(world.people.agent, world.ticket, "a word of a guest")
    page = sign_in(world.people.agent).get(f"/desk/tickets/{number}/").content.decode()
    assert guest.text in page and SECRET not in page
    assert search_tickets(world.people.agent, SECRET) == []


def test_whoever_looks_as_a_member_reads_no_more_than_themselves(world, sign_in):
    change(by=SETUP, ticket=world.ticket, watchers=[world.member])
    looking = sign_in(world.people.administrator)
    assert looking.post(f"/people/{world.member.pk}/see-as/").status_code == 302
    page = looking.get(f"/desk/tickets/{world.ticket.number}/").content.decode()
    assert world.ticket.subject in page and SECRET not in page and NAME not in page


def test_what_others_write_afterwards_is_the_whole_desks(world, sign_in):
    say(world.people.agent, world.ticket, "for everybody")
    for person in (world.people.agent, world.people.administrator):
        assert "for everybody" in sign_in(person).get(f"/desk/tickets/{world.ticket.number}/").content.decode()


def test_notes_follow_the_privacy_of_their_department(world, sign_in):
    change_department(by=SETUP, department=world.private, label=world.private.label, private=False)
    assert search_tickets(world.people.agent, SECRET) == [world.ticket]
    assert SECRET in sign_in(world.people.agent).get(f"/desk/tickets/{world.ticket.number}/").content.decode()
    change_department(by=SETUP, department=world.private, label=world.private.label, private=True)
    assert search_tickets(world.people.agent, SECRET) == []


def test_nobody_is_told_of_a_note_that_they_may_not_read(world, run_background):
    change(by=SETUP, ticket=world.ticket, team=world.team, watchers=[world.people.agent, world.member])
    run_background()
    Notification.objects.all().delete()
    Outgoing.objects.all().delete()
    other = make_person("Hugo Hr", "agent", teams=[world.team])
    say(other, world.ticket, SECRET)
    run_background()
    assert [row.person for row in Notification.objects.all()] == [world.member]
    assert {row.person_id for row in Outgoing.objects.all()} <= {world.member.pk}


def test_who_may_not_read_a_note_cannot_be_mentioned_in_it(world, sign_in):
    change(by=SETUP, ticket=world.ticket, team=world.team, watchers=[world.people.agent])
    member = sign_in(world.member)
    address = f"/desk/tickets/{world.ticket.number}/mentions/"
    assert member.get(address, {"q": "Aitor"}).json()["items"] == []
    assert [item["label"] for item in member.get(address, {"q": "basketry"}).json()["items"]] == [str(world.team)]
    assert member.get(address, {"q": str(world.support)}).json()["items"] == []
    guest = sign_in(world.people.agent).get(address, {"q": "basketry"}).json()["items"]
    assert guest == []


def test_nothing_of_a_private_department_can_be_chosen_by_others(world, sign_in):
    agent, number = world.people.agent, world.ticket.number
    desk, before = sign_in(agent), Ticket.objects.get(pk=world.ticket.pk).team_id
    for field, key in (("team", "weavers"), ("department", "basketry"), ("team", f"-{world.team.pk}")):
        assert desk.post(f"/desk/tickets/{number}/set/", {"field": field, field: key}).status_code == 422
    assert desk.post("/desk/many/", {"number": number, "team": "weavers"}).status_code == 422
    caller = client_of(agent)
    refused = caller.patch(f"/api/v1/tickets/{number}", {"team": "weavers"}, content_type="application/json")
    unknown = caller.patch(f"/api/v1/tickets/{number}", {"team": "nowhere"}, content_type="application/json")
    assert refused.status_code == unknown.status_code == 422
    assert refused.content.replace(b"weavers", b"") == unknown.content.replace(b"nowhere", b"")
    assert Ticket.objects.get(pk=world.ticket.pk).team_id == before


def test_handing_over_asks_what_the_next_department_is_to_see(world, sign_in):
    change(by=SETUP, ticket=world.ticket, team=world.team)
    member, number = sign_in(world.member), world.ticket.number
    address = f"/desk/tickets/{number}/hand-over/"
    page = member.get(address).content.decode()
    assert "1 internal note stays with your private department" in page
    assert member.post(address, {"team": "nowhere", "text": "kept"}).status_code == 422
    assert "kept" in member.post(address, {"team": "weavers", "text": "kept"}).content.decode()
    assert Ticket.objects.get(pk=world.ticket.pk).team == world.team
    answer = member.post(address, {"team": world.support.key, "text": "Over to you"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and answer["HX-Redirect"] == "/desk/"
    row = Ticket.objects.get(pk=world.ticket.pk)
    assert (row.team, row.department, row.number) == (world.support, world.support.department, number)
    page = sign_in(world.people.agent).get(f"/desk/tickets/{number}/").content.decode()
    assert "Over to you" in page and SECRET not in page
    asked = sign_in(world.people.requester).get(f"/portal/tickets/{number}/").content.decode()
    assert "Over to you" not in asked and NAME not in asked


def test_a_department_may_show_what_it_wrote(world, sign_in):
    change(by=SETUP, ticket=world.ticket, team=world.team)
    caller = client_of(world.member)
    body = {"team": world.support.key, "share_notes": True}
    assert caller.post(f"/api/v1/tickets/{world.ticket.number}/hand-over", body, "application/json").status_code == 204
    assert search_tickets(world.people.agent, SECRET) == [world.ticket]
    page = sign_in(world.people.agent).get(f"/desk/tickets/{world.ticket.number}/").content.decode()
    assert SECRET in page and "showed the desk an internal note" in page
    assert sign_in(world.people.requester).get(f"/messages/{world.note.pk}/body/").status_code == 404


def test_nobody_shows_what_is_not_theirs(world, sign_in):
    other = create_team(by=SETUP, key="other", label={"en": "Other"}, department=world.support.department)
    supervisor = sign_in(world.people.supervisor)
    page = supervisor.get(f"/desk/tickets/{world.ticket.number}/hand-over/").content.decode()
    assert "share_notes" not in page and NAME not in page and "weavers" not in page
    body = {"team": other.key, "share_notes": "1"}
    assert supervisor.post(f"/desk/tickets/{world.ticket.number}/hand-over/", body).status_code == 302
    assert Message.objects.get(pk=world.note.pk).department == world.private
    assert search_tickets(world.people.supervisor, SECRET) == []
    reader = sign_in(world.people.reader)
    assert reader.get(f"/desk/tickets/{world.ticket.number}/hand-over/").status_code == 403
    assert reader.post(f"/desk/tickets/{world.ticket.number}/hand-over/", body).status_code == 403


def owned(section: str, department: Department, **more) -> None:
    create_row(by=SETUP, section=sections()[section], label={"en": f"{section} of them"}, department=department, **more)


def test_what_a_department_owns_is_offered_in_its_tickets_alone(people, make_ticket, sign_in):
    """Canned replies, macros, checklists, types and categories: on the desk and in the API."""
    here = people.agent.teams.get()
    it = create_department(by=SETUP, key="it", label={"en": "IT"})
    team = create_team(by=SETUP, key="it", label={"en": "IT"}, department=it)
    both = make_person("Berta Both", "agent", teams=[here, team])
    owned("canned-replies", it, html={"en": "<p>said by IT</p>"})
    owned("checklists", it, items=[{"label": {"en": "Badge"}, "before": ""}], by_itself=True)
    save_macro(
        by=SETUP, macro=None, label={"en": "macros of them"}, html={}, public=True, team=None, department=it,
        effects=[Effect("set", "priority", "high")],
    )  # fmt: skip
    owned("types", it, prefix="ITX", portal=True)
    owned("categories", it)
    mine, theirs = make_ticket(), make_ticket(team=team, by=SETUP)
    desk, rows = sign_in(both), {}
    for ticket in (mine, theirs):
        parts = ("", "canned/?q=of", "macros/", "checklists/new/")
        rows[ticket] = [desk.get(f"/desk/tickets/{ticket.number}/{part}").content.decode() for part in parts]
    for part, word in enumerate(
        ("categories of them", "canned-replies of them", "macros of them", "checklists of them")
    ):
        assert word not in rows[mine][part] and word in rows[theirs][part], word
    assert "types of them" not in rows[mine][0] and "types of them" in rows[theirs][0]
    assert [row.title for row in theirs.checklists.all()] == ["checklists of them"] and not mine.checklists.exists()
    caller = client_of(both)
    template, macro = ChecklistTemplate.objects.get().key, Macro.objects.get().key
    for ticket, status in ((mine, 404), (theirs, 201)):
        address = f"/api/v1/tickets/{ticket.number}/checklists"
        assert caller.post(address, {"template": template}, "application/json").status_code == status
    assert caller.post(f"/api/v1/tickets/{mine.number}/macros/{macro}").status_code == 404
    assert "of them" not in sign_in(people.agent).get("/desk/new/").content.decode()
    assert "types of them" in desk.get("/desk/new/").content.decode()
    assert "of them" not in client_of(people.agent).get("/api/v1/macros").content.decode()


def test_a_departments_door_in_the_portal_leads_to_it(world, sign_in):
    """What it offers there is its own to publish; what comes in by it is its own."""
    owned("types", world.private, prefix="HR", portal=True)
    owned("categories", world.private)
    owned("canned-replies", world.private, html={"en": f"<p>{NAME}</p>"})
    key, asker = TicketType.objects.get(prefix="HR").key, sign_in(world.people.requester)
    assert "categories of them" in asker.get(f"/portal/new/{key}/").content.decode()
    assert "categories of them" not in asker.get("/portal/new/incident/").content.decode()
    asker.post(f"/portal/new/{key}/", {"subject": "My payroll", "body": "It is wrong"})
    row = Ticket.objects.get(subject="My payroll")
    assert (row.department, row.team) == (world.private, world.team)
    assert sign_in(world.people.administrator).get(f"/desk/tickets/{row.number}/").status_code == 404
    assert "types of them" not in sign_in(world.people.administrator).get("/desk/new/").content.decode()


def test_fields_of_its_types_are_known_to_it_alone(world, sign_in):
    owned("types", world.private, prefix="HR")
    kind, support = TicketType.objects.get(prefix="HR"), TicketType.objects.get(key="incident")
    field = create_field(by=SETUP, entity="ticket", kind="text", label={"en": NAME}, types=[kind.key])
    change(by=SETUP, ticket=world.ticket, type=kind, custom={field.key: SECRET})
    change(by=SETUP, ticket=world.ticket, type=support)
    desk, number = sign_in(world.people.agent), world.ticket.number
    for page in [*pages(world), "/desk/views/new/", "/desk/filters/?view=open", "/desk/many/field/?number=" + number]:
        text = desk.get(page).content.decode()
        assert NAME not in text and SECRET not in text, page
    caller = client_of(world.people.agent)
    for address in (f"/api/v1/tickets/{number}", "/api/v1/fields"):
        text = caller.get(address).content.decode()
        assert NAME not in text and SECRET not in text, address
    assert NAME in sign_in(world.member).get("/desk/views/new/").content.decode()
