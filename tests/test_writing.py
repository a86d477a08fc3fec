"""Rows written by prepared SQL are the rows that `save` writes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ventanilla.core.writing import insert, put, update
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.mail.models import Outgoing
from ventanilla.tickets.models import Presence, ReadMark

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def event() -> Event:
    data = {"é": [None, 1.5, {"a": "b%s"}]}
    return Event(kind="k", topic="t:1", actor="a:1", at=AT, recorded_at=AT, data=data)


def values(row):
    return type(row)._base_manager.filter(pk=row.pk).values().get()


def test_what_is_inserted_reads_as_what_was_saved():
    ours, theirs = event(), event()
    insert(ours)
    theirs.save()
    assert ours.pk != theirs.pk
    assert values(ours) | {"id": 0} == values(theirs) | {"id": 0}
    ours.refresh_from_db()
    assert (ours.data, ours.at) == (theirs.data, AT)


def test_several_rows_get_an_id_each_and_a_given_key_is_kept():
    first, second = event(), event()
    insert(first, second)
    insert(Payload(event=second, data={"subject": "ñ"}), Handover(event=first, reaction="r", next_attempt_at=AT))
    assert Event.objects.get(pk=second.pk).payload.data == {"subject": "ñ"}
    assert Handover.objects.get(event=first).error == ""


def test_an_inserted_row_can_be_saved_again():
    row = event()
    insert(row)
    mail = Outgoing(kind=Outgoing.Kind.LINK, event=row.pk, address="a@b.example", rfc_message_id="<1@b.example>")
    insert(mail)
    mail.error = "late"
    mail.save()
    assert Outgoing.objects.get().error == "late"


def test_a_row_that_may_not_be_twice_is_refused():
    row = event()
    insert(row)
    insert(Handover(event=row, reaction="r", next_attempt_at=AT))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Handover(event=row, reaction="r", next_attempt_at=AT))
    assert Handover.objects.count() == 1


def test_a_row_is_put_where_one_stands(ticket, people):
    later = AT + timedelta(hours=1)
    for row, moment in ((people.agent, AT), (people.requester, AT), (people.agent, later)):
        put(ReadMark(person=row, ticket=ticket, seen_at=moment), unique=("person", "ticket"), then=("seen_at",))
    marks = ReadMark.objects.values_list("person", "seen_at")
    assert sorted(marks) == sorted([(people.agent.pk, later), (people.requester.pk, AT)])
    where = {"person": people.agent, "ticket": ticket}
    reading, typing = Presence.State.READING, Presence.State.TYPING
    for state, moment in ((reading, AT), (typing, later)):
        put(
            Presence(**where, state=state, seen_at=moment, changed_at=moment),
            unique=("person", "ticket"),
            then=("state",),
        )
    row = Presence.objects.get(**where)
    assert (row.state, row.seen_at, row.changed_at) == (typing, AT, AT)
    ReadMark.objects.bulk_create(
        [ReadMark(**where, seen_at=AT)],
        update_conflicts=True,
        unique_fields=["person", "ticket"],
        update_fields=["seen_at"],
    )
    assert ReadMark.objects.get(**where).seen_at == AT


def test_an_update_writes_the_named_fields_alone():
    row, other = event(), event()
    insert(row, other)
    mail = Outgoing(kind=Outgoing.Kind.LINK, event=row.pk, address="a@b.example", rfc_message_id="<1@b.example>")
    twin = Outgoing(kind=Outgoing.Kind.LINK, event=other.pk, address="a@b.example", rfc_message_id="<2@b.example>")
    insert(mail, twin)
    before = values(twin)
    mail.error, mail.context, mail.sent_at, mail.attempts = "late", {"ñ": 1}, AT, 7
    update(mail, "error", "context", "sent_at")
    mail.refresh_from_db()
    assert (mail.error, mail.context, mail.sent_at, mail.attempts) == ("late", {"ñ": 1}, AT, 0)
    assert values(twin) == before
