"""Importing people, organizations and departments from a file, from the front door."""

import csv
import io
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from openpyxl import Workbook
from tests.plugin import SETUP, People, make_person, protect

from ventanilla.events.models import Event, Handover
from ventanilla.mail.models import Outgoing
from ventanilla.people import import_actions
from ventanilla.people.actions import change_person
from ventanilla.people.import_fields import guess
from ventanilla.people.models import Department, Organization, PeopleImport, Person, Role, Team

HEADING = "Correo electrónico;Nombre;Apellidos;Teléfono;Empresa;Rol;Grupos;Idioma;Notas\r\n"
GOOD = (
    "Nora@New.example;Nora;Muñoz;+34 948 555 100;Bodegas Ñandú;;;español;x\r\n"
    "leire@people.example;Leire;Arana;;Customer ltd;;;;x\r\n"
    "aitor@people.example;Aitor;Agent;;;;Soporte;;x\r\n"
)
BAD = (
    "nonsense;Wrong;Address;;;;;;\r\n"
    "formula@x.example;=HYPERLINK(1);Evil;;;;;;\r\n"
    "nora@new.example;Nora;Again;;;;;;\r\n"
    "role@x.example;No;Role;;;Emperador;;;\r\n"
    "team@x.example;No;Agent;;;;Soporte;;\r\n"
    ";No;Address;;;;;;\r\n"
    "short@x.example;Too;short\r\n"
)


def upload(client, content: bytes | str, *, kind: str = "people", name: str = "gente.csv"):
    data = content.encode("cp1252") if isinstance(content, str) else content
    return client.post("/people/import/", {"kind": kind, "file": SimpleUploadedFile(name, data)})


def columns(run: PeopleImport, **more: str) -> dict[str, str]:
    return {f"column-{place}": key for place, key in enumerate(run.mapping)} | {"make_organizations": "on"} | more


@pytest.fixture
def bring(sign_in, people: People, run_background):
    """Upload, accept the guessed columns, check; and start when told so. Returns the import and the page."""

    def through(content: bytes | str, *, start: bool = True, by: Person | None = None, **more: str):
        client = sign_in(by or people.administrator)
        where = upload(client, content, **more).url
        run = PeopleImport.objects.get(pk=int(where.rstrip("/").rpartition("/")[2]))
        assert client.post(where, columns(run)).status_code == 302
        run_background()
        if start:
            assert client.post(f"{where}start/").status_code == 302
            run_background()
        run.refresh_from_db()
        return run, client.get(where).content.decode()

    return through


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("Correo electrónico;Nombre;Apellidos;Teléfono", "email;first_name;surname;phone"),
        ("E-MAIL;Nombre y apellidos;Puesto;Sede", "email;name;job_title;location"),
        ("First Name [Required];Last Name [Required];Email Address [Required]", "first_name;surname;email"),
        ("userPrincipalName;displayName;surname;mail;givenName", ";name;surname;email;first_name"),
        ("Mail;Name;Company;Shoe size", "email;name;organization;"),
        ("correo;nombre", "email;name"),
    ],
)  # fmt: skip
@pytest.mark.pure
def test_headings_are_understood_in_both_languages(heading: str, wanted: str):
    assert guess(heading.split(";"), "people") == wanted.split(";")


@pytest.mark.django_db
def test_a_file_is_checked_before_anything_is_written(bring, people: People):
    before, events = Person.objects.count(), Event.objects.count()
    run, page = bring(HEADING + GOOD + BAD, start=False)
    assert run.state == PeopleImport.State.CHECKED
    assert run.counts == {"new": 1, "changed": 1, "same": 1, "refused": 7, "organizations": 1}
    assert (Person.objects.count(), Event.objects.count()) == (before, events)
    for said in (
        "“nonsense” is not an e-mail address.", "“=HYPERLINK(1)” is a formula.", "The same as in line 2.",
        "There is no role called “Emperador”.", "Only agents can be members of a team.", "The value is missing.",
        "The line has fewer cells than the heading: 3 / 9.", "1 organization does not exist yet", "Muñoz",
    ):  # fmt: skip
        assert said in page.replace("&amp;", "&"), said
    assert [line.number for line in run.lines.filter(outcome="refused").order_by("number")] == [5, 6, 7, 8, 9, 10, 11]


