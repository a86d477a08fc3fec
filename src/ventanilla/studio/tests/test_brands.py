"""Brands from the front door: written as a draft, looked at, published; who sees which; what is offered and refused."""

import io
import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from tests.plugin import SETUP, People, make_person, protect

from ventanilla.api.actions import create_token
from ventanilla.brands.actions import publish, publish_again, save_draft
from ventanilla.brands.models import Brand, BrandPicture, BrandVersion
from ventanilla.brands.sections import BRANDS
from ventanilla.events.models import Event
from ventanilla.fields import bundles
from ventanilla.fields.actions import change_field, create_field, delete_field
from ventanilla.fields.section_actions import change_row, create_row, delete_row
from ventanilla.files.jobs import collect_garbage
from ventanilla.files.models import Blob
from ventanilla.people.author import Author
from ventanilla.people.brand_actions import set_organization_brand
from ventanilla.people.models import Organization, Person
from ventanilla.tickets.models import Category, Ticket
from ventanilla.tickets.sections import CATEGORIES

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
GREEN, YELLOW = "#17594d", "#ffee00"


@pytest.fixture
def admin(sign_in: SignIn, people: People) -> Client:
    return sign_in(people.administrator)


@pytest.fixture
def brand(people: People) -> Brand:
    return create_row(by=SETUP, section=BRANDS, label={"es": "Cliente", "en": "Customer"}, key="customer")


def published(brand: Brand, **changes) -> Brand:
    publish(by=SETUP, brand=save_draft(by=SETUP, brand=brand, changes=changes))
    brand.refresh_from_db()
    return brand


def text_of(answer) -> str:
    return answer.content.decode()


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100), **more) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "navy").save(made, kind, **more)
    return made.getvalue()


def part(brand: Brand, key: str) -> str:
    return f"/settings/brands/{brand.pk}/part/{key}/"


def test_a_draft_is_seen_by_nobody_until_it_is_published(admin: Client, sign_in: SignIn, people: People):
    default = Brand.objects.get(key="default")
    typed = {"name_es": "CAU de Acme", "name_en": "Acme Help", "accent": "#2347C5", "accent_dark": ""}
    assert admin.post(part(default, "look"), typed).status_code == 302
    requester = sign_in(people.requester)
    assert "Acme Help" not in text_of(requester.get("/portal/"))
    overview = text_of(admin.get(f"/settings/brands/{default.pk}/"))
    assert "Draft not published" in overview and "Name, colors and logo" in overview
    assert admin.post(f"/settings/brands/{default.pk}/publish/").status_code == 302
    page = text_of(requester.get("/portal/"))
    address = re.search(r'href="(/theme/[^"]+\.css)"', page)
    assert "<b>Acme Help</b>" in page and address is not None
    sheet = Client(headers={"host": "localhost"}).get(address[1])
    assert sheet["Content-Type"] == "text/css; charset=utf-8" and "immutable" in sheet["Cache-Control"]
    assert "--v-accent: light-dark(#2347c5, #" in text_of(sheet)
    visitor = Client(headers={"host": "localhost", "accept-language": "es"})
    assert "<h1>CAU de Acme</h1>" in text_of(visitor.get("/sign-in/"))
    assert Event.objects.filter(kind="brand.published", actor=f"person:{people.administrator.pk}").count() == 1
    assert BrandVersion.objects.get(brand=default).content["name"] == {"es": "CAU de Acme", "en": "Acme Help"}


def test_a_color_without_contrast_is_refused_with_the_nearest_that_has_it(admin: Client, brand: Brand):
    answer = admin.post(part(brand, "look"), {"accent": YELLOW})
    near = re.search(r'name="take_accent" value="(#[0-9a-f]{6})"', text_of(answer))
    assert answer.status_code == 422 and near is not None and near[1] in text_of(answer)
    brand.refresh_from_db()
    assert brand.draft is None
    assert admin.post(part(brand, "look"), {"accent": YELLOW, "take_accent": near[1]}).status_code == 302
    brand.refresh_from_db()
    assert brand.draft == {"accent": near[1]}
    for wrong in ("red", "#12345", "#17594d;}", "url(//x)"):
        assert admin.post(part(brand, "look"), {"accent": wrong}).status_code == 422


