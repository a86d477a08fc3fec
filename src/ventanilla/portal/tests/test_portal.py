"""The portal from its front door: what a requester sees, may do, and never learns."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.files.actions import store
from ventanilla.people.author import Author
from ventanilla.portal.models import Sent
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Attachment, Message, PendingReason, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def text_of(answer) -> str:
    return answer.content.decode()


def say(ticket: Ticket, by, text: str, *, audience=Message.Audience.REQUESTER) -> Message:
    return add_message(
        by=Author.of(by), ticket=ticket, content=Content.of_text(text), audience=audience, channel=Ticket.Channel.DESK
    )


def resolve(ticket: Ticket, people: People) -> None:
    status = Status.objects.get(category=StatusCategory.RESOLVED)
    change(by=Author.of(people.administrator), ticket=ticket, status=status)


def test_visitors_are_led_to_the_sign_in_and_back(db: None):
    client = Client(headers={"host": "localhost"})
    for path in ("/portal/", "/portal/tickets/", "/portal/new/incident/", "/portal/tickets/INC-1/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, f"/sign-in/?next={path}")
    assert client.post("/portal/uploads/").status_code == 401


def test_home_greets_and_shows_doors_and_own_tickets(sign_in, people: People, ticket: Ticket, make_ticket):
    make_ticket("Theirs alone", requester=people.stranger)
    page = text_of(sign_in(people.requester).get("/portal/"))
    assert "Leire. What do you need?" in page
    assert "Report an incident" in page and "Request a service" in page
    assert ticket.subject in page and "Received" in page
    assert "Theirs alone" not in page


def test_a_ticket_is_opened_with_files_sent_before_and_with_the_form(sign_in, people: People):
    client = sign_in(people.requester)
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("photo.png", PNG)})
    assert sent.status_code == 201
    answer = client.post(
        "/portal/new/request/",
        {
            "subject": "A new phone",
            "body": "For Ana.\nFrom Monday.",
            "attachments": [sent.json()["id"]],
            "files": SimpleUploadedFile("list.txt", b"one"),
        },
    )
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/portal/tickets/{ticket.number}/")
    assert ticket.number.startswith("SOL-")
    assert (ticket.requester, ticket.channel) == (people.requester, "portal")
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["list.txt", "photo.png"]
    page = text_of(client.get(answer.url))
    assert "From Monday." in page and "photo.png" in page


def test_a_mistake_keeps_everything_typed_and_attached(sign_in, people: People):
    client = sign_in(people.requester)
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("photo.png", PNG)}).json()
    answer = client.post(
        "/portal/new/incident/", {"subject": " ", "body": "Since <b>today</b>", "attachments": sent["id"]}
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Since &lt;b&gt;today&lt;/b&gt;" in page and sent["id"] in page and "photo.png" in page
    assert "Error:" in page
    assert not Ticket.objects.exists()


def test_the_files_of_others_cannot_be_taken(sign_in, people: People):
    theirs = sign_in(people.stranger).post("/portal/uploads/", {"file": SimpleUploadedFile("s.png", PNG)}).json()
    answer = sign_in(people.requester).post("/portal/new/incident/", {"subject": "Mine", "attachments": theirs["id"]})
    assert answer.status_code == 422
    assert not Ticket.objects.exists() and not Attachment.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_a_sentence(sign_in, people: People, settings):
    settings.UPLOAD_MAX_BYTES = 10
    client = sign_in(people.requester)
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("big.png", PNG)})
    assert sent.status_code == 413 and "big.png" in sent.json()["detail"]
    assert client.post("/portal/uploads/").status_code == 400
    answer = client.post("/portal/new/incident/", {"subject": "Mine", "files": SimpleUploadedFile("big.png", PNG)})
    assert answer.status_code == 422 and not Ticket.objects.exists()


@pytest.mark.parametrize("path", ["", "reply/", "confirm/", "files/1/"])
@pytest.mark.parametrize("who", ["stranger", "colleague", "agent", "administrator"])
def test_the_tickets_of_others_are_not_there(sign_in, people: People, ticket: Ticket, path: str, who: str):
    """Agents find them at the desk; in the portal they see what they asked for themselves."""
    before = (Event.objects.count(), Message.objects.count())
    client = sign_in(people.everybody()[who])
    url = f"/portal/tickets/{ticket.number}/{path}"
    answer = client.post(url, {"body": "x"}) if path in ("reply/", "confirm/") else client.get(url)
    assert answer.status_code == 404
    assert (Event.objects.count(), Message.objects.count()) == before


def test_get_never_changes_anything(sign_in, people: People, ticket: Ticket):
    client = sign_in(people.requester)
    for path in ("reply/", "confirm/"):
        assert client.get(f"/portal/tickets/{ticket.number}/{path}").status_code == 405


def test_what_the_desk_does_among_itself_moves_no_date(sign_in, people: People, make_ticket):
    opened = timezone.now() - timedelta(days=3)
    ticket, client = make_ticket(at=opened), sign_in(people.requester)

    def dates() -> list[str]:
        return re.findall(r'datetime="([^"]+)"', text_of(client.get("/portal/tickets/")))

    before = dates()
    say(ticket, people.agent, "Only for us", audience=Message.Audience.STAFF)
    change(by=Author.of(people.agent), ticket=ticket, tags=["ours"])
    assert dates() == before
    say(ticket, people.agent, "For you")
    assert dates() != before


def test_nothing_internal_reaches_the_requester(sign_in, people: People, ticket: Ticket):
    note = say(ticket, people.agent, "The password is hunter2", audience=Message.Audience.STAFF)
    file = Attachment.objects.create(
        message=note, blob=store(b"secret"), name="internal.txt", content_type="text/plain"
    )
    change(by=Author.of(people.administrator), ticket=ticket, tags=["vip-complainer"], participants=[people.colleague])
    say(ticket, people.agent, "We are on it")
    client = sign_in(people.requester)
    page = text_of(client.get(f"/portal/tickets/{ticket.number}/"))
    assert "We are on it" in page and "Aitor Agent" in page and "Carlos Colleague" in page
    for secret in ("hunter2", "vip-complainer", "internal.txt", "@people.example", "Medium"):
        assert secret not in page.replace("leire@people.example", ""), secret
    assert client.get(f"/portal/tickets/{ticket.number}/files/{file.pk}/").status_code == 404
    assert "hunter2" not in text_of(client.get("/portal/tickets/?q=hunter2")).replace('value="hunter2"', "").replace(
        "Search: hunter2", ""
    )
    assert ticket.subject not in text_of(client.get("/portal/tickets/?q=tag:vip-complainer"))


def test_a_nameless_person_is_not_shown_by_their_address(sign_in, people: People, ticket: Ticket):
    people.colleague.name = ""
    people.colleague.save()
    change(by=Author.of(people.administrator), ticket=ticket, participants=[people.colleague])
    say(ticket, people.colleague, "Me too")
    page = text_of(sign_in(people.requester).get(f"/portal/tickets/{ticket.number}/"))
    assert "carlos@" not in page and "Me too" in page


def test_answer_confirm_and_open_again(sign_in, people: People, ticket: Ticket):
    client = sign_in(people.requester)
    base = f"/portal/tickets/{ticket.number}/"
    assert "Confirm that it is resolved" not in text_of(client.get(base))
    assert client.post(base + "reply/", {"body": "More: <script>alert(1)</script>"}).status_code == 302
    page = text_of(client.get(base))
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    client.post(base + "confirm/")
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.NEW  # nothing to confirm yet
    resolve(ticket, people)
    page = text_of(client.get(base))
    assert "Resolved: can you confirm?" in page and "Confirm that it is resolved" in page
    client.post(base + "confirm/")
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.CLOSED
    assert "Open it again" in text_of(client.get(base))
    client.post(base + "reply/", {"body": "It is back"})
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN


def test_what_was_sent_does_not_come_back_into_the_reply(sign_in, people: People, ticket: Ticket):
    """The browser keeps a draft under the form's key; the key changes once the draft has become a message."""
    client, base = sign_in(people.requester), f"/portal/tickets/{ticket.number}/"
    before = text_of(client.get(base)).split('data-keep="')[1].split('"')[0]
    refused = text_of(client.post(base + "reply/", {"body": ""})).split('data-keep="')[1].split('"')[0]
    client.post(base + "reply/", {"body": "More"})
    after = text_of(client.get(base)).split('data-keep="')[1].split('"')[0]
    assert before == refused != after


