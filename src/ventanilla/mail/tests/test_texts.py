"""The texts of mails: written by administrators, tried on a real ticket, sent in the name of the right brand."""

import io
from email import message_from_bytes, policy

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from tests.plugin import SETUP, People

from ventanilla.brands.actions import add_picture, publish, save_draft
from ventanilla.brands.models import Brand
from ventanilla.brands.sections import BRANDS
from ventanilla.events.models import Event
from ventanilla.fields import bundles
from ventanilla.fields.section_actions import create_row
from ventanilla.mail.compose import compose
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Mailbox, MailText, Outgoing
from ventanilla.mail.text_actions import save_text
from ventanilla.mail.texts import KINDS, VARIABLES, Value, checked, filled, product_text
from ventanilla.people.author import Author
from ventanilla.people.brand_actions import set_organization_brand
from ventanilla.tickets.actions import add_message
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
RECEIVED = "/mail/texts/received/"


@pytest.fixture
def admin(sign_in, people: People):
    return sign_in(people.administrator)


@pytest.fixture
def brand(people: People) -> Brand:
    made = create_row(by=SETUP, section=BRANDS, label={"en": "Customer"}, key="customer")
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=made)
    return made


def published(brand: Brand, **changes) -> None:
    publish(by=SETUP, brand=save_draft(by=SETUP, brand=brand, changes=changes))


def text_of(answer) -> str:
    return answer.content.decode()


def received(ticket: Ticket):
    return letter_for(Outgoing.objects.get(ticket=ticket, kind=Outgoing.Kind.ACKNOWLEDGEMENT))


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
@pytest.mark.parametrize("language", ["es", "en"])
def test_the_products_text_is_a_text_like_any_other(people: People, kind, language: str):
    product = product_text(kind, language)
    assert checked(kind, {language: product["subject"]}, {language: product["html"]}) == {
        "subject": {language: product["subject"]},
        "html": {language: product["html"]},
    }
    assert "{company}" in product["html"] or kind.key == "reply"
    assert "rating/" not in product["html"] and "<a " not in product["html"] and "----" not in product["html"]
    assert save_text(by=SETUP, kind=kind.key, brand=None, subject={}, html={language: product["html"]}) is None
    assert not MailText.objects.exists() and set(kind.variables) <= set(VARIABLES)


def test_a_text_is_written_and_sent(admin, people: People, make_ticket):
    typed = {
        "subject_en": "We have it: {subject}",
        "html_en": "<p>Dear {requester},</p><p>your <strong>{number}</strong> is with {team}.</p><p>{link}</p>",
    }
    assert admin.post(RECEIVED, typed).status_code == 302
    letter = received(make_ticket(subject="Paper {number} <b>jam</b>"))
    assert letter.subject == "[INC-1] We have it: Paper {number} <b>jam</b>"
    assert "Dear Leire Requester" in letter.html and "<strong>INC-1</strong> is with Support" in letter.html
    assert "Paper {number} &lt;b&gt;jam&lt;/b&gt;</a>" in letter.html, "values are escaped and never looked at again"
    assert "Dear Leire Requester,\n" in letter.text and "http" in letter.text
    assert "Write your reply above this line" in letter.html and "Write your reply above this line" in letter.text
    # The other language is still the product's.
    people.requester.language = "es"
    people.requester.save()
    assert "Hemos recibido" in received(Ticket.objects.get()).html
    event = Event.objects.get(kind="mail_text.changed")
    assert event.actor == f"person:{people.administrator.pk}" and event.data["before"] is None
    assert admin.post(f"/settings/undo/{event.pk}/").status_code == 302
    assert not MailText.objects.exists()


@pytest.mark.parametrize(
    ("kind", "subject", "html", "said"),
    [
        ("received", "", "<p>Hi</p><p>the {nobody}</p>", "There is no variable {nobody} here: line 2, character 5."),
        ("received", "{message}", "<p>x</p>", "There is no variable {message} here: line 1, character 1."),
        ("reply", "", "<p>Thank you</p>", "This mail makes no sense without {message}"),
        ("question", "", "<p>{fields}</p>", "This mail makes no sense without {link}"),
        ("received", "Only a subject", "", "A subject needs a text with it."),
    ],
)
def test_what_a_text_cannot_be(admin, kind: str, subject: str, html: str, said: str):
    answer = admin.post(f"/mail/texts/{kind}/", {"subject_en": subject, "html_en": html})
    assert answer.status_code == 422 and said in text_of(answer)
    assert not MailText.objects.exists() and not Event.objects.filter(kind="mail_text.changed").exists()