def test_who_sees_which_brand(sign_in: SignIn, people: People, brand: Brand, settings, admin: Client):
    settings.ALLOWED_HOSTS = ["localhost", "help.customer.example"]
    published(brand, name={"en": "Customer Help"})
    published(Brand.objects.get(key="default"), name={"en": "General Help"})
    other = published(create_row(by=SETUP, section=BRANDS, label={"en": "Other"}), name={"en": "Other Help"})
    requester, stranger = sign_in(people.requester), sign_in(people.stranger)
    assert "General Help" in text_of(requester.get("/portal/"))
    # By organization, and by the one above it.
    group = Organization.objects.create(name="Group")
    Organization.objects.filter(pk=people.requester.organization_id).update(parent=group)
    set_organization_brand(by=SETUP, organization=group, brand=other)
    assert "Other Help" in text_of(requester.get("/portal/"))
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=brand)
    assert "Customer Help" in text_of(requester.get("/portal/"))
    assert "General Help" in text_of(stranger.get("/portal/"))
    # By host name, first of all; a name that nobody gave to a brand shows the general one.
    assert admin.post(f"/settings/brands/{other.pk}/", {"label_en": "Other", "hosts": "HELP.customer.example."}).url
    at_host = Client(headers={"host": "help.customer.example:443"})
    assert "Other Help" in text_of(at_host.get("/sign-in/"))
    assert "General Help" in text_of(Client(headers={"host": "localhost:8000"}).get("/sign-in/"))
    at_host.force_login(people.requester, backend="ventanilla.people.backends.PersonBackend")
    assert "Other Help" in text_of(at_host.get("/portal/"))
    refused = Client(headers={"host": "evil.example"}).get("/sign-in/")
    assert refused.status_code == 400 and "Other Help" not in text_of(refused)


@pytest.mark.parametrize("hosts", ["https://x.example", "x.example:80", "*.example", "a b_c", "x..example", "é" * 70])
def test_what_is_no_host_name_is_refused(admin: Client, brand: Brand, hosts: str):
    assert admin.post(f"/settings/brands/{brand.pk}/", {"label_en": "X", "hosts": hosts}).status_code == 422
    brand.refresh_from_db()
    assert brand.hosts == ""


def test_a_host_name_belongs_to_one_brand(admin: Client, brand: Brand):
    assert admin.post("/settings/brands/new/", {"label_en": "One", "hosts": "a.example, b.example"}).status_code == 302
    one = Brand.objects.get(hosts="a.example b.example")
    assert "VENTANILLA_HOSTS" not in text_of(admin.get(f"/settings/brands/{brand.pk}/"))
    assert "VENTANILLA_HOSTS: a.example, b.example" in text_of(admin.get(f"/settings/brands/{one.pk}/"))
    answer = admin.post(f"/settings/brands/{brand.pk}/", {"label_en": "X", "hosts": "b.example"})
    assert answer.status_code == 422 and "b.example already belongs to One" in text_of(answer)


def test_logos_are_drawn_anew_and_nothing_else_is_taken(admin: Client, brand: Brand):
    told = Image.Exif()
    told[0x010E] = "secret place"
    raw = picture("JPEG", (2400, 600), exif=told)
    sent = {"logo_file": SimpleUploadedFile("logo.jpg", raw), "accent": GREEN}
    assert admin.post(part(brand, "look"), sent).status_code == 302
    kept = BrandPicture.objects.select_related("blob").get(brand=brand)
    assert (kept.width, kept.height, kept.blob.content_type) == (960, 240, "image/png")
    brand.refresh_from_db()
    assert brand.draft["logo"] == kept.pk
    visitor = Client(headers={"host": "localhost"})
    answer = visitor.get(f"/brand/{kept.blob.sha256}.png")
    body = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "image/png" and b"secret place" not in body
    assert "immutable" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for refused in (svg, b"<html><script>1</script>", b"\x89PNG\r\n\x1a\nbroken", b"MZ", picture()[:60]):
        files = {"logo_file": SimpleUploadedFile("logo.png", refused)}
        answer = admin.post(part(brand, "look"), files)
        assert answer.status_code == 422 and "Choose a PNG" in text_of(answer)
    assert BrandPicture.objects.count() == 1
    assert visitor.get(f"/brand/{'0' * 64}.png").status_code == 404
    # Taken out again, and only pictures of the brand itself.
    assert admin.post(part(brand, "look"), {"no_logo": "on"}).status_code == 302
    brand.refresh_from_db()
    assert brand.draft is None
    other = create_row(by=SETUP, section=BRANDS, label={"en": "Other"})
    with pytest.raises(ValidationError):
        save_draft(by=SETUP, brand=other, changes={"logo": kept.pk})


