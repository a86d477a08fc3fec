"""Writing down what was agreed, and saying why a time was missed."""

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.keys import free_key
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Calendar, Department, Team
from ventanilla.people.rights import Right
from ventanilla.sla.models import Agreement, AgreementVersion, Clock
from ventanilla.sla.wording import Wording, checked
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import words

MOST_REASON_CHARACTERS: Final = 400


@transaction.atomic
def save_agreement(
    *,
    by: Author,
    agreement: Agreement | None,
    label: dict[str, str],
    side: str,
    calendar: Calendar,
    wording: Wording,
    team: Team | None = None,
    department: Department | None = None,
    archived: bool = False,
    key: str = "",
    at: datetime | None = None,
) -> Agreement:
    """Make an agreement (`agreement` None), or say anew what it says. Another wording, team or calendar is a new
    version, in force from `at` (now) on; open clocks follow it, ended ones keep what they were judged by.

    The side is chosen once. Records `agreement.created` or `agreement.changed`. Raises `ValidationError`, naming the
    field, for what `wording.checked` refuses, and an agreement with a team or supplier that names no team.
    """
    by.require(Right.SETTINGS)
    moment = at or timezone.now()
    side = agreement.side if agreement is not None else side
    if side not in Agreement.Side.values:
        raise ValidationError({"side": _("Choose one of the list.")})
    if side != Agreement.Side.SLA and team is None:
        raise ValidationError({"team": _("Choose the team whose time counts.")})
    reasons = {row.key: row for row in words().reasons.values()}
    definition = checked(wording, side=side, reasons=reasons).stored()
    if agreement is None:
        row = Agreement(key=key or free_key(Agreement.objects.all(), label, fallback="agreement"), side=side)
        row.position = Agreement.objects.count()
    else:
        row = Agreement.objects.select_for_update().get(pk=agreement.pk)
    row.label, row.department = label, department
    row.archived_at = (row.archived_at or moment) if archived else None
    row.save()
    version = _in_force(row, calendar, team if side != Agreement.Side.SLA else None, definition, moment)
    bump_config_version()
    record(
        "agreement.created" if agreement is None else "agreement.changed",
        f"agreement:{row.pk}",
        actor=by.actor,
        data={"key": row.key, "side": side, "version": version.number, "archived": archived},
        at=at,
    )
    return row


def _in_force(
    row: Agreement, calendar: Calendar, team: Team | None, definition: dict[str, Any], moment: datetime
) -> AgreementVersion:
    newest = row.versions.order_by("-number").first()
    said = (calendar.pk, team.pk if team else None, definition)
    if newest is not None and (newest.calendar_id, newest.team_id, newest.definition) == said:
        return newest
    return AgreementVersion.objects.create(
        agreement=row,
        number=newest.number + 1 if newest else 1,
        calendar=calendar,
        team=team,
        definition=definition,
        created_at=moment,
    )


@transaction.atomic
def give_reason(*, by: Author, ticket: Ticket, clock: Clock, text: str) -> Clock:
    """Say why a time was missed. Records `sla.reason_given`; the text is personal and stands in its payload.

    Raises `ValidationError` for no text, or a clock that was not missed, `PermissionDenied` for whoever may not change
    tickets.
    """
    by.require(Right.CHANGE)
    row = Clock.objects.select_for_update().get(pk=clock.pk)
    if row.ticket_id != ticket.pk:
        raise PermissionDenied
    said = " ".join(text.replace("\x00", "").split())[:MOST_REASON_CHARACTERS]
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    if not row.late:
        raise ValidationError({"reason": _("This time was not missed.")})
    if row.reason == said:
        return row
    row.reason = said
    row.save(update_fields=["reason"])
    record(
        "sla.reason_given", ticket.topic, actor=by.actor, data={"clock": row.pk, "metric": row.metric},
        personal={"reason": said},
    )  # fmt: skip
    return row
