"""The doctor at work in the background: due rows, claimed by lease, each step written as soon as it is known.

Whoever waits for the test mail holds nothing meanwhile: between two looks there is only a row with its due time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError
from django.utils import timezone

from ventanilla.core.asking import run
from ventanilla.mail import doctor
from ventanilla.mail.actions import note_examination
from ventanilla.mail.doctor import Step
from ventanilla.mail.models import Examination, Mailbox

log = structlog.get_logger("ventanilla.mail")

LEASE_SECONDS = 120
LOOK_SECONDS: float = 2
_CLAIM = "UPDATE mail_examination SET next_look_at = %s WHERE id = %s AND next_look_at <= %s"


def look_due(now: datetime) -> int:
    """Go on with the examinations that are due; returns how many were taken. Safe with any number of workers.

    After a kill the lease runs out, and the mailbox is looked at again from the beginning.
    """
    due = list(Examination.objects.filter(next_look_at__lte=now).order_by("next_look_at").values_list("pk", flat=True))
    return sum(_claim_and_look(pk, now) for pk in due)


def _claim_and_look(pk: int, now: datetime) -> int:
    if not run(_CLAIM, timezone.now() + timedelta(seconds=LEASE_SECONDS), pk, now):
        return 0
    row = Examination.objects.select_related("mailbox").filter(pk=pk).first()
    if row is None:
        return 0
    try:
        if row.sent_at is None:
            _from_the_beginning(row)
        else:
            _look_again(row, row.sent_at)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("the doctor failed", mailbox=row.mailbox_id)
        row.steps.append(Step("round", "send", "bad", "broken", {"said": repr(error)[:300]}).stored())
        note_examination(row=row, next_look_at=None)
    return 1


def _from_the_beginning(row: Examination) -> None:
    row.steps = []
    lease = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    for step in doctor.connections(row.mailbox):
        row.steps.append(step.stored())
        note_examination(row=row, next_look_at=lease)
    step, token = _send(row.mailbox, [Step.read(stored) for stored in row.steps])
    row.steps.append(step.stored())
    if step.state != "good":
        note_examination(row=row, next_look_at=None)
        return
    row.token, row.sent_at = token, timezone.now()
    note_examination(row=row, next_look_at=timezone.now() + timedelta(seconds=LOOK_SECONDS))


def _look_again(row: Examination, sent_at: datetime) -> None:
    above = doctor.last_uid([Step.read(stored) for stored in row.steps])
    step = doctor.look_for_test(row.mailbox, row.token, above_uid=above, sent_at=sent_at)
    if step is None:
        note_examination(row=row, next_look_at=timezone.now() + timedelta(seconds=LOOK_SECONDS))
        return
    row.steps.append(step.stored())
    note_examination(row=row, next_look_at=None)


def _send(mailbox: Mailbox, steps: list[Step]) -> tuple[Step, str]:
    prevented = doctor.may_send_test(mailbox, steps)
    if prevented is not None:
        return prevented, ""
    token = doctor.fresh_token(mailbox)
    return doctor.send_test(mailbox, token), token


def examine_here(mailbox: Mailbox, *, pause: Callable[[float], object]) -> Iterator[Step]:
    """The same from beginning to end in this process, one step after the other; `pause` waits so many seconds."""
    steps = []
    for step in doctor.connections(mailbox):
        steps.append(step)
        yield step
    step, token = _send(mailbox, steps)
    sent_at = timezone.now()
    yield step
    if step.state != "good":
        return
    above, last = doctor.last_uid(steps), None
    while last is None:
        pause(LOOK_SECONDS)
        last = doctor.look_for_test(mailbox, token, above_uid=above, sent_at=sent_at)
    yield last