def test_the_portal_shows_blocks_pages_and_links_as_published(admin: Client, sign_in: SignIn, people: People):
    default = Brand.objects.get(key="default")
    keys = ["tickets", "doors", "text", "search", "notices", "pages"]
    assert admin.post(part(default, "home"), {"key": keys, "on": ["tickets", "text", "pages"], "save": "1"}).url
    typed = {"title_en": "How to reach us", "slug": "reach-us", "place": "nav"}
    html = '<p onclick="x()">Call <strong>1234</strong></p><script>alert(1)</script>'
    assert admin.post(f"/settings/brands/{default.pk}/pages/new/", typed | {"html_en": html}).status_code == 302
    private = {"title_en": "Privacy", "slug": "privacy", "place": "footer", "public": "on", "html_en": "<p>None</p>"}
    assert admin.post(f"/settings/brands/{default.pk}/pages/new/", private).status_code == 302
    links = {"label_es": ["", ""], "label_en": ["Intranet", ""], "url": ["https://intranet.example/x?a=1", ""]}
    assert admin.post(part(default, "links"), links).status_code == 302
    texts = {"welcome_en": "Hello there", "text_en": "<p>Closed in August</p>", "sign_in_en": "<p>Ask Bea first</p>"}
    assert admin.post(part(default, "texts"), texts).status_code == 302
    requester, visitor = sign_in(people.requester), Client(headers={"host": "localhost", "accept-language": "en"})
    assert requester.get("/portal/pages/reach-us/").status_code == 404
    assert admin.post(f"/settings/brands/{default.pk}/publish/").status_code == 302
    page = text_of(requester.get("/portal/"))
    assert "Hello there" in page and "Closed in August" in page and "Report an incident" not in page
    assert page.index("My tickets</h2>") < page.index("Closed in August") < page.index("Hello there")
    assert 'role="search"' not in page
    assert 'href="https://intranet.example/x?a=1"' in page and "/portal/pages/privacy/" in page
    body = text_of(requester.get("/portal/pages/reach-us/"))
    assert "<strong>1234</strong>" in body and "alert(1)" not in body and "onclick" not in body
    assert visitor.get("/portal/pages/privacy/").status_code == 200
    assert visitor.get("/portal/pages/reach-us/").url == "/sign-in/?next=/portal/pages/reach-us/"
    assert visitor.get("/portal/pages/none/").status_code == 302
    assert requester.get("/portal/pages/none/").status_code == 404
    sign_in_page = text_of(visitor.get("/sign-in/"))
    assert "Ask Bea first" in sign_in_page and "Privacy" in sign_in_page and "reach-us" not in sign_in_page


