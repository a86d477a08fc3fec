"""What happens to an account at the door: signing in, being refused, being locked out, sessions that end."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Session
from ventanilla.people.origin import Origin
from ventanilla.people.rights import Right

VISITOR = "visitor"


@transaction.atomic
def note_sign_in(*, person: Person, how: str, second: str = "", provider: int | None = None, origin: Origin) -> None:
    """Remember that a person signed in. Records `person.signed_in`.

    `how` is `password`, `code`, `passkey` or `provider`, and then which; `second` what the second step was: `app`,
    `passkey`, `recovery` or none.
    """
    topic = f"person:{person.pk}"
    data: dict[str, str | int] = {"how": how, "second": second}
    if provider is not None:
        data["provider"] = provider
    record("person.signed_in", topic, actor=topic, data=data, personal=origin.as_personal())


@transaction.atomic
def note_refusal(*, person: Person | None, address: str, why: str, provider: int | None = None, origin: Origin) -> None:
    """Remember that somebody was not let in. `why` is `password`, `code`, `second`, `passkey`, `inactive` or `locked`,
    or of whom a provider sent: `untrue`, `unverified`, `unknown` or `protected`.

    Whether anybody has the address makes no difference but for the topic, so the time taken tells nothing. Records
    `person.sign_in_failed`, or `person.locked_out` for `locked`.
    """
    kind = "person.locked_out" if why == "locked" else "person.sign_in_failed"
    topic = f"person:{person.pk}" if person is not None else "installation:1"
    personal = {"address": address[:254], **origin.as_personal()}
    data: dict[str, str | int] = {"why": why}
    if provider is not None:
        data["provider"] = provider
    record(kind, topic, actor=VISITOR, data=data, personal=personal)


@transaction.atomic
def end_sessions(*, by: Author, person: Person, keys: Collection[str] | None = None, but: str | None = None) -> int:
    """End a person's sessions: those with these keys, or all except the one with the key `but`; returns how many.

    With the next request those browsers are signed out. One's own, or with the right to manage people. Records
    `person.sessions_ended` if there were any.
    """
    if by.person is None or by.person.pk != person.pk:
        by.require(Right.PEOPLE)
    rows = Session.objects.filter(person=person)
    rows = rows.filter(session_key__in=keys) if keys is not None else rows.exclude(session_key=but or "")
    ended, _by_model = rows.delete()
    if ended:
        record("person.sessions_ended", f"person:{person.pk}", actor=by.actor, data={"count": ended})
    return ended


def forget_expired(now: datetime) -> int:
    """Forget sessions that are over. Bookkeeping and no event; not counted as work: returns 0."""
    Session.objects.filter(expire_date__lt=now).delete()
    return 0
