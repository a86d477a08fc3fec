"""Changing many tickets through the REST API: the same run in the background as on the pages."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from ventanilla.core.addresses import reverse
from ventanilla.fields.effects import EffectError, parse
from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import Short, caller
from ventanilla.tickets.bulk import MOST, start_bulk, undo_bulk
from ventanilla.tickets.models import BulkRun, Ticket
from ventanilla.tickets.queries import bulk_run_for, left_of

router = Router(tags=["tickets"])

_LISTED = 200
Value = Short | bool | int | None | Annotated[list[Short], Field(max_length=40)]


class EffectIn(Input):
    """What becomes of one field. `set` takes one value (a key, a person's id; null empties the field), `add` and
    `remove` a list of tags."""

    verb: Literal["set", "add", "remove"]
    field: Short
    value: Value = None


class BulkIn(Input):
    """The same effects on each of these tickets."""

    tickets: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(min_length=1, max_length=MOST)]
    effects: Annotated[list[EffectIn], Field(min_length=1, max_length=30)]


class LeftOut(Schema):
    """A ticket that was left as it was; `number` is null when one may no longer see it."""

    number: str | None
    why: str


class BulkOut(Schema):
    """How a run stands. `changed` counts, once it is being undone, what was taken back."""

    id: int
    state: Literal["running", "done", "undoing", "undone", "failed"]
    total: int
    position: int
    changed: int
    same: int
    left: int
    created_at: datetime
    tickets_left: list[LeftOut]


@router.post("/bulk", response={202: BulkOut}, summary="Change many tickets")
def start(request: HttpRequest, payload: BulkIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    """Change up to 5,000 tickets in the background. All of them must be visible to you, else nothing begins."""
    person = caller(request)
    numbers = list(dict.fromkeys(payload.tickets))
    found = dict(Ticket.objects.readable_by(viewer(person)).filter(number__in=numbers).values_list("number", "pk"))
    missing = [number for number in numbers if number not in found]
    if missing:
        raise ValidationError({"tickets": _("There is no ticket %(number)s.") % {"number": missing[0]}})
    try:
        effects = parse([[effect.verb, effect.field, effect.value] for effect in payload.effects])
    except EffectError as error:
        raise ValidationError({"effects": _("Effect %(place)d makes no sense.") % {"place": error.where + 1}}) from None
    run = start_bulk(by=Author.of(person), tickets=sorted(found.values()), effects=effects)
    response["Location"] = reverse("api:read_bulk", args=[run.pk])
    return 202, _out(run)


@router.get("/bulk/{int:run}", response=BulkOut, url_name="read_bulk", summary="How a run stands")
def read(request: HttpRequest, run: int) -> dict[str, Any]:
    """One of your own runs, with the first 200 tickets that were left and why."""
    return _out(bulk_run_for(caller(request), run))


@router.post("/bulk/{int:run}/undo", response={202: BulkOut}, summary="Take a run back")
def undo(request: HttpRequest, run: int) -> tuple[int, dict[str, Any]]:
    """Take back what one of your own runs has changed, where nobody has changed it since."""
    person = caller(request)
    found = bulk_run_for(person, run)
    undo_bulk(by=Author.of(person), run=found)
    return 202, _out(bulk_run_for(person, run))


def _out(run: BulkRun) -> dict[str, Any]:
    names = ("state", "total", "position", "changed", "same", "left", "created_at")
    left = [{"number": number or None, "why": why} for number, why in left_of(run, _LISTED)]
    return {"id": run.pk, **{name: getattr(run, name) for name in names}, "tickets_left": left}
