"""The configuration through the REST API: the studio's actions, and the bundle's words."""

import pytest
from tests.api_client import Api
from tests.plugin import make_person

from ventanilla.events.models import Event
from ventanilla.fields.bundles import exported
from ventanilla.installation.modules import is_on
from ventanilla.people.models import Department, Role, Team
from ventanilla.tickets.models import Category, Status

pytestmark = pytest.mark.django_db


class Answers:
    """What the API answers to somebody of a role: the status and what was said."""

    def __init__(self, role: str, *scopes: str) -> None:
        self._api = Api(make_person(f"{role} of tests", role), *scopes, **{"accept-language": "en"})

    def ask(self, method: str, path: str, body=None):
        answer = self._api.ask(method, f"/{path}", body)
        return answer.status_code, (answer.json() if answer.content else None)


@pytest.fixture
def api(db) -> Answers:
    return Answers("administrator")


def test_every_chapter_can_be_read(api):
    status, found = api.ask("GET", "settings")
    assert status == 200
    keys = [chapter["key"] for chapter in found["items"]]
    assert {"types", "statuses", "teams", "roles", "ticket-fields", "macros", "views", "modules", "matrix"} <= set(keys)
    for chapter in found["items"]:
        status, rows = api.ask("GET", f"settings/{chapter['key']}")
        assert status == 200, chapter
        assert len(rows["items"]) == 1 or not chapter["single"]


def test_a_row_is_made_changed_put_in_order_and_taken_away(api):
    made = {"key": "printers", "label": {"es": "Impresoras", "en": "Printers"}}
    status, found = api.ask("POST", "settings/categories", {"row": made})
    assert (status, found["row"]) == (201, made)
    below = {"key": "toner", "label": {"en": "Toner"}, "parent": "printers"}
    status, found = api.ask("POST", "settings/categories", {"row": below})
    assert (status, found["row"]["parent"]) == (201, "printers")

    status, found = api.ask("PATCH", "settings/categories/rows/toner", {"row": {"label": {"en": "Ink"}}})
    assert (status, found["row"]) == (200, below | {"label": {"en": "Ink"}})
    assert Category.objects.get(key="toner").parent.key == "printers"

    status, found = api.ask("PUT", "settings/categories/order", {"keys": ["toner", "printers"]})
    assert (status, [row["key"] for row in found["items"]][:2]) == (200, ["toner", "printers"])

    assert api.ask("DELETE", "settings/categories/rows/toner") == (204, None)
    assert api.ask("GET", "settings/categories/rows/toner")[0] == 404
    kinds = Event.objects.filter(kind__startswith="category.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["category.created"] * 2 + ["category.changed", "category.ordered", "category.deleted"]


def test_a_row_that_is_used_is_archived_instead(api):
    department = Department.objects.get()
    Team.objects.create(key="second", label={"en": "Second"}, department=department, position=9)
    kept = Department.objects.count()
    api.ask("POST", "settings/departments", {"row": {"key": "works", "label": {"en": "Works"}}})
    Team.objects.filter(key="second").update(department=Department.objects.get(key="works"))
    status, problem = api.ask("DELETE", "settings/departments/rows/works")
    assert status == 422 and "teams" in problem["detail"]
    Team.objects.filter(key="second").update(archived_at="2026-01-01T00:00Z")
    assert api.ask("DELETE", "settings/departments/rows/works")[0] == 204
    assert Department.objects.get(key="works").archived_at is not None
    assert Department.objects.count() == kept + 1


def test_single_chapters_and_modules(api):
    assert is_on("time")
    status, found = api.ask("PATCH", "settings/modules", {"row": {"without": ["time"]}})
    assert status == 200 and "time" in found["row"]["without"] and not is_on("time")
    status, _found = api.ask("PATCH", "settings/modules", {"row": {"without": []}})
    assert status == 200 and is_on("time")
    assert api.ask("POST", "settings/modules", {"row": {"key": "x"}})[0] == 404
    assert api.ask("PATCH", "settings/types", {"row": {}})[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "settings/nothing", {"row": {"key": "x"}}, 404),
        ("POST", "settings/categories", {"row": {"label": {"en": "No key"}}}, 422),
        ("POST", "settings/categories", {"row": {"key": "UPPER case", "label": {"en": "x"}}}, 422),
        ("POST", "settings/statuses", {"row": {"key": "open", "label": {"en": "Again"}}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "x"}, "parent": "no-such"}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "x"}, "nonsense": 1}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "a\x00b"}}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "half of a letter: \ud800"}}}, 422),
        ("PATCH", "settings/brands/rows/default", {"row": {"welcome": {"en": "\ud800"}}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": ["en"]}}, 422),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "x"}}, "more": 1}, 422),
        ("POST", "settings/types", {"row": {"key": "x", "label": {"en": "x"}, "prefix": "X" * 99}}, 422),
        ("POST", "settings/teams", {"row": {"key": "x", "label": {"en": "x"}, "level": 10**30}}, 422),
        ("PATCH", "settings/statuses/rows/open", {"row": {"key": "other"}}, 422),
        ("PATCH", "settings/statuses/rows/open", {"row": {"category": "closed"}}, 422),
        ("PATCH", "settings/statuses/rows/open", {"row": {"archived": True}}, 422),
        ("PATCH", "settings/roles/rows/administrator", {"row": {"rights": []}}, 422),
        ("PUT", "settings/statuses/order", {"keys": ["open", "open"]}, 422),
        ("PUT", "settings/statuses/order", {"keys": ["no-such"]}, 422),
        ("PUT", "settings/modules/order", {"keys": []}, 404),
        ("PATCH", "settings/modules", {"row": {"without": ["no-such"]}}, 422),
        ("POST", "configuration", {"text": "ventanilla: 99", "apply": True}, 422),
        ("POST", "configuration", {"text": "ventanilla: 1\nstatuses: !!python/name:os.system", "apply": True}, 422),
    ],
)
def test_what_is_refused_changes_nothing(api, method, path, body, status):
    before, events = exported(), Event.objects.count()
    found, problem = api.ask(method, path, body)
    assert found == status, problem
    assert (exported(), Event.objects.count()) == (before, events)