@pytest.mark.django_db
def test_what_was_announced_is_written_and_nobody_is_told(bring, people: People):
    agents_name = people.agent.name
    run, page = bring(HEADING + GOOD + BAD)
    assert run.state == PeopleImport.State.DONE
    assert run.counts == {"new": 1, "changed": 1, "same": 1, "refused": 7}
    nora = Person.objects.get(email="nora@new.example")
    assert (nora.name, nora.phone, nora.language, nora.role.key) == ("Nora Muñoz", "+34 948 555 100", "es", "requester")
    assert nora.organization == Organization.objects.get(name="Bodegas Ñandú")
    people.requester.refresh_from_db()
    assert people.requester.name == "Leire Arana", "an empty cell leaves what is there"
    assert people.requester.organization.name == "Customer Ltd", "found whatever its case"
    people.agent.refresh_from_db()
    assert people.agent.name == agents_name
    assert not Person.objects.filter(email__in=["formula@x.example", "role@x.example", "short@x.example"]).exists()
    assert not Outgoing.objects.exists() and not Handover.objects.exists()
    made = Event.objects.get(kind="person.created", topic=f"person:{nora.pk}")
    assert made.actor == f"person:{people.administrator.pk}"
    finished = Event.objects.get(kind="import.finished")
    assert finished.data["counts"]["new"] == 1 and "Lines that were refused" in page


@pytest.mark.django_db
def test_importing_again_changes_nothing(bring, people: People):
    bring(HEADING + GOOD)
    events = Event.objects.filter(topic__startswith="person:").count()
    run, page = bring(HEADING + GOOD, start=False)
    assert run.counts == {"same": 3, "organizations": 0} and "there is nothing to import" in page
    assert Event.objects.filter(topic__startswith="person:").count() == events
    assert Organization.objects.filter(name__startswith="Bodegas").count() == 1


@pytest.mark.django_db
def test_a_start_is_taken_once(bring, sign_in, people: People, run_background):
    run, _page = bring(HEADING + GOOD)
    client, before = sign_in(people.administrator), Event.objects.count()
    assert client.post(f"/people/import/{run.pk}/start/").status_code == 302
    assert client.post(f"/people/import/{run.pk}/columns/").status_code == 302
    assert client.post(f"/people/import/{run.pk}/", columns(run)).status_code == 302
    run_background()
    run.refresh_from_db()
    assert run.state == PeopleImport.State.DONE and Event.objects.count() == before


@pytest.mark.django_db
def test_a_spreadsheet_is_as_good(bring, people: People):
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Mail", "Name", "Phone", "Team", "Role"])
    book.active.append(["ivan@x.example", "Iván Castaño", 948555123, "support", "Agente"])
    book.active.append(["rosa@x.example", "=CONCAT(1)", None, None, None])
    book.save(out)
    run, _page = bring(out.getvalue(), name="gente.xlsx")
    assert run.counts == {"new": 1, "refused": 1}
    ivan = Person.objects.get(email="ivan@x.example")
    assert (ivan.phone, ivan.role.key, list(ivan.teams.all())) == ("948555123", "agent", [Team.objects.get()])


@pytest.mark.django_db
def test_organizations_and_departments(bring, people: People):
    run, _page = bring(
        "Empresa;Dominios\nCustomer Ltd;customer.example other.example\nNueva;nueva.example\nTaken;customer.example\n"
        "Bad;nodomain\n", kind="organizations",
    )  # fmt: skip
    assert run.counts == {"changed": 1, "new": 1, "refused": 2}
    assert Organization.objects.get(name="Customer Ltd").domains == ["customer.example", "other.example"]
    assert Organization.objects.get(name="Nueva").domains == ["nueva.example"]
    first = Department.objects.get()
    run, _page = bring(
        "Departamento;Nombre en inglés;Privado\nSOPORTE;;sí\nPersonal;Human resources;no\nX;;quizá\n",
        kind="departments",
    )
    assert run.counts == {"changed": 1, "new": 1, "refused": 1}
    first.refresh_from_db()
    assert first.private and first.label == {"es": "Soporte", "en": "Support"}
    assert Department.objects.get(key="personal").label == {"es": "Personal", "en": "Human resources"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The submitted file is empty."),
        (b"\n;;\n", "There is nothing in this file."),
        (b'Mail;Name\nx@x.example;"Ana\n', "Line 2: a quotation mark is opened"),
        (b"PK\x03\x04rubbish", "This is no spreadsheet that can be read."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rubbish", "This is the old Excel format."),
        (b"x" * (20 * 1024 * 1024 + 1), "The file is larger than 20 MB."),
    ],
)
@pytest.mark.django_db
def test_what_is_no_table_is_refused_with_a_reason(sign_in, people: People, content: bytes, said: str):
    answer = upload(sign_in(people.administrator), content)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not PeopleImport.objects.exists()