def test_nothing_of_a_text_is_ever_evaluated(admin, people: People, make_ticket):
    html = '<p>{{ ticket.requester.email }} {% include "x" %} %(number)s {link}</p><script>1</script><p>{{number}}</p>'
    assert admin.post(RECEIVED, {"subject_en": "A\r\nBcc: x@y.example", "html_en": html}).status_code == 302
    letter = received(make_ticket())
    assert people.requester.email not in letter.html and "{{ ticket.requester.email }}" in letter.html
    assert "<script" not in letter.html and "%(number)s" in letter.html and "{INC-1}" in letter.html
    sent = message_from_bytes(compose(letter), policy=policy.default)
    assert sent["Bcc"] is None and sent["Subject"] == "[INC-1] A Bcc: x@y.example"


def test_a_text_is_tried_on_a_ticket_that_its_author_sees(admin, people: People, make_ticket):
    ticket = make_ticket(subject="Only for me")
    make_ticket(subject="The newest")
    before = Event.objects.count(), Outgoing.objects.count()
    typed = {"html_en": "<p>Tried {subject}</p>", "html_es": "<p>Probado {subject}</p>", "try": "1"}
    answer = admin.post(RECEIVED, typed | {"ticket": ticket.number.lower()})
    page = text_of(answer)
    assert answer.status_code == 200
    assert "&lt;p&gt;Tried Only for me&lt;/p&gt;" in page and "&lt;p&gt;Probado Only for me&lt;/p&gt;" in page
    assert "/t/" not in page.partition("v-tried")[2].partition("<form")[0], "its links let nobody in"
    assert "The newest" in text_of(admin.post(RECEIVED, typed))
    assert (Event.objects.count(), Outgoing.objects.count()) == before and not MailText.objects.exists()
    Ticket.objects.filter(pk=ticket.pk).update(restricted=True, team=None)
    answer = admin.post(RECEIVED, typed | {"ticket": ticket.number})
    assert answer.status_code == 422 and "no such ticket that you see" in text_of(answer)
    assert "Only for me" not in text_of(answer)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_tried_and_sent(admin, people: People, make_ticket, kind: str):
    make_ticket()
    page = text_of(admin.get(f"/mail/texts/{kind}/"))
    assert "Back to the product" not in page
    product = {
        f"{name}_{code}": text for code in ("es", "en") for name, text in product_text(KINDS[kind], code).items()
    }
    product["html_en"] += "<p>And more.</p>"
    answer = admin.post(f"/mail/texts/{kind}/", product | {"try": "1"})
    assert answer.status_code == 200 and text_of(answer).count("srcdoc") == 2 and "And more." in text_of(answer)
    assert admin.post(f"/mail/texts/{kind}/", product).status_code == 302
    assert list(MailText.objects.get().html) == ["en"], "the other language follows the product"
    assert "Back to the product" in text_of(admin.get(f"/mail/texts/{kind}/"))
    assert admin.post(f"/mail/texts/{kind}/", {"reset": "1"}).status_code == 302
    assert not MailText.objects.exists()


def test_who_may_not_change_settings_sees_and_writes_no_text(sign_in, people: People):
    client = sign_in(people.agent)
    for address in ("/mail/texts/", RECEIVED):
        assert client.get(address).status_code == 403
    assert client.post(RECEIVED, {"html_en": "<p>x</p>"}).status_code == 403
    assert not MailText.objects.exists()


def test_a_brand_has_words_of_its_own_and_the_mailbox_another(admin, people: People, brand: Brand, make_ticket):
    save_text(by=SETUP, kind="received", brand=None, subject={}, html={"en": "<p>For all {number}</p>"})
    assert admin.post(f"{RECEIVED}?brand=customer", {"html_en": "<p>For customers {number}</p>"}).status_code == 302
    assert admin.get(f"{RECEIVED}?brand=nobody").status_code == 404
    assert "Customer: English" in text_of(admin.get("/mail/texts/"))
    other = create_row(by=SETUP, section=BRANDS, label={"en": "HR"}, key="hr")
    save_text(by=SETUP, kind="received", brand=other, subject={}, html={"en": "<p>From HR {number}</p>"})
    Mailbox.objects.update(brand=other)
    people.stranger.refresh_from_db()
    assert "For customers INC-1" in received(make_ticket()).html
    assert "From HR INC-2" in received(make_ticket(requester=people.stranger)).html
    Mailbox.objects.update(brand=None)
    assert "For all INC-3" in received(make_ticket(requester=people.stranger)).html