def test_pages_and_blocks_are_put_in_order_by_keyboard_too(admin: Client, brand: Brand):
    for slug in ("one", "two"):
        typed = {"title_en": slug, "slug": slug, "place": "nav"}
        assert admin.post(f"/settings/brands/{brand.pk}/pages/new/", typed).status_code == 302
    again = admin.post(f"/settings/brands/{brand.pk}/pages/new/", {"title_en": "x", "slug": "two", "place": "nav"})
    assert again.status_code == 422
    assert admin.post(part(brand, "pages"), {"key": ["one", "two"], "up": "two"}).status_code == 302
    keys = ["notices", "search", "text", "doors", "pages", "tickets"]
    admin.post(part(brand, "home"), {"key": keys, "on": keys, "up": "tickets"})
    brand.refresh_from_db()
    assert [page["slug"] for page in brand.draft["pages"]] == ["two", "one"]
    assert [key for key, _on in brand.draft["blocks"]][-2:] == ["tickets", "pages"]
    assert admin.post(f"/settings/brands/{brand.pk}/pages/one/delete/").status_code == 302
    brand.refresh_from_db()
    assert [page["slug"] for page in brand.draft["pages"]] == ["two"]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "//x.example", "/portal/", "ftp://x.example", "https://", "mailto:x", "https://a b", ""],
)
def test_links_lead_to_the_web_or_to_a_mailbox(admin: Client, brand: Brand, url: str):
    answer = admin.post(part(brand, "links"), {"label_es": [""], "label_en": ["Out"], "url": [url]})
    assert answer.status_code == 422 and "Out" in text_of(answer)
    brand.refresh_from_db()
    assert brand.draft is None


def test_links_are_put_in_order_by_keyboard_with_what_has_been_typed(admin: Client, brand: Brand):
    typed = {
        "label_es": ["Uno", "", ""],
        "label_en": ["One", "Two", ""],
        "url": ["https://one.example", "https://t", ""],
    }
    form = typed | {"key": ["1", "2", "3"]}
    answer = admin.post(part(brand, "links"), form | {"up": "2"})
    assert answer.status_code == 200
    assert [(row["key"], row["en"]) for row in answer.context["form"].rows] == [("2", "Two"), ("1", "One"), ("3", "")]
    page = answer.content.decode()
    assert 'value="2" aria-label="Move “Two” down" autofocus' in page, "in the first place nothing goes up"
    assert "Move “Link 3” down" in page
    for end in ({"up": "1"}, {"down": "3"}, {"down": "nonsense"}):
        answer = admin.post(part(brand, "links"), form | end)
        assert [row["key"] for row in answer.context["form"].rows] == ["1", "2", "3"]
    brand.refresh_from_db()
    assert brand.draft is None, "moving saves nothing"
    turned = {name: values[1::-1] for name, values in typed.items()} | {"key": ["2", "1"]}
    assert admin.post(part(brand, "links"), turned).status_code == 302
    brand.refresh_from_db()
    assert [link["label"] for link in brand.draft["links"]] == [{"en": "Two"}, {"es": "Uno", "en": "One"}]


def test_what_is_not_offered_is_refused_and_nothing_is_written(sign_in: SignIn, people: People, admin: Client):
    default = Brand.objects.get(key="default")
    for label in ("Site", "Badge"):
        create_field(by=SETUP, entity="ticket", kind="text", label={"en": label}, audience="requester")
    typed = {"types": ["incident"], "categories": ["hardware", "software"], "fields": ["site"]}
    assert admin.post(part(default, "offers"), typed).status_code == 302
    requester = sign_in(people.requester)
    assert requester.get("/portal/new/request/").status_code == 200
    admin.post(f"/settings/brands/{default.pk}/publish/")
    assert "Request a service" not in text_of(requester.get("/portal/"))
    for answer in (requester.get("/portal/new/request/"), requester.post("/portal/new/request/", {"subject": "Hi"})):
        assert answer.status_code == 403 and "not asked for here" in text_of(answer)
    form = text_of(requester.get("/portal/new/incident/"))
    assert 'value="hardware"' in form and 'value="network"' not in form
    assert "custom.site" in form and "custom.badge" not in form
    answer = requester.post("/portal/new/incident/", {"subject": "Hi", "category": "network"})
    assert answer.status_code == 422 and not Ticket.objects.exists()
    hidden = {"subject": "Hi", "category": "hardware", "custom.badge": "7", "custom.site": "Lima"}
    assert requester.post("/portal/new/incident/", hidden).status_code == 302
    assert Ticket.objects.get().custom == {"site": "Lima"}
    # With one category there is nothing to choose, but another one is refused all the same.
    published(default, categories=["hardware"])
    assert requester.post("/portal/new/incident/", {"subject": "Hi", "category": "network"}).status_code == 422
    assert Ticket.objects.count() == 1
    assert requester.get("/portal/new/nothing/").status_code == 404


