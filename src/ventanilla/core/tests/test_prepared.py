"""A prepared query finds what the queryset it was made of finds, on either engine."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone
from tests.plugin import People

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events.models import Event
from ventanilla.people.models import Person
from ventanilla.tickets.models import StatusCategory, Ticket

pytestmark = pytest.mark.django_db


def test_rows_of_several_columns_and_kinds(ticket: Ticket) -> None:
    columns = ("id", "subject", "restricted", "created_at", "due_at", "custom", "requester__name")
    prepared = Prepared(lambda: Ticket.objects.filter(number=Given("number")).values_list(*columns))
    plain = list(Ticket.objects.filter(number=ticket.number).values_list(*columns))
    for _again in range(2):
        assert [tuple(row) for row in prepared.rows(number=ticket.number)] == plain
    assert prepared.rows(number="nothing") == []
    named = Prepared(lambda: Ticket.objects.filter(number=Given("number")).values_list(*columns, named=True))
    plain_named = list(Ticket.objects.filter(number=ticket.number).values_list(*columns, named=True))
    assert [row._asdict() for row in named.named(number=ticket.number)] == [row._asdict() for row in plain_named]


def test_instances_with_what_they_point_at(ticket: Ticket, people: People, django_assert_num_queries) -> None:
    prepared = Prepared(
        lambda: (
            Ticket.objects.filter(Q(requester_id=Given("who")) | Q(pk__in=[Given("one"), Given("two")]))
            .select_related("requester__role", "assignee")
            .order_by("-pk")
        )
    )
    with django_assert_num_queries(1):
        (found,) = prepared.objects(who=people.requester.pk, one=ticket.pk, two=0)
        assert found == ticket and found.requester == people.requester and found.assignee is None
        assert found.requester.role.key == "requester" and found.created_at == ticket.created_at


def test_only_some_fields_and_the_others_when_asked_for(people: People, django_assert_num_queries) -> None:
    prepared = Prepared(lambda: Person.objects.filter(pk=Given("pk")).only("name"))
    with django_assert_num_queries(1):
        (found,) = prepared.objects(pk=people.agent.pk)
        assert found.name == people.agent.name
    with django_assert_num_queries(1):
        assert found.email == people.agent.email


def test_moments_are_compared_as_moments(ticket: Ticket) -> None:
    prepared = Prepared(lambda: Event.objects.filter(topic=Given("topic"), recorded_at__gte=Given("since")))
    now = timezone.now()
    assert prepared.objects(topic=ticket.topic, since=now - timedelta(hours=1))
    assert not prepared.objects(topic=ticket.topic, since=now + timedelta(hours=1))


def test_a_value_that_is_missing_or_hostile(ticket: Ticket) -> None:
    prepared = Prepared(lambda: Ticket.objects.filter(number=Given("number")).values_list("pk"))
    with pytest.raises(KeyError):
        prepared.rows(topic="x")
    assert prepared.rows(number="' OR 1=1 --") == []


def test_what_can_never_be_found_is_not_asked_for(ticket: Ticket, django_assert_num_queries) -> None:
    nothing = Prepared(lambda: Ticket.objects.filter(pk__in=[], number=Given("number")).select_related("requester"))
    with django_assert_num_queries(0):
        assert nothing.objects(number=ticket.number) == [] and nothing.rows(number=ticket.number) == []


@pytest.mark.parametrize("subject", ["plain", "O'Neil", "100 %s", "%%", "a\\", '"', "ñ", "", "x -- y", "?"])
def test_fixed_values_find_what_they_find_in_a_plain_query(ticket: Ticket, subject: str) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(subject=subject)
    fixed = Ticket.objects.filter(
        subject=subject, restricted=False, status_category__in=list(StatusCategory), stage=Ticket.Stage.TICKET
    )
    prepared = Prepared(lambda: fixed.filter(number=Given("number")).values_list("subject", "custom"))
    assert [tuple(row) for row in prepared.rows(number=ticket.number)] == [(subject, {})]
    assert prepared.rows(number="INC-0") == []
    like = Prepared(lambda: Ticket.objects.filter(subject__icontains=subject, restricted=False).values_list("pk"))
    assert [tuple(row) for row in like.rows()] == [(ticket.pk,)]
    assert Prepared(lambda: Ticket.objects.filter(restricted=True).values_list("pk")).rows() == []