@pytest.mark.django_db
def test_a_file_that_turns_bad_later_is_refused_as_a_whole(bring, people: People, monkeypatch):
    monkeypatch.setattr(import_actions, "MOST_ROWS", 4)
    run, page = bring("Mail\n" + "".join(f"p{n}@x.example\n" for n in range(6)), start=False)
    assert run.state == PeopleImport.State.FAILED and "Line 6: the file has more than 100000 lines." in page
    run, page = bring("Mail;Name\n" + "".join(f'p{n}@x.example;"N"\n' for n in range(4)) + 'x;"y', start=False)
    assert run.state == PeopleImport.State.FAILED and "Line 6: a quotation mark" in page
    assert not run.lines.exists() and not Person.objects.filter(email__startswith="p0@").exists()


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_named_by_their_line(bring, people: People):
    content = "Mail;Name\nok@x.example;Muñoz\n".encode() + b"bad@x.example;Mu\xf1oz\n"
    run, page = bring(content)
    assert run.counts == {"new": 1, "refused": 1}
    assert "Some characters cannot be read: “Mu\N{REPLACEMENT CHARACTER}oz”." in page
    assert Person.objects.get(email="ok@x.example").name == "Muñoz"


@pytest.mark.django_db
def test_columns_must_be_clear(sign_in, people: People, run_background):
    client = sign_in(people.administrator)
    where = upload(client, "A;B\n1;2\n").url
    page = client.post(where, {"column-0": "", "column-1": "name"})
    assert page.status_code == 422 and "Say which column is “E-mail address”" in page.content.decode()
    page = client.post(where, {"column-0": "email", "column-1": "email"})
    assert page.status_code == 422 and "Another column is “E-mail address” already." in page.content.decode()
    assert client.post(where, {"column-0": "password", "column-1": "email"}).status_code == 422
    run_background()
    assert PeopleImport.objects.get().state == PeopleImport.State.MAPPING
    assert client.post(f"{where}discard/").url == "/people/import/"
    assert not PeopleImport.objects.exists()


@pytest.mark.django_db
def test_a_file_gives_nobody_more_than_a_hand_could(bring, people: People):
    row = people.supervisor.role
    row.rights = [*row.rights, "people.manage"]
    row.save()
    protect(people.supervisor)  # whoever manages people must have a second step
    run, page = bring(
        "Mail;Name;Role\nnew@x.example;New;administrator\namalia@people.example;Taken;\nsonia@people.example;Me;requester\n",
        by=people.supervisor,
    )
    assert run.counts.get("refused") == 3 and "Your own role does not allow you" in page
    assert not Person.objects.filter(email="new@x.example").exists()
    people.administrator.refresh_from_db()
    assert people.administrator.name == "Amalia Admin"


@pytest.mark.django_db
def test_who_loses_the_right_meanwhile_writes_nothing(bring, sign_in, people: People, run_background):
    run, _page = bring(HEADING + GOOD, start=False)
    other = make_person("Otto Other", "administrator")
    client = sign_in(people.administrator)
    client.post(f"/people/import/{run.pk}/start/")
    change_person(by=SETUP, person=people.administrator, role=Role.objects.get(key="agent"))
    before = Person.objects.count()
    run_background()
    run.refresh_from_db()
    assert run.counts["refused"] == 2 and Person.objects.count() == before
    assert "You may not make this change." in sign_in(other).get(f"/people/import/{run.pk}/").content.decode()


@pytest.mark.django_db
def test_departments_need_the_settings(sign_in, people: People):
    row = people.supervisor.role
    row.rights = [*row.rights, "people.manage"]
    row.save()
    protect(people.supervisor)  # whoever manages people must have a second step
    run = PeopleImport.objects.create(kind="departments", name="d.csv", heading=["Nombre"], mapping=["label_es"])
    client = sign_in(people.supervisor)
    assert upload(client, "Nombre\nX\n", kind="departments").status_code == 422
    assert client.get("/people/import/example/departments/").status_code == 403
    for path in ("", "result/"):
        assert client.get(f"/people/import/{run.pk}/{path}").status_code == 404
    for path in ("", "start/", "columns/", "discard/"):
        assert client.post(f"/people/import/{run.pk}/{path}").status_code == 404
    assert PeopleImport.objects.get() == run