def test_nobody_can_offer_nothing_or_what_is_not_there(admin: Client, brand: Brand):
    answer = admin.post(part(brand, "offers"), {"types": [], "all_categories": "on", "all_fields": "on"})
    assert answer.status_code == 422 and "Offer at least one" in text_of(answer)
    assert admin.post(part(brand, "offers"), {"types": ["gone"]}).status_code == 422
    category = Category.objects.get(key="network")
    change_row(by=SETUP, section=CATEGORIES, row=category, label=category.label, archived=True)
    assert admin.post(part(brand, "offers"), {"all_types": "on", "categories": ["network"]}).status_code == 422
    with pytest.raises(ValidationError, match="gone"):
        save_draft(by=SETUP, brand=brand, changes={"categories": ["gone"]})
    assert Brand.objects.get(pk=brand.pk).draft is None


def test_the_draft_is_looked_at_as_oneself_as_a_visitor_and_as_a_person(
    admin: Client, sign_in: SignIn, people: People, brand: Brand
):
    save_draft(by=SETUP, brand=brand, changes={"name": {"en": "Drafted"}, "sign_in": {"en": "<p>Come in</p>"}})
    look = f"/settings/brands/{brand.pk}/look-at/"
    assert admin.post(look, {"as": "self"}).url == "/portal/"
    page = text_of(admin.get("/portal/"))
    assert "<b>Drafted</b>" in page and "Draft of the brand, which nobody else sees yet" in page
    refused = admin.post("/portal/new/incident/", {"subject": "Hi"})
    assert refused.status_code == 403 and not Ticket.objects.exists()
    assert admin.post("/settings/brands/preview/end/").url == f"/settings/brands/{brand.pk}/"
    assert "Drafted" not in text_of(admin.get("/portal/"))
    visited = admin.get(admin.post(look, {"as": "visitor"}).url)
    assert "Drafted" in text_of(visited) and "Come in" in text_of(visited)
    admin.post("/settings/brands/preview/end/")
    assert admin.post(look, {"as": "person", "email": people.requester.email}).status_code == 302
    page = text_of(admin.get("/portal/"))
    assert "Drafted" in page and "seen as Leire Requester" in page
    assert Event.objects.filter(kind="person.viewed_as", topic=f"person:{people.requester.pk}").exists()
    assert admin.post("/portal/new/incident/", {"subject": "Hi"}).status_code == 403
    assert admin.post("/settings/brands/preview/end/").status_code == 302
    assert admin.get("/settings/").status_code == 200
    assert admin.post(look, {"as": "person", "email": "nobody@x.example"}).status_code == 422
    assert "Drafted" not in text_of(sign_in(people.requester).get("/portal/"))


def test_who_may_not_change_settings_sees_and_changes_nothing(sign_in: SignIn, people: People, brand: Brand):
    save_draft(by=SETUP, brand=brand, changes={"name": {"en": "Drafted"}})
    client, base = sign_in(people.agent), f"/settings/brands/{brand.pk}/"
    before = Event.objects.count()
    for address in (base, f"{base}as-visitor/", part(brand, "look"), f"{base}pages/new/", "/settings/brands/new/"):
        assert client.get(address).status_code == 403
    for address in (f"{base}publish/", f"{base}discard/", f"{base}look-at/", part(brand, "texts")):
        assert client.post(address, {"as": "self", "welcome_en": "x"}).status_code == 403
    session = client.session
    session["brand_preview"] = {"brand": brand.pk, "since": 2**40}
    session.save()
    assert "Drafted" not in text_of(client.get("/portal/"))
    brand.refresh_from_db()
    assert brand.version == 0 and brand.draft == {"name": {"en": "Drafted"}} and Event.objects.count() == before


