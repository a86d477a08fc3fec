"""Agreements in the studio: written down in a form, kept as it was typed, refused with the place named."""

import pytest
from django.urls import reverse
from django.utils import timezone

from ventanilla.events.models import Event
from ventanilla.people.calendars import default_calendar
from ventanilla.people.models import Team
from ventanilla.sla.jobs import recount_due
from ventanilla.sla.models import Agreement, AgreementVersion, Recount
from ventanilla.sla.setup import READY


@pytest.fixture
def client(people, sign_in):
    return sign_in(people.administrator)


def typed(**more):
    return {
        "label_es": "Oro", "label_en": "Gold", "side": "sla", "calendar": default_calendar().pk, "row": ["0", "1"],
        "r0.group": "all", "r0-0.field": "priority", "r0-0.was": "priority", "r0-0.op": "in", "r0-0.value": "critical",
        "r0.first_response": "30 min", "r0.resolution": "4 h", "r1.group": "all", "r1.resolution": "2 d",
        "warn_percent": "80", "warn_before": "1 h", "end_of_day": "on",
    } | more  # fmt: skip


def test_one_lies_ready_and_measures_nothing(client):
    ready = Agreement.objects.get()
    assert (ready.key, ready.archived_at is None) == (READY, False)
    assert b"Usual times" in client.get(reverse("studio-rows", args=["agreements"])).content


def test_an_agreement_is_written_down_and_shown_as_it_was_typed(client):
    answer = client.post(reverse("agreement-new"), typed())
    assert answer.status_code == 302, answer.content.decode()
    made = Agreement.objects.exclude(key=READY).get()
    version = AgreementVersion.objects.get(agreement=made)
    assert (made.side, made.label, version.number) == ("sla", {"es": "Oro", "en": "Gold"}, 1)
    assert version.definition["rows"] == [
        {
            "condition": ["priority", "is", "critical"],
            "targets": {"first_response": {"seconds": 1800}, "resolution": {"seconds": 14400}},
        },
        {"condition": ["and"], "targets": {"resolution": {"days": 2, "end_of_day": True}}},
    ]
    assert version.definition["warnings"] == [{"percent": 80}, {"before_seconds": 3600}]
    assert Event.objects.filter(kind="agreement.created", topic=f"agreement:{made.pk}").exists()
    page = client.get(reverse("agreement", args=[made.pk])).content.decode()
    for shown in ('value="30 min"', 'value="4 h"', 'value="2 d"', 'value="80"', 'value="1 h"'):
        assert shown in page
    # Saved as it is, it is the same version; changed, another one.
    client.post(reverse("agreement", args=[made.pk]), typed())
    assert AgreementVersion.objects.filter(agreement=made).count() == 1
    client.post(reverse("agreement", args=[made.pk]), typed(**{"r1.resolution": "3 d"}))
    assert AgreementVersion.objects.filter(agreement=made).count() == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"r0.resolution": "soon"}, "r0.resolution"),
        ({"label_es": "", "label_en": ""}, "label_es"),
        ({"r0-0.value": "nonsense"}, "r0-0.field"),
        ({"row": ["1", "0"]}, "2"),
        ({"r0.first_response": "", "r0.resolution": "", "r1.resolution": ""}, "at least one time"),
        ({"side": "ola"}, "whose time counts"),
        ({"warn_before": "soon"}, "warn_before"),
        ({"calendar": "999"}, "calendar"),
    ],
    ids=[
        "no time",
        "no name",
        "no such value",
        "never reached",
        "nothing granted",
        "whose time",
        "warning",
        "calendar",
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place_and_keeps_what_was_typed(client, more, said):
    answer = client.post(reverse("agreement-new"), typed(**more))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page and "data-error-summary" in page and 'value="80"' in page
    assert Agreement.objects.count() == 1


def test_cases_are_added_before_the_one_for_all_others_and_taken_away(client):
    page = client.post(reverse("agreement-build"), typed(act="add-row:")).content.decode()
    assert page.index('name="row" value="2"') < page.index('name="row" value="1"')
    page = client.post(reverse("agreement-build"), typed(act="drop-row:r0")).content.decode()
    assert 'name="row" value="0"' not in page and 'value="2 d"' in page
    assert client.post(reverse("agreement-build"), typed(act="drop-table:x")).status_code == 400


def test_what_cannot_add_up_is_said_with_the_time_that_is_missing(client, people):
    team = Team.objects.get(key="support")
    one = {"row": ["0"], "r0-0.field": "", "r0.first_response": "", "r0.resolution": ""}
    names = {"label_es": "N2", "label_en": "N2"}
    client.post(reverse("agreement-new"), typed(**one | names | {"side": "ola", "team": team.pk, "r0.in_team": "4 h"}))
    names = {"label_es": "Taller", "label_en": "Workshop"}
    client.post(
        reverse("agreement-new"), typed(**one | names | {"side": "supplier", "team": team.pk, "r0.in_team": "6 h"})
    )
    page = client.post(reverse("agreement-new"), typed(**one | {"r0.resolution": "8 h"}), follow=True).content.decode()
    assert "N2 (4 h), Workshop (6 h). 2 h are missing." in page
    gold = Agreement.objects.get(label__en="Gold")
    stands = typed(**one | {"r0.resolution": "8 h", "stands_with_supplier": "on"})
    assert "are missing" not in client.post(reverse("agreement", args=[gold.pk]), stands, follow=True).content.decode()
    saved = client.post(reverse("agreement", args=[gold.pk]), typed(**one | {"r0.resolution": "10 h"}), follow=True)
    assert "are missing" not in saved.content.decode()


def test_how_far_open_tickets_are_reckoned_anew_is_shown_until_they_are(client):
    client.post(reverse("agreement-new"), typed())
    page = reverse("agreement", args=[Agreement.objects.get(label__en="Gold").pk])
    Recount.objects.create(stamp=1, done=300, total=7300, begun_at=timezone.now())
    assert "reckoned anew: 300 of 7300" in client.get(page).content.decode()
    while recount_due(timezone.now()):
        pass
    recount_due(timezone.now())
    assert "reckoned anew" not in client.get(page).content.decode()


def test_who_may_not_change_settings_changes_nothing(people, sign_in):
    answer = sign_in(people.agent).post(reverse("agreement-new"), typed())
    assert answer.status_code == 403 and Agreement.objects.count() == 1
