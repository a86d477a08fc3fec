"""Saying how content one is."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.surveys.models import Rating
from ventanilla.surveys.queries import may_rate, rating_of
from ventanilla.tickets.actions import lock
from ventanilla.tickets.models import Satisfaction, Ticket
from ventanilla.tickets.state import context

MOST_COMMENT = 2000


@transaction.atomic
def rate(*, by: Author, ticket: Ticket, face: Satisfaction, comment: str = "") -> Rating:
    """How content a person is with a ticket of theirs, in one of three faces; saying it again replaces it.

    Records `ticket.rated`, or nothing when it is the same as before. Raises `PermissionDenied` for whoever may not (see
    `may_rate`), and `ValidationError` for a comment that is too long.
    """
    person = by.person
    (row,) = lock([ticket.pk])
    if person is None or not may_rate(person, row):
        raise PermissionDenied
    said = comment.replace("\x00", "").strip()
    if len(said) > MOST_COMMENT:
        raise ValidationError({"comment": _("That is longer than allowed.")})
    known = rating_of(person, row)
    if known is not None and (known.face, known.comment) == (face, said):
        return known
    rating = known or Rating(ticket=row, person=person)
    rating.face, rating.comment, rating.rated_at = face, said, timezone.now()
    rating.save()
    Ticket.objects.filter(pk=row.pk).update(satisfaction=face, version=F("version") + 1)
    record(
        "ticket.rated",
        row.topic,
        actor=by.actor,
        data={"rating": rating.pk, "face": int(face), "again": known is not None, "context": context(row)},
        personal={"comment": said} if said else None,
        rows={"ticket": row},
    )
    return rating