def test_the_configuration_as_text(api):
    status, found = api.ask("GET", "configuration")
    assert (status, found["text"]) == (200, exported())
    text = "ventanilla: 1\ncategories:\n- key: heating\n  label: {en: Heating}\n"
    status, found = api.ask("POST", "configuration", {"text": text})
    assert status == 200 and not found["applied"]
    assert [(one["chapter"], one["key"], one["what"]) for one in found["differences"]] == [
        ("categories", "heating", "new")
    ]
    assert not Category.objects.filter(key="heating").exists()
    status, found = api.ask("POST", "configuration", {"text": text, "apply": True})
    assert status == 200 and found["applied"] and Category.objects.filter(key="heating").exists()
    assert api.ask("POST", "configuration", {"text": text, "apply": True})[1]["differences"] == []


@pytest.mark.parametrize("role", ["supervisor", "agent", "read-only-agent", "requester"])
def test_who_may_not_change_settings_learns_nothing(role):
    before, api = exported(), Answers(role)
    assert not Role.objects.get(key=role).rights.count("settings.manage")
    for method, path, body in [
        ("GET", "settings", None),
        ("GET", "settings/statuses", None),
        ("GET", "settings/no-such", None),
        ("GET", "settings/statuses/rows/open", None),
        ("POST", "settings/categories", {"row": {"key": "x", "label": {"en": "x"}}}),
        ("PATCH", "settings/statuses/rows/open", {"row": {"label": {"en": "x"}}}),
        ("DELETE", "settings/statuses/rows/open", None),
        ("PUT", "settings/statuses/order", {"keys": ["open"]}),
        ("PATCH", "settings/modules", {"row": {"without": ["time"]}}),
        ("GET", "configuration", None),
        ("POST", "configuration", {"text": before, "apply": True}),
    ]:
        assert api.ask(method, path, body)[0] == 403, (method, path)
    assert exported() == before


def test_a_token_for_reading_does_not_write(db):
    api = Answers("administrator", "settings:read")
    assert api.ask("GET", "settings/statuses")[0] == 200
    assert api.ask("PATCH", "settings/statuses/rows/open", {"row": {"label": {"en": "x"}}})[0] == 403
    assert api.ask("GET", "tickets")[0] == 403
    assert Status.objects.get(key="open").label != {"en": "x"}
