"""The configuration as text: out and in again, what it refuses and where, and that a refused one changes nothing."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from tests.plugin import SETUP, People

from ventanilla.automation.actions import save_macro
from ventanilla.events.models import Event
from ventanilla.fields.bundles import BundleProblem, compared, exported, imported
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.effects import Effect
from ventanilla.fields.section_actions import change_row, create_row, order_rows
from ventanilla.fields.sections import sections
from ventanilla.fields.sectors import SECTORS, Sector
from ventanilla.installation.queries import config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.module_actions import switch_modules
from ventanilla.saved_views.actions import create_view
from ventanilla.tickets.models import Category, Status
from ventanilla.tickets.sections import CANNED_REPLIES, CATEGORIES, STATUSES
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work_sections import CHECKLISTS

SignIn = Callable[[Person], Client]


def configure(people: People) -> None:
    """Something of every kind."""
    team = people.agent.teams.get()
    above = Category.objects.order_by("position")[0]
    below = create_row(
        by=SETUP, section=CATEGORIES, label={"es": "Tóner", "en": "Toner"}, parent=above, team=team,
        in_charge=people.agent,
    )  # fmt: skip
    order_rows(by=SETUP, section=CATEGORIES, keys=[below.key])
    row = create_row(by=SETUP, section=STATUSES, label={"es": "on: 12:30", "en": "no"}, category=3, clock="pause")
    change_row(by=SETUP, section=STATUSES, row=row, label=row.label, archived=True)
    create_row(by=SETUP, section=CANNED_REPLIES, label={"en": "Hi"}, html={"en": "<p>Hi {agent}</p>"}, folder="A")
    create_row(
        by=SETUP, section=CHECKLISTS, label={"en": "Leaver"}, types=["incident"], team=team, by_itself=True,
        items=[{"label": {"en": "Badge", "es": "Tarjeta"}, "before": "category:resolved"}, {"label": {"en": "Keys"}}],
    )  # fmt: skip
    save_macro(
        by=SETUP, macro=None, label={"en": "To me"}, html={}, public=True, team=team,
        effects=[Effect("set", "priority", "high"), Effect("set", "assignee", people.agent.pk)],
    )  # fmt: skip
    for audience, label in (("everyone", "All mine"), ("owner", "Nobody's business")):
        create_view(
            by=Author.of(people.administrator), owner=people.administrator, label={"en": label}, audience=audience,
            condition=["and", ["assignee", "is", "me"], ["status.category", "is", "open"]],
        )  # fmt: skip


def test_it_goes_out_and_in_and_out_the_same(people: People):
    configure(people)
    text = exported()
    assert "Nobody" not in text and "in_charge: aitor@people.example" in text and "category: pending" in text
    version, events = config_version(), Event.objects.count()
    assert imported(text, by=SETUP) == []
    assert (exported(), config_version(), Event.objects.count()) == (text, version, events)
    for section in sections().values():
        rows = section.model._default_manager.order_by("-position")
        order_rows(by=SETUP, section=section, keys=[row.key for row in rows])
    row = Status.objects.get(key="open")
    change_row(by=SETUP, section=STATUSES, row=row, label={"en": "Other"}, clock="stop")
    create_row(by=SETUP, section=STATUSES, label={"en": "Too much"}, category=3, clock="run")
    shown = {(one.chapter.key, one.what, one.key) for one in compared(text, by=SETUP, exact=True)}
    assert ("statuses", "changed", "open") in shown and ("statuses", "gone", "too-much") in shown
    assert ("categories", "ordered", "") in shown
    assert Status.objects.get(key="open").label == {"en": "Other"}, "comparing changes nothing"
    assert words().by_key(words().statuses, "open").label == {"en": "Other"}, "nor what is remembered"
    imported(text, by=SETUP, exact=True)
    assert exported() == text
    assert Event.objects.filter(kind="bundle.imported").get().data["counts"]["gone"] == 1


NEW = """\
ventanilla: 1
categories:
- {key: below, label: {es: Abajo}, parent: above}
- {key: above, label: {es: Arriba}}
canned-replies:
- {key: hello, label: {en: Hello}, html: {en: "<p>Hello <script>x</script>{agent}</p>"}}
"""


# What is good in a bundle that is bad further on.
GOOD = "ventanilla: 1\nservices: [{key: below, label: {es: Abajo}}]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with"),
        ("just words", "begins with"),
        ("ventanilla: 2\n", "newer version"),
        ("ventanilla: 1\n\tx: [", "cannot be read as YAML"),
        ("ventanilla: 1\nstatuses: !!python/object/apply:os.system [id]\n", "line 2: Tags are not allowed"),
        ("ventanilla: 1\nstatuses: &a []\ntypes: *a\n", "line 2: Anchors"),
        (
            'ventanilla: 1\ntypes: [{key: a, label: {es: "\\0"}}]',
            "line 2: There are characters here that cannot be kept",
        ),
        ('ventanilla: 1\ntypes: [{key: a, label: {es: "\\ud800"}}]', "line 2: There are characters here that"),
        ("ventanilla: 1\ntypes: []\ntypes: []\n", "line 3: “types” stands here twice"),
        ("ventanilla: 1\nlife-cycle: {close: 2026-01-01}\n", "line 2: Put it between quotes"),
        ("ventanilla: 1\nlife-cycle: {on: true}\n", "line 2: Put it between quotes"),
        ("ventanilla: 1\nx: " + "[" * 40 + "]" * 40, "nested deeper"),
        ("ventanilla: 1\nnonsense: []\n", "nonsense: There is no such chapter"),
        ("ventanilla: 1\nstatuses: {}\n", "statuses: A list"),
        ("ventanilla: 1\nstatuses: [{label: {es: x}}]\n", "statuses · 1: It needs a key"),
        ("ventanilla: 1\nstatuses: [{key: a, label: {es: x}, category: nope, clock: run}]", "statuses · a: “category”"),
        ("ventanilla: 1\nstatuses: [{key: a, label: {es: x}, tariff: 3}]", "There is no “tariff” here"),
        (
            "ventanilla: 1\nstatuses: [{key: new, label: {es: x}, category: open, clock: run}]",
            "cannot be changed later",
        ),
        ("ventanilla: 1\nstatuses: [{key: new, label: {es: x}, category: new, clock: run, archived: true}]", "last st"),
        ("ventanilla: 1\nstatuses: [{key: a, label: x, category: open, clock: run}]", "texts by language"),
        (
            "ventanilla: 1\ncategories: [{key: a, label: {es: a}, parent: b}, {key: b, label: {es: b}, parent: a}]",
            "circle",
        ),
        ("ventanilla: 1\ncategories: [{key: a, label: {es: a}, team: gone}]", "names “gone”, which is not there"),
        ("ventanilla: 1\ncanned-replies: [{key: a, label: {es: a}, html: {es: '{secret}'}}]", "no variable {secret}"),
        ("ventanilla: 1\nmacros: [{key: a, label: {es: a}, effects: [[set, priority, none]]}]", "macros · a"),
        ("ventanilla: 1\nmacros: [{key: a, label: {es: a}, effects: [[run, x, y]]}]", "macros · a"),
        ("ventanilla: 1\nviews: [{key: v, label: {es: v}, condition: [custom.gone, is, x]}]", "views · v"),
        ("ventanilla: 1\nmatrix: {high: {high: nope}}", "matrix"),
        ("ventanilla: 1\nlife-cycle: {'on': maybe}", "life-cycle"),
        ("ventanilla: 1\ninstallation: {time_zone: Mars/Olympus}", "installation"),
    ],
)
def test_what_cannot_be_carried_in_is_named_and_nothing_of_it_is(people: People, text: str, said: str):
    before, events = exported(), Event.objects.count()
    if text.startswith("ventanilla: 1\n") and not said.startswith("line"):
        text = f"{GOOD}{text.partition(chr(10))[2]}"
    with pytest.raises(BundleProblem) as refused, translation.override("en"):
        imported(text, by=SETUP)
    assert said in str(refused.value)
    assert (exported(), Event.objects.count()) == (before, events)
    assert "below" not in {row.key for row in words().services.values()}


def test_rows_may_name_those_that_come_later(people: People):
    assert len(imported(NEW, by=SETUP)) == 3
    assert Category.objects.get(key="below").parent == Category.objects.get(key="above")
    assert "script" not in exported()


def test_in_the_browser_one_sees_before_one_carries_in(sign_in: SignIn, people: People):
    client, agent = sign_in(people.administrator), sign_in(people.agent)
    for path in ("", "file/"):
        assert agent.get(f"/settings/bundle/{path}").status_code == 403
    assert agent.post("/settings/bundle/", {"text": NEW, "carry": "1"}).status_code == 403
    taken = client.get("/settings/bundle/file/")
    assert "attachment" in taken["Content-Disposition"] and taken.content.decode() == exported()
    shown = client.post("/settings/bundle/", {"file": io.BytesIO(NEW.encode())}).content.decode()
    assert "Arriba" in shown and "Carry in 3 changes" in shown and "Abajo" in shown
    assert not Category.objects.filter(key="above").exists()
    bad = client.post("/settings/bundle/", {"text": NEW + "statuses: 3\n"})
    assert bad.status_code == 422 and "statuses: A list" in bad.content.decode() and "Arriba" in bad.content.decode()
    for file in (b"\xff\xfe\x00", b""):
        assert client.post("/settings/bundle/", {"file": io.BytesIO(file)}).status_code == 422
    assert client.post("/settings/bundle/", {"text": NEW, "carry": "1"}).status_code == 302
    assert Category.objects.filter(key="above").exists()
    assert "Nothing would change" in client.post("/settings/bundle/", {"text": NEW}).content.decode()


def test_one_chapter_names_what_another_has_just_made(sign_in: SignIn, people: People):
    text = """\