def test_publishing_is_undone_and_earlier_versions_come_back(admin: Client, brand: Brand):
    published(brand, name={"en": "First"})
    published(brand, name={"en": "Second"})
    event = Event.objects.filter(kind="brand.published").latest("pk")
    assert admin.post(f"/settings/undo/{event.pk}/").status_code == 302
    brand.refresh_from_db()
    assert brand.version == 3
    assert BrandVersion.objects.get(brand=brand, number=3).content == {"name": {"en": "First"}}
    assert Event.objects.filter(kind="brand.published").latest("pk").cause == event.pk
    admin.post(f"/settings/undo/{event.pk}/")
    brand.refresh_from_db()
    assert brand.version == 3, "somebody has published since"
    save_draft(by=SETUP, brand=brand, changes={"name": {"en": "Waiting"}})
    publish_again(by=SETUP, brand=brand, number=2)
    brand.refresh_from_db()
    assert brand.version == 4 and brand.draft == {"name": {"en": "Waiting"}}
    assert admin.post(f"/settings/brands/{brand.pk}/discard/").status_code == 302
    brand.refresh_from_db()
    assert brand.draft is None
    assert "Publish again" in text_of(admin.get(f"/settings/brands/{brand.pk}/"))


def test_a_brand_that_somebody_sees_stays_and_the_default_one_always(admin: Client, people: People, brand: Brand):
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=brand)
    answer = admin.post(f"/settings/brands/{brand.pk}/delete/")
    assert answer.status_code == 409 and "Customer Ltd" in text_of(answer)
    default = Brand.objects.get(key="default")
    assert admin.post(f"/settings/brands/{default.pk}/delete/").status_code == 409
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=None)
    published(brand, name={"en": "Gone soon"})
    assert admin.post(f"/settings/brands/{brand.pk}/delete/").status_code == 302
    assert not Brand.objects.filter(key="customer").exists()


def test_an_archived_brand_is_shown_to_nobody(sign_in: SignIn, people: People, admin: Client, brand: Brand):
    published(brand, name={"en": "Customer Help"})
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=brand)
    admin.post(f"/settings/brands/{brand.pk}/", {"label_en": "Customer", "hosts": "", "archived": "on"})
    assert "Customer Help" not in text_of(sign_in(people.requester).get("/portal/"))


def test_the_organization_form_chooses_the_brand(admin: Client, people: People, brand: Brand):
    organization = people.requester.organization
    address = f"/people/organizations/{organization.pk}/"
    assert "The one of the organization above" in text_of(admin.get(address))
    typed = {"name": organization.name, "domains": "customer.example", "brand": brand.pk}
    assert admin.post(address, typed).status_code == 302
    organization.refresh_from_db()
    assert organization.brand == brand
    made = Event.objects.get(kind="organization.brand_set")
    assert made.data == {"brand": [None, brand.pk]} and made.topic == f"organization:{organization.pk}"
    uses = text_of(admin.get(f"/settings/brands/{brand.pk}/"))
    assert "Organization · Customer Ltd" in uses


def test_brands_stand_in_bundles_without_hosts_and_logos(people: People, brand: Brand):
    before = bundles.exported()
    published(brand, name={"es": "Ayuda"}, accent=GREEN, types=["incident"])
    Brand.objects.filter(pk=brand.pk).update(hosts="help.customer.example")
    text = bundles.exported()
    assert "help.customer.example" not in text and GREEN in text
    bundles.imported(before.replace("key: customer\n", "key: customer\n"), by=SETUP)
    brand.refresh_from_db()
    assert brand.version == 2 and brand.hosts == "help.customer.example"
    assert [d.what for d in bundles.imported(text, by=SETUP)] == ["changed"]
    assert not bundles.compared(text, by=SETUP)
    with pytest.raises(bundles.BundleProblem, match="contrast"):
        bundles.imported(text.replace(GREEN, YELLOW), by=SETUP)