def test_sender_logo_and_signature_come_from_the_brand(people: People, brand: Brand, make_ticket, admin):
    Mailbox.objects.update(name="Support")
    drawn = io.BytesIO()
    Image.new("RGB", (300, 100), "navy").save(drawn, "PNG")
    logo = add_picture(by=SETUP, brand=brand, raw=drawn.getvalue())
    said = {"sender": {"en": "Acme\r\nBcc: x@y.example"}, "signature": {"en": "<p>Your <em>Acme</em> team</p>"}}
    published(brand, logo=logo.pk, name={"en": "Acme Help"}, **said)
    published(Brand.objects.get(key="default"), sender={"en": "General"}, signature={"en": "<p>General team</p>"})
    letter = received(make_ticket())
    sent = message_from_bytes(compose(letter), policy=policy.default)
    assert sent["From"].addresses[0].display_name == "Acme Bcc: x@y.example" and sent["Bcc"] is None
    assert "Your <em>Acme</em> team" in letter.html and letter.text.endswith("Your Acme team\n")
    assert '<img src="cid:logo@ventanilla" alt="Acme Help" width="144" height="48">' in letter.html
    pictures = [part for part in sent.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 1 and pictures[0]["Content-ID"] == "<logo@ventanilla>"
    general = received(make_ticket(requester=people.stranger))
    assert general.from_.name == "Support" and "General team" in general.html and "cid:" not in general.html
    # Whoever replies is named first, and what they wrote stands above the signature.
    ticket = Ticket.objects.get(number="INC-1")
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Try again"),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    reply = letter_for(Outgoing.objects.get(ticket=ticket, kind=Outgoing.Kind.REPLY))
    assert reply.from_.name.startswith("Aitor Agent · Acme")
    assert reply.html.index("Try again") < reply.html.index("Your <em>Acme</em> team")
    page = text_of(admin.post(f"{RECEIVED}?brand=customer", {"html_en": "<p>{number}</p>", "try": "1"}))
    assert "data:image/png;base64," in page and "Acme" in page


def test_texts_stand_in_bundles(people: People, brand: Brand):
    save_text(by=SETUP, kind="received", brand=None, subject={"es": "Hola"}, html={"es": "<p>Para todos</p>"})
    save_text(by=SETUP, kind="received", brand=brand, subject={}, html={"es": "<p>Para clientes</p>"})
    text = bundles.exported()
    assert not bundles.compared(text, by=SETUP)
    MailText.objects.all().delete()
    assert [d.key for d in bundles.imported(text, by=SETUP)] == ["received", "received.customer"]
    assert MailText.objects.count() == 2
    emptied = text.partition("mail_texts:")[0] + "mail_texts: []\n"
    assert {d.what for d in bundles.imported(emptied, by=SETUP, exact=True) if d.chapter.key == "mail_texts"} == {
        "gone"
    }
    with pytest.raises(bundles.BundleProblem, match="nobody"):
        bundles.imported("ventanilla: 1\nmail_texts:\n- key: received\n  html: {en: '<p>{nobody}</p>'}\n", by=SETUP)


@pytest.mark.pure
def test_values_are_put_in_once():
    values = {"message": Value("<p>{number}</p><p>two</p>", "{number}\n\ntwo"), "number": Value.of("INC-1")}
    done = filled("{number} {message}", "<p>{message}</p><p>A {number} {other}</p>", values)
    assert done.html == "<p>{number}</p><p>two</p><p>A INC-1 {other}</p>"
    assert done.subject == "INC-1 {number} two" and done.text.endswith("A INC-1 {other}")


def test_in_an_attribute_a_value_is_plain_text():
    values = {"message": Value('<p>Hi <img src="cid:x" alt=" onclick=x "></p>', 'Hi "you"'), "subject": Value.of("<b>")}
    places = '<p><a href="https://x/?{message}">{subject}</a></p><img src="cid:x" alt="<p>{message}</p>">{message}'
    html = filled("", places, values).html
    plain = "Hi &quot;you&quot;"
    began = f'<p><a href="https://x/?{plain}">&lt;b&gt;</a></p><img src="cid:x" alt="<p>{plain}</p>">'
    assert html == began + values["message"].html


def test_there_are_only_these_kinds(people: People):
    with pytest.raises(ValidationError):
        save_text(by=SETUP, kind="notice", brand=None, subject={}, html={"en": "<p>x</p>"})