ventanilla: 1
statuses: [{key: workshop, label: {es: En el taller}, category: open, clock: run}]
ticket-fields: [{key: serial, kind: text, label: {es: Serie}}]
macros: [{key: m, label: {es: Al taller}, effects: [[set, status, workshop], [set, custom.serial, X1]]}]
views: [{key: v, label: {es: Taller}, condition: [and, [status, is, workshop], [custom.serial, is, X1]]}]
"""
    client = sign_in(people.administrator)
    client.get("/settings/")
    page = client.post("/settings/bundle/", {"text": text})
    assert page.status_code == 200 and "Carry in 4 changes" in page.content.decode()
    assert client.post("/settings/bundle/", {"text": text, "carry": "1"}).status_code == 302
    assert imported(text, by=SETUP) == []


def test_by_command(people: People, tmp_path: Path, capsys: Any):
    file = tmp_path / "bundle.yaml"
    call_command("config", "export", str(file))
    assert file.read_text(encoding="utf-8") == exported()
    file.write_text(NEW, encoding="utf-8")
    call_command("config", "diff", str(file))
    assert "+ " in capsys.readouterr().out and not Category.objects.filter(key="above").exists()
    call_command("config", "import", str(file))
    assert Category.objects.filter(key="above").exists()
    file.write_text("ventanilla: 9\n")
    with pytest.raises(CommandError, match="9"):
        call_command("config", "import", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("config", "import", str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("sector", SECTORS, ids=lambda sector: sector.key)
def test_a_ready_configuration_is_carried_in_once(people: People, sector: Sector):
    assert len(imported(sector.bundle, by=SETUP)) > 10
    assert imported(sector.bundle, by=SETUP) == []
    text = exported()
    assert imported(text, by=SETUP) == [] and exported() == text


def test_after_sales_says_no_word_of_it_management(sign_in: SignIn, people: People):
    imported(next(one.bundle for one in SECTORS if one.key == "aftersales"), by=SETUP)
    assert sorted(definitions_of("ticket")) == ["bought_on", "product", "quote", "serial", "tracking", "warranty"]
    Person.objects.update(language="es")
    agent, requester = sign_in(people.agent), sign_in(people.requester)
    home = requester.get("/portal/").content.decode()
    assert "Avería" in home and "/portal/new/breakdown/" in home
    form = requester.get("/portal/new/breakdown/").content.decode()
    assert "Número de serie" in form and "Presupuesto" not in form
    pages = home + form + agent.get("/desk/new/").content.decode()
    assert not re.search(r"incidencia|solicitud de servicio|impacto|urgencia", pages, re.IGNORECASE)


def test_modules_go_with_the_configuration(people: People):
    switch_modules(by=SETUP, off=["surveys"])
    text = exported()
    assert "modules:\n  without:\n  - surveys\n" in text
    switch_modules(by=SETUP, off=[])
    (difference,) = imported(text, by=SETUP)
    assert difference.chapter.key == "modules" and exported() == text
    for wrong in ("without: [nonsense]", "departments: {gone: [surveys]}", "departments: 3"):
        with pytest.raises(BundleProblem):
            imported(f"ventanilla: 1\nmodules: {{{wrong}}}\n", by=SETUP)
