"""Managing people and settings, from the front door."""

import pytest
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.installation.models import Installation
from ventanilla.people.models import Department, Organization, Person, Role, Team
from ventanilla.tickets.models import Category

pytestmark = [pytest.mark.django_db, pytest.mark.pure]

PAGES = (
    "/people/",
    "/people/new/",
    "/people/{person}/",
    "/people/organizations/",
    "/people/organizations/new/",
    "/people/organizations/{organization}/",
    "/settings/",
    "/settings/categories/",
    "/settings/categories/new/",
    "/settings/categories/{category}/",
    "/settings/departments/",
    "/settings/departments/new/",
    "/settings/departments/{department}/",
    "/settings/installation/",
    "/settings/people/{person}/tickets/",
    "/settings/teams/",
    "/settings/teams/new/",
    "/settings/teams/{team}/",
)


def url(pattern: str, people: People) -> str:
    return pattern.format(
        person=people.requester.pk,
        organization=people.requester.organization_id,
        category=Category.objects.first().pk,
        department=Department.objects.first().pk,
        team=Team.objects.first().pk,
    )


@pytest.mark.parametrize("pattern", PAGES)
def test_administrators_see_the_page(sign_in, people: People, pattern: str, ticket):
    assert sign_in(people.administrator).get(url(pattern, people)).status_code == 200


@pytest.mark.parametrize("pattern", PAGES)
@pytest.mark.parametrize("who", ["supervisor", "agent", "reader", "requester", "manager"])
def test_nobody_else_does_and_nothing_changes(sign_in, people: People, pattern: str, who: str):
    before = Event.objects.count()
    client = sign_in(people.everybody()[who])
    assert client.get(url(pattern, people)).status_code == 403
    assert client.post(url(pattern, people), {"name": "x", "label_es": "x"}).status_code in (403, 405)
    assert Event.objects.count() == before


def role(key: str) -> int:
    return Role.objects.get(key=key).pk


def test_a_person_is_made_found_and_changed(sign_in, people: People):
    client = sign_in(people.administrator)
    made = client.post("/people/new/", {"name": "Nora Nueva", "email": "Nora@New.example", "role": role("requester")})
    person = Person.objects.get(email="nora@new.example")
    assert made.url == f"/people/{person.pk}/"
    for text in ("nora", "NEW.example", "Nueva"):
        assert "Nora Nueva" in client.get("/people/", {"q": text}).content.decode()
    assert "Nora Nueva" not in client.get("/people/", {"q": "zzz"}).content.decode()
    team = Team.objects.first()
    values = {"name": "Nora N.", "email": "nora@new.example", "role": role("agent"), "is_active": "on"}
    values |= {"teams": [team.pk]}
    assert client.post(made.url, values).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.role.key, list(person.teams.all())) == ("Nora N.", "agent", [team])
    assert client.post(made.url, values | {"is_active": ""}).status_code == 302
    person.refresh_from_db()
    assert not person.is_active


def test_an_invitation_may_be_sent_again(sign_in, people: People):
    address = f"/people/{people.requester.pk}/invite/"
    invited = Event.objects.filter(kind="person.invited")
    assert sign_in(people.supervisor).post(address).status_code == 403 and not invited.exists()
    client = sign_in(people.administrator)
    assert address in client.get(f"/people/{people.requester.pk}/").text
    for times in (1, 2):
        assert client.post(address).url == f"/people/{people.requester.pk}/"
        assert invited.count() == times
    people.requester.is_active = False
    people.requester.save(update_fields=["is_active"])
    assert client.post(address).status_code == 302 and invited.count() == 2
    assert address not in client.get(f"/people/{people.requester.pk}/").text


def test_bad_people_are_refused_and_kept(sign_in, people: People):
    client, before = sign_in(people.administrator), Person.objects.count()
    for wrong in ({"email": "leire@people.example"}, {"email": "nonsense"}, {"role": "999"}, {"name": ""}):
        answer = client.post("/people/new/", {"name": "Nora", "email": "", "role": role("requester")} | wrong)
        assert answer.status_code == 422
    assert "Error:" in answer.content.decode()
    assert Person.objects.count() == before


def test_administrators_cannot_lock_themselves_out(sign_in, people: People):
    me = people.administrator
    values = {"name": me.name, "email": me.email, "role": role("requester"), "is_active": "on"}
    assert sign_in(me).post(f"/people/{me.pk}/", values).status_code == 422
    assert sign_in(me).post(f"/people/{me.pk}/", values | {"role": me.role_id, "is_active": ""}).status_code == 422
    me.refresh_from_db()
    assert me.is_active and me.role.key == "administrator"


def test_who_manages_people_gives_no_more_than_they_have(sign_in, people: People):
    row = people.supervisor.role
    row.rights = [*row.rights, "people.manage"]
    row.save()
    client = sign_in(people.supervisor)
    values = {"name": "Nora", "email": "", "role": role("administrator"), "is_active": "on"}
    assert client.post("/people/new/", values).status_code == 403
    admin = people.administrator
    taken = {"name": "x", "email": "mine@evil.example", "role": role("requester"), "is_active": "on"}
    assert client.post(f"/people/{admin.pk}/", taken).status_code == 403
    admin.refresh_from_db()
    assert admin.email == "amalia@people.example"