@pytest.mark.django_db
def test_the_result_can_be_downloaded_and_read_again(bring, sign_in, people: People):
    run, _page = bring("Mail;Name\nok@x.example;Ana\nevil@x.example;@SUM(1)\n")
    client = sign_in(people.administrator)
    answer = client.get(f"/people/import/{run.pk}/result/")
    assert "attachment" in answer["Content-Disposition"] and answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["Mail", "Name", "Line", "Result", "Why"] and rows[1][:4] == ["ok@x.example", "Ana", "2", "New"]
    assert rows[2][1] == "'@SUM(1)" and rows[2][3] == "Refused"
    only = client.get(f"/people/import/{run.pk}/result/?only=refused").content.decode("utf-8-sig")
    assert "ok@x.example" not in only and "evil@x.example" in only
    again, _page = bring(answer.content, start=False)
    assert again.counts == {"same": 1, "refused": 1, "organizations": 0}
    example = client.get("/people/import/example/people/").content.decode("utf-8-sig").strip()
    assert set(guess(example.split(","), "people")) >= {"email", "name", "organization", "teams", "role"}


@pytest.mark.django_db
def test_progress_is_shown_and_asked_for_again(sign_in, people: People, monkeypatch):
    monkeypatch.setattr(import_actions, "BATCH_LINES", 2)
    client = sign_in(people.administrator)
    where = upload(client, "Mail\n" + "".join(f"p{n}@x.example\n" for n in range(5))).url
    client.post(where, columns(PeopleImport.objects.get()))
    part = {"HX-Request": "true", "HX-Target": "import"}
    assert "every 1s" in client.get(where, headers=part).content.decode()
    for _ in range(2):
        import_actions.run_due(timezone.now())
    page = client.get(where, headers=part).content.decode()
    assert "2 / 5" in page and "<html" not in page
    for _ in range(2):
        import_actions.run_due(timezone.now())
    page = client.get(where, headers=part).content.decode()
    assert "every 1s" not in page and "Import 5 lines" in page


@pytest.mark.django_db
def test_one_bad_import_stops_nothing_and_says_so(bring, people: People, monkeypatch, run_background):
    def broken(*_args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(import_actions, "_batch", broken)
    monkeypatch.setattr(import_actions, "MOST_ATTEMPTS", 1)
    run, page = bring("Mail\nx@x.example\n", start=False)
    assert run.state == PeopleImport.State.FAILED and "Something went wrong on our side" in page


@pytest.mark.django_db
def test_old_files_are_forgotten(bring, people: People):
    run, _page = bring("Mail\nx@x.example\n")
    later = run.created_at + timedelta(days=import_actions.KEPT_DAYS, seconds=1)
    import_actions.forget_old(run.created_at)
    assert PeopleImport.objects.exists()
    import_actions.forget_old(later)
    assert not PeopleImport.objects.exists() and Person.objects.filter(email="x@x.example").exists()


@pytest.mark.django_db
def test_the_command_does_the_same(people: People, tmp_path):
    path, said = tmp_path / "gente.csv", StringIO()
    path.write_text("Buzón;Name;Puesto\nnora@x.example;Nora;Jefa\nbad;Bad;\n", encoding="utf-8")
    with pytest.raises(CommandError, match="--column HEADING=email"):
        call_command("people", "import", path, stdout=said)
    with pytest.raises(CommandError, match="the file has Buzón, Name, Puesto"):
        call_command("people", "import", path, "--column", "Mail=email", stdout=said)
    assert not PeopleImport.objects.exists()
    call_command("people", "import", path, "--column", "Buzón=email", "--dry-run", stdout=said, stderr=said)
    assert "line 3: “bad” is not an e-mail address." in said.getvalue() and "1 new" in said.getvalue()
    assert not Person.objects.filter(email="nora@x.example").exists()
    with pytest.raises(CommandError, match="refused"):
        call_command("people", "import", path, "--column", "Buzón=email", stdout=said, stderr=said)
    assert Person.objects.get(email="nora@x.example").job_title == "Jefa"
    with pytest.raises(CommandError, match="No such file"):
        call_command("people", "import", tmp_path / "none.csv")
    path.write_bytes(b"Mail\n" + b'"open')
    with pytest.raises(CommandError, match="Line 2: a quotation mark"):
        call_command("people", "import", path)


@pytest.mark.parametrize(("state", "most"), [("", 16), ("mapping", 14), ("running", 6), ("done", 16)])
@pytest.mark.django_db
def test_query_budgets(bring, sign_in, people: People, django_assert_max_num_queries, state: str, most: int):
    run, _page = bring(HEADING + GOOD + BAD)
    client, path, headers = sign_in(people.administrator), "/people/import/", {}
    if state:
        path = f"/people/import/{run.pk}/"
        PeopleImport.objects.filter(pk=run.pk).update(state=PeopleImport.State[state.upper()])
    if state == "running":
        headers = {"HX-Request": "true", "HX-Target": "import"}
    client.get(path, headers=headers)
    with django_assert_max_num_queries(most):
        assert client.get(path, headers=headers).status_code == 200