def test_an_empty_answer_is_refused_and_adds_nothing(sign_in, people: People, ticket: Ticket):
    answer = sign_in(people.requester).post(f"/portal/tickets/{ticket.number}/reply/", {"body": "  "})
    assert answer.status_code == 422
    assert Message.objects.count() == 1


def test_it_is_said_plainly_whose_turn_it_is(sign_in, people: People, ticket: Ticket):
    client, base = sign_in(people.requester), f"/portal/tickets/{ticket.number}/"
    by = Author.of(people.administrator)
    change(by=by, ticket=ticket, pending_reason=PendingReason.objects.get(key="requester"))
    home = text_of(client.get("/portal/"))
    assert "v-plain--you" in home and "We need your answer" in home
    moment = timezone.now() + timedelta(days=2)
    change(by=by, ticket=ticket, pending_reason=PendingReason.objects.get(key="supplier"), pending_until=moment)
    page = text_of(client.get(base))
    assert "Waiting for the supplier" in page and "Until" in page


def test_a_manager_sees_the_organization_and_others_do_not(sign_in, people: People, ticket: Ticket, make_ticket):
    secret = make_ticket("Payslip", restricted=True, by=SETUP)
    client = sign_in(people.manager)
    page = text_of(client.get("/portal/tickets/?whose=organization"))
    assert ticket.subject in page and "Payslip" not in page
    assert client.get(f"/portal/tickets/{ticket.number}/").status_code == 200
    assert client.get(f"/portal/tickets/{secret.number}/").status_code == 404
    assert client.post(f"/portal/tickets/{ticket.number}/reply/", {"body": "From me too"}).status_code == 302
    other = text_of(sign_in(people.colleague).get("/portal/tickets/?whose=organization"))
    assert ticket.subject not in other and "organization" not in other.lower().replace("customer", "").split("<main")[1]