def test_the_list_of_people_is_paged_by_key(sign_in, people: People, monkeypatch):
    monkeypatch.setattr("ventanilla.people.queries.SHOWN_AT_ONCE", 3)
    client, seen, where = sign_in(people.administrator), set(), "/people/"
    for _page in range(4):
        page = client.get(where).content.decode()
        seen |= {person.pk for person in people.everybody().values() if person.name in page.split("<tbody>")[1]}
        if 'rel="next"' not in page:
            break
        where = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == 8
    assert client.get("/people/?after=nonsense").status_code == 200


def test_organizations(sign_in, people: People):
    client = sign_in(people.administrator)
    assert (
        client.post("/people/organizations/new/", {"name": "Acme", "domains": "ACME.example, acme.test"}).status_code
        == 302
    )
    row = Organization.objects.get(name="Acme")
    assert row.domains == ["acme.example", "acme.test"]
    where = f"/people/organizations/{row.pk}/"
    assert client.post(where, {"name": "Acme", "domains": "not a domain"}).status_code == 422
    assert client.post(where, {"name": "Acme", "domains": "customer.example"}).status_code == 422
    assert client.post(where, {"name": "Acme 2", "domains": "", "archived": "on"}).status_code == 302
    row.refresh_from_db()
    assert row.archived_at is not None and row.name == "Acme 2"


def test_teams_and_departments(sign_in, people: People):
    client = sign_in(people.administrator)
    assert client.post("/settings/departments/new/", {"label_es": "Obras", "private": "on"}).status_code == 302
    department = Department.objects.get(key="obras")
    assert department.private and department.label == {"es": "Obras"}
    new = {
        "label_es": "Obras",
        "label_en": "Works",
        "department": department.pk,
        "level": 2,
        "members": [people.agent.pk],
    }
    assert client.post("/settings/teams/new/", new).status_code == 302
    team = Team.objects.get(key="obras")
    assert list(team.members.all()) == [people.agent] and team.level == 2
    where = f"/settings/teams/{team.pk}/"
    assert client.post(where, {"label_es": "", "level": 2}).status_code == 422
    assert client.post(where, {"label_es": "Obras", "level": 9}).status_code == 422
    assert client.post(where, {"label_es": "Obras", "level": 1, "members": [people.requester.pk]}).status_code == 422
    assert (
        client.post(f"/settings/departments/{department.pk}/", {"label_es": "x", "archived": "on"}).status_code == 422
    )
    assert client.post(where, {"label_es": "Obras", "level": 1, "archived": "on"}).status_code == 302
    team.refresh_from_db()
    assert team.archived_at is not None and not team.members.exists()
    first = Team.objects.filter(archived_at=None).get()
    assert (
        client.post(f"/settings/teams/{first.pk}/", {"label_es": "x", "level": 1, "archived": "on"}).status_code == 422
    )


def test_categories(sign_in, people: People):
    client = sign_in(people.administrator)
    team = Team.objects.first()
    assert (
        client.post("/settings/categories/new/", {"label_es": "Redes", "team": team.pk, "turn": "on"}).status_code
        == 302
    )
    top = Category.objects.get(key="redes")
    assert top.turn and top.team == team
    client.post("/settings/categories/new/", {"label_en": "Wifi", "parent": top.pk})
    below = Category.objects.get(key="wifi")
    assert below.parent == top
    where = f"/settings/categories/{top.pk}/"
    assert client.post(where, {"label_es": "Redes", "parent": below.pk}).status_code == 422
    assert client.post(where, {"label_es": "Redes", "turn": "on"}).status_code == 422
    both = {"label_es": "Redes", "turn": "on", "team": team.pk, "in_charge": people.agent.pk}
    assert client.post(where, both).status_code == 422
    assert client.post(where, {"label_es": "Redes y wifi", "archived": "on"}).status_code == 302
    top.refresh_from_db()
    assert top.archived_at is not None and str(top) == "Redes y wifi"


def test_the_installation(sign_in, people: People):
    client = sign_in(people.administrator)
    good = {"name": "Ayuntamiento", "language": "en", "time_zone": "Atlantic/Canary"}
    for wrong in ({"name": ""}, {"language": "xx"}, {"time_zone": "Mars"}):
        assert client.post("/settings/installation/", good | wrong).status_code == 422
    assert client.post("/settings/installation/", good).status_code == 302
    assert Installation.objects.get().name == "Ayuntamiento"
    assert "Ayuntamiento" in client.get("/settings/").content.decode()


def test_names_are_shown_not_obeyed(sign_in, people: People):
    evil = '"><script>alert(1)</script>'
    client = sign_in(people.administrator)
    client.post("/people/new/", {"name": evil, "role": role("requester")})
    client.post("/people/organizations/new/", {"name": evil})
    client.post("/settings/departments/new/", {"label_es": evil})
    for path in ("/people/", "/people/organizations/", "/settings/", "/settings/departments/"):
        assert "<script>alert" not in client.get(path).content.decode()


@pytest.mark.parametrize(("path", "most"), [("/people/", 14), ("/settings/", 16), ("/settings/teams/", 12)])
def test_query_budgets(sign_in, people: People, django_assert_max_num_queries, path: str, most: int):
    client = sign_in(people.administrator)
    client.get(path)
    with django_assert_max_num_queries(most):
        assert client.get(path).status_code == 200