def test_the_api_publishes_and_leaves_drafts_alone(people: People, brand: Brand):
    def token(person: Person) -> str:
        return f"Bearer {create_token(by=Author.of(person), person=person)}"

    save_draft(by=SETUP, brand=brand, changes={"name": {"en": "Still writing"}})
    address = "/api/v1/settings/brands/rows/customer"
    client = Client(headers={"host": "localhost", "authorization": token(people.administrator)})
    given = {"row": {"accent": GREEN, "links": [{"label": {"en": "Out"}, "url": "https://out.example"}]}}
    answer = client.patch(address, given, content_type="application/json")
    assert answer.status_code == 200 and answer.json()["row"]["accent"] == GREEN
    brand.refresh_from_db()
    assert brand.version == 1 and brand.draft == {"name": {"en": "Still writing"}}
    assert client.get(address).json()["row"]["links"][0]["url"] == "https://out.example"
    for wrong in (
        {"accent": YELLOW},
        {"links": [{"label": {"en": "Out"}, "url": "javascript:x"}]},
        {"logo": 1},
        {"x": 1},
    ):
        assert client.patch(address, {"row": wrong}, content_type="application/json").status_code == 422
    text = {"row": {"key": "received", "html": {"en": "<p>{number}</p>"}}}
    assert client.post("/api/v1/settings/mail_texts", text, content_type="application/json").status_code == 201
    assert client.delete("/api/v1/settings/mail_texts/rows/received").status_code == 204
    agent = Client(headers={"host": "localhost", "authorization": token(people.agent)})
    assert agent.patch(address, given, content_type="application/json").status_code == 403
    brand.refresh_from_db()
    assert brand.version == 1


def test_a_brand_costs_no_query(sign_in: SignIn, people: People, brand: Brand, django_assert_max_num_queries):
    client = sign_in(people.requester)
    client.get("/portal/")
    with django_assert_max_num_queries(60) as counted:
        client.get("/portal/")
    plain = len(counted)
    published(brand, name={"en": "Customer Help"}, accent=GREEN, pages=[{"slug": "a", "title": {"en": "A"}}])
    set_organization_brand(by=SETUP, organization=people.requester.organization, brand=brand)
    client.get("/portal/")
    with django_assert_max_num_queries(plain):
        assert "Customer Help" in text_of(client.get("/portal/"))


def test_logos_are_no_garbage(people: People, brand: Brand, admin: Client):
    admin.post(part(brand, "look"), {"logo_file": SimpleUploadedFile("logo.png", picture()), "accent": ""})
    kept = BrandPicture.objects.get()
    Blob.objects.update(last_asked_at="2020-01-01T00:00Z")
    collect_garbage()
    assert BrandPicture.objects.get().blob_id == kept.blob_id


def test_whoever_manages_no_people_looks_with_their_own_eyes_alone(people: People, brand: Brand, sign_in: SignIn):
    editor = make_person("Eva Editor", "supervisor")
    editor.role.rights = [right for right in editor.role.rights if right != "people.manage"] + ["settings.manage"]
    editor.role.save()
    protect(editor)
    client, look = sign_in(editor), f"/settings/brands/{brand.pk}/look-at/"
    answer = client.post(look, {"as": "person", "email": people.requester.email})
    assert answer.status_code == 422 and "You may not see as them" in text_of(answer)
    assert not Event.objects.filter(kind="person.viewed_as").exists()
    assert client.post(look, {"as": "self"}).url == "/portal/"


def test_what_a_brand_offers_may_be_archived_but_not_deleted(admin: Client):
    category = create_row(by=SETUP, section=CATEGORIES, label={"en": "Gardens"}, key="gardens")
    field = create_field(by=SETUP, entity="ticket", key="site", kind="text", label={"en": "Site"}, audience="requester")
    default = Brand.objects.get(key="default")
    published(default, categories=["gardens"], fields=["site"])
    with pytest.raises(ValidationError, match="General"):
        delete_row(by=SETUP, section=CATEGORIES, row=category)
    with pytest.raises(ValidationError, match="General"):
        delete_field(by=SETUP, definition=field)
    change_row(by=SETUP, section=CATEGORIES, row=category, label=category.label, archived=True)
    change_field(by=SETUP, definition=field, label=field.label, archived=True)
    moved = {"key": ["search", "notices", "text", "doors", "pages", "tickets"], "on": ["search"], "save": "1"}
    assert admin.post(part(default, "home"), moved).status_code == 302
    assert admin.post(part(default, "look"), {"name_en": "Gardeners"}).status_code == 302
    publish(by=SETUP, brand=default)
    text = bundles.exported()
    publish_again(by=SETUP, brand=default, number=0)
    assert [one.key for one in bundles.imported(text, by=SETUP)] == ["default"] and bundles.exported() == text
