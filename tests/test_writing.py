"""Rows written by prepared SQL are the rows that `save` writes."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from ventanilla.core.writing import insert, update
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.mail.models import Outgoing

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