def test_the_list_is_paged_by_key(sign_in, people: People, make_ticket, monkeypatch):
    monkeypatch.setattr("ventanilla.portal.views._ON_PAGE", 2)
    for number in range(5):
        make_ticket(f"Matter {number}")
    client, seen, url = sign_in(people.requester), [], "/portal/tickets/"
    for _page in range(3):
        page = text_of(client.get(url))
        seen += [n for n in range(5) if f"Matter {n}" in page]
        if 'href="?after=' in page:
            url = "/portal/tickets/?after=" + page.split('href="?after=')[1].split('"')[0]
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert client.get("/portal/tickets/?after=nonsense").status_code == 400


def test_search_finds_own_words_only(sign_in, people: People, ticket: Ticket, make_ticket):
    make_ticket("The printer of others", requester=people.stranger)
    client = sign_in(people.requester)
    page = text_of(client.get("/portal/tickets/?q=printer"))
    assert ticket.subject in page and "of others" not in page
    assert ticket.subject in text_of(client.get(f"/portal/tickets/?q={ticket.number}"))
    assert "Nothing found" in text_of(client.get("/portal/tickets/?q=zzzz"))


@pytest.mark.parametrize("evil", ['"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "<svg onload=alert(1)>"])
def test_what_people_write_is_shown_not_obeyed(sign_in, people: People, make_ticket, evil: str):
    ticket = make_ticket(evil, evil)
    client = sign_in(people.requester)
    for path in ("/portal/", f"/portal/tickets/{ticket.number}/", f"/portal/tickets/?q={evil}"):
        page = text_of(client.get(path))
        assert "<img src=x" not in page and "<svg onload" not in page and "14" not in page.split("<h1")[1][:200]


def test_unknown_doors_and_numbers_are_not_there(sign_in, people: People):
    client = sign_in(people.requester)
    for path in ("/portal/new/change/", "/portal/tickets/INC-999/", "/portal/tickets/nonsense/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(("path", "most"), [("/portal/", 15), ("/portal/tickets/", 14), ("TICKET", 18)])
def test_query_budgets(sign_in, people: People, make_ticket, django_assert_max_num_queries, path: str, most: int):
    for number in range(6):
        ticket = make_ticket(f"Matter {number}")
    for number in range(4):
        say(ticket, people.agent, f"Answer {number}")
    client = sign_in(people.requester)
    url = f"/portal/tickets/{ticket.number}/" if path == "TICKET" else path
    client.get(url)
    with django_assert_max_num_queries(most):
        assert client.get(url).status_code == 200


def test_the_answer_to_an_upload_is_json_even_when_it_fails(sign_in, people: People):
    sent = sign_in(people.requester).post("/portal/uploads/", {"file": SimpleUploadedFile("a/../b<c>.png", PNG)})
    assert "/" not in json.loads(sent.content)["name"]


def test_a_form_that_is_sent_twice_is_carried_out_once(sign_in, people: People, ticket: Ticket):
    client, base = sign_in(people.requester), f"/portal/tickets/{ticket.number}/"
    mark = text_of(client.get("/portal/new/incident/")).split('name="once" value="')[1].split('"')[0]
    typed = {"subject": "No light", "body": "Since today", "once": mark}
    said = [client.post("/portal/new/incident/", typed, headers={"accept": "application/json"}) for _ in range(2)]
    assert [answer.status_code for answer in said] == [201, 201]
    opened = Ticket.objects.get(subject="No light")
    assert {answer.json()["address"] for answer in said} == {f"/portal/tickets/{opened.number}/"}
    assert client.post("/portal/new/incident/", typed).url == f"/portal/tickets/{opened.number}/"
    # The same mark with other words, another form or another person's is no repetition: nothing is swallowed.
    client.post("/portal/new/incident/", typed | {"subject": "No heating"})
    client.post("/portal/new/request/", typed)
    sign_in(people.stranger).post("/portal/new/incident/", typed)
    assert (
        Ticket.objects.filter(subject="No light").count() == 3 and Ticket.objects.filter(subject="No heating").exists()
    )
    for words in ("It is back", "It is back", "Still there"):
        client.post(base + "reply/", {"body": words, "once": mark})
    link = ticket_link(ticket, people.requester)
    Client(headers={"host": "localhost"}).post(f"{link}reply/", {"body": "It is back", "once": mark})
    assert list(ticket.messages.order_by("pk").values_list("text", flat=True))[1:] == ["It is back", "Still there"]
    client.post(base + "reply/", {"body": "", "once": mark + "x"})
    assert client.post(base + "reply/", {"body": "Fine", "once": mark + "x"}).status_code == 302


def test_forms_are_remembered_for_some_days(sign_in, people: People, run_background):
    typed = {"subject": "No light", "once": "a" * 32}
    sign_in(people.requester).post("/portal/new/incident/", typed)
    assert Sent.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        run_background()
    assert not Sent.objects.exists()
